"""What anybody may read of a release: its documents without what is about single people.

Pseudonyms are of use to whoever holds the data; on a page for everybody a row of one person's
minutes would be about that person. Sums over fewer than `FEWEST` people are withheld too.
"""

from __future__ import annotations

import re
from typing import Final

from fairhand.proof.release.manifest import (
    CARD,
    CROISSANT,
    DATASHEET,
    LOG,
    STATEMENT,
    SUMMARY,
    Manifest,
)
from fairhand.proof.release.rules import PayFacts

FEWEST: Final = 10
"""The fewest people over whom a figure of pay or of who they are is shown to everybody."""

DOCUMENTS: Final = (CARD, CROISSANT, DATASHEET, SUMMARY, STATEMENT, LOG)
"""The files of a release that anybody may fetch where it has a page: none of them is data."""

_PEOPLE: Final = "## Who made it"
_PAY: Final = "## What they were paid"
_LEFT_OUT: Final = "Left out here; whoever holds the release reads it there."


def public_card(text: str, manifest: Manifest) -> str:
    """Give the card without its table of people, and without pay where few were paid.

    It is no longer the file that the manifest lists, and says so.
    """
    left_out = [_PEOPLE] if public_pay(manifest) == manifest.facts.pay else [_PEOPLE, _PAY]
    for heading in left_out:
        text = _without(text, heading)
    note = "This is the card as everybody may read it; the release holds the whole one."
    return f"{text.rstrip()}\n\n{note}\n"


def public_pay(manifest: Manifest) -> PayFacts | None:
    """Give what people were paid where enough were, or None."""
    pay = manifest.facts.pay
    return None if pay is None or pay.people < FEWEST else pay


def _without(text: str, heading: str) -> str:
    """Put one sentence in the place of a section, up to the next of its level."""
    section = re.compile(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    return section.sub(f"{heading}\n\n{_LEFT_OUT}\n\n", text)

"""What a campaign hides is hidden in what others will see; where it cannot be, nobody sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from fairhand.core.errors import FairhandError
from fairhand.formats.images import strip_metadata
from fairhand.people.campaigns.rules import Campaign
from fairhand.people.contributions import remarks
from fairhand.people.contributions.intake import Finding
from fairhand.people.contributions.intake_store import Waiting

_RULES: Final[Mapping[str, tuple[str, ...]]] = {
    "audio": ("voice",),
    "image": ("faces", "plates", "boxes"),
    "text": ("text",),
}
"""Which of a campaign's rules concern which sort of file."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """The file that others see (None: there is none yet), and what was done to make it."""

    content: bytes | None
    media_type: str
    done: Sequence[Mapping[str, Any]] | None = None
    finding: Finding | None = None


def hide(
    content: bytes, found: Waiting, campaign: Campaign, boxes: str | None, seed: int
) -> Hidden:
    """Strip a file of what it says of place and device, and hide what the campaign hides.

    The same original and seed give the same file again; the seed must be secret, for who knows it
    can turn a voice back. `boxes` is what the giver marked, None: nobody has looked.
    """
    sort = found.media_type.split("/")[0]
    asked = dict(campaign.anonymise) | ({} if boxes is None else {"boxes": boxes})
    rules = {name: how for name, how in asked.items() if name in _RULES[sort]}
    try:
        plain = strip_metadata(content) if sort == "image" else content
        if not rules:
            return Hidden(plain, found.media_type)
        anonymise = import_module("fairhand.compute.anonymise.run").anonymise
        made = anonymise(plain, found.media_type, rules, seed)
    except (FairhandError, ImportError) as error:
        why = getattr(error, "message", "install fairhand[people]")
        return Hidden(None, found.media_type, finding=_not_hidden(sorted(rules), str(why)))
    note = Finding("hidden", "note", " ".join(made.warnings)) if made.warnings else None
    return Hidden(made.content, made.media_type, made.done, note)


def _not_hidden(rules: Sequence[str], why: str) -> Finding:
    base = remarks.NOT_HIDDEN
    details = {"rules": list(rules), "why": why[:300]}
    return Finding(base.kind, base.severity, f"{base.words} {why[:300]}", details)

"""A statement in at most 160 characters, for a phone that shows no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairhand.core.words import Words

LONGEST: Final = 160


def short_message(said: Mapping[str, Any], number: int, sha256: str, words: Words) -> str:
    """Say what is paid, for how long, what was added up to the floor, and the fingerprint's head.

    Never longer than 160 characters: the least needed part is left out first.
    """
    _ = words
    currency, totals = said["currency"], said["totals"]
    parts = [
        _("Fairhand: statement {number}.", number=number),
        _("{amount} to pay for {time}.", amount=words.amount(totals["to_pay"], currency),
          time=words.duration(totals["paid_ms"])),
        _("Top-up to the floor: {amount}.", amount=words.amount(totals["top_up"], currency)),
        _("Fees: 0."),
        _("Fingerprint {head}", head=sha256[:12]),
    ]  # fmt: skip
    for dropped in ((), (3,), (2, 3), (2, 3, 4)):
        text = " ".join(part for at, part in enumerate(parts) if at not in dropped)
        if len(text) <= LONGEST:
            return text
    return f"{parts[0]} {currency} {totals['to_pay']}"[:LONGEST]

"""A promise of royalties in plain words, as people read it before they accept; pure."""

from __future__ import annotations

from fairhand.core.money import Money
from fairhand.pay.royalties.rules import Terms


def royalty_words(terms: Terms | None, currency: str) -> str:
    """Say in one sentence what later uses bring; empty where nothing is promised."""
    if terms is None:
        return ""
    parts = [
        f"{terms.share_permille / 10:g} % of what each licence brings in"
        if terms.share_permille
        else "",
        _fee(terms.training_run_minor, currency, "for each training run"),
        _fee(terms.voice_minute_minor, currency, "for each generated minute"),
    ]
    said = [part for part in parts if part]
    if not said:
        return ""
    least = _fee(terms.yearly_floor_minor, currency, "for you in a year with a use")
    shared = f"The people who made the data share {_joined(said)}."
    return f"{shared} At least {least}." if least else shared


def _fee(minor: int, currency: str, what: str) -> str:
    return f"{Money(minor, currency)} {what}" if minor else ""


def _joined(parts: list[str]) -> str:
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last

"""A promise of royalties in plain words, as people read it before they accept; pure."""

from __future__ import annotations

from decimal import Decimal

from fairhand.core.money import Money
from fairhand.core.words import ENGLISH, Words
from fairhand.pay.royalties.rules import Terms


def royalty_words(terms: Terms | None, currency: str, words: Words = ENGLISH) -> str:
    """Say in one sentence what later uses bring; empty where nothing is promised."""
    if terms is None:
        return ""

    def money(minor: int) -> str:
        return words.coins(Money(minor, currency))

    said = []
    if terms.share_permille:
        percent = words.number(Decimal(terms.share_permille) / 10)
        said.append(words("{percent} % of what each licence brings in", percent=percent))
    if terms.training_run_minor:
        said.append(words("{money} for each training run", money=money(terms.training_run_minor)))
    if terms.voice_minute_minor:
        said.append(
            words("{money} for each generated minute", money=money(terms.voice_minute_minor))
        )
    if not said:
        return ""
    shared = words("The people who made the data share {things}.", things=_joined(said, words))
    if not terms.yearly_floor_minor:
        return shared
    least = words(
        "At least {least} for you in a year with a use.", least=money(terms.yearly_floor_minor)
    )
    return f"{shared} {least}"


def _joined(parts: list[str], words: Words) -> str:
    *before, last = parts
    if not before:
        return last
    return words("{before} and {last}", before=", ".join(before), last=last)

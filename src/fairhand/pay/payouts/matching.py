"""Find which payout a line of a bank's answer is about, and what it says of it; never guess.

A line is a payout's when it names it by the id that we gave it and, where it names an amount, by
that amount in that currency. Everything else is listed for a person to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fairhand.core.money import Money
from fairhand.pay.payouts.answers import BankLine
from fairhand.pay.payouts.rules import State


class Known(Protocol):
    """What matching needs to know of a payout."""

    @property
    def id(self) -> int: ...

    @property
    def currency(self) -> str: ...

    @property
    def amount_minor(self) -> int: ...

    @property
    def state(self) -> State: ...


@dataclass(frozen=True, slots=True)
class Match:
    """What a line was found to say: the states that the payout goes through, or why not."""

    is_matched: bool
    steps: tuple[State, ...] = ()
    reason: str = ""


NOT_OURS = Match(False, reason="no payout has this reference")


def match(line: BankLine, one: Known, *, is_repeated: bool = False) -> Match:
    """Say what a line that names a payout does to it.

    `is_repeated` when the same file has said before that this payout was paid.
    """
    if line.currency and (line.currency, line.amount_minor) != (one.currency, one.amount_minor):
        said = Money(line.amount_minor, line.currency)
        ours = Money(one.amount_minor, one.currency)
        return Match(False, reason=f"payout {one.id} is {ours}, the line says {said}")
    if line.kind == "other":
        return Match(True, reason=line.reason)
    if line.kind == "returned":
        return _came_back(line, one)
    if is_repeated:
        return Match(
            False, reason=f"payout {one.id} is said to be paid twice: look at your account"
        )
    return _arrived(one)


def _arrived(one: Known) -> Match:
    if one.state in ("returned", "cancelled"):
        reason = f"payout {one.id} was {one.state}, and the line says it was paid: look into it"
        return Match(False, reason=reason)
    steps: dict[State, tuple[State, ...]] = {
        "pending": ("sent", "confirmed"),
        "sent": ("confirmed",),
    }
    return Match(True, steps.get(one.state, ()))


def _came_back(line: BankLine, one: Known) -> Match:
    reason = line.reason or "the bank gives no reason"
    steps: dict[State, tuple[State, ...]] = {
        "pending": ("sent", "returned"),
        "sent": ("returned",),
        "confirmed": ("returned",),
    }
    return Match(True, steps.get(one.state, ()), reason)

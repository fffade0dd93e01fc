"""Rules of payouts: who can be paid what now, and which way a payout may go.

A payout is one payment to one person. It is *pending* in a batch that was made, *sent* when the
batch went to the bank, then *confirmed* or *returned* by evidence; a batch that was not sent can be
*cancelled*. What was returned or cancelled is payable again. A payout whose end is not known is
never sent again under another id: only evidence ends it.

    accrued = payable + in clearing + paid, per person and currency, at every instant
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from fairhand.core.money import MICROS
from fairhand.pay.ledger.rules import CLEARING, Posting, paid_key, payable_key

State: TypeAlias = Literal["pending", "sent", "confirmed", "returned", "cancelled"]
Rail: TypeAlias = Literal["sepa", "mobile", "batch", "cash"]
Standing: TypeAlias = Literal[
    "ready", "below_minimum", "no_method", "simulated", "books_differ", "nothing"
]

RAILS: Final[tuple[Rail, ...]] = ("sepa", "mobile", "batch", "cash")
TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    "pending": frozenset(("sent", "cancelled")),
    "sent": frozenset(("confirmed", "returned")),
    # A bank can send money back days after it said that all was well.
    "confirmed": frozenset(("returned",)),
    "returned": frozenset(),
    "cancelled": frozenset(),
}
"""Where a payout may go from where it is."""

HELD: Final[frozenset[State]] = frozenset(("pending", "sent", "confirmed"))
"""States whose money is not payable: it is on its way, or has arrived."""

BATCH_MAX: Final = 500
"""Payouts in one batch; whoever is left over goes into the next."""


def may_become(before: State, after: State) -> bool:
    """Say whether a payout may go from one state to another."""
    return after in TRANSITIONS[before]


def account_in(state: State | Literal["payable"], person_id: int) -> str:
    """Name the account that holds a payout's money while it is in a state."""
    if state in ("pending", "sent"):
        return CLEARING
    return paid_key(person_id) if state == "confirmed" else payable_key(person_id)


def lines_for(
    before: State | Literal["payable"],
    after: State,
    person_id: int,
    currency: str,
    amount_minor: int,
) -> list[Posting]:
    """Move a payout's money from the account of one state to that of another.

    Nothing is moved between two states of one account. `amount_minor` is in minor units.
    """
    source, target = account_in(before, person_id), account_in(after, person_id)
    if source == target:
        return []
    micros = amount_minor * MICROS
    return [Posting(source, currency, -micros), Posting(target, currency, micros)]


@dataclass(frozen=True, slots=True)
class Method:
    """Where a person wants their money of one currency; `minimum_minor` in minor units."""

    id: int
    person_id: int
    rail: Rail
    currency: str
    details: Mapping[str, str]
    minimum_minor: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Owed:
    """One person's money in one currency, in minor units.

    `settled_minor` is what all statements together say is to be paid, `held_minor` what payouts
    hold of it, `payable_micros` what the ledger owes the person now.
    """

    person_id: int
    display_name: str
    is_simulated: bool
    is_leaving: bool
    currency: str
    settled_minor: int
    held_minor: int
    payable_micros: int


@dataclass(frozen=True, slots=True)
class Due:
    """What one person could be paid now in one currency, or why not now."""

    person_id: int
    display_name: str
    currency: str
    amount_minor: int
    standing: Standing
    method: Method | None


def due(owed: Owed, method: Method | None, *, final: bool = False) -> Due:
    """Say what a person could be paid now: what is settled and not in a payout already.

    Their own minimum holds it back, unless it is their final pay (`final`, or their account is
    closed). Money that waits stays payable; nothing expires.
    """
    amount = owed.settled_minor - owed.held_minor
    is_final = final or owed.is_leaving
    standing: Standing = "ready"
    if amount <= 0:
        amount, standing = 0, "nothing"
    elif owed.is_simulated:
        standing = "simulated"
    elif owed.payable_micros < amount * MICROS:
        standing = "books_differ"
    elif method is None:
        standing = "no_method"
    elif amount < method.minimum_minor and not is_final:
        standing = "below_minimum"
    return Due(owed.person_id, owed.display_name, owed.currency, amount, standing, method)


def dues(owed: Iterable[Owed], methods: Iterable[Method], final: Collection[int] = ()) -> list[Due]:
    """List what everybody could be paid now; people with nothing to come are left out."""
    by_person = {(one.person_id, one.currency): one for one in methods}
    found = (
        due(one, by_person.get((one.person_id, one.currency)), final=one.person_id in final)
        for one in owed
    )
    return [one for one in found if one.standing != "nothing"]


def payable_on(found: Sequence[Due], rail: Rail, currency: str) -> list[Due]:
    """Keep what can go into one batch: one rail, one currency, ready."""
    return [
        one
        for one in found
        if one.standing == "ready"
        and one.currency == currency
        and one.method is not None
        and one.method.rail == rail
    ]


def message_id(client_key: str) -> str:
    """Name a batch at the bank (MsgId, at most 35 characters): the same for the same key."""
    return f"FHB{_digest(client_key)}"


def end_to_end_id(client_key: str, person_id: int, currency: str) -> str:
    """Name a payment at the bank (EndToEndId): one for each person of a batch, never used again."""
    return f"FHP{_digest(f'{client_key}|{person_id}|{currency}')}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:28].upper()

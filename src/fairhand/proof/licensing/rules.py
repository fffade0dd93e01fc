"""Licensing: what may be asked for, what it costs, and which state follows which; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from fairhand.core.clock import DAY_MS, Instant, iso
from fairhand.core.errors import Issue
from fairhand.core.money import LARGEST_MINOR, split
from fairhand.model.licence import PURPOSES, WORLDWIDE, Terms

LONGEST_DAYS: Final = 3_650
YEAR_DAYS: Final = 365
MOST_OPEN: Final = 200
"""Undecided requests that one project takes; more would be noise and not questions."""

RequestState = Literal["asked", "granted", "declined", "taken_back"]
NoticeState = Literal["sent", "acknowledged", "attested", "overdue", "disputed"]
ModelState = Literal["asked", "retrained", "unlearned", "suppressed", "cannot", "overdue"]

REQUEST_MOVES: Final[Mapping[str, frozenset[str]]] = {
    "asked": frozenset({"granted", "declined", "taken_back"}),
    "granted": frozenset(),
    "declined": frozenset(),
    "taken_back": frozenset(),
}
NOTICE_MOVES: Final[Mapping[str, frozenset[str]]] = {
    "sent": frozenset({"acknowledged", "attested", "disputed", "overdue"}),
    "acknowledged": frozenset({"attested", "disputed", "overdue"}),
    "overdue": frozenset({"acknowledged", "attested", "disputed"}),
    "disputed": frozenset({"attested"}),
    "attested": frozenset(),
}
"""Nobody gets out of a notice but by saying that the items are gone, or why not."""

NOTICE_ANSWERS: Final = ("acknowledged", "attested", "disputed")
_ANSWERS: Final = frozenset({"retrained", "unlearned", "suppressed", "cannot"})
UNLEARNING_MOVES: Final[Mapping[str, frozenset[str]]] = {
    "asked": _ANSWERS | {"overdue"},
    "overdue": _ANSWERS,
    "cannot": _ANSWERS - {"cannot"},
    "suppressed": frozenset({"retrained", "unlearned"}),
    "retrained": frozenset(),
    "unlearned": frozenset(),
}
UNLEARNING_ANSWERS: Final = ("retrained", "unlearned", "suppressed", "cannot")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a licence for; `recipient` is the name that grants are asked about."""

    purposes: tuple[str, ...]
    territory: tuple[str, ...]
    term_days: int
    recipient: str = ""

    def wanted(self, modality: str, now: Instant) -> Terms:
        """Write the terms that a person's grant must cover."""
        return Terms(
            modality=modality,
            purposes=frozenset(self.purposes),
            starts=now,
            ends=Instant(now + self.term_days * DAY_MS),
            territory=frozenset(self.territory),
            recipients=frozenset({self.recipient} if self.recipient else ()),
        )


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants a licence, in their own words; an owner finds out whether it is true."""

    name: str
    contact: str
    country: str
    website: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What is there for a wish and what it costs; None where it cannot be told.

    Counts are rounded down to the smallest cell, so that one person more seldom shows; items that
    go beyond them are not charged. Amounts are minor units of `currency`.
    """

    items: int | None
    people: int | None
    price_minor: int | None
    contributors_minor: int
    share_permille: int
    currency: str
    reckoned_at: str

    def as_json(self) -> dict[str, Any]:
        """Write it as it is kept and shown."""
        return asdict(self)


def check_wish(wish: Wish, offered: Sequence[str]) -> list[Issue]:
    """List what keeps a wish from being asked; `offered` are the campaign's purposes."""
    issues = []
    if not wish.purposes:
        issues.append(Issue("purposes", "Say what you want to do: tick one purpose or more."))
    for one in wish.purposes:
        if one not in PURPOSES:
            issues.append(Issue("purposes", f"{one[:40]!r} is no purpose."))
        elif one not in offered:
            issues.append(Issue("purposes", f"Nobody was asked for {one} here."))
    if not wish.territory:
        issues.append(Issue("territory", "Say where: countries as KE, DE, or worldwide."))
    for place in wish.territory:
        if place != WORLDWIDE and not _COUNTRY.match(place):
            issues.append(Issue("territory", f"{place[:20]!r} is no country code, as KE."))
    if not 1 <= wish.term_days <= LONGEST_DAYS:
        issues.append(Issue("term_days", f"Ask for 1 to {LONGEST_DAYS} days."))
    return issues


def check_asker(asker: Asker, words: str) -> list[Issue]:
    """List what is missing of who asks and what for."""
    issues = []
    limits = (("name", asker.name, 2, 200), ("contact", asker.contact, 5, 320))
    for place, value, least, most in limits:
        if not least <= len(value.strip()) <= most or not value.isprintable():
            issues.append(Issue(place, f"Write {least} to {most} plain signs."))
    if not _COUNTRY.match(asker.country):
        issues.append(Issue("country", "Write your country as a code of two letters, as DE."))
    if len(asker.website) > 300 or not asker.website.isprintable():
        issues.append(Issue("website", "Write 300 plain signs at most."))
    elif asker.website and not asker.website.startswith(("https://", "http://")):
        issues.append(Issue("website", "Begin with https://."))
    if not 20 <= len(words.strip()) <= 5_000:
        issues.append(Issue("words", "Say in 20 to 5,000 signs what it is for: people read it."))
    return issues


def check_prices(prices: Mapping[str, Any]) -> list[Issue]:
    """List what is wrong with prices: `{"item_minor": {purpose: minor units an item a year}}`."""
    issues = [
        Issue(f"prices.{name}", "Prices have item_minor and nothing else.")
        for name in prices
        if name != "item_minor"
    ]
    each = prices.get("item_minor", {})
    if not isinstance(each, Mapping):
        return [*issues, Issue("prices.item_minor", "Name a price for each purpose.")]
    for purpose, price in each.items():
        place = f"price_{purpose}"
        if purpose not in PURPOSES:
            issues.append(Issue(place, f"{str(purpose)[:40]!r} is no purpose."))
        elif isinstance(price, bool) or not isinstance(price, int) or not 0 <= price <= 10**9:
            issues.append(Issue(place, "A price is a whole number of minor units."))
    return issues


def price_of(prices: Mapping[str, Any], items: int, wish: Wish) -> int | None:
    """Reckon a price: each item, each purpose, each year begun; None where one has no price."""
    each = prices.get("item_minor", {})
    if not set(wish.purposes) <= set(each):
        return None
    years = -(-wish.term_days // YEAR_DAYS)
    price: int = items * years * sum(each[purpose] for purpose in wish.purposes)
    return price if price <= LARGEST_MINOR else None


def make_quote(
    items: int,
    people: int,
    wish: Wish,
    prices: Mapping[str, Any],
    *,
    smallest: int,
    share_permille: int,
    currency: str,
    now: Instant,
) -> Quote:
    """Say what is there and what it costs; of fewer than `smallest` people nothing is said."""
    shown = people >= smallest
    sold = items // smallest * smallest if shown else 0
    price = price_of(prices, sold, wish) if shown else None
    return Quote(
        items=sold if shown else None,
        people=people // smallest * smallest if shown else None,
        price_minor=price,
        contributors_minor=share_of(price or 0, share_permille),
        share_permille=share_permille,
        currency=currency,
        reckoned_at=iso(now),
    )


def share_of(price_minor: int, share_permille: int) -> int:
    """Say how much of a price goes to the people whose data it is, in whole minor units."""
    return split(price_minor, [share_permille, 1_000 - share_permille])[0] if price_minor else 0


def may_move(moves: Mapping[str, frozenset[str]], before: str, after: str) -> bool:
    """Say whether one state may follow another."""
    return after in moves.get(before, frozenset())


def is_overdue(state: str, due_at: Instant, now: Instant) -> bool:
    """Say whether a notice or request to unlearn waits for longer than it may."""
    return state in ("sent", "acknowledged", "asked") and now >= due_at


def receipt_text(
    kind: str, number: int, licence: str, answer: str, by: str, words_sha256: str, now: Instant
) -> str:
    """Write what we were told, one fact a line, to be signed and given back."""
    name = " ".join(by.split())
    return (
        f"fairhand.answer/v1\n{kind} {number}\nlicence {licence}\nanswer {answer}\n"
        f"by {name}\nwords-sha256 {words_sha256}\nat {iso(now)}\n"
    )

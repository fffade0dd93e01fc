"""Recompute a statement from what it was made of, check by check, and show the numbers.

Nothing of the code that closes a period is used: time comes from the server's events, amounts from
hours and recorded rates, floors from the wage rows and exchange rates as they were known when the
statement was written, what was credited from the ledger's postings. The formula of the top-up is
the one the statement states, in exact fractions:

    top-up = max(0, ceil(sum(max(floor, rate) * hours) - earned)), a project, in minor units
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from fairhand.core.clock import HOUR_MS, MINUTE_MS
from fairhand.core.money import MICROS, Money, ceil_fraction
from fairhand.pay.statement.rules import exact_amount

_WORK: Final = frozenset(("time", "piece", "audio"))


@dataclass(frozen=True, slots=True)
class Check:
    """One thing recomputed: what the statement or the books say, and what came out."""

    name: str
    how: str
    said: str
    found: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """One earning of a statement as the books have it.

    `credited_micros` is what its postings gave the person; `recorded_floor` the floor that it was
    settled under, `known_floor` what the wage rows known at the time ask for (minor units an hour).
    """

    entry_id: int
    project_id: int
    activity: str
    basis: str
    is_late: bool
    paid_ms: int
    rate_micros_per_hour: int
    amount_micros: int
    quantity: int | None
    unit_micros: int | None
    credited_micros: int
    recorded_floor: int | None
    known_floor: int | None

    @property
    def kind(self) -> str:
        """What the statement calls it."""
        return "top_up" if self.activity == "top_up" else self.basis

    @property
    def counts(self) -> bool:
        """Whether the floor is compared with it."""
        return self.kind in _WORK or (self.kind == "correction" and self.paid_ms > 0)

    def formula(self) -> int | None:
        """What it must come to, in micros; None for what only its reason explains."""
        if self.kind == "time":
            return ceil_fraction(Fraction(self.rate_micros_per_hour * self.paid_ms, HOUR_MS))
        if self.quantity is None or self.unit_micros is None:
            return None
        if self.kind == "piece":
            return self.quantity * self.unit_micros
        if self.kind == "audio":
            return ceil_fraction(Fraction(self.quantity * self.unit_micros, MINUTE_MS))
        return None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement and all that it was made of; `heard_ms` and `booked_ms` are of all time."""

    currency: str
    body: str
    sha256: str
    paid_ms: int
    accrued_micros: int
    top_up_micros: int
    carry_micros: int
    previous_sha256: str | None
    previous_carry_micros: int
    settled: tuple[Settled, ...]
    heard_ms: Mapping[int, int]
    booked_ms: Mapping[int, int]


def replay(evidence: Evidence) -> list[Check]:
    """Recompute a statement; every check that is not `ok` is a difference."""
    document = json.loads(evidence.body)
    return [
        *_text(evidence, document),
        *_time(evidence),
        *_amounts(evidence),
        *_lines(evidence, document),
        *_floors(evidence),
        *_top_ups(evidence, document),
        *_totals(evidence, document),
    ]


def _text(evidence: Evidence, document: Mapping[str, Any]) -> Iterator[Check]:
    found = hashlib.sha256(evidence.body.encode()).hexdigest()
    yield _same("text", "SHA-256 of the statement's bytes", evidence.sha256, found)
    yield _same(
        "chain",
        "SHA-256 of the person's statement before it in this currency",
        str(document["previous_sha256"]),
        str(evidence.previous_sha256),
    )


def _time(evidence: Evidence) -> Iterator[Check]:
    """All of the person's time, by project: an event cannot be told from its period alone."""
    for project in sorted(evidence.heard_ms.keys() | evidence.booked_ms.keys()):
        yield _same(
            f"time of project {project}",
            "paid milliseconds, replayed from every event; booked and pending without corrections",
            str(evidence.booked_ms.get(project, 0)),
            str(evidence.heard_ms.get(project, 0)),
        )


def _amounts(evidence: Evidence) -> Iterator[Check]:
    wrong = [one for one in evidence.settled if one.formula() not in (None, one.amount_micros)]
    known = sum(1 for one in evidence.settled if one.formula() is not None)
    yield Check(
        "amounts",
        "hours * rate, pieces * price, minutes of audio * price, each rounded up to a micro",
        f"{known} entries",
        f"{len(wrong)} differ" + (f", the first is entry {wrong[0].entry_id}" if wrong else ""),
        not wrong,
    )
    uncredited = [one for one in evidence.settled if one.credited_micros != one.amount_micros]
    yield Check(
        "ledger",
        "what the postings of each entry credited to the person",
        exact_amount(sum(one.amount_micros for one in evidence.settled), evidence.currency),
        exact_amount(sum(one.credited_micros for one in evidence.settled), evidence.currency),
        not uncredited,
    )


def _lines(evidence: Evidence, document: Mapping[str, Any]) -> Iterator[Check]:
    """Lines that agree in everything the ledger knows are checked by their sum, others by hash."""
    has_floors = any("floor_per_hour" in line for line in document["lines"])
    mine: dict[tuple[Any, ...], list[Settled]] = defaultdict(list)
    for one in evidence.settled:
        mine[_key_of(one, evidence.currency, has_floors=has_floors)].append(one)
    theirs: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for line in document["lines"]:
        theirs[_key_in(line, has_floors=has_floors)].append(line)
    for key in sorted(mine.keys() | theirs.keys(), key=str):
        yield _line(key, mine.get(key, []), theirs.get(key, []), evidence.currency)


def _line(
    key: tuple[Any, ...],
    mine: Sequence[Settled],
    theirs: Sequence[Mapping[str, Any]],
    currency: str,
) -> Check:
    ordered = sorted(mine, key=lambda one: one.entry_id)
    amount = exact_amount(sum(one.amount_micros for one in ordered), currency)
    found = f"{len(ordered)} entries, {sum(one.paid_ms for one in ordered)} ms, {amount}"
    parts = sum((Fraction(line["amount"]) for line in theirs), Fraction())
    entries = sum(line["ledger"]["entries"] for line in theirs)
    paid = sum(line.get("paid_ms", 0) for line in theirs)
    is_same = (entries, paid, parts) == (
        len(ordered),
        sum(one.paid_ms for one in ordered),
        Fraction(amount),
    )
    if len(theirs) == 1 and "sha256" in theirs[0]["ledger"]:
        is_same = is_same and theirs[0]["ledger"]["sha256"] == _references(ordered)
        found += f", SHA-256 {_references(ordered)[:12]}…"
    words = ", ".join(str(line["amount"]) for line in theirs) or "no such line"
    return Check(
        f"line: project {key[0]}, {key[1]}, {key[2]}",
        "the entries that were settled, their time, their amounts and the hash over them",
        f"{entries} entries, {paid} ms, {words}",
        found,
        is_same,
    )


def _references(ordered: Iterable[Settled]) -> str:
    listing = "".join(f"{one.entry_id} {one.paid_ms} {one.amount_micros}\n" for one in ordered)
    return hashlib.sha256(listing.encode()).hexdigest()


def _key_of(one: Settled, currency: str, *, has_floors: bool) -> tuple[Any, ...]:
    if one.kind == "top_up":
        return (one.project_id, "top_up", "top_up", "", False, None)
    floor = one.recorded_floor if has_floors and one.counts else None
    return (
        one.project_id,
        one.kind,
        one.activity,
        exact_amount(one.rate_micros_per_hour, currency),
        one.is_late,
        None if floor is None else Money(floor, currency).decimal(),
    )


def _key_in(line: Mapping[str, Any], *, has_floors: bool) -> tuple[Any, ...]:
    project = line["project"]["id"]
    if line["kind"] == "top_up":
        return (project, "top_up", "top_up", "", False, None)
    return (
        project,
        line["kind"],
        line["activity"],
        line["rate_per_hour"],
        line["late_from_earlier_period"],
        line["floor_per_hour"] if has_floors else None,
    )


def _floors(evidence: Evidence) -> Iterator[Check]:
    counting = [one for one in evidence.settled if one.counts and one.paid_ms]
    low = [one for one in counting if (one.recorded_floor or 0) < (one.known_floor or 0)]
    kept = sum(1 for one in counting if (one.recorded_floor or 0) > (one.known_floor or 0))
    none = sum(1 for one in counting if one.recorded_floor is None)
    words = f"{len(counting) - len(low)} at or above it"
    if kept:
        words += f", {kept} above: kept from before or from a higher rate"
    if none:
        words += f", {none} in a place without a known floor"
    if low:
        words += f"; entry {low[0].entry_id} is below"
    yield Check(
        "floors",
        "the highest approved wage row of the place and moment, as known when this was written",
        f"{len(counting)} stretches of work",
        words,
        not low,
    )


def _top_ups(evidence: Evidence, document: Mapping[str, Any]) -> Iterator[Check]:
    due: dict[int, Fraction] = defaultdict(Fraction)
    earned: dict[int, int] = defaultdict(int)
    given: dict[int, int] = defaultdict(int)
    is_v1 = document["format"].endswith("/v1")  # it knew floors only, no hourly guarantee
    for one in evidence.settled:
        if one.kind == "top_up":
            given[one.project_id] += one.amount_micros
        elif one.counts and not (is_v1 and one.recorded_floor is None):
            guarantee = 0 if is_v1 else one.rate_micros_per_hour
            an_hour = max((one.recorded_floor or 0) * MICROS, guarantee)
            due[one.project_id] += Fraction(an_hour * one.paid_ms, HOUR_MS * MICROS)
            earned[one.project_id] += one.amount_micros
    stated = {one["project_id"]: one["due_minor_units"] for one in document["floor"]["projects"]}
    for project in sorted(due.keys() | given.keys() | stated.keys()):
        exact = due[project]
        if project in stated:
            words = f"{exact.numerator}/{exact.denominator}"
            yield _same(
                f"due in project {project}",
                "sum of max(floor, rate) * hours, in minor units, exactly",
                str(stated[project]),
                words,
            )
        owed = max(0, ceil_fraction(exact - Fraction(earned[project], MICROS)))
        yield _same(
            f"top-up in project {project}",
            "what is due less what was earned, rounded up to a whole minor unit",
            exact_amount(given[project], evidence.currency),
            exact_amount(owed * MICROS, evidence.currency),
        )


def _totals(evidence: Evidence, document: Mapping[str, Any]) -> Iterator[Check]:
    totals, currency = document["totals"], evidence.currency
    top_up = sum(one.amount_micros for one in evidence.settled if one.kind == "top_up")
    all_micros = sum(one.amount_micros for one in evidence.settled)
    whole, carry = divmod(evidence.previous_carry_micros + all_micros, MICROS)
    paid_ms = sum(one.paid_ms for one in evidence.settled)
    yield _same("paid time", "milliseconds of all entries", str(totals["paid_ms"]), str(paid_ms))
    amounts = {
        "top_up": top_up,
        "gross": all_micros,
        "carried_in": evidence.previous_carry_micros,
        "carried_out": carry,
    }
    for name, micros in amounts.items():
        yield _same(
            name.replace("_", " ").replace("top up", "top-up"),
            _HOW[name],
            str(totals[name]),
            exact_amount(micros, currency),
        )
    yield _same(
        "to pay",
        "carried in and gross, in whole minor units",
        str(totals["to_pay"]),
        Money(whole, currency).decimal(),
    )
    kept = (evidence.paid_ms, evidence.accrued_micros, evidence.top_up_micros)
    yield _same(
        "index",
        "paid time, earnings and top-up as they are listed beside the statement",
        str((*kept, evidence.carry_micros)),
        str((paid_ms, all_micros - top_up, top_up, carry)),
    )


_HOW: Final = {
    "top_up": "the top-ups of all projects",
    "gross": "all entries",
    "carried_in": "what the statement before it carried out",
    "carried_out": "what is less than a minor unit: it goes into the next statement",
}


def _same(name: str, how: str, said: str, found: str) -> Check:
    return Check(name, how, said, found, said == found)

"""Work out what a close gives one person: lines, what comes on top, the top-up; pure but for cache.

A preview and a close both come through here, so that what was shown is what is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.money import MICROS
from fairhand.model.system import loaded
from fairhand.pay.floors.rules import FloorRow, Held
from fairhand.pay.fx.rules import NO_RATES, RateBook
from fairhand.pay.ledger.store import Earning
from fairhand.pay.policies.extras import Extra, HoursPack, Stretch, extras
from fairhand.pay.policies.hours import pack_for
from fairhand.pay.policies.rules import Policies
from fairhand.pay.policies.steps import StepsHeld, step_extras
from fairhand.pay.statement.held import FloorsOfPlace, kept_floor
from fairhand.pay.statement.rules import (
    Corrects,
    Earned,
    HeldFloor,
    Line,
    Payee,
    Period,
    currencies,
    floored_work,
    gather,
    in_order,
    keep_up,
)
from fairhand.pay.top_up.rules import top_ups

WEEK_BEFORE_MS: Final = 8 * DAY_MS
"""How far back settled work may share a local week with work that is to be settled."""
_GIVES_EXTRAS: Final = ("hazard_micros_per_hour", "data_micros_per_hour", "min_block_ms")

Kept = Mapping[tuple[int, str], Held]
"""The floors one person keeps, by project and currency."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a close goes by: wage rows, policies, exchange rates, and the steps that people hold."""

    rows: Sequence[FloorRow]
    policies: Policies = field(default_factory=Policies)
    rates: RateBook = NO_RATES
    steps: StepsHeld = field(default_factory=dict)
    _places: dict[tuple[str, str], FloorsOfPlace] = field(default_factory=dict)

    def floors_of(self, payee: Payee) -> FloorsOfPlace:
        """Give what finds the floors of a person's place."""
        place = payee.country, payee.region
        if place not in self._places:
            self._places[place] = FloorsOfPlace(self.rows, *place, self.rates)
        return self._places[place]

    def has_overtime(self, payee: Payee) -> bool:
        """Tell whether the hours of a person's place give anything on top."""
        return _has_tiers(pack_for(payee.country, payee.region))


@dataclass(frozen=True, slots=True)
class Plan:
    """What one person is to get: lines of what was earned, extras, and top-ups by currency."""

    payee: Payee
    lines: tuple[Line, ...]
    extras: tuple[Extra, ...]
    top_ups: Mapping[str, Mapping[int, int]]

    def earnings(self, period: Period) -> list[Earning]:
        """Say what is to be posted: the extras, then the top-ups."""
        return [
            *(_extra_earning(period, self.payee.person_id, one) for one in self.extras),
            *(
                _top_up_earning(period, self.payee.person_id, currency, project, minor)
                for currency, owed in sorted(self.top_ups.items())
                for project, minor in sorted(owed.items())
            ),
        ]

    def with_extras(self, entries: Sequence[int], period: Period) -> list[Line]:
        """Give all lines of the statement, the extras under their ledger entries."""
        made = [
            _extra_earned(period, self.payee.person_id, extra, entry)
            for extra, entry in zip(self.extras, entries, strict=True)
        ]
        if not made:
            return list(self.lines)
        return in_order([*self.lines, *gather(made, _no_floor, period)])


def make_plan(
    period: Period,
    payee: Payee,
    earned: Sequence[Earned],
    settled_before: Sequence[Earned],
    kept: Kept,
    terms: Terms,
) -> Plan:
    """Work out one person's settlement; `settled_before` is paid time of the same weeks."""
    floors = terms.floors_of(payee)
    lines = keep_up(
        gather(earned, floors, period),
        lambda line: _kept(kept, line.project_id, line.currency),
    )
    return Plan(
        payee,
        tuple(lines),
        tuple(_extras(payee, earned, settled_before, kept, terms)),
        {
            currency: owed
            for currency in currencies(lines)
            if (owed := loaded("pay.top_up", top_ups)(floored_work(lines, currency)))
        },
    )


def _extras(
    payee: Payee,
    earned: Sequence[Earned],
    settled_before: Sequence[Earned],
    kept: Kept,
    terms: Terms,
) -> list[Extra]:
    pack = pack_for(payee.country, payee.region)
    paid_ms = sum(one.paid_ms for one in (*settled_before, *earned))
    steps = terms.steps.get(payee.person_id, ())
    if not steps and not _can_give(pack, paid_ms) and not _gives(terms.policies, earned):
        return []
    floors = terms.floors_of(payee)

    def stretch(one: Earned, *, settled: bool) -> Stretch:
        held = _higher(floors(one), _kept(kept, one.project_id, one.currency))
        floor = 0 if held is None else held.minor_per_hour * MICROS
        return _stretch(one, floor, settled=settled)

    work = [stretch(one, settled=True) for one in settled_before if one.basis != "correction"]
    work += [stretch(one, settled=False) for one in earned if one.basis != "correction"]
    return [*extras(work, terms.policies, pack), *step_extras(work, steps)]


def _has_tiers(pack: HoursPack) -> bool:
    return any(tier.extra_permille for tier in (*pack.day_tiers, *pack.week_tiers))


def _can_give(pack: HoursPack, paid_ms: int) -> bool:
    tiers = (*pack.day_tiers, *pack.week_tiers)
    return any(tier.extra_permille and tier.beyond_ms < paid_ms for tier in tiers)


def _gives(policies: Policies, earned: Iterable[Earned]) -> bool:
    return any(
        getattr(policy, name)
        for project in {one.project_id for one in earned}
        for policy in policies.by_project.get(project, ())
        for name in _GIVES_EXTRAS
    )


def _kept(kept: Kept, project_id: int, currency: str) -> HeldFloor | None:
    held = kept.get((project_id, currency))
    return None if held is None else kept_floor(held, currency)


def _higher(first: HeldFloor | None, other: HeldFloor | None) -> HeldFloor | None:
    if first is None or other is None:
        return first or other
    return first if first.minor_per_hour >= other.minor_per_hour else other


def _no_floor(_earned: Earned) -> HeldFloor | None:
    return None


def _stretch(one: Earned, floor_micros_per_hour: int, *, settled: bool) -> Stretch:
    return Stretch(
        one.entry_id,
        one.project_id,
        one.activity,
        one.basis,
        one.started_at,
        one.ended_at,
        one.paid_ms,
        one.rate_micros_per_hour,
        one.amount_micros,
        one.currency,
        floor_micros_per_hour,
        settled,
    )


def _last_moment(period: Period) -> Instant:
    return Instant(period.ends_at - 1)


def _extra_earned(period: Period, person_id: int, extra: Extra, entry_id: int) -> Earned:
    at = _last_moment(period)
    return Earned(
        person_id=person_id,
        entry_id=entry_id,
        project_id=extra.project_id,
        activity=extra.activity,
        basis=extra.basis,
        started_at=at,
        ended_at=at,
        paid_ms=0,
        rate_micros_per_hour=0,
        currency=extra.currency,
        amount_micros=extra.amount_micros,
        quantity=extra.quantity,
        unit_micros=extra.unit_micros,
        why=extra.why,
    )


def _extra_earning(period: Period, person_id: int, extra: Extra) -> Earning:
    at = _last_moment(period)
    return Earning(
        kind="extra",
        idem_key=f"extra:{period.id}:{person_id}:{extra.key}",
        person_id=person_id,
        project_id=extra.project_id,
        activity=extra.activity,
        started_at=at,
        ended_at=at,
        paid_ms=0,
        rate_micros_per_hour=0,
        currency=extra.currency,
        amount_micros=extra.amount_micros,
        basis=extra.basis,
        quantity=extra.quantity,
        unit_micros=extra.unit_micros,
    )


def _top_up_earning(
    period: Period, person_id: int, currency: str, project_id: int, minor: int
) -> Earning:
    at = _last_moment(period)
    return Earning(
        kind="top_up",
        idem_key=f"top_up:{period.id}:{person_id}:{currency}:{project_id}",
        person_id=person_id,
        project_id=project_id,
        activity="top_up",
        started_at=at,
        ended_at=at,
        paid_ms=0,
        rate_micros_per_hour=0,
        currency=currency,
        amount_micros=minor * MICROS,
        basis="top_up",
    )


def explained(
    earned: Sequence[Earned],
    notes: Mapping[int, str],
    corrections: Mapping[int, tuple[Corrects, str]],
) -> list[Earned]:
    """Say of earnings why they are there, and of corrections what they put right."""
    told = []
    for one in earned:
        corrects, reason = corrections.get(one.entry_id, (None, ""))
        why = reason or notes.get(one.entry_id, "")
        told.append(one._replace(why=why, corrects=corrects) if why or corrects else one)
    return told

"""What comes on top of pay for time and pieces when a period closes, for one person; pure.

Hazard premium and data costs are so much per paid hour, by the policy in force when the hour began.
Overtime is (multiplier - 1) * max(rate, what the hour earned) for every millisecond beyond a
threshold of the person's country, over all their projects; an hour beyond two thresholds gets the
higher extra, never both, and an hour with an extra by its day does not fill the week. A minimum
block pays what a check-in lacks to the promised length. None of this counts towards the floor.
Integers all the way; each amount is rounded up once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final

from fairhand.core.clock import HOUR_MS, MINUTE_MS, Instant
from fairhand.core.money import ceil_fraction, micros_for
from fairhand.pay.floors.rules import local_date
from fairhand.pay.paid_time.rules import Activity
from fairhand.pay.policies.rules import Policies, Policy

CHECK_IN_GAP_MS: Final = 60 * MINUTE_MS
"""Stretches of one project that are closer than this are one check-in."""
WORKED: Final = frozenset(("annotate", "train", "qualify", "fault"))
"""What makes a check-in one that a minimum block is owed for: opening pages alone does not.

Whoever comes and finds nothing to do is paid for waiting; a block on top of that would pay for
opening a page every hour.
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One accrual with paid time; a `settled` one only fills up thresholds and earns nothing."""

    entry_id: int
    project_id: int
    activity: Activity
    basis: str
    started_at: Instant
    ended_at: Instant
    paid_ms: int
    rate_micros_per_hour: int
    amount_micros: int
    currency: str
    floor_micros_per_hour: int = 0
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Extra:
    """Something to pay on top; `key` is its own within a person and period.

    `quantity` is milliseconds, `unit_micros` what an hour of them gives (None: it varies).
    """

    project_id: int
    basis: str
    activity: Activity
    currency: str
    amount_micros: int
    quantity: int | None
    unit_micros: int | None
    why: str
    key: str


@dataclass(frozen=True, slots=True)
class Tier:
    """Time beyond `beyond_ms` of a day or week earns `extra_permille` thousandths on top."""

    beyond_ms: int
    extra_permille: int


@dataclass(frozen=True, slots=True)
class HoursPack:
    """Hours and overtime of a country: what is paid on top, where work stops, and who says so.

    `is_draft` says that nobody has checked the row against the law; its numbers are then only the
    careful defaults of this product.
    """

    country: str = ""
    day_tiers: tuple[Tier, ...] = ()
    week_tiers: tuple[Tier, ...] = ()
    week_starts_on: int = 0  # 0 is Monday
    stop_day_ms: int = 10 * HOUR_MS
    stop_week_ms: int = 60 * HOUR_MS
    rest_ms: int = 11 * HOUR_MS
    source_title: str = ""
    source_url: str = ""
    source_class: str = ""
    is_draft: bool = True


def extras(work: Sequence[Stretch], policies: Policies, pack: HoursPack) -> list[Extra]:
    """List what one person gets on top of `work`, in a stable order.

    Give the stretches of the same local weeks that earlier periods have settled as well, marked
    `settled`: thresholds count them, nothing is paid for them again.
    """
    paid = [one for one in work if one.paid_ms > 0]
    return [
        *_per_hour(paid, policies),
        *_overtime(paid, policies, pack),
        *_blocks(paid, policies),
    ]


def local_week(day: date, starts_on: int) -> date:
    """Give the first day of the week that a day belongs to."""
    return day - timedelta(days=(day.weekday() - starts_on) % 7)


def began(stretch: Stretch) -> Instant:
    """When the paid time of a stretch began: its day and its policy are those of this moment."""
    return Instant(max(stretch.started_at, stretch.ended_at - stretch.paid_ms))


def _per_hour(work: Sequence[Stretch], policies: Policies) -> list[Extra]:
    spent: dict[tuple[int, int, Activity], int] = defaultdict(int)
    terms: dict[tuple[int, int], Policy] = {}
    giving = _projects_with(policies, "hazard_micros_per_hour", "data_micros_per_hour")
    for one in work:
        policy = policies.at(one.project_id, began(one)) if one.project_id in giving else None
        if policy is not None and not one.settled:
            spent[one.project_id, policy.version, one.activity] += one.paid_ms
            terms[one.project_id, policy.version] = policy
    return [
        extra
        for (project, version, activity), paid_ms in sorted(spent.items())
        for extra in _hourly_extras(terms[project, version], activity, paid_ms)
    ]


def _hourly_extras(policy: Policy, activity: Activity, paid_ms: int) -> list[Extra]:
    kinds = (
        ("premium", policy.hazard_micros_per_hour, "Hazard premium for every paid hour."),
        ("expense", policy.data_micros_per_hour, "Data costs for every paid hour."),
    )
    return [
        Extra(
            policy.project_id,
            basis,
            activity,
            policy.currency,
            micros_for(rate, paid_ms),
            paid_ms,
            rate,
            why,
            f"{basis}:{policy.project_id}:{policy.version}:{activity}",
        )
        for basis, rate, why in kinds
        if rate
    ]


def _projects_with(policies: Policies, *names: str) -> set[int]:
    """Find the projects where any version of the policy gives any of these."""
    return {
        project
        for project, versions in policies.by_project.items()
        if any(getattr(policy, name) for policy in versions for name in names)
    }


def _overtime(work: Sequence[Stretch], policies: Policies, pack: HoursPack) -> list[Extra]:
    tiers = (*pack.day_tiers, *pack.week_tiers)
    first = min((tier.beyond_ms for tier in tiers if tier.extra_permille), default=None)
    if first is None or sum(one.paid_ms for one in work) <= first:
        return []
    by_day: dict[date, int] = defaultdict(int)
    by_week: dict[date, int] = defaultdict(int)
    sums: dict[tuple[date, int, Activity, str, int], tuple[int, Fraction]] = {}
    for one in sorted(work, key=lambda one: (not one.settled, began(one), one.entry_id)):
        day = local_date(pack.country, began(one))
        week = local_week(day, pack.week_starts_on)
        parts, by_week[week] = _beyond(pack, by_day[day], by_week[week], one.paid_ms)
        by_day[day] += one.paid_ms
        if one.settled or not parts:
            continue
        worth = _worth_per_hour(one, policies)
        for extra_permille, part_ms in parts:
            key = (week, one.project_id, one.activity, one.currency, extra_permille)
            ms, amount = sums.get(key, (0, Fraction(0)))
            more = worth * part_ms * extra_permille / (HOUR_MS * 1000)
            sums[key] = (ms + part_ms, amount + more)
    return [_overtime_extra(key, ms, amount, pack) for key, (ms, amount) in sorted(sums.items())]


def _overtime_extra(
    key: tuple[date, int, Activity, str, int], ms: int, amount: Fraction, pack: HoursPack
) -> Extra:
    week, project, activity, currency, permille = key
    percent = f"{permille // 10}" if permille % 10 == 0 else f"{permille / 10:.1f}"
    why = f"Overtime in the week of {week}: {percent} % on top ({pack.source_title})."
    name = f"overtime:{week}:{project}:{activity}:{currency}:{permille}"
    return Extra(
        project, "overtime", activity, currency, ceil_fraction(amount), ms, None, why, name
    )


def _beyond(
    pack: HoursPack, day_ms: int, week_ms: int, paid_ms: int
) -> tuple[list[tuple[int, int]], int]:
    """Cut a stretch where a threshold is passed; give (extra, milliseconds) where there is any.

    Time that has an extra by its day does not fill the week: else the ninth hour of five days
    would also make four hours of overtime out of the last day. Gives what the week holds after.
    """
    parts = []
    for by_day, day_part in _cut(pack.day_tiers, day_ms, paid_ms):
        if by_day:
            parts.append((max(by_day, _reached(pack.week_tiers, week_ms)), day_part))
            continue
        parts += [part for part in _cut(pack.week_tiers, week_ms, day_part) if part[0]]
        week_ms += day_part
    return parts, week_ms


def _cut(tiers: Sequence[Tier], so_far_ms: int, more_ms: int) -> list[tuple[int, int]]:
    edges = {0, more_ms, *(tier.beyond_ms - so_far_ms for tier in tiers)}
    inside = sorted(edge for edge in edges if 0 <= edge <= more_ms)
    return [(_reached(tiers, so_far_ms + start), end - start) for start, end in pairwise(inside)]


def _reached(tiers: Iterable[Tier], so_far_ms: int) -> int:
    return max((tier.extra_permille for tier in tiers if tier.beyond_ms <= so_far_ms), default=0)


def _worth_per_hour(one: Stretch, policies: Policies) -> Fraction:
    """What an hour of this stretch is worth: at least its guarantee and floor, with its premium."""
    earned = Fraction(one.amount_micros * HOUR_MS, one.paid_ms)
    policy = policies.at(one.project_id, began(one))
    hazard = policy.hazard_micros_per_hour if policy else 0
    return max(Fraction(one.rate_micros_per_hour), Fraction(one.floor_micros_per_hour), earned) + (
        hazard
    )


def _blocks(work: Sequence[Stretch], policies: Policies) -> list[Extra]:
    giving = _projects_with(policies, "min_block_ms")
    groups = check_ins(one for one in work if one.project_id in giving)
    return [extra for group in groups if (extra := _block(group, policies)) is not None]


def _block(check_in: Sequence[Stretch], policies: Policies) -> Extra | None:
    first = check_in[0]
    policy = policies.at(first.project_id, began(first))
    if policy is None or any(one.settled for one in check_in):
        return None  # a block is granted once, with the first part that is settled
    missing = policy.min_block_ms - sum(one.paid_ms for one in check_in)
    if missing <= 0 or not any(one.activity in WORKED for one in check_in):
        return None
    rate = max(one.rate_micros_per_hour for one in check_in)
    return Extra(
        first.project_id,
        "block",
        "wait",
        first.currency,
        micros_for(rate, missing),
        missing,
        rate,
        f"Whoever comes to work is paid for at least {policy.min_block_ms // MINUTE_MS} minutes.",
        f"block:{first.project_id}:{first.entry_id}",
    )


def check_ins(work: Iterable[Stretch]) -> list[list[Stretch]]:
    """Group stretches into check-ins: of one project, less than an hour apart."""
    groups: list[list[Stretch]] = []
    ended_at = 0
    for one in sorted(work, key=lambda one: (one.project_id, began(one), one.entry_id)):
        same = bool(groups) and groups[-1][0].project_id == one.project_id
        if same and began(one) - ended_at < CHECK_IN_GAP_MS:
            groups[-1].append(one)
            ended_at = max(ended_at, one.ended_at)
        else:
            groups.append([one])
            ended_at = one.ended_at
    return groups

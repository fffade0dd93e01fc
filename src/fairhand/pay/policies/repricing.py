"""When top-up says that a price is wrong, and the price that the measured speed needs; pure.

Top-up share is what the people of a project must be given on top to reach max(floor, guarantee)
for their hours, by what they earned themselves. Above a tenth the price is wrong (facts of labour,
section 3.2). The new price is the higher of two: the one at which the work done so far pays for
its own hours, and the least one at which the share falls to a tenth, because people differ and
the slower ones are topped up one by one. Only time since the present price holds is measured, so a
new price is judged by its own time. Never downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from fairhand.core.clock import HOUR_MS, MINUTE_MS, Instant
from fairhand.core.money import MICROS, ceil_fraction
from fairhand.core.systems import automated
from fairhand.pay.policies.rules import Policy

ALARM_PERMILLE: Final = 100
LEAST_EVIDENCE_MS: Final = 30 * MINUTE_MS
"""A price is not judged by less paid time than this."""
_UNIT_SIZE: Final = {"piece": 1, "audio": MINUTE_MS}


@dataclass(frozen=True, slots=True)
class WorkedFor:
    """One person's time and earnings in a project since a price holds, under one floor.

    `floor_micros_per_hour` is what an hour of theirs must reach: their floor or the guarantee. Of
    the time and the earnings, `unit_paid_ms` and `unit_accrued_micros` came with `units`: answers,
    or milliseconds of audio.
    """

    person_id: int
    paid_ms: int
    accrued_micros: int
    floor_micros_per_hour: int
    units: int = 0
    unit_paid_ms: int = 0
    unit_accrued_micros: int = 0


@dataclass(frozen=True, slots=True)
class TopUpShare:
    """What would have to be topped up since a price holds, and the base it is measured by."""

    paid_ms: int
    base_micros: int
    top_up_micros: int

    @property
    def permille(self) -> int:
        """Thousandths of base pay, rounded up; a thousand where nothing was earned at all."""
        if not self.base_micros:
            return 1000 if self.top_up_micros else 0
        return ceil_fraction(Fraction(self.top_up_micros * 1000, self.base_micros))

    @property
    def is_alarming(self) -> bool:
        """Say whether the price is wrong: more than a tenth, on enough time to tell."""
        is_much = self.top_up_micros * 1000 > self.base_micros * ALARM_PERMILLE
        return is_much and self.paid_ms >= LEAST_EVIDENCE_MS


def share_of(work: Sequence[WorkedFor]) -> TopUpShare:
    """Measure what a price leaves to be topped up, person by person."""
    return TopUpShare(
        paid_ms=sum(one.paid_ms for one in work),
        base_micros=sum(one.accrued_micros for one in work),
        top_up_micros=sum(ceil_fraction(_lacking(one, Fraction(0))) for one in work),
    )


@automated(
    "pay.reprice",
    title="Raising a price that is too low",
    effect="pays",
    purpose="Raises the price of a project when too much has to be topped up.",
    reads=("paid time and earnings since the price holds", "floors"),
    parameters=(
        ("alarm", f"{ALARM_PERMILLE} permille", "top-up above this share of base pay"),
        ("evidence", f"{LEAST_EVIDENCE_MS // MINUTE_MS} minutes", "paid time before it judges"),
    ),
    oversight="Upwards only, for new items only. The owner agrees beforehand, and is told.",
)
def repriced(policy: Policy, work: Sequence[WorkedFor], now: Instant) -> Policy | None:
    """Make the next version with the price that the measured speed needs; None: it is right."""
    share = share_of(work)
    if not share.is_alarming:
        return None
    rate = max(policy.rate_micros_per_hour, *(one.floor_micros_per_hour for one in work))
    unit = policy.unit_micros
    if policy.basis != "time" and unit is not None:
        unit = _whole_minor(unit + _needed_more(policy.basis, work))
    if (rate, unit) == (policy.rate_micros_per_hour, policy.unit_micros):
        return None
    return replace(
        policy,
        version=policy.version + 1,
        rate_micros_per_hour=rate,
        unit_micros=unit,
        valid_from=now,
        created_at=now,
        created_by=None,
        reason=f"Top-up was {share.permille / 10:.1f} % of base pay over "
        f"{share.paid_ms / HOUR_MS:.1f} paid hours: the price was too low.",
    )


def _needed_more(basis: str, work: Sequence[WorkedFor]) -> int:
    """How many micros more a unit must earn; 0 where nobody did any.

    The share falls with every micro, so the least price is found by halving.
    """
    size = _UNIT_SIZE[basis]
    by_unit = [
        replace(one, paid_ms=one.unit_paid_ms, accrued_micros=one.unit_accrued_micros)
        for one in work
        if one.units
    ]
    if not by_unit:
        return 0
    due = sum((_due(one) - one.accrued_micros for one in by_unit), Fraction(0))
    low = max(0, ceil_fraction(due / Fraction(sum(one.units for one in by_unit), size)))
    high = low
    while not _is_enough(by_unit, high, size):
        high = 2 * high + MICROS
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _is_enough(by_unit, middle, size) else (middle + 1, high)
    return high


def _is_enough(work: Sequence[WorkedFor], more_micros: int, size: int) -> bool:
    base = top_up = Fraction(0)
    for one in work:
        more = Fraction(more_micros * one.units, size)
        base += one.accrued_micros + more
        top_up += _lacking(one, more)
    return top_up * 1000 <= base * ALARM_PERMILLE


def _due(one: WorkedFor) -> Fraction:
    return Fraction(one.floor_micros_per_hour * one.paid_ms, HOUR_MS)


def _lacking(one: WorkedFor, more: Fraction) -> Fraction:
    return max(Fraction(0), _due(one) - one.accrued_micros - more)


def _whole_minor(micros: int) -> int:
    return -(-micros // MICROS) * MICROS

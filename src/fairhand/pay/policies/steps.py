"""What a career step adds to the hour when a period closes; pure.

Of several steps that somebody holds in a project, the highest counts, for paid time that began once
they held it. It adds so many thousandths to the guarantee of that time, rounded up to a micro an
hour; it does not count towards the floor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.money import micros_for
from fairhand.pay.paid_time.rules import Activity
from fairhand.pay.policies.extras import Extra, Stretch, began


@dataclass(frozen=True, slots=True)
class PayStep:
    """A step that somebody holds since an instant; project 0: in every project."""

    id: int
    project_id: int
    title: str
    permille: int
    since: Instant


StepsHeld = Mapping[int, Sequence[PayStep]]
"""The steps of people, by person."""


def step_extras(work: Sequence[Stretch], steps: Sequence[PayStep]) -> list[Extra]:
    """List what steps add to one person's work, in a stable order."""
    spent: dict[tuple[int, int, int, Activity, str], int] = defaultdict(int)
    known = {one.id: one for one in steps}
    for one in work:
        step = None if one.settled or one.paid_ms <= 0 else _highest(one, steps)
        if step is not None:
            per_hour = -(-one.rate_micros_per_hour * step.permille // 1000)
            spent[one.project_id, step.id, per_hour, one.activity, one.currency] += one.paid_ms
    return [
        Extra(
            project_id,
            "premium",
            activity,
            currency,
            micros_for(per_hour, paid_ms),
            paid_ms,
            per_hour,
            f"Career step: {known[step_id].title}.",
            f"step:{project_id}:{step_id}:{per_hour}:{activity}",
        )
        for (project_id, step_id, per_hour, activity, currency), paid_ms in sorted(spent.items())
        if per_hour
    ]


def _highest(one: Stretch, steps: Sequence[PayStep]) -> PayStep | None:
    holding = [
        step
        for step in steps
        if step.project_id in (0, one.project_id) and step.since <= began(one)
    ]
    return max(holding, key=lambda step: (step.permille, -step.id), default=None)

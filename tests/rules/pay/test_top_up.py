"""Top-up: nobody's pay period ends below the floor, exactly."""

from __future__ import annotations

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import HOUR_MS
from fairhand.core.money import MICROS, micros_for
from fairhand.pay.statement.rules import BASES
from fairhand.pay.top_up.rules import (
    FlooredWork,
    by_project,
    counts_for_floor,
    due_micros,
    due_minor,
    top_up_minor,
    top_ups,
)


def test_ten_thousand_random_people_are_at_or_above_their_floor_exactly() -> None:
    dice = random.Random(12)
    lifted = 0
    for _ in range(10_000):
        floor = dice.choice([1231, 1271, 725, 2667, 16134, 1056])
        work = [
            FlooredWork(
                dice.randint(1, 3),
                paid_ms := dice.randint(1, 40 * HOUR_MS),
                micros_for(round(floor * MICROS * dice.lognormvariate(-0.1, 0.5)), paid_ms),
                floor,
            )
            for _ in range(dice.randint(1, 5))
        ]
        given_on_top = sum(top_ups(work).values())
        gross = Fraction(sum(part.accrued_micros for part in work), MICROS) + given_on_top
        paid_hours = Fraction(sum(part.paid_ms for part in work), HOUR_MS)
        assert gross / paid_hours >= floor
        lifted += given_on_top > 0
    assert 3_000 < lifted < 9_900  # the rule was needed, and not by everybody


spans = st.lists(
    st.builds(
        FlooredWork,
        project_id=st.integers(1, 3),
        paid_ms=st.integers(0, 10**9),
        accrued_micros=st.integers(0, 10**13),
        floor_minor_per_hour=st.integers(0, 10**7),
        guarantee_micros_per_hour=st.integers(0, 10**13),
    ),
    max_size=6,
)


@given(spans)
def test_each_project_reaches_its_floor_and_gives_less_than_a_minor_unit_too_much(
    work: list[FlooredWork],
) -> None:
    owed = top_ups(work)
    for project in {part.project_id for part in work}:
        parts = [part for part in work if part.project_id == project]
        accrued = Fraction(sum(part.accrued_micros for part in parts), MICROS)
        gross = accrued + owed.get(project, 0)
        assert gross >= due_minor(parts)
        assert project not in owed or gross - due_minor(parts) < 1


@given(spans)
def test_the_quick_sum_over_projects_is_the_exact_fraction_rounded_up(
    work: list[FlooredWork],
) -> None:
    exact = {
        project: top_up_minor(sum(part.accrued_micros for part in parts), due_minor(parts))
        for project, parts in by_project(work).items()
    }
    assert top_ups(work) == {project: minor for project, minor in exact.items() if minor}


@given(spans)
def test_nobody_is_topped_up_who_is_at_the_floor_already(work: list[FlooredWork]) -> None:
    generous = [
        FlooredWork(
            part.project_id,
            part.paid_ms,
            micros_for(part.micros_per_hour, part.paid_ms),
            part.floor_minor_per_hour,
            part.guarantee_micros_per_hour,
        )
        for part in work
    ]
    assert top_ups(generous) == {}


def test_a_floor_that_rises_within_a_period_counts_from_its_own_moment() -> None:
    before = FlooredWork(1, HOUR_MS, 2_667 * MICROS, 2_667)
    after = FlooredWork(1, HOUR_MS, 2_667 * MICROS, 2_800)
    assert top_ups([before]) == {}
    assert top_ups([before, after]) == {1: 133}


def test_a_third_of_a_minor_unit_is_rounded_up() -> None:
    assert top_up_minor(0, Fraction(1, 3)) == 1
    assert top_up_minor(333_333, Fraction(1, 3)) == 1
    assert top_up_minor(333_334, Fraction(1, 3)) == 0
    assert due_micros([FlooredWork(1, 1, 0, 1)]) == 1


def test_one_projects_better_rate_does_not_hide_anothers_pay_below_the_floor() -> None:
    poor = FlooredWork(1, HOUR_MS, 1_000 * MICROS, 1_271)
    rich = FlooredWork(2, HOUR_MS, 2_000 * MICROS, 1_271)
    assert top_ups([poor, rich]) == {1: 271}


def test_a_stretch_is_due_the_higher_of_floor_and_guarantee() -> None:
    assert top_ups([FlooredWork(1, HOUR_MS, 0, 1_271, 1_500 * MICROS)]) == {1: 1_500}
    assert top_ups([FlooredWork(1, HOUR_MS, 0, 1_271, 1_000 * MICROS)]) == {1: 1_271}
    assert top_ups([FlooredWork(1, HOUR_MS, 0, 0, 1_000 * MICROS)]) == {1: 1_000}


def test_only_pay_for_work_counts_for_the_floor() -> None:
    counting = [basis for basis in BASES if counts_for_floor(basis, 1)]
    assert counting == ["time", "piece", "audio", "correction"]
    assert not counts_for_floor("correction", 0)
    assert not counts_for_floor("top_up", 0)

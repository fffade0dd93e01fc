"""A forecast counts what it should, moves the way it must, and says what its doubt hangs on."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.pay.forecast.answers import (
    Stopping,
    TaskGroup,
    answers_left,
    draw_hazards,
    measure_stops,
    middle_hazards,
)
from fairhand.pay.forecast.pace import draw_paces, measure_pace, middle_paces
from fairhand.pay.forecast.rules import Forecast, Inputs, Terms, make_forecast

GBP_12, FLOOR = 1_200_000_000, 1_271_000_000
ASSUMED = ((0.0, 0.6, 0.5, 0.5, 1.0), (0.0, 0.9, 0.8, 0.8, 1.0))
NOTHING = (0, 0, 0, 0, 0)


def inputs(tasks: int = 1_000, **changes: object) -> Inputs:
    made = Inputs(
        currency="GBP",
        groups=(TaskGroup(tasks, 0, 2),),
        stopping=Stopping(ASSUMED, NOTHING, NOTHING),
        pace=measure_pace(20_000, [], [])[0],
        terms=Terms("time", GBP_12),
        people=10,
        floors=(FLOOR,),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # named by each test


def forecast(given: Inputs, seed: int = 1) -> Forecast:
    return make_forecast(given, np.random.default_rng(seed))


def measured(answers: int, people: int = 10, seconds: float = 20.0, spread: float = 0.6) -> Inputs:
    rng = np.random.default_rng(3)
    who = np.arange(answers) % people
    ms = (seconds * 1_000 * np.exp(spread * rng.standard_normal(answers))).astype(np.int64)
    total = int(ms.sum())
    pace = measure_pace(20_000, who, ms)[0]
    return inputs(pace=pace, answer_ms=total, other_ms=total // 10)


def test_the_same_dice_give_the_same_forecast() -> None:
    assert forecast(inputs()) == forecast(inputs())
    assert forecast(inputs()) != forecast(inputs(), seed=2)


def test_with_everything_certain_the_sum_is_what_a_pocket_calculator_gives() -> None:
    certain = measured(100_000, people=4, spread=0.0)
    certain = replace(
        certain,
        groups=(TaskGroup(1_000, 0, 2),),
        stopping=Stopping(((0.0, 1.0),), (0, 1_000_000), (0, 0)),
        floors=(),
        people=4,
        other_ms=0,
    )

    found = forecast(certain)

    # 2,000 answers of 20 s at 12.00 an hour are 133.33; half a percent of other time comes on top.
    assert found.answers.p50 == pytest.approx(2_000)
    assert found.money.p50 / 1e8 == pytest.approx(133.33 * 1.005, rel=0.06)
    assert found.top_up_share.p90 == 0


def test_a_rate_below_the_floor_is_topped_up_for_everybody() -> None:
    found = forecast(inputs())

    assert found.top_up_share.p50 == pytest.approx(FLOOR / GBP_12 - 1)
    assert forecast(inputs(floors=(GBP_12,))).top_up_share.p90 == 0


def test_piece_pay_costs_more_when_people_differ_though_the_mean_is_the_same() -> None:
    alike, apart = measured(4_000, people=8), measured(4_000, people=8)
    apart = replace(
        apart, pace=replace(apart.pace, means=apart.pace.means + np.tile([-0.5, 0.5], 4))
    )
    # The price is right for the mean: as many slow people lose as quick ones gain.
    usual = forecast(replace(apart, terms=Terms("time", GBP_12), floors=()))
    per_answer = int(usual.parts.answering / usual.answers.p50)
    terms = Terms("piece", GBP_12, per_answer)

    share = forecast(replace(apart, terms=terms, floors=())).top_up_share.p50

    assert share > 0.1
    assert share > 3 * forecast(replace(alike, terms=terms, floors=())).top_up_share.p50


def test_gold_premiums_and_escrow_are_counted() -> None:
    plain, gold = forecast(inputs()), forecast(inputs(gold_permille=100))
    assert gold.money.p50 == pytest.approx(plain.money.p50 / 0.9, rel=0.01)
    terms = Terms("time", GBP_12, on_top_micros_per_hour=GBP_12 // 2)
    on_top = forecast(inputs(terms=terms)).parts.on_top
    assert on_top == pytest.approx((plain.parts.answering + plain.parts.other_time) / 2, rel=0.02)
    short = forecast(inputs(escrow_micros=round(plain.money.p50)))
    assert short.missing_p50 == 0
    assert short.missing_p90 == pytest.approx(plain.money.p90 - plain.money.p50, rel=1e-6)


def test_measuring_shrinks_the_doubt_and_the_forecast_says_how_far() -> None:
    before, after = forecast(inputs()), forecast(measured(30))

    assert after.money.p90 / after.money.p50 < before.money.p90 / before.money.p50
    promised = before.with_more.p90 / before.with_more.p50
    assert promised < before.money.p90 / before.money.p50
    assert promised == pytest.approx(after.money.p90 / after.money.p50, rel=0.35)


def test_what_the_cost_hangs_on_comes_first() -> None:
    levers = forecast(inputs()).levers

    assert levers[0].name == "seconds an answer takes"
    widths = [one.high_micros - one.low_micros for one in levers]
    assert widths == sorted(widths, reverse=True)
    assert len(levers) == 4


def test_a_million_tasks_are_forecast_in_a_second() -> None:
    began = time.process_time()

    forecast(inputs(tasks=1_000_000))
    forecast(replace(inputs(tasks=1_000_000), people=5_000))

    assert time.process_time() - began < 2


@pytest.mark.parametrize("people", [0, 1, 3, 2_000])
@pytest.mark.parametrize("groups", [(), (TaskGroup(5, 2, 2),), (TaskGroup(1, 0, 5),)])
def test_nothing_left_and_odd_crowds_are_no_trouble(
    people: int, groups: tuple[TaskGroup, ...]
) -> None:
    found = forecast(replace(measured(7, people=3), people=people, groups=groups))

    assert found.money.p10 <= found.money.p50 <= found.money.p90
    assert found.tasks_left == sum(one.tasks for one in groups if one.had < one.wanted)
    assert np.isfinite(found.days.p90)


def test_tasks_that_stay_open_keep_hard_tasks_from_being_forgotten() -> None:
    # Of a hundred tasks seventy stopped after two; thirty are asked on and nobody came yet.
    groups = [TaskGroup(70, 2, 2), TaskGroup(30, 2, 3), TaskGroup(900, 0, 2)]
    stopped, passed = measure_stops(groups, 2, 5)

    assert stopped == (0, 70, 0, 0, 0)
    assert passed == (0, 30, 0, 0, 0)
    hazards = middle_hazards(Stopping(((0.0, 0.5, 0.5, 0.5, 1.0),), stopped, passed))
    assert hazards[0, 1] == pytest.approx(75 / 110)
    mean = 2 + (1 - 75 / 110) * (1 + 0.5 + 0.25)
    assert answers_left([TaskGroup(900, 0, 2)], hazards, None)[0] == pytest.approx(900 * mean)


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 5), st.integers(1, 5)), max_size=6),
    st.integers(0, 2**32 - 1),
)
def test_answers_left_are_never_fewer_than_wanted_nor_more_than_allowed(
    rows: list[tuple[int, int, int]], seed: int
) -> None:
    groups = [TaskGroup(*row) for row in rows]
    rng = np.random.default_rng(seed)
    hazards = draw_hazards(Stopping(ASSUMED, *measure_stops(groups, 1, 5)), 50, rng)

    left = answers_left(groups, hazards, None)

    open_ones = [one for one in groups if one.wanted > one.had]
    assert (left >= sum(one.tasks * (one.wanted - one.had) for one in open_ones) - 1e-6).all()
    assert (left <= sum(one.tasks * (5 - one.had) for one in open_ones) + 1e-6).all()


def test_people_are_pulled_to_the_mean_the_more_the_fewer_their_answers() -> None:
    who = [1] * 200 + [2] * 200 + [3] * 200 + [4]
    ms = [10_000] * 200 + [20_000] * 200 + [40_000] * 200 + [100_000]
    jitter = np.exp(0.3 * np.random.default_rng(1).standard_normal(len(ms)))
    pace, people = measure_pace(20_000, who, (np.array(ms) * jitter).astype(np.int64))

    found = middle_paces(pace, 5)

    assert people.tolist() == [1, 2, 3, 4]
    assert found.ms[0, 0] == pytest.approx(10_500, rel=0.1)
    assert found.ms[0, 2] == pytest.approx(42_000, rel=0.1)
    assert found.ms[0, 3] < 80_000, "one answer does not make somebody slow"
    assert found.share.sum() == pytest.approx(1)
    assert found.share[0, 0] > found.share[0, 3]


def test_draws_are_of_the_shape_asked_for_and_shares_sum_to_one() -> None:
    drawn = draw_paces(measure_pace(9_000, [1, 1, 2], [8_000, 9_000, 7_000])[0], 6, 40,
                       np.random.default_rng(1))  # fmt: skip

    assert drawn.ms.shape == drawn.share.shape == (40, 6)
    assert drawn.share.sum(axis=1) == pytest.approx(np.ones(40))
    assert (drawn.ms > 0).all()

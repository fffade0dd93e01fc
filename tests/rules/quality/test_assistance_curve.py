"""The learning curve is carried on with an honest interval, and says when to stop."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.quality.assistance.alike import agreement, is_wrong
from fairhand.quality.assistance.curve import Curve, CurvePoint, fit_curve, why_no_curve
from fairhand.quality.assistance.stopping import (
    Pace,
    SliceScore,
    Spent,
    advise,
    find_lags,
    pace_of,
)

PLACES = (20, 40, 60, 90, 130, 190, 280, 400)


def learnt(
    ceiling: float, fall: float, power: float, rng: np.random.Generator, held_out: int = 150
) -> list[CurvePoint]:
    """Measurements of a model that learns by the law, on much the same held-out tasks."""
    shared, found = rng.normal(), []
    for n in PLACES:
        score = ceiling - fall * n**-power
        error = math.sqrt(score * (1 - score) / held_out)
        seen = float(np.clip(score + error * math.sqrt(0.5) * (shared + rng.normal()), 0, 1))
        error = max(0.01, math.sqrt(seen * (1 - seen) / held_out))
        found.append(CurvePoint(n, seen, max(0, seen - 1.96 * error), min(1, seen + 1.96 * error)))
    return found


def curve(ceiling: float = 0.9, fall: float = 2.0, power: float = 0.5, seed: int = 0) -> Curve:
    rng = np.random.default_rng(seed)
    found = fit_curve(learnt(ceiling, fall, power, rng, 2_000), rng)
    assert found is not None
    return found


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    held = []
    for _ in range(60):
        ceiling, power = rng.uniform(0.7, 0.99), rng.uniform(0.25, 0.9)
        fall = (ceiling - rng.uniform(0.3, 0.6)) * 20**power
        found = fit_curve(learnt(ceiling, fall, power, rng), rng)
        assert found is not None
        _, low, high = found.at(800)
        held.append(low <= ceiling - fall * 800**-power <= high)
    assert np.mean(held) >= 0.8


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 10_000), st.floats(0.0, 1.0), st.floats(0.0, 0.3)),
        min_size=0,
        max_size=12,
    )
)
def test_a_curve_never_falls_never_passes_one_and_bad_points_never_break_it(
    points: list[tuple[int, float, float]],
) -> None:
    given_points = [
        CurvePoint(n, score, max(0.0, score - wide), min(1.0, score + wide))
        for n, score, wide in points
    ]
    found = fit_curve(given_points, np.random.default_rng(0))
    assert (found is None) == (why_no_curve(given_points) is not None)
    if found is not None:
        values = [found.at(found.last * factor) for factor in (1.0, 1.5, 3.0, 100.0)]
        assert all(math.isfinite(one) for value in values for one in value)
        assert all(later[0] >= before[0] - 1e-9 for before, later in pairwise(values))
        assert found.ceiling[2] <= 1.0
        assert found.gain(10.0)[1] >= -1e-9


def test_fewer_than_five_measurements_or_all_close_together_are_not_carried_on() -> None:
    few = [CurvePoint(n, 0.5, 0.4, 0.6) for n in (10, 20, 30, 40)]
    close = [CurvePoint(n, 0.5, 0.4, 0.6) for n in (100, 110, 120, 130, 140)]
    assert "there are 4 so far" in (why_no_curve(few) or "")
    assert "too close" in (why_no_curve(close) or "")
    assert fit_curve(few, np.random.default_rng(0)) is None


def test_a_measurement_made_again_at_the_same_place_replaces_the_one_before() -> None:
    points = [CurvePoint(n, 0.5, 0.4, 0.6) for n in (10, 20, 20, 20, 40)]
    assert fit_curve(points, np.random.default_rng(0)) is None


def test_more_paid_hours_buy_less_and_less() -> None:
    found = curve()
    first, second = found.gain(100)[0], found.gain(200)[0] - found.gain(100)[0]
    assert first > second > 0


def test_how_far_a_target_is_agrees_with_the_curve() -> None:
    found = curve()
    target = found.at(1_000)[0]
    assert found.judgements_to(target)[0] == pytest.approx(1_000, rel=0.01)
    assert found.judgements_to(1.0)[0] == math.inf or found.best[0] == 1.0


PACE = Pace(ms=18_000, micros=80_000_000)


def test_a_target_that_is_reached_for_sure_says_stop() -> None:
    newest = CurvePoint(400, 0.9, 0.87, 0.93)
    assert advise(newest, curve(), PACE, 0.85).code == "reached"
    assert advise(newest, curve(), PACE, 0.88).code != "reached"


def test_a_target_above_what_the_model_comes_to_says_stop_for_another_reason() -> None:
    found = curve(ceiling=0.8, fall=2.0)
    advice = advise(found.points[-1], found, PACE, 0.99)
    assert (advice.code, advice.says_stop) == ("out_of_reach", True)
    assert advice.to_target is not None
    assert advice.to_target.value == math.inf


def test_a_curve_that_has_flattened_says_stop_without_any_target() -> None:
    found = curve(ceiling=0.9, fall=60.0, power=1.5)
    assert advise(found.points[-1], found, PACE, None).code == "flat"


def test_a_curve_that_climbs_says_what_an_hour_buys() -> None:
    found = curve(ceiling=0.95, fall=2.5)
    advice = advise(found.points[-1], found, PACE, None)
    assert advice.code == "go_on"
    assert advice.an_hour is not None
    truth = 2.5 * (400**-0.5 - 600**-0.5)  # an hour is 200 judgements of 18 seconds
    assert advice.an_hour.low <= truth <= advice.an_hour.high


def test_without_a_measurement_or_a_curve_nothing_is_suggested() -> None:
    assert advise(None, None, None, 0.9).code == "too_few"
    assert advise(CurvePoint(10, 0.5, 0.4, 0.6), None, PACE, None).code == "too_few"


def test_the_pace_is_that_of_the_work_between_the_first_point_and_the_last() -> None:
    found = pace_of([Spent(10, 900_000, 9_000), Spent(110, 1_900_000, 29_000)])
    assert found == Pace(10_000, 200)
    assert found.judgements_in(1.0) == 360
    assert found.hours_of(360) == 1.0
    assert pace_of([Spent(10, 100_000, 1_000)]) == Pace(10_000, 100)
    assert pace_of([]) is None
    assert pace_of([Spent(0, 0, 0)]) is None


def test_a_slice_that_is_surely_worse_lags_and_small_ones_say_nothing() -> None:
    slices = [
        SliceScore("language", "sw", 80, 0.5),
        SliceScore("language", "en", 200, 0.9),
        SliceScore("language", "yo", 9, 0.0),
        SliceScore("device", "phone", 100, 0.84),
        SliceScore("device", "desk", 100, 0.86),
    ]
    found = find_lags(slices)
    assert [one.slice.value for one in found] == ["sw"]
    assert found[0].high < 0.0


def test_slices_that_are_all_alike_seldom_lag() -> None:
    rng = np.random.default_rng(2)
    lagging = 0
    for _ in range(200):
        scores = rng.binomial(60, 0.8, 6) / 60
        slices = [SliceScore("region", str(at), 60, one) for at, one in enumerate(scores)]
        lagging += bool(find_lags(slices))
    assert lagging <= 16


KINDS = {"pet": "choice", "nucleus": "mask"}
SQUARE = {"size": [2, 2], "regions": [{"label": "n", "counts": "04"}]}
HALF = {"size": [2, 2], "regions": [{"label": "n", "counts": "022"}]}


def test_an_answer_is_the_proposal_wholly_in_part_or_not_at_all() -> None:
    assert agreement(KINDS, {"pet": "cat"}, {"pet": "cat"}) == 1.0
    assert agreement(KINDS, {"pet": "cat"}, {"pet": "dog"}) == 0.0
    assert agreement(KINDS, {"pet": "cat"}, {}) == 0.0
    assert agreement(KINDS, {"nucleus": SQUARE}, {"nucleus": HALF}) == 0.5
    assert agreement(KINDS, {"gone": 1}, {"gone": 1}) is None


def test_a_proposal_is_wrong_where_it_misses_what_is_known() -> None:
    assert is_wrong(KINDS, {"pet": "cat"}, {"pet": "dog"})
    assert not is_wrong(KINDS, {"pet": "cat"}, {"pet": "cat", "nucleus": SQUARE})
    assert not is_wrong(KINDS, {"nucleus": SQUARE}, {"nucleus": HALF})

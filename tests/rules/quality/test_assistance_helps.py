"""Help is judged by experiment: what helps is kept, what harms goes, seldom by mistake."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality.assistance.bias import report_bias, wilson
from fairhand.quality.assistance.contrast import compare
from fairhand.quality.assistance.helps import LEAST_WITHOUT, Help, judge_help

Answers = tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]


def project(
    ratio: float, seed: int, *, answers: int = 1_000, people: int = 8, blind: float = 0.1
) -> Answers:
    """A project where a proposal takes `ratio` of the time, a little more or less by person."""
    rng = np.random.default_rng(seed)
    person = rng.integers(0, people, answers)
    shown = rng.random(answers) > blind
    pace = rng.normal(2.5, 0.4, people)
    effect = math.log(ratio) + rng.normal(0.0, 0.1, people)
    logs = pace[person] + shown * effect[person] + rng.normal(0.0, 0.6, answers)
    return person, shown, np.exp(logs)


def off_after(ratio: float, seed: int, answers: int = 1_000, people: int = 8) -> int | None:
    """Look every 50 answers, as the rule does while work goes on; say when it switches off."""
    person, shown, seconds = project(ratio, seed, answers=answers, people=people)
    for until in range(50, len(person) + 1, 50):
        if judge_help(person[:until], shown[:until], seconds[:until]).switches_off:
            return until
    return None


def test_an_assistant_that_halves_the_time_is_found_to_help_and_never_switched_off() -> None:
    assert [off_after(0.5, seed) for seed in range(20)] == [None] * 20
    found = judge_help(*project(0.5, 1))
    assert found.verdict == "helps"
    assert found.low is not None
    assert found.low < 0.5 < (found.high or 0.0) < 1.0


def test_an_assistant_that_saves_just_enough_is_switched_off_in_few_of_a_hundred_projects() -> None:
    off = [off_after(0.98, seed, answers=600) for seed in range(100)]
    assert sum(one is not None for one in off) <= 4


def test_an_assistant_that_makes_work_58_percent_slower_is_switched_off_within_500_answers() -> (
    None
):
    off = [off_after(1.58, seed) for seed in range(30)]
    assert all(one is not None and one <= 700 for one in off)
    assert np.median([one for one in off if one is not None]) <= 350


def test_a_single_person_is_enough_to_find_out_that_help_harms() -> None:
    assert off_after(2.0, 3, people=1) is not None


def test_few_answers_are_never_judged() -> None:
    person, shown, seconds = project(10.0, 1, answers=60)
    shown[:] = True
    shown[: LEAST_WITHOUT - 1] = False
    found = judge_help(person, shown, seconds)
    assert found.verdict == "too_little"
    assert found.ratio is None


def test_times_that_are_all_the_same_judge_nothing() -> None:
    person, shown, seconds = project(1.0, 2)
    assert judge_help(person, shown, np.full(len(seconds), 20.0)).verdict == "too_little"


def test_no_answers_at_all_are_too_little() -> None:
    none = np.array([], dtype=np.int64)
    assert judge_help(none, none.astype(bool), none.astype(float)) == Help(
        "too_little", 0, 0, 0, None, None
    )


def test_slow_people_who_happen_to_see_proposals_do_not_make_the_proposals_slow() -> None:
    rng = np.random.default_rng(5)
    person = np.repeat([0, 1], 400)
    shown = rng.random(800) < np.where(person == 0, 0.9, 0.1)
    seconds = np.exp(np.where(person == 0, 4.0, 2.0) + rng.normal(0.0, 0.5, 800))
    found = judge_help(person, shown, seconds)
    assert found.ratio is not None
    assert 0.8 < found.ratio < 1.25
    assert found.seconds_with > 3 * found.seconds_without  # type: ignore[operator]


def test_an_hour_away_from_the_desk_does_not_decide() -> None:
    person, shown, seconds = project(0.5, 8)
    seconds[np.flatnonzero(shown)[0]] = 1e9
    assert judge_help(person, shown, seconds).verdict == "helps"


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(0.1, 10.0))
def test_a_slower_clock_changes_no_ratio(seed: int, factor: float) -> None:
    person, shown, seconds = project(1.2, seed, answers=200)
    kept = np.clip(seconds, 4.0, 100.0)
    assert judge_help(person, shown, kept).ratio == pytest.approx(
        judge_help(person, shown, kept * factor).ratio
    )


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.booleans(), st.floats(0.0, 1.0)), min_size=0, max_size=40
    )
)
def test_a_contrast_lies_between_the_extremes_and_its_interval_shrinks_with_daring(
    answers: list[tuple[int, bool, float]],
) -> None:
    person = np.array([one for one, _, _ in answers], dtype=np.int64)
    shown = np.array([one for _, one, _ in answers], dtype=bool)
    found = compare(person, shown, np.array([one for _, _, one in answers]))
    if found is not None:
        assert -1.0 <= found.difference <= 1.0
        assert found.radius(0.01, 0.1) >= found.radius(0.1, 0.1) >= 0.0


def swayed(people: int, pull: float, seed: int = 0) -> Answers:
    """People who would agree with six of ten proposals, and with `pull` more when they see them."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), 60)
    shown = rng.random(len(person)) > 0.3
    agrees = (rng.random(len(person)) < 0.6 + pull * shown).astype(float)
    return person, shown, agrees


def test_people_who_follow_proposals_are_noticed_as_a_whole() -> None:
    person, shown, agrees = swayed(20, 0.3)
    found = report_bias(person, shown, agrees, np.zeros(len(person), dtype=bool)).pull
    assert found is not None
    assert 0.1 < found.low < 0.3 < found.high < 0.5
    assert found.agree_shown > found.agree_blind


def test_nothing_is_said_of_fewer_than_ten_people() -> None:
    person, shown, agrees = swayed(9, 0.3)
    found = report_bias(person, shown, agrees, np.ones(len(person), dtype=bool))
    assert found.pull is None
    assert found.acceptance is None
    found = report_bias(person, shown, agrees, np.zeros(len(person), dtype=bool))
    assert found.pull is None
    assert "9 people have" in dict(found.why_not)["few_people"]


def test_accepted_wrong_proposals_are_counted_beside_those_who_fell_without_one() -> None:
    person = np.repeat(np.arange(12), 10)
    shown = np.tile(np.arange(10) < 6, 12)
    agrees = np.tile([1, 1, 1, 0, 0, 0, 1, 0, 0, 0], 12).astype(float)
    found = report_bias(person, shown, agrees, np.ones(120, dtype=bool)).acceptance
    assert found is not None
    assert (found.accepted, found.shown, found.fell_alone, found.blind) == (36, 72, 12, 48)
    assert found.low < found.share == 0.5 < found.high


@given(st.integers(0, 50), st.integers(1, 50))
def test_wilsons_interval_holds_the_share(right: int, total: int) -> None:
    low, high = wilson(min(right, total), total)
    assert 0.0 <= low <= min(right, total) / total + 1e-9
    assert min(right, total) / total - 1e-9 <= high <= 1.0

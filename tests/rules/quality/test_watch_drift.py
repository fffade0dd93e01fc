"""Drift: looking after every answer raises no more false alarms, and a fall is found and placed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from fairhand.quality.watch import exact_interval, find_drift
from fairhand.quality.watch.drift import log_evidence_of_change


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_looking_all_the_time_one_steady_person_in_twenty_at_most_raises_an_alarm(
    share: float,
) -> None:
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(40):
        right = rng.random(400) < share
        evidence = (
            logsumexp(log_evidence_of_change(right[:of], share)) for of in range(20, 401, 10)
        )
        alarms += any(found >= math.log(20) for found in evidence)
    assert alarms <= 2


def test_it_is_an_e_value_exactly() -> None:
    """Over all sequences of one length the mean is at most one, whatever the unchanging share."""
    length = 8
    sequences = (np.arange(2**length)[:, np.newaxis] >> np.arange(length)) & 1
    e_values = np.array(
        [math.exp(logsumexp(log_evidence_of_change(row.astype(bool), 0.7))) for row in sequences]
    )
    for share in (0.05, 0.3, 0.5, 0.7, 0.99):
        chance = (share**sequences * (1 - share) ** (1 - sequences)).prod(axis=1)
        assert float((chance * e_values).sum()) <= 1.0


def falling_crowd(seed: int, after: float) -> tuple[np.ndarray, np.ndarray]:
    """Twenty people with 300 answers each; person 7 falls from 92 % to `after` half-way."""
    rng = np.random.default_rng(seed)
    turn, worker = (column.ravel() for column in np.mgrid[0:300, 0:20])
    fallen = (worker == 7) & (turn >= 150)
    return worker, rng.random(6_000) < np.where(fallen, after, 0.92)


def test_a_fall_is_found_and_placed_and_the_others_are_left_alone() -> None:
    named = []
    for seed in range(10):
        report = find_drift(*falling_crowd(seed, 0.55))
        for signal in report.signals:
            named.append(signal.people[0])
            assert signal.evidence["change_low"] <= signal.evidence["change"] <= 190
            assert signal.evidence["change_high"] >= 120
            assert signal.evidence["after"] < signal.evidence["before"] - 0.15
    assert named.count(7) >= 8
    assert len(named) == named.count(7)


def test_a_rise_is_no_signal() -> None:
    worker, right = falling_crowd(1, 0.55)
    report = find_drift(worker[::-1], right[::-1])
    person = next(one for one in report.people if one.person == 7)
    assert person.log_evidence > math.log(100)
    assert report.signals == ()


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.integers(2, 60))
def test_windows_hold_every_answer_once_and_exact_intervals(right: list[bool], window: int) -> None:
    (person,) = find_drift(["Amina"] * len(right), right, window=window).people
    assert person.windows[0].start == 0
    assert person.windows[-1].stop == len(right)
    assert sum(part.right for part in person.windows) == sum(right)
    for one, two in zip(person.windows[:-1], person.windows[1:], strict=True):
        assert one.stop == two.start
    first = person.windows[0]
    low, high = exact_interval(first.right, first.stop - first.start)
    assert (first.low, first.high) == pytest.approx((float(low), float(high)))
    assert person.before[1] + person.after[1] == len(right)


def test_renaming_and_reordering_with_their_times_change_nothing() -> None:
    worker, right = falling_crowd(2, 0.6)
    when = np.arange(len(worker))
    order = np.random.default_rng(0).permutation(len(worker))
    one = find_drift(worker, right)
    two = find_drift([f"p{who:02d}" for who in worker[order]], right[order], order=when[order])
    assert [p.log_evidence for p in one.people] == pytest.approx(
        [p.log_evidence for p in two.people]
    )
    assert [p.change for p in one.people] == [p.change for p in two.people]


def test_one_giant_worker_does_not_slow_or_break_anything() -> None:
    rng = np.random.default_rng(0)
    report = find_drift(["giant"] * 50_000 + ["Amina"] * 3, rng.random(50_003) < 0.9)
    assert report.signals == ()
    assert len(report.crowd.windows) <= 100


@pytest.mark.parametrize(
    ("right", "order", "why"),
    [
        ([True, False], None, "one outcome for each"),
        ([0.5, 1.0, 0.0], None, "true and false"),
        ([1.0, 0.0, float("nan")], None, "true and false"),
        ([1, 0, 1], [1.0, float("nan"), 2.0], "row 1"),
        ([1, 0, 1], [1.0], "one number for each"),
    ],
)
def test_bad_input_is_refused(right: list[float], order: list[float] | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        find_drift(["a", "b", "a"], right, order=order)


def test_nothing_and_unanimity_are_no_drift() -> None:
    assert find_drift([], []).warnings == ("There are no answers yet.",)
    assert find_drift(["a"] * 500, [True] * 500).signals == ()
    with pytest.raises(ValueError, match="window"):
        find_drift(["a"], [True], window=1)

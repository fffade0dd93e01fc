"""Too fast: clicking through is noticed, and being fast and right is not held against anybody."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fairhand.quality.watch import PaceReport, agreement_with_others, find_too_fast

Floats = NDArray[np.float64]
CLICKERS, SHARP, HONEST = (0, 1), 2, 37


def timed_crowd(seed: int, *, heavy_tails: bool = False) -> PaceReport:
    """Two people click through 40 % of their tasks, one is nine times as fast as all and right."""
    rng = np.random.default_rng(seed)
    task = np.repeat(np.arange(400), 5)
    worker = np.concatenate([rng.choice(40, 5, replace=False) for _ in range(400)])
    truth = rng.integers(0, 3, 400)
    label = np.where(rng.random(2000) < 0.85, truth[task], rng.integers(0, 3, 2000))
    noise = rng.standard_t(4, 2000) if heavy_tails else rng.normal(size=2000)
    log_time = 2.5 + rng.normal(0, 0.5, 400)[task] + rng.normal(0, 0.3, 40)[worker] + 0.5 * noise
    clicked = np.isin(worker, CLICKERS) & (rng.random(2000) < 0.4)
    log_time[clicked] = rng.normal(-0.2, 0.3, clicked.sum())
    label[clicked] = rng.integers(0, 3, clicked.sum())
    log_time[worker == SHARP] -= 2.2
    agreement = agreement_with_others(task, worker, label)
    return find_too_fast(task, worker, np.exp(log_time), agreement=agreement)


@pytest.mark.parametrize("heavy_tails", [False, True])
def test_clicking_through_is_noticed_and_steady_people_are_left_alone(heavy_tails: bool) -> None:
    named = [
        signal.people[0]
        for seed in range(10)
        for signal in timed_crowd(seed, heavy_tails=heavy_tails).signals
    ]
    assert sum(who in CLICKERS for who in named) >= 18  # of 20
    assert sum(who == SHARP for who in named) <= 2  # of 10: fast and right is fine
    assert all(who in (*CLICKERS, SHARP) for who in named)  # of 370 honest people nobody


def test_the_evidence_goes_both_ways() -> None:
    report = timed_crowd(1)
    signal = next(signal for signal in report.signals if signal.people == (0,))
    assert signal.evidence["agreement_fast"] < signal.evidence["agreement_rest"] - 0.1
    assert signal.evidence["low"] > 0.05
    assert any("practice" in reason for reason in signal.what_would_explain_it_otherwise)
    sharp = report.people[SHARP]
    assert sharp.typical < 0.2
    assert sharp.agreement_fast is not None
    assert sharp.agreement_rest is not None


def test_without_labels_the_sentence_speaks_of_time_alone() -> None:
    rng = np.random.default_rng(0)
    task, worker = np.repeat(np.arange(300), 5), np.tile(np.arange(10), 150)
    seconds = np.exp(rng.normal(3, 0.4, 1500))
    seconds[(worker == 4) & (rng.random(1500) < 0.5)] = 0.4
    (signal,) = find_too_fast(task, worker, seconds).signals
    assert signal.people == (4,)
    assert "agree" not in signal.sentence


def test_a_long_task_is_no_excuse_and_a_short_one_no_fault() -> None:
    """The same ten seconds are quick for a page of text and slow for a glance."""
    rng = np.random.default_rng(5)
    task = np.repeat(np.arange(400), 6)
    worker = np.concatenate([rng.choice(12, 6, replace=False) for _ in range(400)])
    need = np.where(np.arange(400) % 2 == 0, np.log(120.0), np.log(5.0))
    seconds = np.exp(need[task] + rng.normal(0, 0.3, 2400))
    long_task = task % 2 == 0
    seconds[(worker == 3) & long_task] = 10.0
    report = find_too_fast(task, worker, seconds)
    assert [signal.people for signal in report.signals] == [(3,)]
    assert not report.fast[(worker == 3) & ~long_task].any()


def test_renaming_and_reordering_change_nothing() -> None:
    rng = np.random.default_rng(2)
    task, worker = rng.integers(0, 50, 400), rng.integers(0, 12, 400)
    seconds = np.exp(rng.normal(2, 0.6, 400))
    report = find_too_fast(task, worker, seconds)
    order = rng.permutation(400)
    moved = find_too_fast([f"t{name}" for name in task[order]], worker[order], seconds[order])
    assert (moved.fast == report.fast[order]).all()
    assert [one.fast for one in moved.people] == [one.fast for one in report.people]


def test_agreement_counts_other_people_only() -> None:
    agreement = agreement_with_others([1, 1, 1, 1, 2], list("aabcd"), list("xxxyx"))
    assert agreement[:4].tolist() == pytest.approx([0.5, 0.5, 2 / 3, 0.0])
    assert np.isnan(agreement[4])


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_a_time_that_cannot_be_is_refused_with_its_row(bad: float) -> None:
    with pytest.raises(ValueError, match="row 1"):
        find_too_fast([1, 2], ["a", "b"], [3.0, bad])


def test_few_people_and_single_answers_are_warned_of() -> None:
    assert "five people" in find_too_fast([1], ["a"], [2.0]).warnings[0]
    many = find_too_fast(list(range(50)), [n % 10 for n in range(50)], [5.0 + n for n in range(50)])
    assert "one answer" in many.warnings[0]
    assert find_too_fast([], [], []).people == ()
    with pytest.raises(ValueError, match="one number for each"):
        find_too_fast([1], ["a"], [2.0], agreement=[1.0, 0.0])

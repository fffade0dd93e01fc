"""Odd crowds: whatever people hand in, watching gives no NaN, no verdict and no crash."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from fairhand.quality import (
    Signal,
    agreement_with_others,
    check_subjectivity,
    find_alike,
    find_drift,
    find_straight_lining,
    find_too_fast,
    soft_labels,
)
from tests.rules.quality.watch_crowds import Answers, honest_crowd

Codes = NDArray[np.intp]


def all_spam() -> Answers:
    rng = np.random.default_rng(0)
    task, worker, _ = honest_crowd(0, tasks=200, people=15)
    return task, worker, rng.integers(0, 4, len(task))


def single_annotator() -> Answers:
    return np.arange(100), np.zeros(100, dtype=np.intp), np.arange(100) % 3


def disconnected() -> Answers:
    task, worker, label = honest_crowd(1, tasks=120, people=10)
    return (
        np.concatenate([task, task + 1_000]),
        np.concatenate([worker, worker + 50]),
        np.concatenate([label, label]),
    )


def one_giant_worker() -> Answers:
    task, worker, label = honest_crowd(2, tasks=300, people=20)
    return (
        np.concatenate([task, np.arange(300), np.arange(1_000, 3_000)]),
        np.concatenate([worker, np.full(2_300, 99)]),
        np.concatenate([label, np.arange(2_300) % 4]),
    )


def unanimous() -> Answers:
    return np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60), np.repeat(np.arange(60) % 2, 4)


def everybody_twice() -> Answers:
    task, worker, label = honest_crowd(3, tasks=80, people=10)
    return np.tile(task, 2), np.tile(worker, 2), np.tile(label, 2)


CROWDS = {
    make.__name__: make
    for make in (
        all_spam, single_annotator, disconnected, one_giant_worker, unanimous, everybody_twice,
    )
}  # fmt: skip


def is_sound(signal: Signal) -> bool:
    return (
        all(math.isfinite(value) for value in signal.evidence.values())
        and 0.0 <= signal.strength <= 15.0
        and signal.sentence.endswith(".")
        and len(signal.what_would_explain_it_otherwise) >= 2
    )


@pytest.mark.parametrize("name", CROWDS)
def test_no_figure_is_missing_in_silence(name: str) -> None:
    task, worker, label = CROWDS[name]()
    seconds = np.exp(np.random.default_rng(1).normal(2.0, 0.4, len(task)))
    agreement = agreement_with_others(task, worker, label)
    reports = (
        find_alike(task, worker, label),
        find_straight_lining(task, worker, label),
        find_too_fast(task, worker, seconds, agreement=agreement),
        find_drift(worker, np.nan_to_num(agreement) > 0.5),
    )
    for report in reports:
        assert all(is_sound(signal) for signal in report.signals)
    soft = soft_labels(task, worker, label)
    assert np.isfinite(soft.shares).all()
    assert np.isfinite(soft.entropy).all()
    check = check_subjectivity(task, worker, label)
    assert math.isfinite(check.gain)
    assert check.sentence.endswith(".")


def test_who_answers_twice_has_one_voice() -> None:
    task, worker, label = everybody_twice()
    half = len(task) // 2
    once, twice = (
        soft_labels(task[:half], worker[:half], label[:half]), soft_labels(task, worker, label),
    )  # fmt: skip
    assert (once.answers == twice.answers).all()
    assert "left out" in find_alike(task, worker, label).warnings[0]


def test_where_everybody_guesses_nobody_is_pointed_at_for_it() -> None:
    """With no consensus to go by there is nothing to fall short of."""
    assert find_straight_lining(*all_spam()).signals == ()
    assert find_alike(*all_spam()).signals == ()


def test_the_giant_who_answers_in_turn_is_seen_by_their_own_tasks_alone() -> None:
    report = find_straight_lining(*one_giant_worker())
    assert [signal.people for signal in report.signals] == [(99,)]

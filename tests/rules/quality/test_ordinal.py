"""Ordered classes: what always holds, people that can be told apart, and real grades."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality import DawidSkene, MajorityVote, OrdinalDawidSkene
from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.quality.aggregation.ordinal_tables import OrdinalPriors, ordinal_tables
from tests.data import data_dir
from tests.rules.quality.crowds import codes_of, small_crowds

Ints = NDArray[np.intp]


def graded_crowd(seed: int, *, tasks: int = 300, grades: int = 5) -> tuple[AnswerCodes, Ints]:
    """Make ten people: 0, 2, 3 answer two grades too high, 1 always says 4, others are fair."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, grades, tasks)
    rows = []
    for task in range(tasks):
        for person in rng.choice(10, 4, replace=False):
            read = truth[task] + rng.normal(0.0, 0.6) + (2.0 if person in (0, 2, 3) else 0.0)
            said = 4 if person == 1 else int(np.clip(np.rint(read), 0, grades - 1))
            rows.append((task, int(person), said))
    return codes_of(rows, tasks, 10, grades), truth.astype(np.intp)


def mean_error(labels: tuple[int, ...], truth: Ints) -> float:
    return float(np.abs(np.array(labels) - truth).mean())


@settings(deadline=None, max_examples=20)
@given(codes=small_crowds())
def test_probabilities_are_never_nan_and_sum_to_one(codes: AnswerCodes) -> None:
    result = OrdinalDawidSkene(max_iterations=8).fit_codes(codes)
    assert result.probabilities.shape == (len(codes.tasks), len(codes.classes))
    np.testing.assert_allclose(result.probabilities.sum(axis=1), 1.0)
    np.testing.assert_allclose(result.confusion.sum(axis=2), 1.0)
    low, high = result.scale.min(), result.scale.max()
    assert ((result.expected >= low - 1e-9) & (result.expected <= high + 1e-9)).all()
    assert np.isfinite(result.expected_error).all()
    assert len(result.medians) == len(result.labels) == len(codes.tasks)


@settings(deadline=None, max_examples=12)
@given(codes=small_crowds(), seed=st.integers(0, 2**32 - 1))
def test_renaming_people_and_reordering_rows_changes_nothing(codes: AnswerCodes, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names, order = rng.permutation(len(codes.workers)), rng.permutation(len(codes))
    other = AnswerCodes(
        codes.task[order], names[codes.worker[order]], codes.label[order],
        codes.tasks, codes.workers, codes.classes,
    )  # fmt: skip
    estimator = OrdinalDawidSkene(max_iterations=6)
    before, after = estimator.fit_codes(codes), estimator.fit_codes(other)
    np.testing.assert_allclose(after.probabilities, before.probabilities, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(after.bias[names], before.bias, rtol=1e-6, atol=1e-9)


@settings(deadline=None, max_examples=12)
@given(codes=small_crowds())
def test_turning_the_scale_over_turns_the_result_over(codes: AnswerCodes) -> None:
    top = len(codes.classes) - 1
    turned = AnswerCodes(
        codes.task, codes.worker, top - codes.label, codes.tasks, codes.workers, codes.classes
    )
    estimator = OrdinalDawidSkene(max_iterations=6)
    before, after = estimator.fit_codes(codes), estimator.fit_codes(turned)
    np.testing.assert_allclose(
        after.probabilities[:, ::-1], before.probabilities, rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(after.bias, -before.bias, rtol=1e-6, atol=1e-9)


def test_a_high_reader_and_a_habit_are_told_from_fair_people() -> None:
    codes, truth = graded_crowd(1)
    result = OrdinalDawidSkene().fit_codes(codes)
    assert result.bias[[0, 2, 3]].min() > 0.9
    assert np.abs(result.bias[4:]).max() < 0.75
    assert result.lapse[1] > 0.6
    assert result.lapse[4:].max() < 0.35
    voted = MajorityVote().fit_codes(codes)
    assert mean_error(result.labels, truth) < 0.75 * mean_error(voted.labels, truth)
    assert np.corrcoef(result.expected, truth)[0, 1] > 0.94


def test_a_table_with_few_answers_keeps_to_the_scale() -> None:
    counts = np.zeros((2, 5, 5))
    counts[0] += 30.0 * np.eye(5)
    counts[1, 2, 3] = 6.0
    people = ordinal_tables(counts, OrdinalPriors())
    assert people.bias[1] > 0.2
    assert people.tables[1, 1, 2] > people.tables[1, 1, 0]
    assert np.diagonal(people.tables[0]).min() > 0.8


def test_words_in_the_order_of_the_alphabet_are_warned_of() -> None:
    frame = pd.DataFrame(
        {"task": [1, 1, 2], "worker": [7, 8, 7], "label": ["bad", "fair", "excellent"]}
    )
    assert any("alphabet" in said for said in OrdinalDawidSkene().fit(frame).warnings)
    named = OrdinalDawidSkene().fit(frame, classes=["bad", "fair", "excellent"])
    assert not any("alphabet" in said for said in named.warnings)
    np.testing.assert_array_equal(named.scale, [0.0, 1.0, 2.0])


def test_grades_that_are_numbers_keep_their_values() -> None:
    result = OrdinalDawidSkene().fit([1, 1, 1], [1, 2, 3], [-3, -3, 1])
    np.testing.assert_array_equal(result.scale, [-3.0, 1.0])
    assert -3.0 < result.expected[0] < 1.0


def test_a_missing_answer_is_named_by_its_row() -> None:
    with pytest.raises(ValueError, match="label is missing in row 1"):
        OrdinalDawidSkene().fit([1, 2], [1, 1], np.array([1.0, np.nan]))


def test_a_strength_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above zero"):
        OrdinalPriors(person=0.0)


def rows_of(name: str, file: str) -> Ints:
    with gzip.open(data_dir("crowd") / name / file, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        return np.array([[int(cell) for cell in row[:3]] for row in rows], dtype=np.intp)


@pytest.mark.parametrize(
    ("name", "accuracy", "error"),
    [("web", 0.85, 0.18), pytest.param("adult", 0.76, 0.27, marks=pytest.mark.slow)],
)
def test_real_grades_are_read_better_than_by_dawid_skene(
    name: str, accuracy: float, error: float
) -> None:
    task, worker, label = rows_of(name, "labels.csv.gz").T
    gold = dict(rows_of(name, "truth.csv.gz").tolist())
    ordinal = OrdinalDawidSkene().fit(task, worker, label)
    plain = DawidSkene().fit(task, worker, label)
    places = [at for at, name in enumerate(ordinal.tasks) if name in gold]
    truth = np.array([gold[ordinal.tasks[at]] for at in places], dtype=np.intp)
    ours, theirs = np.array(ordinal.labels)[places], np.array(plain.labels)[places]
    assert (ours == truth).mean() >= accuracy
    assert (ours == truth).mean() >= (theirs == truth).mean()
    assert np.abs(ours - truth).mean() <= error
    assert np.abs(ours - truth).mean() < np.abs(theirs - truth).mean()

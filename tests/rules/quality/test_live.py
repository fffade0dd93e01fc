"""New answers are folded into a fitted model at once, whatever its size."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.quality import DawidSkene
from fairhand.quality.adaptive import LiveModel
from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.quality.online import OnlineModel
from tests.rules.quality.crowds import Row, codes_of, planted_crowd


def live(codes: AnswerCodes, rho: float = 0.0) -> LiveModel:
    return LiveModel(codes, DawidSkene().fit_codes(codes), rho=rho)


def rows_of(codes: AnswerCodes) -> list[Row]:
    columns = (codes.task.tolist(), codes.worker.tolist(), codes.label.tolist())
    return list(zip(*columns, strict=True))


ROWS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9), st.integers(0, 2)), max_size=30)


@given(rows=ROWS)
@settings(max_examples=50, deadline=None)
def test_folding_answer_by_answer_is_what_the_online_model_does(rows: list[Row]) -> None:
    start = planted_crowd(1, tasks=8, people=6, answers=3).codes
    fit = DawidSkene().fit_codes(start)
    model = LiveModel(start, fit)
    other = OnlineModel(
        3,
        task_counts=fit.task_counts.copy(),
        crowd=fit.counts.sum(axis=0),
        people=enumerate(fit.counts.copy()),
    )
    beliefs = dict(enumerate(fit.probabilities.copy()))
    answers: dict[int, list[tuple[int, int]]] = {}
    for task, person, label in rows_of(start):
        answers.setdefault(task, []).append((person, label))
    for task, person, label in rows:
        if task in answers:
            other.forget(answers[task], beliefs[task])
        answers.setdefault(task, []).append((person, label))
        beliefs[task] = other.posterior(answers[task])
        other.learn(answers[task], beliefs[task])
        folded = model.fold([task], [person], [label])
        np.testing.assert_allclose(folded.probabilities[0], beliefs[task], atol=1e-9)
    assert len(model) == len(start) + len(rows)


def test_a_model_that_grew_answer_by_answer_is_nearly_as_good_as_a_fit() -> None:
    crowd = planted_crowd(2, tasks=1_000)
    rows = rows_of(crowd.codes)
    start = codes_of(rows[:500], 100, 12, 3)
    model = live(start)
    for first in range(500, len(rows), 250):
        model.fold(*zip(*rows[first : first + 250], strict=True))
    grown = model.probabilities(range(1_000)).argmax(axis=1)
    fit = np.array(DawidSkene().fit_codes(crowd.codes).labels)
    assert np.mean(grown == crowd.truth) >= np.mean(fit == crowd.truth) - 0.02


def test_new_tasks_and_new_people_are_welcome_and_new_classes_are_not() -> None:
    model = live(planted_crowd(1, tasks=20).codes)
    folded = model.fold(["new", 3, "new"], ["Amina", 2, "Bao"], [1, 0, 1])
    assert folded.tasks == ("new", 3)
    np.testing.assert_allclose(folded.probabilities.sum(axis=1), 1.0)
    assert folded.probabilities[0].argmax() == 1
    before = len(model)
    with pytest.raises(ValueError, match="label 7"):
        model.fold([1], [1], [7])
    with pytest.raises(ValueError, match="one length"):
        model.fold([1], [1], [])
    assert len(model) == before
    assert model.fold([], [], []).tasks == ()


def test_dependent_answers_are_believed_less() -> None:
    codes = planted_crowd(1, tasks=30).codes
    more = ([2] * 3, [1, 2, 3], [0, 0, 0])
    free, bound = live(codes).fold(*more), live(codes, rho=0.5).fold(*more)
    assert bound.probabilities.max() < free.probabilities.max()


def test_a_thousand_answers_are_folded_into_a_large_model_within_milliseconds() -> None:
    rng = np.random.default_rng(1)
    tasks, people = 20_000, 1_000
    task = np.repeat(np.arange(tasks), 5)
    codes = AnswerCodes(
        task, rng.integers(0, people, len(task)), rng.integers(0, 4, len(task)),
        tuple(range(tasks)), tuple(range(people)), (0, 1, 2, 3),
    )  # fmt: skip
    model = LiveModel(codes, DawidSkene(max_iterations=3).fit_codes(codes))
    rounds = []
    for _ in range(5):
        fresh = [rng.integers(0, top, 1_000).tolist() for top in (tasks, people, 4)]
        started = time.process_time()
        model.fold(*fresh)
        rounds.append(time.process_time() - started)
    assert min(rounds) < 0.05

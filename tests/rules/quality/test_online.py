"""Posteriors that follow each answer, and when they stop the asking."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.quality import DawidSkene
from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.quality.online import Answer, OnlineModel
from fairhand.quality.redundancy import AskMore, OverlapPolicy, Stop, decide
from tests.rules.quality.crowds import planted_crowd, small_crowds


def answers_by_task(codes: AnswerCodes) -> dict[int, list[Answer]]:
    found: dict[int, list[Answer]] = {}
    for task, person, label in zip(
        codes.task.tolist(), codes.worker.tolist(), codes.label.tolist(), strict=True
    ):
        found.setdefault(task, []).append((person, label))
    return found


def fitted(codes: AnswerCodes) -> OnlineModel:
    fit = DawidSkene().fit_codes(codes)
    return OnlineModel(
        len(codes.classes),
        task_counts=fit.task_counts.copy(),
        crowd=fit.counts.sum(axis=0),
        people=enumerate(fit.counts.copy()),
    )


def test_a_fitted_model_gives_the_posteriors_of_the_fit() -> None:
    codes = planted_crowd(1).codes
    model, fit = fitted(codes), DawidSkene().fit_codes(codes)
    for task, answers in answers_by_task(codes).items():
        np.testing.assert_allclose(model.posterior(answers), fit.probabilities[task], atol=1e-4)


def test_following_answers_as_they_come_is_nearly_as_good_as_a_fit() -> None:
    crowd = planted_crowd(2, tasks=1_500)
    model = OnlineModel(3)
    guesses = []
    for answers in answers_by_task(crowd.codes).values():
        belief = model.posterior(answers)
        model.learn(answers, belief)
        guesses.append(int(belief.argmax()))
    followed = np.mean(np.array(guesses) == crowd.truth)
    fit = DawidSkene().fit_codes(crowd.codes)
    assert followed >= np.mean(np.array(fit.labels) == crowd.truth) - 0.05


@given(codes=small_crowds())
def test_beliefs_are_finite_sum_to_one_and_do_not_depend_on_order(codes: AnswerCodes) -> None:
    model = fitted(codes)
    for answers in answers_by_task(codes).values():
        belief = model.posterior(answers)
        assert np.isfinite(belief).all()
        assert belief.sum() == pytest.approx(1.0)
        np.testing.assert_allclose(model.posterior(answers[::-1]), belief, rtol=1e-9)


@given(codes=small_crowds())
def test_what_is_forgotten_leaves_no_trace(codes: AnswerCodes) -> None:
    model, untouched = fitted(codes), fitted(codes)
    for answers in answers_by_task(codes).values():
        belief = model.posterior(answers)
        model.learn(answers, belief)
        model.forget(answers, belief)
    np.testing.assert_allclose(model.task_counts, untouched.task_counts, atol=1e-9)
    np.testing.assert_allclose(model.crowd, untouched.crowd, atol=1e-9)
    for person, counts in untouched.people.items():
        np.testing.assert_allclose(model.people[person], counts, atol=1e-9)


def test_forgetting_twice_never_goes_below_zero() -> None:
    model = OnlineModel(2)
    model.learn([(1, 0)], np.array([0.7, 0.3]))
    for _ in range(2):
        model.forget([(1, 0)], np.array([0.7, 0.3]))
    assert model.crowd.min() >= 0.0
    assert np.isfinite(model.posterior([(1, 0)])).all()


def test_a_posterior_takes_microseconds() -> None:
    model = fitted(planted_crowd(3).codes)
    answers = [(5, 0), (6, 0), (7, 1)]
    rounds = []
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(200):
            model.posterior(answers)
        rounds.append((time.perf_counter() - started) / 200)
    assert min(rounds) < 500e-6


POLICY = OverlapPolicy(min_overlap=2, max_overlap=5, target_confidence=0.95)


@given(answers=st.integers(0, 50), confidence=st.floats(0, 1) | st.just(math.nan))
def test_never_more_is_asked_than_the_project_allows(answers: int, confidence: float) -> None:
    decision = decide(POLICY, answers, confidence)
    if isinstance(decision, AskMore):
        assert 1 <= decision.count <= POLICY.max_overlap - answers
    else:
        assert answers >= POLICY.min_overlap
        assert answers >= POLICY.max_overlap or confidence >= POLICY.target_confidence


def test_below_the_least_overlap_the_rest_is_asked_however_sure() -> None:
    assert decide(POLICY, 0, 1.0) == AskMore(2)
    assert decide(POLICY, 1, 1.0) == AskMore(1)


def test_sure_enough_stops_and_doubt_asks_one_more() -> None:
    assert decide(POLICY, 2, 0.95) == Stop("sure")
    assert decide(POLICY, 2, 0.949) == AskMore(1)
    assert decide(POLICY, 5, 0.1) == Stop("at_most")


def test_two_newcomers_who_agree_are_asked_about_and_two_regulars_are_believed() -> None:
    newcomers = OnlineModel(3).posterior([(1, 0), (2, 0)])
    assert decide(POLICY, 2, float(newcomers.max())) == AskMore(1)
    regulars = fitted(planted_crowd(7, tasks=3_000).codes).posterior([(8, 0), (9, 0)])
    assert decide(POLICY, 2, float(regulars.max())) == Stop("sure")


def test_an_impossible_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="min_overlap"):
        OverlapPolicy(min_overlap=3, max_overlap=2, target_confidence=0.9)

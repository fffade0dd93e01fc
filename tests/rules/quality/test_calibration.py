"""Claimed probabilities are held against what turned out to be right."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality import calibration
from fairhand.quality.calibration import (
    brier_score,
    calibration_error,
    exact_interval,
    log_loss,
    measure_calibration,
    reliability,
)

Floats = NDArray[np.float64]


def rng() -> np.random.Generator:
    return np.random.default_rng(4)


def claims(seed: int, tasks: int, sharpen: float = 1.0) -> tuple[Floats, NDArray[np.intp]]:
    """Probabilities over three classes with a truth drawn from them, then made too sure."""
    drawn = np.random.default_rng(seed)
    honest = drawn.dirichlet([0.6, 0.6, 0.6], tasks)
    truth = (drawn.random((tasks, 1)) > honest.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    sharp = np.maximum(honest, 1e-9) ** sharpen
    return sharp / sharp.sum(axis=1, keepdims=True), truth.astype(np.intp)


def test_honest_claims_show_no_more_error_than_chance() -> None:
    found = measure_calibration(*claims(1, 4_000), rng())
    assert found.ece <= 1.5 * found.ece_by_chance
    assert found.gap.low <= 0.0 <= found.gap.high
    covered = sum(one.right.low <= one.claimed <= one.right.high for one in found.bins)
    assert covered >= len(found.bins) - 1


def test_claims_that_are_too_sure_are_told_from_honest_ones() -> None:
    honest = measure_calibration(*claims(2, 3_000), rng())
    sure = measure_calibration(*claims(2, 3_000, sharpen=3.0), rng())
    assert sure.gap.low > 0.05
    assert sure.ece > 3 * sure.ece_by_chance
    assert sure.log_loss.low > honest.log_loss.high
    assert sure.brier.value > honest.brier.value
    assert sure.right.value == pytest.approx(honest.right.value, abs=1e-9)


def test_the_scores_are_those_of_their_definitions() -> None:
    given_, truth = np.array([[0.7, 0.3], [0.4, 0.6]]), np.array([0, 0])
    assert log_loss(given_, truth) == pytest.approx(-(math.log(0.7) + math.log(0.4)) / 2)
    assert brier_score(given_, truth) == pytest.approx((2 * 0.3**2 + 2 * 0.6**2) / 2)
    assert calibration_error(given_, truth, bins=2) == pytest.approx((0.3 + 0.6) / 2)
    assert log_loss(np.array([[0.0, 1.0]]), [0]) == pytest.approx(-math.log(calibration.LEAST))


def test_exact_intervals_are_the_published_ones() -> None:
    ten = exact_interval(9, 10)
    assert (ten.low, ten.high) == pytest.approx((0.5550, 0.9975), abs=1e-4)
    assert exact_interval(0, 10).high == pytest.approx(0.3085, abs=1e-4)
    assert exact_interval(10, 10).low == pytest.approx(0.6915, abs=1e-4)
    assert exact_interval(0, 0) == calibration.Estimate(0.5, 0.0, 1.0)


@given(seed=st.integers(0, 1_000), tasks=st.integers(1, 60), bins=st.integers(1, 20))
def test_a_diagram_holds_every_task_once_and_ignores_the_order(
    seed: int, tasks: int, bins: int
) -> None:
    given_, truth = claims(seed, tasks)
    order = np.random.default_rng(seed).permutation(tasks)
    diagram = reliability(given_, truth, bins=bins)
    assert sum(one.tasks for one in diagram) == tasks
    assert len(diagram) <= bins
    shuffled = reliability(given_[order], truth[order], bins=bins)
    assert [one.tasks for one in shuffled] == [one.tasks for one in diagram]
    assert all(
        one.right.value == pytest.approx(two.right.value)
        for one, two in zip(shuffled, diagram, strict=True)
    )
    classes = np.random.default_rng(seed).permutation(3)
    renamed = calibration_error(given_[:, np.argsort(classes)], classes[truth], bins=bins)
    assert renamed == pytest.approx(calibration_error(given_, truth, bins=bins))


def test_classes_that_tie_share_the_credit() -> None:
    found = measure_calibration([[0.5, 0.5]] * 4, [0, 1, 0, 1], rng())
    assert (found.right.value, found.ece, len(found.bins)) == (0.5, 0.0, 1)


@pytest.mark.parametrize(
    ("given_", "truth", "reason"),
    [
        ([[0.5, 0.4]], [0], "row 0 of the probabilities"),
        ([[0.5, 0.5], [math.nan, 1.0]], [0, 0], "row 1 of the probabilities"),
        ([[1.5, -0.5]], [0], "row 0 of the probabilities"),
        ([[0.5, 0.5]], [2], "truth in row 0 is 2"),
        ([[0.5, 0.5]], [-1], "truth in row 0 is -1"),
        ([[0.5, 0.5]], [0.5], "truth in row 0 is 0.5"),
        ([[0.5, 0.5]], [0, 1], "shapes"),
        (np.zeros((0, 2)), [], "at least one task"),
    ],
)
def test_what_is_no_probability_is_refused(given_: Floats, truth: list[int], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        measure_calibration(given_, truth, rng())

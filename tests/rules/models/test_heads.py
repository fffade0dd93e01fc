"""Linear heads learn from few answers, and their scores hold."""

from __future__ import annotations

import numpy as np
import pytest

from fairhand.compute.assistants.contract import NotEnoughError
from fairhand.compute.models.calibration import (
    expected_calibration_error,
    fit_curve,
    fit_temperature,
    softmax,
)
from fairhand.compute.models.heads import Head, constant_head, fit_head, fold_places, rotate
from tests.rules.models.things import digits


def learn(count: int, seed: int = 0, classes: int = 10) -> Head:
    """Learn from the first digits."""
    rows, labels = digits()
    return fit_head(rows[:count], labels[:count], np.ones(count), classes, np.arange(count), seed)


def test_a_hundred_digits_teach_the_others() -> None:
    rows, labels = digits()
    shares = learn(100).probabilities(rows[800:])
    assert (shares.argmax(axis=1) == labels[800:]).mean() > 0.85
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-9)


def test_scores_hold_within_five_points() -> None:
    rows, labels = digits()
    shares = learn(300).probabilities(rows[800:])
    came_true = shares.argmax(axis=1) == labels[800:]
    assert expected_calibration_error(shares.max(axis=1), came_true) < 0.05


def test_ten_answers_are_enough_to_beat_chance_and_stay_modest() -> None:
    rows, labels = digits()
    shares = learn(10).probabilities(rows[800:])
    right = (shares.argmax(axis=1) == labels[800:]).mean()
    assert right > 0.3
    assert abs(shares.max(axis=1).mean() - right) < 0.25


def test_a_label_never_seen_stays_possible() -> None:
    rows, labels = digits()
    kept = np.flatnonzero(labels[:200] != 7)
    head = fit_head(rows[kept], labels[kept], np.ones(len(kept)), 10, kept, 0)
    shares = head.probabilities(rows[800:810])
    np.testing.assert_allclose(shares[:, 7], 1 / (len(kept) + 10))
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-9)


def test_one_label_alone_is_not_enough() -> None:
    rows, _ = digits()
    with pytest.raises(NotEnoughError, match="All 20 answers are the same label"):
        fit_head(rows[:20], np.full(20, 3), np.ones(20), 10, np.arange(20), 0)


def test_the_same_answers_and_seed_give_the_same_numbers() -> None:
    one, two = learn(80), learn(80)
    assert one.weights.tobytes() == two.weights.tobytes()
    assert one.temperature == two.temperature


def test_a_heavy_answer_outweighs_light_ones() -> None:
    rows = np.repeat(np.array([[1.0, 0.0], [-1.0, 0.0]], dtype=np.float32), [9, 10], axis=0)
    labels = np.array([0] * 5 + [1] * 4 + [1] * 10)
    light = np.where(np.arange(19) < 5, 0.05, 1.0)
    heavy = np.where(np.arange(19) < 5, 5.0, 1.0)
    share = [
        fit_head(rows, labels, weights, 2, np.arange(19), 0).probabilities(rows[:1])[0, 0]
        for weights in (light, heavy)
    ]
    assert share[0] < 0.5 < share[1]


def test_a_rare_label_is_found() -> None:
    rng = np.random.default_rng(1)
    labels = (np.arange(400) % 20 == 0).astype(np.int64)
    rows = rng.normal(size=(400, 8)).astype(np.float32)
    rows[:, 0] += 3.0 * labels
    head = fit_head(rows[:200], labels[:200], np.ones(200), 2, np.arange(200), 0)
    found = head.probabilities(rows[200:])[:, 1] > 0.5
    assert found[labels[200:] == 1].mean() >= 0.6
    assert found[labels[200:] == 0].mean() < 0.05


def test_features_that_are_all_alike_give_the_shares_of_the_answers() -> None:
    rows = np.ones((30, 4), dtype=np.float32)
    labels = np.array([0] * 20 + [1] * 10)
    shares = fit_head(rows, labels, np.ones(30), 3, np.arange(30), 0).probabilities(rows[:1])
    assert 0.45 < shares[0, 0] < 0.75
    assert shares[0, 2] == pytest.approx(1 / 33)


def test_answers_about_one_task_stay_in_one_fold() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 30, 200)
    fold = fold_places(rng.integers(0, 3, 200), groups, 0)
    assert all(len(np.unique(fold[groups == group])) == 1 for group in range(30))
    assert set(fold.tolist()) == {0, 1, 2, 3, 4}


def test_turning_rows_loses_no_angle_between_them() -> None:
    rows = np.random.default_rng(0).normal(size=(12, 300))
    turned, basis = rotate(rows)
    assert turned.shape[1] <= 12
    np.testing.assert_allclose(turned @ turned.T, rows @ rows.T, atol=1e-8)
    np.testing.assert_allclose(turned @ basis, rows, atol=1e-8)


def test_a_head_of_one_side_gives_laplaces_share() -> None:
    shares = constant_head(4, 1, 18).probabilities(np.ones((2, 4), dtype=np.float32))
    np.testing.assert_allclose(shares[:, 1], 19 / 20)


def test_the_temperature_of_logits_blown_up_is_found() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4_000, 3))
    shares = softmax(logits)
    labels = (rng.random((4_000, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    assert fit_temperature(3.0 * logits, labels, np.ones(4_000)) == pytest.approx(3.0, rel=0.1)


def test_a_curve_rises_and_never_says_certain() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random(2_000)
    curve = fit_curve(scores, rng.random(2_000) < scores**2, np.ones(2_000))
    read = curve.read(np.linspace(0, 1, 101))
    assert (np.diff(read) >= 0).all()
    assert 0 < read[0] < read[-1] < 1
    np.testing.assert_allclose(read[[30, 50, 70]], [0.09, 0.25, 0.49], atol=0.08)

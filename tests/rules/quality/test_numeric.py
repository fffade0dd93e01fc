"""Numbers: what always holds, people that can be told apart, and real ratings."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from fairhand.quality import RatingScale, robust_mean
from fairhand.quality.aggregation.robust import Kind
from tests.data import data_dir

Floats = NDArray[np.float64]
Rows = list[tuple[int, int, float]]
METHODS: list[Kind] = ["mean", "median", "trimmed", "huber"]

some_ratings = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 4), st.floats(-1e6, 1e6, allow_nan=False)),
    min_size=1,
    max_size=30,
)


def columns(rows: Rows) -> tuple[list[int], list[int], list[float]]:
    return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]


def planted(seed: int) -> tuple[tuple[Any, Any, Any], Floats, Floats, Floats]:
    """Make 30 people with zeros, scales and noise of their own, and six answers a task."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(50, 10, 300)
    bias, slope = rng.normal(0, 4, 30), rng.normal(1, 0.2, 30)
    noise = np.exp(rng.normal(1.5, 0.5, 30))
    task = np.repeat(np.arange(300), 6)
    worker = np.concatenate([rng.choice(30, 6, replace=False) for _ in range(300)])
    said = 50 + bias[worker] + slope[worker] * (truth[task] - 50)
    return (task, worker, said + noise[worker] * rng.normal(size=1800)), truth, bias, noise


@settings(deadline=None, max_examples=40)
@given(rows=some_ratings)
def test_nothing_is_ever_nan(rows: Rows) -> None:
    fit = RatingScale(max_iterations=30).fit(*columns(rows))
    for found in (fit.values, fit.errors, fit.bias, fit.bias_error, fit.slope, fit.spread):
        assert np.isfinite(found).all()
    given_ = [r[2] for r in rows]
    reach = max(given_) - min(given_) + 1e-6
    assert (np.abs(fit.values - np.mean(given_)) <= 10 * reach).all()


@settings(deadline=None, max_examples=25)
@given(rows=some_ratings, seed=st.integers(0, 2**32 - 1))
def test_renaming_and_reordering_changes_nothing(rows: Rows, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names, order = rng.permutation(5), rng.permutation(len(rows))
    other = [(rows[at][0], int(names[rows[at][1]]), rows[at][2]) for at in order]
    before = RatingScale(max_iterations=20).fit(*columns(rows))
    after = RatingScale(max_iterations=20).fit(*columns(other))
    scale = max(abs(r[2]) for r in rows) + 1e-9
    np.testing.assert_allclose(after.values / scale, before.values / scale, atol=1e-6)


def test_another_unit_gives_the_same_in_that_unit() -> None:
    (task, worker, said), *_ = planted(1)
    celsius = RatingScale(tolerance=1e-9).fit(task, worker, said)
    fahrenheit = RatingScale(tolerance=1e-9).fit(task, worker, 32 + 1.8 * said)
    np.testing.assert_allclose(fahrenheit.values, 32 + 1.8 * celsius.values, rtol=1e-6)
    np.testing.assert_allclose(fahrenheit.spread, 1.8 * celsius.spread, rtol=1e-6)
    np.testing.assert_allclose(fahrenheit.slope, celsius.slope, rtol=1e-6)


def test_zeros_scales_and_noise_are_found_and_the_values_gain() -> None:
    answers, truth, bias, noise = planted(2)
    fit = RatingScale().fit(*answers)
    assert fit.converged
    plain = robust_mean(*answers, method="mean").values
    error = np.sqrt(np.mean((fit.values - truth) ** 2))
    assert error < 0.7 * np.sqrt(np.mean((plain - truth) ** 2))
    low, high = fit.interval(0.9).T
    assert 0.84 <= np.mean((low <= truth) & (truth <= high)) <= 0.97
    assert np.corrcoef(fit.bias, bias)[0, 1] > 0.95
    assert np.corrcoef(fit.spread, noise)[0, 1] > 0.9
    low, high = fit.bias_interval().T
    assert np.mean((low <= bias - bias.mean()) & (bias - bias.mean() <= high)) > 0.8
    low, high = fit.spread_interval().T
    assert (low < fit.spread).all()
    assert np.mean((low <= noise) & (noise <= high)) > 0.6


def test_a_person_who_answers_at_random_is_weighed_down_and_counted() -> None:
    (task, worker, said), truth, *_ = planted(3)
    rng = np.random.default_rng(0)
    wild = np.where(worker == 0, rng.uniform(-500, 500, len(said)), said)
    fit = RatingScale().fit(task, worker, wild)
    assert any("1 of 30 people answer with over 3 times" in said for said in fit.warnings)
    plain = robust_mean(task, worker, wild, method="mean").values
    assert np.abs(fit.values - truth).mean() < 0.3 * np.abs(plain - truth).mean()


def test_one_person_alone_is_said_and_taken_at_their_word() -> None:
    fit = RatingScale().fit([1, 2, 3], ["a"] * 3, [1.0, 5.0, 9.0])
    assert fit.values[0] < fit.values[1] < fit.values[2]
    assert any("one person" in said for said in fit.warnings)


def test_the_same_number_everywhere_is_that_number() -> None:
    fit = RatingScale().fit([1, 1, 2, 2], [1, 2, 1, 2], [7, 7, 7, 7])
    np.testing.assert_allclose(fit.values, 7.0)
    assert "every answer is the same number" in fit.warnings


def test_no_answers_give_no_values() -> None:
    assert RatingScale().fit([], [], []).values.size == 0
    assert robust_mean([], [], []).values.size == 0


@pytest.mark.parametrize("fit", [RatingScale().fit, robust_mean])
@pytest.mark.parametrize(
    ("label", "told"),
    [
        ([1.0, float("nan")], "row 1"),
        ([1.0, float("inf")], "row 1"),
        ([1.0, "much"], "row 1 is 'much'"),
        ([1.0, None], "row 1"),
        ([1.0], "one length"),
    ],
)
def test_what_is_no_number_is_named_by_its_row(
    fit: Callable[..., object], label: list[Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        fit([1, 2], [1, 2], label)


@settings(deadline=None, max_examples=40)
@given(rows=some_ratings)
def test_means_and_medians_are_those_of_pandas_and_scipy(rows: Rows) -> None:
    frame = pd.DataFrame(rows, columns=["task", "worker", "label"])
    by_task = frame.groupby("task").label
    scale = frame.label.abs().max() + 1e-300
    for method, expected in (
        ("mean", by_task.mean()),
        ("median", by_task.median()),
        ("trimmed", by_task.apply(lambda own: stats.trim_mean(own, 0.2))),
    ):
        found = robust_mean(frame, method=method)  # type: ignore[arg-type]
        np.testing.assert_allclose(found.values / scale, expected.to_numpy() / scale, atol=1e-9)
        assert not np.isnan(found.errors).any()


def test_the_means_error_is_the_textbooks() -> None:
    found = robust_mean([1] * 5, range(5), [1.0, 2.0, 3.0, 4.0, 10.0], method="mean")
    assert found.errors[0] == pytest.approx(stats.sem([1.0, 2.0, 3.0, 4.0, 10.0]))
    alone = robust_mean([1], [1], [3.0])
    assert np.isinf(alone.errors[0])
    assert "single answer" in alone.warnings[0]


def test_a_wild_answer_does_not_carry_huber_off() -> None:
    rng = np.random.default_rng(5)
    truth = rng.normal(0, 5, 200)
    said = truth[:, None] + rng.normal(0, 1, (200, 9))
    said[:, 0] += 100
    task = np.repeat(np.arange(200), 9)
    errors = {
        method: np.abs(robust_mean(task, np.tile(range(9), 200), said.ravel(), method=method).values
                       - truth).mean()
        for method in METHODS
    }  # fmt: skip
    assert errors["mean"] > 10
    assert max(errors["huber"], errors["trimmed"], errors["median"]) < 0.6
    found = robust_mean(task, np.tile(range(9), 200), said.ravel())
    assert (found.outlying >= 1).all()


def test_hubers_error_is_close_to_what_repeating_shows() -> None:
    rng = np.random.default_rng(6)
    said = rng.normal(0, 2, (2000, 15))
    found = robust_mean(np.repeat(np.arange(2000), 15), np.tile(range(15), 2000), said.ravel())
    assert np.sqrt((found.errors**2).mean()) == pytest.approx(found.values.std(), rel=0.1)


def test_unknown_methods_and_trims_are_refused() -> None:
    with pytest.raises(ValueError, match="must be one of mean"):
        robust_mean([1], [1], [1], method="mode")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="trim"):
        robust_mean([1], [1], [1], trim=0.5)
    with pytest.raises(ValueError, match="above zero"):
        RatingScale(spread_strength=0)


def test_real_ratings_come_nearer_to_the_truth_than_the_mean() -> None:
    folder = data_dir("crowd") / "emotion_numeric"
    columns_ = []
    for name in ("labels", "truth"):
        with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as text:
            rows = list(csv.reader(text))[1:]
            columns_.append(np.array([[float(cell) for cell in row] for row in rows]))
    answers, truth = columns_
    known = truth[np.argsort(truth[:, 0]), 1]
    fit = RatingScale().fit(answers[:, 0], answers[:, 1], answers[:, 2])
    mean = robust_mean(answers[:, 0], answers[:, 1], answers[:, 2], method="mean").values
    ours, theirs = (np.sqrt(np.mean((found - known) ** 2)) for found in (fit.values, mean))
    assert ours < theirs
    assert np.corrcoef(fit.values, known)[0, 1] > np.corrcoef(mean, known)[0, 1]

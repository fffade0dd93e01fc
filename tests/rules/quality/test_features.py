"""A classifier joined in as one more judge helps where it knows something, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from fairhand.quality import aggregate
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.features import read_clues
from fairhand.quality.linear import cross_fit, fit_softmax, softmax
from tests.rules.quality.crowds import Crowd, planted_crowd


def right_of(crowd: Crowd, probabilities: Floats) -> float:
    return float(np.mean(probabilities.argmax(axis=1) == crowd.truth))


def seen(crowd: Crowd, noise: float, seed: int = 0) -> Floats:
    """Features that hold the class, under noise."""
    rng = np.random.default_rng(seed)
    shown: Floats = np.eye(3)[crowd.truth] + rng.normal(0.0, noise, (len(crowd.truth), 3))
    return shown


@pytest.fixture(scope="module")
def sparse() -> Crowd:
    return planted_crowd(21, tasks=200, people=12, answers=2)


def test_features_that_show_the_class_lift_accuracy(sparse: Crowd) -> None:
    codes = sparse.codes
    alone = aggregate(codes.task, codes.worker, codes.label)
    joined = aggregate(codes.task, codes.worker, codes.label, features=seen(sparse, 0.4))
    gained = right_of(sparse, joined.probabilities) - right_of(sparse, alone.probabilities)
    assert gained > 0.03
    assert "classifier was heard" in joined.why


def test_features_of_pure_noise_do_no_harm(sparse: Crowd) -> None:
    codes = sparse.codes
    noise = np.random.default_rng(3).normal(size=(200, 10))
    alone = aggregate(codes.task, codes.worker, codes.label)
    joined = aggregate(codes.task, codes.worker, codes.label, features=noise)
    assert right_of(sparse, joined.probabilities) >= right_of(sparse, alone.probabilities) - 0.01


def test_ready_probabilities_are_heard_too(sparse: Crowd) -> None:
    codes = sparse.codes
    told = softmax(4.0 * seen(sparse, 0.3))
    found = aggregate(codes.task, codes.worker, codes.label, pred_probs=told)
    assert right_of(sparse, found.probabilities) > 0.9


def test_rows_find_their_tasks(sparse: Crowd) -> None:
    told = softmax(4.0 * seen(sparse, 0.3))
    shuffled = np.random.default_rng(0).permutation(len(told))
    inorder = read_clues(sparse.codes, None, told)
    named = read_clues(sparse.codes, None, told[shuffled], shuffled)
    mapped = read_clues(sparse.codes, None, dict(enumerate(told)))
    assert inorder is not None
    assert named is not None
    assert mapped is not None
    np.testing.assert_array_equal(named.rows, inorder.rows)
    np.testing.assert_array_equal(mapped.rows, inorder.rows)


def test_tasks_without_features_are_judged_by_their_answers(sparse: Crowd) -> None:
    codes = sparse.codes
    half = {task: row for task, row in enumerate(seen(sparse, 0.4)) if task % 2}
    found = aggregate(codes.task, codes.worker, codes.label, features=half)
    assert np.isfinite(found.probabilities).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"features": [[1.0]]}, "one row a task"),
        ({"features": [[1.0], [float("nan")]]}, "task 2 miss a number"),
        ({"pred_probs": [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]}, "3 columns for the 2 classes"),
        ({"pred_probs": [[0.5, 0.5], [0.9, 0.9]]}, "task 2 are no distribution"),
        ({"features": [[1.0], [2.0]], "pred_probs": [[0.5, 0.5]] * 2}, "not both"),
        ({"features": [[1.0], [2.0]], "feature_tasks": [8, 9]}, "no row of the features"),
    ],
)
def test_features_that_do_not_fit_are_refused_in_words(
    given: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        aggregate([1, 2], [1, 1], ["a", "b"], **given)  # type: ignore[arg-type]


def test_the_regression_finds_the_weights_that_scikit_learn_finds() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=(300, 4)), np.ones((300, 1))], axis=1)
    classes = (rows[:, :4] @ rng.normal(size=(4, 3)) + rng.gumbel(size=(300, 3))).argmax(axis=1)
    ours = softmax(rows @ fit_softmax(rows, np.eye(3)[classes], 2.0))
    theirs = linear.LogisticRegression(C=0.5, tol=1e-8, max_iter=1000).fit(rows[:, :4], classes)
    np.testing.assert_allclose(ours, theirs.predict_proba(rows[:, :4]), atol=2e-3)


def test_no_row_is_judged_by_a_model_that_saw_it() -> None:
    rng = np.random.default_rng(2)
    rows, labels = rng.normal(size=(120, 60)), rng.integers(0, 2, 120)
    told = cross_fit(rows, np.eye(2)[labels], np.arange(120) % 5)
    assert np.mean(told.argmax(axis=1) == labels) < 0.65

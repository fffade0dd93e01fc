"""Label errors: planted ones are found, real ones as precisely as cleanlab finds them."""

from __future__ import annotations

import csv
import gzip
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality.watch import combine_opinions, find_label_errors
from tests.data import data_dir

Floats = NDArray[np.float64]

# cleanlab 2.9 with its defaults (benchmarks/quality_label_errors.py measures it): candidates that
# people reviewed, and the share of these that they found wrong.
CLEANLAB = {"label_errors_cifar10": (240, 0.2042), "label_errors_20news": (63, 0.8730)}


def planted(
    seed: int, rows: int = 2_000, classes: int = 5
) -> tuple[Floats, NDArray[np.intp], NDArray[np.bool_]]:
    """Probabilities of a good classifier, and labels of which 8 % are another class."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, rows)
    odds = rng.normal(0, 1, (rows, classes))
    odds[np.arange(rows), truth] += 4.0
    chances = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    wrong = rng.random(rows) < 0.08
    given = np.where(wrong, (truth + rng.integers(1, classes, rows)) % classes, truth)
    return chances, given, wrong


@pytest.mark.parametrize("method", ["noise_rate", "off_diagonal", "both"])
def test_planted_errors_are_found(method: str) -> None:
    chances, given, wrong = planted(1)
    found = find_label_errors(given, chances, method=method)  # type: ignore[arg-type]
    assert wrong[found.candidates].mean() > 0.85
    assert np.isin(np.flatnonzero(wrong), found.candidates).mean() > 0.75
    assert wrong[found.candidates[:50]].all()
    assert found.share_wrong == pytest.approx(0.08, abs=0.02)
    assert found.joint.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("name", CLEANLAB)
def test_on_reviewed_data_the_candidates_are_as_precise_as_cleanlabs(name: str) -> None:
    folder = data_dir("crowd") / name
    data = np.load(folder / "predictions.npz")
    with gzip.open(folder / "review_votes.csv.gz", "rt", encoding="utf-8") as text:
        votes = {int(row["index"]): int(row["given"]) for row in csv.DictReader(text)}
    found = find_label_errors(data["given_label"], data["pred_probs"])
    wrong = [votes[row] < 3 for row in found.candidates.tolist() if row in votes]
    reviewed, precision = CLEANLAB[name]
    assert len(wrong) >= reviewed
    assert np.mean(wrong) >= precision - 1e-4
    assert np.mean(wrong[:25]) > np.mean(wrong)  # the most doubtful come first


def test_the_thresholds_and_the_joint_are_those_of_the_paper() -> None:
    chances = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.1, 0.9], [0.4, 0.6]])
    found = find_label_errors([0, 0, 0, 1, 1], chances, method="off_diagonal")
    assert found.thresholds == pytest.approx([(0.9 + 0.7 + 0.2) / 3, (0.9 + 0.6) / 2])
    # Row 2 is confidently of class 1, row 4 of none; class 0: two right, one wrong of three.
    assert found.joint == pytest.approx(np.array([[2, 1], [0, 2]]) / 5)
    assert found.candidates.tolist() == [2]
    assert found.self_confidence == pytest.approx([0.9, 0.7, 0.2, 0.9, 0.6])
    assert found.margin == pytest.approx([0.8, 0.4, -0.6, 0.8, 0.2])
    assert found.best.tolist() == [0, 0, 1, 1, 1]
    assert found.suggested == (1,)


@given(st.integers(0, 50), st.permutations(range(4)))
def test_renaming_classes_and_reordering_rows_change_nothing(seed: int, new: list[int]) -> None:
    chances, given_label, _ = planted(seed, rows=80, classes=4)
    renamed = np.empty_like(chances)
    renamed[:, new] = chances
    order = np.random.default_rng(seed).permutation(80)
    one = find_label_errors(given_label, chances)
    two = find_label_errors(np.array(new)[given_label][order], renamed[order])
    assert sorted(order[two.candidates].tolist()) == sorted(one.candidates.tolist())
    names = find_label_errors(
        [f"c{n}" for n in given_label], chances, classes=["c0", "c1", "c2", "c3"]
    )
    assert names.candidates.tolist() == one.candidates.tolist()


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_every_precision_is_read(kind: type[np.float64]) -> None:
    chances, given_label, wrong = planted(2)
    found = find_label_errors(given_label, chances.astype(kind))
    assert wrong[found.candidates].mean() > 0.85


def test_consensus_and_classifier_together_are_better_than_either() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 3, 3_000)
    tables = []
    for strength in (1.5, 1.2):
        odds = rng.normal(0, 1, (3_000, 3))
        odds[np.arange(3_000), truth] += strength
        chances = np.exp(odds)
        tables.append(chances / chances.sum(axis=1, keepdims=True))
    overconfident = tables[1] ** 3
    overconfident /= overconfident.sum(axis=1, keepdims=True)
    joined = combine_opinions(tables[0], overconfident)

    def right(table: Floats) -> float:
        return float((table.argmax(axis=1) == truth).mean())

    assert right(joined) > max(right(tables[0]), right(tables[1])) + 0.03
    loss = -np.log(joined[np.arange(3_000), truth]).mean()
    assert loss < -np.log(tables[0][np.arange(3_000), truth]).mean()
    assert joined.sum(axis=1) == pytest.approx(np.ones(3_000))


def test_a_classifier_that_knows_nothing_changes_nothing() -> None:
    chances, _, _ = planted(5)
    joined = combine_opinions(chances, np.full_like(chances, 0.2))
    assert (joined.argmax(axis=1) == chances.argmax(axis=1)).mean() > 0.97


@pytest.mark.parametrize(
    ("given_label", "chances", "why"),
    [
        ([0, 1], [[0.5, 0.5], [float("nan"), 1.0]], "row 1 of the probabilities"),
        ([0, 1], [[0.5, 0.5], [0.9, 0.9]], "row 1 of the probabilities"),
        ([0, 1], [[0.5, 0.5], [-0.2, 1.2]], "row 1 of the probabilities"),
        ([0, 2], [[0.5, 0.5], [0.5, 0.5]], "row 1 is not one of 2"),
        ([0], [[0.5, 0.5], [0.5, 0.5]], "one label for each"),
        ([0.5, 1.0], [[0.5, 0.5], [0.5, 0.5]], "class numbers"),
        ([0, 1], [0.5, 0.5], "rows x classes"),
    ],
)
def test_bad_input_is_refused_with_its_row(
    given_label: list[float], chances: list[Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        find_label_errors(given_label, chances)


def test_one_class_nothing_and_rare_classes_are_said_plainly() -> None:
    assert find_label_errors([], np.zeros((0, 3))).candidates.size == 0
    alone = find_label_errors([0, 0], [[1.0], [1.0]])
    assert alone.candidates.size == 0
    assert "one class" in alone.warnings[-1]
    rare = find_label_errors([0] * 20 + [1], np.tile([0.8, 0.1, 0.1], (21, 1)))
    assert "1" in rare.warnings[0]
    assert np.isnan(rare.thresholds[2])
    assert not np.isnan(rare.joint).any()

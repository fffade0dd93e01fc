"""On real crowds with expert truth Dawid-Skene reaches the published figures."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from fairhand.quality import DawidSkene, MajorityVote
from tests.data import data_dir

# Share of gold tasks answered right, measured with other implementations of both methods.
FIGURES = {"bluebird": (75.9, 88.9), "rte": (89.7, 92.8), "dog": (82.2, 84.3)}


def read(path: Path) -> list[list[int]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        return [[int(cell) for cell in row[:3]] for row in rows]


def percent_right(probabilities: np.ndarray[tuple[int, int], np.dtype[np.float64]],
                  truth: list[int]) -> float:  # fmt: skip
    """Ties share the credit, as in the published figures."""
    best = np.isclose(probabilities, probabilities.max(axis=1, keepdims=True), atol=1e-9)
    return float(100 * np.mean(best[np.arange(len(truth)), truth] / best.sum(axis=1)))


@pytest.mark.parametrize("name", FIGURES)
def test_published_accuracy_is_reached_within_a_point(name: str) -> None:
    folder = data_dir("crowd") / name
    task, worker, label = np.array(read(folder / "labels.csv.gz")).T
    truth = {row[0]: row[1] for row in read(folder / "truth.csv.gz")}
    learned = DawidSkene().fit(task, worker, label)
    voted = MajorityVote().fit(task, worker, label)
    gold = [learned.classes.index(truth[name]) for name in learned.tasks]
    majority, dawid_skene = FIGURES[name]
    assert percent_right(voted.probabilities, gold) == pytest.approx(majority, abs=0.1)
    assert percent_right(learned.probabilities, gold) >= dawid_skene - 1.0

"""Real sets for `benchmarks.economics`, each with the answers that people gave or would give.

`toxicity` holds the votes that its annotators cast (Davidson 2017), `labelme` those of its crowd
(Rodrigues 2013), by person. `digits` and `cifar` have true classes only: twelve people are made up
for each, of different care, who mistake a thing for what lies near it. What a person says never
depends on what is asked first; what they say after seeing a proposal does, by `sway`.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

MOST_VOTES = 5
PEOPLE = 12


@dataclass(frozen=True)
class World:
    """A pool and a test part; `people` and `said` are N x MOST_VOTES, -1 where nobody answered."""

    name: str
    medium: str
    x: Floats
    y: Ints
    test_x: Floats
    test_y: Ints
    classes: int
    budget: int
    people: Ints
    said: Ints
    balanced: bool = False  # measured by macro-F1 instead of accuracy

    def score(self, predicted: Ints) -> float:
        """Measure predictions of the test part."""
        if not self.balanced:
            return float(np.mean(predicted == self.test_y))
        return float(np.mean([_f1(predicted, self.test_y, one) for one in range(self.classes)]))


def _f1(predicted: Ints, truth: Ints, label: int) -> float:
    hits = np.sum((predicted == label) & (truth == label))
    return float(2 * hits / max(1, np.sum(predicted == label) + np.sum(truth == label)))


def digits(data: Path, rng: np.random.Generator) -> World:
    """Handwritten digits that ship with scikit-learn: pixels, ten classes."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = rng.permutation(len(y))
    x, y = x[order].astype(np.float32) / 16, y[order].astype(np.int64)
    people, said = make_people(x[:1200], y[:1200], 10, 0.97, rng)
    return World("digits", "image", x[:1200], y[:1200], x[1200:], y[1200:], 10, 250, people, said)


def cifar(data: Path, rng: np.random.Generator) -> World:
    """Small photographs, ten classes: features of EfficientNet-lite0."""
    found = np.load(data / "features" / "cifar10_effnetlite0_pca128.npz")
    x, y = found["X"].astype(np.float32), found["y"].astype(np.int64)
    trains = found["split"].astype(str) == "train"
    pool = rng.permutation(np.flatnonzero(trains))[:2500]
    test = np.flatnonzero(~trains)
    people, said = make_people(x[pool], y[pool], 10, 0.94, rng)
    return World("cifar", "image", x[pool], y[pool], x[test], y[test], 10, 400, people, said)


def toxicity(data: Path, rng: np.random.Generator) -> World:
    """Messages, three classes far from balanced: features of MiniLM, votes as they were cast."""
    import pyarrow.parquet as pq

    found = np.load(data / "features" / "davidson_minilm384.npz")
    x, y = found["X"].astype(np.float32), found["y"].astype(np.int64)
    columns = ["hate_speech", "offensive_language", "neither"]
    table = pq.read_table(data / "text_toxicity" / "davidson2017.parquet", columns=columns)
    votes = np.stack([np.array(table[name]) for name in columns], axis=1)
    votes = votes[np.random.RandomState(0).permutation(len(votes))[: len(y)]]
    pool = rng.permutation(4500)[:2500]
    said = np.full((len(pool), MOST_VOTES), -1, np.int64)
    for row, cast in enumerate(votes[pool]):
        each = rng.permutation(np.repeat(np.arange(3), cast))[:MOST_VOTES]
        said[row, : len(each)] = each
    people = np.argsort(rng.random((len(pool), PEOPLE)), axis=1)[:, :MOST_VOTES]
    test = slice(4500, None)
    return World("toxicity", "text", x[pool], y[pool], x[test], y[test], 3, 400, people, said, True)


def labelme(data: Path, rng: np.random.Generator) -> World:
    """Scenes, eight classes: features of VGG, answers and people of a real crowd, truth of experts.

    Its people gave two or three answers a picture; where one asks for more, nobody is left.
    """
    folder = data / "crowd" / "labelme"
    x = np.load(folder / "features.npz")["x"].astype(np.float32)
    truth = dict(_rows(folder / "truth.csv.gz"))
    y = np.array([truth[task] for task in range(len(x))], np.int64)
    order = rng.permutation(len(x))
    pool, test = order[:700], order[700:]
    people = np.full((len(x), MOST_VOTES), -1, np.int64)
    said = people.copy()
    given = np.zeros(len(x), np.int64)
    rows = _rows(folder / "labels.csv.gz")
    for at in rng.permutation(len(rows)):
        task, person, label = rows[at]
        if given[task] < MOST_VOTES:
            people[task, given[task]], said[task, given[task]] = person, label
            given[task] += 1
    return World("labelme", "image", x[pool], y[pool], x[test], y[test], 8, 300,
                 people[pool], said[pool])  # fmt: skip


def make_people(
    x: Floats, y: Ints, classes: int, care: float, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Make up people who are right with a chance of their own, `care` on average.

    A mistake names the class of a near item of another class, as people's mistakes do.
    """
    skill = rng.beta(40 * care, 40 * (1 - care), PEOPLE)
    centres = np.stack([x[y == one].mean(axis=0) for one in range(classes)])
    distance = np.linalg.norm(x[:, None, :] - centres[None], axis=2)
    distance[np.arange(len(y)), y] = np.inf
    near = np.argsort(distance, axis=1)[:, :2]
    people = np.argsort(rng.random((len(y), PEOPLE)), axis=1)[:, :MOST_VOTES]
    right = rng.random(people.shape) < skill[people]
    wrong = near[np.arange(len(y))[:, None], rng.integers(0, 2, people.shape)]
    return people, np.where(right, y[:, None], wrong)


def _rows(path: Path) -> list[list[int]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        return [[int(cell) for cell in row] for row in rows]


WORLDS: dict[str, Callable[[Path, np.random.Generator], World]] = {
    "digits": digits,
    "cifar": cifar,
    "toxicity": toxicity,
    "labelme": labelme,
}

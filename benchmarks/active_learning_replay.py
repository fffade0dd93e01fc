"""The sets, the model and the loop of `active_learning`, the same for us and for the peers.

Imports nothing of ours, so that it runs in an environment of each peer's own. A strategy is a
function `ask(state, batch) -> rows of the pool`, called once a batch; `State` is all it may see.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore", category=ConvergenceWarning)

Array = NDArray[Any]
BATCH = 10
POOL_SHARE = 0.9


@dataclass(frozen=True)
class Set:
    """A pool with its truth, a test set, what is scored, and how many labels may be asked."""

    name: str
    features: Array
    labels: Array
    test_features: Array
    test_labels: Array
    metric: str
    budget: int

    def score(self, said: Array) -> float:
        """Score what a model says of the test set."""
        if self.metric == "accuracy":
            return float(accuracy_score(self.test_labels, said))
        return float(f1_score(self.test_labels, said, average="macro"))


@dataclass
class State:
    """What a strategy may see: the features, the labels asked so far, the model of the moment."""

    features: Array
    classes: int
    rng: np.random.Generator
    asked: list[int] = field(default_factory=list)
    said: list[int] = field(default_factory=list)
    model: Any = None

    @property
    def free(self) -> Array:
        """Give the rows that were not asked yet, in order."""
        rows = np.ones(len(self.features), bool)
        rows[self.asked] = False
        return np.flatnonzero(rows)

    def probabilities(self, rows: Array) -> Array:
        """Give the model's probabilities of all classes, nought for those not met yet."""
        found = np.zeros((len(rows), self.classes), np.float32)
        found[:, self.model.classes_] = self.model.predict_proba(self.features[rows])
        return found


Ask = Callable[[State, int], Array]


def new_model(iterations: int = 100) -> LogisticRegression:
    """Make the model that every strategy trains."""
    return LogisticRegression(max_iter=iterations, tol=1e-3)


def full_score(data: Set, rows: Array) -> float:
    """Score a model that has the labels of the whole pool."""
    model = new_model(300).fit(data.features[rows], data.labels[rows])
    return data.score(model.predict(data.test_features))


def replay(data: Set, ask: Ask, seed: int, batch: int = BATCH) -> dict[str, Any]:
    """Ask batch after batch, train after each; give the scores and the full-data score."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(data.labels), round(POOL_SHARE * len(data.labels)), False))
    state = State(data.features[rows], int(data.labels.max()) + 1, np.random.default_rng(seed + 7))
    scores = []
    while len(state.asked) < data.budget:
        chosen = [int(row) for row in ask(state, batch)]
        assert len(set(chosen) - set(state.asked)) == batch == len(chosen)
        state.asked += chosen
        state.said += [int(label) for label in data.labels[rows][chosen]]
        scores.append(_train(data, state))
    return {"scores": scores, "full": full_score(data, rows)}


def _train(data: Set, state: State) -> float:
    if len(set(state.said)) < 2:
        state.model = None
        return data.score(np.full(len(data.test_labels), state.said[0]))
    model = new_model().fit(state.features[state.asked], state.said)
    state.model = model
    return data.score(model.predict(data.test_features))


def first_by_chance(state: State, batch: int) -> Array:
    """Draw the batches before two classes are known, where a strategy needs a model."""
    return state.rng.choice(state.free, batch, replace=False)


def load_sets(names: list[str]) -> Iterator[Set]:
    """Load sets by name."""
    for name in names:
        yield LOADERS[name]()


def _split(name: str, given: tuple[Array, Array], metric: str, budget: int, *, scaled: bool) -> Set:
    features, labels = given
    pool, test, truth, known = train_test_split(
        features, labels, test_size=1 / 3, random_state=0, stratify=labels
    )
    if scaled:
        scale = StandardScaler().fit(pool)
        pool, test = scale.transform(pool), scale.transform(test)
    pool, test = pool.astype(np.float32), test.astype(np.float32)
    return Set(name, pool, truth, test, known, metric, budget)


def _features(file: str) -> Mapping[str, Array]:
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("FAIRHAND_DATA", root / "shared" / "data")) / "features"
    found: Mapping[str, Array] = np.load(folder / file)
    return found


def _digits() -> Set:
    features, labels = datasets.load_digits(return_X_y=True)
    return _split("digits", (features / 16.0, labels), "accuracy", 250, scaled=False)


def _cifar() -> Set:
    found = _features("cifar10_effnetlite0_pca128.npz")
    x, y, train = found["X"].astype(np.float32), found["y"], found["split"] == "train"
    x /= x[train].std()
    return Set("cifar", x[train], y[train], x[~train], y[~train], "accuracy", 400)


def _toxicity() -> Set:
    found = _features("davidson_minilm384.npz")
    x, y = found["X"].astype(np.float32), found["y"]
    return Set("toxicity", x[:4500], y[:4500], x[4500:], y[4500:], "macro-F1", 400)


def _synthetic() -> Set:
    made = datasets.make_classification(
        6000, 64, n_informative=30, n_classes=20, n_clusters_per_class=1, class_sep=2.0,
        flip_y=0.02, random_state=3,
    )  # fmt: skip
    return _split("twenty", made, "accuracy", 400, scaled=True)


def _rare() -> Set:
    """Make two classes, one of them fifty times as rare as the other."""
    made = datasets.make_classification(
        6000, 40, n_informative=12, n_classes=2, weights=[0.98], class_sep=1.2, flip_y=0.0,
        random_state=2,
    )  # fmt: skip
    return _split("rare", made, "macro-F1", 300, scaled=True)


def _small(name: str, budget: int) -> Callable[[], Set]:
    load = {"wine": datasets.load_wine, "cancer": datasets.load_breast_cancer}[name]
    return lambda: _split(name, load(return_X_y=True), "accuracy", budget, scaled=True)


LOADERS: dict[str, Callable[[], Set]] = {
    "digits": _digits,
    "toxicity": _toxicity,
    "cifar": _cifar,
    "wine": _small("wine", 50),
    "cancer": _small("cancer", 100),
    "twenty": _synthetic,
    "rare": _rare,
}
"""Sets by name; the first three are those of the figures, the others are there to be surprised."""

"""Trees that give several numbers, as plain arrays: learnt by scikit-learn, read by NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.forest import NO_CHILD, check_trees
from fairhand.compute.models.learnt import Learnt

_NAMES: Final = ("roots", "feature", "threshold", "left", "right", "values")


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees one after another; a node's children are nodes of the same arrays, -1 at a leaf.

    `values` is nodes by numbers asked for.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    values: NDArray[np.float32]

    def read(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Average what the trees say of each row (points by features)."""
        found = np.zeros((len(rows), self.values.shape[1]))
        own = np.arange(len(rows))
        for root in self.roots:
            node = np.full(len(rows), root)
            while (inner := self.left[node] != NO_CHILD).any():
                less = rows[own, self.feature[node]] <= self.threshold[node]
                node = np.where(inner, np.where(less, self.left[node], self.right[node]), node)
            found += self.values[node]
        return found / len(self.roots)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is to be kept."""
        return {name: getattr(self, name) for name in _NAMES}


def learn_trees(
    rows: NDArray[np.float32], wanted: NDArray[np.float64], *, trees: int, seed: int
) -> Trees:
    """Learn extremely randomised trees (Geurts et al. 2006) for `wanted`, points by numbers."""
    try:
        from sklearn.ensemble import ExtraTreesRegressor
    except ImportError as error:
        raise AssistantError(
            "Learning from pictures needs scikit-learn: install fairhand[assist]."
        ) from error
    model = ExtraTreesRegressor(
        n_estimators=trees, min_samples_leaf=2, max_features=0.3, n_jobs=1, random_state=seed
    ).fit(rows, wanted)
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in _NAMES}
    total = 0
    for estimator in model.estimators_:
        tree = estimator.tree_
        parts["roots"].append(np.array([total]))
        parts["feature"].append(tree.feature)
        parts["threshold"].append(tree.threshold)
        for name, children in (("left", tree.children_left), ("right", tree.children_right)):
            parts[name].append(np.where(children >= 0, children + total, NO_CHILD))
        parts["values"].append(tree.value[:, :, 0])
        total += tree.node_count
    return _made({name: np.concatenate(part) for name, part in parts.items()})


def read_trees(learnt: Learnt, prefix: str, features: int, numbers: int) -> Trees:
    """Read trees out of a model file; raises AssistantError where they would lead astray."""
    part = {name: learnt.array(prefix + name) for name in _NAMES}
    if part["values"].shape != (part["feature"].size, numbers):
        raise AssistantError("The model file's trees do not fit together.", hop="shape")
    check_trees(part, features)
    return _made(part)


def _made(part: dict[str, NDArray[Any]]) -> Trees:
    return Trees(
        roots=part["roots"].astype(np.int32),
        feature=np.where(part["left"] == NO_CHILD, 0, part["feature"]).astype(np.int32),
        threshold=part["threshold"].astype(np.float32),
        left=part["left"].astype(np.int32),
        right=part["right"].astype(np.int32),
        values=part["values"].astype(np.float32),
    )

"""A forest as plain arrays: learnt by scikit-learn, kept without code, read at the speed of C."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.learnt import Learnt

NO_CHILD: Final = -1
_BLOCK: Final = 256
_FEW: Final = 8
_CLEAR: Final = 0.02


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees one after another; a node's children are nodes of the same arrays, -1 at a leaf."""

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]  # probability at each node
    features: int

    def probability(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Average the trees' probabilities; `rows` is points by features."""
        points = np.ascontiguousarray(rows, np.float32)
        if points.ndim != 2 or points.shape[1] != self.features:
            raise AssistantError("The features are not those of this forest.", hop="shape")
        found: NDArray[np.float32] = _compiled()(
            points, self.roots, self.feature, self.threshold, self.left, self.right, self.value
        )
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is to be kept."""
        names = ("roots", "feature", "threshold", "left", "right", "value")
        return {name: getattr(self, name) for name in names}


def learn_forest(
    rows: NDArray[np.float32],
    truth: NDArray[np.bool_],
    weights: NDArray[np.float64],
    *,
    trees: int,
    depth: int,
    seed: int,
) -> Forest:
    """Learn extremely randomised trees (Geurts et al. 2006) for one class."""
    try:
        from sklearn.ensemble import ExtraTreesClassifier
    except ImportError as error:
        raise AssistantError(
            "Learning from pictures needs scikit-learn: install fairhand[assist]."
        ) from error
    model = ExtraTreesClassifier(
        n_estimators=trees,
        max_depth=depth,
        min_samples_leaf=4,
        max_features=0.4,
        n_jobs=1,
        random_state=seed,
    ).fit(rows, truth, sample_weight=weights)
    positive = int(np.flatnonzero(model.classes_ == True)[0])  # noqa: E712  # NumPy's truth values
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("f", "t", "l", "r", "v")}
    roots, total = [], 0
    for estimator in model.estimators_:
        tree = estimator.tree_
        roots.append(total)
        parts["f"].append(tree.feature)
        parts["t"].append(tree.threshold)
        for name, children in (("l", tree.children_left), ("r", tree.children_right)):
            parts[name].append(np.where(children >= 0, children + total, NO_CHILD))
        shares = tree.value[:, 0, :]
        parts["v"].append(shares[:, positive] / shares.sum(axis=1))
        total += tree.node_count
    return Forest(
        roots=np.array(roots, np.int32),
        feature=np.concatenate(parts["f"]).astype(np.int32),
        threshold=np.concatenate(parts["t"]).astype(np.float32),
        left=np.concatenate(parts["l"]).astype(np.int32),
        right=np.concatenate(parts["r"]).astype(np.int32),
        value=np.concatenate(parts["v"]).astype(np.float32),
        features=rows.shape[1],
    )


def read_forest(learnt: Learnt, prefix: str, features: int) -> Forest:
    """Read a forest out of a model file; raises AssistantError where it would lead astray."""
    part: Mapping[str, NDArray[Any]] = {
        name: learnt.array(prefix + name)
        for name in ("roots", "feature", "threshold", "left", "right", "value")
    }
    if part["value"].shape != part["feature"].shape:
        raise AssistantError("The model file's trees do not fit together.", hop="shape")
    check_trees(part, features)
    return Forest(
        roots=part["roots"].astype(np.int32),
        feature=part["feature"].astype(np.int32),
        threshold=part["threshold"].astype(np.float32),
        left=part["left"].astype(np.int32),
        right=part["right"].astype(np.int32),
        value=part["value"].astype(np.float32),
        features=features,
    )


def check_trees(part: Mapping[str, NDArray[Any]], features: int) -> None:
    """Check the arrays of trees; raises AssistantError where a walk would not come to a leaf."""
    nodes = part["feature"].size
    sizes = {part[name].shape for name in ("feature", "threshold", "left", "right")}
    if len(sizes) != 1 or part["roots"].ndim != 1 or part["roots"].size == 0:
        raise AssistantError("The model file's trees do not fit together.", hop="shape")
    # A child always comes after its parent, so that no path through the tree goes round.
    own = np.arange(nodes)
    for name in ("left", "right"):
        children = part[name]
        leaf = children == NO_CHILD
        if not (leaf == (part["left"] == NO_CHILD)).all():
            raise AssistantError("The model file has a tree with half a leaf.", hop="shape")
        if not ((children[~leaf] > own[~leaf]) & (children[~leaf] < nodes)).all():
            raise AssistantError("The model file's trees go round in circles.", hop="shape")
    inner = part["left"] != NO_CHILD
    asked = part["feature"][inner]
    roots = part["roots"]
    if ((asked < 0) | (asked >= features)).any() or ((roots < 0) | (roots >= nodes)).any():
        raise AssistantError("The model file asks for features there are not.", hop="shape")


def _walk(  # noqa: C901  # one loop, compiled whole
    points: Any,  # noqa: ANN401  # arrays, as Numba types them
    roots: Any,  # noqa: ANN401
    feature: Any,  # noqa: ANN401
    threshold: Any,  # noqa: ANN401
    left: Any,  # noqa: ANN401
    right: Any,  # noqa: ANN401
    value: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    # Tree by tree over few points at a time: a tree's nodes then stay in the nearest cache. Where
    # the first trees agree wholly, the others are not asked.
    found = np.zeros(points.shape[0], np.float32)
    few = min(_FEW, roots.size)
    for start in range(0, points.shape[0], _BLOCK):
        end = min(start + _BLOCK, points.shape[0])
        for number in range(roots.size):
            if number == few:
                left_over = 0
                for index in range(start, end):
                    mean = found[index] / np.float32(few)
                    if mean <= _CLEAR or mean >= 1 - _CLEAR:
                        found[index] = -mean - 1  # settled
                    else:
                        left_over += 1
                if left_over == 0:
                    break
            for index in range(start, end):
                if found[index] < 0:
                    continue
                node = roots[number]
                while left[node] >= 0:
                    if points[index, feature[node]] <= threshold[node]:
                        node = left[node]
                    else:
                        node = right[node]
                found[index] += value[node]
        for index in range(start, end):
            if found[index] < 0:
                found[index] = -found[index] - 1
            else:
                found[index] /= roots.size
    return found


@cache
def _compiled() -> Any:  # noqa: ANN401  # Numba's dispatcher
    """Compile the walk once, kept on disk for the next process."""
    from numba import njit

    return njit(cache=True, nogil=True)(_walk)

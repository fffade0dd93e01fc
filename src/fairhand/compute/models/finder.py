"""Finds things of one size: which cells of a picture are a thing's middle, and how far it reaches.

Every cell in the middle of a thing says where its four sides are (as Tian et al. 2019, "FCOS: fully
convolutional one-stage object detection", have it); what the cells of a thing say is joined, and
as many of them as a thing of that size has must have spoken for it. A linear head tells middles
from background, extremely randomised trees tell the sides: both learn from a few pictures.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.calibration import softmax
from fairhand.compute.models.cells import DIMENSIONS, Cells
from fairhand.compute.models.heads import one_thread
from fairhand.compute.models.learnt import Learnt
from fairhand.compute.models.trees import Trees, learn_trees, read_trees

INNER: Final = 0.4
"""How much of a thing's width and height is its middle."""
LEAST: Final = 0.1
"""Chance from which a cell speaks for a thing."""
_STRENGTH: Final = 0.003
_ROUNDS: Final = 60
_FARTHEST: Final = 4.0
_MOST_ROWS: Final = 20_000
_MOST_SIDES: Final = 4_000
_TREES: Final = 40
_SAME: Final = 0.35
"""Intersection over union from which two cells speak for one thing."""
_APART: Final = 0.4
"""The same for what is left of it: of two such things the surer one stays."""
_NEVER: Final = -30.0
_MOST_SPEAKING: Final = 20_000
_NUMBERS: Final = ("centre", "spread", "weights", "bias", "usual")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing's label, its sides (left, top, right, bottom, in pixels), how sure it is."""

    label: str
    sides: tuple[float, float, float, float]
    score: float = 1.0

    @property
    def size(self) -> float:
        """Give the side of a square as large."""
        left, top, right, bottom = self.sides
        return float(np.sqrt(max(right - left, 0.0) * max(bottom - top, 0.0)))


@dataclass(frozen=True, slots=True)
class Finder:
    """What was learnt of things that are looked for at one scale.

    `weights` is 1 + L by 368 and `bias` 1 + L for background and L labels; `usual` is the distance
    in pixels from a middle to a side by which the trees' numbers are measured.
    """

    scale: float
    labels: tuple[str, ...]
    centre: NDArray[np.float32]
    spread: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    usual: float
    sides: Trees

    def find(self, cells: Cells, size: tuple[int, int]) -> list[Thing]:
        """Find things in a picture of a size (height, width), the surest first."""
        rows = _evened(cells.features, self.centre, self.spread)
        chances = softmax((rows @ self.weights.T + self.bias).astype(np.float64))[:, 1:]
        speaking = np.flatnonzero(chances.max(axis=1, initial=0.0) > LEAST)
        if len(speaking) > _MOST_SPEAKING:
            surest = np.argsort(-chances[speaking].max(axis=1), kind="stable")
            speaking = np.sort(speaking[surest[:_MOST_SPEAKING]])
        reach = np.exp(self.sides.read(rows[speaking])) * self.usual
        boxes = _around(cells.centres()[speaking], reach, size)
        found = [
            one
            for at, label in enumerate(self.labels)
            for one in _joined(label, boxes, chances[speaking, at], cells.wide * cells.high)
        ]
        return apart(found)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is to be kept."""
        own = {name: np.atleast_1d(getattr(self, name)).astype(np.float32) for name in _NUMBERS}
        return own | {f"sides/{name}": array for name, array in self.sides.arrays().items()}


def learn_finder(
    seen: Sequence[tuple[Cells, Sequence[Thing]]], labels: Sequence[str], scale: float, *, seed: int
) -> Finder | None:
    """Learn to find things of these labels; None where no picture shows one."""
    drawn = [[box for box in boxes if box.label in labels] for _, boxes in seen]
    present = tuple(one for one in labels if any(one == box.label for own in drawn for box in own))
    if not present:
        return None
    taught = [_teach(cells, own, present) for (cells, _), own in zip(seen, drawn, strict=True)]
    known = np.concatenate([one for one, _ in taught])
    reach = np.concatenate([one for _, one in taught])
    rng = np.random.default_rng(seed)
    chosen = _chosen(known, rng)
    rows = np.concatenate([cells.features for cells, _ in seen])[chosen].astype(np.float32)
    known, reach = known[chosen], reach[chosen]
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + np.float32(1e-3)
    rows = _evened(rows, centre, spread)
    middle = np.flatnonzero(known > 0)
    usual = float(np.median(reach[middle].sum(axis=1)) / 4)
    few = rng.permutation(middle)[:_MOST_SIDES]
    wanted = np.log(np.maximum(reach[few], 0.05 * usual) / usual)
    with one_thread():
        weights, bias = _head(rows, known, 1 + len(present))
        trees = learn_trees(rows[few], wanted, trees=_TREES, seed=seed)
    return Finder(scale, present, centre, spread, weights, bias, usual, trees)


def read_finder(learnt: Learnt, prefix: str, scale: float, labels: Sequence[str]) -> Finder:
    """Read a finder out of a model file; raises AssistantError where it does not fit together."""
    own = {name: learnt.array(prefix + name).astype(np.float32) for name in _NUMBERS}
    wanted = {
        "centre": (DIMENSIONS,),
        "spread": (DIMENSIONS,),
        "weights": (1 + len(labels), DIMENSIONS),
        "bias": (1 + len(labels),),
        "usual": (1,),
    }
    sound = {name: array.shape for name, array in own.items()} == wanted
    if not sound or not scale > 0 or (own["spread"] <= 0).any() or (own["usual"] <= 0).any():
        raise AssistantError("The model file's finder does not fit together.", hop="shape")
    return Finder(
        scale,
        tuple(labels),
        own["centre"],
        own["spread"],
        own["weights"],
        own["bias"],
        float(own["usual"][0]),
        read_trees(learnt, f"{prefix}sides/", DIMENSIONS, 4),
    )


def apart(found: Sequence[Thing]) -> list[Thing]:
    """Keep the surest of things that lie in one place, whatever their labels."""
    order = sorted(found, key=lambda one: (-one.score, one.label, one.sides))
    kept: list[Thing] = []
    places = np.zeros((len(order), 4))
    for one in order:
        place = np.array(one.sides)
        if not (overlap(place, places[: len(kept)]) > _APART).any():
            places[len(kept)] = place
            kept.append(one)
    return kept


def _teach(cells: Cells, boxes: Sequence[Thing], labels: Sequence[str]) -> tuple[Any, Floats]:
    """Say of every cell whose middle it is (0: of nothing), and how far off the four sides are."""
    centres = cells.centres()
    known = np.zeros(len(centres), np.int64)
    reach = np.zeros((len(centres), 4))
    across = (np.arange(cells.columns) + 0.5) * cells.wide
    down = (np.arange(cells.rows) + 0.5) * cells.high
    for box in sorted(boxes, key=lambda one: -one.size):  # of two, the smaller one has the cell
        left, top, right, bottom = box.sides
        columns = _middle(across, left, right)
        own = (_middle(down, top, bottom)[:, None] * cells.columns + columns).ravel()
        known[own] = labels.index(box.label) + 1
        reach[own] = np.hstack([centres[own] - (left, top), (right, bottom) - centres[own]])
    return known, reach


def _middle(places: NDArray[np.floating[Any]], low: float, high: float) -> NDArray[np.intp]:
    """Find the places in the middle of a thing from `low` to `high`; the nearest where none is."""
    far = np.abs(places - (low + high) / 2) / ((high - low) / 2)
    own = np.flatnonzero(far < INNER)
    return own if own.size else np.array([far.argmin()])


def _chosen(known: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.intp]:
    """Choose the cells that are learnt from: of what is much, at most half and the rest."""
    middle, other = np.flatnonzero(known > 0), np.flatnonzero(known == 0)
    middle = rng.permutation(middle)[: _MOST_ROWS // 2]
    other = rng.permutation(other)[: _MOST_ROWS - len(middle)]
    return np.sort(np.concatenate([middle, other]))


def _head(
    rows: NDArray[np.float32], known: NDArray[np.int64], classes: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit a linear head; rare things weigh more, by the square root of what makes all equal."""
    from sklearn.linear_model import LogisticRegression

    totals = np.bincount(known, minlength=classes)
    rarity = np.sqrt(len(known) / np.maximum(totals, 1))[known]
    model = LogisticRegression(C=_STRENGTH, max_iter=_ROUNDS)
    with warnings.catch_warnings():  # one that stops early is as good a head
        warnings.simplefilter("ignore")
        model.fit(rows, known, sample_weight=rarity / rarity.mean())
    slope, offset = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        slope, offset = np.vstack([-slope, slope]) / 2, np.r_[-offset, offset] / 2
    weights = np.zeros((classes, rows.shape[1]), np.float32)
    bias = np.full(classes, _NEVER, np.float32)  # a label all of whose cells are another's
    weights[model.classes_], bias[model.classes_] = slope, offset
    return weights, bias


def _around(centres: Floats, reach: Floats, size: tuple[int, int]) -> Floats:
    """Turn middles and distances into boxes that stay within the picture."""
    most = np.array([size[1], size[0], size[1], size[0]], float)
    boxes: Floats = np.clip(np.hstack([centres - reach[:, :2], centres + reach[:, 2:]]), 0.0, most)
    return boxes


def _joined(label: str, boxes: Floats, chances: Floats, cell: float) -> Iterator[Thing]:
    """Join what cells say of one thing; its score is how many of its cells spoke for it."""
    order = np.argsort(-chances, kind="stable")
    left = chances > LEAST
    for at in order:
        if not left[at]:
            if chances[at] <= LEAST:
                return
            continue
        one = left & (overlap(boxes[at], boxes) >= _SAME)
        one[at] = True
        left &= ~one
        weights = chances[one]
        sides = weights @ boxes[one] / weights.sum()
        expected = (sides[2] - sides[0]) * (sides[3] - sides[1]) * INNER**2 / cell
        share = min(1.0, float(weights.sum()) / max(expected, 1.0))
        score = 0.5 * share + 0.5 * float(weights.max())
        yield Thing(
            label, (float(sides[0]), float(sides[1]), float(sides[2]), float(sides[3])), score
        )


def overlap(box: Floats, others: Floats) -> Floats:
    """Intersection over union of a box with others, N x 4."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0.0, None).prod(axis=1)
    area = float(np.prod(box[2:] - box[:2])) + (others[:, 2:] - others[:, :2]).prod(axis=1)
    iou: Floats = shared / np.maximum(area - shared, 1e-9)
    return iou


def _evened(
    rows: NDArray[Any], centre: NDArray[np.float32], spread: NDArray[np.float32]
) -> NDArray[np.float32]:
    evened: NDArray[np.float32] = np.clip(
        (rows.astype(np.float32) - centre) / spread, -_FARTHEST, _FARTHEST
    )
    return evened

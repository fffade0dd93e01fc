"""The built-in model for boxes: finds things like those that people drew boxes around.

Labels whose things are about as large are looked for together, at the scale that suits them. From
which score on a box is proposed, and what a proposal is worth, come from pictures that a finder has
not learnt from, as soon as there are two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fairhand.compute.assistants.contract import (
    AssistantError,
    Example,
    Item,
    NotEnoughError,
    Proposal,
)
from fairhand.compute.models import efficientnet
from fairhand.compute.models.cells import Cells, cells_of
from fairhand.compute.models.finder import Finder, Thing, apart, learn_finder, overlap, read_finder
from fairhand.compute.models.learnt import pack_learnt, unpack_learnt
from fairhand.compute.models.pictures import read_picture
from fairhand.compute.models.prompts import Picture
from fairhand.labels import drawn
from fairhand.labels.label_set import label_values
from fairhand.model.project import Question

FORMAT: Final = 1
MOST_PICTURES: Final = 16
"""Pictures learnt from at most; the newest tasks, so that learning stays a matter of seconds."""
_WANTED: Final = 64.0
"""Pixels that a usual thing is wide when it is looked for."""
_LONGEST: Final = 1_024
"""Pixels of a picture's longest side, at most, when it is looked at; and the least of them."""
_SHORTEST: Final = 192
_LEVELS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
_USUAL_LEVEL: Final = 0.4
_PULL: Final = 0.3
"""What a choice must bring to lie 1 from what is usual, by one picture."""
_USUAL_TRUST: Final = 0.6
_MATCH: Final = 0.35


@dataclass(frozen=True, slots=True)
class _Seen:
    """One picture, and what people drew on it."""

    picture: Picture
    things: tuple[Thing, ...]


class BoxTrainer:
    """Learns boxes."""

    name = "cell-boxes"

    def fit(
        self, question: Question, examples: Sequence[Example], *, seed: int, version: str
    ) -> bytes:
        """Learn from pictures with boxes; the same ones and the same seed give the same bytes."""
        if not efficientnet.is_installed():
            raise AssistantError("Boxes need fairhand[assist]: install it.", hop="shape")
        newest = sorted(examples, key=lambda one: one.item.task_id)[-MOST_PICTURES:]
        seen = [one for example in newest for one in _read_answer(question, example)]
        labels = label_values(question.config)
        plan = _plan(seen, labels)
        if not plan:
            raise NotEnoughError("Nobody has drawn a box yet; one picture with some is enough.")
        described = _described(seen, plan)
        places = range(len(seen))
        finders = _learn(seen, described, plan, places, seed)
        level, trust = _tune(seen, described, plan, seed)
        header = {
            "model": self.name,
            "format": FORMAT,
            "question": question.name,
            "version": version,
            "level": level,
            "trust": trust,
            "finders": [{"scale": one.scale, "labels": list(one.labels)} for one in finders],
        }
        arrays = {
            f"{at}/{name}": array
            for at, one in enumerate(finders)
            for name, array in one.arrays().items()
        }
        return pack_learnt(header, arrays)

    def load(self, question: Question, learnt: bytes, *, version: str) -> BoxPredictor:
        """Make a predictor; raises AssistantError on bytes that were not learnt here."""
        read = unpack_learnt(learnt)
        header = read.header
        if header.get("format") != FORMAT or header.get("model") != self.name:
            raise AssistantError(f"These bytes are not of {self.name!r}.", hop="shape")
        try:
            level, trust = float(header["level"]), float(header["trust"])
            finders = [
                read_finder(
                    read, f"{at}/", float(one["scale"]), [str(own) for own in one["labels"]]
                )
                for at, one in enumerate(header["finders"])
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise AssistantError("The model file's header is damaged.", hop="shape") from error
        return BoxPredictor(question, tuple(finders), level, trust, f"{self.name}@{version}")


@dataclass(frozen=True, slots=True)
class BoxPredictor:
    """Proposes boxes that score `level` and more; `trust` is what came true of what is expected."""

    question: Question
    finders: tuple[Finder, ...]
    level: float
    trust: float
    model: str

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Propose boxes for every picture; others get no proposal."""
        return [self._propose(item) for item in items]

    def _propose(self, item: Item) -> Proposal:
        if item.media is None:
            return Proposal(None)
        picture = read_picture(item.media())
        size = (picture.shape[0], picture.shape[1])
        cells = {one.scale: cells_of(picture, _bounded(one.scale, picture)) for one in self.finders}
        found = _found(self.finders, cells, size)
        known = frozenset(label_values(self.question.config))
        kept = [one for one in found if one.score >= self.level and one.label in known]
        answer = _answer(size, kept[: drawn.MAX_THINGS])
        score = float(np.clip(self.trust * _expected(found, self.level), 0, 1))
        return Proposal({self.question.name: answer}, score, details={"boxes": len(kept)})


def _answer(size: tuple[int, int], things: Sequence[Thing]) -> dict[str, Any]:
    """Write things as an answer; what has no width or height in hundredths of a pixel is none."""
    boxes = {}
    for one in things:
        left, top, right, bottom = sides = tuple(drawn.tidy(side) for side in one.sides)
        if left < right and top < bottom:
            boxes[one.label, sides] = {"label": one.label, "box": list(sides)}
    return dict(drawn.written(list(size), "boxes", [boxes[key] for key in sorted(boxes)]))


def _read_answer(question: Question, example: Example) -> Iterator[_Seen]:
    """Read a picture and its answer; what does not fit together is left out."""
    answer = example.value.get(question.name)
    if example.item.media is None or not isinstance(answer, Mapping):
        return
    picture = read_picture(example.item.media())
    if list(answer["size"]) == [picture.shape[0], picture.shape[1]]:
        things = [Thing(str(one["label"]), _sides(one["box"])) for one in answer["boxes"]]
        yield _Seen(picture, tuple(things))


def _sides(box: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(side) for side in box)
    return left, top, right, bottom


def _plan(seen: Sequence[_Seen], labels: Sequence[str]) -> dict[float, list[str]]:
    """Say at which scale each label's things are looked for: steps of the square root of two."""
    plan: dict[float, list[str]] = {}
    for label in labels:
        sizes = [thing.size for one in seen for thing in one.things if thing.label == label]
        if sizes:
            scale = 2.0 ** (round(2 * np.log2(_WANTED / max(np.median(sizes), 1.0))) / 2)
            plan.setdefault(float(scale), []).append(label)
    return plan


def _bounded(scale: float, picture: Picture) -> float:
    """Hold a scale to what a picture of this size is looked at with."""
    longest = max(picture.shape[:2])
    return float(np.clip(scale, _SHORTEST / longest, _LONGEST / longest))


def _described(
    seen: Sequence[_Seen], plan: Mapping[float, Sequence[str]]
) -> dict[float, list[Cells]]:
    """Describe every picture at every scale, in half the bytes."""
    whole: dict[float, list[Cells]] = {}
    for scale in plan:
        for one in seen:
            cells = cells_of(one.picture, _bounded(scale, one.picture))
            half = cells.features.astype(np.float16)
            kept = Cells(half, cells.rows, cells.columns, cells.wide, cells.high)
            whole.setdefault(scale, []).append(kept)
    return whole


def _learn(
    seen: Sequence[_Seen],
    described: Mapping[float, Sequence[Cells]],
    plan: Mapping[float, Sequence[str]],
    places: Sequence[int],
    seed: int,
) -> list[Finder]:
    """Learn a finder for each scale from some of the pictures."""
    finders = (
        learn_finder(
            [(described[scale][at], seen[at].things) for at in places], labels, scale, seed=seed
        )
        for scale, labels in plan.items()
    )
    return [one for one in finders if one is not None]


def _found(
    finders: Sequence[Finder], cells: Mapping[float, Cells], size: tuple[int, int]
) -> list[Thing]:
    return apart([thing for one in finders for thing in one.find(cells[one.scale], size)])


def _tune(
    seen: Sequence[_Seen],
    described: Mapping[float, Sequence[Cells]],
    plan: Mapping[float, Sequence[str]],
    seed: int,
) -> tuple[float, float]:
    """Choose from which score on a box is proposed, and what came true of what was expected.

    Two halves, each measured by finders of the other one. A single picture says neither.
    """
    halves = [range(0, len(seen), 2), range(1, len(seen), 2)]
    tried: list[tuple[list[Thing], Sequence[Thing]]] = []
    for own, other in zip(halves, reversed(halves), strict=True):
        if finders := _learn(seen, described, plan, own, seed):
            for at in other:
                size = seen[at].picture.shape[:2]
                cells = {scale: described[scale][at] for scale in plan}
                tried.append((_found(finders, cells, (size[0], size[1])), seen[at].things))
    if len(seen) < 2 or not tried:
        return _USUAL_LEVEL, _USUAL_TRUST
    worth = np.array([_qualities(found, true) for found, true in tried])
    unusual = _PULL * (np.array(_LEVELS) - _USUAL_LEVEL) ** 2 / len(tried)
    best = int((worth.mean(axis=0) - unusual).argmax())
    expected = float(np.mean([_expected(found, _LEVELS[best]) for found, _ in tried]))
    trust = float(worth[:, best].mean()) / expected if expected > 0 else _USUAL_TRUST
    return _LEVELS[best], float(np.clip(trust, 0.1, 1.1))


def _expected(found: Sequence[Thing], level: float) -> float:
    """Expect how far an answer of the boxes above a level is right, from what was seen.

    The same ratio as `_quality`, of expectations: what is proposed and right, over the mean of what
    is proposed and what there is. Nothing proposed is right when nothing is there.
    """
    scores = np.array([one.score for one in found])
    proposed = scores[scores >= level]
    if proposed.size:
        return float(2 * proposed.sum() / (proposed.size + scores.sum()))
    return float(np.prod(1 - scores))


def _qualities(found: Sequence[Thing], true: Sequence[Thing]) -> list[float]:
    """Measure the boxes above each level beside people's, as panoptic quality.

    The surest box comes first and is paired with the one of its label that it shares most with,
    from an intersection over union of .35 on: what is paired does not depend on the level.
    """
    sides = np.array([one.sides for one in true]).reshape(-1, 4)
    labels = np.array([one.label for one in true])
    free = np.ones(len(true), bool)
    shared = [0.0]
    for one in found:  # the surest first
        alike = np.where(free & (labels == one.label), overlap(np.array(one.sides), sides), 0.0)
        best = int(alike.argmax()) if alike.size else 0
        paired = bool(alike.size and alike[best] >= _MATCH)
        free[best:][:1] &= not paired
        shared.append(shared[-1] + (float(alike[best]) if paired else 0.0))
    qualities = []
    for level in _LEVELS:
        kept = sum(one.score >= level for one in found)
        things = kept + len(true)
        qualities.append(2 * shared[kept] / things if things else 1.0)
    return qualities

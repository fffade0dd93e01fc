"""The built-in model for polygons: the pixel classifier's things, outlined by corners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import (
    AssistantError,
    Example,
    Item,
    NotEnoughError,
    Proposal,
)
from fairhand.compute.backends.outlines import polygon_pixels, runs_of
from fairhand.compute.models.learnt import pack_learnt, unpack_learnt
from fairhand.compute.models.pixels import PixelPredictor, PixelTrainer
from fairhand.compute.models.prompts import Mask
from fairhand.compute.models.regions import box_of, set_quality
from fairhand.labels import drawn, polygons, rle
from fairhand.labels.kind import AnswerContext
from fairhand.model.project import Question

FORMAT: Final = 1
_TOLERANCE: Final = 0.75
"""Pixels that an outline may lie off its mask, at least; larger things may be a little coarser."""
_COARSER: Final = 0.01
_MOST_TRIED: Final = 6
_USUAL_TRUST: Final = 0.7
_MATCH: Final = 0.3


class PolygonTrainer:
    """Learns to outline things."""

    name = "pixel-polygons"

    def fit(
        self, question: Question, examples: Sequence[Example], *, seed: int, version: str
    ) -> bytes:
        """Learn from pictures with outlines; the same ones and the same seed give the same bytes.

        Raises NotEnoughError where nobody has outlined anything yet.
        """
        newest = sorted(examples, key=lambda one: one.item.task_id)
        painted = [one for example in newest for one in _painted(question, example)]
        if not any(one.value[question.name]["regions"] for one in painted):
            raise NotEnoughError("Nobody has outlined a thing yet; one picture is enough to begin.")
        as_mask, trainer = _as_mask(question), PixelTrainer()
        pixels = trainer.fit(as_mask, painted, seed=seed, version=version)
        header = {
            "model": self.name,
            "format": FORMAT,
            "question": question.name,
            "version": version,
            "trust": _trust(question, painted[-_MOST_TRIED:], seed),
        }
        return pack_learnt(header, {"pixels": np.frombuffer(pixels, np.uint8)})

    def load(self, question: Question, learnt: bytes, *, version: str) -> PolygonPredictor:
        """Make a predictor; raises AssistantError on bytes that were not learnt here."""
        read = unpack_learnt(learnt)
        header, trust = read.header, read.header.get("trust")
        if header.get("format") != FORMAT or header.get("model") != self.name:
            raise AssistantError(f"These bytes are not of {self.name!r}.", hop="shape")
        if isinstance(trust, bool) or not isinstance(trust, int | float):
            raise AssistantError("The model file's header is damaged.", hop="shape")
        pixels = read.array("pixels").astype(np.uint8).tobytes()
        inner = PixelTrainer().load(_as_mask(question), pixels, version=version)
        return PolygonPredictor(question, inner, float(trust), f"{self.name}@{version}")


@dataclass(frozen=True, slots=True)
class PolygonPredictor:
    """Proposes outlines; `trust` is how much of the pixels' score came true of the outlines."""

    question: Question
    pixels: PixelPredictor
    trust: float
    model: str

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Propose outlines for every picture; others get no proposal."""
        return [self._propose(one) for one in self.pixels.predict(items)]

    def _propose(self, given: Proposal) -> Proposal:
        if given.value is None:
            return Proposal(None)
        answer = outlined(given.value[self.question.name])
        score = None if given.score is None else min(1.0, self.trust * given.score)
        details = {"polygons": len(answer["polygons"])}
        return Proposal({self.question.name: answer}, score, details=details)


def outlined(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a mask answer's regions into polygons: the rim of each, holes filled.

    A region too small or too thin to have an outline that does not cross itself is left out.
    """
    height, width = answer["size"]
    context = AnswerContext(image_width=width, image_height=height)
    found: list[dict[str, Any]] = []
    corners = 0
    for region in answer["regions"]:
        points = outline_of(rle.decode(region["counts"], height, width))
        thing = {"label": region["label"], "points": points}
        alone = {"size": [height, width], "polygons": [thing]}
        config = {"labels": [{"value": region["label"]}]}
        fits = corners + len(points) <= polygons.MAX_ALL_CORNERS and len(found) < drawn.MAX_THINGS
        if points and fits and not polygons.validate_answer(config, alone, context):
            found.append(thing)
            corners += len(points)
    return dict(drawn.written([height, width], "polygons", found))


def outline_of(mask: Mask) -> list[list[float]]:
    """Give the corners of the longest rim of a mask, in pixels; none where it is empty."""
    box = box_of(mask)
    if box is None:
        return []
    from skimage import measure

    find: Any = measure.find_contours
    simplify: Any = measure.approximate_polygon

    left, top, right, bottom = box
    padded = np.pad(mask[top:bottom, left:right], 1).astype(np.float32)
    rims = find(padded, 0.5)
    rim = max(rims, key=len)
    allowed = max(_TOLERANCE, _COARSER * float(np.sqrt(mask.sum())))
    corners = simplify(rim, allowed)
    while len(corners) > polygons.MAX_CORNERS:
        allowed *= 2
        corners = simplify(rim, allowed)
    # A contour runs through the middles of pixels, of which the padding's first is at -0.5.
    places = corners[:-1, ::-1] + (left - 0.5, top - 0.5)
    inside = np.clip(places, 0, (mask.shape[1], mask.shape[0]))
    return [[drawn.tidy(float(x)), drawn.tidy(float(y))] for x, y in inside]


def _as_mask(question: Question) -> Question:
    """Ask for the same things as regions, each by itself."""
    return replace(question, kind="mask", config={**question.config, "instances": True})


def _painted(question: Question, example: Example) -> Iterator[Example]:
    """Paint an answer's polygons; what is no answer is left out."""
    answer = example.value.get(question.name)
    if not isinstance(answer, Mapping):
        return
    height, width = answer["size"]
    regions = [
        {"label": thing["label"], "counts": rle.runs_to_text(runs_of(inside, height * width))}
        for thing in answer["polygons"]
        if (inside := polygon_pixels(np.array(thing["points"], float), height, width)).size
    ]
    mask = {"size": [height, width], "regions": regions}
    yield replace(example, value={question.name: mask})


def _trust(question: Question, painted: Sequence[Example], seed: int) -> float:
    """Measure what came true of the pixels' score, on halves that learnt from each other."""
    as_mask, trainer = _as_mask(question), PixelTrainer()
    said, came = 0.0, 0.0
    for own, other in ((painted[::2], painted[1::2]), (painted[1::2], painted[::2])):
        if not other or not any(one.value[question.name]["regions"] for one in own):
            continue
        learnt = trainer.fit(as_mask, own, seed=seed, version="trial")
        predictor = trainer.load(as_mask, learnt, version="trial")
        given = predictor.predict([one.item for one in other])
        for one, proposal in zip(other, given, strict=True):
            if proposal.value is not None and proposal.score is not None:
                said += proposal.score
                came += _quality(proposal.value[question.name], one.value[question.name])
    return float(np.clip(came / said, 0.1, 1.1)) if said > 0 else _USUAL_TRUST


def _quality(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Panoptic quality of two answers of regions, paired from an intersection over union of .3."""
    mine, theirs = _numbered(one), _numbered(other)
    alike = np.zeros((len(one["regions"]), len(other["regions"])))
    both = np.stack([mine.ravel(), theirs.ravel()], axis=1)
    pairs, shared = np.unique(both[(both > 0).all(axis=1)], axis=0, return_counts=True)
    areas = [np.bincount(each.ravel()) for each in (mine, theirs)]
    for (row, column), pixels in zip(pairs.tolist(), shared.tolist(), strict=True):
        if one["regions"][row - 1]["label"] == other["regions"][column - 1]["label"]:
            iou = pixels / (areas[0][row] + areas[1][column] - pixels)
            alike[row - 1, column - 1] = iou if iou >= _MATCH else 0.0
    return set_quality(alike)


def _numbered(answer: Mapping[str, Any]) -> NDArray[np.int32]:
    """Paint each region with its number, from 1 on."""
    height, width = answer["size"]
    canvas = np.zeros((height, width), np.int32)
    for number, region in enumerate(answer["regions"], 1):
        canvas[rle.decode(region["counts"], height, width)] = number
    return canvas

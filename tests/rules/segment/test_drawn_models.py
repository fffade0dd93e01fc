"""Boxes and polygons: learnt from a few pictures, proposed as valid answers, kept without code."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

from fairhand.compute.assistants.contract import AssistantError, Example, Item, NotEnoughError
from fairhand.compute.backends.outlines import polygon_pixels
from fairhand.compute.models.boxes import BoxTrainer
from fairhand.compute.models.builtin import open_builtin, pick_builtin
from fairhand.compute.models.learnt import pack_learnt, unpack_learnt
from fairhand.compute.models.polygons import PolygonTrainer, outline_of, outlined
from fairhand.compute.models.regions import region
from fairhand.labels import registry
from fairhand.labels.kind import AnswerContext
from fairhand.model.project import Question
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Voted
from tests.data import data_dir
from tests.rules.segment.scenes import SIDE, discs, drawn_as, iou, item

LABELS = {"labels": [{"value": "disc"}, {"value": "never seen"}]}
BOXES = Question("where", "boxes", "Where is each disc?", LABELS)
POLYGONS = Question("where", "polygons", "Where is each disc?", LABELS)
TRAINERS: Mapping[str, type[BoxTrainer] | type[PolygonTrainer]] = {
    "boxes": BoxTrainer,
    "polygons": PolygonTrainer,
}
ASKED = {"boxes": BOXES, "polygons": POLYGONS}


def truth(kind: str, masks: Sequence[Any]) -> dict[str, Any]:
    """Draw each disc as people do."""
    return {"size": [SIDE, SIDE], kind: [drawn_as(kind, one) for one in masks]}


def example(kind: str, number: int) -> Example:
    """A picture of discs, and where they are."""
    picture, masks = discs(number)
    return Example(item(number, picture), {"where": truth(kind, masks)})


def likeness(kind: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Measure as the house does."""
    found = KINDS[kind]
    assert isinstance(found, Voted)
    return found.likeness(one, other)


@cache
def learnt(kind: str) -> bytes:
    """What three pictures teach."""
    return TRAINERS[kind]().fit(
        ASKED[kind], [example(kind, at) for at in (1, 2, 3)], seed=3, version="1"
    )


@pytest.mark.parametrize("kind", ["boxes", "polygons"])
def test_three_pictures_teach_where_things_are(kind: str) -> None:
    assert pick_builtin(ASKED[kind], item(1, discs(1)[0])).name == TRAINERS[kind].name
    predictor = open_builtin({}, learnt(kind), [ASKED[kind]])
    for seed in (7, 8):
        picture, masks = discs(seed)
        (proposal,) = predictor.predict([item(9, picture)])
        assert proposal.value is not None
        answer = proposal.value["where"]
        context = AnswerContext(image_width=SIDE, image_height=SIDE)
        assert registry.validate_answer(kind, LABELS, answer, context) == []
        assert likeness(kind, answer, truth(kind, masks)) > 0.6
        assert proposal.score is not None
        assert 0.3 < proposal.score <= 1


@pytest.mark.parametrize("kind", ["boxes", "polygons"])
def test_a_picture_of_nothing_is_said_to_hold_nothing(kind: str) -> None:
    empty = np.full((SIDE, SIDE, 3), 128, np.uint8)
    (proposal,) = open_builtin({}, learnt(kind), [ASKED[kind]]).predict([item(9, empty)])
    assert proposal.value is not None
    answer = proposal.value["where"]
    context = AnswerContext(image_width=SIDE, image_height=SIDE)
    assert registry.validate_answer(kind, LABELS, answer, context) == []
    assert len(answer[kind]) <= 2


@pytest.mark.parametrize("kind", ["boxes", "polygons"])
def test_the_same_pictures_and_seed_give_the_same_bytes(kind: str) -> None:
    pictures = [example(kind, at) for at in (1, 2, 3)]
    again = TRAINERS[kind]().fit(ASKED[kind], pictures[::-1], seed=3, version="1")
    assert again == learnt(kind)


@pytest.mark.parametrize("kind", ["boxes", "polygons"])
def test_what_cannot_be_learnt_or_read_is_said(kind: str) -> None:
    trainer, asked = TRAINERS[kind](), ASKED[kind]
    nothing = {"size": [SIDE, SIDE], kind: [], "nothing": True}
    bare = Example(item(1, discs(1)[0]), {"where": nothing})
    for examples in ([], [bare], [Example(Item(1, {}), {"where": nothing})]):
        with pytest.raises(NotEnoughError, match="yet"):
            trainer.fit(asked, examples, seed=1, version="1")
    predictor = trainer.load(asked, learnt(kind), version="1")
    assert predictor.predict([Item(1, {})])[0].value is None
    with pytest.raises(AssistantError):
        predictor.predict([Item(1, {}, lambda: b"nothing")])
    read = unpack_learnt(learnt(kind))
    for header in ({**read.header, "format": 0}, {**read.header, "trust": None}):
        with pytest.raises(AssistantError):
            trainer.load(asked, pack_learnt(header, read.arrays), version="1")
    with pytest.raises(AssistantError):
        trainer.load(asked, pack_learnt(read.header, {}), version="1")


def test_trees_that_would_lead_astray_are_not_followed() -> None:
    read = unpack_learnt(learnt("boxes"))
    for name, wrong in (("left", 0), ("feature", 10**6), ("roots", -1)):
        key = f"0/sides/{name}"
        arrays = {**read.arrays, key: np.full_like(read.arrays[key], wrong)}
        with pytest.raises(AssistantError, match="model file"):
            BoxTrainer().load(BOXES, pack_learnt(read.header, arrays), version="1")


def test_an_outline_encloses_what_its_mask_does() -> None:
    mask = np.zeros((40, 60), bool)
    mask[5:25, 10:50] = True
    inside = polygon_pixels(np.array(outline_of(mask)), 40, 60)
    painted = np.isin(np.arange(mask.size), inside).reshape((40, 60), order="F")
    assert iou(painted, mask) > 0.95
    mask[10:15, 20:30] = False  # a hole has no place in a polygon
    assert len(outlined({"size": [40, 60], "regions": [region("a", mask)]})["polygons"]) == 1
    assert outline_of(np.zeros((4, 4), bool)) == []


@pytest.mark.slow
def test_blood_cells_are_found_after_four_pictures() -> None:
    folder = data_dir("boxes_bloodcells")
    rows = defaultdict(list)
    with (folder / "boxes.csv").open() as stream:
        for row in csv.DictReader(stream):
            sides = [float(row[side]) for side in ("xmin", "ymin", "xmax", "ymax")]
            rows[row["image"]].append({"label": row["label"], "box": sides})
    names = sorted(rows)[::10]
    asked = Question(
        "cells", "boxes", "Cells?", {"labels": [{"value": v} for v in ("RBC", "WBC", "Platelets")]}
    )
    examples = [
        Example(
            Item(at, {}, (folder / name).read_bytes, "image/jpeg"),
            {"cells": {"size": [480, 640], "boxes": rows[name]}},
        )
        for at, name in enumerate(names)
    ]
    learnt = BoxTrainer().fit(asked, examples[:4], seed=0, version="1")
    given = (
        BoxTrainer().load(asked, learnt, version="1").predict([one.item for one in examples[4:]])
    )
    alike = [
        likeness("boxes", one.value["cells"], known.value["cells"])
        for one, known in zip(given, examples[4:], strict=True)
        if one.value is not None
    ]
    assert len(alike) == len(names) - 4
    assert np.mean(alike) > 0.45

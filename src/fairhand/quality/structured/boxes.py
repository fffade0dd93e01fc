"""Boxes of several people, in many images: matched, fused, and weighed for being there at all.

Boxes of one image and label are matched by IoU (see `matching`); each cluster's sides are fused by
people's reliability (see `robust_fusion`: the idea of weighted boxes fusion, Solovyev, Wang,
Gabruseva 2021, with reliability learned instead of a model's score), and `existence` says how
probably there is a thing. Coordinates are (left, top, right, bottom) in any unit, right > left.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fairhand.quality.structured.existence import weigh_existence
from fairhand.quality.structured.habits import (
    Habit,
    codes_of,
    dense,
    few_warnings,
    habits,
    in_order,
    who_saw,
)
from fairhand.quality.structured.matching import match
from fairhand.quality.structured.robust_fusion import Floats, Ints, fuse

_LEAST = 0.35
"""IoU from which two boxes are one thing."""


@dataclass(frozen=True, slots=True)
class FusedBox:
    """One thing's box; `error` is the standard error of a side, `existence` a probability."""

    image: Hashable
    label: Hashable
    box: tuple[float, float, float, float]
    people: tuple[Hashable, ...]
    existence: float
    error: float


@dataclass(frozen=True, slots=True)
class FusedBoxes:
    """The boxes that exist more probably than not, those that do not, and what people do."""

    boxes: tuple[FusedBox, ...]
    doubted: tuple[FusedBox, ...]
    people: dict[Hashable, Habit]
    warnings: tuple[str, ...] = ()


def fuse_boxes(
    image: Sequence[Hashable],
    person: Sequence[Hashable],
    label: Sequence[Hashable],
    boxes: ArrayLike,
    *,
    asked: Sequence[tuple[Hashable, Hashable]] | None = None,
    least_iou: float = _LEAST,
) -> FusedBoxes:
    """Fuse boxes: row i is the box (`boxes[i]`, four numbers) that person[i] drew on image[i].

    `asked` lists (image, person) pairs, so that who saw an image and drew nothing counts as
    seeing nothing there; left out, those who drew at least one box on an image saw it.
    Raises ValueError for columns of unlike length, NaN, or a box without area, naming the row.
    """
    table = _checked(image, person, label, boxes)
    names = in_order([*person, *(one for _, one in asked or ())])
    person_code = codes_of(person, names)
    clusters = _clusters(image, label, person_code, table, least_iou)
    if not clusters:
        return FusedBoxes((), (), {})
    seen = who_saw(image, person, asked)
    drew = np.zeros((len(clusters), len(names)), bool)
    shown = np.zeros_like(drew)
    thing = np.zeros(len(table), np.intp)
    for number, rows in enumerate(clusters):
        thing[rows] = number
        drew[number, person_code[rows]] = True
        shown[number] = [name in seen[image[rows[0]]] for name in names]
    existence = weigh_existence(drew, shown | drew)
    fusion = fuse(thing, dense(person_code), table, _sizes(table))
    found = [
        FusedBox(
            image[rows[0]],
            label[rows[0]],
            _four(fusion.centre[number]),
            tuple(person[row] for row in rows),
            float(existence.probability[number]),
            float(fusion.error[number]),
        )
        for number, rows in enumerate(clusters)
    ]
    return FusedBoxes(
        tuple(one for one in found if one.existence > 0.5),
        tuple(one for one in found if one.existence <= 0.5),
        habits(names, person_code, fusion, existence),
        few_warnings(names, person_code),
    )


def box_iou(one: Floats, other: Floats) -> Floats:
    """IoU of every box of `one` (n x 4) with every box of `other` (m x 4)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = (one[:, 2:] - one[:, :2]).prod(axis=1)[:, None]
    total = area + (other[:, 2:] - other[:, :2]).prod(axis=1)[None, :]
    iou: Floats = shared / (total - shared)
    return iou


def _checked(
    image: Sequence[Hashable],
    person: Sequence[Hashable],
    label: Sequence[Hashable],
    boxes: ArrayLike,
) -> Floats:
    table = np.asarray(boxes, float).reshape(-1, 4) if len(image) == 0 else np.asarray(boxes, float)
    if table.ndim != 2 or table.shape[1] != 4:
        raise ValueError("boxes must have four columns: left, top, right, bottom")
    if not len(image) == len(person) == len(label) == len(table):
        lengths = f"{len(image)}, {len(person)}, {len(label)} and {len(table)}"
        raise ValueError(f"image, person, label and boxes differ in length: {lengths}")
    bad = ~np.isfinite(table).all(axis=1) | (table[:, 2:] <= table[:, :2]).any(axis=1)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(f"boxes[{row}] is no box with an area: {table[row].tolist()}")
    return table


def _clusters(
    image: Sequence[Hashable],
    label: Sequence[Hashable],
    person: Ints,
    table: Floats,
    least: float,
) -> list[Ints]:
    groups: dict[tuple[Hashable, Hashable], list[int]] = {}
    for row, key in enumerate(zip(image, label, strict=True)):
        groups.setdefault(key, []).append(row)
    found = []
    for rows in groups.values():
        here = np.array(rows, np.intp)
        alike = box_iou(table[here], table[here])
        found += [here[things] for things in match(person[here], alike, least)]
    return found


def _sizes(table: Floats) -> Floats:
    sizes: Floats = np.sqrt((table[:, 2:] - table[:, :2]).prod(axis=1))
    return sizes


def _four(side: Floats) -> tuple[float, float, float, float]:
    left, top, right, bottom = side.tolist()
    return left, top, right, bottom

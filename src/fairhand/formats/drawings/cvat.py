"""CVAT for images 1.1: boxes, polygons, masks, points, skeletons and tags, as in `exports.cvat`.

A video is refused: between its key frames CVAT draws what nobody drew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Final
from xml.etree.ElementTree import Element

import numpy as np

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.drawings.coco import plain_runs
from fairhand.formats.drawings.files import Files
from fairhand.formats.drawings.marks import Drawing, Mark, Point, Survey
from fairhand.formats.drawings.values import finite, side, text_of
from fairhand.formats.drawings.xml_text import attribute, elements, numbers
from fairhand.formats.options import ReadOptions
from fairhand.labels import rle
from fairhand.labels.kind import shown

_WANTED: Final = frozenset({"image", "track"})
_TOLD: Final = 100
_MAX_SHAPES: Final = 100_000


@dataclass(slots=True)
class Cvat:
    """CVAT's XML files, one after the other."""

    files: Files
    names: Sequence[str]
    options: ReadOptions

    def survey(self) -> Survey:
        """Gather the labels of each kind."""
        found = Survey()
        for one in self.drawings():
            if isinstance(one, Drawing):
                for mark in one.marks:
                    found.meet(mark)
        return found

    def drawings(self) -> Iterator[Drawing | Issue]:
        """Yield the pictures, one at a time in memory."""
        for name in self.names:
            begun = False
            try:
                with self.files.plain(name) as file:
                    for element in elements(file, _WANTED):
                        if element.tag == "image":
                            begun = True
                            yield from _image(element, name)
                        else:
                            _check(element)
            except MalformedError as error:
                if not begun:
                    raise MalformedError(f"{name} {error.message}") from None
                yield Issue(name, error.message)


def _check(element: Element) -> None:
    if element.tag == "track":
        raise MalformedError(
            "is a video of CVAT (it has tracks); export it as 'CVAT for images', frame by frame"
        )
    if element.tag != "annotations":
        raise MalformedError("is no XML of CVAT: it does not begin with annotations")


def _image(element: Element, name: str) -> Iterator[Drawing | Issue]:
    try:
        file_name = text_of(element.get("name"), "a name")
        size = None
        if element.get("width") or element.get("height"):
            size = side(element.get("height"), "height"), side(element.get("width"), "width")
        if len(element) > _MAX_SHAPES:
            raise MalformedError(f"has {len(element):,} shapes; {_MAX_SHAPES:,} are read")
    except MalformedError as error:
        yield Issue(f"{name} image {shown(element.get('id') or '')}", error.message)
        return
    place = f"{name} {file_name[:200]}"
    marks: list[Mark] = []
    wrong = 0
    for number, shape in enumerate(element, start=1):
        try:
            marks += _marks(shape, size)
        except MalformedError as error:
            wrong += 1
            if wrong <= _TOLD:
                message = f"{shape.tag} {number} {error.message}; it is left out"
                yield Issue(place, message, "warning")
    if wrong > _TOLD:
        yield Issue(place, f"{wrong:,} shapes are left out", "warning")
    yield Drawing(place, file_name, tuple(marks), size, beside=name)


def _marks(shape: Element, size: tuple[int, int] | None) -> Iterator[Mark]:
    label = text_of(shape.get("label"), "a label")
    if shape.tag == "box":
        yield _box(shape, label)
    elif shape.tag == "polygon":
        corners = _pairs(shape.get("points"))
        if len(corners) < 3:
            raise MalformedError("has fewer than three corners")
        yield Mark("polygons", label, corners, _around(corners))
    elif shape.tag == "mask":
        yield Mark("mask", label, _mask(shape, size))
    elif shape.tag == "tag":
        yield Mark("choice", label)
    elif shape.tag == "points":
        pairs = _pairs(shape.get("points"))
        if len(pairs) != 1:
            raise MalformedError("has several points under one label; ours have a label each")
        yield Mark("keypoints", "", (_point(shape, label, *pairs[0]),))
    elif shape.tag == "skeleton":
        yield Mark("keypoints", label, tuple(_joints(shape)))
    else:
        raise MalformedError("is a shape that no question here asks for")


def _box(shape: Element, label: str) -> Mark:
    left, top, right, bottom = (attribute(shape, one) for one in ("xtl", "ytl", "xbr", "ybr"))
    turned = finite(shape.get("rotation") or "0", "rotation")
    if not turned:
        return Mark("boxes", label, (left, top, right, bottom), (left, top, right, bottom))
    x, y, angle = (left + right) / 2, (top + bottom) / 2, radians(turned)
    corners = [
        [
            x + (across - x) * cos(angle) - (down - y) * sin(angle),
            y + (across - x) * sin(angle) + (down - y) * cos(angle),
        ]
        for across, down in ((left, top), (right, top), (right, bottom), (left, bottom))
    ]
    return Mark("polygons", label, corners, _around(corners))


def _pairs(text: str | None) -> list[list[float]]:
    pairs = [numbers(one, "points", ",") for one in (text or "").split(";") if one.strip()]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise MalformedError("has points that are not pairs")
    return pairs


def _around(corners: list[list[float]]) -> tuple[float, float, float, float]:
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return min(across), min(down), max(across), max(down)


def _point(shape: Element, label: str, x: float, y: float) -> Point:
    if shape.get("outside") == "1":
        return label, "absent", 0, 0
    return label, "hidden" if shape.get("occluded") == "1" else "visible", x, y


def _joints(shape: Element) -> Iterator[Point]:
    for joint in shape.findall("points"):
        pairs = _pairs(joint.get("points"))
        if len(pairs) != 1:
            raise MalformedError("has a joint that is not one point")
        yield _point(joint, text_of(joint.get("label"), "a label"), *pairs[0])


def _mask(shape: Element, size: tuple[int, int] | None) -> str:
    if size is None:
        raise MalformedError("lies on a picture whose size is not told")
    height, width = size
    left, top = (int(attribute(shape, one)) for one in ("left", "top"))
    across, down = (side(shape.get(one), one) for one in ("width", "height"))
    if left < 0 or top < 0 or left + across > width or top + down > height:
        raise MalformedError("reaches beyond the picture")
    if height * width > rle.MAX_PIXELS:
        raise MalformedError(f"lies on more than {rle.MAX_PIXELS} pixels")
    runs = [int(one) for one in numbers(shape.get("rle"), "rle", ",")]
    lengths = plain_runs(runs, across * down)
    inside = np.repeat(np.arange(lengths.size) % 2 == 1, lengths).reshape(down, across)
    painted = np.zeros((height, width), bool)
    painted[top : top + down, left : left + across] = inside
    return rle.encode(painted)

"""COCO's JSON: boxes, polygons, run lengths and key points, as in `exports.coco`.

Annotations may stand anywhere in the file and in any order. The file is mapped and looked through
once; in memory are the pictures' names and twenty bytes an annotation.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.drawings.files import Files
from fairhand.formats.drawings.json_parts import Part, Text, mapped, object_at, parts
from fairhand.formats.drawings.marks import Drawing, Mark, MarkKind, Skeleton, Survey
from fairhand.formats.drawings.values import finite, finites, side, text_of
from fairhand.formats.options import ReadOptions
from fairhand.labels import rle
from fairhand.labels.kind import shown

_STATES: Final = ("absent", "hidden", "visible")
MAX_ITEM: Final = 16 * 1024 * 1024
_TOLD: Final = 100
"""Single annotations that are named when they cannot be read; the others are counted."""


@dataclass(slots=True)
class _Index:
    """Where everything of one file is."""

    text: Text
    images: list[dict[str, Any]] = field(default_factory=list)
    categories: dict[Any, str] = field(default_factory=dict)
    skeletons: dict[str, Skeleton] = field(default_factory=dict)
    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    image_of: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    drawn: dict[MarkKind, dict[str, None]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


@dataclass(slots=True)
class Coco:
    """COCO files, one after the other."""

    files: Files
    names: Sequence[str]
    options: ReadOptions
    _indexes: dict[str, _Index] = field(default_factory=dict)

    def survey(self) -> Survey:
        """Say which categories there are and how they are drawn.

        What nobody drew belongs to every kind that anything was drawn as.
        """
        found, named = Survey(), dict[str, None]()
        for name in self.names:
            index = self._index(name)
            found.skeletons |= index.skeletons
            named |= dict.fromkeys(index.categories.values())
            for kind, labels in index.drawn.items():
                found.labels.setdefault(kind, {}).update(labels)
        drawn = {label for labels in found.labels.values() for label in labels}
        for kind, used in found.labels.items():
            left = (one for one in named if one in used or one not in drawn)
            found.labels[kind] = dict.fromkeys(one for one in left if _fits(one, kind, found))
        found.named = named
        return found

    def drawings(self) -> Iterator[Drawing | Issue]:
        """Yield the pictures in the order of the file."""
        for name in self.names:
            index = self._index(name)
            yield from index.issues
            order = np.argsort(index.image_of, kind="stable")
            edges = np.searchsorted(index.image_of[order], np.arange(len(index.images) + 1))
            yield from _lost(index, int(edges[0]), name)
            for at, image in enumerate(index.images):
                found = order[edges[at] : edges[at + 1]].tolist()
                yield from _drawing(index, image, found, name)

    def _index(self, name: str) -> _Index:
        if name not in self._indexes:
            with self.files.plain(name) as file:
                self._indexes[name] = _indexed(mapped(file), name)
        return self._indexes[name]


def _fits(label: str, kind: MarkKind, found: Survey) -> bool:
    return (kind == "keypoints") == (label in found.skeletons) or label in found.labels[kind]


def _indexed(text: Text, name: str) -> _Index:
    index = _Index(text)
    try:
        ids = _gather(index, name)
    except MalformedError as error:
        raise MalformedError(f"{name} {error.message}") from None
    known: dict[Any, int] = {}
    for at, image in enumerate(index.images):
        if known.setdefault(image["id"], at) != at:
            message = f"has the id of another picture, {shown(str(image['id']))}"
            index.issues.append(Issue(f"{name} image {at + 1}", message))
    index.image_of = np.array([_hashed(known, one, -1) for one in ids], np.int64)
    return index


def _gather(index: _Index, name: str) -> list[Any]:
    """Sort the parts of a file; give the picture of each annotation by its id."""
    ids: list[Any] = []
    keys: set[str] = set()
    used: set[tuple[MarkKind, Any]] = set()
    for part in parts(index.text):
        keys.add(part.key)
        if part.key == "annotations":
            one = _light(index.text, part.start, part.end)
            index.starts.append(part.start)
            index.ends.append(part.end)
            key = one.get("image_id") if one else None
            ids.append(key if isinstance(key, int | str) else None)
            if one and isinstance(one.get("category_id"), int | str):
                used.add((_kind(one), one["category_id"]))
        elif part.key in ("images", "categories"):
            _take(index, part, name)
    if "images" not in keys:
        raise MalformedError("lists no images, so it is no COCO file")
    for kind, category in used:
        if (label := index.categories.get(category)) is not None:
            index.drawn.setdefault(kind, {}).setdefault(label)
    return ids


def _take(index: _Index, part: Part, name: str) -> None:
    place = f"{name} {part.key}"
    try:
        one = object_at(index.text, part, MAX_ITEM)
        key = one.get("id")
        if isinstance(key, bool) or not isinstance(key, int | str):
            raise MalformedError("has one whose id is no number")
        if part.key == "images":
            index.images.append(_image(one, key))
            return
        label = text_of(one.get("name"), "a name")
        if key in index.categories:
            raise MalformedError(f"has the id {shown(str(key))} twice")
        index.categories[key] = label
        if "keypoints" in one:
            index.skeletons[label] = _skeleton(one)
    except MalformedError as error:
        index.issues.append(Issue(place, error.message))


def _image(one: Mapping[str, Any], key: int | str) -> dict[str, Any]:
    kept: dict[str, Any] = {"id": key, "file_name": text_of(one.get("file_name"), "a file_name")}
    if "height" in one or "width" in one:
        kept["size"] = (side(one.get("height"), "height"), side(one.get("width"), "width"))
    return kept


def _skeleton(one: Mapping[str, Any]) -> Skeleton:
    points = one["keypoints"]
    if not isinstance(points, list) or not all(isinstance(point, str) for point in points):
        raise MalformedError("has key points that are no list of names")
    bones = one.get("skeleton")
    pairs = bones if isinstance(bones, list) else []
    known = {at + 1: point for at, point in enumerate(points)}
    joined = [
        (known[pair[0]], known[pair[1]])
        for pair in pairs
        if isinstance(pair, list)
        and len(pair) == 2
        and all(isinstance(end, int) and end in known for end in pair)
        and pair[0] != pair[1]
    ]
    return Skeleton(tuple(points), tuple(joined))


def _light(text: Text, start: int, end: int) -> dict[str, Any] | None:
    """Read an annotation without much checking; it is read strictly when its picture comes."""
    if end - start > MAX_ITEM:
        return None
    try:
        found: dict[str, Any] = orjson.loads(text[start:end])
    except orjson.JSONDecodeError:
        return None
    return found


def _hashed(known: Mapping[Any, Any], key: Any, otherwise: Any = None) -> Any:  # noqa: ANN401
    """Look up what may be anything."""
    if isinstance(key, bool) or not isinstance(key, int | str):
        return otherwise
    return known.get(key, otherwise)


def _kind(one: Mapping[str, Any]) -> MarkKind:
    if one.get("keypoints"):
        return "keypoints"
    drawn = one.get("segmentation")
    if isinstance(drawn, dict):
        return "mask"
    return "polygons" if drawn else "boxes"


def _lost(index: _Index, many: int, name: str) -> Iterator[Issue]:
    if many:
        message = f"{many:,} belong to no picture of the file, or cannot be read"
        yield Issue(f"{name} annotations", message)


def _drawing(
    index: _Index, image: Mapping[str, Any], found: Sequence[int], name: str
) -> Iterator[Drawing | Issue]:
    place = f"{name} {image['file_name'][:200]}"
    marks: list[Mark] = []
    wrong = 0
    for at in found:
        try:
            part = Part("annotations", index.starts[at], index.ends[at])
            one = object_at(index.text, part, MAX_ITEM)
            marks += _marks(index, one, image.get("size"))
        except MalformedError as error:
            wrong += 1
            if wrong <= _TOLD:
                told = f"annotation {at + 1} {error.message}; it is left out"
                yield Issue(place, told, "warning")
    if wrong > _TOLD:
        yield Issue(place, f"{wrong:,} annotations are left out", "warning")
    yield Drawing(place, image["file_name"], tuple(marks), image.get("size"), beside=name)


def _marks(index: _Index, one: Mapping[str, Any], size: tuple[int, int] | None) -> Iterator[Mark]:
    label = _hashed(index.categories, one.get("category_id"))
    if label is None:
        raise MalformedError(f"has the category {shown(str(one.get('category_id')))}, unknown here")
    box = _box(one.get("bbox"))
    score = finite(one["score"], "score") if one.get("score") is not None else None
    kind = _kind(one)
    if kind == "keypoints":
        yield Mark("keypoints", label, _points(index, label, one["keypoints"]), box, score)
    elif kind == "mask":
        yield Mark("mask", label, _counts(one["segmentation"], size), box, score)
    elif kind == "polygons":
        for part, corners in enumerate(_outlines(one["segmentation"])):
            yield Mark("polygons", label, corners, None if part else box, score)
    elif box is None:
        raise MalformedError("has neither a bbox nor a segmentation")
    else:
        yield Mark("boxes", label, box, box, score)


def _box(given: Any) -> tuple[float, float, float, float] | None:  # noqa: ANN401
    if not given:
        return None
    numbers = finites(given, "bbox")
    if len(numbers) != 4:
        raise MalformedError("has a bbox that is not four numbers")
    left, top, width, height = numbers
    return left, top, left + width, top + height


def _outlines(given: Any) -> list[list[list[float]]]:  # noqa: ANN401
    if not isinstance(given, list):
        raise MalformedError("has a segmentation that is neither polygons nor run lengths")
    found = []
    for flat in given:
        numbers = finites(flat, "segmentation")
        if len(numbers) < 6 or len(numbers) % 2:
            raise MalformedError("has an outline that is not three corners or more")
        found.append([list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)])
    return found


def _counts(given: Mapping[str, Any], size: tuple[int, int] | None) -> str:
    """Write run lengths, packed or as a list of numbers, in the one form that answers have."""
    told = given.get("size")
    if not isinstance(told, list) or len(told) != 2:
        raise MalformedError("has run lengths without their size")
    height, width = side(told[0], "height"), side(told[1], "width")
    if size is not None and size != (height, width):
        raise MalformedError(f"has run lengths of {width} x {height}, not of the picture's size")
    counts = given.get("counts")
    try:
        if isinstance(counts, str):
            return rle.runs_to_text(rle.text_to_runs(counts, height, width))
        return rle.runs_to_text(plain_runs(counts, height * width))
    except rle.RleError as error:
        raise MalformedError(f"has run lengths that cannot be read: {error}") from None


def plain_runs(given: Any, pixels: int) -> rle.Runs:  # noqa: ANN401
    """Read run lengths that are a list of numbers; raises MalformedError when they do not fill."""
    if not isinstance(given, list) or not all(type(one) is int for one in given):
        raise MalformedError("has run lengths that are no whole numbers")
    if pixels > rle.MAX_PIXELS:
        raise MalformedError(f"has run lengths of {pixels} pixels; {rle.MAX_PIXELS} are read")
    if any(one < 0 or one > pixels for one in given) or sum(given) != pixels:
        raise MalformedError(f"has run lengths that do not cover the {pixels} pixels there are")
    return np.array(given, np.int64)


def _points(index: _Index, label: str, given: Any) -> tuple[tuple[str, str, float, float], ...]:  # noqa: ANN401
    skeleton = index.skeletons.get(label)
    if skeleton is None:
        raise MalformedError(f"has key points, but the category {shown(label)} names none")
    numbers = finites(given, "keypoints")
    if len(numbers) != 3 * len(skeleton.points):
        raise MalformedError(
            f"has {len(numbers)} numbers of key points; {3 * len(skeleton.points)} are expected"
        )
    if any(state not in (0, 1, 2) for state in numbers[2::3]):
        raise MalformedError("has a key point that is not absent (0), hidden (1) or visible (2)")
    triples = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    return tuple(
        (point, _STATES[int(state)], x, y)
        for point, (x, y, state) in zip(skeleton.points, triples, strict=True)
    )

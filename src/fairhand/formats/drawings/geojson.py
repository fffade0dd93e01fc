"""GeoJSON: outlines and points on the map, laid back onto the pictures that lie there.

A feature names its picture in `file_name`, or there is only one picture. Coordinates are WGS 84,
or in the system that the file names in `crs`. What makes a label is `label`, else `class`,
`category` or `name`.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.drawings.files import PICTURES, Files
from fairhand.formats.drawings.json_parts import Part, Text, mapped, object_at, parts
from fairhand.formats.drawings.marks import KINDS, Drawing, Mark, MarkKind, Survey
from fairhand.formats.drawings.values import finite, text_of
from fairhand.formats.json_text import parse_json
from fairhand.formats.map_systems import WGS84, system_of
from fairhand.formats.options import ReadOptions
from fairhand.labels.kind import shown

MAX_FEATURE: Final = 16 * 1024 * 1024
_HEAD: Final = 64 * 1024
_CRS: Final = re.compile(rb'"crs"\s*:\s*(\{[^{}]*\{[^{}]*\}[^{}]*\})')
_LABELS: Final = ("label", "class", "category", "name")
_STATES: Final = ("visible", "hidden", "absent")
_MAX_CORNERS: Final = 100_000


@dataclass(slots=True)
class _Index:
    """Where the features of each picture are."""

    text: Text
    crs: str
    places: dict[str, array[int]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    survey: Survey = field(default_factory=Survey)


@dataclass(slots=True)
class GeoJson:
    """GeoJSON files, one after the other."""

    files: Files
    names: Sequence[str]
    options: ReadOptions

    def survey(self) -> Survey:
        """Gather labels and kinds."""
        found = Survey()
        for index in self._indexes():
            for kind, labels in index.survey.labels.items():
                found.labels.setdefault(kind, {}).update(labels)
            found.skeletons |= index.survey.skeletons
        return found

    def drawings(self) -> Iterator[Drawing | Issue]:
        """Yield the pictures that features name."""
        for name, index in zip(self.names, self._indexes(), strict=True):
            yield from index.issues
            for picture, spots in index.places.items():
                place = f"{name} {picture[:200]}"
                marks: list[Mark] = []
                for start, end in zip(spots[::2], spots[1::2], strict=True):
                    feature = object_at(index.text, Part("features", start, end), MAX_FEATURE)
                    marks += _marks(feature)
                yield Drawing(place, picture, tuple(marks), beside=name, crs=index.crs)

    def _indexes(self) -> Iterator[_Index]:
        pictures = [
            one for one in self.files.names if PurePosixPath(one).suffix.casefold() in PICTURES
        ]
        lone = pictures[0] if len(pictures) == 1 else None
        for name in self.names:
            with self.files.plain(name) as file:
                head = file.read(_HEAD)
                try:
                    index = _Index(mapped(file), _system(head))
                    _gather(index, name, lone)
                except MalformedError as error:
                    raise MalformedError(f"{name} {error.message}") from None
            yield index


def _system(head: bytes) -> str:
    found = _CRS.search(head)
    if found is None:
        return WGS84
    told = parse_json(found[1])
    named = told.get("properties")
    return system_of(text_of(named.get("name") if isinstance(named, dict) else None, "a crs name"))


def _gather(index: _Index, name: str, lone: str | None) -> None:
    """Check every feature, and remember where it is."""
    number = 0
    for part in parts(index.text):
        if part.key != "features":
            continue
        number += 1
        try:
            feature = object_at(index.text, part, MAX_FEATURE)
            about = _properties(feature)
            picture = about.get("file_name") or lone
            if not isinstance(picture, str):
                raise MalformedError("names no picture in its property file_name")
            index.places.setdefault(picture, array("q"))
            if about.get("kind") in KINDS and feature.get("geometry") is None:
                kind: MarkKind = about["kind"]
                index.survey.labels.setdefault(kind, {})
            for mark in _marks(feature):
                index.survey.meet(mark)
            index.places[picture].extend((part.start, part.end))
        except MalformedError as error:
            index.issues.append(Issue(f"{name} feature {number}", error.message, "warning"))
    if not number:
        raise MalformedError("has no features")


def _properties(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    about = feature.get("properties")
    return about if isinstance(about, dict) else {}


def _marks(feature: Mapping[str, Any]) -> Iterator[Mark]:
    about, geometry = _properties(feature), feature.get("geometry")
    given = next((about[key] for key in _LABELS if about.get(key) is not None), None)
    if geometry is None:
        if about.get("kind") == "keypoints" and about.get("state") == "absent":
            yield Mark("keypoints", "", ((text_of(given, "a label"), "absent", 0, 0),))
        return
    label = text_of(given, "a label")
    if not isinstance(geometry, dict):
        raise MalformedError("has a geometry that is none")
    kind, where = geometry.get("type"), geometry.get("coordinates")
    if kind == "Point":
        state = about.get("state", "visible")
        if state not in _STATES[:2]:
            raise MalformedError(f"has a point that is {shown(state)}, not visible or hidden")
        yield Mark("keypoints", "", ((label, state, *_place(where)),))
    elif kind == "Polygon":
        yield _outline(where, label, is_box=about.get("kind") == "boxes")
    elif kind == "MultiPolygon" and isinstance(where, list):
        for part in where:
            yield _outline(part, label, is_box=False)
    else:
        raise MalformedError(f"is a {shown(kind)}; polygons and points are read")


def _outline(rings: Any, label: str, *, is_box: bool) -> Mark:  # noqa: ANN401
    if not isinstance(rings, list) or not rings or not isinstance(rings[0], list):
        raise MalformedError("has a polygon without a ring")
    if len(rings) > 1:
        raise MalformedError("has a polygon with holes, which no answer here can hold")
    ring = rings[0]
    if not 4 <= len(ring) <= _MAX_CORNERS:
        raise MalformedError(f"has a ring of {len(ring)} places; 4 to {_MAX_CORNERS:,} are read")
    corners = [list(_place(one)) for one in ring]
    if corners[0] != corners[-1]:
        raise MalformedError("has a ring that does not end where it begins")
    return Mark("boxes" if is_box else "polygons", label, corners[:-1])


def _place(given: Any) -> tuple[float, float]:  # noqa: ANN401
    if not isinstance(given, list) or not 2 <= len(given) <= 3:
        raise MalformedError("has a place that is not [east, north]")
    return finite(given[0], "coordinate"), finite(given[1], "coordinate")

"""GeoJSON (RFC 7946): what was drawn on pictures that lie on the map.

`annotations.geojson` is in WGS 84, longitude before latitude, outer rings against the clock and
closed. `native/EPSG-….geojson` says the same in the pictures' own system, one file a system, named
in the `crs` member that GeoJSON had before the RFC. That nothing is there, or a point absent, is a
feature without geometry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import orjson

from fairhand.core.errors import MalformedError
from fairhand.formats.exports.items import Item, Options, Report, Row, number, sized
from fairhand.formats.map_systems import WGS84, Warp, is_there, system_of, warp
from fairhand.model.geo import Geo, geo_of

FILE: Final = "annotations.geojson"
NATIVE: Final = "native"
_HELD: Final = frozenset({"boxes", "polygons", "keypoints"})
_DIGITS: Final = 10

Places = Sequence[tuple[float, float]]
Thing = tuple[dict[str, Any], Places, bool]
"""Properties, places in the picture's own system, and whether they are a ring."""


def write(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write both, one feature at a time in memory."""
    report = Report(files=[FILE])
    with ExitStack() as stack:
        whole = stack.enter_context(_Collection.opened(folder / FILE))
        native: dict[str, _Collection] = {}
        for item in items:
            report.tasks += 1
            options.progress(report.tasks)
            geo = _geo(item)
            if geo is None:
                report.leave_out("a task whose picture has no place on the map")
                continue
            own = native.get(geo.crs)
            if own is None:
                path = folder / NATIVE / f"{_file_name(geo.crs, len(native))}.geojson"
                own = stack.enter_context(_Collection.opened(path, geo.crs))
                native[geo.crs] = own
                report.files.append(str(path.relative_to(folder)))
            things = [thing for row in item.rows for thing in _things(item, row, geo, report)]
            _write(things, geo, whole, own, report)
            report.written += bool(things)
    return report


@dataclass(slots=True)
class _Collection:
    """One file; it is closed properly when its context ends."""

    file: IO[bytes]
    many: int = 0

    @classmethod
    def opened(cls, path: Path, crs: str = "") -> _Collection:
        """Begin a file, with its system named if it is not that of the RFC."""
        path.parent.mkdir(parents=True, exist_ok=True)
        made = cls(path.open("wb"))
        named = {"type": "name", "properties": {"name": _urn(crs)}}
        told = b'"crs":' + orjson.dumps(named) + b",\n" if crs else b""
        made.file.write(b'{"type":"FeatureCollection",\n' + told + b'"features":[')
        return made

    def add(self, properties: Mapping[str, Any], geometry: Mapping[str, Any] | None) -> None:
        """Write one feature."""
        feature = {"type": "Feature", "properties": properties, "geometry": geometry}
        self.file.write((b",\n" if self.many else b"\n") + orjson.dumps(feature))
        self.many += 1

    def __enter__(self) -> _Collection:
        return self

    def __exit__(self, *_error: object) -> None:
        self.file.write(b"]}\n")
        self.file.close()


def _geo(item: Item) -> Geo | None:
    details = item.data.get("media_details")
    return geo_of(details if isinstance(details, Mapping) else None)


def _urn(crs: str) -> str:
    return f"urn:ogc:def:crs:EPSG::{crs[5:]}" if crs.startswith("EPSG:") else crs


def _file_name(crs: str, many: int) -> str:
    try:
        return system_of(crs).replace(":", "-")
    except MalformedError:
        return f"system-{many + 1}"


def _things(item: Item, row: Row, geo: Geo, report: Report) -> Iterator[Thing]:
    value, kind = row.get("value"), row.get("kind")
    if kind not in _HELD or not isinstance(value, Mapping) or sized(value) is None:
        report.leave_out(f"an answer of the kind {kind}: GeoJSON holds outlines and points")
        return
    about = {
        "task_id": item.task_id,
        "file_name": item.file_name(),
        "question": row.get("question"),
        "kind": kind,
    }
    if item.split is not None:
        about["split"] = item.split
    if row.get("confidence") is not None:
        about["confidence"] = number(row["confidence"])
    drawn = value.get(
        "boxes" if kind == "boxes" else "polygons" if kind == "polygons" else "points"
    )
    if not drawn:
        yield about, (), False
    for one in drawn or ():
        told = about | {"label": one["label"]}
        if kind == "keypoints":
            told["state"] = one["state"]
            yield told, [geo.to_map(*one["at"])] if "at" in one else [], False
        else:
            yield told, [geo.to_map(x, y) for x, y in _corners(one)], True


def _corners(one: Mapping[str, Any]) -> list[tuple[float, float]]:
    if "points" in one:
        return [(x, y) for x, y in one["points"]]
    left, top, right, bottom = one["box"]
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _write(
    things: Sequence[Thing], geo: Geo, whole: _Collection, own: _Collection, report: Report
) -> None:
    try:
        way: Warp | None = warp(system_of(geo.crs), WGS84)
        why = ""
    except MalformedError as error:
        way, why = None, error.message
    for properties, places, is_ring in things:
        own.add(properties, _geometry(places, is_ring))
        if way is None:
            report.leave_out(f"a thing that is in its own system alone: it {why}")
            continue
        there = [way(*place) for place in places]
        if not all(map(is_there, there)):
            report.leave_out("a thing that is in its own system alone: no place in WGS 84")
        elif there and max(x for x, _ in there) - min(x for x, _ in there) > 180:
            report.leave_out("a thing that is in its own system alone: over the 180th meridian")
        else:
            whole.add(properties, _geometry(there, is_ring))


def _geometry(places: Places, is_ring: bool) -> dict[str, Any] | None:
    if not places:
        return None
    tidy = [[round(x, _DIGITS), round(y, _DIGITS)] for x, y in places]
    if not is_ring:
        return {"type": "Point", "coordinates": tidy[0]}
    following = [*tidy[1:], tidy[0]]
    twice = sum(
        (one[0] - tidy[0][0]) * (two[1] - tidy[0][1])
        - (two[0] - tidy[0][0]) * (one[1] - tidy[0][1])
        for one, two in zip(tidy, following, strict=True)
    )
    ring = tidy if twice > 0 else tidy[::-1]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}

"""From places on the map to points of a picture."""

from __future__ import annotations

from dataclasses import replace

from fairhand.core.errors import MalformedError
from fairhand.formats.drawings.marks import Mark
from fairhand.formats.map_systems import Warp, is_there, system_of, warp
from fairhand.model.geo import Geo


def onto_picture(marks: tuple[Mark, ...], crs: str, geo: Geo | None) -> tuple[Mark, ...]:
    """Lay marks onto a picture; raises MalformedError where it has no place, or they none there."""
    if geo is None:
        raise MalformedError("has no place on the map, so nothing can be laid onto it")
    way = warp(crs, system_of(geo.crs))
    return tuple(_laid(mark, way, geo) for mark in marks)


def _laid(mark: Mark, way: Warp, geo: Geo) -> Mark:
    if mark.kind == "keypoints":
        points = tuple(
            (name, state, *(_point(x, y, way, geo) if state != "absent" else (0, 0)))
            for name, state, x, y in mark.shape
        )
        return replace(mark, shape=points)
    corners = [list(_point(x, y, way, geo)) for x, y in mark.shape]
    across, down = [x for x, _ in corners], [y for _, y in corners]
    box = min(across), min(down), max(across), max(down)
    return replace(mark, shape=box if mark.kind == "boxes" else corners, box=box)


def _point(east: float, north: float, way: Warp, geo: Geo) -> tuple[float, float]:
    there = way(east, north)
    if not is_there(there):
        raise MalformedError("is marked at a place that its coordinate system does not have")
    x, y = geo.to_pixel(*there)
    return round(x, 2), round(y, 2)

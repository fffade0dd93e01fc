"""Coordinate systems of maps by their EPSG numbers, and the way between two of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import Final, TypeAlias

from fairhand.core.errors import MalformedError
from fairhand.labels.kind import shown

WGS84: Final = "EPSG:4326"
Warp: TypeAlias = Callable[[float, float], tuple[float, float]]
_NAMES: Final = re.compile(r"(?:urn:ogc:def:crs:EPSG:[^:]*:|EPSG:)(\d{4,6})", re.IGNORECASE)
_CRS84: Final = re.compile(r"urn:ogc:def:crs:OGC:[^:]*:CRS84|OGC:CRS84", re.IGNORECASE)


def system_of(name: str) -> str:
    """Read the name of a system as `EPSG:number`; raises MalformedError for any other."""
    if _CRS84.fullmatch(name):
        return WGS84
    found = _NAMES.fullmatch(name)
    if found is None:
        raise MalformedError(f"is in the coordinate system {shown(name)}, which has no EPSG number")
    return f"EPSG:{found[1]}"


@lru_cache(maxsize=64)
def warp(start: str, end: str) -> Warp:
    """Give the way from one system to another, east before north; raises MalformedError.

    The way itself gives infinities where a place has no counterpart.
    """
    if start == end:
        return lambda east, north: (east, north)
    try:
        from pyproj import Transformer
        from pyproj.exceptions import CRSError
    except ImportError:
        raise MalformedError("needs the extra 'imaging': pip install 'fairhand[imaging]'") from None
    try:
        transformer = Transformer.from_crs(start, end, always_xy=True)
    except CRSError:
        raise MalformedError(f"is in a coordinate system that is not known: {start}") from None

    def way(east: float, north: float) -> tuple[float, float]:
        there = transformer.transform(east, north)
        return float(there[0]), float(there[1])

    return way


def is_there(place: tuple[float, float]) -> bool:
    """Say whether a place has a counterpart."""
    return isfinite(place[0]) and isfinite(place[1])

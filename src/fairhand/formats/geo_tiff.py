"""Where a GeoTIFF lies: its coordinate system and transform, out of its tags.

Tags and keys as in the OGC GeoTIFF standard 1.1 (OGC 19-008r4), annexes B and C.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from fairhand.model.geo import Geo, Transform

PIXEL_SCALE, TIE_POINTS, MATRIX = 33550, 33922, 34264
KEYS, NUMBERS, WORDS = 34735, 34736, 34737
GEO_TAGS = frozenset({PIXEL_SCALE, TIE_POINTS, MATRIX, KEYS, NUMBERS, WORDS})

_MODEL_TYPE, _RASTER_TYPE, _CITATION = 1024, 1025, 1026
_GEOGRAPHIC, _GEOGRAPHIC_CITATION = 2048, 2049
_PROJECTED, _PROJECTED_CITATION = 3072, 3073
_IS_GEOGRAPHIC = 2
_PIXEL_IS_POINT = 2
_OWN = 32767
_NAME_MAX = 120


def read_geo(tags: Mapping[int, Any]) -> Geo | None:
    """Read the place; None for a picture without one, or with one that makes no sense."""
    try:
        keys = _keys(tags)
        transform = _transform(tags)
    except (TypeError, ValueError, IndexError):
        return None
    if transform is None or not all(map(isfinite, transform)):
        return None
    a, b, c, d, e, f = transform
    if a * e == b * d:
        return None
    if keys.get(_RASTER_TYPE) == _PIXEL_IS_POINT:  # told are the middles of pixels, not corners
        c, f = c - (a + b) / 2, f - (d + e) / 2
    geographic = keys.get(_MODEL_TYPE) == _IS_GEOGRAPHIC
    return Geo(_name(keys, geographic), (a, b, c, d, e, f), geographic)


def _transform(tags: Mapping[int, Any]) -> Transform | None:
    if MATRIX in tags:
        a, b, _, c, d, e, _, f, *_ = [float(value) for value in tags[MATRIX]]
        return a, b, c, d, e, f
    if PIXEL_SCALE not in tags or TIE_POINTS not in tags:
        return None
    across, down, *_ = [float(value) for value in tags[PIXEL_SCALE]]
    x, y, _, east, north, *_ = [float(value) for value in tags[TIE_POINTS]]
    return across, 0.0, east - x * across, 0.0, -down, north + y * down


def _keys(tags: Mapping[int, Any]) -> dict[int, Any]:
    """Read the key directory: four numbers a key, of which the value or where it lies."""
    numbers = [int(value) for value in tags.get(KEYS, ())]
    found: dict[int, Any] = {}
    for at in range(4, len(numbers) - 3, 4):
        key, where, count, value = numbers[at : at + 4]
        if where == 0:
            found[key] = value
        elif where == WORDS:
            words = _words(tags.get(WORDS, ""))
            found[key] = words[value : value + count].rstrip("|\x00 ")
    return found


def _words(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        value = value[0] if value else ""
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def _name(keys: Mapping[int, Any], geographic: bool) -> str:
    code = keys.get(_GEOGRAPHIC if geographic else _PROJECTED)
    if isinstance(code, int) and 0 < code < _OWN:
        return f"EPSG:{code}"
    citation = _GEOGRAPHIC_CITATION if geographic else _PROJECTED_CITATION
    return str(keys.get(citation) or keys.get(_CITATION) or "unknown")[:_NAME_MAX]

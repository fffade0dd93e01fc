"""Where a picture lies on the map, and where its pixels do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Transform: TypeAlias = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Geo:
    """A coordinate system by name, and the affine transform from pixels into it.

    `transform` is (a, b, c, d, e, f): east = a·x + b·y + c, north = d·x + e·y + f, where (0, 0) is
    the outer corner of the first pixel and (0.5, 0.5) its middle. In a `geographic` system east
    and north are longitude and latitude in degrees.
    """

    crs: str
    transform: Transform
    geographic: bool = False

    def to_map(self, x: float, y: float) -> tuple[float, float]:
        """Give the place of a point of the picture."""
        a, b, c, d, e, f = self.transform
        return a * x + b * y + c, d * x + e * y + f

    def to_pixel(self, east: float, north: float) -> tuple[float, float]:
        """Give the point of the picture where a place is; it may lie outside."""
        a, b, c, d, e, f = self.transform
        whole = a * e - b * d
        east, north = east - c, north - f
        return (e * east - b * north) / whole, (a * north - d * east) / whole

    def as_json(self) -> dict[str, Any]:
        """Write it as a file's `details.geo` has it."""
        return {"crs": self.crs, "transform": list(self.transform), "geographic": self.geographic}


def geo_of(details: Mapping[str, Any] | None) -> Geo | None:
    """Read the place out of a file's details; None where there is none."""
    found = (details or {}).get("geo")
    if found is None:
        return None
    a, b, c, d, e, f = found["transform"]
    return Geo(found["crs"], (a, b, c, d, e, f), bool(found.get("geographic")))

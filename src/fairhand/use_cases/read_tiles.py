"""Pieces and other looks of a task's picture, for whom the picture is shown to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import orjson

from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.formats.image_values import Window, check_window, render_file
from fairhand.formats.pyramid import Index, read_index
from fairhand.model.geo import geo_of
from fairhand.people.accounts.rules import Actor
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.read_media import Shown, find_use
from fairhand.work.media import store

PYRAMID = "pyramid"
_INDEXES_KEPT = 64
_WEBP, _PNG = "image/webp", "image/png"
_PNG_MAGIC = b"\x89PNG"


@dataclass(frozen=True, slots=True)
class Place:
    """Which tile of a pyramid: level 0 is the picture itself."""

    level: int
    column: int
    row: int


def read_window(db: Database, blobs: BlobStore, actor: Actor, sha256: str, window: Window) -> Shown:
    """Render a 16-bit picture through a window, without loss.

    Raises NotFoundError for who may not see the picture, and for pictures of 8 bits.
    """
    check_window(window)
    with db.read() as connection:
        use = find_use(connection, actor, sha256)
    if use.content_type != _PNG or "window" not in _details(use.details):
        raise NotFoundError("There is no such file for you to see.")
    return Shown(render_file(blobs.get(sha256), window), _WEBP)


def read_tile(
    db: Database,
    blobs: BlobStore,
    actor: Actor,
    sha256: str,
    place: Place,
    window: Window | None = None,
) -> Shown:
    """Read one tile of a large picture; one of 16 bits is rendered through its window.

    Raises NotFoundError for who may not see the picture, and where there is no such tile.
    """
    with db.read() as connection:
        use = find_use(connection, actor, sha256)
        part = store.find_part(connection, sha256, PYRAMID)
    if part is None:
        raise NotFoundError("There is no such tile.")
    index = _index(blobs, part.blob_sha256, part.size_bytes)
    start, end = index.find(place.level, place.column, place.row)
    content = blobs.read_range(part.blob_sha256, start, end)
    if not index.deep:
        return Shown(content, _PNG if content.startswith(_PNG_MAGIC) else _WEBP)
    usual = _details(use.details)["window"]
    return Shown(render_file(content, check_window(window or (usual[0], usual[1]))), _WEBP)


def read_geo_place(
    db: Database,
    actor: Actor,
    sha256: str,
    pixel: tuple[float, float] | None = None,
    place: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """Tell where on the map a point of a picture lies, or which point of it a place is.

    Raises NotFoundError for who may not see the picture, and for pictures without a place.
    """
    with db.read() as connection:
        use = find_use(connection, actor, sha256)
    geo = geo_of(_details(use.details))
    if geo is None:
        raise NotFoundError("This picture is on no map.")
    if (pixel is None) == (place is None):
        raise InvalidError("Ask by x and y, or by east and north.")
    x, y = pixel or geo.to_pixel(*(place or (0.0, 0.0)))
    east, north = place or geo.to_map(x, y)
    return {"crs": geo.crs, "x": x, "y": y, "east": east, "north": north}


@lru_cache(maxsize=_INDEXES_KEPT)
def _index(blobs: BlobStore, sha256: str, size: int) -> Index:
    return read_index(size, partial(blobs.read_range, sha256))


def _details(written: str | None) -> dict[str, Any]:
    details: dict[str, Any] = orjson.loads(written or "{}")
    return details

"""Files of tasks, for those who may see the task."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Query
from starlette.responses import Response

from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_media import Shown, read_media
from fairhand.use_cases.read_tiles import Place, read_geo_place, read_tile, read_window
from fairhand.web.shared.doors import guard

router = APIRouter(prefix="/media", tags=["media"], include_in_schema=False)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_WINDOW = re.compile(r"(-?[0-9]{1,6})_(-?[0-9]{1,6})")
# Named by content, so it never changes; private, since who may see it can.
Coordinate: TypeAlias = Annotated[float | None, Query(ge=-1e12, le=1e12, allow_inf_nan=False)]
_CACHE = "private, max-age=86400, immutable"


@router.get("/{sha256}")
@guard("own")
def original(house: House, actor: Actor, sha256: str) -> Response:
    """Show a task's file."""
    return _show(house, actor, sha256, preview=False)


@router.get("/{sha256}/preview")
@guard("own")
def preview(house: House, actor: Actor, sha256: str) -> Response:
    """Show a task's file small enough for a slow phone."""
    return _show(house, actor, sha256, preview=True)


@router.get("/{sha256}/window/{window}")
@guard("own")
def window(house: House, actor: Actor, sha256: str, window: str) -> Response:
    """Show a 16-bit picture through a window: the value that is black, then the one that is white.

    The window is written as `100_900`.
    """
    ends = _window(window)
    return _answer(read_window(house.db, house.blobs, actor, _checked(sha256), ends))


@router.get("/{sha256}/tile/{level}/{column}_{row}")
@guard("own")
def tile(
    house: House,
    actor: Actor,
    sha256: str,
    level: int,
    column: int,
    row: int,
    window: str | None = None,
) -> Response:
    """Show a tile of a large picture."""
    ends = None if window is None else _window(window)
    place = Place(level, column, row)
    return _answer(read_tile(house.db, house.blobs, actor, _checked(sha256), place, ends))


@router.get("/{sha256}/place")
@guard("own")
def place(
    house: House,
    actor: Actor,
    sha256: str,
    x: Coordinate = None,
    y: Coordinate = None,
    east: Coordinate = None,
    north: Coordinate = None,
) -> dict[str, Any]:
    """Tell where on the map a point of a picture lies, or which point of it a place is."""
    pixel = None if x is None or y is None else (x, y)
    where = None if east is None or north is None else (east, north)
    return read_geo_place(house.db, actor, _checked(sha256), pixel, where)


def _window(written: str) -> tuple[int, int]:
    if not (found := _WINDOW.fullmatch(written)):
        raise InvalidError("A window is two whole numbers, as 100_900.")
    return int(found[1]), int(found[2])


def _show(house: House, actor: Actor, sha256: str, *, preview: bool) -> Response:
    return _answer(read_media(house.db, house.blobs, actor, _checked(sha256), preview=preview))


def _checked(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise NotFoundError("There is no such file for you to see.")
    return sha256


def _answer(shown: Shown) -> Response:
    cache = _CACHE if shown.may_be_kept else "private, no-store"
    headers = {"Cache-Control": cache, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(shown.content, media_type=shown.content_type, headers=headers)

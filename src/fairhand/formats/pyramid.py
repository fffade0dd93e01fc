"""A large picture as tiles of several sizes, in one file; made in one pass over its rows.

Level 0 is the picture itself, each further level half as wide and high, rounded up, down to one
that is a single tile. The file: the tiles, then an index of (offset, size) by level, row and
column, a description as JSON, and where the index begins.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from typing import IO, Any

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import Image

from fairhand.core.errors import MalformedError, NotFoundError

TILE = 512
CONTENT_TYPE = "application/x-fairhand-pyramid"
LARGE = 4096 * 4096
"""Pictures with more pixels are sent as tiles."""

_MAGIC = b"FHpyr\x01"
_FOOTER = struct.Struct("<QI6s")
_ENTRY = struct.Struct("<QI")
_SMALL_SIDE = 2048
_QUALITY = 85
_FINE_QUALITY = 92
_WORKERS = 2


def levels_of(width: int, height: int) -> int:
    """Count the levels of a picture, from itself to a single tile."""
    return max(0, ceil(max(width, height) / TILE) - 1).bit_length() + 1


def shape_of(width: int, height: int, level: int) -> tuple[int, int]:
    """Give a level's width and height."""
    return -(-width // 2**level), -(-height // 2**level)


def write_pyramid(
    rows: Iterable[NDArray[Any]], width: int, height: int, target: IO[bytes], *, exact: bool
) -> Image.Image:
    """Write the pyramid of a picture that comes in bands of rows; memory holds a few bands.

    Rows are 8-bit grey or colour, or 16-bit grey: those keep every bit on every level. Of others,
    level 0 keeps every pixel when `exact`. Returns the picture small, for a preview.
    """
    with ThreadPoolExecutor(_WORKERS) as workers:
        pack = _Pack(target, workers, exact)
        first = _chain(width, height, pack)
        seen = 0
        for band in rows:
            first.add(band)
            seen += len(band)
        if seen != height:
            raise MalformedError(f"has {seen} rows and not {height}")
        first.end()
    pack.finish(width, height)
    return first.small()


@dataclass(frozen=True, slots=True)
class Index:
    """Where the tiles of a pyramid lie in its file."""

    width: int
    height: int
    deep: bool
    entries: bytes

    def find(self, level: int, column: int, row: int) -> tuple[int, int]:
        """Give a tile's first byte and the one after its last; raises NotFoundError."""
        at = 0
        if not 0 <= level < levels_of(self.width, self.height):
            raise NotFoundError("There is no such tile.")
        for before in range(level):
            across, down = _grid(self.width, self.height, before)
            at += across * down
        across, down = _grid(self.width, self.height, level)
        if not (0 <= column < across and 0 <= row < down):
            raise NotFoundError("There is no such tile.")
        start, size = _ENTRY.unpack_from(self.entries, (at + row * across + column) * _ENTRY.size)
        return start, start + size


def read_index(size: int, read: Callable[[int, int], bytes]) -> Index:
    """Read the index of a pyramid of `size` bytes by a function that reads a range of it."""
    at, length, magic = _FOOTER.unpack(read(size - _FOOTER.size, size))
    if magic != _MAGIC:
        raise MalformedError("is no pyramid of tiles")
    whole = read(at, size - _FOOTER.size)
    about = orjson.loads(whole[-length:])
    return Index(about["width"], about["height"], about["deep"], whole[:-length])


class _Pack:
    """Writes tiles one after another and remembers where each is."""

    def __init__(self, target: IO[bytes], workers: ThreadPoolExecutor, exact: bool) -> None:
        self._target, self._workers, self._exact = target, workers, exact
        self._places: dict[tuple[int, int, int], tuple[int, int]] = {}
        self._at = 0
        self._deep = False

    def write(self, level: int, row: int, band: NDArray[Any]) -> None:
        self._deep = band.dtype == np.uint16
        tiles = [band[:, left : left + TILE] for left in range(0, band.shape[1], TILE)]
        quality = 0 if level == 0 and self._exact else _FINE_QUALITY if level == 0 else _QUALITY
        coded = self._workers.map(lambda tile: _coded(tile, quality), tiles)
        for column, content in enumerate(coded):
            self._target.write(content)
            self._places[level, row, column] = (self._at, len(content))
            self._at += len(content)

    def finish(self, width: int, height: int) -> None:
        entries = b"".join(_ENTRY.pack(*place) for _, place in sorted(self._places.items()))
        about = orjson.dumps({"width": width, "height": height, "deep": self._deep})
        self._target.write(entries + about + _FOOTER.pack(self._at, len(about), _MAGIC))


class _Level:
    """Collects rows until they fill a row of tiles, and hands half as many on."""

    def __init__(
        self, number: int, size: tuple[int, int], pack: _Pack, after: _Level | None
    ) -> None:
        self._number, self._pack, self._after = number, pack, after
        self._keeps = max(size) <= _SMALL_SIDE
        self._rows: list[NDArray[Any]] = []
        self._count = self._written = 0
        self._kept: list[NDArray[Any]] = []

    def add(self, rows: NDArray[Any]) -> None:
        while self._count + len(rows) >= TILE:
            fits = TILE - self._count
            self._emit([*self._rows, rows[:fits]])
            self._rows, self._count, rows = [], 0, rows[fits:]
        if len(rows):
            self._rows.append(rows)
            self._count += len(rows)

    def end(self) -> None:
        if self._count:
            self._emit(self._rows)
            self._rows, self._count = [], 0
        if self._after:
            self._after.end()

    def small(self) -> Image.Image:
        """The first level that is small enough to be held whole."""
        if not self._keeps and self._after:
            return self._after.small()
        return Image.fromarray(np.concatenate(self._kept))

    def _emit(self, parts: list[NDArray[Any]]) -> None:
        band = np.concatenate(parts)
        self._pack.write(self._number, self._written, band)
        self._written += 1
        if self._keeps:
            self._kept.append(band)
        if self._after:
            self._after.add(_halved(band))


def _chain(width: int, height: int, pack: _Pack) -> _Level:
    level = None
    for number in reversed(range(levels_of(width, height))):
        level = _Level(number, shape_of(width, height, number), pack, level)
    assert level is not None, "a picture has one level at least"  # noqa: S101
    return level


def _grid(width: int, height: int, level: int) -> tuple[int, int]:
    across, down = shape_of(width, height, level)
    return -(-across // TILE), -(-down // TILE)


def _halved(band: NDArray[Any]) -> NDArray[Any]:
    """Average each two by two pixels; a last odd row or column counts twice."""
    odd = [(0, band.shape[axis] % 2) for axis in (0, 1)] + [(0, 0)] * (band.ndim - 2)
    if odd[0][1] or odd[1][1]:
        band = np.pad(band, odd, mode="edge")
    wide: Any = np.uint32 if band.dtype == np.uint16 else np.uint16
    total: NDArray[Any] = band[0::2, 0::2].astype(wide)
    for part in (band[0::2, 1::2], band[1::2, 0::2], band[1::2, 1::2]):
        total = np.add(total, part, dtype=wide, out=total)
    mean: NDArray[Any] = np.right_shift(total + 2, 2).astype(band.dtype)
    return mean


def _coded(tile: NDArray[Any], quality: int) -> bytes:
    out = BytesIO()
    image = Image.fromarray(np.ascontiguousarray(tile))
    if quality and tile.dtype != np.uint16:
        image.save(out, "WEBP", quality=quality, method=1)
    else:  # a third larger than a lossless WebP, made in a tenth of its time
        image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def bands_of(image: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Cut a picture that is in memory into bands."""
    for top in range(0, len(image), TILE):
        yield image[top : top + TILE]

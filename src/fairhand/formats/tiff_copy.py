"""A TIFF without what does not belong to its pixels; the coded pixels stay as they are."""

from __future__ import annotations

import struct
from typing import IO, Any

from fairhand.core.errors import MalformedError
from fairhand.formats.geo_tiff import GEO_TAGS
from fairhand.formats.raster import Raster

_KEEP = GEO_TAGS | frozenset(
    # size, bits, compression, colours, samples, rows, planes, predictor, palette, tiles,
    # further samples, sample format, JPEG tables, subsampling, reference black, ICC, no data
    {256, 257, 258, 259, 262, 266, 277, 278, 284, 317, 320, 322, 323}
    | {338, 339, 347, 529, 530, 532, 34675, 42113}
)
_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES = 273, 279, 324, 325
_LONG8 = 16
_MOST_TAG_BYTES = 16 * 1024 * 1024


def copy_pixels(raster: Raster, target: IO[bytes]) -> None:
    """Write the first picture of a TIFF as a BigTIFF with nothing but what shows and places it."""
    order = raster.byteorder
    sizes = [int(value) for value in raster.page.databytecounts]
    raster.file.seek(0, 2)
    if sum(sizes) > 2 * raster.file.tell():  # pieces that lie on one another
        raise MalformedError("is a TIFF whose pieces do not fit into it")
    target.write(bytes(16))
    places = [
        _copy(raster.file, target, *pair)
        for pair in zip(raster.page.dataoffsets, sizes, strict=True)
    ]
    tags = {tag.code: _body(raster.file, tag) for tag in raster.page.tags if tag.code in _KEEP}
    codes = (_TILES, _TILE_SIZES) if raster.page.is_tiled else (_STRIPS, _STRIP_SIZES)
    for code, numbers in zip(codes, (places, sizes), strict=True):
        tags[code] = (_LONG8, len(numbers), struct.pack(f"{order}{len(numbers)}Q", *numbers))
    _write_directory(target, order, tags)


def _copy(source: IO[bytes], target: IO[bytes], start: int, size: int) -> int:
    if not size:
        return 0
    source.seek(start)
    at = target.tell()
    content = source.read(size)
    if len(content) != size:
        raise MalformedError("is a TIFF that breaks off")
    target.write(content)
    return at


def _body(source: IO[bytes], tag: Any) -> tuple[int, int, bytes]:  # noqa: ANN401  # a TiffTag
    if tag.valuebytecount > _MOST_TAG_BYTES:
        raise MalformedError("is a TIFF with a tag that is too large")
    source.seek(tag.valueoffset)
    return int(tag.dtype), int(tag.count), source.read(tag.valuebytecount)


def _write_directory(
    target: IO[bytes], order: str, tags: dict[int, tuple[int, int, bytes]]
) -> None:
    """Write the values that do not fit into eight bytes, the directory, and where it is."""
    entries = []
    for code, (kind, count, body) in sorted(tags.items()):
        place = body.ljust(8, b"\x00")
        if len(body) > 8:
            target.write(bytes(-target.tell() % 8))
            place = struct.pack(f"{order}Q", target.tell())
            target.write(body)
        entries.append(struct.pack(f"{order}HHQ", code, kind, count) + place)
    target.write(bytes(-target.tell() % 8))
    at = target.tell()
    target.write(struct.pack(f"{order}Q", len(entries)) + b"".join(entries) + bytes(8))
    target.seek(0)
    name = b"II" if order == "<" else b"MM"
    target.write(name + struct.pack(f"{order}HHHQ", 43, 8, 0, at))

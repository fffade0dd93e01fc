"""Large TIFFs, read a band of rows at a time: never the whole picture in memory.

Tags are read by tifffile. Pieces are unpacked here: plain and deflated ones by hand, the other
compressions by handing each piece to libtiff as a small TIFF of its own.
TIFF 6.0, sections 14 (predictor) and 15 (tiles); technical note 3 (floating-point predictor).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from io import BytesIO
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.core.errors import InvalidError, MalformedError
from fairhand.formats.geo_tiff import GEO_TAGS

MAGICS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_NEEDED = "is a TIFF that needs the extra 'imaging': pip install 'fairhand[imaging]'"
_BAND_BYTES = 512 * 1024 * 1024
_ROWS_BYTES = 16 * 1024 * 1024
_PLAIN, _LZW, _JPEG, _PACKBITS, _ZSTD, _LZMA = 1, 5, 7, 32773, 50000, 34925
_DEFLATE = (8, 32946)
_BY_LIBTIFF = (_LZW, _PACKBITS, _ZSTD, _LZMA)
_RGB, _PALETTE, _YCBCR = 2, 3, 6
_DIFFERENCES, _FLOAT_DIFFERENCES = 2, 3
_TYPES = "uif"
_NAME = "picture.tif"  # for the parser: an open file may have a number for a name
_SAMPLED_PIECES = 48
_STRIP_OFFSETS, _LONG, _BYTES, _INLINE = 273, 4, 7, 4


def is_tiff(head: bytes) -> bool:
    """Tell a TIFF, classic or big, by its first four bytes."""
    return head[:4] in MAGICS


def has_reader() -> bool:
    """Say whether large TIFFs can be read here: the extra 'imaging' is installed."""
    return find_spec("tifffile") is not None


def pixels_of(file: IO[bytes]) -> int:
    """Count a TIFF's pixels by its header; 0 for one whose header makes no sense."""
    from tifffile import TiffFile

    try:
        file.seek(0)
        with TiffFile(file, name=_NAME) as tiff:
            page: Any = tiff.pages[0]
            return int(page.imagewidth) * int(page.imagelength)
    except (
        Exception
    ):  # hostile files make parsers raise anything; another reader says what is wrong
        return 0


@contextmanager
def opened_raster(file: IO[bytes], max_pixels: int) -> Iterator[Raster]:
    """Open a TIFF's first picture; whatever a parser raises about it is a refusal.

    Raises MalformedError when it is damaged, too large, or packed in a way that is not read.
    """
    try:
        from tifffile import TiffFile
    except ImportError:
        raise MalformedError(_NEEDED) from None
    try:
        file.seek(0)
        with TiffFile(file, name=_NAME) as tiff:
            page: Any = tiff.pages[0]
            yield _raster(file, page, tiff.byteorder, max_pixels)
    except (MalformedError, InvalidError):
        raise
    except Exception as error:  # hostile files make parsers raise anything
        reason = str(error)[:120] or type(error).__name__
        raise MalformedError(f"is a damaged TIFF: {reason}") from None


@dataclass(frozen=True)
class Raster:
    """A TIFF's first picture: its shape, and its rows on demand."""

    file: IO[bytes]
    page: Any
    byteorder: Literal["<", ">"]
    width: int
    height: int
    bands: int
    dtype: np.dtype[Any]

    @cached_property
    def geo_tags(self) -> dict[int, Any]:
        """The tags that say where it lies."""
        return {code: self.page.tags[code].value for code in GEO_TAGS if code in self.page.tags}

    @property
    def was_lossy(self) -> bool:
        """Say whether its pieces are JPEGs."""
        return bool(int(self.page.compression) == _JPEG)

    def colours(self, band: NDArray[Any]) -> NDArray[Any]:
        """Choose what is shown of a band of rows: one grey, or the first three as colours."""
        if int(self.page.photometric) == _PALETTE:
            table = np.asarray(self.page.colormap)
            return (table[:, band[..., 0].astype(np.intp)] >> 8).astype(np.uint8).transpose(1, 2, 0)
        return band[..., :3] if self.bands >= 3 else band[..., 0]  # red, green, blue

    def rows(self) -> Iterator[NDArray[Any]]:
        """Yield the picture from the top, some rows at a time, as rows x width x bands."""
        down, across = self._grid
        for at in range(down):
            band = np.concatenate([self._piece(at, column) for column in range(across)], axis=1)
            rest = self.height - at * self._piece_shape[0]
            yield band[: min(rest, self._piece_shape[0]), : self.width]

    def samples(self) -> Iterator[NDArray[Any]]:
        """Yield some pieces from all over the picture, to learn what values it has."""
        down, across = self._grid
        number = down * across
        for at in range(0, number, max(1, number // _SAMPLED_PIECES)):
            row, column = divmod(at, across)
            rest = (
                self.height - row * self._piece_shape[0],
                self.width - column * self._piece_shape[1],
            )
            yield self._piece(row, column)[: rest[0], : rest[1]]

    @cached_property
    def _is_apart(self) -> bool:
        return bool(int(self.page.planarconfig) == 2 and self.bands > 1)  # planes

    @cached_property
    def _row_bytes(self) -> int:
        return self.width * (1 if self._is_apart else self.bands) * self.dtype.itemsize

    @cached_property
    def _strip_rows(self) -> int:
        return min(int(self.page.rowsperstrip or self.height), self.height)

    @cached_property
    def _piece_shape(self) -> tuple[int, int]:
        """Rows and columns of a piece; plain strips are cut further where they are long."""
        if self.page.is_tiled:
            return int(self.page.tilelength), int(self.page.tilewidth)
        if int(self.page.compression) == _PLAIN and not self._is_apart:
            rows = max(1, min(self._strip_rows, _ROWS_BYTES // self._row_bytes))
            while self._strip_rows % rows:
                rows -= 1
            return rows, self.width
        return self._strip_rows, self.width

    @cached_property
    def _grid(self) -> tuple[int, int]:
        rows, columns = self._piece_shape
        padded = -(-self.width // columns) * columns * rows * self.bands * self.dtype.itemsize
        if padded > _BAND_BYTES:
            raise MalformedError("is written in pieces that are too large; write it in tiles")
        return -(-self.height // rows), -(-self.width // columns)

    def _piece(self, row: int, column: int) -> NDArray[Any]:
        """Read one piece, rows x columns x bands; planes that lie apart are joined."""
        down, across = self._grid
        if not self._is_apart:
            return self._plane(row, column, row * across + column, self.bands)
        each = down * across
        planes = [
            self._plane(row, column, plane * each + row * across + column, 1)
            for plane in range(self.bands)
        ]
        return np.concatenate(planes, axis=2)

    def _plane(self, row: int, column: int, number: int, bands: int) -> NDArray[Any]:
        rows, columns = self._piece_shape
        if not self.page.is_tiled:  # the last strip is as long as the picture
            rows = min(rows, self.height - row * rows)
        content = self._content(number, rows * self._row_bytes)
        if not content:  # sparse: a piece that was never written
            return np.zeros((rows, columns, bands), self.dtype)
        return _unpacked(content, self, (rows, columns, bands))

    def _content(self, number: int, row_bytes: int) -> bytes:
        offsets, counts = self.page.dataoffsets, self.page.databytecounts
        if self.page.is_tiled or int(self.page.compression) != _PLAIN or self._is_apart:
            start, length = offsets[number], counts[number]
        else:
            cuts = self._strip_rows // self._piece_shape[0]
            start = offsets[number // cuts]
            start += (number % cuts) * self._piece_shape[0] * self._row_bytes
            length = row_bytes
        if length > _BAND_BYTES:
            raise MalformedError("is written in pieces that are too large; write it in tiles")
        self.file.seek(start)
        return self.file.read(length) if length else b""


def _raster(file: IO[bytes], page: Any, byteorder: Literal["<", ">"], max_pixels: int) -> Raster:  # noqa: ANN401
    width, height, bands = int(page.imagewidth), int(page.imagelength), int(page.samplesperpixel)
    if width < 1 or height < 1:
        raise MalformedError("is an image without pixels")
    if width * height > max_pixels:
        raise MalformedError(
            f"is an image of {width} x {height} pixels; {max_pixels} pixels are allowed"
        )
    if page.dtype is None or np.dtype(page.dtype).kind not in _TYPES or int(page.imagedepth) != 1:
        raise MalformedError("is a TIFF whose values are of a kind that is not read")
    if int(page.bitspersample) != np.dtype(page.dtype).itemsize * 8:
        raise MalformedError(f"is a TIFF of {page.bitspersample} bits a value, which is not read")
    if min(page.databytecounts, default=0) < 0 or not page.dataoffsets:
        raise MalformedError("is a TIFF without pixels")
    return Raster(file, page, byteorder, width, height, bands, np.dtype(page.dtype))


def _unpacked(content: bytes, raster: Raster, shape: tuple[int, int, int]) -> NDArray[Any]:
    page, packing = raster.page, int(raster.page.compression)
    if packing == _JPEG:
        return _by_libtiff(content, raster, shape)
    size = int(np.prod(shape)) * raster.dtype.itemsize
    if packing in _DEFLATE:
        content = zlib.decompressobj().decompress(content, size)
    elif packing in _BY_LIBTIFF:
        flat = (shape[0], size // shape[0], 1)
        content = _by_libtiff(content, raster, flat).tobytes()
    elif packing != _PLAIN:
        raise MalformedError(f"is packed in a way that is not read ({page.compression.name})")
    if len(content) < size:
        raise MalformedError("is a TIFF that breaks off")
    if int(page.predictor) == _FLOAT_DIFFERENCES:
        return _undo_float_differences(content, shape, raster.dtype.itemsize)
    values = np.frombuffer(
        content, raster.dtype.newbyteorder(raster.byteorder), size // raster.dtype.itemsize
    )
    values = values.reshape(shape).astype(raster.dtype)
    if int(page.predictor) == _DIFFERENCES:
        np.cumsum(values, axis=1, dtype=raster.dtype, out=values)
    return values


def _undo_float_differences(
    content: bytes, shape: tuple[int, int, int], itemsize: int
) -> NDArray[Any]:
    """Sum bytes along each row, then join the high bytes of all values with their lower ones."""
    rows, columns, bands = shape
    sums = np.frombuffer(content, np.uint8, rows * columns * bands * itemsize)
    sums = np.cumsum(sums.reshape(rows, -1, bands), axis=1, dtype=np.uint8)
    parts = sums.reshape(rows, itemsize, columns * bands).transpose(0, 2, 1)
    return np.ascontiguousarray(parts).view(f">f{itemsize}").reshape(shape).astype(f"f{itemsize}")


def _by_libtiff(content: bytes, raster: Raster, shape: tuple[int, int, int]) -> NDArray[Any]:
    """Unpack one piece: as greys of 8 bits, or as the colours that a JPEG holds."""
    page, (rows, columns, bands) = raster.page, shape
    colours = int(page.photometric) if int(page.compression) == _JPEG else 1
    tags: dict[int, tuple[int, ...] | bytes] = {
        256: (columns,),
        257: (rows,),
        258: (8,) * bands,
        259: (int(page.compression),),
        262: (colours,),
        277: (bands,),
        278: (rows,),
        279: (len(content),),
    }
    if page.jpegtables:
        tags[347] = bytes(page.jpegtables)
    if colours == _YCBCR:
        tags[530] = tuple(int(value) for value in page.subsampling or (2, 2))
    with Image.open(BytesIO(_small_tiff(tags, content)), formats=("TIFF",)) as image:
        values = np.asarray(image.convert("RGB") if bands >= 3 else image)
    return values.reshape(rows, columns, -1)


def _small_tiff(tags: dict[int, tuple[int, ...] | bytes], content: bytes) -> bytes:
    """Write a TIFF of one strip."""
    bodies = {
        code: value if isinstance(value, bytes) else struct.pack(f"<{len(value)}I", *value)
        for code, value in tags.items()
    }
    after = 8 + 2 + 12 * (len(tags) + 1) + 4
    apart = {code: body for code, body in bodies.items() if len(body) > _INLINE}
    strip_at = after + sum(map(len, apart.values()))
    bodies[_STRIP_OFFSETS] = struct.pack("<I", strip_at)
    entries, at = [], after
    for code, body in sorted(bodies.items()):
        kind, size = (_BYTES, 1) if isinstance(tags.get(code), bytes) else (_LONG, 4)
        place = struct.pack("<I", at) if code in apart else body.ljust(_INLINE, b"\x00")
        at += len(body) if code in apart else 0
        entries.append(struct.pack("<HHI", code, kind, len(body) // size) + place)
    head = b"II*\x00" + struct.pack("<IH", 8, len(entries)) + b"".join(entries) + bytes(4)
    return head + b"".join(apart[code] for code in sorted(apart)) + content

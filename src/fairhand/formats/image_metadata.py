"""Metadata cut out of PNG, JPEG and WebP without touching the coded pixels."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from fairhand.core.errors import MalformedError

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_DROP = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"caBX"})
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_JPEG_COMMENT = 0xFE
_JPEG_KEEP_APP = frozenset({0xE0, 0xE2, 0xEE})
"""JFIF, colour profile, Adobe's colour transform: needed to show the right colours."""

_WEBP_DROP = frozenset({b"EXIF", b"XMP "})
_WEBP_EXIF_AND_XMP = 0x08 | 0x04


def without_metadata(data: bytes, kind: str) -> bytes:
    """Drop metadata from a PNG, JPEG or WebP; returns `data` itself when there is none."""
    cutters = {"PNG": _png, "JPEG": _jpeg, "WEBP": _webp}
    try:
        cleaned = b"".join(cutters[kind](data))
    except (IndexError, struct.error):
        raise MalformedError("is an image whose parts do not fit together") from None
    return data if cleaned == data else cleaned


def _png(data: bytes) -> Iterator[bytes]:
    """Chunks of the PNG specification, 5.3: length, type, content, CRC; nothing after IEND."""
    yield _PNG_SIGNATURE
    at, kind = len(_PNG_SIGNATURE), b""
    while kind != b"IEND" and at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if kind not in _PNG_DROP:
            yield data[at:end]
        at = end


def _jpeg(data: bytes) -> Iterator[bytes]:
    """Marker segments of ITU-T T.81, B.1.1: FF, marker, length; nothing after the end of image."""
    yield data[:2]
    at = 2
    while at < len(data):
        if data[at] != 0xFF:
            raise MalformedError("is a JPEG whose segments do not fit together")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _JPEG_END:
            yield data[at : at + 2]
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if marker == _JPEG_SCAN:
            end = _end_of_scan(data, end)
        if not _is_jpeg_metadata(marker, data[at + 4 : at + 16]):
            yield data[at:end]
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    """Find the next true marker; inside a scan FF is followed by 00 or a restart marker."""
    found = _MARKER_IN_SCAN.search(data, at)
    return found.start() if found else len(data)


def _is_jpeg_metadata(marker: int, head: bytes) -> bool:
    if marker == 0xE2:
        return not head.startswith(b"ICC_PROFILE\x00")
    return marker == _JPEG_COMMENT or (0xE0 <= marker <= 0xEF and marker not in _JPEG_KEEP_APP)


def _webp(data: bytes) -> Iterator[bytes]:
    """RIFF chunks of the WebP container: four letters, length, content padded to even."""
    kept = list(_webp_chunks(data))
    yield b"RIFF" + struct.pack("<I", 4 + sum(map(len, kept))) + b"WEBP"
    yield from kept


def _webp_chunks(data: bytes) -> Iterator[bytes]:
    at, end = 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        after = at + 8 + length + (length & 1)
        chunk = data[at:after]
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_EXIF_AND_XMP]) + chunk[9:]
        if kind not in _WEBP_DROP:
            yield chunk
        at = after

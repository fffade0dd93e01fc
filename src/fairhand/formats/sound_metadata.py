"""Takes names, places and pictures out of sounds; what is heard stays as it is coded."""

from __future__ import annotations

import struct
from typing import Final

_WAVE_KEPT: Final = (b"fmt ", b"fact", b"data")
_FLAC_KEPT: Final = (0, 1, 3)  # STREAMINFO, PADDING, SEEKTABLE
_TAG_V1: Final = 128
_MOST: Final = 0xFFFFFFFF


def without_tags(content: bytes, kind: str) -> bytes:
    """Leave out what is no sound: chunks of WAV, blocks of FLAC, ID3 tags of MP3.

    The comments of Ogg stand inside the stream and stay. A file that is not built as its kind
    says comes back as it is: whoever reads it refuses it, or does not mind.
    """
    if kind == "WAV":
        return _wave(content)
    if kind == "FLAC":
        return _flac(content)
    return _mp3(content) if kind == "MP3" else content


def _wave(content: bytes) -> bytes:
    """Keep the format and the samples (RIFF WAVE, Microsoft and IBM 1991).

    An RF64 (EBU Tech 3306), whose sizes stand in a chunk of their own, becomes a plain one.
    """
    kept: list[bytes] = []
    at, dropped, long = 12, False, _MOST
    while at + 8 <= len(content):
        name, size = content[at : at + 4], struct.unpack_from("<I", content, at + 4)[0]
        if name == b"ds64" and at + 24 <= len(content):
            long = struct.unpack_from("<Q", content, at + 16)[0]
        if name == b"data" and size == _MOST:
            size = long
        size = min(size, len(content) - at - 8)
        if name in _WAVE_KEPT:
            body = content[at + 8 : at + 8 + size]
            kept.append(name + struct.pack("<I", size) + body + b"\0" * (size % 2))
        else:
            dropped = True
        at += 8 + size + size % 2
    length = 4 + sum(map(len, kept))
    if not dropped or length > _MOST:
        return content
    return b"RIFF" + struct.pack("<I", length) + b"WAVE" + b"".join(kept)


def _flac(content: bytes) -> bytes:
    """Keep the blocks that a decoder needs (RFC 9639, section 8)."""
    blocks: list[tuple[int, bytes]] = []
    at, is_last, dropped = 4, False, False
    while not is_last:
        if at + 4 > len(content):
            return content
        is_last, kind = content[at] >= 128, content[at] & 127
        size = int.from_bytes(content[at + 1 : at + 4], "big")
        if kind in _FLAC_KEPT:
            blocks.append((kind, content[at + 1 : at + 4 + size]))
        else:
            dropped = True
        at += 4 + size
    if not dropped or not blocks:
        return content
    heads = [
        bytes([kind | (128 if number == len(blocks) - 1 else 0)]) + body
        for number, (kind, body) in enumerate(blocks)
    ]
    return content[:4] + b"".join(heads) + content[at:]


def _mp3(content: bytes) -> bytes:
    """Cut off ID3 tags: version 2 before the sound (its size in 7-bit bytes), version 1 after."""
    start, end = 0, len(content)
    while content[start : start + 3] == b"ID3" and start + 10 <= end:
        a, b, c, d = content[start + 6 : start + 10]
        footer = 10 if content[start + 5] & 16 else 0
        start += 10 + (a << 21 | b << 14 | c << 7 | d) + footer
    if end - start > _TAG_V1 and content[end - _TAG_V1 : end - _TAG_V1 + 3] == b"TAG":
        end -= _TAG_V1
    return content[start:end] if start < end else content

"""Sounds from strangers: checked by content, cleaned of names and places, drawn small beforehand.

WAV is read by Python itself; FLAC, Ogg and MP3 with fairhand[audio]. Nothing is held decoded: a
sound is read block by block, whatever its length.
"""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from fairhand.core.errors import MalformedError
from fairhand.core.ids import sha256_hex
from fairhand.formats.sound_metadata import without_tags
from fairhand.model.task import Media

MOST_SECONDS: Final = 6 * 3_600
MOST_PEAKS: Final = 6_000
PEAKS_PER_SECOND: Final = 100
PEAKS: Final = "peaks"
PEAKS_TYPE: Final = "application/octet-stream"
_BLOCK: Final = 1 << 16
_TYPES: Final = {"WAV": "audio/wav", "FLAC": "audio/flac", "OGG": "audio/ogg", "MP3": "audio/mpeg"}

Samples = NDArray[np.float32]


class SoundReader(Protocol):
    """A sound that is read from its beginning: whole numbers scaled to -1 to 1, channels mixed."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def channels(self) -> int:
        """Channels of the file; they are mixed into one."""

    def blocks(self) -> Iterator[Samples]:
        """Yield what follows, block by block."""


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound as it will be stored, and the name of the content it came as."""

    content: bytes
    media: Media
    original_sha256: str


def is_sound(head: bytes) -> bool:
    """Say whether a file begins as one of the kinds of sound that are known."""
    return kind_of(head) is not None


def kind_of(head: bytes) -> str | None:
    """Tell WAV, FLAC, OGG and MP3 by their first twelve bytes; None for anything else."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "WAV"
    if head[:4] == b"fLaC":
        return "FLAC"
    if head[:4] == b"OggS":
        return "OGG"
    return "MP3" if head[:3] == b"ID3" or _is_mp3_frame(head) else None


def read_sound_file(content: bytes, *, keep_metadata: bool = False) -> SoundFile:
    """Check a sound and clean it of tags; raises MalformedError with a reason.

    The whole sound is decoded once, so that what passes can be heard to its end.
    """
    kind = kind_of(content[:16])
    if kind is None:
        raise MalformedError("is not a sound that can be read (WAV, FLAC, OGG, MP3)")
    with _opened(content, kind) as sound:
        frames = sum(len(block) for block in _bounded(sound))
        rate, channels = sound.rate, sound.channels
    if frames == 0:
        raise MalformedError("is a sound without samples")
    cleaned = content if keep_metadata else without_tags(content, kind)
    details = {
        "duration_ms": max(1, round(1_000 * frames / rate)),
        "rate": rate,
        "channels": channels,
    }
    media = Media(sha256_hex(cleaned), _TYPES[kind], len(cleaned), details=details)
    return SoundFile(cleaned, media, sha256_hex(content))


def make_peaks(content: bytes, duration_ms: int) -> bytes:
    """Draw a sound as pairs of its lowest and highest value, -127 to 127, evenly over its length.

    There are a hundred pairs a second, and at most 6,000 in all; `duration_ms` is its length as
    `read_sound_file` found it.
    """
    kind = kind_of(content[:16])
    if kind is None:
        raise MalformedError("is not a sound that can be read (WAV, FLAC, OGG, MP3)")
    count = max(1, min(MOST_PEAKS, duration_ms * PEAKS_PER_SECOND // 1_000))
    lows, highs = np.ones(count, np.float32), -np.ones(count, np.float32)
    with _opened(content, kind) as sound:
        frames = max(1, round(duration_ms * sound.rate / 1_000))
        at = 0
        for block in _bounded(sound):
            places = np.minimum((np.arange(at, at + len(block)) * count) // frames, count - 1)
            starts = np.flatnonzero(np.diff(places, prepend=-1))
            here = places[starts]
            lows[here] = np.minimum(lows[here], np.minimum.reduceat(block, starts))
            highs[here] = np.maximum(highs[here], np.maximum.reduceat(block, starts))
            at += len(block)
    lows, highs = np.minimum(lows, highs), np.maximum(lows, highs)
    pairs = np.stack([lows, highs], axis=1)
    return np.clip(np.rint(pairs * 127), -127, 127).astype(np.int8).tobytes()


def _bounded(sound: SoundReader) -> Iterator[Samples]:
    most = MOST_SECONDS * sound.rate
    for block in sound.blocks():
        most -= len(block)
        if most < 0:
            raise MalformedError(f"is longer than {MOST_SECONDS // 3_600} hours")
        if len(block):
            yield block


@contextmanager
def _opened(content: bytes, kind: str) -> Iterator[SoundReader]:
    """Open a sound; whatever a parser of hostile files raises is a refusal with a reason."""
    try:
        reader = _open_wave(content) if kind == "WAV" else None
        yield reader or _open_other(content, kind)
    except MalformedError:
        raise
    except Exception as error:  # parsers of hostile files raise anything, MemoryError too
        reason = str(error)[:120] or type(error).__name__
        raise MalformedError(f"is a damaged sound: {reason}") from None


@dataclass(frozen=True, slots=True)
class _Wave:
    file: wave.Wave_read
    rate: int
    channels: int
    width: int

    def blocks(self) -> Iterator[Samples]:
        frame = self.width * self.channels
        while raw := self.file.readframes(_BLOCK):
            whole = raw[: len(raw) // frame * frame]
            numbers = _whole_numbers(whole, self.width).reshape(-1, self.channels)
            yield numbers.mean(axis=1, dtype=np.float32)


def _open_wave(content: bytes) -> _Wave | None:
    """Open whole-number WAV; None for what Python's own reader does not know."""
    try:
        file = wave.open(io.BytesIO(content))  # noqa: SIM115  # a reader over bytes in memory
    except (wave.Error, EOFError, struct.error):
        return None
    width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
    return _Wave(file, rate, channels, width) if rate > 0 and 1 <= width <= 4 else None


def _whole_numbers(raw: bytes, width: int) -> Samples:
    """Read samples of one to four bytes as -1 to 1; those of one byte have their zero at 128."""
    if width == 1:
        return (np.frombuffer(raw, np.uint8).astype(np.float32) - 128.0) / 128.0
    if width == 3:
        padded = np.zeros((len(raw) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        return padded.view("<i4").ravel().astype(np.float32) / 2.0**31
    return np.frombuffer(raw, f"<i{width}").astype(np.float32) / 2.0 ** (8 * width - 1)


@dataclass(frozen=True, slots=True)
class _Other:
    file: Any
    rate: int
    channels: int

    def blocks(self) -> Iterator[Samples]:
        while len(block := self.file.read(_BLOCK, dtype="float32", always_2d=True)):
            yield np.nan_to_num(block.mean(axis=1, dtype=np.float32))


def _open_other(content: bytes, kind: str) -> _Other:
    """Open what libsndfile knows."""
    try:
        library = import_module("soundfile")
    except ImportError:
        raise MalformedError(
            f"is a sound of a sort ({kind}) that needs fairhand[audio] to be read: install it"
        ) from None
    file = library.SoundFile(io.BytesIO(content))
    if file.format not in ("WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3"):
        raise MalformedError(f"is a sound of a sort ({file.format}) that is not taken in")
    return _Other(file, int(file.samplerate), int(file.channels))


def _is_mp3_frame(head: bytes) -> bool:
    """Recognise the header of a frame of MPEG layer III (ISO 11172-3, 2.4.1.3)."""
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bits, rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bits not in (0, 15) and rate != 3

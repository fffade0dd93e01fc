"""What a recording is made of, and what is measured of it; pure.

A recording comes in parts of 16-bit little-endian samples of one channel, numbered from 0. All
but the last have the same size.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairhand.core.errors import Issue
from fairhand.work.parts import PART_BYTES

MOST_PARTS: Final = 1_400
SAMPLE_BYTES: Final = 2
FLOOR_DB: Final = -96.3
"""The quietest that 16 bits can say: 20 log10(1 / 65536)."""

_FRAME_MS: Final = 50
_FULL: Final = 32_767


@dataclass(frozen=True, slots=True)
class Measures:
    """What was heard: `loudness` of all and `noise` of the quietest tenth, in dB of full scale.

    `clipped` is the share of samples at full scale, where the microphone was too loud.
    """

    duration_ms: int
    loudness: float
    noise: float
    clipped: float


def part_issues(number: int, size: int) -> list[Issue]:
    """Report a part that is empty, too large, cut through a sample, or numbered beyond reason."""
    issues = []
    if not 0 <= number < MOST_PARTS:
        issues.append(Issue("number", f"must be 0 to {MOST_PARTS - 1}"))
    if not 0 < size <= PART_BYTES:
        issues.append(Issue("content", f"must have 1 to {PART_BYTES} bytes, not {size}"))
    elif size % SAMPLE_BYTES:
        issues.append(Issue("content", "ends in the middle of a sample"))
    return issues


def wave_header(samples: int, rate: int) -> bytes:
    """Write the 44 bytes before 16-bit samples of one channel (RIFF WAVE, PCM)."""
    size = samples * SAMPLE_BYTES
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, rate, rate * SAMPLE_BYTES, SAMPLE_BYTES, 16,
        b"data", size,
    )  # fmt: skip


def measure(parts: Iterable[bytes], rate: int) -> Measures:
    """Measure a sound part by part; frames of 50 ms tell loud from quiet."""
    length = max(1, rate * _FRAME_MS // 1_000)
    powers: list[NDArray[np.float64]] = []
    samples = clipped = 0
    total = 0.0
    for frames in _frames(parts, length):
        samples += len(frames)
        clipped += int((np.abs(frames) >= _FULL).sum())
        power = (frames / 32_768.0) ** 2
        total += float(power.sum())
        whole = len(power) // length
        if whole:
            powers.append(power[: whole * length].reshape(whole, length).mean(axis=1))
        elif not powers and len(power):
            powers.append(np.array([power.mean()]))
    if not samples:
        return Measures(0, FLOOR_DB, FLOOR_DB, 0.0)
    quiet = np.sort(np.concatenate(powers))
    tenth = quiet[: max(1, len(quiet) // 10)]
    return Measures(
        duration_ms=round(1_000 * samples / rate),
        loudness=decibels(total / samples),
        noise=decibels(float(tenth.mean())),
        clipped=round(clipped / samples, 6),
    )


def decibels(power: float) -> float:
    """Write a mean square of full scale in dB, one decimal."""
    return max(FLOOR_DB, round(10.0 * math.log10(power), 1)) if power > 0 else FLOOR_DB


def _frames(parts: Iterable[bytes], length: int) -> Iterator[NDArray[np.float64]]:
    """Cut parts so that all pieces but the last are whole frames."""
    left = np.empty(0, np.float64)
    for part in parts:
        numbers = np.frombuffer(part, "<i2").astype(np.float64)
        joined = np.concatenate([left, numbers])
        whole = len(joined) // length * length
        if whole:
            yield joined[:whole]
        left = joined[whole:]
    if len(left):
        yield left


def sizes_fit(sizes: Sequence[int], samples: int) -> bool:
    """Say whether parts of these sizes, in order, are so many samples."""
    return sum(sizes) == samples * SAMPLE_BYTES

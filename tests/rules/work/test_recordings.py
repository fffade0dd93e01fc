"""What a recording is made of, and what is measured of it."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from numpy.typing import NDArray

from fairhand.work.parts import PART_BYTES, missing_parts
from fairhand.work.recordings.rules import (
    FLOOR_DB,
    measure,
    part_issues,
    wave_header,
)

RATE = 16_000


def samples(values: NDArray[np.float64]) -> bytes:
    found: bytes = np.clip(np.rint(values * 32_768), -32_768, 32_767).astype("<i2").tobytes()
    return found


def speech(seconds: float = 2.0) -> bytes:
    """A tone at half of full scale over the first half, faint noise all along."""
    time = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(7).normal(0.0, 0.001, len(time))
    return samples(0.5 * np.sin(2 * np.pi * 200 * time) * (time < seconds / 2) + noise)


def test_loudness_noise_and_length_are_what_went_in() -> None:
    found = measure([speech()], RATE)
    assert found.duration_ms == 2_000
    assert found.loudness == pytest.approx(-12.0, abs=0.2)  # -9 dB for half of the time
    assert found.noise == pytest.approx(-60.0, abs=0.6)
    assert found.clipped == 0.0


@pytest.mark.parametrize("size", [2, 1_000, 1_600, 7_778])
def test_how_it_is_cut_into_parts_changes_nothing(size: int) -> None:
    whole = speech()
    parts = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert measure(parts, RATE) == measure([whole], RATE)


def test_samples_at_full_scale_are_counted() -> None:
    loud = np.zeros(1_000)
    loud[:100] = 1.0
    loud[100:200] = -1.0
    assert measure([samples(loud)], RATE).clipped == pytest.approx(0.2)


def test_silence_and_nothing_have_a_floor() -> None:
    assert measure([bytes(3_200)], RATE).loudness == FLOOR_DB
    assert measure([], RATE).duration_ms == 0


def test_the_file_is_a_wav_of_just_these_samples() -> None:
    content = speech(0.1)
    file = wave_header(len(content) // 2, RATE) + content
    with wave.open(io.BytesIO(file)) as found:
        assert found.getparams()[:4] == (1, 2, RATE, 1_600)
        assert found.readframes(1_600) == content


@pytest.mark.parametrize(
    ("number", "size", "fits"),
    [(0, 2, True), (5, PART_BYTES, True), (0, 0, False), (0, 3, False), (-1, 2, False),
     (1_400, 2, False), (0, PART_BYTES + 2, False)],
)  # fmt: skip
def test_a_part_has_a_size_and_a_place(number: int, size: int, fits: bool) -> None:
    assert (part_issues(number, size) == []) is fits


def test_missing_parts_are_named() -> None:
    assert missing_parts([0, 2, 3], 6) == [1, 4, 5]
    assert missing_parts([0, 1], 2) == []

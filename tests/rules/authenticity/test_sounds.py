"""Prints of sounds: copies share most of their pairs of peaks, other sounds next to none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import resample

from fairhand.compute.authenticity.sounds import read_prints, resembles, sound_prints

RATE = 16_000
COPY = 0.06


def speech(seed: int = 0, seconds: float = 4.0) -> NDArray[np.float32]:
    """Make syllables of harmonics that glide, as a voice's do."""
    rng = np.random.default_rng(seed)
    parts: list[NDArray[np.float64]] = []
    while sum(len(part) for part in parts) < seconds * RATE:
        time = np.arange(int(RATE * rng.uniform(0.08, 0.35))) / RATE
        start, end = rng.uniform(110, 240, 2)
        phase = 2 * np.pi * np.cumsum(np.linspace(start, end, len(time))) / RATE
        formants = rng.uniform(300, 3_200, 3)
        tone = sum(
            np.exp(-(((n * start - formants[:, None]) / 250) ** 2)).sum() * np.sin(n * phase)
            for n in range(1, 26)
        )
        parts.append(tone * np.hanning(len(time)) * rng.uniform(0.3, 1.0))
    whole = np.concatenate(parts)[: int(seconds * RATE)]
    return np.asarray(0.3 * whole / np.abs(whole).max(), dtype=np.float32)


CHANGES: dict[str, Callable[[NDArray[np.float32]], NDArray[np.generic]]] = {
    "quieter": lambda x: x * 0.2,
    "noisier": lambda x: x + np.random.default_rng(1).normal(0, 0.005, len(x)),
    "shorter": lambda x: x[8_000:-6_000],
    "later": lambda x: np.concatenate([np.zeros(5_000), x]),
    "faster": lambda x: resample(x, int(len(x) / 1.03)),
    "slower": lambda x: resample(x, int(len(x) / 0.97)),
    "coarser": lambda x: np.round(x * 127) / 127,
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_a_copy_that_was_changed_a_little_still_resembles(change: str) -> None:
    first = sound_prints(speech(), RATE)
    second = sound_prints(CHANGES[change](speech()).astype(np.float32), RATE)
    assert resembles(first, second) > COPY


def test_the_same_sound_at_another_rate_resembles() -> None:
    halved = resample(speech(), len(speech()) // 2).astype(np.float32)
    assert resembles(sound_prints(speech(), RATE), sound_prints(halved, RATE // 2)) > 0.3


def test_other_sounds_do_not_resemble() -> None:
    prints = [sound_prints(speech(seed), RATE) for seed in range(5)]
    for at, one in enumerate(prints):
        assert all(resembles(one, other) < COPY / 2 for other in prints[at + 1 :])


def test_a_sound_resembles_itself_wholly() -> None:
    one = sound_prints(speech(2), RATE)
    assert resembles(one, one) == 1.0


@pytest.mark.parametrize("samples", [0, 1, 200, 16_000])
def test_silence_and_clicks_have_no_print(samples: int) -> None:
    assert sound_prints(np.zeros(samples, np.float32), RATE) == b""
    assert resembles(b"", sound_prints(speech(), RATE)) == 0.0


def test_a_very_long_sound_keeps_a_bounded_print() -> None:
    assert len(read_prints(sound_prints(np.tile(speech(), 25), RATE))) <= 6_000

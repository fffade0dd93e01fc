"""What can be measured of a recording: how loud, how noisy, how wide its band, how it dies away.

Nothing here knows who speaks or what is said. Levels are in dB of full scale; frames are 20 ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.models.sound import Sound

FLOOR_DB: Final = -120.0
_FRAME_S: Final = 0.02
_EDGES: Final = (3_400.0, 4_000.0, 5_512.0, 8_000.0, 11_025.0, 12_000.0, 16_000.0, 20_000.0)
"""Where bands of telephones, of lower rates and of usual compression end, in hertz."""
_DROP_DB: Final = 20.0
_PAUSE_DB: Final = 30.0

Levels = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """What was measured of a recording.

    `silent` is the share of frames more than 30 dB under the loudest tenth or under -60 dB, `zero`
    the share of frames without any noise at all, `band_hz` where a sharp edge ends the spectrum
    (None: there is none), `decay_ms` how long speech takes to fall by 20 dB, `low_cut_db` how much
    less there is below 150 Hz than just above.
    """

    duration_ms: int
    rate: int
    loudness: float
    peak: float
    noise: float
    signal_to_noise: float
    clipped: float
    silent: float
    zero: float
    band_hz: float | None
    decay_ms: int | None
    low_cut_db: float


def hear(sound: Sound) -> Heard:
    """Measure a recording; the same samples give the same figures."""
    samples = sound.samples.astype(np.float64)
    levels = frame_levels(samples, sound.rate)
    ordered = np.sort(levels)
    tenth = max(1, len(ordered) // 10)
    loud, quiet = float(ordered[-tenth:].mean()), float(ordered[:tenth].mean())
    spectrum, hertz = _mean_spectrum(samples, sound.rate)
    return Heard(
        duration_ms=sound.ms,
        rate=sound.rate,
        loudness=_decibels(float(np.mean(samples**2))),
        peak=_decibels(float(np.max(np.abs(samples), initial=0.0)) ** 2),
        noise=round(quiet, 1),
        signal_to_noise=round(loud - quiet, 1),
        clipped=_clipped(samples),
        silent=round(float(((levels < loud - _PAUSE_DB) | (levels < -60.0)).mean()), 3),
        zero=_without_noise(samples, sound.rate),
        band_hz=_edge(spectrum, hertz, sound.rate),
        decay_ms=_decay(levels),
        low_cut_db=_low_cut(spectrum, hertz),
    )


def frame_levels(samples: NDArray[np.float64], rate: int) -> Levels:
    """Give the level of each whole frame of 20 ms, in dB."""
    frames = _frames(samples, rate)
    levels: Levels = 10.0 * np.log10((frames**2).mean(axis=1) + 10 ** (FLOOR_DB / 10))
    return levels


def _frames(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    length = max(1, round(rate * _FRAME_S))
    if len(samples) < length:
        samples = np.pad(samples, (0, length - len(samples)))
    return samples[: len(samples) // length * length].reshape(-1, length)


def _clipped(samples: NDArray[np.float64]) -> float:
    """Share of samples in flat tops: three or more alike at the highest level there is."""
    top = float(np.max(np.abs(samples), initial=0.0))
    if top < 0.05:
        return 0.0
    high = np.abs(samples) >= top * 0.999
    runs = np.flatnonzero(np.diff(np.concatenate([[0], high.astype(np.int8), [0]])))
    lengths = runs[1::2] - runs[::2]
    return round(float(lengths[lengths >= 3].sum()) / max(1, len(samples)), 6)


def _without_noise(samples: NDArray[np.float64], rate: int) -> float:
    """Share of frames in which nothing moves: no microphone is that quiet."""
    frames = _frames(samples, rate)
    return round(float((np.ptp(frames, axis=1) == 0.0).mean()), 3)


def _mean_spectrum(samples: NDArray[np.float64], rate: int) -> tuple[Levels, Levels]:
    from scipy.signal import welch

    size = min(1_024, len(samples))
    hertz, power = welch(samples, rate, nperseg=size)
    return 10.0 * np.log10(power + 1e-20), hertz


def _edge(spectrum: Levels, hertz: Levels, rate: int) -> float | None:
    """Find the lowest sharp edge after which next to nothing comes."""
    for edge in _EDGES:
        if edge > rate / 2 * 0.93:
            return None
        below = spectrum[(hertz > edge - 900) & (hertz < edge - 150)]
        above = spectrum[(hertz > edge + 250) & (hertz < min(edge + 1_500, rate / 2))]
        rest = spectrum[(hertz > edge + 250) & (hertz < rate / 2 * 0.98)]
        if not len(below) or not len(above):
            continue
        gone = float(np.median(below) - np.median(above)) >= _DROP_DB
        if gone and float(np.percentile(rest, 95)) < float(np.median(below)) - _DROP_DB + 5:
            return edge
    return None


def _decay(levels: Levels) -> int | None:
    """Median time in which the ends of what is said fall by 20 dB, in ms; None without ends."""
    times = []
    for at in range(len(levels) - 3):
        is_top = levels[at] > -45 and levels[at] >= levels[max(0, at - 5) : at + 6].max()
        if not is_top:
            continue
        after = levels[at : at + 50]
        fallen = np.flatnonzero(after < levels[at] - 20)
        rises = np.flatnonzero(after > levels[at] - 3)
        if len(fallen) and fallen[0] > (rises[rises < fallen[0]].max() if len(rises) else 0):
            last = rises[rises < fallen[0]].max()
            times.append(int(fallen[0] - last) * 20)
    return int(np.median(times)) if len(times) >= 2 else None


def _low_cut(spectrum: Levels, hertz: Levels) -> float:
    low = spectrum[(hertz >= 60) & (hertz < 150)]
    next_up = spectrum[(hertz >= 150) & (hertz < 500)]
    if not len(low) or not len(next_up):
        return 0.0
    return round(float(np.mean(next_up) - np.mean(low)), 1)


def _decibels(power: float) -> float:
    return round(max(FLOOR_DB, 10.0 * math.log10(power + 1e-12)), 1)

"""What a sound is known by: pairs of peaks of its spectrum, which copies of it share.

A copy that was re-encoded, made louder or noisier, cut, or played a little faster or higher keeps
most of its strongest peaks, and what lies between two of them: how far apart they are in time and
in pitch. The idea is Wang's (2003, "An Industrial-Strength Audio Search Algorithm"); here pitch is
counted in steps of 1/24 octave and time in steps that grow, so that a small change of pitch or
speed moves few pairs out of their place. The same words spoken again share next to nothing.

A print is a row of eight bytes for each pair: 32 bits of what it is, 16 of when (frames of 16 ms)
and 16 of how high (steps).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.models.sound import Samples, Sound

RATE: Final = 8_000
MOST_PAIRS: Final = 6_000
"""Of a very long sound the pairs are thinned out to so many, evenly."""
PAIR: Final = np.dtype([("hash", "<u4"), ("time", "<u2"), ("pitch", "<u2")])

_WINDOW: Final = 512
_STEP: Final = 128
_FFT: Final = 2_048
_LOWEST: Final = 200.0
_PER_OCTAVE: Final = 24
_STEPS: Final = 100
_AROUND: Final = (7, 9)
"""Frames and pitch steps within which a peak is the highest."""
_PEAKS_PER_SECOND: Final = 30
_PARTNERS: Final = 6
_FARTHEST: Final = 40
_WIDEST: Final = 31

Pairs = NDArray[np.void]
Numbers = NDArray[np.int64]


def sound_prints(samples: Samples, rate: int) -> bytes:
    """Give a sound's print: eight bytes for each pair of peaks; empty for silence."""
    sound = Sound(np.asarray(samples, dtype=np.float32), rate).at_rate(RATE)
    if len(sound.samples) < _WINDOW or not np.any(sound.samples):
        return b""
    return _pairs(*_peaks(_spectrum(sound.samples))).tobytes()


def read_prints(content: bytes) -> Pairs:
    """Read a print back."""
    return np.frombuffer(content, PAIR)


def resembles(one: bytes, other: bytes) -> float:
    """Give the share of a sound's pairs that the other has too, in step: 0 to 1, of the shorter."""
    first, second = read_prints(one), read_prints(other)
    if not len(first) or not len(second):
        return 0.0
    return in_step(*shared(first, second)) / min(len(first), len(second))


def shared(one: Pairs, other: Pairs) -> tuple[Pairs, Pairs]:
    """Give the pairs of both that are the same kind of pair, one beside the other.

    A pair of the first is also looked for one place of pitch higher and lower.
    """
    order = np.argsort(other["hash"], kind="stable")
    keys = other["hash"][order]
    left, right = [], []
    for wanted in around(one["hash"]):
        starts = np.searchsorted(keys, wanted, "left")
        counts = np.searchsorted(keys, wanted, "right") - starts
        at = np.repeat(np.arange(len(one)), counts)
        offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        left.append(at)
        right.append(order[np.repeat(starts, counts) + offset])
    return one[np.concatenate(left)], other[np.concatenate(right)]


def around(hashes: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], ...]:
    """Give the hashes as they are, and of a sound that is a little lower and a little higher."""
    one = np.uint32(1 << 12)
    return hashes, hashes + one, hashes - one


def in_step(one: Pairs, other: Pairs) -> int:
    """Count shared pairs that fit one shift in time and pitch, at one of a few speeds.

    Each pair of the first sound counts once.
    """
    best = 0
    for speed in (1.0, 0.97, 1.03, 0.94, 1.06):
        ahead = np.rint(other["time"] - one["time"] * speed).astype(np.int64)
        higher = other["pitch"].astype(np.int64) - one["pitch"]
        which = (one["time"].astype(np.int64) << 32) | one["hash"]
        best = max(best, _largest(ahead, higher, which))
    return best


def _largest(ahead: Numbers, higher: Numbers, which: Numbers) -> int:
    """Count the different pairs in the fullest place of shift, its neighbours within reach."""
    if not len(ahead):
        return 0
    keys = (ahead + 100_000) * 1_000 + higher + 500
    places, counts = np.unique(keys, return_counts=True)
    top = places[np.argmax(counts)]
    near = (np.abs(ahead - (top // 1_000 - 100_000)) <= 2) & (
        np.abs(higher - (top % 1_000 - 500)) <= 1
    )
    return len(np.unique(which[near]))


def _spectrum(samples: Samples) -> NDArray[np.float64]:
    """Give frames by steps of pitch: decibels above what each step has on average."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_STEP]
    hertz = _LOWEST * 2.0 ** (np.arange(_STEPS) / _PER_OCTAVE)
    at = hertz * _FFT / RATE
    low = at.astype(np.int64)
    part = at - low
    window = np.hanning(_WINDOW).astype(np.float32)
    rows = []
    for some in np.array_split(frames, max(len(frames) // 1_000, 1)):
        size = np.abs(np.fft.rfft(some * window, _FFT))
        rows.append(size[:, low] * (1 - part) + size[:, low + 1] * part)
    loud = np.concatenate(rows)
    floor = max(float(loud.max()) * 1e-4, 1e-9)
    return 20.0 * np.log10(loud + floor)


def _peaks(levels: NDArray[np.float64]) -> tuple[Numbers, Numbers]:
    """Find the strongest places that are the highest around them, in order of time."""
    from scipy.ndimage import maximum_filter

    highest = maximum_filter(levels, size=_AROUND) == levels
    highest &= levels > levels.min() + 12.0
    times, pitches = np.nonzero(highest)
    most = max(12, round(len(levels) * _STEP / RATE * _PEAKS_PER_SECOND))
    if len(times) > most:
        strongest = np.sort(np.argsort(-levels[times, pitches], kind="stable")[:most])
        times, pitches = times[strongest], pitches[strongest]
    return times, pitches


def _pairs(times: Numbers, pitches: Numbers) -> Pairs:
    """Join each peak with the next few after it, within reach."""
    rows = []
    for ahead in range(1, 4 * _PARTNERS):
        later, wider = times[ahead:] - times[:-ahead], pitches[ahead:] - pitches[:-ahead]
        fits = (later >= 2) & (later <= _FARTHEST) & (np.abs(wider) <= _WIDEST)
        at = np.flatnonzero(fits)
        rows.append(np.column_stack([at, later[at], wider[at]]))
    found = np.concatenate(rows)
    found = found[np.lexsort((found[:, 1], found[:, 0]))]
    rank = np.arange(len(found)) - np.searchsorted(found[:, 0], found[:, 0])
    found = found[rank < _PARTNERS]
    if len(found) > MOST_PAIRS:
        found = found[np.linspace(0, len(found) - 1, MOST_PAIRS).astype(np.int64)]
    whole = np.empty(len(found), PAIR)
    first = pitches[found[:, 0]]
    after = np.rint(6 * np.log2(found[:, 1])).astype(np.int64)
    whole["hash"] = ((first // 2 + 1) << 12) | ((found[:, 2] + _WIDEST) << 6) | after
    whole["time"] = np.minimum(times[found[:, 0]], 65_535)
    whole["pitch"] = first
    _, different = np.unique(whole[["time", "hash"]], return_index=True)
    return whole[np.sort(different)]

"""Recordings as samples, and as features."""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from math import gcd
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError, Features, Item

RATE: Final = 16_000
"""Samples a second at which sound is looked at."""
MOST_SAMPLES: Final = 4 * 3_600 * 48_000
MOST_MS: Final = 4 * 3_600_000
_BLOCK: Final = 1 << 16
"""Frames that are read at once, so that a long recording takes little more than its samples."""
_BANDS: Final = 40
_PARTS: Final = 4
_FRAME: Final = 400
_STEP: Final = 160
_FFT: Final = 512

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sound:
    """One channel of samples between -1 and 1, and how many there are a second."""

    samples: Samples
    rate: int

    @property
    def ms(self) -> int:
        """Its length in milliseconds."""
        return round(1_000 * len(self.samples) / self.rate)

    def at_rate(self, rate: int = RATE) -> Sound:
        """The same sound at another rate."""
        if rate == self.rate:
            return self
        from scipy.signal import resample_poly

        shared = gcd(rate, self.rate)
        moved = resample_poly(self.samples, rate // shared, self.rate // shared)
        return Sound(moved.astype(np.float32), rate)


def read_sound(content: bytes, most_ms: int = MOST_MS) -> Sound:
    """Read WAV, and with fairhand[audio] FLAC, Ogg and MP3; channels are averaged.

    Raises AssistantError on what cannot be read, is empty, or is longer than `most_ms`, which is
    looked at before the samples are.
    """
    sound = _read_wave(content, most_ms) if content[:4] == b"RIFF" else None
    if sound is None:
        sound = _read_other(content, most_ms)
    if not len(sound.samples):
        raise AssistantError("The recording is empty.", hop="shape")
    return sound


def _check_length(frames: int, channels: int, rate: int, most_ms: int) -> None:
    """Refuse what is too long to be looked at."""
    if frames * channels > MOST_SAMPLES:
        raise AssistantError("The recording is too long.", hop="shape")
    if rate > 0 and 1_000 * frames > most_ms * rate:
        minutes = most_ms // 60_000
        raise AssistantError(f"The recording is longer than {minutes} minutes.", hop="shape")


def _read_wave(content: bytes, most_ms: int) -> Sound | None:
    """Read whole-number WAV; None for what Python's own reader does not know."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            _check_length(file.getnframes(), channels, rate, most_ms)
            parts = [
                _mix(raw, width, channels) for raw in iter(lambda: file.readframes(_BLOCK), b"")
            ]
    except (wave.Error, EOFError):
        return None
    return Sound(np.concatenate([np.zeros(0, np.float32), *parts]), rate) if rate > 0 else None


def _mix(raw: bytes, width: int, channels: int) -> Samples:
    """Average the channels of some frames; a frame that was cut off is left out."""
    raw = raw[: len(raw) // (width * channels) * width * channels]
    numbers = _whole_numbers(raw, width) / float(1 << (8 * width - 1))
    mixed: Samples = numbers.reshape(-1, channels).mean(axis=1).astype(np.float32)
    return mixed


def _whole_numbers(raw: bytes, width: int) -> NDArray[np.float64]:
    """Read samples of one to four bytes; those of one byte have their zero at 128."""
    if width == 1:
        return np.frombuffer(raw, dtype=np.uint8).astype(np.float64) - 128.0
    if width == 3:
        padded = np.zeros((len(raw) // 3, 4), dtype=np.uint8)
        padded[:, 1:] = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 3)
        return padded.view("<i4").ravel() / 256.0
    return np.frombuffer(raw, dtype=f"<i{width}").astype(np.float64)


def _read_other(content: bytes, most_ms: int) -> Sound:
    """Read what libsndfile knows, within the limit."""
    try:
        library = import_module("soundfile")
    except ImportError as error:
        raise AssistantError(
            "This sort of recording needs fairhand[audio]: install it.", hop="shape"
        ) from error
    try:
        with library.SoundFile(io.BytesIO(content)) as file:
            rate = int(file.samplerate)
            _check_length(file.frames, file.channels, rate, most_ms)
            parts = [
                block.mean(axis=1) for block in file.blocks(_BLOCK, dtype="float32", always_2d=True)
            ]
    except (RuntimeError, TypeError, ValueError) as error:
        raise AssistantError("The recording cannot be read.", hop="shape") from error
    return Sound(np.nan_to_num(np.concatenate([np.zeros(0, np.float32), *parts])), rate)


class SoundEmbedder:
    """200 features: how loud 40 bands of pitch are in each quarter, and how much they vary."""

    name = "mel-bands@1"

    def embed(self, items: Sequence[Item]) -> Features:
        """Give N x 200 float32 features; zero for a recording that cannot be read."""
        return self.embed_readable(items)[0]

    def embed_readable(self, items: Sequence[Item]) -> tuple[Features, Mapping[int, str]]:
        """Give features, and by place what is wrong with the recordings that cannot be read."""
        whole = np.zeros((len(items), (_PARTS + 1) * _BANDS), dtype=np.float32)
        problems: dict[int, str] = {}
        for at, item in enumerate(items):
            try:
                whole[at] = _features(_recording(item))
            except AssistantError as error:
                problems[at] = error.message
        return whole, problems


def _recording(item: Item) -> Sound:
    """Read an item's recording."""
    if item.media is None:
        raise AssistantError("The task has no recording.", hop="shape")
    return read_sound(item.media()).at_rate()


def _features(sound: Sound) -> Samples:
    """Features of a whole recording."""
    return band_features(log_bands(sound))


def band_features(bands: NDArray[np.floating[Any]]) -> Samples:
    """Mean bands of each quarter, and how they vary, less the stretch's own loudness."""
    bands = bands.astype(np.float64) - float(bands.mean(dtype=np.float64))
    quarters = [part.mean(axis=0) for part in np.array_split(bands, _PARTS) if len(part)]
    quarters += [quarters[-1]] * (_PARTS - len(quarters))
    return np.concatenate([*quarters, bands.std(axis=0)]).astype(np.float32) / np.float32(10.0)


def log_bands(sound: Sound) -> NDArray[np.float64]:
    """Give frames (every 10 ms) by 40 bands: the log of energy on the mel scale.

    The scale is O'Shaughnessy's, 2595 log10(1 + f / 700); frames are 25 ms under a Hann window.
    """
    samples = sound.samples
    if len(samples) < _FRAME:
        samples = np.pad(samples, (0, _FRAME - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_STEP]
    parts = [
        np.abs(np.fft.rfft(part * np.hanning(_FRAME), _FFT)) ** 2 @ _filters().T
        for part in np.array_split(frames, max(len(frames) // 2_000, 1))
    ]
    return np.log(np.concatenate(parts) + 1e-8)


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float64]:
    """40 triangles over the frequencies, of equal width on the mel scale from 60 Hz up."""

    def mel(hertz: float) -> float:
        return float(2595 * np.log10(1 + hertz / 700))

    edges = 700 * (10 ** (np.linspace(mel(60), mel(RATE / 2), _BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(_FFT, 1 / RATE)
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling))

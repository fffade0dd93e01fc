"""Recordings as built-in models hear them: where there is speech, and the bands of their sound.

What was heard of a file is kept for a while, up to a bound: a model that learns asks again and
again about the same recordings.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError, Item
from fairhand.compute.models.audio import speech_probabilities
from fairhand.compute.models.sound import Samples, Sound, band_features, log_bands, read_sound

MOST_MS: Final = 20 * 60_000
"""The longest recording that is listened to: in studio quality it takes some 700 MB meanwhile."""
_BAND_MS: Final = 10
_UNKNOWN_MS: Final = 60_000
_FEWEST_MEASURED: Final = 3
_FEWEST_BANDS: Final = 4
_MOST_KEPT: Final = 96 * 1024 * 1024

T = TypeVar("T")


class Kept(Generic[T]):
    """Keeps what was made of files, the last used, up to a number of bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most, self._total = most_bytes, 0
        self._kept: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, make: Callable[[], tuple[T, int]]) -> T:
        """Give what is kept under a key, or make it; `make` also says how many bytes it takes."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        made, size = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made, size
                self._total += size
            while self._total > self._most and len(self._kept) > 1:
                self._total -= self._kept.popitem(last=False)[1][1]
        return made


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording's length, the probability of speech in each 32 ms, and bands every 10 ms."""

    ms: int
    shares: NDArray[np.float64]
    bands: NDArray[np.float16]

    def features(self, start_ms: int, end_ms: int) -> Samples:
        """Give the features of a stretch, as `SoundEmbedder` makes them of a recording."""
        first = min(start_ms // _BAND_MS, max(0, len(self.bands) - _FEWEST_BANDS))
        last = max(end_ms // _BAND_MS, first + _FEWEST_BANDS)
        return band_features(self.bands[first:last])


_heard: Kept[Heard] = Kept(_MOST_KEPT)


def hear(item: Item) -> Heard:
    """Listen to an item's recording; raises AssistantError where that cannot be done."""
    content, key = recording(item, MOST_MS)
    return _heard.get(key, lambda: _listen(read_sound(content, MOST_MS).at_rate()))


def recording(item: Item, most_ms: int) -> tuple[bytes, str]:
    """Read an item's file and name it by its content; one that is too long is not read."""
    if item.media is None:
        raise AssistantError("The task has no recording.", hop="shape")
    if item.duration_ms is not None and item.duration_ms > most_ms:
        minutes = most_ms // 60_000
        raise AssistantError(f"The recording is longer than {minutes} minutes.", hop="shape")
    content = item.media()
    return content, sha256(content).hexdigest()


def known_length(item: Item, ms: int) -> int:
    """Give the length that answers may not leave: the task's own, where it is known."""
    return ms if item.duration_ms is None else min(ms, item.duration_ms)


def count_within(items: Sequence[Item], most_ms: int) -> int:
    """Say how many of the first items can be listened to within a length of sound; three always."""
    total = 0
    for at, item in enumerate(items):
        total += _UNKNOWN_MS if item.duration_ms is None else item.duration_ms
        if total > most_ms and at >= _FEWEST_MEASURED:
            return at
    return len(items)


def _listen(sound: Sound) -> tuple[Heard, int]:
    bands: NDArray[Any] = log_bands(sound).astype(np.float16)
    heard = Heard(sound.ms, speech_probabilities(sound), bands)
    return heard, bands.nbytes + heard.shares.nbytes

"""How long each way of answering takes: published seconds at first, a project's own afterwards.

Seconds of a task are taken as log-normal. A project's own pace is learnt first (all ways together
may be slower or quicker than what was published), then each way for itself; both lean on what was
known before, so that a handful of answers moves little (shrinkage of normal means: C. N. Morris,
Parametric empirical Bayes inference, JASA 1983). The published seconds lie in `data/seconds.json`,
each with its source; they are frozen, so that everything that is reckoned with them can be reckoned
again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

Way = Literal["verify", "keep", "mend", "draw"]
WAYS: Final[tuple[Way, ...]] = ("verify", "keep", "mend", "draw")

PRIOR_ANSWERS: Final = 10.0
"""How many answers a published figure weighs, once for the pace and once for each way."""

_LEAST_S: Final = 0.2
_MOST_S: Final = 3_600.0
_MOST_VARIANCE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Seconds:
    """Mean seconds of one person on one task, by way of answering.

    `verify`: to look at a proposal and accept or reject it. `keep`: to open a right proposal for
    mending and leave it. `mend`: all the time of a task whose wrong proposal was mended. `draw`: to
    answer from nothing.
    """

    verify: float
    keep: float
    mend: float
    draw: float

    def __post_init__(self) -> None:
        """Refuse what is no time; raises ValueError."""
        for way in WAYS:
            if not 0.0 < getattr(self, way) < math.inf:
                raise ValueError(f"{way} must be a number of seconds above zero")

    def times(self, factor: float) -> Seconds:
        """Give the same at another pace, for a range of sensitivity."""
        return Seconds(*(factor * getattr(self, way) for way in WAYS))


@cache
def _published() -> dict[str, Any]:
    text = (resources.files("fairhand.work.prelabel") / "data" / "seconds.json").read_bytes()
    found: dict[str, Any] = json.loads(text)
    return found


def frozen_seconds(kind: str, medium: str = "") -> Seconds:
    """Give the published seconds of a question kind on a medium: image, text, audio, object.

    A kind or a medium that nothing is published of takes its nearest kin (`fallback` of the file).
    """
    ways, fallback = _published()["ways"], _published()["fallback"]
    row = ways.get(f"{kind}/{medium}") or ways[fallback.get(kind, fallback[""])]
    return Seconds(*(float(row[way]) for way in WAYS))


def frozen_sources() -> Mapping[str, Any]:
    """Give the file of published seconds as it lies: rows, sources, spread and range."""
    return _published()


def way_of(*, shown: bool, ask: str, changed: bool) -> Way | None:
    """Say which way an answer was given; None where its seconds are of two ways at once.

    Who rejects what they were asked to verify has looked and then drawn.
    """
    if not shown:
        return "draw"
    if ask == "verify":
        return None if changed else "verify"
    return "mend" if changed else "keep"


def learn_seconds(measured: Mapping[Way, Sequence[float]], prior: Seconds) -> Seconds:
    """Learn a project's own seconds from what was measured, leaning on what was published.

    `measured` holds seconds of answered tasks by way; zeros and stretches over an hour are limited
    to between a fifth of a second and an hour. The result is means, not medians: cost adds up.
    """
    spread = float(_published()["spread"]["log_sd"])
    logs = {way: [_log(one) for one in measured.get(way, ())] for way in WAYS}
    middle = {way: math.log(getattr(prior, way)) - spread**2 / 2 for way in WAYS}
    pace = _lean([one - middle[way] for way in WAYS for one in logs[way]])
    learnt, squares = {}, PRIOR_ANSWERS * spread**2
    for way in WAYS:
        start = middle[way] + pace
        learnt[way] = start + _lean([one - start for one in logs[way]])
        squares += sum((one - learnt[way]) ** 2 for one in logs[way])
    variance = min(_MOST_VARIANCE, squares / (PRIOR_ANSWERS + sum(map(len, logs.values()))))
    return Seconds(*(math.exp(learnt[way] + variance / 2) for way in WAYS))


def _log(seconds: float) -> float:
    return math.log(min(max(seconds, _LEAST_S), _MOST_S))


def _lean(offsets: Sequence[float]) -> float:
    """Give the mean of offsets, drawn towards zero by `PRIOR_ANSWERS` zeros."""
    return math.fsum(offsets) / (PRIOR_ANSWERS + len(offsets))

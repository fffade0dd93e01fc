"""What watching people's work may say: evidence for a human, never a verdict.

A signal names people, the plain numbers that were seen, how surprising they are if nothing is
the matter, and what else would explain them. It decides nothing, and signals are never ordered
by people's performance: they come sorted by kind and name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_STRONGEST = 15.0
"""Beyond one in a thousand million million a model is wrong sooner than a figure is right."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Something about `people` that a human should look at.

    `kind` is one of `gold`, `too_fast`, `too_alike`, `straight_lining`, `drift`, `slice`.
    `evidence` holds plain numbers by name. `strength` is a power of ten: 3.0 means that people
    of whom nothing is the matter look like this once in a thousand times, the number of people
    and pairs looked at allowed for. `sentence` says what was seen in words, and
    `what_would_explain_it_otherwise` the innocent reasons to rule out first.
    """

    kind: str
    people: tuple[Any, ...]
    evidence: Mapping[str, float]
    strength: float
    sentence: str
    what_would_explain_it_otherwise: tuple[str, ...]


def in_order(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Sort signals by kind and people's names, so that no order can be read as a ranking."""
    return tuple(sorted(signals, key=lambda signal: (signal.kind, list(map(str, signal.people)))))


def strength_of_chance(chance: float) -> float:
    """Turn the probability of an innocent coincidence into a power of ten, 0 to 15."""
    return _STRONGEST if chance <= 0.0 else min(_STRONGEST, max(0.0, -math.log10(chance)))


def strength_of_evidence(log_e: float) -> float:
    """Turn the natural logarithm of an e-value into a power of ten, 0 to 15.

    By Markov's inequality a coincidence gives an e-value of 1000 once in 1000 times at most.
    """
    return min(_STRONGEST, max(0.0, log_e / math.log(10.0)))


def percent(share: float) -> str:
    """Write a share as a whole per cent; never 0 or 100 for what is only close to it."""
    if 0.0 < share < 0.005:
        return "under 1"
    if 0.995 < share < 1.0:
        return "over 99"
    return f"{100 * share:.0f}"


def between(low: float, high: float) -> str:
    """Write an interval of shares: 'between 62 and 97 %'."""
    return f"between {percent(low)} and {percent(high)} %"

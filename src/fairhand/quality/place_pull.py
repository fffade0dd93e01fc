"""Does the place on the page pull people? What is shown first, against what chance would choose.

The order is dealt to each person (`labels.replies`), so what stands first is no better than the
rest: whatever it is preferred beyond its share is the place's doing. Of several that are best
together each has its part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairhand.quality.watch.intervals import wilson_interval


@dataclass(frozen=True, slots=True)
class PlacePull:
    """How often the first thing shown was the best, of `answers` that preferred something.

    `share` lies between `low` and `high` (Wilson, 95 %); `chance` is what no pull at all gives.
    """

    answers: int
    share: float
    low: float
    high: float
    chance: float

    @property
    def is_seen(self) -> bool:
        """Say whether chance lies outside the interval."""
        return not self.low <= self.chance <= self.high


def measure_pull(answers: Iterable[Mapping[str, Any]]) -> PlacePull | None:
    """Measure from answers to one question; None when none of them tells.

    Answers without their order, and those that prefer nothing to anything, do not tell.
    """
    first, chances = 0.0, []
    for answer in answers:
        order, best = answer.get("order"), best_of(answer)
        if not order or not best or len(best) >= len(order):
            continue
        first += (order[0] in best) / len(best)
        chances.append(1.0 / len(order))
    if not chances:
        return None
    low, high = (float(end) for end in wilson_interval(first, len(chances)))
    return PlacePull(len(chances), first / len(chances), low, high, sum(chances) / len(chances))


def best_of(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what an answer puts above the rest, whatever kind of judgement it is."""
    if "verdict" in answer:
        return (answer["better"],) if answer["verdict"] == "better" else ()
    if "ranks" in answer:
        return tuple(answer["ranks"][0])
    if "best" in answer:
        return (answer["best"],)
    if "replies" in answer:
        return _highest({one: sum(rated.values()) for one, rated in answer["replies"].items()})
    return _highest(answer.get("grades", {}))


def _highest(scores: Mapping[str, int]) -> tuple[str, ...]:
    most = max(scores.values(), default=0)
    return tuple(one for one, score in scores.items() if score == most)

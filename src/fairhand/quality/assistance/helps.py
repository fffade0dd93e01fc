"""Whether proposals save time, by experiment, and the rule that switches them off by itself.

Times of tasks are about log-normal and have long tails, so their logarithms are compared: the
ratio is of typical (geometric mean) seconds with a proposal to those without.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from fairhand.core.systems import automated
from fairhand.quality.assistance.contrast import Codes, Contrast, Floats, compare

Verdict = Literal["too_little", "unclear", "helps", "no_help"]

SHOWN_CHANCE: Final = 0.05
"""Chance that the interval shown ever leaves the truth out, over all looks together."""
OFF_CHANCE: Final = 0.01
"""Chance that an assistant that saves enough is ever switched off, over all looks together."""
LEAST_SAVING: Final = 0.02
"""A proposal that saves less than this share of the time is not worth what it may sway."""
LEAST_WITH: Final = 20
LEAST_WITHOUT: Final = 10
"""Below these many answers of each kind nothing is said: the normal law is not near yet."""

_SCALE: Final = math.log(1.3)
_LEAST_ERROR: Final = 1e-6
_LEAST_S: Final = 0.2
_MOST_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Help:
    """Minutes with and without proposals: what was measured, and what follows.

    `ratio` is typical seconds with a proposal to without, `low` to `high` its interval over all
    looks; None while there is too little. `seconds_with` and `seconds_without` are plain means of
    paid seconds of an answer, None without answers.
    """

    verdict: Verdict
    with_it: int
    without: int
    people: int
    seconds_with: float | None
    seconds_without: float | None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def switches_off(self) -> bool:
        """Whether it is sure enough that the proposals do not help."""
        return self.verdict == "no_help"


@automated(
    "assist.helps",
    title="Whether proposals help",
    effect="judges",
    purpose="Compares the time of answers with and without a proposal, and switches proposals off "
    "where it is sure that they do not help.",
    reads=("paid seconds of answers, in a random experiment", "whether a proposal was shown"),
    parameters=(
        ("doubt allowed", OFF_CHANCE, "the chance of being wrong at which it switches off"),
        ("least saving", LEAST_SAVING, "the share of time that proposals must save"),
        ("least answers", LEAST_WITH, "with a proposal, before anything is said"),
    ),
    oversight="The owner sees the evidence and may switch proposals on again.",
    switch="Proposals stay as their owner set them; nothing switches them off by itself.",
)
def judge_help(person: Codes, shown: NDArray[np.bool_], seconds: Floats) -> Help:
    """Judge from answers drawn by chance to be given with a proposal (`shown`) or without.

    Switches off (`no_help`) once it is surer than 1 - OFF_CHANCE, at whatever look, that less
    than `LEAST_SAVING` is saved; `helps` once the whole interval lies below 1.
    """
    limited = np.clip(seconds, _LEAST_S, _MOST_S)
    plain = (_mean(limited[shown]), _mean(limited[~shown]))
    enough = int(shown.sum()) >= LEAST_WITH and int((~shown).sum()) >= LEAST_WITHOUT
    found = compare(person, shown, np.log(limited)) if enough else None
    if found is None or found.error < _LEAST_ERROR:  # times that do not differ are no times
        counts = (int(shown.sum()), int((~shown).sum()), len(np.unique(person)))
        return Help("too_little", *counts, *plain)
    radius = found.radius(SHOWN_CHANCE, _SCALE)
    return Help(
        _verdict(found, radius),
        found.with_it,
        found.without,
        found.people,
        *plain,
        math.exp(found.difference),
        math.exp(found.difference - radius),
        math.exp(found.difference + radius),
    )


def _verdict(found: Contrast, radius: float) -> Verdict:
    surely_at_least = found.difference - found.radius(2 * OFF_CHANCE, _SCALE)
    if surely_at_least > math.log(1.0 - LEAST_SAVING):
        return "no_help"
    return "helps" if found.difference + radius < 0.0 else "unclear"


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None

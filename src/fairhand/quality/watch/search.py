"""The best of many ordered choices, and the top of a smooth hill: scores with one top."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fairhand.quality.aggregation.codes import Floats

Look = Callable[[Floats], tuple[float, Floats, Floats]]
"""Numbers to a concave score, its slope and its curvature (minus the second derivatives)."""

_STEPS = 50
_HALVINGS = 30
_NEAR = 1e-8


def best_of(choices: Floats, score: Callable[[float], float]) -> float:
    """Give the choice of the highest score, asking for few: thirds are thrown away in turn."""
    low, high = 0, len(choices) - 1
    while high - low > 2:
        third = (high - low) // 3
        left, right = low + third, high - third
        if score(float(choices[left])) < score(float(choices[right])):
            low = left
        else:
            high = right
    return max((float(choice) for choice in choices[low : high + 1]), key=score)


def climb(look: Look, start: Floats, *, low: float, high: float) -> Floats:
    """Give the few numbers within low..high where a concave score is highest.

    Newton's method, with each step halved until it does not lose: a full step from a far start
    can land further away than it began, and go back and forth for good.
    """
    here = np.asarray(start, dtype=np.float64)
    value, slope, curve = look(here)
    for _ in range(_STEPS):
        step = _newton_step(here, slope, curve, low, high)
        if np.abs(step).max(initial=0.0) < _NEAR:
            break
        for _ in range(_HALVINGS):
            there = np.clip(here + step, low, high)
            seen = look(there)
            if seen[0] >= value:
                break
            step = step / 2.0
        else:
            break  # no step that can be told from none helps: this is the top
        here, (value, slope, curve) = there, seen
    return here


def _newton_step(here: Floats, slope: Floats, curve: Floats, low: float, high: float) -> Floats:
    """Newton's step among the numbers that are not held back by a bound."""
    free = ~(((here <= low) & (slope < 0.0)) | ((here >= high) & (slope > 0.0)))
    step = np.zeros_like(here)
    step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
    return step

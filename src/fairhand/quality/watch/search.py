"""The best of many ordered choices by a score with one top."""

from __future__ import annotations

from collections.abc import Callable

from fairhand.quality.aggregation.codes import Floats


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

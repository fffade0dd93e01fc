"""What the literature predicts of models that learn, again and again, from a mix like this one.

All of it is about the toy that the guard's bounds come from: the mean of a Gaussian, estimated
from n items each generation, error relative to n fresh items of people alone (which is 1).

- Replaced: every generation learns from the one before alone; errors add up (Shumailov and others
  2024).
- Added to: every generation's items are kept beside all before; the error stays below pi^2 / 6
  (Kazdan and others 2024, arXiv 2410.16713; Dey and Donoho 2024, 2410.22812).
- A constant weight w of fresh items of people, the rest from the model before: the error settles
  at (w^2 + (1 - w)^2) / (1 - (1 - w)^2), least at w = 1 / phi = 0.618 (He, Xu and Cheng 2025,
  2502.18049).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

GOLDEN: Final = (math.sqrt(5) - 1) / 2
"""The weight of people's items at which the error of the toy is least."""
CEILING: Final = math.pi**2 / 6
"""Where the error goes when items are added to and never replaced."""
GENERATIONS: Final = (1, 2, 5, 10, 20)
_STEPS: Final = 20


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is predicted at a real weight: the error it settles at, and the curve it lies on.

    `settles` is None where there is nothing of people at all: it grows without bound.
    """

    weight: float
    settles: float | None
    curve: tuple[tuple[float, float], ...]
    replaced: tuple[tuple[int, float], ...]
    added: tuple[tuple[int, float], ...]


def outlook(weight: float) -> Outlook:
    """Predict for a share of people's items from 0 to 1; ValueError outside."""
    if not 0 <= weight <= 1:
        raise ValueError("a weight lies between 0 and 1")
    points = [step / _STEPS for step in range(2, _STEPS + 1)]
    return Outlook(
        weight,
        settled_error(weight) if weight > 0 else None,
        tuple((point, settled_error(point)) for point in points),
        tuple((count, replaced_error(count)) for count in GENERATIONS),
        tuple((count, added_error(count)) for count in GENERATIONS),
    )


def settled_error(weight: float) -> float:
    """Where the error settles under a constant weight of people's items, above 0."""
    rest = 1 - weight
    return (weight**2 + rest**2) / (1 - rest**2)


def replaced_error(generations: int) -> float:
    """The error after so many generations that each saw the one before alone."""
    return float(generations + 1)


def added_error(generations: int) -> float:
    """The error after so many generations that each saw everything before."""
    return math.fsum(1 / count**2 for count in range(1, generations + 2))

"""How far a drawn or written proposal can be trusted, from proposals that people answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from fairhand.compute.assistants.contract import AssistantError

_FEW: Final = 10
"""Answers below which every proposal is trusted alike."""
_PRIOR: Final = 0.5
_RIDGE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Trust:
    """The likeness to people's answers to expect: a mean, and how it rises with sureness."""

    mean: float = _PRIOR
    sure: float = 0.0
    slope: float = 0.0

    def score(self, sure: float) -> float:
        """Give the likeness to expect of a proposal that the model is so sure of."""
        return float(np.clip(self.mean + self.slope * (sure - self.sure), 0.01, 0.99))

    def header(self) -> dict[str, float]:
        """Give it as plain values."""
        return asdict(self)


def learn_trust(
    sure: Sequence[float], came_true: Sequence[float], weights: Sequence[float]
) -> Trust:
    """Learn from proposals made without knowing the answer, how like it they were.

    One answer of one half is added: few answers never make sure. From ten on, what the model is
    surer of is trusted more, as far as that came true.
    """
    if not came_true:
        return Trust()
    given, found, weight = (np.asarray(one, float) for one in (sure, came_true, weights))
    mean = float((found @ weight + _PRIOR) / (weight.sum() + 1.0))
    centre = float(np.average(given, weights=weight))
    if len(found) < _FEW:
        return Trust(mean, centre)
    apart = given - centre
    together = float((weight * apart) @ (found - np.average(found, weights=weight)))
    return Trust(mean, centre, max(0.0, together / (float((weight * apart) @ apart) + _RIDGE)))


def read_trust(plain: Mapping[str, Any]) -> Trust:
    """Read it back; raises AssistantError where a value is missing."""
    try:
        return Trust(*(float(plain[name]) for name in ("mean", "sure", "slope")))
    except (KeyError, TypeError, ValueError) as error:
        raise AssistantError("The model file's header is damaged.", hop="shape") from error

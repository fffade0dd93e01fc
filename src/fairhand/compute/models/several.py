"""Several questions answered by one model version: a model for each, kept and asked together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fairhand.compute.assistants.contract import AssistantError, Item, Predictor, Proposal
from fairhand.compute.models.learnt import Learnt, pack_learnt

NAME: Final = "several"


def pack_several(parts: Mapping[str, bytes], version: str) -> bytes:
    """Put what was learnt for each question into one file; one alone stays as it is."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    names = sorted(parts)
    header = {"model": NAME, "version": version, "questions": names}
    arrays = {f"part-{at}": np.frombuffer(parts[name], np.uint8) for at, name in enumerate(names)}
    return pack_learnt(header, arrays)


def parts_of(learnt: Learnt) -> dict[str, bytes]:
    """Take such a file apart; raises AssistantError where a part is missing."""
    names = learnt.header.get("questions")
    if not isinstance(names, list):
        raise AssistantError("The model file names no questions.", hop="shape")
    return {str(name): learnt.array(f"part-{at}").tobytes() for at, name in enumerate(names)}


@dataclass(frozen=True, slots=True)
class SeveralPredictor:
    """Asks each question's model and joins what they propose for an item."""

    model: str
    parts: tuple[Predictor, ...]

    @property
    def at_once(self) -> int:
        """How many items the slowest part takes at once."""
        return min(int(getattr(part, "at_once", 1_000)) for part in self.parts)

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Propose for every question; one that has no proposal is left out."""
        found = [part.predict(items) for part in self.parts]
        return [self._join(list(row)) for row in zip(*found, strict=True)]

    def _join(self, proposals: list[Proposal]) -> Proposal:
        value: dict[str, Any] = {}
        shares: dict[str, Mapping[str, float]] = {}
        for one in proposals:
            value.update(one.value or {})
            shares.update(one.probabilities)
        scores = [one.score for one in proposals if one.value is not None]
        known = [score for score in scores if score is not None]
        # All are right with the product of their chances, as if errors came independently.
        score = math.prod(known) if known and len(known) == len(scores) else None
        return Proposal(value or None, score, shares, self.model)

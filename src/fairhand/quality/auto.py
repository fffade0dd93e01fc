"""The default: several models of people, each as far as it foretells answers it has not seen.

Which model of people is right differs from crowd to crowd, and a wrong choice costs more than the
best gains. So none is chosen: the models of `aggregation.stacking` are mixed, with weights from
held-out answers. A sentence or two says what came of it, with the figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.quality.aggregation.stacking import FOLDS, Score, Stacked

_WORTH_NAMING = 0.05
_ABSENT = ", absent labels allowed"


def method_of(scores: Sequence[Score]) -> str:
    """Name the mixture by its heaviest models."""
    parts = [f"{name} {weight:.0%}" for name, weight in _by_name(scores) if weight >= _WORTH_NAMING]
    return f"auto ({', '.join(parts)})" if parts else "auto"


def why_of(codes: AnswerCodes, found: Stacked) -> str:
    """Say in a few sentences how the models were weighed and what each is worth."""
    if not found.foretold:
        return "There is no answer to weigh models by; nothing but the classes is known."
    best = max(found.scores, key=lambda score: score.held_out)
    crowd = max(score.held_out for score in found.scores if score.name.startswith("crowd"))
    sample = "" if found.foretold == len(codes) else f", a sample of {len(codes):,},"
    first = (
        f"Models of people were weighed by how well each foretold {found.foretold:,} answers"
        f"{sample} held out in {FOLDS} turns: {_say(_by_name(found.scores))}."
    )
    second = (
        f"Mixed, they give an unseen answer a probability of {math.exp(found.held_out):.3f} in the "
        f"geometric mean; the best alone ({best.name}) {math.exp(best.held_out):.3f}, a crowd of "
        f"people all alike {math.exp(crowd):.3f}."
    )
    third = f"On {found.doubtful:.0%} of the tasks answers say little beyond the vote."
    return " ".join([first, second, third])


def _by_name(scores: Sequence[Score]) -> list[tuple[str, float]]:
    """Add up each model's weight with and without absent labels, the heaviest first."""
    found: dict[str, float] = {}
    for score in scores:
        name = score.name.removesuffix(_ABSENT)
        found[name] = found.get(name, 0.0) + score.weight
    return sorted(found.items(), key=lambda item: (-round(item[1], 6), item[0]))


def _say(weights: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{name} has {weight:.0%} of the say" for name, weight in weights)

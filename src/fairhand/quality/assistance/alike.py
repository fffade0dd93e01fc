"""How far an answer is what was proposed, by kind of question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairhand.quality.gold_match import is_right, likeness


def agreement(
    kinds: Mapping[str, str], proposed: Mapping[str, Any], given: Mapping[str, Any]
) -> float | None:
    """Give how far `given` is the proposal, 0 to 1, on average over the questions it answers.

    `kinds` maps questions to their kinds. Outlines, texts and the like agree by their kind's
    own measure, every other answer wholly or not at all. None where the proposal answers none
    of the questions.
    """
    each = [
        _alike(kinds[name], answer, given.get(name))
        for name, answer in proposed.items()
        if name in kinds
    ]
    return sum(each) / len(each) if each else None


def is_wrong(
    kinds: Mapping[str, str], proposed: Mapping[str, Any], known: Mapping[str, Any]
) -> bool:
    """Say whether a proposal misses what is known to be right in any question it answers."""
    return any(
        not is_right(kinds[name], known[name], answer)
        for name, answer in proposed.items()
        if name in kinds and name in known
    )


def _alike(kind: str, proposed: Any, given: Any) -> float:  # noqa: ANN401  # answers
    if given is None or proposed is None:
        return 0.0
    return likeness(kind, proposed, given)

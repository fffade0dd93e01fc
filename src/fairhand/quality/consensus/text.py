"""Consensus of free texts: the one that the others are nearest to (see `structured.free_text`).

Free texts are not joined word by word: one of them stands, and the others are kept as they are.
The confidence is its support, the mean nearness of the other texts to it; one text alone stands
unchecked, with confidence 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairhand.labels.kind import Config
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.systems import consensus_rule


@consensus_rule("text", "the text that the others are nearest to")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Choose the medoid; of texts equally near, the first in the order of letters."""
    from fairhand.quality.structured.free_text import choose_text

    chosen = choose_text([0] * len(answers), list(range(len(answers))), list(answers)).chosen[0]
    return Verdict(chosen.text, chosen.support)


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # two answers
    """Measure the share of letters that two texts have alike (Indel similarity), case aside."""
    from rapidfuzz import fuzz

    if one == other:
        return 1.0
    return float(fuzz.ratio(one.casefold(), other.casefold())) / 100.0


CONSENSUS = Voted("medoid", settle, likeness, "Share of letters alike", enough=0.8)

"""Consensus of labelled stretches of a sound: each moment by the vote of those who heard it.

A moment belongs to a label where more than half of people marked it so; every label is voted on
by itself, so that two people may speak at once. What is left shorter than a twentieth of a second
is nobody's stretch but people's edges that do not quite meet, and is dropped. The confidence is
how alike people's answers are on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean
from typing import Any, Final

from fairhand.labels.kind import Config
from fairhand.labels.stretches import Stretch, by_label, likeness
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.systems import consensus_rule

SHORTEST_MS: Final = 50
_MOST_PAIRS: Final = 100


@consensus_rule("segments", "each moment of a sound by the vote of those who heard it")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Vote label by label over time; where none is left, the answer says that there is nothing."""
    people = [by_label(answer) for answer in answers]
    segments = [
        {"start": start, "end": end, "label": label}
        for label in sorted({label for each in people for label in each})
        for start, end in _most(
            [stretch for each in people for stretch in each.get(label, [])], len(people)
        )
    ]
    segments.sort(key=lambda one: (one["start"], one["end"], one["label"]))
    value: dict[str, Any] = {"segments": segments}
    if not segments:
        value["nothing"] = True
    pairs = list(combinations(answers, 2))[:_MOST_PAIRS]
    return Verdict(value, fmean(likeness(*pair) for pair in pairs) if pairs else 0.0)


def _most(stretches: Sequence[Stretch], people: int) -> list[Stretch]:
    """Find where more than half of people are inside a stretch: one sweep over all edges."""
    edges = sorted(
        [(start, 1) for start, _ in stretches] + [(end, -1) for _, end in stretches]
    )  # at one moment ends come first, so that what only touches is two
    inside, begun = 0, -1
    found: list[Stretch] = []
    for moment, step in edges:
        inside += step
        if begun < 0 and 2 * inside > people:
            begun = moment
        elif begun >= 0 and 2 * inside <= people:
            found.append((begun, moment))
            begun = -1
    return [(start, end) for start, end in _joined(found) if end - start >= SHORTEST_MS]


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Unite stretches that meet: of one label they are one."""
    joined: list[Stretch] = []
    for start, end in stretches:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


CONSENSUS = Voted("time-vote", settle, likeness, "Overlap in time")

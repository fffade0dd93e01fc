"""Consensus of boxes: matched by overlap, fused side by side, kept where most people drew them.

The confidence is the mean IoU of people's boxes with the fused one, times the share of all boxes
that became part of one; "nothing here" that all agree on is 1.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fairhand.labels.drawn import tidy
from fairhand.labels.kind import Config
from fairhand.quality.consensus.clumps import Floats, clump, set_likeness
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.structured.boxes import FusedBox, box_iou, fuse_boxes
from fairhand.quality.systems import consensus_rule

LEAST = 0.35
"""IoU from which two boxes are one thing."""


@consensus_rule("boxes", "each thing's sides from those who drew it, where most people drew it")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Match people's boxes and fuse each; answers are of one size."""
    people = [person for person, one in enumerate(answers) for _ in one["boxes"]]
    labels = [thing["label"] for one in answers for thing in one["boxes"]]
    sides = _sides([thing for one in answers for thing in one["boxes"]])
    codes = np.unique(labels, return_inverse=True)[1] if labels else np.zeros(0, np.intp)
    clumps = clump(codes, sides).tolist()
    asked = [(number, person) for number in set(clumps) for person in range(len(answers))]
    found = fuse_boxes(clumps, people, labels, sides, asked=asked, least_iou=LEAST)
    fused = [one for one in (*found.boxes, *found.doubted) if len(one.people) > len(answers) / 2]
    size = answers[0]["size"]
    kept = [{"label": one.label, "box": _within(one, size)} for one in fused]
    kept.sort(key=lambda thing: (thing["label"], thing["box"]))
    value: dict[str, Any] = {"size": list(size), "boxes": kept}
    if not kept:
        value["nothing"] = True
    if len(answers) < 2 or not kept:
        return Verdict(value, float(len(answers) > 1 and not labels))
    matched = sum(len(one.people) for one in fused) / len(labels)
    by_clump = {number: np.flatnonzero(np.array(clumps) == number) for number in set(clumps)}
    agreement = [_agreement(one, by_clump[one.image], people, labels, sides) for one in fused]
    return Verdict(value, matched * float(np.mean(agreement)))


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    """Panoptic quality of two answers; boxes match from an IoU of 0.35."""
    mine, theirs = one["boxes"], other["boxes"]
    alike = box_iou(_sides(mine), _sides(theirs))
    for row, thing in enumerate(mine):
        alike[row, [thing["label"] != their["label"] for their in theirs]] = 0.0
    return set_likeness(alike, LEAST)


def _sides(things: Sequence[Any]) -> Floats:
    return np.array([thing["box"] for thing in things], float).reshape(-1, 4)


def _within(fused: FusedBox, size: Sequence[int]) -> list[float]:
    """Write a fused box with the coordinates of an answer, inside its picture."""
    most = (size[1], size[0], size[1], size[0])
    return [
        tidy(min(max(side, 0.0), float(end))) for side, end in zip(fused.box, most, strict=True)
    ]


def _agreement(
    fused: FusedBox,
    rows: np.ndarray[Any, np.dtype[np.intp]],
    people: Sequence[int],
    labels: Sequence[str],
    sides: Floats,
) -> float:
    """Mean overlap of the fused box with the nearest box of each person who drew it."""
    alike = box_iou(sides[rows], np.array([fused.box]))[:, 0]
    best = dict.fromkeys(fused.people, 0.0)
    for row, overlap in zip(rows.tolist(), alike.tolist(), strict=True):
        if labels[row] == fused.label and people[row] in best:
            best[people[row]] = max(best[people[row]], overlap)
    return float(np.mean(list(best.values())))


CONSENSUS = Voted("box-match", settle, likeness, "iou")

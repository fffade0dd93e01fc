"""Consensus of polygons: painted, matched by overlap, voted on pixel by pixel.

A thing is kept when more than half of the people drew it. Its outline is the one of those drawn
that overlaps most with what the majority of them enclose: corners that a hand has set, and a
polygon that cannot cross itself, where a traced vote would be all pixel steps.

The confidence is the mean IoU of people's outlines with the vote, times the share of all polygons
that became part of a thing; "nothing here" that all agree on is 1.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairhand.labels.kind import Config
from fairhand.quality.consensus.clumps import Floats, Ints, clump, set_likeness
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.structured.mask_consensus import join_stack, mask_iou
from fairhand.quality.structured.matching import match
from fairhand.quality.structured.patches import Patch, alike_patches, stack_patches
from fairhand.quality.systems import consensus_rule

LEAST = 0.3
"""IoU from which two outlines are one thing."""

_FINEST = 4.0
_LONGEST = 1_024.0
_MOST_CELLS = 3e7
"""Small things are painted finer than the picture's pixels, huge ones coarser."""


@dataclass(frozen=True, slots=True)
class _Joined:
    """One thing: the polygon that stands for it, how many drew it, how alike."""

    thing: dict[str, Any]
    people: int
    agreement: float


@consensus_rule("polygons", "of those who outlined a thing, the outline nearest to their vote")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Match people's polygons and choose one for each thing; answers are of one size."""
    things = [thing for one in answers for thing in one["polygons"]]
    person = np.array(
        [number for number, one in enumerate(answers) for _ in one["polygons"]], np.intp
    )
    found = [
        joined
        for rows in _clumps(things)
        for joined in _join(things, person, rows, len(answers) / 2)
    ]
    kept = [one.thing for one in found]
    kept.sort(key=lambda thing: (thing["label"], thing["points"]))
    value: dict[str, Any] = {"size": list(answers[0]["size"]), "polygons": kept}
    if not kept:
        value["nothing"] = True
    if len(answers) < 2 or not kept:
        return Verdict(value, float(len(answers) > 1 and not things))
    matched = sum(one.people for one in found) / len(things)
    return Verdict(value, matched * float(np.mean([one.agreement for one in found])))


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    """Panoptic quality of two answers; polygons match from an IoU of 0.3."""
    mine, things = len(one["polygons"]), [*one["polygons"], *other["polygons"]]
    alike = np.zeros((mine, len(things) - mine))
    for rows in _clumps(things):
        table = alike_patches(_paint([things[row] for row in rows.tolist()]))
        left = rows < mine
        alike[np.ix_(rows[left], rows[~left] - mine)] = table[np.ix_(left, ~left)]
    return set_likeness(alike, LEAST)


def _clumps(things: Sequence[Any]) -> Iterator[Ints]:
    """Give the rows of things that could be one."""
    if not things:
        return
    codes = np.unique([thing["label"] for thing in things], return_inverse=True)[1]
    corners = [np.array(thing["points"], float) for thing in things]
    sides = np.array([[*one.min(axis=0), *one.max(axis=0)] for one in corners])
    clumps = clump(codes, sides)
    order = np.argsort(clumps, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(clumps[order])) + 1)


def _join(things: Sequence[Any], person: Ints, rows: Ints, half: float) -> Iterator[_Joined]:
    patches = _paint([things[row] for row in rows.tolist()])
    size = (max(one.bottom for one in patches) + 1, max(one.right for one in patches) + 1)
    for members in match(person[rows], alike_patches(patches), LEAST):
        if len(members) <= half:
            continue
        stack, _, _ = stack_patches([patches[one] for one in members.tolist()], size)
        vote = join_stack(stack)
        overlap = [mask_iou(outline, vote) for outline in stack]
        nearest = things[int(rows[members[int(np.argmax(overlap))]])]
        thing = {"label": nearest["label"], "points": nearest["points"]}
        yield _Joined(thing, len(members), float(np.mean(overlap)))


def _paint(things: Sequence[Any]) -> list[Patch]:
    """Paint polygons on one grid, as fine as their size calls for."""
    corners = [np.array(thing["points"], float) for thing in things]
    spans = np.array([one.max(axis=0) - one.min(axis=0) for one in corners])
    room = np.sqrt(_MOST_CELLS / max(float(spans.prod(axis=1).sum()), 1.0))
    scale = min(_FINEST, _LONGEST / max(float(spans.max()), 1.0), float(room))
    origin = np.min([one.min(axis=0) for one in corners], axis=0)
    return [_fill((one - origin) * scale) for one in corners]


def _fill(corners: Floats) -> Patch:
    """Paint the cells whose centres lie inside, by the even-odd rule; at least one cell."""
    left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
    right, bottom = np.maximum(np.ceil(corners.max(axis=0)).astype(int), (left + 1, top + 1))
    ends = np.roll(corners, -1, axis=0)
    rows = np.arange(top, bottom)[:, None] + 0.5
    crossed = (corners[:, 1] > rows) != (ends[:, 1] > rows)
    row, edge = np.nonzero(crossed)
    rise = ends[edge, 1] - corners[edge, 1]
    share = (row + top + 0.5 - corners[edge, 1]) / rise
    cut = corners[edge, 0] + share * (ends[edge, 0] - corners[edge, 0])
    column = np.clip(np.ceil(cut - 0.5).astype(int) - left, 0, right - left)
    turns = np.zeros((bottom - top, right - left + 1), np.int32)
    np.add.at(turns, (row, column), 1)
    bits = np.cumsum(turns, axis=1)[:, :-1] % 2 == 1
    if not bits.any():
        middle = np.floor(corners.mean(axis=0)).astype(int) - (left, top)
        bits[min(int(middle[1]), len(bits) - 1), min(int(middle[0]), bits.shape[1] - 1)] = True
    return Patch(int(top), int(left), bits)


CONSENSUS = Voted("polygon-match", settle, likeness, "iou")

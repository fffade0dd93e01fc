"""The outline of a crowd: a vote that looks at the neighbourhood, and moves its edge by gold.

A pixel is inside when more than half of the votes in its 3 x 3 neighbourhood say so; where
everybody agrees, everybody is right. The vote of neighbours mends the jagged edge of a plain
majority. People may also draw too wide, or too narrow, *together*, which no vote can notice: from
a few images with a known outline `learn_outline` learns how many pixels the edge must move, and
moves it only if that helps on gold images left out of the learning.

STAPLE (see `staple`) takes people's errors for independent and therefore believes such outlines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.structured.edges import move_edge
from fairhand.quality.structured.mask_stack import Masks, Stack, plain_mask, stack_of
from fairhand.quality.structured.run_votes import count_votes, overlaps, runs_of

Bits = NDArray[np.bool_]
Counts = NDArray[np.uint8] | NDArray[np.uint16]

_OFFSETS = np.array([-3, -2.5, -2, -1.5, 0, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5])
"""Candidates, in pixels, farther inwards than outwards: crowds draw too wide rather than too
narrow. None lies between 0 and the first that moves anything; see `edges`."""
_DOUBT = 0.02
"""Differences in mean IoU that a handful of images cannot tell apart; offsets this close share."""
_FEWEST_GOLD = 3


@dataclass(frozen=True, slots=True)
class Outline:
    """How to draw a crowd's outline; `offset` pixels are taken off its edge (below 0: added)."""

    offset: float = 0.0
    gain: float = 0.0
    """Mean IoU won on gold images that were left out of the learning."""
    gold_images: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsensusMask:
    """The joined mask, the share of people who drew each pixel, and how alike they drew.

    `mask` and `share` are height x width; `agreement` is the mean IoU of each person's mask with
    the consensus, 0 to 1: it is not the probability of being right.
    """

    mask: Bits
    share: NDArray[np.float32]
    agreement: float
    people: int
    warnings: tuple[str, ...] = ()


def consensus_mask(
    masks: Masks, outline: Outline | None = None, *, label: str | None = None
) -> ConsensusMask:
    """Join several people's masks of one image; `outline` may come from `learn_outline`.

    Masks are boolean arrays of one shape, or mask answers (then `label` picks the regions).
    Raises ValueError for no mask, masks of different sizes, or NaN.
    """
    offset = outline.offset if outline else 0.0
    counts: Counts
    answers = [mask for mask in masks if isinstance(mask, Mapping)]
    if answers and len(answers) == len(masks):
        drawn, size = runs_of(answers, label)
        counts = count_votes(drawn, size)
        # The transpose lies in memory as the runs do; neither step knows rows from columns.
        joined = move_edge(vote(counts.T, len(drawn)), offset).T
        alike = overlaps(drawn, joined)
    else:
        stack = stack_of(masks, label)
        counts = count_stack(stack)
        joined = move_edge(vote(counts, len(stack)), offset)
        alike = [mask_iou(one, joined) for one in stack]
    people = len(alike)
    alone = ("only one person drew: nobody confirms the outline",) if people == 1 else ()
    share = counts * np.float32(1 / people)
    return ConsensusMask(joined, share, float(np.mean(alike)), people, alone)


def join_stack(stack: Stack, offset: float = 0.0) -> Bits:
    """Join people x height x width into height x width, and nothing more."""
    return move_edge(vote(count_stack(stack), len(stack)), offset)


def vote(counts: Counts, people: int) -> Bits:
    """Vote in 3 x 3 neighbourhoods; beyond the image's border its edge pixels go on.

    `counts` says how many of `people` drew each pixel. Two labels that share no pixel in
    anybody's drawing share none here: both cannot hold more than half of a neighbourhood.
    """
    kind = np.uint16 if people * 18 < 2**16 else np.uint32
    rows: NDArray[Any] = counts.astype(kind)
    rows[1:] += counts[:-1]
    rows[:-1] += counts[1:]
    rows[[0, -1]] += counts[[0, -1]]
    around = rows.copy()
    around[:, 1:] += rows[:, :-1]
    around[:, :-1] += rows[:, 1:]
    around[:, [0, -1]] += rows[:, [0, -1]]
    joined: Bits = around > kind(9 * people // 2)
    joined &= counts > 0
    joined |= counts == people
    return joined


def count_stack(stack: Stack) -> Counts:
    """Count the people inside at each pixel."""
    if len(stack) < 2**8:
        few: Counts = np.add.reduce(stack.view(np.uint8), axis=0, dtype=np.uint8)
        return few
    many: Counts = np.add.reduce(stack, axis=0, dtype=np.uint16)
    return many


def mask_iou(one: Bits, other: Bits) -> float:
    """Intersection over union; 1.0 when both are empty."""
    together = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / together if together else 1.0


def learn_outline(gold: Sequence[tuple[Masks, Any]], *, label: str | None = None) -> Outline:
    """Learn the edge's offset from images whose true mask is known: pairs (masks, true mask).

    The offset is the mean over candidates, weighed by how well each does on the gold images, and
    rounded to one of them: a lucky candidate does not decide alone. If leaving one image out at a
    time shows harm beyond doubt, the offset is 0 and a warning says so.
    Raises ValueError when a true mask does not fit its crowd.
    """
    if len(gold) < _FEWEST_GOLD:
        short = f"{len(gold)} gold images teach nothing sure; {_FEWEST_GOLD} are needed"
        return Outline(gold_images=len(gold), warnings=(short,))
    scores = np.array([_scores(stack_of(masks, label), true) for masks, true in gold])
    still = int(np.flatnonzero(_OFFSETS == 0)[0])
    gains = np.array(
        [_read(row, _centre(np.delete(scores, out, axis=0))) for out, row in enumerate(scores)]
    )
    gains -= scores[:, still]
    offset = _centre(scores)
    if gains.mean() < -_DOUBT:
        kept = "moving the edge did harm on gold images left out; it stays where the vote is"
        return Outline(gold_images=len(gold), warnings=(kept,))
    return Outline(offset, float(gains.mean()), len(gold))


def _scores(stack: Stack, true: Any) -> NDArray[np.float64]:  # noqa: ANN401
    known = plain_mask(true, stack.shape[1:])
    voted = join_stack(stack)
    return np.array([mask_iou(move_edge(voted, offset), known) for offset in _OFFSETS.tolist()])


def _centre(scores: NDArray[np.float64]) -> float:
    """The candidate nearest to the mean of all, weighed by their scores."""
    mean = scores.mean(axis=0)
    weights = np.exp((mean - mean.max()) / _DOUBT)
    mean_offset = (weights * _OFFSETS).sum() / weights.sum()
    return float(_OFFSETS[np.abs(_OFFSETS - mean_offset).argmin()])


def _read(row: NDArray[np.float64], offset: float) -> float:
    return float(row[np.abs(_OFFSETS - offset).argmin()])

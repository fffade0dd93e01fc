"""Consensus of masks: each pixel goes to the label that more than half of the people gave it.

On crowd outlines the plain majority is at or above STAPLE (Warfield, Zou, Wells 2004), whose
assumption of independent errors such outlines break. An even split stays background. The
confidence is the mean pairwise IoU of the answers: how alike people drew, not a probability of
being right.

Where a question asks for instances, one person's regions of a label are united before the vote,
so the consensus says which pixels are nuclei and not which nucleus each belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairhand.labels import rle
from fairhand.quality.mask_overlap import layers_of, mean_pairwise_iou


@dataclass(frozen=True, slots=True)
class MaskConsensus:
    """The voted mask as a mask answer, and how alike people drew."""

    value: dict[str, Any]
    confidence: float


def vote_masks(answers: Sequence[Mapping[str, Any]]) -> MaskConsensus:
    """Vote on mask answers for one image; raises ValueError for none, or for unlike sizes."""
    if not answers:
        raise ValueError("there is no mask to vote on")
    sizes = {tuple(answer["size"]) for answer in answers}
    if len(sizes) > 1:
        raise ValueError(f"masks of different sizes cannot be joined: {sorted(sizes)}")
    people = [layers_of(answer) for answer in answers]
    regions = []
    for label in sorted({label for layers in people for label in layers}):
        drawn = [layers[label] for layers in people if label in layers]
        voted = majority_runs(drawn, len(people))
        if rle.area(voted):
            regions.append({"label": label, "counts": rle.runs_to_text(voted)})
    value: dict[str, Any] = {"size": list(answers[0]["size"]), "regions": regions}
    if not regions:
        value["nothing"] = True
    return MaskConsensus(value, mean_pairwise_iou(people))


def majority_runs(masks: Sequence[rle.Runs], people: int) -> rle.Runs:
    """Give the pixels inside more than half of `people` masks; masks not listed are empty.

    Works on the edges of the runs: the cost grows with the outline, not with the area.
    """
    edges = [np.cumsum(runs) for runs in masks]
    size = int(edges[0][-1])
    starts = np.concatenate([edge[: edge.size - edge.size % 2 : 2] for edge in edges])
    ends = np.concatenate([edge[1::2] for edge in edges])
    turns = np.concatenate([np.ones(starts.size, np.int64), np.full(ends.size, -1, np.int64)])
    places, which = np.unique(np.concatenate([[0], starts, ends, [size]]), return_inverse=True)
    changes = np.bincount(which[1:-1], weights=turns, minlength=places.size)
    inside = np.cumsum(changes)[:-1] * 2 > people
    lengths = np.diff(places)
    # `merge_empty` reads alternating runs, so give every stretch both a background and an inside.
    runs = np.stack([np.where(inside, 0, lengths), np.where(inside, lengths, 0)], axis=1)
    return rle.merge_empty(runs.reshape(-1))

"""Votes counted from run lengths: the cost grows with the image and the outlines, not with people.

Where a run starts a vote is added, where it ends one is taken away; the running sum is the count.
Arrays are height x width views of column-by-column memory, the order of the runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.labels import rle


def runs_of(
    answers: Sequence[Mapping[str, Any]], label: str | None = None
) -> tuple[list[rle.Runs], tuple[int, int]]:
    """Read each answer's regions of a label (None: all), united, and the image's size.

    Raises ValueError for answers of different sizes, RleError for text that is no mask.
    """
    sizes = sorted({tuple(answer["size"]) for answer in answers})
    if len(sizes) > 1:
        raise ValueError(f"masks of different sizes cannot be joined: {sizes}")
    height, width = sizes[0]
    texts = [
        [one["counts"] for one in answer["regions"] if label is None or one["label"] == label]
        for answer in answers
    ]
    runs = iter(rle.texts_to_runs([text for mine in texts for text in mine], height, width))
    regions = [[next(runs) for _ in mine] for mine in texts]
    nothing = np.array([height * width], np.int64)
    united = [reduce(rle.union, mine) if mine else nothing for mine in regions]
    plain = [runs if runs[1:].all() else rle.merge_empty(runs) for runs in united]
    return plain, (height, width)


def count_votes(drawn: Sequence[rle.Runs], size: tuple[int, int]) -> NDArray[np.uint16]:
    """Count for each pixel (height x width) how many masks it lies in."""
    height, width = size
    turns = np.zeros(height * width + 1, np.int16)
    for runs in drawn:  # no place occurs twice within one mask's starts, nor within its ends
        edges = np.cumsum(runs)
        turns[edges[: edges.size - edges.size % 2 : 2]] += 1
        turns[edges[1::2]] -= 1
    counts = np.cumsum(turns[:-1], dtype=np.int16).view(np.uint16)
    return counts.reshape((height, width), order="F")


def overlaps(drawn: Sequence[rle.Runs], mask: NDArray[np.bool_]) -> list[float]:
    """IoU of each of the drawn masks with one mask; 1.0 for two empty ones."""
    inside = np.zeros(mask.size + 1, np.int32)
    np.cumsum(mask.ravel(order="F"), dtype=np.int32, out=inside[1:])
    return [_iou(np.cumsum(runs), inside) for runs in drawn]


def _iou(edges: rle.Runs, inside: NDArray[np.int32]) -> float:
    """`inside[i]` counts the pixels of the other mask before place i."""
    starts, ends = edges[: edges.size - edges.size % 2 : 2], edges[1::2]
    shared = int((inside[ends] - inside[starts]).sum())
    together = int((ends - starts).sum()) + int(inside[-1]) - shared
    return shared / together if together else 1.0

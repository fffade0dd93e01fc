"""How far masks agree: intersection over union, without painting a pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import combinations
from typing import Any

import numpy as np

from fairhand.labels import rle

Layers = Mapping[str, rle.Runs]
"""One person's answer: the pixels they gave each label, as run lengths."""


def layers_of(answer: Mapping[str, Any]) -> dict[str, rle.Runs]:
    """Read a mask answer into one layer per label; several regions of a label are united."""
    height, width = answer["size"]
    drawn: dict[str, list[rle.Runs]] = {}
    for region in answer["regions"]:
        runs = rle.text_to_runs(region["counts"], height, width)
        drawn.setdefault(region["label"], []).append(runs)
    return {label: reduce(rle.union, regions) for label, regions in drawn.items()}


def layers_iou(one: Layers, other: Layers) -> float:
    """Intersection over union of two answers, pooled over labels.

    A pixel agrees when both gave it the same label. Two answers of "nothing here" agree fully.
    """
    shared = sum(rle.intersection_area(one[label], other[label]) for label in one.keys() & other)
    total = sum(map(rle.area, one.values())) + sum(map(rle.area, other.values()))
    together = total - shared
    return shared / together if together else 1.0


def mean_pairwise_iou(answers: Sequence[Layers]) -> float:
    """Mean IoU over every pair of people; 0.0 for fewer than two, as nobody confirms the mask."""
    if len(answers) < 2:
        return 0.0
    return float(np.mean([layers_iou(one, other) for one, other in combinations(answers, 2)]))

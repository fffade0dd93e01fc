"""How far people's masks agree: mean overlap over pairs of people, with an interval over images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.agreement.result import Agreement, bounded
from fairhand.quality.agreement.sums import resampled
from fairhand.quality.mask_overlap import Layers, layers_iou, layers_of

SEED = 20111102
"""Of the bootstrap where the caller brings no generator."""

_FEW_IMAGES = 30
Overlap = Literal["iou", "dice"]
Drawing = NDArray[Any] | Mapping[str, Any]


def mask_agreement(
    images: Iterable[Sequence[Drawing]],
    *,
    measure: Overlap = "iou",
    rng: np.random.Generator | None = None,
    resamples: int = 1_000,
) -> Agreement:
    """Mean overlap of two people's masks of one image, with a 95 % bootstrap interval over images.

    `images` holds, per image, one mask per person: arrays of one shape (height x width; not zero
    is inside), or mask answers `{"size", "regions"}`, whose labels are pooled. An image's figure is
    the mean over its pairs of people, so that each image counts the same. Two empty masks agree
    fully. Overlap is not corrected for chance. Raises ValueError for images of unequal masks.
    """
    found, people, alone, answers = [], 0, 0, 0
    for place, drawings in enumerate(images):
        people = max(people, len(drawings))
        if len(drawings) < 2:
            alone += 1
            continue
        answers += len(drawings)
        found.append(float(np.mean(_overlaps(drawings, place, measure))))
    notes = [f"{alone} images have fewer than two masks and are left out"] if alone else []
    if not found:
        notes.append("no image has two masks: there is nothing to compare")
        return Agreement(measure, None, None, None, 0, 0, people, tuple(notes))
    if len(found) < _FEW_IMAGES:
        notes.append(f"only {len(found)} images have two masks: the interval is rough")
    rows = np.column_stack([found, np.ones(len(found))])
    sums = resampled(rows, rng or np.random.default_rng(SEED), resamples)
    figures = bounded(sums[:, 0] / sums[:, 1])
    return Agreement(measure, *figures, len(found), answers, people, tuple(notes))


def _overlaps(drawings: Sequence[Drawing], place: int, measure: Overlap) -> NDArray[np.float64]:
    """Overlap of each pair of one image's masks."""
    if isinstance(drawings[0], Mapping):
        ious = _of_answers([one for one in drawings if isinstance(one, Mapping)], place)
    else:
        ious = _of_arrays([np.asarray(one) for one in drawings], place)
    # Dice is twice the shared area over the sum of both areas: 2 IoU / (1 + IoU).
    return ious if measure == "iou" else 2 * ious / (1 + ious)


def _of_answers(answers: Sequence[Mapping[str, Any]], place: int) -> NDArray[np.float64]:
    if len({tuple(answer["size"]) for answer in answers}) > 1:
        raise ValueError(f"image {place} has masks of several sizes")
    layers: list[Layers] = [layers_of(answer) for answer in answers]
    return np.array([layers_iou(one, other) for one, other in combinations(layers, 2)])


def _of_arrays(masks: Sequence[NDArray[Any]], place: int) -> NDArray[np.float64]:
    if len({mask.shape for mask in masks}) > 1 or masks[0].ndim != 2:
        raise ValueError(f"image {place} has masks that are not height x width of one size")
    inside = np.stack([(mask != 0).reshape(-1) for mask in masks]).astype(np.float64)
    shared = inside @ inside.T
    area = np.diag(shared)
    together = area[:, np.newaxis] + area - shared
    ious = np.divide(shared, together, out=np.ones_like(shared), where=together > 0)
    return ious[np.triu_indices(len(masks), 1)]

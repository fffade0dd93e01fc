"""Regions from masks: boxes, the pieces of a mask, touching things told apart, run lengths."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.prompts import Box, Mask
from fairhand.labels import rle

Labels = NDArray[np.int32]
"""Height by width: 0 is background, every thing has a number of its own from 1 on."""

_EIGHT = np.ones((3, 3), bool)


def box_of(mask: Mask) -> Box | None:
    """Find the smallest box around a mask; None when it is empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def boxes_of(labels: Labels) -> list[Box]:
    """Find the box around every thing, by its number."""
    found = ndimage.find_objects(labels)
    return [
        (place[1].start, place[0].start, place[1].stop, place[0].stop)
        for place in found
        if place is not None
    ]


def pieces(mask: Mask, *, least_area: int = 1) -> Labels:
    """Number the connected pieces of a mask (by sides and corners), leaving out small ones."""
    labels, count = ndimage.label(mask, structure=_EIGHT)
    if count and least_area > 1:
        areas = np.bincount(labels.ravel())
        labels[areas[labels] < least_area] = 0
        labels = ndimage.label(labels > 0, structure=_EIGHT)[0]
    numbered: Labels = labels.astype(np.int32)
    return numbered


def expected_iou(chance: NDArray[np.float32], mask: Mask) -> float:
    """Expect the intersection over union of a mask with the truth, from each pixel's chance.

    The ratio of expectations, which comes close to the expectation of the ratio for many pixels
    (Nowozin 2014, "Optimal decisions from probabilistic models", section 4).
    """
    inside = float(chance[mask].sum())
    together = float(mask.sum()) + float(chance[~mask].sum())
    return inside / together if together else 1.0


def set_quality(alike: NDArray[np.float64]) -> float:
    """Panoptic quality of some things beside others, from how alike each is to each (N x M).

    Kirillov et al. (2019), "Panoptic segmentation": paired so that they share most, twice what they
    share over all that there are; 1 where there are none. What is no pair must be 0 in `alike`.
    """
    from scipy.optimize import linear_sum_assignment

    things = alike.shape[0] + alike.shape[1]
    if not things:
        return 1.0
    rows, columns = linear_sum_assignment(alike, maximize=True)
    return float(2 * alike[rows, columns].sum() / things)


def region(label: str, mask: Mask) -> dict[str, str]:
    """Write a mask as a region of a mask answer."""
    return {"label": label, "counts": rle.encode(mask)}


def things(mask: Mask, typical_radius: float, *, least_area: int = 1) -> Labels:
    """Tell touching things apart: one per peak of depth, peaks no nearer than a typical radius.

    Raises AssistantError where scikit-image is not installed.
    """
    parts = pieces(mask, least_area=least_area)
    if not parts.any():
        return parts
    try:
        from skimage.segmentation import watershed
    except ImportError as error:
        raise AssistantError(
            "Telling touching things apart needs scikit-image: install fairhand[assist]."
        ) from error
    depth = ndimage.distance_transform_edt(np.pad(parts > 0, 1))[1:-1, 1:-1]
    smooth = ndimage.gaussian_filter(depth, max(0.5, typical_radius / 4))
    reach = 2 * max(1, round(0.7 * typical_radius)) + 1
    peaks = (smooth == ndimage.maximum_filter(smooth, reach)) & (parts > 0)
    peaks &= depth > 0.4 * typical_radius
    markers = ndimage.label(peaks, structure=_EIGHT)[0]
    # A piece too thin for a peak of its own stays one thing.
    without = np.setdiff1d(np.unique(parts), np.unique(parts[markers > 0]))
    for number in without[without > 0]:
        row, column = np.argwhere(parts == number)[0]
        markers[row, column] = markers.max() + 1
    flood: Any = watershed
    split: Labels = flood(-smooth, markers, mask=parts > 0).astype(np.int32)
    return split

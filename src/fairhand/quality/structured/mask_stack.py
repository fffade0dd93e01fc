"""Masks of several people as one stack, whatever they came as: arrays, or mask answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.labels import rle

Stack = NDArray[np.bool_]
"""People x height x width; true is inside."""

Masks = Sequence[NDArray[Any]] | Sequence[Mapping[str, Any]] | NDArray[Any]
"""One image's masks: arrays of one shape, a stack of them, or Fairhand's mask answers."""


def stack_of(masks: Masks, label: str | None = None) -> Stack:
    """Read one image's masks into people x height x width.

    Arrays hold true, or anything that is not zero, inside; mask answers are read for one `label`,
    their regions united (without a label: all regions). Raises ValueError for no mask, unlike
    sizes, NaN, or an array that is not two-dimensional.
    """
    if len(masks) == 0:
        raise ValueError("there is no mask to join")
    answers = [mask for mask in masks if isinstance(mask, Mapping)]
    if len(answers) == len(masks):
        found = [_paint(answer, label) for answer in answers]
    else:
        found = [_plain(number, mask) for number, mask in enumerate(masks)]
    sizes = sorted({mask.shape for mask in found})
    if len(sizes) > 1:
        raise ValueError(f"masks of different sizes cannot be joined: {sizes}")
    return np.stack(found)


def plain_mask(mask: Any, shape: tuple[int, ...]) -> NDArray[np.bool_]:  # noqa: ANN401
    """Read one mask (array or answer) that must have this shape; raises ValueError."""
    (found,) = stack_of([mask])
    if found.shape != shape:
        raise ValueError(f"a mask of {found.shape} does not lie on masks of {shape}")
    known: NDArray[np.bool_] = found
    return known


def _plain(number: int, mask: Any) -> NDArray[np.bool_]:  # noqa: ANN401
    if isinstance(mask, Mapping):
        raise ValueError("give arrays or mask answers, not both")
    array = np.asarray(mask)
    if array.ndim != 2:
        raise ValueError(f"masks[{number}] has {array.ndim} dimensions; a mask has two")
    if array.dtype == bool:
        return array
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError(f"masks[{number}] holds NaN; say inside (1) or outside (0)")
    return np.asarray(array != 0)


def _paint(answer: Mapping[str, Any], label: str | None) -> NDArray[np.bool_]:
    height, width = answer["size"]
    painted = np.zeros((height, width), bool)
    for region in answer["regions"]:
        if label is None or region["label"] == label:
            painted |= rle.decode(region["counts"], height, width)
    return painted

"""Masks cut to their bounding box, so that a thousand small things cost no thousand images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Patch:
    """The pixels of a mask inside its box, whose first row and column are `top` and `left`."""

    top: int
    left: int
    bits: Bits

    @property
    def bottom(self) -> int:
        """The row after the last."""
        return self.top + len(self.bits)

    @property
    def right(self) -> int:
        """The column after the last."""
        return self.left + int(self.bits.shape[1])

    def shifted(self, down: int, across: int) -> Patch:
        """Move the patch within its image."""
        return replace(self, top=self.top + down, left=self.left + across)

    def paint(self, canvas: Bits, top: int = 0, left: int = 0) -> None:
        """Add the patch to a canvas whose first pixel lies at (top, left) of the image."""
        rows = slice(self.top - top, self.bottom - top)
        canvas[rows, self.left - left : self.right - left] |= self.bits


def patch_of(mask: Bits) -> Patch:
    """Cut a mask to its box; an empty mask is an empty patch."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return Patch(0, 0, np.zeros((0, 0), bool))
    top, left = int(rows[0]), int(columns[0])
    return Patch(top, left, mask[top : rows[-1] + 1, left : columns[-1] + 1].copy())


def stack_patches(patches: Sequence[Patch], size: tuple[int, int]) -> tuple[Bits, int, int]:
    """Paint patches on one canvas each, a pixel wider than all; give its top and left, too."""
    top = max(min(patch.top for patch in patches) - 1, 0)
    left = max(min(patch.left for patch in patches) - 1, 0)
    bottom = min(max(patch.bottom for patch in patches) + 1, size[0])
    right = min(max(patch.right for patch in patches) + 1, size[1])
    stack = np.zeros((len(patches), bottom - top, right - left), bool)
    for canvas, patch in zip(stack, patches, strict=True):
        patch.paint(canvas, top, left)
    return stack, top, left


def alike_patches(patches: Sequence[Patch]) -> NDArray[np.float64]:
    """IoU of every two patches (things x things); only boxes that touch are compared."""
    sides = np.array([[p.top, p.left, p.bottom, p.right] for p in patches], float)
    areas = np.array([np.count_nonzero(patch.bits) for patch in patches])
    table = np.eye(len(patches))
    for one in range(len(patches)):
        low = np.maximum(sides[one, :2], sides[one + 1 :, :2])
        high = np.minimum(sides[one, 2:], sides[one + 1 :, 2:])
        for other in (np.flatnonzero((low < high).all(axis=1)) + one + 1).tolist():
            shared = _shared(patches[one], patches[other])
            table[one, other] = shared / (areas[one] + areas[other] - shared)
            table[other, one] = table[one, other]
    return table


def _shared(one: Patch, other: Patch) -> int:
    top, left = max(one.top, other.top), max(one.left, other.left)
    bottom, right = min(one.bottom, other.bottom), min(one.right, other.right)
    mine = one.bits[top - one.top : bottom - one.top, left - one.left : right - one.left]
    theirs = other.bits[
        top - other.top : bottom - other.top, left - other.left : right - other.left
    ]
    return int(np.count_nonzero(mine & theirs))

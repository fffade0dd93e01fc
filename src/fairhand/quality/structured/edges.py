"""Moves the edge of a mask by some pixels: erosion and dilation with a disc.

Each row of the disc is a horizontal stretch; a stretch of 2w + 1 pixels is an "and" of shifted
rows, so that the cost follows the disc's height and not its area.
"""

from __future__ import annotations

from math import isqrt

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.bool_]


def move_edge(mask: Bits, offset: float) -> Bits:
    """Keep the pixels farther than `offset` from the outside; below 0: add those nearer than it.

    Distances are Euclidean, between the middles of pixels; beyond the image lies nothing. Offsets
    of at most 1 pixel outwards, or less than 1 inwards, therefore change nothing.
    """
    if offset >= 1:
        return _eroded(mask, _half_widths(offset * offset))
    if offset < -1:
        squared = offset * offset
        strictly = squared - 1e-9  # nearer than: a neighbour at exactly this distance stays out
        return ~_eroded(~mask, _half_widths(strictly))
    return mask


def _half_widths(squared: float) -> list[int]:
    """Half the width of the disc's row at each height 0, 1, ... above its middle."""
    reach = isqrt(int(squared))
    return [isqrt(int(squared - row * row)) for row in range(reach + 1)]


def _eroded(mask: Bits, half_widths: list[int]) -> Bits:
    reach = len(half_widths) - 1
    height, width = mask.shape
    rows, columns = _box_of(mask)
    if rows.stop == rows.start:
        return mask
    # Only the mask's own box can change; one ring of true pixels stands for what lies beyond.
    cut = mask[_grown(rows, reach, height), _grown(columns, reach, width)]
    result = cut.copy()
    for row, half in enumerate(half_widths):
        narrowed = _narrowed(cut, half)
        if row == 0:
            result &= narrowed
        else:
            result[row:] &= narrowed[:-row]
            result[:-row] &= narrowed[row:]
    moved = np.zeros_like(mask)
    moved[_grown(rows, reach, height), _grown(columns, reach, width)] = result
    return moved


def _narrowed(mask: Bits, half: int) -> Bits:
    """True where all pixels of the row within `half` columns are."""
    result = mask.copy()
    for shift in range(1, min(half, mask.shape[1] - 1) + 1):
        result[:, shift:] &= mask[:, :-shift]
        result[:, :-shift] &= mask[:, shift:]
    return result


def _box_of(mask: Bits) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _grown(box: slice, reach: int, size: int) -> slice:
    return slice(max(box.start - reach, 0), min(box.stop + reach, size))

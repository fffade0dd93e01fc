"""Gaussian blurs of a plane: a wide one is made on a coarse grid, where it costs nearly nothing."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from scipy import ndimage

from fairhand.compute.models.pictures import Plane

_GRID: Final = 4
"""Standard deviations of a wide blur on its coarse grid, in cells."""
_REACH: Final = 3.0


def blur(plane: Plane, spread: float) -> Plane:
    """Blur by a Gaussian of this standard deviation, in pixels."""
    coarse = min(max(1, int(spread) // _GRID), *plane.shape)
    if coarse == 1:
        return np.asarray(
            ndimage.gaussian_filter(plane, spread, truncate=_REACH, output=np.float32)
        )
    height, width = plane.shape
    rows, columns = np.arange(0, height, coarse), np.arange(0, width, coarse)
    sums = np.add.reduceat(np.add.reduceat(plane, rows, axis=0), columns, axis=1)
    sizes = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
    small = ndimage.gaussian_filter(
        sums / sizes, spread / coarse, truncate=_REACH, output=np.float32
    )
    return _between(small, coarse, plane.shape)


def _between(small: Plane, coarse: int, shape: tuple[int, ...]) -> Plane:
    """Read a coarse plane at every pixel, linearly between the middles of its cells."""
    (top, bottom, down), (left, right, across) = (
        _places(small.shape[axis], coarse, shape[axis]) for axis in (0, 1)
    )
    tall = small[top] * (1 - down[:, None]) + small[bottom] * down[:, None]
    wide: Plane = tall[:, left] * (1 - across) + tall[:, right] * across
    return wide


def _places(cells: int, coarse: int, length: int) -> tuple[Any, Any, Plane]:
    at = np.clip((np.arange(length) - (coarse - 1) / 2) / coarse, 0, cells - 1)
    before = np.minimum(at.astype(np.intp), max(cells - 2, 0))
    return before, np.minimum(before + 1, cells - 1), (at - before).astype(np.float32)


def shapes(smooth: Plane, scale: float) -> Plane:
    """Give the slope of a smoothed plane, and both eigenvalues of its Hessian, high and low.

    Blobs have two alike eigenvalues, lines have one. All are brought to the same size at every
    scale (Lindeberg 1998).
    """
    found = np.empty((3, *smooth.shape), np.float32)
    _compiled()(np.pad(smooth, 1, mode="edge"), np.float32(scale), found)
    return found


def _shapes(plane: Any, scale: Any, found: Any) -> None:  # noqa: ANN401  # as Numba types them
    half = np.float32(0.5)
    for row in range(found.shape[1]):
        for column in range(found.shape[2]):
            y, x = row + 1, column + 1
            here = plane[y, x]
            down = (plane[y + 1, x] - plane[y - 1, x]) * half
            right = (plane[y, x + 1] - plane[y, x - 1]) * half
            bend_down = plane[y + 1, x] - here - here + plane[y - 1, x]
            bend_right = plane[y, x + 1] - here - here + plane[y, x - 1]
            turn = (
                plane[y + 1, x + 1]
                - plane[y + 1, x - 1]
                - plane[y - 1, x + 1]
                + plane[y - 1, x - 1]
            ) * (half * half)
            mean = (bend_down + bend_right) * half
            gap = (bend_down - bend_right) * half
            root = np.sqrt(gap * gap + turn * turn)
            found[0, row, column] = np.sqrt(down * down + right * right) * scale
            found[1, row, column] = (mean + root) * scale * scale
            found[2, row, column] = (mean - root) * scale * scale


@cache
def _compiled() -> Any:  # noqa: ANN401  # Numba's dispatcher
    from numba import njit

    return njit(cache=True, nogil=True, fastmath=True)(_shapes)

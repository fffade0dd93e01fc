"""What tells thin things at each pixel: vessels, roots, cracks, membranes, roads.

The plane is made even first: each place less what lies around it, by the contrast there. Then lines
of pixels are laid through each pixel in many directions, and the brightest and the darkest line of
each length are kept, less the place's own mean (after Ricci & Perfetti 2007, Nguyen et al. 2013).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.models.blurs import blur, shapes
from fairhand.compute.models.pictures import Plane

_SCALES: Final = (1.0, 1.6, 2.5, 4.0, 6.0)
_HALF_LENGTHS: Final = (2, 4, 7, 10)
_DIRECTIONS: Final = 12
_NEAR: Final = 12.0
_FAR: Final = 24.0
_LEAST: Final = 0.01
REACH: Final = 48
"""How far from a pixel something may lie that changes much of what is said of it."""


def line_planes(colours: NDArray[np.float32], middle: float) -> list[Plane]:
    """Describe thin things; `colours` are 0 to 1, `middle` is the picture's median green.

    Green is the colour that most of what one sees as brightness lies in, and that cameras and
    compression keep sharpest.
    """
    green = np.ascontiguousarray(colours[:, :, 1])
    even = evened(green, _NEAR)
    planes = [even]
    blurred = {scale: blur(even, scale) for scale in _SCALES}
    for scale, smooth in blurred.items():
        planes += [smooth, *shapes(smooth, scale)]
    brightest, darkest = lines(blur(even, 0.7))
    planes += [*(brightest - blurred[4.0]), *(darkest - blurred[4.0])]
    planes += [green - blur(green, 3.0), green - blur(green, 8.0)]
    planes += [
        blur(evened(np.ascontiguousarray(colours[:, :, one]), _FAR), 1.0) for one in range(3)
    ]
    planes += [blur(even * even, 8.0), blur(even, 10.0), blur(even, 20.0)]
    planes.append(blur(green, 2.0) - np.float32(middle))
    return planes


def evened(plane: Plane, spread: float) -> Plane:
    """Give how far each place is from what lies around it, by the contrast there."""
    off = plane - blur(plane, spread)
    contrast: Plane = np.sqrt(blur(off * off, spread)) + np.float32(_LEAST)
    return off / contrast


def lines(plane: Plane) -> tuple[Plane, Plane]:
    """Give the mean of the brightest and of the darkest line through each pixel, by length."""
    longest = _HALF_LENGTHS[-1]
    angles = np.arange(_DIRECTIONS) * np.pi / _DIRECTIONS
    away = np.arange(1, longest + 1)
    down = np.round(np.outer(np.sin(angles), away)).astype(np.intp)
    right = np.round(np.outer(np.cos(angles), away)).astype(np.intp)
    brightest = np.empty((len(_HALF_LENGTHS), *plane.shape), np.float32)
    darkest = np.empty_like(brightest)
    kept = np.full(longest, -1, np.intp)
    kept[np.array(_HALF_LENGTHS) - 1] = np.arange(len(_HALF_LENGTHS))
    wide = np.pad(plane, longest, mode="edge")
    _compiled()(wide, down, right, kept, brightest, darkest)
    return brightest, darkest


def _lines(  # one loop, compiled whole
    plane: Any,  # noqa: ANN401  # arrays, as Numba types them
    down: Any,  # noqa: ANN401
    right: Any,  # noqa: ANN401
    kept: Any,  # noqa: ANN401
    brightest: Any,  # noqa: ANN401
    darkest: Any,  # noqa: ANN401
) -> None:
    # A whole row of pixels at once: neighbours lie side by side in memory, and the compiler adds
    # several of them with one instruction.
    directions, longest = down.shape
    height, width = brightest.shape[1:]
    total = np.empty(width, np.float32)
    for row in range(height):
        for direction in range(directions):
            for column in range(width):
                total[column] = plane[row + longest, column + longest]
            for step in range(longest):
                y, x = down[direction, step], right[direction, step]
                for column in range(width):
                    total[column] += (
                        plane[row + longest + y, column + longest + x]
                        + plane[row + longest - y, column + longest - x]
                    )
                place = kept[step]
                if place < 0:
                    continue
                share = np.float32(1.0 / (2 * step + 3))
                for column in range(width):
                    mean = total[column] * share
                    if direction == 0 or mean > brightest[place, row, column]:
                        brightest[place, row, column] = mean
                    if direction == 0 or mean < darkest[place, row, column]:
                        darkest[place, row, column] = mean


@cache
def _compiled() -> Any:  # noqa: ANN401  # Numba's dispatcher
    from numba import njit

    return njit(cache=True, nogil=True, fastmath=True)(_lines)

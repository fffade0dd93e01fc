"""What a clicker sees of a picture: smoothed planes of grey and colour, and where edges are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fairhand.compute.models.pictures import Plane, stretch
from fairhand.compute.models.prompts import Picture

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_GREY_SPREAD = 4.0
"""Mean difference between colours (of 255) below which a picture counts as grey."""


@dataclass(frozen=True, slots=True)
class Planes:
    """Planes of one picture: `values` is planes by height by width; `edges` is height by width."""

    values: NDArray[np.float32]
    edges: Plane

    @property
    def nbytes(self) -> int:
        """Bytes that the planes take."""
        return self.values.nbytes + self.edges.nbytes

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.edges.shape[0], self.edges.shape[1]


def see(picture: Picture) -> Planes:
    """Make the planes: grey at three scales, and two colour differences where there is colour.

    Every picture is stretched by itself, so that dim ones and bright ones look alike.
    """
    colours = picture.astype(np.float32)
    grey = colours @ _LUMA
    planes = [stretch(ndimage.gaussian_filter(grey, sigma)) for sigma in (0.7, 1.5, 3.0)]
    if is_coloured(picture):
        red_green = ndimage.gaussian_filter(colours[:, :, 0] - colours[:, :, 1], 1.0)
        blue_yellow = ndimage.gaussian_filter(
            colours[:, :, 2] - colours[:, :, :2].mean(axis=2), 1.0
        )
        planes += [stretch(red_green), stretch(blue_yellow)]
    values = np.stack(planes).astype(np.float32)
    slopes = [
        ndimage.gaussian_gradient_magnitude(plane, 1.0)
        for plane in values[[0, *range(3, len(planes))]]
    ]
    edges = stretch(np.max(slopes, axis=0), 0, 99)
    return Planes(values, edges)


def is_coloured(picture: Picture) -> bool:
    """Say whether a picture has colours at all."""
    spread = picture.max(axis=2).astype(np.int16) - picture.min(axis=2)
    return bool(spread.mean() > _GREY_SPREAD)

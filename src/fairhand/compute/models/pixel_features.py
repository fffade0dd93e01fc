"""What a pixel classifier sees of each pixel: its picture's contrast made alike, at many scales.

Things in one set of pictures may be bright on dark in one and dark on bright in the next; planes
are therefore made relative to the background, which is what most of the picture looks like.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fairhand.compute.models.blurs import blur, shapes
from fairhand.compute.models.click_planes import is_coloured
from fairhand.compute.models.pictures import Plane, stretch
from fairhand.compute.models.pixel_lines import REACH, line_planes
from fairhand.compute.models.prompts import Picture

COLOURS: Final = (1, 2)
CALM: Final = 3
"""Where the opponent colours and the lightly smoothed signal stand among the features."""
SCALES: Final = (1.0, 2.0, 4.0, 8.0)
_SPREADS: Final = (4.0, 16.0)
_RINGS: Final = ((1.0, 4.0), (2.0, 8.0), (4.0, 16.0), (8.0, 32.0))
_BINS: Final = 64
COARSE: Final = 32
"""How many features there are without those that are `fine`."""

PixelFeatures = NDArray[np.float32]
"""Features by height by width."""


Window = tuple[slice, slice]
"""Rows and columns of a picture."""


def pixel_features(
    picture: Picture, window: Window | None = None, *, fine: bool = True
) -> PixelFeatures:
    """Describe every pixel, or those of a window; what is `fine` tells thin things apart.

    What holds for the picture as a whole (how bright it is, what is usual) is the whole
    picture's for a window too.
    """
    inner, outer = _windows(picture.shape[:2], window)
    colours = picture.astype(np.float32)
    signal = _signal(colours, coloured=is_coloured(picture))
    level = otsu(signal)
    planes = [_levelled(signal)[outer], *_colour_planes(colours, outer)]
    planes += _scale_planes(planes[0])
    planes += [_rank(signal)[outer], (signal - level)[outer]]
    if fine:
        middle = float(np.median(colours[:, :, 1])) / 255
        planes += line_planes(colours[outer] / np.float32(255), middle)
    return np.stack([plane[inner] for plane in planes]).astype(np.float32)


def _scale_planes(base: Plane) -> list[Plane]:
    """Describe the things of a plane at each scale."""
    planes: list[Plane] = []
    blurred = {
        scale: blur(base, scale)
        for scale in {*SCALES, *_SPREADS, *(one for pair in _RINGS for one in pair)}
    }
    for scale in SCALES:
        planes += [blurred[scale], *shapes(blurred[scale], scale)]
    planes += [blurred[near] - blurred[far] for near, far in _RINGS]
    for spread in _SPREADS:
        mean = blurred[spread]
        deviation = np.sqrt(np.maximum(blur(base * base, spread) - mean**2, 0))
        planes += [deviation, (base - mean) / (deviation + 0.02)]
    lowest = ndimage.minimum_filter(blurred[2.0], 33)
    highest = ndimage.maximum_filter(blurred[2.0], 33)
    return [*planes, lowest, highest, (base - lowest) / (highest - lowest + 0.05)]


def _windows(shape: tuple[int, ...], window: Window | None) -> tuple[Window, Window]:
    """Give the window within what is looked at, and what is looked at: a margin more."""
    whole = (slice(0, shape[0]), slice(0, shape[1]))
    wanted = window or whole
    outer, inner = [], []
    for one, side in zip(wanted, whole, strict=True):
        start, stop = max(0, one.start - REACH), min(side.stop, one.stop + REACH)
        outer.append(slice(start, stop))
        inner.append(slice(one.start - start, one.stop - start))
    return (inner[0], inner[1]), (outer[0], outer[1])


def otsu(plane: Plane) -> float:
    """Find the level that splits a plane of 0 to 1 best in two (Otsu 1979)."""
    counts, edges = np.histogram(plane, bins=_BINS, range=(0.0, 1.0))
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sums / below - (sums[-1] - sums) / above
    between = np.nan_to_num(below * above * gap**2)
    return float(edges[1 + int(between.argmax())])


def _signal(colours: NDArray[np.float32], *, coloured: bool) -> Plane:
    """Make one plane in which things are bright: grey, or how far a stain is from the background.

    The background is the commoner side of Otsu's split. In a stained (coloured, mostly bright)
    picture the signal is the optical density of red light, which haematoxylin takes away.
    """
    grey = colours.mean(axis=2)
    if coloured and float(np.median(grey)) > 110:
        density = -np.log((colours[:, :, 0] + 8.0) / 263.0)
        return stretch(density)
    plane = stretch(grey)
    return plane if (plane > otsu(plane)).mean() <= 0.5 else 1 - plane


def _levelled(signal: Plane) -> Plane:
    """Make the background's median 0 and that of the bright things 1, as Otsu's split has them."""
    split = otsu(blur(signal, 1.0))
    above = signal > split
    if not above.any() or above.all():
        return signal
    low, high = float(np.median(signal[~above])), float(np.median(signal[above]))
    levelled: Plane = np.clip((signal - low) / max(high - low, 0.05), -1, 2.5).astype(np.float32)
    return levelled


def _colour_planes(colours: NDArray[np.float32], window: Window) -> list[Plane]:
    """Opponent colours, relative to the picture's own median."""
    red, green, blue = (colours[:, :, one] for one in range(3))
    planes: tuple[Plane, Plane] = (red - green, blue - (red + green) / np.float32(2))
    middles = [np.float32(np.median(plane[::2, ::2])) for plane in planes]
    return [
        (blur(plane[window], 1.0) - middle) / np.float32(64.0)
        for plane, middle in zip(planes, middles, strict=True)
    ]


def _rank(plane: Plane) -> Plane:
    """Give the share of the picture's pixels that are darker, by 256 levels."""
    levels = np.round(plane * 255).astype(np.intp)
    counts = np.bincount(levels.ravel(), minlength=256)
    share = np.cumsum(counts) / levels.size
    ranked: Plane = share[levels].astype(np.float32)
    return ranked

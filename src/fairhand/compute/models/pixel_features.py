"""What a pixel classifier sees of each pixel: its picture's contrast made alike, at many scales.

Things in one set of pictures may be bright on dark in one and dark on bright in the next; planes
are therefore made relative to the background, which is what most of the picture looks like.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fairhand.compute.models.click_planes import is_coloured
from fairhand.compute.models.pictures import Plane, stretch
from fairhand.compute.models.prompts import Picture

COLOURS: Final = (1, 2)
CALM: Final = 3
"""Where the opponent colours and the lightly smoothed signal stand among the features."""
SCALES: Final = (1.0, 2.0, 4.0, 8.0)
_SPREADS: Final = (4.0, 16.0)
_RINGS: Final = ((1.0, 4.0), (2.0, 8.0), (4.0, 16.0), (8.0, 32.0))
_BINS: Final = 64

PixelFeatures = NDArray[np.float32]
"""Features by height by width."""


def pixel_features(picture: Picture) -> PixelFeatures:
    """Describe every pixel."""
    colours = picture.astype(np.float32)
    signal = _signal(colours, coloured=is_coloured(picture))
    base = _levelled(signal)
    planes: list[Plane] = [base, *_colour_planes(colours)]
    blurred = {
        scale: ndimage.gaussian_filter(base, scale)
        for scale in {*SCALES, *_SPREADS, *(one for pair in _RINGS for one in pair)}
    }
    for scale in SCALES:
        smooth = blurred[scale]
        rows, columns = np.gradient(smooth)
        planes += [smooth, np.hypot(rows, columns) * scale, *_curvatures(rows, columns, scale)]
    planes += [blurred[near] - blurred[far] for near, far in _RINGS]
    for spread in _SPREADS:
        mean = blurred[spread]
        variance = ndimage.gaussian_filter(base * base, spread) - mean**2
        deviation = np.sqrt(np.maximum(variance, 0))
        planes += [deviation, (base - mean) / (deviation + 0.02)]
    lowest = ndimage.minimum_filter(blurred[2.0], 33)
    highest = ndimage.maximum_filter(blurred[2.0], 33)
    planes += [lowest, highest, (base - lowest) / (highest - lowest + 0.05)]
    planes += [_rank(signal), signal - otsu(signal)]
    return np.stack(planes).astype(np.float32)


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
    split = otsu(ndimage.gaussian_filter(signal, 1.0))
    above = signal > split
    if not above.any() or above.all():
        return signal
    low, high = float(np.median(signal[~above])), float(np.median(signal[above]))
    levelled: Plane = np.clip((signal - low) / max(high - low, 0.05), -1, 2.5).astype(np.float32)
    return levelled


def _colour_planes(colours: NDArray[np.float32]) -> list[Plane]:
    """Opponent colours, relative to the picture's own median."""
    red_green = colours[:, :, 0] - colours[:, :, 1]
    blue_yellow = colours[:, :, 2] - colours[:, :, :2].mean(axis=2)
    smooth = [ndimage.gaussian_filter(plane, 1.0) for plane in (red_green, blue_yellow)]
    return [(plane - np.median(plane)) / 64.0 for plane in smooth]


def _curvatures(rows: Plane, columns: Plane, scale: float) -> list[Plane]:
    """Give both eigenvalues of the Hessian: blobs have two alike, lines one."""
    down, across = np.gradient(rows)
    _, right = np.gradient(columns)
    half = (down + right) / 2
    root = np.sqrt(((down - right) / 2) ** 2 + across**2)
    return [(half + root) * scale**2, (half - root) * scale**2]


def _rank(plane: Plane) -> Plane:
    """Give the share of the picture's pixels that are darker, by 256 levels."""
    levels = np.round(plane * 255).astype(np.intp)
    counts = np.bincount(levels.ravel(), minlength=256)
    share = np.cumsum(counts) / levels.size
    ranked: Plane = share[levels].astype(np.float32)
    return ranked

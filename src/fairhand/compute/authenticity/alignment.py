"""Is one picture a copy of another, a piece of it, or its mirror image? Measured, not guessed.

What prints find is laid over the other picture at several sizes and places; what counts is how
well the fine detail fits there (normalised cross-correlation of both without their slow shades).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

SAME: Final = 0.65
"""From here on two pictures are taken for copies; see `benchmarks/intake.py`."""
_SIDE: Final = 72
_SCALES: Final = (1.0, 0.97, 0.94, 0.91, 0.88, 0.85, 0.82, 0.79, 0.75, 0.7)
_BLUR: Final = 4.0
_LEAST: Final = 24

Plane = NDArray[np.float64]


def alike(one: Image.Image, other: Image.Image) -> float:
    """Say how well two pictures fit at their best place: about 1 for a copy, near 0 for others."""
    first, second = one.convert("L"), other.convert("L")
    best = 0.0
    for turned in (second, ImageOps.mirror(second)):
        best = max(best, *_fits(first, turned), *_fits(turned, first))
    return best


def _fits(whole: Image.Image, piece: Image.Image) -> Iterator[float]:
    """Lay a piece over the whole, at every size and place that keeps it inside."""
    base = _detail(_within(whole, _SIDE))
    height, width = base.shape
    yield 0.0
    for scale in _SCALES:
        wide = scale * min(width, height * piece.width / piece.height)
        size = (round(wide), round(wide * piece.height / piece.width))
        if min(size) >= min(_LEAST, width, height):
            small = piece.resize((min(size[0], width), min(size[1], height)), Image.Resampling.BOX)
            yield _best_place(base, _detail(small))


def _within(image: Image.Image, side: int) -> Image.Image:
    factor = side / max(image.size)
    size = (max(8, round(image.width * factor)), max(8, round(image.height * factor)))
    return image.resize(size, Image.Resampling.BOX)


def _detail(image: Image.Image) -> Plane:
    """Leave of a picture what changes quickly; a hard edge counts no more than a fine line."""
    from scipy.ndimage import gaussian_filter

    grey = np.asarray(image, dtype=np.float64)
    fine = grey - gaussian_filter(grey, _BLUR, mode="nearest")
    usual = max(1.0, float(np.median(np.abs(fine))))
    flattened: Plane = 10.0 * fine / (np.abs(fine) + 2.0 * usual)
    return flattened


def _best_place(base: Plane, piece: Plane) -> float:
    """Give the highest normalised cross-correlation of a piece over all its places."""
    from scipy.signal import fftconvolve

    centred = piece - piece.mean()
    power = float((centred**2).sum())
    count = piece.size
    ones = np.ones_like(piece)
    sums = fftconvolve(base, ones, "valid")
    squares = fftconvolve(base**2, ones, "valid")
    spread = np.maximum(squares - sums**2 / count, 0.0)
    if power < count or float(spread.max()) < count:  # less than one shade of difference
        return 0.0
    fit = fftconvolve(base, centred[::-1, ::-1], "valid")
    return float((fit / np.sqrt(np.maximum(spread, count) * power)).max())

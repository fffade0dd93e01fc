"""Tissue and retina: real pictures that ship inside scikit-image, cut into tiles.

The pre-label is a plain Otsu threshold (Otsu 1979): of the brown stain's own channel in tissue, of
how much darker than its surroundings a pixel is in the retina. It is fast and often wrong at the
edges, as first models are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.demo.sample import Sample, make_task
from fairhand.labels import rle
from fairhand.model.task import NewPrediction

QUESTION = "structures"
MODEL = "otsu-threshold@1"
_TISSUE = "Immunohistochemical staining of colon tissue, as shipped in scikit-image"
_RETINA = "Fundus photograph of a retina, as shipped in scikit-image"
_TISSUE_TILE, _RETINA_TILE = 128, 256
_EYE_IS_LIT = 12
_LEAST_LIT = 0.98
_SMALLEST_PART = 30

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def picture_samples() -> Iterator[Sample]:
    """Yield tiles of stained tissue, then tiles of the retina."""
    tissue, retina = _read("ihc.png"), _read("retina.jpg")
    yield from _tiles("tissue", "stained", _TISSUE, tissue, _stain(tissue), _TISSUE_TILE)
    margin = (retina.shape[0] - 5 * _RETINA_TILE) // 2
    inner = retina[margin : margin + 5 * _RETINA_TILE, margin : margin + 5 * _RETINA_TILE]
    yield from _tiles("retina", "vessel", _RETINA, inner, _vessels(inner), _RETINA_TILE)


def _read(name: str) -> Pixels:
    """Read a picture from inside the package; nothing is fetched."""
    import skimage
    from PIL import Image

    path = Path(skimage.__file__).parent / "data" / name
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def _stain(picture: Pixels) -> Mask:
    from skimage.color import rgb2hed
    from skimage.filters import threshold_otsu

    brown = rgb2hed(picture)[..., 2]
    return np.asarray(brown > threshold_otsu(brown))  # type: ignore[no-untyped-call]


def _vessels(picture: Pixels) -> Mask:
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    green = ndimage.gaussian_filter(picture[..., 1].astype(np.float64), 1.0)
    darker = ndimage.black_tophat(green, size=19)
    lit = picture.max(axis=2) > _EYE_IS_LIT
    return np.asarray((darker > threshold_otsu(darker[lit])) & lit)  # type: ignore[no-untyped-call]


def _tiles(
    kind: str, label: str, source: str, picture: Pixels, found: Mask, side: int
) -> Iterator[Sample]:
    for top in range(0, picture.shape[0] - side + 1, side):
        for left in range(0, picture.shape[1] - side + 1, side):
            window = np.s_[top : top + side, left : left + side]
            pixels, mask = picture[window], found[window]
            if (pixels.max(axis=2) > _EYE_IS_LIT).mean() < _LEAST_LIT:
                continue
            name = f"{kind}-{top:04d}-{left:04d}.png"
            guess = NewPrediction({QUESTION: answer(label, mask)}, MODEL)
            variants = tuple({QUESTION: answer(label, one)} for one in _as_people_paint(mask))
            yield Sample(make_task(name, source, np.ascontiguousarray(pixels), (guess,)), variants)


def answer(label: str, mask: Mask) -> dict[str, Any]:
    """Write a mask as an answer; that there is nothing is said, not left out."""
    size = [int(side) for side in mask.shape]
    if not mask.any():
        return {"size": size, "regions": [], "nothing": True}
    return {"size": size, "regions": [{"label": label, "counts": rle.encode(mask)}]}


def _as_people_paint(mask: Mask) -> tuple[Mask, Mask, Mask]:
    """Paint it as three people would: fairly, with a thick brush, and leaving out small parts."""
    from scipy import ndimage

    closed = ndimage.binary_closing(mask, iterations=1)
    fair = _without_specks(closed | mask, _SMALLEST_PART)
    thick = ndimage.binary_dilation(fair, iterations=1)
    sparing = _without_specks(ndimage.binary_opening(fair, iterations=1), 4 * _SMALLEST_PART)
    return fair, thick, sparing


def _without_specks(mask: Mask, smallest: int) -> Mask:
    from scipy import ndimage

    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(sizes[parts] >= smallest)

"""Pictures as cells, each described by what a network that knows everyday things sees there.

The inner layers of EfficientNet-Lite0 look at 4, 8, 16 and 32 pixels to a place; all are brought to
one grid of 8, so that a cell has signs of what it shows and of what is around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from fairhand.compute.models import efficientnet
from fairhand.compute.models.prompts import Picture

STRIDE: Final = 8
DIMENSIONS: Final = sum(efficientnet.LAYERS.values())
_COARSEST: Final = 32
_LEAST: Final = 64

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cells:
    """`features`: rows times columns, by 368, row after row; and a cell's sides in the picture."""

    features: NDArray[np.float32] | NDArray[np.float16]
    rows: int
    columns: int
    wide: float
    high: float

    def centres(self) -> Floats:
        """Give the middle of every cell in pixels of the picture: x and y, row after row."""
        x = np.tile((np.arange(self.columns) + 0.5) * self.wide, self.rows)
        y = np.repeat((np.arange(self.rows) + 0.5) * self.high, self.columns)
        return np.column_stack([x, y])


def cells_of(picture: Picture, scale: float) -> Cells:
    """Look at a picture as `scale` times as large, and describe its cells of 8 pixels."""
    height, width = picture.shape[:2]
    high, wide = (
        max(_LEAST, round(side * scale / _COARSEST) * _COARSEST) for side in (height, width)
    )
    image = Image.fromarray(picture).resize((wide, high), Image.Resampling.BILINEAR)
    given = ((np.asarray(image, np.float32) - 127.0) / 128.0).transpose(2, 0, 1)[None]
    rows, columns = high // STRIDE, wide // STRIDE
    layers = efficientnet.open_layers().run(None, {"pictures": given})
    features = np.concatenate([_on_grid(layer[0], rows, columns) for layer in layers])
    flat = np.ascontiguousarray(features.reshape(DIMENSIONS, -1).T)
    return Cells(flat, rows, columns, width / columns, height / rows)


def _on_grid(layer: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """Bring a layer to the grid: a finer one by its means, a coarser one by what lies between."""
    depth, high, wide = layer.shape
    if high >= rows:
        parts = layer.reshape(depth, rows, high // rows, columns, wide // columns)
        means: NDArray[np.float32] = parts.mean(axis=(2, 4))
        return means
    grown: NDArray[np.float32] = ndimage.zoom(
        layer, (1, rows / high, columns / wide), order=1, grid_mode=True, mode="nearest"
    )
    return grown

"""Small pictures with known truth: bright discs on dark, noisy ground."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from fairhand.compute.assistants.contract import Example, Item
from fairhand.compute.models.polygons import outline_of
from fairhand.compute.models.prompts import Click, Mask, Picture
from fairhand.compute.models.regions import box_of, region
from fairhand.labels import rle

SIDE = 96


def discs(seed: int, *, side: int = SIDE, inverted: bool = False) -> tuple[Picture, list[Mask]]:
    """Draw up to six discs that do not touch."""
    rng = np.random.default_rng(seed)
    rows, columns = np.ogrid[:side, :side]
    taken, things = np.zeros((side, side), bool), []
    for _ in range(6):
        row, column = rng.integers(14, side - 14, 2)
        radius = rng.uniform(5, 11)
        mask = (rows - row) ** 2 + (columns - column) ** 2 <= radius**2
        if not (ndimage.binary_dilation(mask, iterations=3) & taken).any():
            taken |= mask
            things.append(mask)
    grey = 50 + 110 * ndimage.gaussian_filter(taken.astype(float), 0.8)
    grey += rng.normal(0, 5, grey.shape)
    plain = np.clip(255 - grey if inverted else grey, 0, 255).astype(np.uint8)
    return np.repeat(plain[:, :, None], 3, axis=2), things


def threads(seed: int, *, side: int = SIDE) -> tuple[Picture, list[Mask]]:
    """Draw thin dark waves on ground that is uneven and blotched."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    things = []
    for _ in range(5):
        swing, phase, at = rng.uniform(3, 9), rng.uniform(0, 6), rng.uniform(10, side - 10)
        along, across = (rows, columns) if rng.random() < 0.5 else (columns, rows)
        things.append(np.abs(across - at - swing * np.sin(along / 12 + phase)) <= 1.0)
    ground = 120 + 50 * np.sin(rows / 30 + seed) + rng.normal(0, 6, rows.shape)
    ground += 400 * ndimage.gaussian_filter(rng.normal(0, 1, rows.shape), 6)
    grey = ground - 70 * ndimage.gaussian_filter(np.logical_or.reduce(things).astype(float), 0.6)
    plain = np.clip(grey, 0, 255).astype(np.uint8)
    return np.repeat(plain[:, :, None], 3, axis=2), things


DRAWN: Final = {"mask": "regions", "boxes": "boxes", "polygons": "polygons"}
"""Where an answer of a kind lists what is drawn."""


def drawn_as(kind: str, mask: Mask) -> dict[str, Any]:
    """Draw a disc as people do: its pixels, a box around it, or its corners."""
    if kind == "mask":
        return dict(region("disc", mask))
    if kind == "boxes":
        return {"label": "disc", "box": [float(side) for side in box_of(mask) or ()]}
    return {"label": "disc", "points": outline_of(mask)}


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union."""
    together = int((one | other).sum())
    return float((one & other).sum() / together) if together else 1.0


def truthful_click(truth: Mask, mask: Mask) -> Click | None:
    """Click on the centre of the largest mistake, or None when there is none."""
    best: tuple[float, Click] | None = None
    for wrong, positive in ((truth & ~mask, True), (mask & ~truth, False)):
        depth = ndimage.distance_transform_edt(np.pad(wrong, 1))[1:-1, 1:-1]
        if depth.max() > (best[0] if best else 0):
            row, column = divmod(int(depth.argmax()), mask.shape[1])
            best = (float(depth.max()), Click(column, row, positive))
    return best[1] if best else None


def png(picture: Picture) -> bytes:
    """Write a picture."""
    out = BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()


def item(task_id: int, picture: Picture) -> Item:
    """A picture as a task."""
    content = png(picture)
    return Item(task_id, {}, lambda: content, "image/png", picture.shape[1], picture.shape[0])


def answered(task_id: int, picture: Picture, things: list[Mask]) -> Example:
    """A picture with the answer that is true."""
    regions = [{"label": "disc", "counts": rle.encode(mask)} for mask in things]
    value = {"where": {"size": [picture.shape[0], picture.shape[1]], "regions": regions}}
    return Example(item(task_id, picture), value)

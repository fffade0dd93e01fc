"""Shapes that models draw, painted into masks: polygons, turned rectangles, ellipses.

All places are pixels, x to the right and y down; a pixel is inside when its centre is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairhand.labels import rle

Points = NDArray[np.float64]
"""Corners, N by 2: x and y."""

_ELLIPSE_CORNERS = 72


def polygon_pixels(points: Points, height: int, width: int) -> NDArray[np.int64]:
    """List the pixels inside a polygon (even-odd), numbered column by column, in order.

    Each edge notes where it crosses the middle of a row; between odd and even crossings is inside
    (scan conversion; Foley et al., "Computer Graphics: Principles and Practice", 3.6).
    """
    x0, y0 = np.floor(np.clip(points.min(axis=0), 0, (width, height))).astype(int)
    x1, y1 = np.ceil(np.clip(points.max(axis=0), 0, (width, height))).astype(int)
    if x1 <= x0 or y1 <= y0:
        return np.zeros(0, np.int64)
    crossings = np.zeros((y1 - y0, x1 - x0 + 1), np.int32)
    for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if ay == by:
            continue
        low, high = sorted((ay, by))
        rows = np.arange(max(int(np.ceil(low - 0.5)), y0), min(int(np.ceil(high - 0.5)), y1))
        at = ax + (rows + 0.5 - ay) * (bx - ax) / (by - ay)
        columns = np.clip(np.ceil(at - 0.5).astype(int) - x0, 0, x1 - x0)
        np.add.at(crossings, (rows - y0, columns), 1)
    inside = np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1
    columns, rows = np.nonzero(inside.T)
    numbers: NDArray[np.int64] = (columns + x0).astype(np.int64) * height + rows + y0
    return numbers


def rectangle(x: float, y: float, width: float, height: float, degrees: float) -> Points:
    """Give the corners of a rectangle turned clockwise about its upper left corner."""
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    placed: Points = turned(corners, degrees) + np.array((x, y))
    return placed


def ellipse(x: float, y: float, radius_x: float, radius_y: float, degrees: float) -> Points:
    """Give points on an ellipse around its centre, turned clockwise."""
    angles = np.linspace(0, 2 * np.pi, _ELLIPSE_CORNERS, endpoint=False)
    round_it = np.stack([radius_x * np.cos(angles), radius_y * np.sin(angles)], axis=1)
    placed: Points = turned(round_it, degrees) + np.array((x, y))
    return placed


def turned(points: Points, degrees: float) -> Points:
    """Turn points clockwise (y points down) about the origin."""
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    rotation = np.array([[cos, sin], [-sin, cos]])
    result: Points = points @ rotation
    return result


def runs_of(pixels: NDArray[np.int64], total: int) -> rle.Runs:
    """Measure the runs of a mask of `total` pixels from the sorted numbers of those inside."""
    if pixels.size == 0:
        return np.array([total], np.int64)
    breaks = np.flatnonzero(np.diff(pixels) != 1)
    starts = pixels[np.concatenate([[0], breaks + 1])]
    ends = pixels[np.concatenate([breaks, [pixels.size - 1]])] + 1
    edges = np.empty(2 * starts.size + 2, np.int64)
    edges[0], edges[-1] = 0, total
    edges[1:-1:2], edges[2:-1:2] = starts, ends
    runs = np.diff(edges)
    return runs[:-1] if runs[-1] == 0 else runs

"""Fit a forest's map to the one picture at hand, from the pixels that the map is sure of.

A forest learns what most pictures have in common; how bright or which colour things are differs
from picture to picture. The sure pixels of a picture say so for that picture, and so does what
lies around each place: an outline runs halfway between the things and the background near it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.models.blurs import blur
from fairhand.compute.models.pictures import Plane
from fairhand.compute.models.pixel_features import CALM, COLOURS

_SURE: Final = 0.6
_FEWEST: Final = 20
_SPREAD: Final = 16.0
_FAR: Final = 1e-3
"""Weight of the whole picture's level beside what lies near, by the Gaussian's unit mass."""
_RIDGE: Final = 0.01
_LEAST_STEP: Final = 0.03


def own_view(chance: Plane, features: NDArray[np.float32], *, step: int = 1) -> Plane | None:
    """Say how far each pixel looks like a thing (1) or the background (0) of its own picture.

    `chance` and `features` may be every `step`-th pixel of a picture. None where the map is not
    sure of enough pixels of both, or finds things no different from the background.
    """
    inside, outside = chance > _SURE, chance < 1 - _SURE
    if min(int(inside.sum()), int(outside.sum())) < _FEWEST:
        return None
    seen = features[[CALM, *COLOURS]].astype(np.float64)
    plane = _telling(seen, inside, outside).astype(np.float32)
    spread = _SPREAD / step
    high, low = (_level(plane, where, spread) for where in (inside, outside))
    gap = np.maximum(high - low, _LEAST_STEP)
    view: Plane = np.clip((plane - low) / gap, -0.5, 1.5).astype(np.float32)
    return view


def refine(chance: Plane, features: NDArray[np.float32], weight: float, *, step: int = 1) -> Plane:
    """Mix a forest's map with the picture's own view, which gets `weight` (0 to 1)."""
    view = own_view(chance, features, step=step) if weight > 0 else None
    if view is None:
        return chance
    mixed: Plane = np.clip((1 - weight) * chance + weight * view, 0, 1).astype(np.float32)
    return mixed


def _telling(
    seen: NDArray[np.float64], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Project onto the direction that tells things from background best (Fisher 1936)."""
    groups = [seen[:, where] for where in (inside, outside)]
    means = [group.mean(axis=1) for group in groups]
    within = sum(np.cov(group) for group in groups) + _RIDGE * np.eye(len(seen))
    direction = np.linalg.solve(within, means[0] - means[1])
    length = float(np.linalg.norm(direction))
    projected: NDArray[np.float64] = np.tensordot(direction / max(length, 1e-9), seen, axes=1)
    return projected


def _level(plane: Plane, where: NDArray[np.bool_], spread: float) -> Plane:
    """Average the plane over the given pixels near each place, or over all where none are near."""
    near = blur(plane * where, spread)
    mass = blur(where.astype(np.float32), spread)
    level: Plane = (near + _FAR * plane[where].mean()) / (mass + _FAR)
    return level

"""What each pixel around a thing is like, from a click: its colours, its place, the way there.

A small network tells from it which pixels belong to the thing. Distances are given in pixels, and
in sizes of the thing and of the mistake that the click is in the middle of; colours as the picture
has them, and as a scale from what lies around the thing (0) to what it looks like itself (1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fairhand.compute.models.pictures import Plane
from fairhand.compute.models.prompts import Click, Mask

_COLOURS: Final = (1, 3, 4)
_SHARP: Final = (0, 3, 4)
"""Planes that tell a thing from its surroundings: grey, softly or barely smoothed, and colours."""
_FEWEST: Final = 3
_RIDGE: Final = 1e-3
_LEAST_GAP: Final = 0.02
_FARTHEST: Final = 4.0
_BESIDE: Final = (-4, -2, 2, 4)
_UNSEEN: Final = 40.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A window of a picture, the mask as it stands there, and the clicks in it, the newest last.

    `is_first` says that the mask is a first guess which nobody has seen.
    """

    values: NDArray[np.float32]  # planes by height by width
    edges: Plane
    mask: Mask
    clicks: Sequence[Click]
    is_first: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a scene's pixels lie, seen from the mask."""

    inside: Plane  # how deep in the mask, 0 outside
    signed: Plane  # the same, and how far from it as less than 0
    size: float  # the radius of a disc of the mask's area
    room: float  # from the newest click to the mask's outline
    down: Plane  # from the mask's middle
    right: Plane


@dataclass(frozen=True, slots=True)
class _View:
    """The scene between what lies around the thing (0) and the thing (1)."""

    soft: Plane
    sharp: Plane
    gap: float
    spread_inside: float
    spread_outside: float


def sight(scene: Scene) -> NDArray[np.float32]:
    """Describe every pixel of a scene: features by height by width."""
    place = _find_place(scene)
    view = _find_view(scene, place)
    planes = [
        *_looks(scene, place, view),
        *_ways(scene, place, view),
        *_likenesses(scene, view),
        *_places(scene, place),
        *_facts(scene, place, view),
    ]
    return np.stack(planes).astype(np.float32)


def _find_place(scene: Scene) -> _Place:
    mask, newest = scene.mask, scene.clicks[-1]
    inside = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    outside = _far_from(mask)
    signed = np.where(mask, inside - 0.5, 0.5 - outside).astype(np.float32)
    middle = ndimage.center_of_mass(mask) if mask.any() else (newest.y, newest.x)
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
    return _Place(
        inside.astype(np.float32),
        signed,
        max(2.0, float(np.sqrt(mask.sum() / np.pi))),
        abs(float(signed[newest.y, newest.x])) + 0.5,
        rows - np.float32(middle[0]),
        columns - np.float32(middle[1]),
    )


def _far_from(mask: Mask) -> Plane:
    """Measure how far each pixel lies from a mask, or from anything where it is empty."""
    if not mask.any():
        return np.full(mask.shape, _UNSEEN, np.float32)
    return np.asarray(ndimage.distance_transform_edt(~mask), np.float32)


def _find_view(scene: Scene, place: _Place) -> _View:
    """Look along the direction of colour that tells the thing from its surroundings best."""
    core = scene.mask & (place.inside >= min(2.0, float(place.inside.max())))
    beside = (place.signed < -1) & (place.signed > 0.5 - max(4.0, 0.7 * place.size))
    if core.sum() < _FEWEST:
        core = ndimage.binary_dilation(core | _pointed(scene), structure=np.ones((3, 3)))
    if beside.sum() < _FEWEST:
        beside = np.ones(scene.mask.shape, bool)
    soft = _chosen(scene.values, _COLOURS)
    groups = [soft[:, core], soft[:, beside]]
    means = [group.mean(axis=1) for group in groups]
    spreads = [np.atleast_2d(np.cov(group, bias=True)) for group in groups]
    within = spreads[0] + spreads[1] + _RIDGE * np.eye(len(soft))
    direction = np.linalg.solve(within, means[0] - means[1])
    direction /= max(float(np.linalg.norm(direction)), 1e-9)
    high, low = (float(direction @ mean) for mean in means)
    gap = max(high - low, _LEAST_GAP)
    inner, outer = (
        float(np.sqrt(max(float(direction @ one @ direction), 0.0))) / gap for one in spreads
    )

    def along(planes: NDArray[np.float64]) -> Plane:
        seen = (np.tensordot(direction, planes, 1) - low) / gap
        clipped: Plane = np.clip(seen, -1.5, 2.5).astype(np.float32)
        return clipped

    return _View(along(soft), along(_chosen(scene.values, _SHARP)), gap, inner, outer)


def _chosen(values: NDArray[np.float32], which: Sequence[int]) -> NDArray[np.float64]:
    return values[[one for one in which if one < len(values)]].astype(np.float64)


def _pointed(scene: Scene) -> Mask:
    """Mark the pixels that were said to belong to the thing; the newest click's at least."""
    pointed = np.zeros(scene.mask.shape, bool)
    for click in scene.clicks:
        pointed[click.y, click.x] = click.positive
    pointed[scene.clicks[-1].y, scene.clicks[-1].x] = True
    return pointed


def _looks(scene: Scene, place: _Place, view: _View) -> list[Plane]:
    """Describe what a pixel and its neighbours look like, and which way it grows brighter."""
    wide = ndimage.uniform_filter(view.soft, 7)
    down, right = _slopes(view.soft)
    far = np.hypot(place.down, place.right) + np.float32(1e-3)
    outward = (down * place.down + right * place.right) / far
    inward_down, inward_right = _slopes(ndimage.gaussian_filter(place.signed, 1.0))
    slope = np.hypot(inward_down, inward_right) + np.float32(1e-3)
    inward = (down * inward_down + right * inward_right) / slope
    return [
        *scene.values[:3],
        scene.edges,
        ndimage.gaussian_filter(scene.edges, 1.0),
        view.soft,
        view.sharp,
        wide,
        view.soft - wide,
        outward,
        inward,
        ndimage.laplace(view.soft),
        *(_beside(view.soft, place, far, step) for step in _BESIDE),
    ]


def _slopes(plane: Plane) -> tuple[Plane, Plane]:
    """Say how much a plane rises from row to row and from column to column."""
    down, right = (
        np.gradient(plane, axis=axis) if plane.shape[axis] > 1 else np.zeros_like(plane)
        for axis in (0, 1)
    )
    return down, right


def _beside(plane: Plane, place: _Place, far: Plane, step: int) -> Plane:
    """Read a plane some pixels farther out from the middle, or farther in."""
    rows, columns = np.ogrid[: plane.shape[0], : plane.shape[1]]
    down = np.round(rows + step * place.down / far).astype(np.intp)
    right = np.round(columns + step * place.right / far).astype(np.intp)
    read: Plane = plane[np.clip(down, 0, plane.shape[0] - 1), np.clip(right, 0, plane.shape[1] - 1)]
    return read


def _ways(scene: Scene, place: _Place, view: _View) -> list[Plane]:
    """Describe what lies on the straight way from the newest click, and from the mask's core."""
    newest = scene.clicks[-1]
    core = (newest.y, newest.x)
    if scene.mask.any():
        row, column = divmod(int(place.inside.argmax()), scene.mask.shape[1])
        core = (row, column)
    planes: list[Plane] = []
    for row, column in ((newest.y, newest.x), core):
        found = np.empty((4, *scene.mask.shape), np.float32)
        _compiled()(np.ascontiguousarray(scene.edges), view.soft, row, column, found)
        planes.extend(found)
    return planes


def _likenesses(scene: Scene, view: _View) -> list[Plane]:
    """Say how far a pixel looks unlike the newest click's, as it is and beside the thing's gap."""
    newest, values = scene.clicks[-1], scene.values
    off = values - values[:, newest.y, newest.x][:, None, None]
    unlike = np.sqrt((off**2).mean(axis=0))
    return [unlike, unlike / np.float32(view.gap)]


def _places(scene: Scene, place: _Place) -> list[Plane]:
    """Describe where a pixel lies: in the mask or how far off, and how far from the clicks."""
    newest, signed = scene.clicks[-1], place.signed
    rows, columns = np.ogrid[: signed.shape[0], : signed.shape[1]]
    away = np.hypot(rows - newest.y, columns - newest.x)
    wanted, unwanted = (
        _near([click for click in scene.clicks if click.positive == kind], signed.shape)
        for kind in (True, False)
    )
    return [
        scene.mask,
        _bounded(signed / 8),
        _bounded(signed / place.size),
        np.tanh(signed / 1.5),
        _bounded(away / 8),
        _bounded(away / place.room),
        _bounded(away / place.size),
        np.tanh(wanted / 4),
        _bounded(unwanted / 8),
        np.tanh(unwanted / 2),
        _bounded(np.hypot(place.down, place.right) / place.size),
        _bounded((np.abs(signed) - place.room) / max(place.room, 1.0)),
    ]


def _near(clicks: Sequence[Click], shape: tuple[int, ...]) -> Plane:
    """Measure how far each pixel is from the nearest of some clicks."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    near = np.full(shape, _UNSEEN, np.float32)
    for click in clicks:
        near = np.minimum(near, np.hypot(rows - click.y, columns - click.x))
    return near


def _bounded(plane: NDArray[Any]) -> Plane:
    bounded: Plane = np.clip(plane, -_FARTHEST, _FARTHEST)
    return bounded


def _facts(scene: Scene, place: _Place, view: _View) -> list[Plane]:
    """Say what is the same for all pixels: the thing's size, the mistake's, what is at hand."""
    facts = (
        1.0 if scene.clicks[-1].positive else -1.0,
        np.log(place.room),
        np.log(place.size),
        float(place.inside.max()) / place.size,
        min(len(scene.clicks), 10) / 5,
        float(scene.is_first),
        view.gap,
        min(view.spread_inside, 3.0),
        min(view.spread_outside, 3.0),
    )
    return [np.full(scene.mask.shape, fact, np.float32) for fact in facts]


def _walk(edges: Any, view: Any, row: Any, column: Any, found: Any) -> None:  # noqa: ANN401  # as Numba types them
    # Straight from one pixel to each other one: the strongest edge on the way, and the lowest, the
    # highest and the mean view.
    for y in range(edges.shape[0]):
        for x in range(edges.shape[1]):
            steps = max(abs(y - row), abs(x - column))
            edge = np.float32(0)
            low = high = view[row, column]
            total = np.float32(0)
            for step in range(steps + 1):
                share = step / max(steps, 1)
                i = int(row + (y - row) * share + 0.5)
                j = int(column + (x - column) * share + 0.5)
                edge = max(edge, edges[i, j])
                low, high = min(low, view[i, j]), max(high, view[i, j])
                total += view[i, j]
            found[0, y, x], found[1, y, x], found[2, y, x] = edge, low, high
            found[3, y, x] = total / np.float32(steps + 1)


@cache
def _compiled() -> Any:  # noqa: ANN401  # Numba's dispatcher
    from numba import njit

    return njit(cache=True, nogil=True, fastmath=True)(_walk)

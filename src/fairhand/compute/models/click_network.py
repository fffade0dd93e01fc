"""A small network that says of each pixel around a click whether it belongs to the thing.

Its weights come with Fairhand; `benchmarks/learn_clicker.py` learnt them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Final

import numpy as np

from fairhand.compute.models.blurs import blur
from fairhand.compute.models.click_planes import Planes
from fairhand.compute.models.click_sight import Scene, sight
from fairhand.compute.models.learnt import unpack_learnt
from fairhand.compute.models.net import Net, read_net
from fairhand.compute.models.pictures import Plane
from fairhand.compute.models.prompts import Click, Mask

WEIGHTS: Final = "clicker.npz"
_LEAST_MARGIN: Final = 12
_MARGIN: Final = 0.8
"""How far around a mask is looked, in radii of a disc of its area."""
MOST_SIDE: Final = 128
"""A longer window is looked at in steps of several pixels, so that no click takes longer."""
_SMOOTHING: Final = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """A window, perhaps in steps of several pixels, and each pixel's chance to be the thing's."""

    rows: slice
    columns: slice
    scene: Scene
    chance: Plane

    def paste(self, small: Mask, whole: Mask) -> Mask:
        """Give a whole mask with what was found in the window."""
        step = self.rows.step
        large = small.repeat(step, axis=0).repeat(step, axis=1)
        pasted = whole.copy()
        part = pasted[self.rows.start : self.rows.stop, self.columns.start : self.columns.stop]
        part[:] = large[: part.shape[0], : part.shape[1]]
        return pasted


def look(planes: Planes, mask: Mask, clicks: Sequence[Click], *, is_first: bool) -> Look:
    """Look at a mask that is not empty, and at the newest click."""
    rows, columns, scene = see_scene(planes, mask, clicks, is_first=is_first)
    seen = sight(scene)
    chance = network().probability(seen.reshape(len(seen), -1).T).reshape(scene.mask.shape)
    return Look(rows, columns, scene, blur(chance, _SMOOTHING))


def see_scene(
    planes: Planes, mask: Mask, clicks: Sequence[Click], *, is_first: bool
) -> tuple[slice, slice, Scene]:
    """Cut the window out: the mask and the newest click, with a margin around them."""
    rows, columns = _window(mask, clicks[-1])
    here = [
        replace(
            click,
            x=(click.x - columns.start) // columns.step,
            y=(click.y - rows.start) // rows.step,
        )
        for click in clicks
        if rows.start <= click.y < rows.stop and columns.start <= click.x < columns.stop
    ]
    scene = Scene(
        planes.values[:, rows, columns],
        planes.edges[rows, columns],
        mask[rows, columns],
        here,
        is_first,
    )
    return rows, columns, scene


def _window(mask: Mask, click: Click) -> tuple[slice, slice]:
    """Give the rows and columns, in steps that meet the click's own pixel."""
    size = float(np.sqrt(mask.sum() / np.pi))
    margin = int(max(_LEAST_MARGIN, _MARGIN * size))
    ends = []
    for axis, at in ((1, click.y), (0, click.x)):
        taken = np.flatnonzero(mask.any(axis=axis))
        start = max(0, min(int(taken[0]), at) - margin)
        ends.append((start, min(mask.shape[1 - axis], max(int(taken[-1]), at) + margin + 1), at))
    step = max(1, *(-(-(stop - start) // MOST_SIDE) for start, stop, _ in ends))
    rows, columns = (slice(start + (at - start) % step, stop, step) for start, stop, at in ends)
    return rows, columns


@cache
def network() -> Net:
    """Load the network that comes with Fairhand."""
    content = resources.files(__package__).joinpath(WEIGHTS).read_bytes()
    learnt = unpack_learnt(content)
    return read_net(learnt, "", int(learnt.header["features"]))

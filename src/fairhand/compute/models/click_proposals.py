"""How far a correcting click reaches: the proposals beyond its disc, and which of them is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fairhand.compute.models.click_candidates import View, grow, likeness, traits
from fairhand.compute.models.click_corrections import correct, room_around
from fairhand.compute.models.prompts import Click, Mask

GAIN = 0.03
"""How much more like a thing a mask must become for more than the disc to change, times the number
of corrections so far: what people have corrected often is left alone beyond where they point."""
_REACHES = (2.5, 5.0, 10.0)
_WIDE = 4.0
"""A mistake this wide may be a part that looks otherwise, for which regions are grown anew."""
_FEW = 6


def best_correction(view: View, accepted: Mask, clicks: Sequence[Click]) -> tuple[Mask, float]:
    """Take the disc around the newest click, or a proposal that makes a likelier thing.

    Gives the corrected mask and its likeness.
    """
    certain = correct(accepted, accepted, clicks)
    if not certain.any():
        return certain, 0.0
    middle = _middle(certain, clicks)
    at_middle = replace(view, row=middle[0], column=middle[1])
    best, most = certain, likeness(traits(at_middle, certain))
    least = most + GAIN * (len(clicks) - 1)
    for proposed in _proposals(view, accepted, clicks, middle):
        mask = correct(accepted, proposed, clicks)
        if not mask[middle]:
            continue
        found = likeness(traits(at_middle, mask))
        if found > max(most, least):
            best, most = mask, found
    return best, most


def _proposals(
    view: View, accepted: Mask, clicks: Sequence[Click], middle: tuple[int, int]
) -> Iterator[Mask]:
    newest = clicks[-1]
    yield from _rings(accepted, newest)
    if room_around(accepted, newest) < _WIDE:
        return
    if newest.positive:
        for mask in grow(view, _FEW):
            yield accepted | mask
    else:
        for mask in grow(replace(view, row=middle[0], column=middle[1]), _FEW):
            if not mask[newest.y, newest.x]:
                yield mask


def _rings(accepted: Mask, click: Click) -> Iterator[Mask]:
    """Move the outline by as much as the click asks for, near the click or farther along."""
    radius = max(1.0, room_around(accepted, click))
    wrong = ~accepted if click.positive else accepted
    depth: NDArray[np.float64] = ndimage.distance_transform_edt(wrong)
    rows, columns = np.ogrid[: accepted.shape[0], : accepted.shape[1]]
    away = np.hypot(rows - click.y, columns - click.x)
    for thickness in (radius, 2 * radius - 0.5):
        for reach in _REACHES:
            ring = wrong & (depth <= thickness) & (away <= reach * radius)
            yield accepted | ring if click.positive else accepted & ~ring


def _middle(mask: Mask, clicks: Sequence[Click]) -> tuple[int, int]:
    """Where the thing was first clicked on, or else its deepest pixel."""
    for click in clicks:
        if click.positive and mask[click.y, click.x]:
            return click.y, click.x
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    row, column = divmod(int(depth.argmax()), mask.shape[1])
    return row, column

"""How a click changes an accepted mask: only around it, and never against an earlier click.

A click that corrects says where the middle of a mistake is. A mistake beside the accepted mask
reaches from it to the true outline, so a disc around the click that touches the mask lies within
the mistake: it may always be added (or taken away). What goes beyond the disc is a proposal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from fairhand.compute.models.pictures import Plane
from fairhand.compute.models.prompts import Click, Mask

_EIGHT = np.ones((3, 3), bool)
_REACH = 3.0
"""How far from the click anything changes, in distances of the click from the accepted outline."""
_SURE = 0.8
_DOUBTFUL, _LIKELIER, _NARROW = 0.4, 0.5, 2.0
"""Chance below which not even the disc around the click is changed; more where it is narrow."""
_ADDED, _TAKEN = 0.75, 0.4
"""Most pixels changed beyond the disc, for each one within it.

A mask's intersection over union rises when more right than wrong pixels are added, or when those
taken away that are wrong outnumber the others by more than union to intersection.
"""


def disc(shape: tuple[int, int], click: Click, radius: float) -> Mask:
    """Paint the pixels nearer than `radius` to a click; the click's own pixel always."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    near: Mask = (rows - click.y) ** 2 + (columns - click.x) ** 2 < max(radius, 0.5) ** 2
    return near


def room_around(accepted: Mask, click: Click) -> float:
    """Measure how far a click is from the accepted mask's outline, in pixels."""
    wrong = accepted if accepted[click.y, click.x] else ~accepted
    if wrong.all():
        return 0.0
    return float(ndimage.distance_transform_edt(wrong)[click.y, click.x])


def correct(accepted: Mask, proposed: Mask, clicks: Sequence[Click]) -> Mask:
    """Change the accepted mask by its newest click, towards the proposed one.

    A positive click only adds, a negative one only takes away; what changes is one piece that
    holds the click; earlier clicks stay on their side. A click on the side it asks for changes
    nothing.
    """
    newest = clicks[-1]
    certain = disc(accepted.shape, newest, room_around(accepted, newest))
    return _changed(accepted, certain | (proposed if newest.positive else ~proposed), clicks)


def correct_surely(accepted: Mask, chance: Plane, clicks: Sequence[Click]) -> Mask:
    """Change the accepted mask by its newest click, where each pixel's chance all but settles it.

    First the disc around the click that reaches to the accepted outline, but for what is doubtful
    there. Then what is sure farther off, but less of it than was changed first: were all of it
    wrong, the mask would still be no worse than before.
    """
    newest = clicks[-1]
    room = max(1.0, room_around(accepted, newest))
    likely = chance if newest.positive else 1 - chance
    least = _DOUBTFUL if room >= _NARROW else _LIKELIER
    within = disc(accepted.shape, newest, room) & (likely > least)
    changed = _changed(accepted, within, clicks) ^ accepted
    most = int((_ADDED if newest.positive else _TAKEN) * changed.sum())
    more = disc(accepted.shape, newest, _REACH * room) & (likely > _SURE) & ~changed
    more &= accepted != newest.positive
    places = np.flatnonzero(more)
    surest = np.argsort(-likely.ravel()[places], kind="stable")[:most]
    changed.ravel()[places[surest]] = True
    return _changed(accepted, changed, clicks)


def _changed(accepted: Mask, wanted: Mask, clicks: Sequence[Click]) -> Mask:
    """Turn the wanted pixels to the newest click's side: one piece, none of an earlier click."""
    newest = clicks[-1]
    if bool(accepted[newest.y, newest.x]) == newest.positive:
        return accepted.copy()
    change = wanted & (~accepted if newest.positive else accepted)
    for click in clicks[:-1]:
        if click.positive != newest.positive:
            change[click.y, click.x] = False
    change[newest.y, newest.x] = True
    labels, _ = ndimage.label(change, structure=_EIGHT)
    part = labels == labels[newest.y, newest.x]
    mended: Mask = accepted | part if newest.positive else accepted & ~part
    return mended


def piece_at(mask: Mask, click: Click) -> Mask:
    """Give the piece of a mask that a click is on, without thin bridges and without holes."""
    rough = mask.copy()
    rough[click.y, click.x] = True
    for one in (ndimage.binary_opening(rough), rough):
        labels, _ = ndimage.label(one)
        if labels[click.y, click.x]:
            break
    piece: Mask = ndimage.binary_fill_holes(labels == labels[click.y, click.x])
    return piece

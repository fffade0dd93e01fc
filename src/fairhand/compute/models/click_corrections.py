"""How a click changes an accepted mask: only around it, and never against an earlier click.

A click that corrects says where the middle of a mistake is. A mistake beside the accepted mask
reaches from it to the true outline, so a disc around the click that touches the mask lies within
the mistake: it may always be added (or taken away). What goes beyond the disc is a proposal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from fairhand.compute.models.prompts import Click, Mask

_EIGHT = np.ones((3, 3), bool)


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
    if bool(accepted[newest.y, newest.x]) == newest.positive:
        return accepted.copy()
    certain = disc(accepted.shape, newest, room_around(accepted, newest))
    wanted = (proposed | certain) if newest.positive else (~proposed | certain)
    change = wanted & (~accepted if newest.positive else accepted)
    for click in clicks[:-1]:
        if click.positive != newest.positive:
            change[click.y, click.x] = False
    change[newest.y, newest.x] = True
    labels, _ = ndimage.label(change, structure=_EIGHT)
    part = labels == labels[newest.y, newest.x]
    mended: Mask = accepted | part if newest.positive else accepted & ~part
    return mended

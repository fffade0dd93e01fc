"""Places in a picture that a person marked to be hidden."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite
from typing import Final

from fairhand.core.errors import MalformedError

MOST_BOXES: Final = 150
Marked = Sequence[tuple[float, float, float, float]]
"""Left, top, width and height, in parts of 1 of the upright picture."""


def read_boxes(written: str) -> Marked:
    """Read marked places: JSON [[x, y, width, height], ...], each in parts of 1 of the picture.

    Raises MalformedError for anything else.
    """
    try:
        found = [tuple(float(number) for number in box) for box in json.loads(written)]
    except (ValueError, TypeError) as error:
        raise MalformedError("The marked places cannot be read.") from error
    if len(found) > MOST_BOXES:
        raise MalformedError(f"At most {MOST_BOXES} places can be marked.")
    for box in found:
        if len(box) != 4 or not all(isfinite(number) and 0 <= number <= 1 for number in box):
            raise MalformedError("A marked place has to lie within the picture.")
        if not (box[2] > 0 and box[3] > 0):
            raise MalformedError("A marked place has to have a width and a height.")
    return [(x, y, wide, high) for x, y, wide, high in found]

"""What a person points at, and what a model outlines there: the words of click-to-segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Height by width by three: red, green, blue."""

Mask = NDArray[np.bool_]

MAX_CLICKS = 64


@dataclass(frozen=True, slots=True)
class Click:
    """A pixel that a person pointed at: it belongs to the thing, or it does not."""

    x: int
    y: int
    positive: bool = True


Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels: from the first column and row up to, not including, the last."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Everything a person said about one thing; the last click is the new one.

    `accepted` is the mask that stands so far, None or empty before the first click.
    """

    clicks: tuple[Click, ...] = ()
    box: Box | None = None
    accepted: Mask | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """A mask of the picture's size, and the intersection over union that is expected of it."""

    mask: Mask
    score: float


class Prepared(Protocol):
    """A picture that is ready for clicks."""

    @property
    def nbytes(self) -> int:
        """Bytes that it takes to keep."""

    def outline(self, prompt: Prompt) -> Outline:
        """Outline the thing; the cost does not grow with the number of things drawn before."""


class Clicker(Protocol):
    """Prepares pictures, each once, so that its clicks are quick."""

    @property
    def model(self) -> str:
        """Name and version, as `outline@2`."""

    def prepare(self, picture: Picture) -> Prepared:
        """Look at a picture."""

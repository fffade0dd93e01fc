"""Pictures whose values are no greys yet: 16 bits, and the window of them that is shown."""

from __future__ import annotations

from io import BytesIO
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.core.errors import InvalidError

Window: TypeAlias = tuple[int, int]
"""The value that is shown black and the one that is shown white; turned round, a negative."""

MOST_VALUE = int(np.iinfo(np.uint16).max)
MOST_WINDOW = 4 * MOST_VALUE
"""How far from 0 the ends of a window may lie."""

_TAILS = (0.5, 99.5)
_SAMPLES = 1_000_000


def look_at(values: NDArray[np.uint16]) -> dict[str, Any]:
    """Describe 16-bit values: how many bits, which values occur, which window shows them well.

    The window leaves out the half percent of values at either end, which are often specks.
    """
    low, high = int(values.min()), int(values.max())
    return {"bits": 16, "range": [low, max(high, low + 1)], "window": list(_window(values))}


def check_window(window: tuple[int, int]) -> Window:
    """Check a window that somebody asks for; it may reach beyond 16 bits on either side."""
    black, white = window
    if black == white or max(abs(black), abs(white)) > MOST_WINDOW:
        raise InvalidError("Two different values are needed, one for black and one for white.")
    return black, white


def render(values: NDArray[np.uint16], window: Window) -> NDArray[np.uint8]:
    """Show values through a window: linear in between, black and white beyond.

    The linear VOI function of DICOM PS3.3 C.11.2.1.3.2, for a window given by its ends.
    """
    black, white = window
    table = (np.arange(MOST_VALUE + 1) - black) * (255.0 / (white - black))
    greys: NDArray[np.uint8] = np.clip(np.rint(table), 0, 255).astype(np.uint8)
    return np.take(greys, values)


def render_file(content: bytes, window: Window) -> bytes:
    """Show a stored 16-bit picture through a window, as a WebP that loses nothing of it."""
    with Image.open(BytesIO(content), formats=("PNG",)) as image:
        values = np.asarray(image)
    if values.dtype != np.uint16:
        values = values.astype(np.uint16)
    out = BytesIO()
    Image.fromarray(render(values, window)).save(out, "WEBP", lossless=True, quality=0, method=0)
    return out.getvalue()


def _window(values: NDArray[np.uint16]) -> Window:
    flat = values.reshape(-1)
    step = max(1, flat.size // _SAMPLES)
    low, high = (round(float(value)) for value in np.percentile(flat[::step], _TAILS))
    return (low, high) if high > low else (low, low + 1)

"""Was a JPEG saved before at a lower quality? Its ghost says so, where it was.

Farid (2009), "Exposing Digital Forgeries from JPEG Ghosts": saved again at the earlier quality, a
picture changes less than at the qualities around it.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_QUALITIES: Final = tuple(range(30, 96, 5))
_SIDE: Final = 512
_DIP: Final = 0.85
"""A ghost is at most so large a share of what the change is on both its sides."""
_APART: Final = 10


def earlier_quality(content: bytes) -> int | None:
    """Give about which quality a JPEG had before; None where nothing is seen, or for other files.

    Only what was saved on the same grid of 8 pixels is seen: a picture that was scaled is not.
    """
    with Image.open(io.BytesIO(content)) as image:
        if image.format != "JPEG":
            return None
        part = image.convert("RGB").crop((0, 0, min(_SIDE, image.width), min(_SIDE, image.height)))
    pixels = np.asarray(part, dtype=np.float32)
    changes = np.array([_change(part, pixels, quality) for quality in _QUALITIES])
    last = int(np.argmin(changes))
    for at in range(1, len(_QUALITIES) - 1):
        around = min(changes[at - 1], changes[at + 1])
        is_ghost = changes[at] < _DIP * around
        if is_ghost and _QUALITIES[last] - _QUALITIES[at] >= _APART:
            return _QUALITIES[at]
    return None


def _change(part: Image.Image, pixels: NDArray[np.float32], quality: int) -> float:
    kept = io.BytesIO()
    part.save(kept, "JPEG", quality=quality)
    again = np.asarray(Image.open(kept).convert("RGB"), dtype=np.float32)
    return float(((again - pixels) ** 2).mean())

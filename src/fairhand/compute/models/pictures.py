"""Pictures as arrays: decoded within limits, their contrast made alike, their scale bounded."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.prompts import Picture

MAX_PIXELS: Final = 50_000_000
_MODES_OF_NUMBERS: Final = ("I", "F")

Plane = NDArray[np.float32]


def read_picture(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode a stored picture to 8-bit colour.

    Grey values beyond 8 bits are stretched to what is there. Raises AssistantError (`too_large`)
    for more than `max_pixels`, before anything is unpacked, and for what cannot be decoded.
    """
    try:
        with Image.open(BytesIO(data)) as image:
            if image.width * image.height > max_pixels:
                raise AssistantError(
                    f"The picture has {image.width * image.height:,} pixels; "
                    f"at most {max_pixels:,} can be segmented.",
                    code="too_large",
                )
            if image.mode.startswith(_MODES_OF_NUMBERS):
                return _grey_to_colour(np.asarray(image, np.float32))
            if "A" in image.getbands() or "transparency" in image.info:
                rgba = image.convert("RGBA")
                white = Image.new("RGBA", rgba.size, "white")
                return np.asarray(Image.alpha_composite(white, rgba).convert("RGB"), np.uint8)
            return np.asarray(image.convert("RGB"), np.uint8)
    except AssistantError:
        raise
    except Exception as error:  # parsers of hostile files raise anything
        raise AssistantError("The picture cannot be decoded.", code="not_an_image") from error


def shrink(picture: Picture, max_side: int) -> Picture:
    """Make a picture smaller, so that no side is longer than `max_side`; small ones stay."""
    height, width = picture.shape[:2]
    longest = max(height, width)
    if longest <= max_side:
        return picture
    size = (max(1, round(width * max_side / longest)), max(1, round(height * max_side / longest)))
    small = Image.fromarray(picture).resize(size, Image.Resampling.BOX)
    return np.asarray(small, np.uint8)


def stretch(plane: NDArray[np.generic], low: float = 0.5, high: float = 99.5) -> Plane:
    """Stretch a plane so that its `low` and `high` percentiles become 0 and 1."""
    values = plane.astype(np.float32)
    floor, ceiling = np.percentile(values, (low, high))
    if ceiling <= floor:
        floor, ceiling = float(values.min()), float(values.max())
    if ceiling <= floor:
        return np.zeros_like(values)
    stretched: Plane = np.clip((values - floor) / (ceiling - floor), 0, 1).astype(np.float32)
    return stretched


def _grey_to_colour(values: NDArray[np.float32]) -> Picture:
    finite = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    grey = np.round(stretch(finite, 0, 100) * 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)

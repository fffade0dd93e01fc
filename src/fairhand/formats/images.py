"""Pictures from strangers: checked by content, cleaned of metadata, made small for phones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from fairhand.core.errors import InvalidError, MalformedError
from fairhand.core.ids import sha256_hex
from fairhand.formats.geo_tiff import read_geo
from fairhand.formats.image_metadata import without_metadata
from fairhand.formats.image_values import Window, look_at, render
from fairhand.model.task import Media

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP")
_CONTENT_TYPES = {name: f"image/{name.lower()}" for name in FORMATS} | {"MPO": "image/jpeg"}
_MAX_SIDE = 65_535
_ORIENTATION = 0x0112
_QUALITIES = (80, 65, 50, 35, 20)
PREVIEW_BYTES = 60_000
PREVIEW_SIDE = 1024
_SHOWN_BY_BROWSERS = ("PNG", "JPEG", "WEBP")

# Pillow's own bomb check is a process-wide warning at a fixed size; `_checked` does it by number.
Image.MAX_IMAGE_PIXELS = None


class NotAnImageError(MalformedError):
    """The content is none of the known kinds of image at all."""


def probe_image(data: bytes, max_pixels: int) -> Media:
    """Learn a picture's true type and size, or raise MalformedError with a reason.

    The type comes from the content, the pixel count is checked before anything is unpacked, and
    the whole first frame is decoded, so that what passes can be shown.
    """
    with _checked(data, max_pixels) as image:
        content_type = _CONTENT_TYPES[str(image.format)]
        width, height = _upright_size(image)
        _verify(data, image)
    return Media(sha256_hex(data), content_type, len(data), width, height)


def strip_metadata(data: bytes, max_pixels: int = 100_000_000) -> bytes:
    """Remove camera, place, time and comments from a picture, and stand it upright.

    PNG, JPEG and WebP keep every pixel as it is coded, unless a turn is asked for in the metadata.
    Kinds that browsers do not show (TIFF), or that hide things (GIF's later frames), become PNG
    of the first frame, whole numbers up to 16 bits unchanged. Colour profiles stay. What is clean
    already comes back as it is.
    """
    with _checked(data, max_pixels) as image:
        kind = _kind(image)
        if kind in _SHOWN_BY_BROWSERS and image.getexif().get(_ORIENTATION, 1) == 1:
            return without_metadata(data, kind)
        return _rewritten(image, kind)


def make_preview(
    data: bytes,
    max_bytes: int = PREVIEW_BYTES,
    max_side: int = PREVIEW_SIDE,
    max_pixels: int = 100_000_000,
    window: Window | None = None,
) -> bytes:
    """Make a WebP of at most `max_bytes` and `max_side`: upright, without metadata.

    Quality gives way first, then size. Grey values beyond 8 bits are shown through `window`, or
    stretched to what is there.
    """
    with _checked(data, max_pixels) as image:
        image.draft("RGB", (max_side, max_side))
        image.load()
        return preview_of(ImageOps.exif_transpose(image), max_bytes, max_side, window)


def preview_of(
    image: Image.Image,
    max_bytes: int = PREVIEW_BYTES,
    max_side: int = PREVIEW_SIDE,
    window: Window | None = None,
) -> bytes:
    """Make a preview of a picture that is in memory; as `make_preview`."""
    if window is not None and image.mode.startswith("I"):
        image = Image.fromarray(render(np.asarray(image).astype(np.uint16), window))
    image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    shown = _eight_bit_rgb(image)
    while min(shown.size) >= 1:
        for quality in _QUALITIES:
            preview = _webp(shown, quality)
            if len(preview) <= max_bytes:
                return preview
        if max(shown.size) == 1:
            break
        smaller = (max(1, shown.width * 3 // 4), max(1, shown.height * 3 // 4))
        shown = shown.resize(smaller, Image.Resampling.LANCZOS)
    raise InvalidError(f"no preview fits into {max_bytes} bytes")


def describe(original: bytes, cleaned: bytes, max_pixels: int = 100_000_000) -> dict[str, Any]:
    """Say what is known of a picture besides its size: its values, and where it lies."""
    details: dict[str, Any] = {}
    with _checked(original, max_pixels) as image:
        if image.format == "TIFF" and (geo := read_geo(image.tag_v2)):  # type: ignore[attr-defined]
            details["geo"] = geo.as_json()
    with _checked(cleaned, max_pixels) as image:
        if image.mode.startswith("I;16"):
            details |= look_at(np.asarray(image).astype(np.uint16))
    return details


@contextmanager
def _checked(data: bytes, max_pixels: int) -> Iterator[Image.Image]:
    """Open a picture of a known kind and bounded size; whatever a parser raises is a refusal."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _check_size(image.width, image.height, max_pixels)
            yield image
    except (MalformedError, InvalidError):
        raise
    except UnidentifiedImageError:
        kinds = ", ".join(FORMATS)
        raise NotAnImageError(f"is not an image that can be read ({kinds})") from None
    except Exception as error:  # parsers of hostile files raise anything, MemoryError too
        reason = str(error)[:120] or type(error).__name__
        raise MalformedError(f"is a damaged image: {reason}") from None


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise MalformedError("is an image without pixels")
    if width > _MAX_SIDE or height > _MAX_SIDE or width * height > max_pixels:
        limit = f"{max_pixels} pixels and sides of {_MAX_SIDE} are allowed"
        raise MalformedError(f"is an image of {width} x {height} pixels; {limit}")


def _verify(data: bytes, image: Image.Image) -> None:
    """Check sums (PNG) and decode the first frame."""
    if image.format == "PNG":
        with Image.open(BytesIO(data), formats=("PNG",)) as again:
            again.verify()
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise RuntimeError("some library made Pillow accept truncated images")
    image.load()


def _kind(image: Image.Image) -> str:
    return "JPEG" if image.format == "MPO" else str(image.format)


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as people see them: EXIF orientations 5 to 8 lie on their side.

    Pillow turns TIFF by itself.
    """
    turned = image.format != "TIFF" and image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else (image.width, image.height)


def _rewritten(image: Image.Image, kind: str) -> bytes:
    """Write the first frame anew, upright: JPEG and WebP as themselves, all else as PNG."""
    profile = image.info.get("icc_profile")
    image.load()
    upright = ImageOps.exif_transpose(image)
    if "transparency" in upright.info:
        upright = upright.convert("RGBA")
    upright.info.clear()
    out = BytesIO()
    if kind == "JPEG":
        upright.save(out, "JPEG", quality=95, subsampling=0, icc_profile=profile)
    elif kind == "WEBP":
        upright.save(out, "WEBP", lossless=True, icc_profile=profile)
    else:
        _png_mode(upright).save(out, "PNG", icc_profile=profile)
    return out.getvalue()


def _png_mode(image: Image.Image) -> Image.Image:
    """Keep what PNG can hold; floats, numbers beyond 16 bits and inks become 8 bits."""
    if image.mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        return image
    if not image.mode.startswith(("I", "F")):
        return image.convert("RGB")
    values = np.asarray(image)
    if image.mode != "F" and values.min() >= 0 and values.max() <= np.iinfo(np.uint16).max:
        return Image.fromarray(values.astype(np.uint16))
    return _stretched(image)


def _eight_bit_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        image = _stretched(image)
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _stretched(image: Image.Image) -> Image.Image:
    """Map the values that occur linearly to 0 to 255."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255.0 / (high - low)) if high > low else values * 0
    return Image.fromarray(scaled.round().astype(np.uint8))


def _webp(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()

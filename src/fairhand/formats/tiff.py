"""TIFFs that Pillow cannot show as they are: large ones, and those of many bands or odd numbers."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.core.errors import MalformedError
from fairhand.formats.geo_tiff import read_geo
from fairhand.formats.image_values import MOST_VALUE
from fairhand.formats.pyramid import TILE, levels_of, write_pyramid
from fairhand.formats.raster import Raster, opened_raster
from fairhand.formats.tiff_copy import copy_pixels
from fairhand.model.task import Media

CONTENT_TYPE = "image/tiff"
_NO_DATA = 42113
_TAILS = (0.5, 99.5)
_COLOUR_TAILS = (1.0, 99.0)
_INT16_SHIFT = 32768
_MOST_SAMPLES = 4_000_000


@dataclass(frozen=True, slots=True)
class LargePicture:
    """A large picture on its way into the store: a file of its own, which the taker closes."""

    file: IO[bytes]
    media: Media
    original_sha256: str


@dataclass(frozen=True, slots=True)
class Sight:
    """How a TIFF's numbers become what is shown: 16-bit grey, 8-bit grey or 8-bit colours."""

    low: float
    high: float
    deep: bool
    plain: bool
    details: dict[str, Any]

    def of(self, shown: NDArray[Any]) -> NDArray[Any]:
        """Turn the chosen bands of some rows into what is shown."""
        if self.plain:
            return shown
        if self.deep and shown.dtype == np.int16:
            return (shown.astype(np.int32) + _INT16_SHIFT).astype(np.uint16)
        most = MOST_VALUE if self.deep else 255
        with np.errstate(invalid="ignore"):
            scaled = (shown.astype(np.float64) - self.low) * (most / (self.high - self.low))
        scaled = np.nan_to_num(np.rint(scaled), nan=0.0, posinf=most, neginf=0.0)
        return np.clip(scaled, 0, most).astype(np.uint16 if self.deep else np.uint8)


def read_large_tiff(
    file: IO[bytes], max_pixels: int, *, keep_metadata: bool = False
) -> LargePicture:
    """Read a TIFF that is too large to be sent whole.

    What is stored holds the coded pixels as they came, and of all tags only those that show them
    or say where on the map they lie.
    """
    with opened_raster(file, max_pixels) as raster:
        details = details_of(raster, see(raster))
        details |= {"levels": levels_of(raster.width, raster.height), "tile": TILE}
        target = tempfile.NamedTemporaryFile(prefix="fairhand-spool-")  # noqa: SIM115  # closed by the taker
        try:
            _fill(target, raster, keep_metadata)
            original = _digest(file)
            size = target.seek(0, 2)
            media = Media(_digest(target), CONTENT_TYPE, size, raster.width, raster.height, details)
        except BaseException:
            target.close()
            raise
    return LargePicture(target, media, original)


def read_small_tiff(content: bytes, max_pixels: int) -> tuple[bytes, dict[str, Any]]:
    """Read a TIFF as a PNG that shows it, with its details."""
    with opened_raster(BytesIO(content), max_pixels) as raster:
        sight = see(raster)
        shown = np.concatenate([sight.of(raster.colours(band)) for band in raster.rows()])
        out = BytesIO()
        Image.fromarray(shown).save(out, "PNG")
        return out.getvalue(), details_of(raster, sight)


def tiff_pyramid(file: IO[bytes], target: IO[bytes]) -> Image.Image:
    """Write the tiles of a stored TIFF and return it small; memory holds a few bands."""
    with opened_raster(file, 2**62) as raster:  # it was within bounds when it came
        sight = see(raster)
        rows = (sight.of(raster.colours(band)) for band in raster.rows())
        return write_pyramid(rows, raster.width, raster.height, target, exact=not raster.was_lossy)


def see(raster: Raster) -> Sight:
    """Choose how a picture's numbers are shown, by a sample of them from all over it."""
    if raster.dtype == np.uint8:
        return Sight(0, 255, deep=False, plain=True, details={})
    values = np.concatenate(list(_values(raster)))
    if not values.size:
        values = np.zeros(1, raster.dtype)
    deep = raster.bands < 3  # colours need three
    if not deep:
        low, high = _percentiles(values, _COLOUR_TAILS)
        return Sight(low, high, deep=False, plain=False, details={})
    if raster.dtype == np.uint16:
        return Sight(0, MOST_VALUE, deep=True, plain=True, details=_deep(values, 0.0, 1.0))
    if raster.dtype == np.int16:
        shift = -float(_INT16_SHIFT)
        return Sight(0, 1, deep=True, plain=False, details=_deep(values, shift, 1.0))
    low, high = float(values.min()), float(values.max())
    high = high if high > low else low + 1
    slope = (high - low) / MOST_VALUE
    return Sight(low, high, deep=True, plain=False, details=_deep(values, low, slope))


def details_of(raster: Raster, sight: Sight) -> dict[str, Any]:
    """Write what is known of a picture besides its size."""
    geo = read_geo(raster.geo_tags)
    bands = {"bands": raster.bands} if raster.bands > 4 else {}  # colours and alpha
    return {**sight.details, **bands, **({"geo": geo.as_json()} if geo else {})}


def _values(raster: Raster) -> Iterator[NDArray[Any]]:
    """Give sampled values that mean something: finite, and not those that stand for nothing."""
    tag = raster.page.tags.get(_NO_DATA)
    nothing = _number(tag.value) if tag else None
    left = _MOST_SAMPLES
    for piece in raster.samples():
        flat = raster.colours(piece).reshape(-1)
        flat = flat[:: max(1, flat.size * 48 // _MOST_SAMPLES)][:left]
        left -= flat.size
        if flat.dtype.kind == "f":
            flat = flat[np.isfinite(flat)]
        yield flat if nothing is None else flat[flat != nothing]


def _number(value: object) -> float | None:
    try:
        return float(str(value).strip("\x00 "))
    except ValueError:
        return None


def _deep(values: NDArray[Any], intercept: float, slope: float) -> dict[str, Any]:
    """Describe 16-bit values; a stored value v means slope * v + intercept."""
    ends = [float(values.min()), float(values.max()), *_percentiles(values, _TAILS)]
    least, most, low, high = (round((end - intercept) / slope) for end in ends)
    meant = slope != 1.0 or intercept != 0.0
    return {
        "bits": 16,
        "range": [least, max(most, least + 1)],
        "window": [low, max(high, low + 1)],
        **({"values": {"slope": slope, "intercept": intercept, "unit": ""}} if meant else {}),
    }


def _percentiles(values: NDArray[Any], tails: tuple[float, float]) -> tuple[float, float]:
    low, high = (float(value) for value in np.percentile(values, tails))
    return low, high if high > low else low + 1


def _fill(target: IO[bytes], raster: Raster, keep_metadata: bool) -> None:
    if not keep_metadata:
        return copy_pixels(raster, target)
    raster.file.seek(0)
    while chunk := raster.file.read(1024 * 1024):
        target.write(chunk)
    return None


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()


def is_odd(content: bytes) -> bool:
    """Say whether Pillow would lose numbers of a small TIFF, or cannot read it."""
    try:
        with Image.open(BytesIO(content), formats=("TIFF",)) as image:
            bits = image.tag_v2.get(258, (8,))  # type: ignore[attr-defined]  # of a TIFF
            many = len(bits) > 1 and max(bits) > 8
            signed_or_float = image.mode in ("F", "I") or image.mode.startswith("I;16S")
            return bool(many or signed_or_float)
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, MalformedError):
        return True

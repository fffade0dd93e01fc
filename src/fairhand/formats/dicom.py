"""DICOM pictures of one frame: every value kept, nothing of the person kept.

What is stored is a 16-bit grey PNG (or a colour one); its details say what a value means (for CT:
Hounsfield units) and through which windows to look. The file's own tags go nowhere else.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.core.errors import MalformedError
from fairhand.formats.dicom_seg import instance_of, is_segmentation
from fairhand.formats.image_values import MOST_WINDOW, look_at

_NEEDED = "is a DICOM file that needs the extra 'imaging': pip install 'fairhand[imaging]'"
_MAGIC_AT, _MAGIC = 128, b"DICM"
HEAD = _MAGIC_AT + len(_MAGIC)
_BEGINNING = 4096
_DEFLATED = b"1.2.840.10008.1.2.1.99"
"""The transfer syntax in which all that follows is one deflated stream (PS3.5, A.5)."""

_PERSONAL_GROUPS = (0x0008, 0x0010, 0x0012, 0x0032, 0x0038, 0x0040)
_MOST_BITS = 16
_MOST_WINDOWS = 6
_NAME_MAX = 30
_CT_WINDOWS = {
    "Soft tissue": (40, 400),
    "Lung": (-600, 1500),
    "Bone": (500, 2000),
    "Brain": (40, 80),
}
"""Level and width in Hounsfield units, as commonly set; to begin with, not to diagnose by."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A DICOM picture as it will be stored; `removed` names the tags that stayed behind."""

    content: bytes
    details: dict[str, Any]
    removed: tuple[str, ...]
    burned_in: bool


def is_dicom(head: bytes) -> bool:
    """Tell a DICOM file by its preamble (PS3.10, 7.1)."""
    return head[_MAGIC_AT:HEAD] == _MAGIC


def read_dicom(content: bytes, max_pixels: int) -> Scan:
    """Read a DICOM file of one frame; raises MalformedError with a reason for any other."""
    try:
        import pydicom
    except ImportError:
        raise MalformedError(_NEEDED) from None
    if is_segmentation(content[:_BEGINNING]):
        raise MalformedError(
            "is a DICOM segmentation: import it together with its pictures, --format dicom-seg"
        )
    if _DEFLATED in content:  # it would be unpacked before anything of it can be checked
        raise MalformedError("is a DICOM file that is deflated as a whole; such are not read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pydicom.dcmread(BytesIO(content))
            _check(found, max_pixels)
            return _scan(found)
    except MalformedError:
        raise
    except Exception as error:  # hostile files make parsers raise anything
        reason = str(error)[:120] or type(error).__name__
        raise MalformedError(f"is a DICOM file that cannot be read: {reason}") from None


def _check(found: Any, max_pixels: int) -> None:  # noqa: ANN401  # a pydicom data set
    if "PixelData" not in found:
        raise MalformedError("is a DICOM file without a picture")
    frames = int(found.get("NumberOfFrames") or 1)
    if frames != 1:
        raise MalformedError(f"holds {frames} frames; DICOM files of one frame are read")
    rows, columns = int(found.Rows), int(found.Columns)
    if rows < 1 or columns < 1 or rows * columns > max_pixels:
        raise MalformedError(f"is an image of {columns} x {rows} pixels; {max_pixels} are allowed")
    if int(found.BitsAllocated) > _MOST_BITS:
        raise MalformedError(f"has {found.BitsAllocated} bits a value; 16 are read")


def _scan(found: Any) -> Scan:  # noqa: ANN401
    from pydicom.pixels.utils import pixel_array

    values = pixel_array(found)
    details: dict[str, Any] = {"dicom": _about(found)}
    if values.ndim == 3:  # rows, columns, colours
        picture = Image.fromarray(values.astype(np.uint8), "RGB" if values.shape[2] == 3 else None)
    else:
        stored, meaning = _unsigned(found, values)
        details |= look_at(_without_padding(found, values, stored)) | {"values": meaning}
        details |= _windows(found, meaning, details["window"])
        picture = Image.fromarray(stored)
    out = BytesIO()
    picture.save(out, "PNG")
    burned = str(found.get("BurnedInAnnotation", "")).upper() == "YES"
    return Scan(out.getvalue(), details, _personal(found), burned)


def _unsigned(found: Any, values: NDArray[Any]) -> tuple[NDArray[np.uint16], dict[str, Any]]:  # noqa: ANN401
    """Shift values to begin at 0, and say how to come back: meaning = slope * value + intercept.

    Where low values are shown bright (MONOCHROME1) they are turned round, so that all who read the
    stored picture see it as it is meant.
    """
    bits = int(found.BitsStored)
    first = -(1 << (bits - 1)) if int(found.get("PixelRepresentation", 0)) else 0
    most = (1 << bits) - 1
    shifted = np.clip(values.astype(np.int32) - first, 0, most)
    slope = float(found.get("RescaleSlope") or 1)
    intercept = float(found.get("RescaleIntercept") or 0) + slope * first
    if _is_turned(found):
        shifted = most - shifted
        slope, intercept = -slope, intercept + slope * most
    unit = "HU" if found.get("Modality") == "CT" else str(found.get("RescaleType") or "")[:8]
    meaning = {"slope": slope, "intercept": intercept, "unit": "" if unit == "US" else unit}
    return shifted.astype(np.uint16), meaning


def _is_turned(found: Any) -> bool:  # noqa: ANN401
    return str(found.get("PhotometricInterpretation", "")) == "MONOCHROME1"


def _without_padding(
    found: Any,  # noqa: ANN401
    values: NDArray[Any],
    stored: NDArray[np.uint16],
) -> NDArray[np.uint16]:
    """Leave out what only fills the corners of a round picture (PS3.3, C.7.5.1.1.2)."""
    padding = found.get("PixelPaddingValue")
    if padding is None:
        return stored
    seen = stored[values != int(padding)]
    return seen if seen.size else stored


def _windows(found: Any, meaning: dict[str, Any], usual: list[int]) -> dict[str, Any]:  # noqa: ANN401
    """Name the windows that the file asks for, and those that are common; the first is shown."""
    levels, widths = _numbers(found, "WindowCenter"), _numbers(found, "WindowWidth")
    names = _texts(found, "WindowCenterWidthExplanation")
    asked: dict[str, list[int]] = {}
    ends: list[list[int]] = []
    for at, (level, width) in enumerate(zip(levels, widths, strict=False)):
        # PS3.3 C.11.2.1.3.2, LINEAR_EXACT, for all: LINEAR ends one value sooner, and level and
        # width would no longer read as they do in a hospital.
        ends.append(_ends(found, meaning, level - width / 2, level + width / 2))
        if at < len(names) and names[at]:
            asked[names[at][:_NAME_MAX]] = ends[-1]
    first = ends[0] if ends else usual
    if found.get("Modality") == "CT":
        common = {
            name: _ends(found, meaning, level - width / 2, level + width / 2)
            for name, (level, width) in _CT_WINDOWS.items()
        }
        asked |= {name: ends for name, ends in common.items() if name not in asked}
    named = [{"name": name, "window": ends} for name, ends in asked.items()][:_MOST_WINDOWS]
    return {"window": first, **({"windows": named} if named else {})}


def _ends(found: Any, meaning: dict[str, Any], low: float, high: float) -> list[int]:  # noqa: ANN401
    """Turn a window of meanings into one of stored values, no wider than windows may be."""
    black, white = (high, low) if _is_turned(found) else (low, high)
    slope, intercept = meaning["slope"], meaning["intercept"]
    asked = ((value - intercept) / slope for value in (black, white))
    ends = [round(min(max(end, -MOST_WINDOW), MOST_WINDOW - 1)) for end in asked]
    return ends if ends[0] != ends[1] else [ends[0], ends[0] + 1]


def _numbers(found: Any, name: str) -> list[float]:  # noqa: ANN401
    value = found.get(name)
    many = value if isinstance(value, list) or hasattr(value, "append") else [value]
    return [float(one) for one in many if one is not None]


def _texts(found: Any, name: str) -> list[str]:  # noqa: ANN401
    value = found.get(name)
    return [value] if isinstance(value, str) else [str(one) for one in value or ()]


def _about(found: Any) -> dict[str, Any]:  # noqa: ANN401
    """Keep what says how the picture was made, and nothing that says of whom, where or when."""
    about: dict[str, Any] = {"modality": str(found.get("Modality", ""))[:16]}
    if uid := str(found.get("SOPInstanceUID") or ""):
        about["instance"] = instance_of(uid)
    if spacing := _numbers(found, "PixelSpacing"):
        about["spacing_mm"] = spacing[:2]
    return about


def _personal(found: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Name the tags about the person, the place and the time that are not kept."""
    names = {
        element.keyword or f"{element.tag}"
        for element in found
        if element.tag.group in _PERSONAL_GROUPS and not element.is_empty
    }
    private = {"private tags"} if any(element.tag.is_private for element in found) else set()
    return tuple(sorted((names | private) - {"Modality"}))

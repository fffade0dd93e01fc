"""Faces that are found and places that a person marked are covered; nothing below can be seen."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from fairhand.compute.anonymise.faces import METHOD, find_faces
from fairhand.compute.anonymise.made import Anonymised
from fairhand.compute.anonymise.marks import read_boxes
from fairhand.core.errors import MalformedError, UnavailableError

MARGIN: Final = 0.35
"""Of a face's box, on every side: hair, ears and chin recognise people too."""
_COARSE: Final = 6  # squares across what is covered
_LEAST_SQUARE: Final = 12
_MOST_PIXELS: Final = 100_000_000
_QUALITY: Final = 92
_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_GREY: Final = (96, 96, 96)

Box = tuple[int, int, int, int]


def hide_in_picture(content: bytes, media_type: str, rules: Mapping[str, str]) -> Anonymised:
    """Cover faces (rule `faces`) and what was marked (`boxes`); see `run.anonymise`.

    Plates cannot be found by themselves: with the rule `plates`, somebody has to have looked and
    marked them, or said that there are none, else UnavailableError (`look_first`).
    """
    marked = read_boxes(rules["boxes"]) if "boxes" in rules else None
    if "plates" in rules and marked is None:
        raise UnavailableError(
            "Number plates are hidden here, and no program finds them well enough. Mark them, or "
            "say that there are none.",
            code="look_first",
        )
    image = _read(content)
    done: list[dict[str, Any]] = []
    warnings: list[str] = []
    if "faces" in rules:
        covered = [_wider(box, image.size) for box in find_faces(image)[:, :4].tolist()]
        _cover(image, covered, rules["faces"])
        done.append(_said("faces", METHOD, rules["faces"], covered))
        warnings.append(_words_about_faces(len(covered)))
    if marked is not None:
        how = rules.get("plates", rules.get("faces", "fill"))
        places = [_placed(box, image.size) for box in marked]
        _cover(image, places, how)
        done.append(_said("marked", "by a person", how, places))
    if media_type not in _FORMATS:
        media_type = "image/png"
    return Anonymised(_written(image, media_type), media_type, done, warnings)


def _read(content: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(content)) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise MalformedError("The picture has too many pixels.")
            opened.load()
            return ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise MalformedError(f"The picture cannot be read: {error}") from error


def _wider(box: Sequence[float], size: tuple[int, int]) -> Box:
    left, top, right, bottom = box
    wide, high = (right - left) * MARGIN, (bottom - top) * MARGIN
    return _within((left - wide, top - high, right + wide, bottom + high), size)


def _placed(box: Sequence[float], size: tuple[int, int]) -> Box:
    x, y, wide, high = box
    across, down = size
    return _within((x * across, y * down, (x + wide) * across, (y + high) * down), size)


def _within(edges: Sequence[float], size: tuple[int, int]) -> Box:
    left, top = (max(0, int(edge)) for edge in edges[:2])
    right, bottom = (min(ceil(edge), most) for edge, most in zip(edges[2:], size, strict=True))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _cover(image: Image.Image, boxes: Iterable[Box], how: str) -> None:
    """Cover places: squares so coarse that a face is six of them wide, smoothed for `blur`.

    Blur alone can be undone in part; here it comes after the squares, and undoing it gives them.
    """
    for box in boxes:
        size = (box[2] - box[0], box[3] - box[1])
        if how == "fill":
            ImageDraw.Draw(image).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=_GREY)
            continue
        square = max(_LEAST_SQUARE, ceil(max(size) / _COARSE))
        coarse = (max(1, size[0] // square), max(1, size[1] // square))
        patch = image.crop(box).resize(coarse, Image.Resampling.BOX)
        patch = patch.resize(size, Image.Resampling.NEAREST)
        if how == "blur":
            patch = patch.filter(ImageFilter.GaussianBlur(square / 2))
        image.paste(patch, box)


def _said(what: str, method: str, how: str, boxes: Sequence[Box]) -> dict[str, Any]:
    return {"what": what, "method": method, "how": how, "count": len(boxes)}


def _words_about_faces(count: int) -> str:
    found = {0: "No face was found", 1: "One face was found and covered"}.get(
        count, f"{count} faces were found and covered"
    )
    return f"{found}. Faces from the side, behind something or far away are often missed."


def _written(image: Image.Image, media_type: str) -> bytes:
    out = io.BytesIO()
    kind = _FORMATS[media_type]
    image.save(out, kind, **({} if kind == "PNG" else {"quality": _QUALITY}))
    return out.getvalue()

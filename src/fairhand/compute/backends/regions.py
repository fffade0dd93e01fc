"""Masks from what models draw: brushes, polygons, rectangles and ellipses of Label Studio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.outlines import ellipse, polygon_pixels, rectangle, runs_of
from fairhand.labels import rle
from fairhand.labels.brush_rle import BrushError, decode_brush
from fairhand.labels.kind import AnswerContext, shown
from fairhand.labels.label_set import label_values
from fairhand.model.project import Question

_MOST_CORNERS: Final = 20_000
_MOST_PIXELS: Final = 64_000_000
_MOST_WORK: Final = 4_000_000_000
"""Pixels painted for one task, over all of its regions."""

Region = tuple[str, NDArray[np.int64], float | None]
"""A label, the numbers of its pixels column by column, and the score of the region alone."""


def read_mask(
    question: Question, given: Sequence[Mapping[str, Any]], context: AnswerContext
) -> dict[str, Any] | None:
    """Paint regions into a mask's answer; None when nothing is drawn."""
    width, height = context.image_width, context.image_height
    if width is None or height is None:
        raise wrong("It draws on a task without a picture.")
    if width * height > _MOST_PIXELS:
        raise wrong(f"Regions of pictures above {_MOST_PIXELS:,} pixels are not read.")
    regions = _regions(question, given, height, width)
    if not regions:
        return None
    joined = (
        [(label, runs_of(pixels, height * width)) for label, pixels, _ in regions]
        if question.config.get("instances")
        else _without_overlap(regions, height * width)
    )
    written = dict.fromkeys((label, rle.runs_to_text(runs)) for label, runs in joined)
    return {
        "size": [height, width],
        "regions": [{"label": label, "counts": counts} for label, counts in written],
    }


def _regions(
    question: Question, given: Sequence[Mapping[str, Any]], height: int, width: int
) -> list[Region]:
    found: list[Region] = []
    painted = 0
    for result in given:
        check_size(result, height, width)
        pixels = _pixels(result, height, width)
        painted += int(pixels.size) + height + width
        if "brush" in str(result["type"]):
            painted += height * width * 4
        if painted > _MOST_WORK:
            raise wrong("It draws more regions than are read for one task.")
        if pixels.size:
            found.append((region_label(question, result), pixels, read_score(result.get("score"))))
    return found


def _without_overlap(regions: Sequence[Region], total: int) -> list[tuple[str, rle.Runs]]:
    """Join the regions of each label; where labels overlap, the surer region has the pixel."""
    names = list(dict.fromkeys(label for label, _, _ in regions))
    canvas = np.zeros(total, np.uint16)
    for label, pixels, _ in sorted(regions, key=lambda one: one[2] or 0.0):
        canvas[pixels] = names.index(label) + 1
    numbered = [(name, np.flatnonzero(canvas == n + 1)) for n, name in enumerate(names)]
    return [(name, runs_of(pixels, total)) for name, pixels in numbered if pixels.size]


def region_label(question: Question, result: Mapping[str, Any]) -> str:
    """Find the one label of a region; where there is only one, it need not be said."""
    value = value_of(result)
    kind = str(result["type"])
    named = value.get(kind if kind.endswith("labels") else f"{kind}labels", value.get("labels"))
    if isinstance(named, list) and len(named) == 1:
        return label_meant(question, named[0])
    labels = label_values(question.config)
    if named in (None, []) and len(labels) == 1:
        return labels[0]
    raise wrong(f"A region for {question.name!r} has not exactly one label.")


def check_size(result: Mapping[str, Any], height: int, width: int) -> None:
    """Raise where a result was drawn on a picture of another size."""
    said = (result.get("original_height"), result.get("original_width"))
    if said != (None, None) and said != (height, width):
        raise wrong(
            f"It drew on a picture of {said[1]!s:.9} x {said[0]!s:.9} pixels; "
            f"this one has {width} x {height}."
        )


def _pixels(result: Mapping[str, Any], height: int, width: int) -> NDArray[np.int64]:
    """List the pixels inside a region, numbered column by column."""
    value, shape = value_of(result), str(result["type"]).removesuffix("labels")
    if shape == "brush":
        if value.get("format", "rle") != "rle" or not isinstance(value.get("rle"), list):
            raise wrong("A brush has no list of run lengths in 'rle'.")
        try:
            mask = decode_brush(value["rle"], height, width)
        except BrushError as error:
            raise wrong(f"A brush cannot be read: {error}.") from None
        return np.flatnonzero(mask.ravel(order="F")).astype(np.int64)
    scale = np.array([width, height], np.float64) / 100
    if shape == "polygon":
        return polygon_pixels(_corners(value) * scale, height, width)
    names = (
        ("x", "y", "width", "height") if shape == "rectangle" else ("x", "y", "radiusX", "radiusY")
    )
    x, y, wide, high = (number_in(value, name) for name in names)
    draw = rectangle if shape == "rectangle" else ellipse
    turn = number_in(value, "rotation") if "rotation" in value else 0.0
    corners = draw(x * scale[0], y * scale[1], wide * scale[0], high * scale[1], turn)
    return polygon_pixels(corners, height, width)


def _corners(value: Mapping[str, Any]) -> NDArray[np.float64]:
    try:
        corners = np.asarray(value.get("points"), np.float64)
    except (TypeError, ValueError):
        corners = np.zeros(0)
    if corners.ndim != 2 or corners.shape[1] != 2 or not 3 <= len(corners) <= _MOST_CORNERS:
        raise wrong(f"A polygon is not a list of 3 to {_MOST_CORNERS} points [x, y].")
    if not np.isfinite(corners).all() or np.abs(corners).max() > 1_000:
        raise wrong("A polygon has a point outside of 0 to 100 per cent of the picture.")
    return corners


def number_in(value: Mapping[str, Any], name: str) -> float:
    """Read a number that is in per cent of the picture, or degrees."""
    given = value.get(name)
    if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given):
        raise wrong(f"A region's {name} is {shown(given)}, not a number.")
    if abs(given) > 1_000:
        raise wrong(f"A region's {name} is not in per cent of the picture.")
    return float(given)


def read_score(score: object) -> float | None:
    """Give a score between 0 and 1; None for what is none, NaN among it."""
    if isinstance(score, bool) or not isinstance(score, int | float):
        return None
    return float(score) if isfinite(score) and 0 <= score <= 1 else None


def label_meant(question: Question, given: object) -> str:
    """Find the label that is meant: as written, else whatever the case, else by its title."""
    labels = label_values(question.config)
    if isinstance(given, str) and given:
        if given in labels:
            return given
        for label in question.config["labels"]:
            if given.casefold() in (label["value"].casefold(), label.get("title", "").casefold()):
                return str(label["value"])
    some = ", ".join(labels[:12]) + (", …" if len(labels) > 12 else "")
    raise wrong(f"It answers {shown(given)} to {question.name!r}, which has the labels {some}.")


def value_of(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the value of a result."""
    value = result.get("value")
    if not isinstance(value, Mapping):
        raise wrong(f"A result's value is {shown(value)}, not a mapping.", "shape")
    return value


def wrong(message: str, hop: str = "value") -> AssistantError:
    """Say what is wrong with what a model answered."""
    return AssistantError(message, hop=hop, code="bad_answer")

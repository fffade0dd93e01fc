"""Label Studio's results <-> our values: choices, and masks from brushes, polygons and boxes.

A backend's word is checked like anybody's: labels that are not asked for, sizes of another picture,
numbers that are none all raise AssistantError with the hop `value` and say which result is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.label_config import LabelConfig
from fairhand.compute.backends.outlines import ellipse, polygon_pixels, rectangle, runs_of
from fairhand.labels import registry, rle
from fairhand.labels.brush_rle import BrushError, decode_brush, encode_brush
from fairhand.labels.kind import AnswerContext, shown
from fairhand.labels.label_set import label_values
from fairhand.model.project import Question

_MOST_RESULTS: Final = 10_000
_MOST_CORNERS: Final = 20_000
_MOST_PIXELS: Final = 64_000_000
_MOST_WORK: Final = 4_000_000_000
"""Pixels painted for one task, over all of its regions."""

_SHAPES = ("brush", "polygon", "rectangle", "ellipse")
_TYPES = {"choices": "choice", **{f"{shape}{end}": "mask" for shape in _SHAPES
                                  for end in ("", "labels")}}  # fmt: skip

Region = tuple[str, NDArray[np.int64], float | None]
"""A label, the numbers of its pixels column by column, and the score of the region alone."""


def read_results(
    config: LabelConfig, results: Sequence[Any], width: int | None, height: int | None
) -> dict[str, Any] | None:
    """Read a prediction's results into a value; None when they propose nothing.

    Results of kinds that our questions do not know (relations, other controls' texts) are left
    out; raises AssistantError when one that answers a question cannot be read.
    """
    if len(results) > _MOST_RESULTS:
        raise _wrong(f"It proposes {len(results)} results for one task.", "value")
    asked: dict[str, list[Mapping[str, Any]]] = {}
    for number, result in enumerate(results):
        if not isinstance(result, Mapping):
            raise _wrong(f"Result {number + 1} is {shown(result)}, not a mapping.", "shape")
        question = _question_of(config, result)
        if question is not None:
            asked.setdefault(question.name, []).append(result)
    value: dict[str, Any] = {}
    context = AnswerContext(image_width=width, image_height=height)
    for question in config.controls.values():
        given = asked.pop(question.name, None)
        if given is not None and (answer := _answer(question, given, context)) is not None:
            value[question.name] = _checked(question, answer, context)
    return value or None


def write_results(
    config: LabelConfig, value: Mapping[str, Any], *, origin: str = "manual"
) -> list[dict[str, Any]]:
    """Write a valid value as Label Studio's results, for a backend to learn from."""
    results: list[dict[str, Any]] = []
    for name, answer in value.items():
        question = config.controls.get(name)
        if question is None:
            continue
        about = {"from_name": name, "to_name": config.object_name, "origin": origin}
        if question.kind == "choice":
            chosen = [answer] if isinstance(answer, str) else list(answer)
            results.append(
                {"id": f"{name}-1", **about, "type": "choices", "value": {"choices": chosen}}
            )
        elif question.kind == "mask":
            results += _brushes(name, about, answer)
    return results


def clicks_as_results(
    config: LabelConfig,
    question: Question,
    label: str,
    clicks: Iterable[tuple[int, int, bool]],
    box: tuple[int, int, int, int] | None,
    size: tuple[int, int],
) -> list[dict[str, Any]]:
    """Write a person's prompt (clicks x, y, positive; a box; size height, width) as results."""
    height, width = size
    about = {
        "to_name": config.object_name,
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "origin": "manual",
    }
    results: list[dict[str, Any]] = []
    for number, (x, y, positive) in enumerate(clicks):
        at = {"x": 100 * (x + 0.5) / width, "y": 100 * (y + 0.5) / height, "width": 0.5}
        results.append(
            {
                "id": f"click-{number + 1}",
                "from_name": config.points[question.name],
                "type": "keypointlabels",
                "is_positive": int(positive),
                "value": {**at, "keypointlabels": [label]},
                **about,
            }
        )
    if box is not None:
        x0, y0, x1, y1 = box
        placed = {"x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0}
        scale = {"x": width, "y": height, "width": width, "height": height}
        value = {key: 100 * number / scale[key] for key, number in placed.items()}
        results.append(
            {
                "id": "box-1",
                "from_name": config.boxes[question.name],
                "type": "rectanglelabels",
                "value": {**value, "rotation": 0, "rectanglelabels": [label]},
                **about,
            }
        )
    return results


def read_score(score: object) -> float | None:
    """Give a score between 0 and 1; None for what is none, NaN among it."""
    if isinstance(score, bool) or not isinstance(score, int | float):
        return None
    return float(score) if isfinite(score) and 0 <= score <= 1 else None


def _question_of(config: LabelConfig, result: Mapping[str, Any]) -> Question | None:
    """Find the question that a result answers: by its control, else the only one of its kind."""
    kind = _TYPES.get(str(result.get("type")))
    if kind is None:
        return None
    control = result.get("from_name")
    question = config.controls.get(control) if isinstance(control, str) else None
    if question is None:
        alike = {one.name: one for one in config.controls.values() if one.kind == kind}
        if len(alike) != 1:
            raise _wrong(
                f"It answers {shown(control)}; the questions are "
                f"{', '.join(dict.fromkeys(one.name for one in config.controls.values()))}.",
                "value",
            )
        question = next(iter(alike.values()))
    if question.kind != kind:
        raise _wrong(
            f"It answers the {question.kind} question {question.name!r} "
            f"with a result of type {shown(result.get('type'))}.",
            "value",
        )
    return question


def _answer(question: Question, given: Sequence[Mapping[str, Any]], context: AnswerContext) -> Any:  # noqa: ANN401  # a choice's or a mask's answer
    if question.kind == "choice":
        return _chosen(question, given)
    return _mask(question, given, context)


def _checked(question: Question, answer: Any, context: AnswerContext) -> Any:  # noqa: ANN401
    """Give the answer in its canonical form; raises AssistantError when it is none."""
    for issue in registry.validate_answer(question.kind, question.config, answer, context):
        raise _wrong(f"Its answer to {question.name!r}: {issue.message}.", "value")
    return registry.normalise_answer(question.kind, question.config, answer)


def _chosen(question: Question, given: Sequence[Mapping[str, Any]]) -> str | list[str] | None:
    chosen: dict[str, None] = {}
    for result in given:
        named = _value_of(result).get("choices")
        if not isinstance(named, list):
            raise _wrong(f"Its choices for {question.name!r} are {shown(named)}, not a list.")
        for one in named:
            chosen[_label(question, one)] = None
    if question.config.get("multiple"):
        return list(chosen) or None
    if len(chosen) > 1:
        raise _wrong(f"It chose {len(chosen)} labels for {question.name!r}, which takes one.")
    return next(iter(chosen), None)


def _label(question: Question, given: object) -> str:
    """Find the label that is meant: as written, else whatever the case, else by its title."""
    labels = label_values(question.config)
    if isinstance(given, str) and given:
        if given in labels:
            return given
        for label in question.config["labels"]:
            if given.casefold() in (label["value"].casefold(), label.get("title", "").casefold()):
                return str(label["value"])
    some = ", ".join(labels[:12]) + (", …" if len(labels) > 12 else "")
    raise _wrong(f"It answers {shown(given)} to {question.name!r}, which has the labels {some}.")


def _mask(
    question: Question, given: Sequence[Mapping[str, Any]], context: AnswerContext
) -> dict[str, Any] | None:
    width, height = context.image_width, context.image_height
    if width is None or height is None:
        raise _wrong("It draws on a task without a picture.")
    if width * height > _MOST_PIXELS:
        raise _wrong(f"Regions of pictures above {_MOST_PIXELS:,} pixels are not read.")
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
        _check_size(result, height, width)
        pixels = _pixels(result, height, width)
        painted += int(pixels.size) + height + width
        if "brush" in str(result["type"]):
            painted += height * width * 4
        if painted > _MOST_WORK:
            raise _wrong("It draws more regions than are read for one task.")
        if pixels.size:
            found.append((_region_label(question, result), pixels, read_score(result.get("score"))))
    return found


def _without_overlap(regions: Sequence[Region], total: int) -> list[tuple[str, rle.Runs]]:
    """Join the regions of each label; where labels overlap, the surer region has the pixel."""
    names = list(dict.fromkeys(label for label, _, _ in regions))
    canvas = np.zeros(total, np.uint16)
    for label, pixels, _ in sorted(regions, key=lambda one: one[2] or 0.0):
        canvas[pixels] = names.index(label) + 1
    numbered = [(name, np.flatnonzero(canvas == n + 1)) for n, name in enumerate(names)]
    return [(name, runs_of(pixels, total)) for name, pixels in numbered if pixels.size]


def _region_label(question: Question, result: Mapping[str, Any]) -> str:
    value = _value_of(result)
    kind = str(result["type"])
    named = value.get(kind if kind.endswith("labels") else f"{kind}labels", value.get("labels"))
    if isinstance(named, list) and len(named) == 1:
        return _label(question, named[0])
    labels = label_values(question.config)
    if named in (None, []) and len(labels) == 1:
        return labels[0]
    raise _wrong(f"A region for {question.name!r} has not exactly one label.")


def _check_size(result: Mapping[str, Any], height: int, width: int) -> None:
    said = (result.get("original_height"), result.get("original_width"))
    if said != (None, None) and said != (height, width):
        raise _wrong(
            f"It drew on a picture of {shown(said[1])} x {shown(said[0])} pixels "
            f"({said[1]!s:.9} x {said[0]!s:.9}); this one has {width} x {height}."
        )


def _pixels(result: Mapping[str, Any], height: int, width: int) -> NDArray[np.int64]:
    """List the pixels inside a region, numbered column by column."""
    value, shape = _value_of(result), str(result["type"]).removesuffix("labels")
    if shape == "brush":
        if value.get("format", "rle") != "rle" or not isinstance(value.get("rle"), list):
            raise _wrong("A brush has no list of run lengths in 'rle'.")
        try:
            mask = decode_brush(value["rle"], height, width)
        except BrushError as error:
            raise _wrong(f"A brush cannot be read: {error}.") from None
        return np.flatnonzero(mask.ravel(order="F")).astype(np.int64)
    scale = np.array([width, height], np.float64) / 100
    if shape == "polygon":
        return polygon_pixels(_corners(value) * scale, height, width)
    names = (
        ("x", "y", "width", "height") if shape == "rectangle" else ("x", "y", "radiusX", "radiusY")
    )
    x, y, wide, high = (_number(value, name) for name in names)
    draw = rectangle if shape == "rectangle" else ellipse
    turn = _number(value, "rotation") if "rotation" in value else 0.0
    corners = draw(x * scale[0], y * scale[1], wide * scale[0], high * scale[1], turn)
    return polygon_pixels(corners, height, width)


def _corners(value: Mapping[str, Any]) -> NDArray[np.float64]:
    try:
        corners = np.asarray(value.get("points"), np.float64)
    except (TypeError, ValueError):
        corners = np.zeros(0)
    if corners.ndim != 2 or corners.shape[1] != 2 or not 3 <= len(corners) <= _MOST_CORNERS:
        raise _wrong(f"A polygon is not a list of 3 to {_MOST_CORNERS} points [x, y].")
    if not np.isfinite(corners).all() or np.abs(corners).max() > 1_000:
        raise _wrong("A polygon has a point outside of 0 to 100 per cent of the picture.")
    return corners


def _number(value: Mapping[str, Any], name: str) -> float:
    given = value.get(name)
    if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given):
        raise _wrong(f"A region's {name} is {shown(given)}, not a number.")
    if abs(given) > 1_000:
        raise _wrong(f"A region's {name} is not in per cent of the picture.")
    return float(given)


def _value_of(result: Mapping[str, Any]) -> Mapping[str, Any]:
    value = result.get("value")
    if not isinstance(value, Mapping):
        raise _wrong(f"A result's value is {shown(value)}, not a mapping.", "shape")
    return value


def _brushes(
    name: str, about: Mapping[str, Any], answer: Mapping[str, Any]
) -> list[dict[str, Any]]:
    height, width = answer["size"]
    size = {"original_width": width, "original_height": height, "image_rotation": 0}
    return [
        {
            "id": f"{name}-{number + 1}",
            **about,
            **size,
            "type": "brushlabels",
            "value": {
                "format": "rle",
                "rle": encode_brush(rle.decode(region["counts"], height, width)),
                "brushlabels": [region["label"]],
            },
        }
        for number, region in enumerate(answer["regions"])
    ]


def _wrong(message: str, hop: str = "value") -> AssistantError:
    return AssistantError(message, hop=hop, code="bad_answer")

"""Label Studio's results become answers to our questions; each that does not fit says why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final

import numpy as np

from fairhand.labels import registry, rle
from fairhand.labels.brush_rle import BrushError, decode_brush
from fairhand.labels.kind import AnswerContext, shown
from fairhand.labels.label_set import label_values
from fairhand.labels.replies import reply_ids
from fairhand.model.label_studio.controls import Control, Shown, StudioConfig
from fairhand.model.label_studio.offsets import stretch
from fairhand.model.project import Question

MOST_RESULTS: Final = 10_000
_MOST_PIXELS: Final = 64_000_000
_MOST_PAINTED: Final = 2_000_000_000
_RIM: Final = 1.0
"""How far, in per cent, a drawing may reach over the picture's rim and is cut off there."""

_ROUNDED_MS: Final = 50
"""How far a time may lie past the sound's end: models count in frames."""

_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "choice": frozenset({"choices", "taxonomy"}),
    "rating": frozenset({"rating"}),
    "text": frozenset({"textarea"}),
    "transcript": frozenset({"textarea"}),
    "boxes": frozenset({"rectanglelabels", "rectangle", "labels"}),
    "polygons": frozenset({"polygonlabels", "polygon", "labels"}),
    "mask": frozenset({"brushlabels", "brush", "labels"}),
    "keypoints": frozenset({"keypointlabels", "keypoint", "labels"}),
    "spans": frozenset({"labels"}),
    "segments": frozenset({"labels"}),
    "pairwise": frozenset({"pairwise"}),
    "ranking": frozenset({"ranker"}),
}

UNUSABLE: Final = "has an unusable answer"
"""How a reason begins that is about a question of ours, and not about a control we do not have."""

Result = Mapping[str, Any]


class UnfitError(ValueError):
    """A result is no answer to its question; the message says why."""


def plain_config(questions: Sequence[Question], renamed: Mapping[str, str]) -> StudioConfig:
    """Stand in for a configuration: controls are named as questions are, or as `renamed` says."""
    names = {question.name: question.name for question in questions} | dict(renamed)
    nothing = Shown("", "", "")
    controls = {
        control: Control(control, "", "", "", question, nothing)
        for control, question in names.items()
        if any(one.name == question for one in questions)
    }
    return StudioConfig("", tuple(questions), controls, (), ())


def read_results(
    config: StudioConfig, results: object, context: AnswerContext
) -> tuple[dict[str, Any], list[str]]:
    """Read results into a value of our questions, and list why some are left out of it."""
    reasons: list[str] = []
    if not isinstance(results, list):
        return {}, ["has a result that is not a list"]
    if len(results) > MOST_RESULTS:
        return {}, [f"has {len(results)} results; {MOST_RESULTS} are read"]
    asked: dict[str, list[Result]] = {}
    links: list[Result] = []
    for result in results:
        if not isinstance(result, Mapping):
            reasons.append("has a result whose parts are not objects")
        elif result.get("type") == "relation":
            links.append(result)
        elif (question := _question_of(config, result, reasons)) is not None:
            asked.setdefault(question.name, []).append(result)
    value: dict[str, Any] = {}
    for name, given in asked.items():
        question = config.question(name)
        try:
            value[name] = read_answer(config, question, given, links, context)
        except UnfitError as error:
            reasons.append(f"{UNUSABLE}: {name} {error}")
    if links and not any(question.config.get("relations") for question in config.questions):
        reasons.append("has relations, which no question here asks for")
    return value, list(dict.fromkeys(reasons))


def _question_of(config: StudioConfig, result: Result, reasons: list[str]) -> Question | None:
    name, kind = result.get("from_name"), result.get("type")
    if not isinstance(name, str):
        reasons.append("has a result without 'from_name', which is left out")
        return None
    control = config.controls.get(name)
    if control is None:
        reasons.append(f"has a result of {shown(name)}, which is not a question here")
        return None
    question = config.question(control.question)
    if not isinstance(kind, str) or kind not in _TYPES.get(question.kind, frozenset()):
        reasons.append(
            f"has a result of type {shown(kind)}, which is no answer to {question.name!r}"
        )
        return None
    return question


def read_answer(
    config: StudioConfig,
    question: Question,
    given: Sequence[Result],
    links: Sequence[Result],
    context: AnswerContext,
) -> Any:  # noqa: ANN401  # an answer of any kind
    """Read the results of one question into its answer; raises UnfitError where they are none.

    `links` are relations between the regions of a text.
    """
    answer: Any
    if question.kind == "spans":
        answer = _spans(question, given, links, context)
    elif question.kind == "choice":
        answer = _choice(config, question, given)
    else:
        answer = _READERS[question.kind](question, given, context)
    for issue in registry.validate_answer(question.kind, question.config, answer, context):
        raise UnfitError(f"{issue.place.removeprefix('answer').lstrip('.')} {issue.message}")
    return registry.normalise_answer(question.kind, question.config, answer)


def _choice(config: StudioConfig, question: Question, given: Sequence[Result]) -> Any:  # noqa: ANN401
    chosen: dict[str, None] = {}
    for result in given:
        named = _value(result).get(str(result["type"]))
        if not isinstance(named, list) or not named:
            raise UnfitError("has no choices")
        paths = config.controls[str(result["from_name"])].paths
        values = {path: label for label, path in paths.items()}
        for one in named:
            path = tuple(map(str, one)) if isinstance(one, list) else (str(one),)
            chosen[values.get(path, " / ".join(path))] = None
    if question.config.get("multiple", False):
        return list(chosen)
    if len(chosen) > 1:
        raise UnfitError(f"has {len(chosen)} labels, and takes one")
    return next(iter(chosen))


def _rating(question: Question, given: Sequence[Result], context: AnswerContext) -> Any:  # noqa: ANN401
    (criterion, *_) = question.config.get("criteria") or [{"name": "rating"}]
    return {"ratings": {str(criterion["name"]): _value(given[-1]).get("rating")}}


def _text(question: Question, given: Sequence[Result], context: AnswerContext) -> str:
    return "\n".join(_lines(result) for result in given)


def _lines(result: Result) -> str:
    text = _value(result).get("text")
    if isinstance(text, str):
        return text
    if not isinstance(text, list) or not all(isinstance(one, str) for one in text):
        raise UnfitError("has no text")
    return "\n".join(text)


def _transcript(question: Question, given: Sequence[Result], context: AnswerContext) -> Any:  # noqa: ANN401
    if not question.config.get("timed"):
        return {"text": _text(question, given, context)}
    lines = [{**_times(result, context), "text": _lines(result)} for result in given]
    return {"segments": lines}


def _times(result: Result, context: AnswerContext) -> dict[str, int]:
    """Turn seconds into milliseconds; what reaches a rounding past the sound's end is cut off."""
    value = _value(result)
    times = {key: round(_number(value, key, 1_000_000) * 1_000) for key in ("start", "end")}
    long = context.duration_ms
    if long is not None and long < times["end"] <= long + _ROUNDED_MS:
        times["end"] = long
    return times


def _segments(question: Question, given: Sequence[Result], context: AnswerContext) -> Any:  # noqa: ANN401
    found = [
        {**_times(result, context), "label": label}
        for result in given
        for label in _labels(question, result)
    ]
    return {"segments": found}


def _spans(
    question: Question,
    given: Sequence[Result],
    links: Sequence[Result],
    context: AnswerContext,
) -> Any:  # noqa: ANN401
    text = (context.data or {}).get("text")
    if not isinstance(text, str):
        raise UnfitError("marks a text, and this task has none")
    spans: list[dict[str, Any]] = []
    places: dict[object, int] = {}
    for result in given:
        value = _value(result)
        start, end = value.get("start"), value.get("end")
        if type(start) is not int or type(end) is not int:
            raise UnfitError(f"begins at {shown(start)} and ends at {shown(end)}")
        found = stretch(text, start, end, value.get("text"))
        if found is None:
            raise UnfitError(f"marks {start} to {end}, which is no stretch of this text")
        for label in _labels(question, result):
            places.setdefault(_region(result), len(spans))
            spans.append({"start": found[0], "end": found[1], "label": label})
    joined = list(_relations(question, links, places))
    return {"spans": spans, **({"relations": joined} if joined else {})}


def _relations(
    question: Question, links: Sequence[Result], places: Mapping[object, int]
) -> list[dict[str, Any]]:
    known = {one["value"] for one in question.config.get("relations") or ()}
    found: list[dict[str, Any]] = []
    for link in links:
        start, end = places.get(_region(link, "from_id")), places.get(_region(link, "to_id"))
        if start is None or end is None:
            continue
        if link.get("direction") == "left":
            start, end = end, start
        labels = link.get("labels") or (list(known) if len(known) == 1 else [])
        for label in labels if isinstance(labels, list) else ():
            if isinstance(label, str) and label in known:
                found.append({"from": start, "to": end, "label": label})
                if link.get("direction") == "bi" and _is_directed(question, label):
                    found.append({"from": end, "to": start, "label": label})
    return found


def _is_directed(question: Question, label: str) -> bool:
    kinds = question.config.get("relations") or ()
    return any(one["value"] == label and one.get("directed", True) for one in kinds)


def _boxes(question: Question, given: Sequence[Result], context: AnswerContext) -> Any:  # noqa: ANN401
    height, width = _size(given, context)
    boxes = []
    for label, value in _things(question, given):
        if value.get("rotation"):
            raise UnfitError("has a turned rectangle, and boxes here stand upright")
        left, top = _place(value, "x"), _place(value, "y")
        right, bottom = left + _number(value, "width"), top + _number(value, "height")
        sides = zip((left, top, right, bottom), (width, height) * 2, strict=True)
        boxes.append({"label": label, "box": [_on(side, most) for side, most in sides]})
    return {"size": [height, width], "boxes": boxes}


def _polygons(question: Question, given: Sequence[Result], context: AnswerContext) -> Any:  # noqa: ANN401
    height, width = _size(given, context)
    polygons = []
    for label, value in _things(question, given):
        points = value.get("points")
        if not isinstance(points, list) or not all(_is_pair(one) for one in points):
            raise UnfitError("has a polygon that is not a list of points")
        corners = [[_on(x, width), _on(y, height)] for x, y in points]
        polygons.append({"label": label, "points": corners})
    return {"size": [height, width], "polygons": polygons}


def _mask(question: Question, given: Sequence[Result], context: AnswerContext) -> Any:  # noqa: ANN401
    height, width = _size(given, context)
    if height * width > _MOST_PIXELS or height * width * len(given) > _MOST_PAINTED:
        raise UnfitError("paints more pixels than are read for one task")
    regions = []
    for label, value in _things(question, given):
        numbers = value.get("rle")
        if not isinstance(numbers, list):
            raise UnfitError("has a brush without 'rle'")
        try:
            mask = decode_brush(numbers, height, width)
        except BrushError as error:
            raise UnfitError(f"has a brush that cannot be read: {error}") from None
        if mask.any():
            regions.append({"label": label, "counts": rle.encode(np.asarray(mask, np.bool_))})
    return {"size": [height, width], "regions": regions}


def _keypoints(question: Question, given: Sequence[Result], context: AnswerContext) -> Any:  # noqa: ANN401
    height, width = _size(given, context)
    placed: dict[str, Any] = {}
    for label, value in _things(question, given):
        if label in placed:
            raise UnfitError(f"has {shown(label)} twice, and each point is placed once")
        at = [_on(_place(value, "x"), width), _on(_place(value, "y"), height)]
        placed[label] = {"label": label, "state": "visible", "at": at}
    points = [
        placed.get(label, {"label": label, "state": "absent"})
        for label in label_values(question.config)
    ]
    if len(placed) > len(points) or not placed.keys() <= set(label_values(question.config)):
        raise UnfitError("places a point that is not asked for")
    return {"size": [height, width], "points": points}


def _pairwise(question: Question, given: Sequence[Result], context: AnswerContext) -> Any:  # noqa: ANN401
    ids = reply_ids(context.data)
    side = _value(given[-1]).get("selected")
    if side not in ("left", "right") or len(ids) != 2:
        raise UnfitError(f"chooses {shown(side)} of {len(ids)}")
    return {"verdict": "better", "better": ids[side == "right"]}


def _ranking(question: Question, given: Sequence[Result], context: AnswerContext) -> Any:  # noqa: ANN401
    buckets = _value(given[-1]).get("ranker")
    if not isinstance(buckets, Mapping) or len(buckets) != 1:
        raise UnfitError("does not rank one list")
    order = next(iter(buckets.values()))
    if not isinstance(order, list):
        raise UnfitError("does not rank one list")
    return {"ranks": [[str(one)] for one in order]}


def _things(question: Question, given: Sequence[Result]) -> list[tuple[str, Result]]:
    """Pair each region drawn with its label; labels may come in a result of the same id."""
    labelled = {_region(result): result for result in given if result["type"] == "labels"}
    things = []
    for result in given:
        if result["type"] == "labels":
            continue
        with_labels = labelled.get(_region(result), result)
        labels = _labels(question, with_labels)
        if len(labels) != 1:
            raise UnfitError(f"has a region with {len(labels)} labels, and takes one")
        things.append((labels[0], _value(result)))
    return things


def _labels(question: Question, result: Result) -> list[str]:
    value = _value(result)
    named = value.get(str(result["type"]), value.get("labels"))
    if named in (None, []):
        labels = label_values(question.config)
        if len(labels) == 1:
            return labels
        raise UnfitError("has a region without a label")
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise UnfitError("has a region whose labels are not a list")
    return named


def _size(given: Sequence[Result], context: AnswerContext) -> tuple[int, int]:
    """Give the picture's height and width: what is drawn is in per cent of it."""
    width, height = context.image_width, context.image_height
    if width is None or height is None:
        raise UnfitError("draws on a picture, and this task has none here")
    for result in given:
        if result.get("image_rotation"):
            raise UnfitError("draws on a picture that was turned")
        said = (result.get("original_width"), result.get("original_height"))
        if said not in ((None, None), (width, height)) and "brush" in str(result["type"]):
            raise UnfitError(f"paints on {said[0]!s:.9} x {said[1]!s:.9} pixels")
    return height, width


def _region(result: Result, name: str = "id") -> str | int | None:
    """Give the id of a region; what is no id is none."""
    found = result.get(name)
    return found if isinstance(found, str | int) else None


def _value(result: Result) -> Result:
    value = result.get("value")
    if not isinstance(value, Mapping):
        raise UnfitError(f"has the value {shown(value)}, which is not an object")
    return value


def _number(value: Result, name: str, most: float = 1_000) -> float:
    given = value.get(name)
    if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given):
        raise UnfitError(f"has {name} {shown(given)}, which is not a number")
    if abs(given) > most:
        raise UnfitError(f"has {name} {shown(given)}, which is too large")
    return float(given)


def _place(value: Result, name: str) -> float:
    return _number(value, name)


def _on(per_cent: float, side: int) -> float:
    """Turn per cent into pixels; what reaches a little over the rim is cut off there."""
    if not -_RIM <= per_cent <= 100 + _RIM:
        raise UnfitError("reaches beyond the picture")
    return min(max(per_cent, 0.0), 100.0) * side / 100


def _is_pair(given: object) -> bool:
    return (
        isinstance(given, list)
        and len(given) == 2
        and all(
            isinstance(one, int | float) and not isinstance(one, bool) and isfinite(one)
            for one in given
        )
    )


_READERS: Final[Mapping[str, Callable[[Question, Sequence[Result], AnswerContext], Any]]] = {
    "rating": _rating,
    "text": _text,
    "transcript": _transcript,
    "segments": _segments,
    "boxes": _boxes,
    "polygons": _polygons,
    "mask": _mask,
    "keypoints": _keypoints,
    "pairwise": _pairwise,
    "ranking": _ranking,
}

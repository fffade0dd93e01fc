"""What models say a little otherwise than Label Studio's page, put as the page would say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.outlines import Points, rectangle
from fairhand.compute.backends.regions import check_size, label_meant, number_in, value_of, wrong
from fairhand.labels.kind import AnswerContext
from fairhand.labels.spans import COLUMN
from fairhand.model.project import Question

Numbered = tuple[int, Mapping[str, Any]]
"""A result, and which it was."""

_DRAWN: Final = frozenset({"boxes", "polygons", "keypoints"})
_MARKED: Final = frozenset({"spans", "segments"})


def adapted(
    question: Question, given: Sequence[Numbered], context: AnswerContext
) -> list[Numbered]:
    """Put the results of one question as Label Studio's page would.

    Empty words are left out, and what is said twice counts once.
    """
    if question.kind in _DRAWN or question.kind in _MARKED:
        said = [(number, _one(question, number, one, context)) for number, one in given]
        once = {repr(sorted(one["value"].items())): (number, one) for number, one in reversed(said)}
        return sorted(once.values(), key=lambda each: each[0])
    if question.kind == "text":
        return [one for one in given if _says_something(one[1])]
    if question.kind == "transcript":
        return _spoken(question, given, context)
    return list(given)


def _one(
    question: Question, number: int, result: Mapping[str, Any], context: AnswerContext
) -> Mapping[str, Any]:
    """Put one result as it is meant; raises AssistantError that says which it was."""
    try:
        if question.kind in _MARKED:
            return _quoted(_labelled(question, result), (context.data or {}).get(COLUMN))
        return _drawn(question, result, context)
    except AssistantError as error:
        raise wrong(f"Result {number}: {error.message}", error.hop) from None


def _drawn(
    question: Question, result: Mapping[str, Any], context: AnswerContext
) -> Mapping[str, Any]:
    """Check the picture's size and the label; turned rectangles stand upright or have corners."""
    width, height = context.image_width, context.image_height
    if width is None or height is None:
        raise wrong("It draws on a task without a picture.")
    check_size(result, height, width)
    result = _labelled(question, result)
    if not str(result["type"]).startswith("rectangle"):
        return result
    value = value_of(result)
    if question.kind == "boxes" and not value.get("rotation"):
        return result
    corners = _corners(value, width, height)
    if question.kind == "boxes":
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        upright = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        return {**result, "value": {**value, **upright, "rotation": 0}}
    return {**result, "value": {**value, "points": corners.tolist()}}


def _corners(value: Mapping[str, Any], width: int, height: int) -> Points:
    """Give a rectangle's corners in per cent, cut off at the picture's rim where it is turned."""
    x, y, wide, high = (number_in(value, name) for name in ("x", "y", "width", "height"))
    turn = number_in(value, "rotation") if value.get("rotation") else 0.0
    sides = (width / 100, height / 100)
    corners = rectangle(x * sides[0], y * sides[1], wide * sides[0], high * sides[1], turn) / sides
    return corners.clip(0, 100) if turn else corners


def _labelled(question: Question, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write labels as the question has them, whatever their case."""
    value, kind = value_of(result), str(result["type"])
    name = kind if kind in value else "labels"
    named = value.get(name)
    if not isinstance(named, list):
        return result
    return {**result, "value": {**value, name: [label_meant(question, one) for one in named]}}


def _quoted(result: Mapping[str, Any], text: object) -> Mapping[str, Any]:
    """Quote what is marked where a model does not: models count code points, the page UTF-16."""
    value = value_of(result)
    start, end = value.get("start"), value.get("end")
    if "text" in value or not isinstance(text, str) or text.isascii():
        return result
    if type(start) is not int or type(end) is not int or not 0 <= start <= end <= len(text):
        return result
    return {**result, "value": {**value, "text": text[start:end]}}


def _says_something(result: Mapping[str, Any]) -> bool:
    text = value_of(result).get("text")
    return any(_is_word(one) for one in (text if isinstance(text, list) else [text]))


def _is_word(one: object) -> bool:
    return not isinstance(one, str) or bool(one.strip())


def _spoken(
    question: Question, given: Sequence[Numbered], context: AnswerContext
) -> list[Numbered]:
    """Find the words; with times, those of the stretch of the same id, or else the whole sound."""
    words = [one for one in given if one[1].get("type") == "textarea" and _says_something(one[1])]
    if not question.config.get("timed"):
        return words
    stretches = {
        one["id"]: value_of(one)
        for _, one in given
        if one.get("type") == "labels" and isinstance(one.get("id"), str | int)
    }
    timed: list[Numbered] = []
    for number, one in words:
        value = value_of(one)
        if "start" not in value or "end" not in value:
            named = one.get("id")
            found = stretches.get(named) if isinstance(named, str | int) else None
            times = found or _whole(question, number, len(words), context)
            value = {**value, **{key: times.get(key) for key in ("start", "end")}}
        timed.append((number, {**one, "value": value}))
    return timed


def _whole(
    question: Question, number: int, several: int, context: AnswerContext
) -> Mapping[str, float]:
    """Take words without a time as those of the whole sound, where they are all there is."""
    if several > 1 or context.duration_ms is None:
        raise wrong(f"Result {number}, for {question.name!r}, has words without start and end.")
    return {"start": 0, "end": context.duration_ms / 1_000}

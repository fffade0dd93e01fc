"""Proposed answers that come with a file, checked before they travel on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from fairhand.core.errors import MalformedError
from fairhand.formats.options import ReadOptions
from fairhand.labels.answers import Asked, normalise_value, validate_value
from fairhand.labels.kind import AnswerContext
from fairhand.model.task import Media, NewGold, NewPrediction


class HasMedia(Protocol):
    """A picture, as far as answers care."""

    @property
    def media(self) -> Media:
        """Its type and size."""


def column_prediction(data: dict[str, Any], options: ReadOptions) -> list[NewPrediction]:
    """Take the prediction columns out of a row's data and make them one prediction.

    They leave the data, so that a person who is to judge unaided does not see them.
    """
    score = _score(data.pop(options.prediction_score_column or "", None))
    value: dict[str, Any] = {}
    for column, question in options.prediction_columns.items():
        cell = data.pop(column, None)
        if cell not in (None, ""):
            value[question] = _answer(cell, _asked(question, options.questions))
    return [NewPrediction(value, options.prediction_model, score)] if value else []


def column_gold(data: dict[str, Any], options: ReadOptions) -> NewGold | None:
    """Take the gold columns out of a row's data, so that nobody who answers sees them.

    A row with all of them empty is an ordinary task.
    """
    explanation = data.pop(options.gold_explanation_column or "", None)
    value: dict[str, Any] = {}
    for column, question in options.gold_columns.items():
        cell = data.pop(column, None)
        if cell not in (None, ""):
            value[question] = _answer(cell, _asked(question, options.questions))
    words = explanation if isinstance(explanation, str) else ""
    return NewGold(value, words) if value else None


def context_of(picture: HasMedia | None, data: dict[str, Any]) -> AnswerContext:
    """Say what answers to a row are about."""
    media = picture.media if picture else None
    if media is None:
        return AnswerContext(data=data)
    return AnswerContext(media.width, media.height, data, (media.details or {}).get("duration_ms"))


def usable_gold(
    gold: NewGold, options: ReadOptions, picture: HasMedia | None, data: dict[str, Any]
) -> NewGold:
    """Give a known answer in canonical form; raises MalformedError when it is not valid."""
    if options.questions is None:
        return gold
    context = context_of(picture, data)
    asked = [question for question in options.questions if question.name in gold.value]
    if open_ended := [one.name for one in asked if one.config.get("subjective", False)]:
        raise MalformedError(f"has a known answer to {open_ended[0]}, which has no one truth")
    if issues := validate_value(asked, gold.value, context):
        raise MalformedError(f"has an unusable known answer: {issues[0].place} {issues[0].message}")
    return NewGold(normalise_value(asked, gold.value), gold.explanation)


def usable_predictions(
    proposed: Iterable[NewPrediction],
    options: ReadOptions,
    picture: HasMedia | None,
    data: dict[str, Any],
) -> tuple[tuple[NewPrediction, ...], list[str]]:
    """Keep the predictions that answer the questions; say of each other one why not."""
    if options.questions is None:
        return tuple(proposed), []
    context = context_of(picture, data)
    good, reasons = [], []
    for prediction in proposed:
        asked = [question for question in options.questions if question.name in prediction.value]
        issues = validate_value(asked, prediction.value, context)
        if issues:
            first = issues[0]
            reasons.append(f"has an unusable prediction: {first.place} {first.message}")
        else:
            value = normalise_value(asked, prediction.value)
            good.append(replace(prediction, value=value))
    return tuple(good), reasons


def _asked(name: str, questions: Sequence[Asked] | None) -> Asked | None:
    return next((question for question in questions or () if question.name == name), None)


def _answer(cell: Any, question: Asked | None) -> Any:  # noqa: ANN401  # any JSON value
    """Read an answer from a cell: a label, several as a JSON list or with bars, or JSON itself."""
    if isinstance(cell, int) and not isinstance(cell, bool):
        cell = str(cell)
    if question is None or not isinstance(cell, str):
        return cell
    several = question.kind == "choice" and question.config.get("multiple", False)
    if cell.startswith(("[", "{")) and (several or question.kind != "choice"):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return [part.strip() for part in cell.split("|")] if several else cell


def _score(cell: Any) -> float | None:  # noqa: ANN401  # any JSON value
    if cell in (None, ""):
        return None
    try:
        score = float(cell)
    except (TypeError, ValueError, OverflowError):
        raise MalformedError("has a prediction score that is not a number") from None
    if not math.isfinite(score):
        raise MalformedError("has a prediction score that is not finite")
    return score

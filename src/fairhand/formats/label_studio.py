"""Label Studio's task JSON: a list of `{data, predictions, annotations}`, or of bare data.

Choices among predictions and annotations become predictions where they answer our questions (the
control's `from_name` is the question's name, or is mapped to one). Addresses stay addresses:
nothing is fetched. What cannot be carried over is reported, and its task is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.json_array import Item, array_items
from fairhand.formats.json_text import parse_json
from fairhand.formats.options import ReadOptions, Row, Source, opened, source_name
from fairhand.labels.answers import Asked
from fairhand.labels.kind import json_type, shown
from fairhand.model.task import NewPrediction

_ITEM_PER_PAYLOAD = 16
"""How much longer than its data a task may be: it brings its annotations along."""

ANNOTATION_MODEL = "label-studio-annotation"


def read_rows(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Yield each task's data and its predictions, or why it is none; holds one task at a time."""
    name = source_name(source, options)
    limit = options.max_row_bytes * _ITEM_PER_PAYLOAD
    with opened(source) as file:
        for item in array_items(file, limit, name):
            yield from _rows(item, f"{name} task {item.number}", limit, options)


def _rows(item: Item, place: str, limit: int, options: ReadOptions) -> Iterator[Row | Issue]:
    if item.content is None:
        yield Issue(place, f"is longer than {limit} bytes")
        return
    try:
        task = parse_json(item.content)
        data = _data(task)
    except MalformedError as error:
        yield Issue(place, error.message)
        return
    if data is task:
        yield Row(place, data)
        return
    reasons: list[str] = []
    proposed = tuple(_proposed(task, options, reasons))
    yield from (Issue(place, reason, "warning") for reason in reasons)
    yield Row(place, data, proposed)


def _data(task: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON value
    """Find what is shown: below `data`, or the whole object where there is no `data`."""
    if not isinstance(task, dict):
        raise MalformedError(f"must be a JSON object, not {json_type(task)}")
    data = task.get("data", task)
    if not isinstance(data, dict):
        raise MalformedError(f"must have an object in 'data', not {json_type(data)}")
    return data


def _proposed(
    task: dict[str, Any], options: ReadOptions, reasons: list[str]
) -> Iterator[NewPrediction]:
    """Make a prediction of each result list that answers a question."""
    for given in _objects(task.get("predictions"), "predictions", reasons):
        model = given.get("model_version")
        yield from _prediction(
            given, str(model)[:100] if model else options.prediction_model, options, reasons
        )
    for given in _objects(task.get("annotations"), "annotations", reasons):
        if not given.get("was_cancelled"):
            yield from _prediction(given, ANNOTATION_MODEL, options, reasons)


def _prediction(
    given: Mapping[str, Any], model: str, options: ReadOptions, reasons: list[str]
) -> Iterator[NewPrediction]:
    value: dict[str, Any] = {}
    for result in _objects(given.get("result"), "result", reasons):
        answer = _answer(result, options, reasons)
        if answer is not None:
            value[answer[0]] = answer[1]
    score = given.get("score")
    known = float(score) if isinstance(score, int | float) and score == score else None
    if value:
        yield NewPrediction(value, model, known)


def _answer(
    result: Mapping[str, Any], options: ReadOptions, reasons: list[str]
) -> tuple[str, Any] | None:
    """Read one region of a result as (question, answer); None, with a reason, where it is none."""
    control, kind = result.get("from_name"), result.get("type")
    question = options.prediction_columns.get(str(control), control)
    if not isinstance(question, str):
        reasons.append("has a result without 'from_name', which is left out")
        return None
    asked = next((q for q in options.questions or () if q.name == question), None)
    if options.questions is not None and asked is None:
        reasons.append(f"has a result of {shown(question)}, which is not a question here")
        return None
    if kind != "choices":
        reasons.append(f"has a result of type {shown(kind)}; only choices are read")
        return None
    chosen = result.get("value")
    labels = chosen.get("choices") if isinstance(chosen, Mapping) else None
    if not isinstance(labels, list) or not labels:
        reasons.append(f"has a result of {shown(question)} without choices")
        return None
    return question, _choice(labels, asked)


def _choice(labels: list[Any], asked: Asked | None) -> Any:  # noqa: ANN401  # checked later
    several = asked.config.get("multiple", False) if asked else len(labels) > 1
    return labels if several or len(labels) > 1 else labels[0]


def _objects(given: Any, what: str, reasons: list[str]) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
    """Go through a list of objects; anything else is left out with a reason."""
    if given is None:
        return
    if not isinstance(given, list):
        reasons.append(f"has {what} that are not a list")
        return
    for inner in given:
        if isinstance(inner, dict):
            yield inner
        elif what != "predictions" or not isinstance(inner, int):
            # Label Studio's short export lists predictions by number alone.
            reasons.append(f"has {what} that are not objects")

"""Rows that `fairhand export` wrote: the data becomes a task again, the answers predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats import csv
from fairhand.formats.imports.rows import read_entries
from fairhand.formats.json_text import parse_json
from fairhand.formats.lines import unzipped
from fairhand.formats.options import ReadOptions, Row, Source, opened
from fairhand.labels.kind import json_type
from fairhand.model.task import NewPrediction

_SURE: Final = "_confidence"
_TABLE: Final = b"task_id,file_name,split,"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_PLAIN: Final = ("text",)
"""Kinds whose answer is a text and nothing else, even one that looks like JSON."""


def read_rows(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Yield rows of an export in JSON lines, CSV or Parquet, their answers as predictions."""
    for row in _entries(source, options):
        if isinstance(row, Issue):
            yield row
            continue
        try:
            yield own_row(row, options)
        except MalformedError as error:
            yield Issue(row.place, error.message)


def _entries(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    with opened(source) as file:
        is_table = unzipped(file).read(len(_TABLE)) == _TABLE
    if not is_table:
        yield from read_entries(source, options)
        return
    for row in csv.read_rows(source, options):
        yield _of_cells(row) if isinstance(row, Row) else row


def _of_cells(row: Row) -> Row:
    """Undo what a table of text does: no value is an empty cell, a number is its digits."""
    values: dict[str, Any] = {}
    for name, cell in row.values.items():
        is_marked = cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA)
        values[name] = cell[1:] if is_marked else cell
        if cell == "":
            values[name] = None
        elif name.endswith(_SURE):
            try:
                values[name] = float(cell)
            except ValueError:
                values[name] = None
    return Row(row.place, values)


def own_row(row: Row, options: ReadOptions) -> Row:
    """Read one row of an export; raises MalformedError where it holds no data."""
    values = row.values
    data = _json(values.get("data"))
    if not isinstance(data, dict):
        raise MalformedError(f"must have an object in 'data', not {json_type(data)}")
    if "answers" in values:
        answers, sure = _object(values["answers"]), _object(values.get("confidence"))
    else:
        names = [name.removesuffix(_SURE) for name in values if name.endswith(_SURE)]
        plain = {one.name for one in options.questions or () if one.kind in _PLAIN}
        answers = {
            name: values.get(name) if name in plain else _json(values.get(name)) for name in names
        }
        sure = {name: values.get(name + _SURE) for name in names}
    asked = {one.name for one in options.questions or ()}
    kept = {
        name: answer
        for name, answer in answers.items()
        if answer is not None and (options.questions is None or name in asked)
    }
    known = [float(sure[name]) for name in kept if isinstance(sure.get(name), int | float)]
    made = NewPrediction(kept, options.prediction_model, min(known, default=None))
    return Row(row.place, data, (made,) if kept else ())


def _json(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    """Read JSON in a text; a text that is none is itself."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return parse_json(value.encode())
    except (MalformedError, UnicodeEncodeError):
        return value


def _object(value: Any) -> Mapping[str, Any]:  # noqa: ANN401  # any JSON value
    found = _json(value)
    return found if isinstance(found, Mapping) else {}

"""JSON Lines: one JSON object a line is one task's data (https://jsonlines.org)."""

from __future__ import annotations

from collections.abc import Iterator

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.json_text import parse_json
from fairhand.formats.lines import BlankRun, lines
from fairhand.formats.options import ReadOptions, Row, Source, opened, source_name
from fairhand.labels.kind import json_type


def read_rows(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Yield each line's object, or why it is none; holds one line at a time."""
    name = source_name(source, options)
    blanks = BlankRun()
    with opened(source) as file:
        for line in lines(file, options.max_row_bytes, name):
            if line.content is not None and not line.content.strip():
                blanks.add(line.number)
                continue
            if run := blanks.end(name):
                yield Issue(*run, severity="warning")
            yield _row(line.content, f"{name} line {line.number}", options)


def _row(content: bytes | None, place: str, options: ReadOptions) -> Row | Issue:
    if content is None:
        return Issue(place, f"is longer than {options.max_row_bytes} bytes")
    try:
        values = parse_json(content)
    except MalformedError as error:
        return Issue(place, error.message)
    if not isinstance(values, dict):
        return Issue(
            place, f"must be a JSON object with the task's fields, not {json_type(values)}"
        )
    return Row(place, values)

"""Entries of a table, whichever of three it is: JSON lines, one JSON list, or Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats import jsonl, parquet
from fairhand.formats.imports.found import Shape, shaped
from fairhand.formats.json_array import array_items
from fairhand.formats.json_text import parse_json
from fairhand.formats.lines import unzipped
from fairhand.formats.options import ReadOptions, Row, Source, opened, source_name
from fairhand.labels.kind import json_type

_ENTRY_PER_PAYLOAD = 16
"""How much longer than a task's data an entry may be: it may hold answers, and many tasks."""
_HEAD = 64


def read_entries(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Yield the objects of a table; holds one, or a small batch, at a time."""
    head = _head(source, source_name(source, options))
    roomy = replace(options, max_payload_bytes=options.max_payload_bytes * _ENTRY_PER_PAYLOAD)
    if head.startswith(b"PAR1"):
        return parquet.read_rows(source, roomy)
    return _array(source, roomy) if head.startswith(b"[") else jsonl.read_rows(source, roomy)


def read_shaped(source: Source, shape: Shape, options: ReadOptions) -> Iterator[Row | Issue]:
    """Read each entry of a table by a format's shape."""
    return shaped(read_entries(source, options), shape, options)


def _array(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    name = source_name(source, options)
    with opened(source) as file:
        for item in array_items(file, options.max_row_bytes, name):
            place = f"{name} item {item.number}"
            if item.content is None:
                yield Issue(place, f"is longer than {options.max_row_bytes} bytes")
                continue
            try:
                values = parse_json(item.content)
            except MalformedError as error:
                yield Issue(place, error.message)
                continue
            if isinstance(values, dict):
                yield Row(place, values)
            else:
                yield Issue(place, f"must be a JSON object, not {json_type(values)}")


def _head(source: Source, name: str) -> bytes:
    with opened(source) as file:
        try:
            head = unzipped(file).read(_HEAD)
        except (EOFError, OSError) as error:
            raise MalformedError(f"{name} cannot be read: {error}") from None
        file.seek(0)
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()

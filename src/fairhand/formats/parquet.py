"""Parquet, read in small batches: one row is one task's data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.options import ReadOptions, Row, Source, opened, source_name

_BATCH_BYTES = 4 * 1024 * 1024
_MAX_BATCH_ROWS = 1024
_BUFFER_BYTES = 1024 * 1024


def read_rows(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Yield rows; a file that cannot be opened raises MalformedError, one that breaks off later
    ends with an Issue after the rows that could be read.
    """
    name = source_name(source, options)
    with opened(source) as file:
        table = _open(file, name)
        image_column = options.image_column or image_column_of(table.schema_arrow)
        number = 0
        try:
            for batch in table.iter_batches(batch_size=_batch_rows(table)):
                for values in batch.to_pylist():
                    number += 1
                    yield row_of(values, f"{name} row {number}", image_column)
        except (pa.ArrowException, OSError, ValueError) as error:
            yield Issue(name, f"breaks off after row {number}: {_first_line(error)}")


def with_image_column(source: Source, options: ReadOptions) -> ReadOptions:
    """Find the image column of a file that follows the Hugging Face convention."""
    if options.image_column is not None:
        return options
    with opened(source) as file:
        schema = _open(file, source_name(source, options)).schema_arrow
    return replace(options, image_column=image_column_of(schema))


def image_column_of(schema: Any) -> str | None:  # noqa: ANN401  # pyarrow has no types
    """Name the one column that is a struct of bytes and path, None when there is none or more."""
    found = [
        column.name
        for column in schema
        if pa.types.is_struct(column.type)
        and {column.type.field(i).name for i in range(column.type.num_fields)} == {"bytes", "path"}
    ]
    return found[0] if len(found) == 1 else None


def _open(file: BinaryIO, name: str) -> Any:  # noqa: ANN401  # pyarrow has no types
    try:
        table = pq.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _refused(name, f"cannot be read as Parquet: {_first_line(error)}") from None
    columns = table.schema_arrow.names
    if len(set(columns)) < len(columns):
        raise _refused(name, "names a column twice")
    return table


def _refused(name: str, reason: str) -> MalformedError:
    return MalformedError(f"{name} {reason}", issues=[Issue(name, reason)])


def _batch_rows(table: Any) -> int:  # noqa: ANN401  # pyarrow has no types
    """Choose a batch so that about `_BATCH_BYTES` are in memory, also when rows hold images."""
    groups = [table.metadata.row_group(i) for i in range(table.metadata.num_row_groups)]
    largest = max((g.total_byte_size / max(g.num_rows, 1) for g in groups), default=1.0)
    return int(max(1, min(_MAX_BATCH_ROWS, _BATCH_BYTES // max(largest, 1))))


def row_of(values: dict[str, Any], place: str, image_column: str | None) -> Row | Issue:
    """Write cells as JSON; what has none makes the row an Issue."""
    try:
        return Row(
            place,
            {
                column: value if column == image_column else _plain(value, column)
                for column, value in values.items()
            },
        )
    except MalformedError as error:
        return Issue(place, error.message)


def _plain(value: Any, column: str) -> Any:  # noqa: ANN401  # from a Parquet cell to JSON
    """Turn a cell into JSON; NaN is how data frames write "missing", so it becomes null."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if math.isinf(value):
            raise MalformedError(f"holds an infinite number in {column!r}")
        return None if math.isnan(value) else value
    if isinstance(value, list | tuple):
        return [_plain(inner, column) for inner in value]
    if isinstance(value, dict):
        return {str(key): _plain(inner, column) for key, inner in value.items()}
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return str(value)
    hint = "; name it as the image column" if isinstance(value, bytes) else ""
    raise MalformedError(f"holds {type(value).__name__} in {column!r}, which is not JSON{hint}")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]

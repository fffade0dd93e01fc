"""How rows lie in files: one JSON line, one Parquet record, one short hash to find damage by.

A row has one byte form (`row_bytes`). A line of `labels.jsonl` is that form; a Parquet record is
turned back into it. So one list of hashes names the damaged row in either file. What came to the
rows later (`_LATER`) is left out of that form where it says nothing, so that older releases, whose
files have no such column, read and verify as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from fairhand.proof.release.rules import AnnotationRow, ReleaseRow

Row = TypeVar("Row", ReleaseRow, AnnotationRow)

ROW_HASH_DIGITS = 16
GROUP_ROWS = 2_000
GROUP_BYTES = 16 * 1024 * 1024
SHARD_ROWS = 250_000

_JSON_COLUMNS = frozenset({"value", "probabilities", "data", "review"})
_LATER = frozenset({"review"})
_SAYS_NOTHING = b',"review":null}'  # it is the last field of a row
_LIST_COLUMNS = frozenset({"annotators", "models"})
_TYPES: dict[str, Any] = {
    "int": pa.int64(),
    "str": pa.string(),
    "bool": pa.bool_(),
    "float": pa.float64(),
    "tuple[str, ...]": pa.list_(pa.string()),
}


class Shape(Generic[Row]):
    """The Parquet schema of one kind of row and the way there and back."""

    def __init__(self, row_type: type[Row]) -> None:
        self._row_type: type[Row] = row_type
        self.names = tuple(item.name for item in fields(row_type))
        columns = [
            (item.name, _column_type(item.name, str(item.type))) for item in fields(row_type)
        ]
        if row_type is ReleaseRow:
            columns.insert(self.names.index("value"), ("label", pa.string()))
        self.schema = pa.schema(columns)
        self._older = pa.schema([one for one in columns if one[0] not in _LATER])

    def holds(self, schema: pa.Schema) -> bool:
        """Say whether a file's columns are those of such rows, of today or of older releases."""
        return bool(schema.equals(self.schema) or schema.equals(self._older))

    def record(self, row: Row) -> dict[str, Any]:
        """Turn a row into the values of a Parquet record."""
        record = {name: getattr(row, name) for name in self.names}
        if isinstance(row, ReleaseRow):
            record["label"] = label_of(row.value)
        for name in _JSON_COLUMNS & record.keys():
            if record[name] is not None or name == "value":
                record[name] = _json(record[name]).decode()
        return record

    def row(self, record: dict[str, Any]) -> Row:
        """Turn a Parquet record back; ValueError when its parts contradict one another."""
        label = record.pop("label", None)
        for name in _JSON_COLUMNS & record.keys():
            if record[name] is not None:
                text = record[name]
                record[name] = orjson.loads(text)
                if _json(record[name]).decode() != text:
                    raise ValueError(f"column {name} is not in its one form")
        row: Row = self._row_type(**_with_tuples(record))
        if isinstance(row, ReleaseRow) and label != label_of(row.value):
            raise ValueError("column label contradicts column value")
        return row

    def parse(self, line: bytes) -> Row:
        """Read a row from its byte form."""
        row: Row = self._row_type(**_with_tuples(orjson.loads(line)))
        return row


def _with_tuples(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if name in _LIST_COLUMNS else value for name, value in record.items()
    }


def row_bytes(row: ReleaseRow | AnnotationRow) -> bytes:
    """The one byte form of a row: JSON, keys of nested objects sorted."""
    data = _json(row)
    return data.removesuffix(_SAYS_NOTHING) + b"}" if data.endswith(_SAYS_NOTHING) else data


def row_hash(data: bytes) -> bytes:
    """A short hash that tells rows apart; the file's own SHA-256 is what proves."""
    return sha256(data).hexdigest()[:ROW_HASH_DIGITS].encode()


def label_of(value: object) -> str | None:
    """The plain label of a single choice, for training code that wants a column of strings."""
    return value if isinstance(value, str) else None


def read_groups(
    path: Path, shape: Shape[Row]
) -> Iterator[tuple[int, int, list[Row | ValueError] | None]]:
    """Read a Parquet file by row groups: first row, number of rows, rows (None when unreadable).

    A row whose parts cannot be right comes as the ValueError that says why. Raises
    pyarrow.ArrowInvalid or OSError when the file has no readable footer.
    """
    with pq.ParquetFile(path, page_checksum_verification=True, memory_map=False) as file:
        first = 0
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            yield first, count, _read_group(file, group, shape)
            first += count


def _read_group(
    file: pq.ParquetFile, group: int, shape: Shape[Row]
) -> list[Row | ValueError] | None:
    try:
        table = file.read_row_group(group)
        if not shape.holds(table.schema):
            return None
        records = table.to_pylist()
    except (pa.ArrowException, OSError, ValueError):
        return None
    return [_attempt(shape.row, record) for record in records]


def _attempt(convert: Callable[[dict[str, Any]], Row], record: dict[str, Any]) -> Row | ValueError:
    try:
        return convert(record)
    except (ValueError, TypeError) as error:
        return ValueError(str(error))


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _column_type(name: str, annotation: str) -> Any:  # noqa: ANN401  # pyarrow has no types
    if name in _JSON_COLUMNS:
        return pa.string()
    return _TYPES[annotation.removesuffix(" | None")]


LABELS: Shape[ReleaseRow] = Shape(ReleaseRow)
ANNOTATIONS: Shape[AnnotationRow] = Shape(AnnotationRow)

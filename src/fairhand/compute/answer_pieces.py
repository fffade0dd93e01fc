"""Tables of answers too large for memory, read piece by piece, batch by batch.

A piece is a stretch of a Parquet file's row groups, or a whole CSV file; either is read in
batches, so memory holds a batch and never a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fairhand.core.errors import InvalidError, MalformedError

BATCH_ROWS = 1 << 20
_PIECE_ROWS = 4_000_000
_CSV_BLOCK = 32 << 20
_KINDS = (".parquet", ".csv", ".tsv")

Batch = tuple[Any, Any, Any]
"""Arrow arrays of tasks, people and labels."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of one file: some row groups of a Parquet file, or all of a CSV file."""

    path: str
    groups: tuple[int, ...] | None = None
    first_row: int = 0


def list_pieces(files: Sequence[Path], columns: tuple[str, str, str]) -> list[Piece]:
    """Cut the files into pieces, in the order of their names.

    Raises MalformedError for a file that cannot be read, InvalidError for a missing column.
    """
    pieces: list[Piece] = []
    for path in sorted(files):
        kind = kind_of(path)
        if kind == ".parquet":
            pieces += _parquet_pieces(path, columns)
        else:
            pieces.append(Piece(str(path)))
    return pieces


def kind_of(path: Path) -> str:
    """Give the ending that says the format; raises MalformedError for one not known."""
    endings = [ending.casefold() for ending in path.suffixes if ending.casefold() != ".gz"]
    kind = endings[-1] if endings else ""
    if kind not in _KINDS:
        raise MalformedError(f"{path.name} is none of {', '.join(_KINDS)}.")
    return kind


def batches(piece: Piece, columns: tuple[str, str, str]) -> Iterator[Batch]:
    """Read the three columns batch by batch, as whole numbers (int64), text or truth values.

    Raises InvalidError for a missing column, a missing value (naming its row), or names of
    another type; MalformedError for a file that cannot be read.
    """
    row, path = piece.first_row, Path(piece.path)
    try:
        for batch in _raw_batches(piece, columns):
            found = [_plain(batch.column(name), name, path, row) for name in columns]
            row += batch.num_rows
            yield found[0], found[1], found[2]
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise MalformedError(f"{path.name} cannot be read: {error}") from None


def _raw_batches(piece: Piece, columns: tuple[str, str, str]) -> Iterator[Any]:
    path = Path(piece.path)
    if piece.groups is not None:
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(BATCH_ROWS, list(piece.groups), list(columns))
        return
    import pyarrow.csv as pcsv

    separator = "\t" if kind_of(path) == ".tsv" else ","
    if not path.stat().st_size:
        raise MalformedError(f"{path.name} is empty; it needs a line of column names.")
    with pcsv.open_csv(
        path,
        read_options=pcsv.ReadOptions(block_size=_CSV_BLOCK),
        parse_options=pcsv.ParseOptions(delimiter=separator),
    ) as reader:
        _check_columns(path, reader.schema.names, columns)
        yield from reader


def _parquet_pieces(path: Path, columns: tuple[str, str, str]) -> Iterator[Piece]:
    import pyarrow.parquet as pq

    try:
        meta = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise MalformedError(f"{path.name} cannot be read as parquet: {error}") from None
    _check_columns(path, meta.schema.to_arrow_schema().names, columns)
    groups: list[int] = []
    start = rows = 0
    for group in range(meta.num_row_groups):
        groups.append(group)
        rows += meta.row_group(group).num_rows
        if rows - start >= _PIECE_ROWS or group == meta.num_row_groups - 1:
            yield Piece(str(path), tuple(groups), start)
            groups, start = [], rows


def _check_columns(path: Path, names: Sequence[str], columns: tuple[str, str, str]) -> None:
    for name in columns:
        if name not in names:
            raise InvalidError(
                f"{path.name} has no column {name!r}; it has {', '.join(names)}. "
                "Name them with --task, --worker and --label."
            )


def _plain(column: Any, name: str, path: Path, first_row: int) -> Any:  # noqa: ANN401  # pyarrow
    """Bring every kind of whole number to one type, and every kind of text."""
    if column.null_count:
        row = first_row + pc.index(pc.is_null(column), True).as_py()
        raise InvalidError(f"{path.name}: {name} is missing in row {row + 1}.")
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    for is_kind, plain in _PLAIN:
        if is_kind(column.type):
            return column.cast(plain)
    if not len(column):  # an empty CSV column has no type
        return column.cast(pa.null())
    raise InvalidError(f"{path.name}: {name} holds {column.type}; names are whole numbers or text.")


_PLAIN: tuple[tuple[Callable[[Any], bool], Any], ...] = (
    (pa.types.is_boolean, pa.bool_()),
    (pa.types.is_integer, pa.int64()),
    (pa.types.is_string, pa.large_string()),
    (pa.types.is_large_string, pa.large_string()),
    (pa.types.is_string_view, pa.large_string()),
)

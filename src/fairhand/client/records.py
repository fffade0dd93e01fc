"""What people hand over in a notebook, as JSON lines that a server reads.

Dictionaries, data frames, Arrow tables and data sets of Hugging Face are told apart by what they
can do, so that none of those libraries needs to be there.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final

from fairhand.client.errors import FairhandError

_FEATURES: Final = ("Image", "Audio")


@dataclass(frozen=True, slots=True)
class Records:
    """Rows one after the other, and the column with a file, where the rows say so themselves."""

    rows: Iterator[Any]
    media: str | None = None
    total: int | None = None


def records_of(what: Any) -> Records:  # noqa: ANN401  # whatever a person has
    """See rows in what was given; raises FairhandError that says what can be."""
    if isinstance(what, Mapping):
        if what and all(hasattr(part, "features") for part in what.values()):
            parts = [records_of(part) for part in what.values()]
            return Records((row for part in parts for row in part.rows), parts[0].media)
        return Records(iter([what]), total=1)
    if hasattr(what, "features") and hasattr(what, "cast_column"):
        return _data_set(what)
    if hasattr(what, "to_pylist"):
        return Records(iter(what.to_pylist()), total=_length(what))
    if hasattr(what, "iter_rows"):
        return Records(what.iter_rows(named=True), total=_length(what))
    if hasattr(what, "to_dict") and hasattr(what, "columns"):
        names = [str(name) for name in what.columns]
        cells = what.itertuples(index=False, name=None)
        return Records((dict(zip(names, row, strict=True)) for row in cells), total=_length(what))
    if isinstance(what, Iterable) and not isinstance(what, str | bytes):
        return Records(iter(what), total=_length(what))
    raise FairhandError(
        0,
        "not_data",
        f"A {type(what).__name__} cannot be added. Give dictionaries, a DataFrame, a data set of "
        "Hugging Face, or the path of a file or a folder.",
    )


def write_records(records: Records, file: BinaryIO) -> int:
    """Write rows as JSON lines and count them; raises FairhandError naming the row that fails."""
    number = 0
    for number, row in enumerate(records.rows, start=1):
        if isinstance(row, str):
            row = {"text": row}  # noqa: PLW2901  # a plain text is a row with a text
        if not isinstance(row, Mapping):
            message = f"Row {number} is a {type(row).__name__}; a dictionary or a text is wanted."
            raise FairhandError(0, "not_data", message)
        try:
            values = {str(name): _plain(value) for name, value in row.items()}
            line = json.dumps(values, ensure_ascii=False, allow_nan=False)
            file.write(line.encode() + b"\n")
        except (TypeError, ValueError, RecursionError, UnicodeEncodeError) as error:
            message = f"Row {number} cannot be written as JSON: {error}"
            raise FairhandError(0, "not_data", message) from None
    return number


def _data_set(what: Any) -> Records:  # noqa: ANN401  # of another library
    """Read a data set: files as they are, classes by their names."""
    found = dict(what.features)
    files = [name for name, one in found.items() if type(one).__name__ in _FEATURES]
    for name in files:
        what = what.cast_column(name, type(found[name])(decode=False))
    classes = {name: one for name, one in found.items() if type(one).__name__ == "ClassLabel"}

    def rows() -> Iterator[dict[str, Any]]:
        for row in what:
            known = dict(row)
            for name, feature in classes.items():
                number = known.get(name)
                named = isinstance(number, int) and 0 <= number < len(feature.names)
                known[name] = feature.names[number] if named else None
            yield known

    return Records(rows(), files[0] if len(files) == 1 else None, _length(what))


def _length(what: Any) -> int | None:  # noqa: ANN401  # whatever a person has
    try:
        return len(what)
    except TypeError:
        return None


def _plain(value: Any) -> Any:  # noqa: ANN401  # from any cell to JSON
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, bytes | bytearray):
        return "data:;base64," + base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return _other(value)


def _object(value: Mapping[Any, Any]) -> Any:  # noqa: ANN401  # an object, or a file's bytes
    if value.keys() == {"bytes", "path"}:
        return _plain(value["bytes"] or Path(str(value["path"])).read_bytes())
    return {str(name): _plain(inner) for name, inner in value.items()}


def _other(value: Any) -> Any:  # noqa: ANN401  # of another library
    if isinstance(value, datetime | date | time):
        return None if type(value).__name__ == "NaTType" else value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    raise TypeError(f"a {type(value).__name__} has no JSON")

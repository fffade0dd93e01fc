"""Columns out of what people have: three sequences, or a table of pandas, polars or pyarrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Column = Sequence[Any] | NDArray[Any]


@runtime_checkable
class Frame(Protocol):
    """Any table whose columns are found by name: pandas, polars, pyarrow, a dict of lists."""

    def __getitem__(self, name: str, /) -> Any: ...  # noqa: ANN401


def is_frame(found: object) -> bool:
    """Say whether this is a table rather than a column of values."""
    return isinstance(found, dict) or hasattr(found, "columns") or hasattr(found, "column_names")


def columns(frame: object, names: Iterable[str]) -> list[Column]:
    """Take the named columns out of a table.

    Raises ValueError that lists the table's columns when one is missing.
    """
    return [_column(frame, name) for name in names]


def column_names(frame: object) -> list[str]:
    """Give the names of a table's columns."""
    return _names(frame)


def answer_columns(
    task: object, worker: object | None, label: object | None, names: tuple[str, str, str]
) -> tuple[Column, Column, Column]:
    """Take (task, worker, label) from one table given as `task`, or from three sequences.

    `names` are the table's columns. Raises ValueError when it is neither of both.
    """
    if is_frame(task):
        if worker is not None or label is not None:
            raise ValueError("give one table, or three sequences; not both")
        found = columns(task, names)
        return found[0], found[1], found[2]
    if worker is None or label is None:
        raise ValueError(
            f"give a table with the columns {', '.join(names)}, or three sequences of one length"
        )
    return _values(task), _values(worker), _values(label)


def _column(frame: Any, name: str) -> Column:  # noqa: ANN401
    known = _names(frame)
    if name not in known:
        raise ValueError(f"the table has no column {name!r}; it has {', '.join(known) or 'none'}")
    return _values(frame[name])


def _names(frame: Any) -> list[str]:  # noqa: ANN401
    if isinstance(frame, dict):
        return list(map(str, frame))
    # A pyarrow table's `columns` are its data; `column_names` are the names.
    return list(map(str, getattr(frame, "column_names", None) or frame.columns))


def _values(column: Any) -> Column:  # noqa: ANN401
    """Give a column as a NumPy array or a plain sequence; a missing value stays missing."""
    if isinstance(column, np.ndarray | list | tuple):
        return column
    if hasattr(column, "to_numpy"):
        array: NDArray[Any] = np.asarray(column.to_numpy())
        return array
    return list(column)

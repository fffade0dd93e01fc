"""Arbitrary task, person and label names to integer codes, and back.

Every aggregator works on codes: three integer arrays of one length. Names are put in sorted
order where they can be compared, so that the order of the rows never changes a result.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

_ARRAY_TYPES = (bool, int, float, str)
_MANY = 1_000
_WIDEST = 4
"""A table of what is there may be this many times as long as the column."""


@dataclass(frozen=True, slots=True)
class AnswerCodes:
    """One row per answer; `tasks`, `workers` and `classes` name what the codes stand for."""

    task: Codes
    worker: Codes
    label: Codes
    tasks: tuple[Any, ...]
    workers: tuple[Any, ...]
    classes: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.task)


def encode(
    task: Sequence[Any] | NDArray[Any],
    worker: Sequence[Any] | NDArray[Any],
    label: Sequence[Any] | NDArray[Any],
    classes: Sequence[Any] | None = None,
) -> AnswerCodes:
    """Turn three columns into codes.

    `classes` fixes the classes and their order, also those that nobody has given yet. Raises
    ValueError for columns of different length, a missing value, or a label outside `classes`.
    """
    if not len(task) == len(worker) == len(label):
        raise ValueError(
            "task, worker and label must have one length; they have "
            f"{len(task)}, {len(worker)} and {len(label)}"
        )
    tasks, task_codes = _factorise(task, "task")
    workers, worker_codes = _factorise(worker, "worker")
    names, label_codes = _factorise(label, "label")
    if classes is not None:
        names, label_codes = _onto(tuple(classes), names, label_codes)
    return AnswerCodes(task_codes, worker_codes, label_codes, tasks, workers, names)


def factorise(column: Sequence[Any] | NDArray[Any], name: str) -> tuple[tuple[Any, ...], Codes]:
    """Give a column's distinct values in order, and each row's place among them.

    Raises ValueError that names the row when a value is missing.
    """
    return _factorise(column, name)


def _onto(
    classes: tuple[Any, ...], names: tuple[Any, ...], codes: Codes
) -> tuple[tuple[Any, ...], Codes]:
    place = {name: index for index, name in enumerate(classes)}
    if len(place) != len(classes):
        raise ValueError("classes holds a label twice")
    unknown = [name for name in names if name not in place]
    if unknown:
        raise ValueError(f"label {unknown[0]!r} is not one of the classes")
    return classes, np.array([place[name] for name in names], dtype=np.intp)[codes]


def _factorise(column: Sequence[Any] | NDArray[Any], name: str) -> tuple[tuple[Any, ...], Codes]:
    if len(column) >= _MANY and _all_texts(column):
        return _factorise_texts(column)
    array = _as_array(column)
    if array is None:
        return _factorise_objects(column, name)
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError(f"{name} is missing in row {int(np.isnan(array).argmax())}")
    if array.dtype.kind in "iu" and _is_narrow(array):
        return _factorise_narrow(array)
    values, codes = np.unique(array, return_inverse=True)
    return tuple(values.tolist()), codes.astype(np.intp, copy=False).reshape(-1)


def _all_texts(column: Sequence[Any] | NDArray[Any]) -> bool:
    if isinstance(column, np.ndarray) and column.dtype.kind != "O":
        return column.dtype.kind == "U" and column.ndim == 1
    return set(map(type, column)) <= {str, np.str_}


def _is_narrow(array: NDArray[Any]) -> bool:
    """Say whether integers span so little that a table of what is there beats sorting them."""
    if len(array) < _MANY:
        return False
    return int(array.max()) - int(array.min()) < _WIDEST * len(array)


def _factorise_narrow(array: NDArray[Any]) -> tuple[tuple[Any, ...], Codes]:
    low, high = int(array.min()), int(array.max())
    if array.dtype.kind == "i":  # widen before subtracting: a byte from -128 to 127 would wrap
        places = array.astype(np.intp, copy=False)
        places = places - low if low else places
    else:
        places = (array - array.dtype.type(low)).astype(np.intp)
    present = np.zeros(high - low + 1, dtype=bool)
    present[places] = True
    # Of the column's own type: what overflows on the way out comes back in.
    values = np.flatnonzero(present).astype(array.dtype) + array.dtype.type(low)
    names = tuple(values.tolist())
    if len(names) == len(present):
        return names, places
    return names, (np.cumsum(present) - 1)[places]


def _factorise_texts(column: Sequence[str] | NDArray[Any]) -> tuple[tuple[Any, ...], Codes]:
    """Hash texts rather than sort them: only the distinct ones are put in order."""
    import pyarrow  # slow to import, and few have so many texts

    try:
        texts = pyarrow.array(column, pyarrow.large_string())
    except UnicodeError:  # half a surrogate pair is no text for Arrow, and a name all the same
        return _factorise_objects(column, "")
    found = texts.dictionary_encode()
    values = found.dictionary.to_pylist()
    order = sorted(range(len(values)), key=values.__getitem__)
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return tuple(values[place] for place in order), rank[found.indices.to_numpy()]


def _as_array(column: Sequence[Any] | NDArray[Any]) -> NDArray[Any] | None:
    """Give the column as a sortable array; None where NumPy would merge or mangle names."""
    if isinstance(column, np.ndarray):
        if column.ndim != 1:
            raise ValueError("task, worker and label must have one dimension")
        return None if column.dtype.kind not in "biufSU" else column
    kinds = set(map(type, column))
    if len(kinds) != 1 or not issubclass(next(iter(kinds)), _ARRAY_TYPES):
        return None
    array = np.asarray(column)
    # NumPy drops trailing NULs of strings and widens huge integers to floats or objects.
    exact = array.dtype.kind in "biu" or (
        array.dtype.kind in "fU" and kinds != {int} and not _ends_in_nul(column, array)
    )
    return array if exact else None


def _ends_in_nul(column: Iterable[Any], array: NDArray[Any]) -> bool:
    return array.dtype.kind == "U" and any(text.endswith("\0") for text in column)


def _factorise_objects(column: Iterable[Hashable], name: str) -> tuple[tuple[Any, ...], Codes]:
    values = list(column)
    for row, value in enumerate(values):
        if value is None or (isinstance(value, float) and math.isnan(value)):
            raise ValueError(f"{name} is missing in row {row}")
    names = _in_order(dict.fromkeys(values))
    place = {value: index for index, value in enumerate(names)}
    codes = np.fromiter(map(place.__getitem__, values), dtype=np.intp, count=len(values))
    return tuple(names), codes


def _in_order(names: Iterable[Any]) -> list[Any]:
    try:
        return sorted(names)
    except TypeError:
        return sorted(names, key=_type_then_text)


def _type_then_text(value: object) -> tuple[str, str]:
    return type(value).__name__, repr(value)

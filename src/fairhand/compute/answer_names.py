"""What names a large table of answers holds: found piece by piece, then put together.

Everybody's code is their place among the sorted names, as when a table is read whole. Tasks get
no code over all: they are cut into stretches by name with about as many answers each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fairhand.compute.answer_pieces import Piece, batches
from fairhand.core.errors import InvalidError

_SAMPLED_EVERY = 256
MAX_LABELS = 10_000
_COLUMNS = ("task", "worker", "label")


@dataclass(frozen=True, slots=True)
class Survey:
    """What one piece holds: rows, distinct people and labels, and every so manyth task."""

    path: str
    rows: int
    workers: Any
    labels: Any
    tasks: Any

    @property
    def types(self) -> tuple[Any, Any, Any]:
        """The Arrow types of tasks, people and labels; null where there were no rows."""
        return self.tasks.type, self.workers.type, self.labels.type


@dataclass(frozen=True, slots=True)
class Names:
    """All people and labels in order, and the first task of each stretch but the first."""

    answers: int
    workers: Any
    labels: Any
    bounds: Any

    @property
    def stretches(self) -> int:
        """Into how many stretches the tasks are cut."""
        return len(self.bounds) + 1

    def stretch_of(self, tasks: Any) -> NDArray[np.int64]:  # noqa: ANN401  # pyarrow
        """Give the stretch that each task lies in."""
        if pa.types.is_large_string(tasks.type):
            found = tasks.dictionary_encode()
            names = np.array(found.dictionary.to_pylist(), dtype=object)
            bounds = np.array(self.bounds.to_pylist(), dtype=object)
            places = np.searchsorted(bounds, names, side="right")
            coded: NDArray[np.int64] = places[found.indices.to_numpy()].astype(np.int64)
            return coded
        names = tasks.to_numpy(zero_copy_only=False)
        bounds = self.bounds.to_numpy(zero_copy_only=False)
        place: NDArray[np.int64] = np.searchsorted(bounds, names, side="right").astype(np.int64)
        return place


def survey(piece: Piece, columns: tuple[str, str, str]) -> Survey:
    """Look through one piece, in memory that its names need and its rows do not."""
    rows = 0
    workers, labels = pa.array([], pa.null()), pa.array([], pa.null())
    sampled: list[Any] = []
    for task, worker, label in batches(piece, columns):
        # Counted over the whole piece, so that the size of batches does not matter.
        sampled.append(
            task.take(pa.array(range(-rows % _SAMPLED_EVERY, len(task), _SAMPLED_EVERY)))
        )
        rows += len(task)
        workers, labels = _joined([workers, worker]), _joined([labels, label])
        if len(labels) > MAX_LABELS:
            raise InvalidError(
                f"{Path(piece.path).name} has more than {MAX_LABELS:,} different labels; "
                "are these free answers rather than classes?"
            )
    return Survey(piece.path, rows, workers, labels, _together(sampled))


def put_together(surveys: Sequence[Survey], stretches: int) -> Names:
    """Join what all pieces hold, and cut the tasks into about this many stretches.

    Raises InvalidError when there are no answers, or when files disagree on a column's type.
    """
    _check_types(surveys)
    answers = sum(one.rows for one in surveys)
    if not answers:
        raise InvalidError("There are no answers in these files.")
    tasks = _in_order(_together([one.tasks for one in surveys]))
    edges = np.arange(1, stretches) * len(tasks) // max(stretches, 1)
    # A task that fills more than a stretch gives one bound, not two.
    bounds = _in_order(tasks.take(pa.array(edges)).unique())
    return Names(
        answers,
        _in_order(_joined([one.workers for one in surveys])),
        _in_order(_joined([one.labels for one in surveys])),
        bounds,
    )


def _check_types(surveys: Sequence[Survey]) -> None:
    for place, name in enumerate(_COLUMNS):
        seen: dict[Any, str] = {}
        for one in surveys:
            if one.rows:
                seen.setdefault(one.types[place], Path(one.path).name)
        if len(seen) > 1:
            (first, here), (second, there) = list(seen.items())[:2]
            raise InvalidError(
                f"The column of each {name} is {first} in {here} and {second} in {there}; "
                "names must be of one type."
            )


def _joined(arrays: Iterable[Any]) -> Any:  # noqa: ANN401  # pyarrow
    return _together(arrays).unique()


def _together(arrays: Iterable[Any]) -> Any:  # noqa: ANN401  # pyarrow
    """Concatenate, leaving out what is empty and so may have no type."""
    full = [array for array in arrays if len(array)]
    return pa.concat_arrays(full) if full else pa.array([], pa.null())


def _in_order(array: Any) -> Any:  # noqa: ANN401  # pyarrow
    """Sort; text by its bytes, which is the order of Python's strings."""
    if pa.types.is_boolean(array.type):
        return array.cast(pa.int8()).take(pc.sort_indices(array.cast(pa.int8()))).cast(pa.bool_())
    return array.take(pc.sort_indices(array))

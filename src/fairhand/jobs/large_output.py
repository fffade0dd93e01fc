"""Labels of a table too large for memory, written partition by partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fairhand.core.errors import InvalidError
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.aggregation.result import winners

_KINDS = (".parquet", ".csv")


def check_output(path: Path) -> None:
    """Raise InvalidError unless the ending is one that can be written in pieces."""
    if path.suffix.casefold() not in _KINDS:
        raise InvalidError(f"{path.name}: labels are written to .parquet or .csv.")


def write_labels(path: Path, parts: Iterable[tuple[Any, Floats]], classes: Any) -> int:  # noqa: ANN401
    """Write task, label, probability and a column a class; give how many tasks there were.

    `parts` are tasks (an Arrow array) and their probabilities, tasks x classes. The file appears
    when it is complete.
    """
    draft = path.with_name(path.name + ".draft")
    tasks = 0
    with _writer(draft, path.suffix.casefold()) as write:
        for names, probabilities in parts:
            if len(names):
                write(_table(names, probabilities, classes))
                tasks += len(names)
    draft.rename(path)
    return tasks


def _table(names: Any, probabilities: Floats, classes: Any) -> Any:  # noqa: ANN401  # pyarrow
    columns = {
        "task": names,
        "label": classes.take(pa.array(winners(probabilities))),
        "probability": probabilities.max(axis=1),
    }
    columns |= {
        f"p({name})": np.ascontiguousarray(probabilities[:, place])
        for place, name in enumerate(classes.to_pylist())
    }
    return pa.table(columns)


@contextmanager
def _writer(path: Path, kind: str) -> Iterator[Any]:
    """Yield a function that writes a table; the first one says the columns."""
    made: list[Any] = []

    def write(table: Any) -> None:  # noqa: ANN401  # pyarrow
        if not made:
            made.append(_open(path, kind, table.schema))
        made[0].write_table(table)

    try:
        yield write
    finally:
        for writer in made:
            writer.close()


def _open(path: Path, kind: str, schema: Any) -> Any:  # noqa: ANN401  # pyarrow
    if kind == ".parquet":
        import pyarrow.parquet as pq

        return pq.ParquetWriter(path, schema)
    import pyarrow.csv as pcsv

    return pcsv.CSVWriter(path, schema)

"""A large table of answers as coded partitions on disk: each task's answers lie in one of them.

Three rounds over the pieces of the table, each a function that an `Engine` maps: `survey` finds
the names, `scatter` codes the answers and sorts them into stretches of tasks, `gather` writes
each stretch as a partition. Partitions follow each other in the order of their tasks' names, and
rows keep their order, so that nothing depends on how the table was cut. A round that was cut off
goes on where it stopped: a folder appears under its own name only when it is complete.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc as ipc
from numpy.typing import NDArray

from fairhand.compute.answer_names import Names, Survey, put_together, survey
from fairhand.compute.answer_pieces import Batch, Piece, batches
from fairhand.compute.engines import Engine

ROWS_A_PARTITION = 4_000_000
Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Answers task by task: those of task i lie at `starts[i]:starts[i + 1]` of `cell`.

    A cell is `place * labels + label`, where `people[place]` is the person's code over all.
    `tasks` are the names, an Arrow array in ascending order.
    """

    starts: NDArray[np.int64]
    cell: NDArray[np.int64]
    people: NDArray[np.int64]
    tasks: Any


def write_partitions(
    engine: Engine,
    pieces: Sequence[Piece],
    columns: tuple[str, str, str],
    stretches: int | None,
    folder: Path,
    report: Report,
) -> Names:
    """Write about `stretches` partitions under `folder`; give the names behind the codes.

    Without `stretches`, a partition has about four million answers.

    Raises what `batches` and `put_together` raise.
    """
    found: list[Survey | None] = [None] * len(pieces)
    for place, one in _told(
        engine.map(partial(survey, columns=columns), pieces), "reading names", len(pieces), report
    ):
        found[place] = one
    surveys = [one for one in found if one is not None]
    wanted = stretches or -(-sum(one.rows for one in surveys) // ROWS_A_PARTITION)
    names = put_together(surveys, wanted)
    scattered = [folder / "scattered" / f"{place:05d}" for place in range(len(pieces))]
    folders = [folder_of(folder, place) for place in range(names.stretches)]
    if not all(path.exists() for path in folders):
        jobs = list(zip(pieces, scattered, strict=True))
        work = partial(_scatter, columns=columns, names=names)
        for _ in _told(engine.map(work, jobs), "sorting answers", len(jobs), report):
            pass
        gather = partial(_gather, scattered=scattered, labels=len(names.labels))
        numbered = list(enumerate(folders))
        for _ in _told(engine.map(gather, numbered), "writing partitions", len(folders), report):
            pass
    shutil.rmtree(folder / "scattered", ignore_errors=True)
    return names


def folder_of(folder: Path, place: int) -> Path:
    """Say where a partition lies."""
    return folder / f"part-{place:05d}"


def read_partition(path: Path) -> Partition:
    """Open a partition; its arrays are read when they are used."""
    return Partition(
        np.load(path / "starts.npy", mmap_mode="r"),
        np.load(path / "cell.npy", mmap_mode="r"),
        np.load(path / "people.npy", mmap_mode="r"),
        read_tasks(path),
    )


def read_tasks(path: Path) -> Any:  # noqa: ANN401  # pyarrow
    """Give the names of a partition's tasks."""
    with pa.memory_map(str(path / "tasks.arrow")) as source:
        return _only_chunk(ipc.open_file(source).read_all().column("task"))


@contextmanager
def made_whole(path: Path) -> Iterator[Path]:
    """Yield a folder to write in, which becomes `path` when the block ends without an error."""
    draft = path.with_name(path.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    yield draft
    draft.rename(path)


def _told(
    results: Iterator[tuple[int, Any]], title: str, total: int, report: Report
) -> Iterator[tuple[int, Any]]:
    report(title, 0, total)
    for done, result in enumerate(results, 1):
        yield result
        report(title, done, total)


def _scatter(job: tuple[Piece, Path], columns: tuple[str, str, str], names: Names) -> None:
    """Code one piece, and write a file for every stretch of tasks that it has answers of."""
    piece, path = job
    if path.exists():
        return
    with made_whole(path) as draft:
        files: dict[int, Any] = {}
        try:
            for batch in batches(piece, columns):
                for stretch, part in _cut(batch, names):
                    if stretch not in files:
                        files[stretch] = ipc.new_file(str(_slice(draft, stretch)), part.schema)
                    files[stretch].write_batch(part)
        finally:
            for file in files.values():
                file.close()


def _slice(folder: Path, stretch: int) -> Path:
    return folder / f"{stretch:05d}.arrow"


def _cut(batch: Batch, names: Names) -> Iterator[tuple[int, Any]]:
    """Code a batch and cut it into stretches of tasks; inside one, rows keep their order."""
    task, worker, label = batch
    if not len(task):
        return
    coded = pa.record_batch(
        {
            "task": task,
            "worker": pc.index_in(worker, value_set=names.workers),
            "label": pc.index_in(label, value_set=names.labels),
        }
    )
    stretch = names.stretch_of(task)
    if (stretch[1:] < stretch[:-1]).any():
        order = np.argsort(stretch, kind="stable")
        coded, stretch = coded.take(pa.array(order)), stretch[order]
    firsts = np.flatnonzero(np.r_[True, stretch[1:] != stretch[:-1]])
    for first, last in zip(firsts, np.r_[firsts[1:], len(stretch)], strict=True):
        yield int(stretch[first]), coded.slice(int(first), int(last - first))


def _gather(job: tuple[int, Path], scattered: Sequence[Path], labels: int) -> None:
    """Bring a stretch's answers together from all pieces, and write them as a partition."""
    stretch, path = job
    if path.exists():
        return
    slices = [_slice(folder, stretch) for folder in scattered]
    tables = [_read(part) for part in slices if part.exists()]
    with made_whole(path) as draft:
        if not tables:
            none = np.zeros(0, dtype=np.int64)
            _write(draft, pa.array([], pa.null()), none, none, none, labels)
            return
        table = pa.concat_tables(tables)
        tasks, task = _factorised(_only_chunk(table.column("task")))
        worker, label = (table.column(name).to_numpy() for name in ("worker", "label"))
        _write(draft, tasks, task, worker, label, labels)


def _read(path: Path) -> Any:  # noqa: ANN401  # pyarrow
    with pa.memory_map(str(path)) as source:
        return ipc.open_file(source).read_all()


def _only_chunk(column: Any) -> Any:  # noqa: ANN401  # pyarrow
    whole = column.combine_chunks()
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole


def _factorised(names: Any) -> tuple[Any, NDArray[np.int64]]:  # noqa: ANN401  # pyarrow
    """Give the distinct names in ascending order, and each row's place among them."""
    found = names.dictionary_encode()
    order = pc.sort_indices(_sortable(found.dictionary)).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return found.dictionary.take(pa.array(order)), rank[found.indices.to_numpy()]


def _sortable(names: Any) -> Any:  # noqa: ANN401  # pyarrow
    return names.cast(pa.int8()) if pa.types.is_boolean(names.type) else names


def _write(
    folder: Path,
    tasks: Any,  # noqa: ANN401  # pyarrow
    task: NDArray[np.int64],
    worker: NDArray[np.int64],
    label: NDArray[np.int64],
    labels: int,
) -> None:
    people, own = np.unique(worker, return_inverse=True)
    starts = np.zeros(len(tasks) + 1, dtype=np.int64)
    np.cumsum(np.bincount(task, minlength=len(tasks)), out=starts[1:])
    cell = own.reshape(-1).astype(np.int64) * labels + label
    if (task[1:] < task[:-1]).any():
        cell = cell[np.argsort(task, kind="stable")]
    # Half the width where it fits: every pass reads this column twice.
    narrow = len(people) * labels <= np.iinfo(np.int32).max
    np.save(folder / "starts.npy", starts)
    np.save(folder / "cell.npy", cell.astype(np.int32) if narrow else cell)
    np.save(folder / "people.npy", people.astype(np.int64))
    made = pa.table({"task": tasks})
    with ipc.new_file(str(folder / "tasks.arrow"), made.schema) as file:
        file.write_table(made)

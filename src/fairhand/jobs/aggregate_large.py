"""Join a hundred million answers into labels: Daft's partitions under the engine of `quality`.

`fairhand.compute` brings answers into coded partitions on disk and runs functions over them, on
this machine or on Ray; `fairhand.quality` knows what a pass over one partition means. Neither
knows the other; here they meet. The labels are those that the same method gives in memory.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fairhand.compute.answer_names import Names
from fairhand.compute.answer_pieces import list_pieces
from fairhand.compute.engines import Engine, check_engine, started
from fairhand.compute.partitions import (
    Report,
    folder_of,
    read_partition,
    read_tasks,
    write_partitions,
)
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.jobs.large_output import check_output, write_labels
from fairhand.jobs.large_passes import (
    Passes,
    PassReport,
    is_settled,
    read_posterior,
    run_passes,
)
from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFamily
from fairhand.quality.aggregation.engine import Family, Learned, check_size
from fairhand.quality.aggregation.one_coin import OneCoinFamily
from fairhand.quality.aggregation.people_fit import by_class

FAMILIES: dict[str, Callable[[], Family]] = {
    "dawid-skene": DawidSkeneFamily,
    "one-coin": OneCoinFamily,
}
LARGE_METHODS = (*FAMILIES, "majority")
_PLAN = "plan.json"


@dataclass(frozen=True, slots=True)
class AggregateLarge:
    """What to join: `files` into the labels in `output` (.parquet or .csv).

    `partitions` is how many stretches the tasks are cut into (by default one for every four
    million answers). `scratch` holds partitions and checkpoints, on a disk that all machines see
    (by default beside the output); it is removed at the end, and kept when the work is cut off,
    so that the same call goes on where it stopped.
    """

    files: Sequence[Path]
    output: Path
    method: str = "dawid-skene"
    engine: str = "native"
    partitions: int | None = None
    columns: tuple[str, str, str] = ("task", "worker", "label")
    scratch: Path | None = None
    max_iterations: int = 100
    tolerance: float = 1e-5
    processors: int | None = None


@dataclass(frozen=True, slots=True)
class LargeAggregation:
    """What was found besides the labels; `accuracy[w]` and `answers` belong to `workers[w]`.

    For majority there is no accuracy and nothing to settle.
    """

    answers: int
    tasks: int
    workers: tuple[Any, ...]
    classes: tuple[Any, ...]
    partitions: int
    accuracy: Floats | None = None
    shares: Floats | None = None
    log_likelihood: float | None = None
    iterations: int = 0
    converged: bool = True


def aggregate_large(
    command: AggregateLarge,
    report: Report = lambda _title, _done, _total: None,
    pass_done: Callable[[PassReport], None] = lambda _report: None,
) -> LargeAggregation:
    """Join the answers; `report` is told how preparations go, `pass_done` of every pass.

    Raises InvalidError for a method, engine, column or value that cannot be used, MalformedError
    for a file that cannot be read, UnavailableError when the engine is not installed,
    ConflictError when the scratch folder holds something else.
    """
    _check(command)
    pieces = list_pieces(command.files, command.columns)
    scratch = command.scratch or command.output.with_name(command.output.name + ".scratch")
    _claim(scratch, command)
    with started(command.engine, processors=command.processors) as engine:
        names = write_partitions(
            engine, pieces, command.columns, command.partitions, scratch / "answers", report
        )
        found = _join(engine, command, names, scratch, pass_done)
    _forget(scratch)
    return found


def _check(command: AggregateLarge) -> None:
    """Refuse what cannot be done before anything is read."""
    if command.method not in LARGE_METHODS:
        raise InvalidError(
            f"{command.method!r} does not work in partitions; {', '.join(LARGE_METHODS)} do."
        )
    if command.partitions is not None and command.partitions < 1:
        raise InvalidError("There must be at least one partition.")
    if not command.files:
        raise InvalidError("There are no files to read.")
    check_engine(command.engine)
    check_output(command.output)


def _claim(scratch: Path, command: AggregateLarge) -> None:
    """Make the scratch folder, or go on in it when it is of the same files and columns."""
    plan = _plan(command)
    noted = scratch / _PLAN
    if scratch.exists() and not noted.exists() and any(scratch.iterdir()):
        raise ConflictError(f"{scratch} is not empty; name another folder for scratch.")
    if noted.exists() and json.loads(noted.read_text(encoding="utf-8")) != plan:
        _forget(scratch)
    scratch.mkdir(parents=True, exist_ok=True)
    noted.write_text(json.dumps(plan), encoding="utf-8")


def _forget(scratch: Path) -> None:
    """Remove the folder; cut off in the middle, nothing half removed is taken for work done."""
    done = scratch.with_name(scratch.name + ".done")
    shutil.rmtree(done, ignore_errors=True)
    scratch.rename(done)
    shutil.rmtree(done)


def _plan(command: AggregateLarge) -> dict[str, Any]:
    """Say what partitions depend on."""
    files = [(path, path.stat()) for path in sorted(command.files)]
    return {
        "files": [[str(path.resolve()), at.st_size, at.st_mtime_ns] for path, at in files],
        "columns": list(command.columns),
        "partitions": command.partitions,
    }


def _join(
    engine: Engine,
    command: AggregateLarge,
    names: Names,
    scratch: Path,
    pass_done: Callable[[PassReport], None],
) -> LargeAggregation:
    parts = [folder_of(scratch / "answers", place) for place in range(names.stretches)]
    classes = len(names.labels)
    about = LargeAggregation(
        answers=names.answers,
        tasks=0,
        workers=tuple(names.workers.to_pylist()),
        classes=tuple(names.labels.to_pylist()),
        partitions=len(parts),
    )
    if command.method == "majority":
        tasks = write_labels(command.output, _votes(parts, classes), names.labels)
        return replace(about, tasks=tasks)
    family, folder = FAMILIES[command.method](), scratch / command.method
    try:
        check_size(len(names.workers), classes, len(family.states(classes)))
    except ValueError as error:
        raise InvalidError(str(error)) from None
    state = run_passes(
        engine, family, parts, (len(names.workers), classes), folder,
        max_iterations=command.max_iterations, tolerance=command.tolerance, done=pass_done,
    )  # fmt: skip
    codes = family.states(classes)
    found = _posteriors(parts, folder, state, codes, classes)
    learned = family.learn(state.counts, state.state_counts)
    return replace(
        about,
        tasks=write_labels(command.output, found, names.labels),
        accuracy=_accuracy(learned, codes),
        shares=by_class(np.exp(learned.log_shares)[None], codes, classes)[0],
        log_likelihood=state.log_likelihood,
        iterations=state.number,
        converged=is_settled(state, command.tolerance),
    )


def _votes(parts: Sequence[Path], classes: int) -> Iterator[tuple[Any, Floats]]:
    """Give each partition's tasks and the shares of their votes."""
    for path in parts:
        part = read_partition(path)
        task = np.repeat(np.arange(len(part.tasks)), np.diff(part.starts))
        cells = np.bincount(
            task * classes + part.cell % classes, minlength=len(part.tasks) * classes
        )
        votes = cells.reshape(-1, classes).astype(np.float64)
        yield part.tasks, votes / votes.sum(axis=1, keepdims=True)


def _posteriors(
    parts: Sequence[Path], folder: Path, state: Passes, states: Codes, classes: int
) -> Iterator[tuple[Any, Floats]]:
    for place, path in enumerate(parts):
        found = by_class(read_posterior(folder, state.number, place), states, classes)
        yield read_tasks(path), found


def _accuracy(learned: Learned, states: Codes) -> Floats:
    """Give each person's chance to be right on a task drawn like these."""
    found = np.zeros(learned.log_tables.shape[0])
    for state, own in enumerate(states.tolist()):
        found += np.exp(learned.log_shares[state] + learned.log_tables[:, own, state])
    return found

"""The passes of expectation maximisation over partitions on disk, each pass a checkpoint.

Tables go out through one file, every partition gives back expected counts of its own people, and
the counts are summed in the order of the partitions, so that neither the engine nor luck changes
a digit. Posteriors stay with their partition: how far they moved decides, as in memory, when to
stop. (J. Dean, S. Ghemawat: MapReduce, OSDI 2004; C.-T. Chu et al.: Map-reduce for machine
learning on multicore, NIPS 2006.)
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from fairhand.compute.engines import Engine
from fairhand.compute.partitions import made_whole, read_partition
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.aggregation.engine import (
    Family,
    Grouped,
    Learned,
    QuickFamily,
    check_size,
    sweep,
)


@dataclass(frozen=True, slots=True)
class PassReport:
    """How a pass went; pass 0 is the one under what is believed before anybody has answered."""

    number: int
    seconds: float
    change: float
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class Passes:
    """Where a run stands: all that the passes up to `number` found, enough to go on from."""

    number: int
    counts: Floats
    state_counts: Floats
    log_likelihood: float
    change: float


def run_passes(
    engine: Engine,
    family: Family,
    parts: Sequence[Path],
    size: tuple[int, int],
    folder: Path,
    *,
    max_iterations: int,
    tolerance: float,
    done: Callable[[PassReport], None],
) -> Passes:
    """Learn until no posterior moves by more than `tolerance`; `size` is people x classes.

    Goes on from the latest checkpoint in `folder`; `read_posterior` gives what the last pass
    believes. Raises ValueError when tables for everybody would be too large.
    """
    workers, classes = size
    check_size(workers, classes, len(family.states(classes)))
    folder.mkdir(parents=True, exist_ok=True)
    state = _latest(folder)
    if state is None:
        state = _pass(engine, family.start(workers, classes), parts, folder, 0, done)
    learn = family.learn_tables if isinstance(family, QuickFamily) else family.learn
    while state.number < max_iterations and not is_settled(state, tolerance):
        learned = learn(state.counts, state.state_counts)
        state = _pass(engine, learned, parts, folder, state.number + 1, done)
    return state


def is_settled(state: Passes, tolerance: float) -> bool:
    """Say whether the last pass moved no posterior by more than `tolerance`."""
    return state.number > 0 and state.change <= tolerance


def read_posterior(folder: Path, number: int, place: int) -> Floats:
    """Give the posteriors of partition `place` after pass `number`, tasks x states."""
    found: Floats = np.load(_result(folder, number, place) / "posterior.npy")
    return found


def _pass(
    engine: Engine,
    learned: Learned,
    parts: Sequence[Path],
    folder: Path,
    number: int,
    done: Callable[[PassReport], None],
) -> Passes:
    """Sweep every partition that this pass has not yet swept; sum, and keep the sum."""
    began = perf_counter()
    logs = learned.tables is None
    tables = learned.log_tables if learned.tables is None else learned.tables
    table_file = folder / f"tables-{number:04d}.npy"
    np.save(table_file, tables)
    work = partial(
        _sweep_part,
        folder=folder, number=number, tables=table_file, log_shares=learned.log_shares, logs=logs,
    )  # fmt: skip
    for _ in engine.map(work, list(enumerate(parts))):
        pass
    state = _summed(parts, folder, number, tables.shape, len(learned.log_shares))
    _keep(folder, state)
    table_file.unlink()
    shutil.rmtree(_pass_folder(folder, number - 1), ignore_errors=True)
    done(PassReport(number, perf_counter() - began, state.change, state.log_likelihood))
    return state


def _sweep_part(
    job: tuple[int, Path],
    *,
    folder: Path,
    number: int,
    tables: Path,
    log_shares: Floats,
    logs: bool,
) -> None:
    """Sweep one partition under its own people's rows of the tables; write what it gives."""
    place, path = job
    target = _result(folder, number, place)
    if target.exists():
        return
    part = read_partition(path)
    rows: Floats = np.load(tables, mmap_mode="r")[part.people]
    learned = Learned(rows if logs else np.zeros(0), log_shares, tables=None if logs else rows)
    grouped = Grouped(np.array(part.starts), np.array(part.cell), len(part.people), rows.shape[1])
    before = number > 0
    shape = (grouped.tasks, len(log_shares))
    posterior = read_posterior(folder, number - 1, place) if before else np.zeros(shape)
    found = sweep(grouped, learned, posterior)
    with made_whole(target) as draft:
        np.save(draft / "posterior.npy", posterior)
        np.save(draft / "counts.npy", found.counts)
        one = [found.log_likelihood, found.change]
        np.save(draft / "sums.npy", np.concatenate([one, posterior.sum(axis=0)]))


def _summed(
    parts: Sequence[Path], folder: Path, number: int, shape: tuple[int, ...], states: int
) -> Passes:
    counts, state_counts = np.zeros(shape), np.zeros(states)
    log_likelihood = change = 0.0
    for place, path in enumerate(parts):
        target = _result(folder, number, place)
        people = np.load(path / "people.npy")
        counts[people] += np.load(target / "counts.npy")
        sums = np.load(target / "sums.npy")
        log_likelihood += float(sums[0])
        change = max(change, float(sums[1]))
        state_counts += sums[2:]
    return Passes(number, counts, state_counts, log_likelihood, change)


def _pass_folder(folder: Path, number: int) -> Path:
    return folder / f"pass-{number:04d}"


def _result(folder: Path, number: int, place: int) -> Path:
    return _pass_folder(folder, number) / f"part-{place:05d}"


def _keep(folder: Path, state: Passes) -> None:
    """Write the checkpoint, then forget the one before and the parts of its sum."""
    draft = folder / "draft.npz"
    np.savez(
        draft,
        counts=state.counts,
        state_counts=state.state_counts,
        rest=np.array([state.log_likelihood, state.change]),
    )
    draft.rename(_checkpoint(folder, state.number))
    _checkpoint(folder, state.number - 1).unlink(missing_ok=True)
    for counts in _pass_folder(folder, state.number).glob("part-*/counts.npy"):
        counts.unlink()


def _checkpoint(folder: Path, number: int) -> Path:
    return folder / f"checkpoint-{number:04d}.npz"


def _latest(folder: Path) -> Passes | None:
    found = sorted(folder.glob("checkpoint-*.npz"))
    if not found:
        return None
    with np.load(found[-1]) as kept:
        log_likelihood, change = map(float, kept["rest"])
        number = int(found[-1].stem.removeprefix("checkpoint-"))
        return Passes(number, kept["counts"], kept["state_counts"], log_likelihood, change)

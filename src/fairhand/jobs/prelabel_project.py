"""Pre-label a project of any size: Daft's queries over pieces of tasks, saved in their order.

A wave of pieces is written to files, asked about on the native runner or on Ray, and saved piece
by piece, each with the run's figures in one transaction. Killed at any moment, the run goes on
after the last piece that was saved; pieces that were asked about and not saved yet lie in the
scratch folder, and are not asked about again. Memory holds a few pieces, whatever the project.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final, cast

import orjson

from fairhand.compute import prelabel_partitions as parts
from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.openai import Endpoint
from fairhand.compute.engines import Engine, check_engine, started
from fairhand.compute.prelabel_partitions import Labelled, Piece, Sketch, TaskRow
from fairhand.core.errors import ConflictError, FairhandError, InvalidError, NotFoundError
from fairhand.storage.blobs import BlobStore
from fairhand.storage.slots import take_slot
from fairhand.use_cases.end_prelabel import EndPrelabel, end_prelabel
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_proposals import KeepProposals, keep_proposals
from fairhand.use_cases.open_version import open_version
from fairhand.use_cases.read_experiment import learnt_seconds, read_experiment
from fairhand.use_cases.read_prelabel import RunView, read_run
from fairhand.use_cases.versions import current_version
from fairhand.work.prelabel import run_store, store, task_store
from fairhand.work.prelabel.ask import Ask, choose_ask
from fairhand.work.prelabel.run_store import PrelabelRun, Step
from fairhand.work.projects import store as projects

Report = Callable[[PrelabelRun], None]

PIECE_ITEMS: Final = {"openai": 16, "label_studio": 64}
"""How many tasks a piece has, by kind: small where answers are slow or cost money."""
USUAL_ITEMS: Final = 2_000
PIECES_A_WAVE: Final = 32
_PIECE_BYTES: Final = 8 * 1024 * 1024
_HERE_ONLY: Final = frozenset({"openai", "label_studio"})
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class PrelabelProject:
    """Which run to carry on, and with what.

    `limit` is what the run may spend in all, in micros; None: as its assistant says. `scratch` is a
    folder that all machines see (by default in the workspace). `items` is the size of a piece.
    """

    project_id: int
    run_id: int
    limit: int | None = None
    scratch: Path | None = None
    items: int | None = None
    processors: int | None = None


def prelabel_project(
    house: House, command: PrelabelProject, report: Report = lambda _run: None
) -> PrelabelRun:
    """Carry a run on until nothing is left, it is stopped, or its assistant fails.

    `report` is told after every piece. Raises ConflictError when another process is at this run,
    UnavailableError when its engine is not installed; an assistant that fails ends the run, with
    its problem, and raises nothing.
    """
    slot = take_slot(house.db, "prelabel", command.run_id)
    if slot is None:
        raise ConflictError("Another process is at this run already.", code="run_is_held")
    try:
        view = read_run(house.db, command.project_id, command.run_id)
        return _carried(house, command, view, report) if view.run.state == "running" else view.run
    finally:
        slot.release()


def check_runner(kind: str, runner: str) -> None:
    """Raise when an assistant of this kind cannot be asked on this runner, or it is missing."""
    if runner != "native" and kind in _HERE_ONLY:
        raise InvalidError(
            "A server is asked from this machine alone, where its limits are counted; "
            "leave out --ray."
        )
    check_engine(runner)


def _carried(house: House, command: PrelabelProject, view: RunView, report: Report) -> PrelabelRun:
    folder = (command.scratch or house.settings.workspace / "prelabel") / f"run-{view.run.id}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / parts.STOP).unlink(missing_ok=True)
    try:
        check_runner(view.assistant.kind, view.run.runner)
        sketch = _sketch(house, command, view, folder)
        with started(view.run.runner, processors=command.processors) as engine:
            ask = _how_to_ask(house, view, sketch)
            walk = _Walk(house, command, view, folder, sketch, engine, report, ask)
            run = walk.to_the_end()
    except AssistantError as error:
        return _ended(house, view, "failed", error.message, error.hop)
    finally:
        parts.close(f"run-{view.run.id}")
    if run.state == "running":
        run = _ended(house, view, "done")
        shutil.rmtree(folder, ignore_errors=True)
    return run


def _ended(
    house: House, view: RunView, state: str, problem: str | None = None, hop: str | None = None
) -> PrelabelRun:
    command = EndPrelabel(view.run.project_id, view.run.id, state, problem, hop)
    try:
        return end_prelabel(house.db, command, house.clock())
    except ConflictError:  # somebody stopped it at the same moment
        return read_run(house.db, view.run.project_id, view.run.id).run


def _sketch(house: House, command: PrelabelProject, view: RunView, folder: Path) -> Sketch:
    """Say how the assistant is opened on other machines, or open it here when it stays here."""
    one, version, key = view.assistant, view.version, f"run-{view.run.id}"
    with house.db.read() as connection:
        project = projects.load_project(connection, command.project_id)
    if project is None:
        raise NotFoundError(f"There is no project {command.project_id}.")
    questions = current_version(house.db, project.id, project.version).questions
    if one.kind in _HERE_ONLY:
        with house.db.read() as connection:
            predictor = open_version(connection, house.blobs, version, questions)
        if isinstance(predictor, Endpoint):
            limit = predictor.spec.limit if command.limit is None else command.limit
            predictor.meter.restart(view.run.cost_micros, limit)
        parts.keep_open(key, predictor)
        return Sketch(key, one.kind, one.config, None, questions)
    sha256 = version.weights_sha256 or one.weights_sha256
    weights = None
    if sha256 is not None:
        weights = folder / f"{sha256}.weights"
        if not weights.exists():
            weights.write_bytes(house.blobs.get(sha256, check=True))
    paths = tuple(os.path.abspath(path) for path in sys.path) if one.kind == "function" else ()
    return Sketch(key, one.kind, one.config, weights, questions, paths)


@dataclass(slots=True)
class _Walk:
    """One process's way through the tasks of a run."""

    house: House
    command: PrelabelProject
    view: RunView
    folder: Path
    sketch: Sketch
    engine: Engine
    report: Report
    ask: Callable[[float | None], Ask]

    def to_the_end(self) -> PrelabelRun:
        run = self.view.run
        while run.state == "running":
            pieces = self._next_pieces(run)
            if not pieces:
                break
            run = self._wave(run, pieces)
            for piece in pieces:
                piece.source.unlink(missing_ok=True)
        return run

    def _next_pieces(self, run: PrelabelRun) -> list[Piece]:
        usual = PIECE_ITEMS.get(self.view.assistant.kind, USUAL_ITEMS)
        items = self.command.items or usual
        given = (run.project_id, run.model_version_id, run.through_task_id, items * PIECES_A_WAVE)
        with self.house.db.read() as connection:
            rows = (_task(row) for row in run_store.tasks_left(connection, *given))
            return parts.in_pieces(rows, self.folder, items, _PIECE_BYTES, PIECES_A_WAVE)

    def _wave(self, run: PrelabelRun, pieces: Sequence[Piece]) -> PrelabelRun:
        """Ask about pieces in whatever order, and save them in theirs.

        When the run ends on the way, pieces that were asked about are saved all the same.
        """
        waiting: dict[int, Labelled] = {}
        following = 0
        try:
            for place, labelled in self._asked(pieces):
                if labelled is None:
                    continue
                waiting[place] = labelled
                while following in waiting and run.state == "running":
                    run = self._save(run, pieces[following], waiting.pop(following))
                    following += 1
                if run.state != "running":
                    (self.folder / parts.STOP).touch()
        finally:
            for place in sorted(waiting):
                run = self._keep(run, waiting[place], run.through_task_id, waiting[place].proposed)
        return run

    def _asked(self, pieces: Sequence[Piece]) -> Iterator[tuple[int, Labelled | None]]:
        """Map the pieces; a machine that was lost takes what it had not written with it."""
        read_media = partial(_read_blob, self.house.blobs.url)
        work = partial(parts.label_piece, sketch=self.sketch, read_media=read_media)
        known: set[int] = set()
        for attempt in range(1, _TRIES + 1):
            left = [place for place in range(len(pieces)) if place not in known]
            try:
                for at, labelled in self.engine.map(work, [pieces[place] for place in left]):
                    known.add(left[at])
                    yield left[at], labelled
            except FairhandError:
                raise
            except Exception:
                if self.engine.name == "native" or attempt == _TRIES:
                    raise
            else:
                return

    def _save(self, run: PrelabelRun, piece: Piece, labelled: Labelled) -> PrelabelRun:
        through = piece.last if labelled.unasked is None else labelled.unasked - 1
        done = labelled.items - labelled.failed + labelled.beyond
        run = self._keep(run, labelled, max(through, run.through_task_id), done, labelled.failed)
        run = self._judged(run, labelled)
        self.report(run)
        return run

    def _keep(
        self, run: PrelabelRun, labelled: Labelled, through: int, done: int, failed: int = 0
    ) -> PrelabelRun:
        cost = (labelled.cost_micros, labelled.cost_currency)
        step = Step(run.id, through, done, failed, *cost)
        columns = parts.read_proposed(labelled)
        columns["ask"] = [self.ask(score) for score in columns["score"]]
        command = KeepProposals(step, columns)
        run = keep_proposals(self.house.db, command, self.house.clock())
        self._note_problems(run, labelled)
        labelled.target.unlink(missing_ok=True)
        return run

    def _judged(self, run: PrelabelRun, labelled: Labelled) -> PrelabelRun:
        """End a run that may not spend more, or whose assistant makes nothing of anything."""
        if run.state != "running":
            return run
        if labelled.unasked is not None:
            return _ended(self.house, self.view, "stopped", "The spending limit is reached.")
        if run.done == 0 and labelled.failed and not labelled.proposed:
            return _ended(self.house, self.view, "failed", labelled.problems[0], "value")
        return run

    def _note_problems(self, run: PrelabelRun, labelled: Labelled) -> None:
        """Keep the first problems for whoever looks, one a line."""
        path = self.folder / "problems.json"
        kept: list[Any] = orjson.loads(path.read_bytes()) if path.exists() else []
        if labelled.problems and len(kept) < parts.PROBLEMS_KEPT:
            kept = [*kept, *labelled.problems][: parts.PROBLEMS_KEPT]
            path.write_bytes(orjson.dumps(kept))
            with self.house.db.write() as connection:
                run_store.change_run(connection, run.id, problem="\n".join(kept))


def _how_to_ask(house: House, view: RunView, sketch: Sketch) -> Callable[[float | None], Ask]:
    """Say what is best asked of a person about a proposal, by its score, as ticks do."""
    with house.db.read() as connection:
        policy = store.load_policy(connection, view.run.project_id)
        experiment = read_experiment(connection, view.run.project_id, policy)
        first = task_store.first_task(connection, view.run.project_id)
        row = task_store.load_tasks(connection, [first])[0] if first is not None else None
    if policy is None:
        return lambda _score: "fix"
    medium = ((row.media_type if row else None) or "text").partition("/")[0]
    seconds = learnt_seconds(experiment, sketch.questions[0].kind, medium)
    wish = cast("Ask", policy.ask)
    return lambda score: choose_ask(score, seconds, wish)


def _task(row: Any) -> TaskRow:  # noqa: ANN401  # a row of tasks_left
    length = orjson.loads(row.media_details or "{}").get("duration_ms")
    about = (row.id, row.data, row.media_sha256, row.media_type, row.width, row.height)
    return TaskRow(*about, length)


def _read_blob(url: str, sha256: str) -> bytes:
    return _blobs(url).get(sha256)


@lru_cache(maxsize=4)
def _blobs(url: str) -> BlobStore:
    return BlobStore(url)

"""An owner lets an assistant pre-label a whole project, or lets a run that was cut off go on."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.work.prelabel import run_store, store
from fairhand.work.prelabel.run_store import NewRun, PrelabelRun
from fairhand.work.prelabel.store import Assistant, NewVersion
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class StartPrelabel:
    """Which assistant; `model` is the name@version that it calls itself, once it is open.

    A built-in assistant proposes with the version that is shown, whatever `model` says.
    """

    person_id: int
    project_id: int
    assistant_id: int
    model: str = ""
    runner: str = "native"


def start_prelabel(db: Database, command: StartPrelabel, now: Instant) -> PrelabelRun:
    """Open a run, or the one that this version of the assistant left unfinished.

    Raises NotFoundError when the project has no such assistant, ForbiddenError when the project is
    closed, ConflictError when a built-in assistant has nothing to propose with.
    """
    with db.write() as connection:
        project = projects.load_project(connection, command.project_id)
        one = store.load_assistant(connection, command.assistant_id)
        if project is None or one is None or one.project_id != project.id or one.ended_at:
            raise NotFoundError("This project has no such assistant.")
        if project.mode == "closed":
            raise ForbiddenError("This project is finished; nothing is proposed any more.")
        version_id = _version_of(connection, one, command.model, now)
        left = run_store.count_left(connection, project.id, version_id)
        run = run_store.find_unfinished(connection, one.id, version_id)
        if run is None:
            new = NewRun(project.id, one.id, version_id, left, command.runner, command.person_id)
            run_id = run_store.add_run(connection, new, now)
        else:
            run_id = run.id
            run_store.go_on(connection, run_id, run.done + run.failed + left, command.runner)
        body = {"run": run_id, "project": project.id, "assistant": one.id, "version": version_id}
        log.append(connection, "prelabel.started", body, now, command.person_id, project.id)
        found = run_store.load_run(connection, run_id)
    assert found is not None, "just written"  # noqa: S101
    return found


def _version_of(connection: Connection, one: Assistant, model: str, now: Instant) -> int:
    if one.kind == "builtin":
        shown = store.load_shown(connection, one.project_id).version_id
        version = store.load_version(connection, shown) if shown is not None else None
        if version is None or version.assistant_id != one.id:
            raise ConflictError(
                "The built-in model has not been promoted yet: it needs some more answers first.",
                code="not_enough_yet",
            )
        return version.id
    known = run_store.find_version(connection, one.id, model)
    if known is not None:
        return known
    new = NewVersion(one.project_id, one.id, model[:200], weights_sha256=one.weights_sha256)
    return store.add_version(connection, new, now)

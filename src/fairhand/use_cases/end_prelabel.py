"""A run that pre-labels a project ends: done, stopped by a person or a limit, or failed."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.prelabel import run_store, store
from fairhand.work.prelabel.run_store import PrelabelRun


@dataclass(frozen=True, slots=True)
class EndPrelabel:
    """How the run ended; `problem` in words, with the `hop` that failed where it did.

    `person_id` is who stopped it; None: it ended by itself.
    """

    project_id: int
    run_id: int
    state: str
    problem: str | None = None
    hop: str | None = None
    person_id: int | None = None


def end_prelabel(db: Database, command: EndPrelabel, now: Instant) -> PrelabelRun:
    """End a run; whatever it proposed so far stays, and it can go on later.

    Raises NotFoundError when the project has no such run, ConflictError when it has ended already.
    """
    with db.write() as connection:
        run = run_store.load_run(connection, command.run_id)
        if run is None or run.project_id != command.project_id:
            raise NotFoundError("This project has no such run.")
        if run.state != run_store.RUNNING:
            raise ConflictError("This run has ended already.")
        run_store.change_run(
            connection,
            run.id,
            state=command.state,
            problem=command.problem or run.problem,
            ended_at=now,
        )
        if command.state == "failed":
            said = {"hop": command.hop or "answer", "code": "prelabel_failed",
                    "message": command.problem or ""}  # fmt: skip
            store.set_problem(connection, run.assistant_id, said, now)
        body = {"run": run.id, "project": run.project_id, "state": command.state,
                "done": run.done, "failed": run.failed, "cost_micros": run.cost_micros,
                "currency": run.cost_currency}  # fmt: skip
        log.append(connection, "prelabel.ended", body, now, command.person_id, run.project_id)
        found = run_store.load_run(connection, run.id)
    assert found is not None, "read above"  # noqa: S101
    return found

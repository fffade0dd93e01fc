"""A piece of a run comes in: its proposals and the run's figures are one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.storage.database import Database
from fairhand.work.prelabel import run_store
from fairhand.work.prelabel.run_store import PrelabelRun, Step


@dataclass(frozen=True, slots=True)
class KeepProposals:
    """A piece's step and its proposals by column: task_id, value, details, model, score, ask."""

    step: Step
    columns: Mapping[str, Sequence[Any]]


def keep_proposals(db: Database, command: KeepProposals, now: Instant) -> PrelabelRun:
    """Store a piece and move the run on; what was paid for is kept after the run was stopped too.

    Gives the run as it is now: it may have been stopped meanwhile.
    """
    step = command.step
    with db.write() as connection:
        run = run_store.load_run(connection, step.run_id)
        if run is None:
            raise NotFoundError(f"There is no run {step.run_id}.")
        run_store.save_many(connection, run.project_id, run.model_version_id, command.columns, now)
        run_store.move_on(connection, step)
        found = run_store.load_run(connection, step.run_id)
    assert found is not None, "read above"  # noqa: S101
    return found

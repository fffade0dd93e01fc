"""An owner opens, pauses or closes a project; opening for paid work asks the gate first."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, Issue, NotFoundError
from fairhand.model.project import Mode
from fairhand.pay.forecast import store as forecasts
from fairhand.pay.ledger.escrow import load_escrow
from fairhand.people.readiness import store as readiness
from fairhand.people.readiness.rules import opening_issues, stages_of
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.propose_contract import standing_issues
from fairhand.use_cases.read_forecast import read_forecast, said_at_opening
from fairhand.use_cases.readiness_facts import count_without_floor, gather_facts
from fairhand.work.projects import store
from fairhand.work.projects.rules import GateFacts, check_gate


@dataclass(frozen=True, slots=True)
class OpenProject:
    """Which mode the owner wants."""

    owner_id: int
    project_id: int
    mode: Mode


def open_project(db: Database, command: OpenProject, now: Instant) -> Mode:
    """Change a project's mode; raises ConflictError listing what the gate still misses."""
    # Reckoned before anything is locked; kept only if the project does open.
    is_opening = command.mode == "open"
    said = read_forecast(db, command.project_id, now) if is_opening else None
    with db.write() as connection:
        project = store.load_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        if command.mode == "open":
            facts = gate_facts(connection, command.project_id, now)
            if issues := check_gate(facts):
                raise ConflictError(
                    "The gate is not green yet, so the project cannot be opened for paid work.",
                    code="gate",
                    issues=issues,
                )
        store.set_mode(connection, command.project_id, command.mode)
        if said is not None:
            forecasts.save_said(connection, command.project_id, said_at_opening(said), now)
        body = {"project": command.project_id, "mode": command.mode, "was": project.mode}
        log.append(connection, "project.mode", body, now, command.owner_id, command.project_id)
    return command.mode


def gate_facts(connection: Connection, project_id: int, now: Instant) -> GateFacts:
    """Gather what the opening gate looks at."""
    project = store.load_project(connection, project_id)
    version = store.load_version(connection, project_id, project.version) if project else None
    return GateFacts(
        tasks=store.count_tasks(connection, project_id),
        guidelines=version.guidelines if version else "",
        escrow_micros=load_escrow(connection, project_id),
        people_without_floor=count_without_floor(connection, project_id, now),
        readiness=(
            *_readiness(connection, project_id, now),
            *standing_issues(connection, project_id, now),
        ),
    )


def _readiness(connection: Connection, project_id: int, now: Instant) -> tuple[Issue, ...]:
    """List what the stages of readiness miss; a pilot is how one gets ready, and needs none."""
    itself = readiness.find_pilot(connection, project_id)
    if itself is not None:
        if itself.outcome == "running":
            return ()
        return (Issue("pilot", "This pilot has been decided on; it stays closed."),)
    project = store.load_project(connection, project_id)
    if project is None:
        return ()
    return tuple(opening_issues(stages_of(gather_facts(connection, project, now), now)))

"""An owner opens, pauses or closes a project; opening for paid work asks the gate first."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.model.project import Mode
from fairhand.pay.earnings.store import project_cost
from fairhand.pay.floors.store import floor_of_person
from fairhand.people.consent import store as consent
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
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
        body = {"project": command.project_id, "mode": command.mode, "was": project.mode}
        log.append(connection, "project.mode", body, now, command.owner_id, command.project_id)
    return command.mode


def gate_facts(connection: Connection, project_id: int, now: Instant) -> GateFacts:
    """Gather what the opening gate looks at."""
    project = store.load_project(connection, project_id)
    version = store.load_version(connection, project_id, project.version) if project else None
    cost = project_cost(connection, project_id)
    enrolled = consent.list_enrolled(connection, project_id)
    without = sum(floor_of_person(connection, person_id, now) is None for person_id in enrolled)
    return GateFacts(
        tasks=store.count_tasks(connection, project_id),
        guidelines=version.guidelines if version else "",
        escrow_micros=cost.left_micros if cost else 0,
        people_without_floor=without,
    )

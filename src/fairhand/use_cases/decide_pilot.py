"""A named person says go or no-go to a pilot; what they saw is kept with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.people.accounts import store as accounts
from fairhand.people.readiness import store
from fairhand.people.readiness.pilot import Pilot, check_go, check_reason, evidence_of
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.pilot_facts import measure_pilot
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class DecidePilot:
    """Whose decision about the running pilot of a project, and why."""

    person_id: int
    project_id: int
    outcome: Literal["go", "no_go"]
    reason: str


def decide_pilot(db: Database, command: DecidePilot, now: Instant) -> Pilot:
    """Decide about the running pilot of a project and close it; all that was done is paid.

    A go makes the measured time the project's expected one. Raises ConflictError listing what a go
    lacks (a stale pilot, too few people, agreement below the target), ForbiddenError for anybody
    who is no person.
    """
    if issues := check_reason(command.reason):
        raise InvalidError(issues[0].message, issues=issues)
    with db.read() as connection:
        pilots = store.list_pilots(connection, command.project_id)
    running = next((one for one in pilots if one.outcome == "running"), None)
    if running is None:
        raise ConflictError("No pilot of this project waits for a decision.", code="pilot")
    found = measure_pilot(db, running, now)
    with db.write() as connection:
        project = projects.lock_project(connection, command.project_id)
        person = accounts.load_person(connection, command.person_id)
        if project is None or person is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        if person.is_simulated:
            raise ForbiddenError("A pilot is decided by a named person, never by a machine.")
        issues = check_go(running, found, project.version) if command.outcome == "go" else []
        if errors := [issue for issue in issues if issue.severity == "error"]:
            words = " ".join(issue.message for issue in errors)
            raise ConflictError(f"A go is not possible. {words}", code="pilot", issues=errors)
        version = projects.load_version(connection, project.id, running.version)
        guidelines = sha256_hex((version.guidelines if version else "").encode())
        evidence = evidence_of(found, project.currency, guidelines)
        evidence["warnings"] = [issue.message for issue in issues]
        reason = command.reason.strip()
        pilot_id, person_id = running.project_id, command.person_id
        if not store.decide(
            connection, pilot_id, command.outcome, evidence, reason, person_id, now
        ):
            raise ConflictError("Somebody has decided in the meantime.", code="pilot")
        projects.set_mode(connection, pilot_id, "closed")
        if command.outcome == "go" and found.p50_ms is not None:
            expected = min(max(500, found.p50_ms), 3_600_000)
            projects.set_expected(connection, project.id, expected)
        body = {
            "project": project.id,
            "pilot": pilot_id,
            "version": running.version,
            "outcome": command.outcome,
            "people": found.people,
            "answers": found.answers,
        }
        log.append(connection, "pilot.decided", body, now, person_id, project.id)
    return replace(
        running,
        outcome=command.outcome,
        evidence=evidence,
        reason=reason,
        decided_by=person_id,
        decided_at=now,
    )

"""Somebody has looked at what a monitor found, and says what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.people.conduct import monitor_store as store
from fairhand.people.conduct.monitor_store import Incident
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database

NOTE_LEAST = 20
NOTE_MOST = 4_000


@dataclass(frozen=True, slots=True)
class CloseIncident:
    """Which incident, by whom, and what came of it; `may_decide` tells who runs the workspace."""

    person_id: int
    incident_id: int
    note: str
    may_decide: bool = False


def close_incident(db: Database, command: CloseIncident, now: Instant) -> None:
    """Close an incident with a note that stays.

    What is for the council is closed by a member of it, and by an owner only while nobody sits
    there. A reviewer closes nothing about themselves. Raises NotFoundError, ForbiddenError,
    ConflictError for one that is closed, InvalidError without a note.
    """
    note = command.note.strip()
    if not NOTE_LEAST <= len(note) <= NOTE_MOST:
        message = f"Say in {NOTE_LEAST} to {NOTE_MOST:,} letters what you found and what was done."
        raise InvalidError(message, issues=[Issue("note", message)])
    with db.write() as connection:
        incident = store.load_incident(connection, command.incident_id)
        if incident is None:
            raise NotFoundError("There is no such incident.")
        why_not = _why_not(connection, incident, command, now)
        if why_not is not None:
            raise ForbiddenError(why_not)
        if not store.close_incident(connection, incident.id, command.person_id, note, now):
            raise ConflictError("This incident is closed already.")
        body = {"incident": incident.id, "kind": incident.kind}
        log.append(
            connection,
            "conduct.incident_closed",
            body,
            now,
            command.person_id,
            incident.project_id or None,
        )


def _why_not(
    connection: Connection, incident: Incident, command: CloseIncident, now: Instant
) -> str | None:
    if incident.evidence.get("reviewer") == command.person_id:
        return "This is about your own reviews; somebody else has to look at it."
    seated = store.list_seated(connection, now)
    if incident.audience == "council" and seated:
        return None if command.person_id in seated else "The council closes what is for it."
    return None if command.may_decide else "Your account may not close this."

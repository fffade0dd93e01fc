"""A person says what they do besides tasks: a paid break, something broken, back to work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue
from fairhand.pay import store as pay
from fairhand.pay.paid_time import record_store
from fairhand.pay.paid_time.record import break_promise, record_of
from fairhand.pay.paid_time.rules import EventKind, TimeEvent
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database

What = Literal["break", "fault", "back"]
NOTE_MAX: Final = 500
_KINDS: Final[dict[What, EventKind]] = {
    "break": "break",
    "fault": "fault",
    "back": "session_start",
}


@dataclass(frozen=True, slots=True)
class NoteTime:
    """What a person does from now on; `note` says what is broken, if they like.

    `least_ms`: so much of a break is paid whatever was taken before.
    """

    person_id: int
    what: What
    note: str = ""
    least_ms: int = 0


@dataclass(frozen=True, slots=True)
class Noted:
    """In which project the time counts, and how much of a break is paid (else 0)."""

    project_id: int
    promised_ms: int


def note_time(db: Database, command: NoteTime, now: Instant, *, idle_cap_ms: int) -> Noted:
    """Begin or end a break or a fault in the project where the person's clock is.

    Raises ConflictError before any work: there is no project yet that would pay.
    """
    if len(command.note) > NOTE_MAX:
        message = f"Keep the note under {NOTE_MAX} characters."
        raise InvalidError(message, issues=[Issue("note", message)])
    with db.write() as connection:
        place = record_store.lock_clock(connection, command.person_id)
        if place is None:
            raise ConflictError(
                "Your clock has not begun yet: it begins with the first task you open.",
                code="no_clock",
            )
        project_id, activity, _ = place
        promised = 0
        if command.what == "break" and activity != "break":
            promised = max(command.least_ms, _promise(connection, command.person_id, now))
        event = TimeEvent(
            project_id,
            _KINDS[command.what],
            now,
            idle_cap_ms,
            promised if command.what == "break" else None,
        )
        pay.hear(connection, command.person_id, None, event, now)
        body = {
            "person": command.person_id,
            "what": command.what,
            "note": command.note,
            "promised_ms": promised,
        }
        log.append(connection, "pay.time_noted", body, now, command.person_id, project_id)
    return Noted(project_id, promised)


def _promise(connection: Connection, person_id: int, now: Instant) -> int:
    rows = record_store.load_events(connection, person_id, Instant(now - DAY_MS))
    return break_promise(record_of(rows).stretches)

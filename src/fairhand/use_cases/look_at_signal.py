"""Somebody has looked at a signal: it is set aside with a note, or opened again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.proof.log import store as log
from fairhand.quality import insight_store as store
from fairhand.storage.database import Database

NOTE_MAX = 2_000


@dataclass(frozen=True, slots=True)
class LookAtSignal:
    """Who looked at which signal, and what they made of it."""

    person_id: int
    project_id: int
    signal_id: int
    state: Literal["open", "set_aside"] = "set_aside"
    note: str = ""


def look_at_signal(db: Database, command: LookAtSignal, now: Instant) -> None:
    """Remember what a human made of a signal; nothing happens to anybody by it.

    Raises NotFoundError when the project has no such signal, InvalidError for a note too long.
    """
    if len(command.note) > NOTE_MAX:
        issue = Issue("note", f"Keep the note under {NOTE_MAX:,} characters.")
        raise InvalidError(issue.message, issues=[issue])
    with db.write() as connection:
        if not store.mark_signal(
            connection,
            command.project_id,
            command.signal_id,
            command.state,
            command.person_id,
            command.note.strip(),
            now,
        ):
            raise NotFoundError(f"There is no signal {command.signal_id} in this project.")
        body = {
            "project": command.project_id,
            "signal": command.signal_id,
            "state": command.state,
        }
        log.append(connection, "signal.seen", body, now, command.person_id, command.project_id)

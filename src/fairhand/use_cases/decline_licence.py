"""An owner declines a request, with a reason that the licensee reads."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.proof.licensing import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class DeclineLicence:
    """Which request to decline, and why."""

    project_id: int
    request_id: int
    person_id: int
    why: str


def decline_licence(db: Database, command: DeclineLicence, now: Instant) -> None:
    """Decline a request that is open; raises ConflictError for one that was decided before."""
    why = command.why.strip()
    if not 3 <= len(why) <= 1_000:
        issue = Issue("why", "Say why, in 3 to 1,000 signs: they read it.")
        raise InvalidError(issue.message, issues=[issue])
    with db.write() as connection:
        asked = store.load_request(connection, command.request_id)
        if asked is None or asked.project_id != command.project_id:
            raise NotFoundError(f"There is no request {command.request_id}.")
        moved = store.decide_request(
            connection, asked.id, "declined", why=why, decided_by=command.person_id, now=now
        )
        if not moved:
            raise ConflictError("This request was decided before.", code="decided")
        body = {"request": asked.id, "project": asked.project_id, "why": why}
        log.append(connection, "licence.declined", body, now, command.person_id, asked.project_id)

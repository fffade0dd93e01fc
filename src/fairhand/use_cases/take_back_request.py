"""Whoever asked for a licence takes the request back before it is decided."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.licensing import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.licensee_access import find_licensee


def take_back_request(db: Database, token: str, request_id: int, now: Instant) -> None:
    """Take a request back; raises ConflictError when it was decided already."""
    with db.write() as connection:
        holder = find_licensee(connection, token)
        asked = store.load_request(connection, request_id)
        if asked is None or asked.licensee_id != holder.id:
            raise NotFoundError("You asked for nothing of that number.")
        moved = store.decide_request(
            connection, asked.id, "taken_back", why=None, decided_by=None, now=now
        )
        if not moved:
            raise ConflictError("This request was decided already.", code="decided")
        body = {"request": asked.id, "project": asked.project_id}
        log.append(connection, "licence.taken_back", body, now, None, asked.project_id)

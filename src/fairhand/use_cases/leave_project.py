"""Somebody leaves a project by themselves; what they did there stays paid."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import store as consent
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.let_answers_go import let_answers_go
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant


def leave_project(db: Database, person_id: int, project_id: int, now: Instant) -> None:
    """End one's part in a project, and what one permitted there, at once.

    Raises ConflictError (`not_joined`) for somebody who takes no part in it.
    """
    with db.read() as connection:
        given = grants.list_own(connection, person_id, project_id)
    for grant in given:
        if grant.withdrawn_at is None and grant.ended_at is None:
            withdraw_grant(db, WithdrawGrant(person_id, grant.id), now)
    with db.write() as connection:
        left = consent.leave(connection, person_id, project_id, now)
        let_answers_go(connection, person_id, project_id)
        if not left and not given:
            raise ConflictError("You take no part in this project.", code="not_joined")
        body = {"project": project_id, "person": person_id}
        log.append(connection, "project.left", body, now, person_id, project_id)

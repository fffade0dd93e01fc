"""SQL of grants and enrolments."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select, text, update

from fairhand.core.clock import Instant
from fairhand.core.ids import sha256_hex
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.people import consent_grant, enrolment


def save_grant(
    connection: Connection,
    *,
    person_id: int,
    project_id: int,
    scope: str,
    notice: str,
    locale: str,
    now: Instant,
) -> int:
    """Keep what a person agreed to, with the exact words they saw."""
    statement = consent_grant.insert().returning(consent_grant.c.id)
    return cast(
        int,
        connection.execute(
            statement,
            {
                "person_id": person_id,
                "project_id": project_id,
                "scope": scope,
                "notice": notice,
                "notice_sha256": sha256_hex(notice.encode()),
                "locale": locale,
                "granted_at": now,
            },
        ).scalar_one(),
    )


def enrol(
    connection: Connection, person_id: int, project_id: int, grant_id: int, now: Instant
) -> None:
    """Enrol a person under a grant, also one who had left."""
    adding = insert(connection, enrolment).values(
        person_id=person_id, project_id=project_id, grant_id=grant_id, joined_at=now
    )
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["person_id", "project_id"],
            set_={"state": "active", "grant_id": grant_id, "joined_at": now},
        )
    )


def is_enrolled(connection: Connection, person_id: int, project_id: int) -> bool:
    """Say whether a person takes part in a project."""
    found = connection.execute(
        select(enrolment.c.state).where(
            enrolment.c.person_id == person_id, enrolment.c.project_id == project_id
        )
    ).scalar_one_or_none()
    return found == "active"


def list_enrolled(connection: Connection, project_id: int) -> list[int]:
    """List the people who take part in a project."""
    found = connection.execute(
        select(enrolment.c.person_id).where(
            enrolment.c.project_id == project_id, enrolment.c.state == "active"
        )
    ).scalars()
    return list(found)


def list_joined(connection: Connection, person_id: int) -> list[int]:
    """List the projects a person takes part in."""
    found = connection.execute(
        select(enrolment.c.project_id).where(
            enrolment.c.person_id == person_id, enrolment.c.state == "active"
        )
    ).scalars()
    return list(found)


def leave(connection: Connection, person_id: int, project_id: int, now: Instant) -> bool:
    """End a person's part in a project and withdraw its grant for what comes."""
    left = connection.execute(
        text(
            "UPDATE enrolment SET state = 'left' WHERE person_id = :person_id "
            "AND project_id = :project_id AND state = 'active'"
        ),
        {"person_id": person_id, "project_id": project_id},
    ).rowcount
    connection.execute(
        update(consent_grant)
        .where(
            consent_grant.c.person_id == person_id,
            consent_grant.c.project_id == project_id,
            consent_grant.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )
    return left == 1

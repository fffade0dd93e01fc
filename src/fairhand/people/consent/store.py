"""SQL of grants and enrolments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sqlalchemy import select, text, update

from fairhand.core.clock import Instant
from fairhand.core.ids import sha256_hex
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.people import consent_grant, enrolment


@dataclass(frozen=True, slots=True)
class Agreement:
    """What somebody agreed to, as it is kept; `withdrawn_at` is None while it holds."""

    id: int
    person_id: int
    project_id: int
    notice_holds: bool
    notice_sha256: str
    granted_at: Instant
    withdrawn_at: Instant | None


def list_agreements(connection: Connection) -> list[Agreement]:
    """List what everybody agreed to, oldest first, and whether its words are those it names."""
    return [
        Agreement(
            row.id,
            row.person_id,
            row.project_id,
            row.notice_sha256 == sha256_hex(row.notice.encode()),
            row.notice_sha256,
            Instant(row.granted_at),
            None if row.withdrawn_at is None else Instant(row.withdrawn_at),
        )
        for row in connection.execute(consent_grant.select().order_by(consent_grant.c.id))
    ]


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
    connection: Connection,
    person_id: int,
    project_id: int,
    grant_id: int,
    now: Instant,
    state: str = "active",
) -> None:
    """Enrol a person under a grant, also one who had left; `learning`: not qualified yet."""
    adding = insert(connection, enrolment).values(
        person_id=person_id, project_id=project_id, grant_id=grant_id, joined_at=now, state=state
    )
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["person_id", "project_id"],
            set_={"state": state, "grant_id": grant_id, "joined_at": now},
        )
    )


def enrolment_state(connection: Connection, person_id: int, project_id: int) -> str | None:
    """Say how a person stands in a project: active, learning, suspended, left; None: never in."""
    return connection.execute(
        select(enrolment.c.state).where(
            enrolment.c.person_id == person_id, enrolment.c.project_id == project_id
        )
    ).scalar_one_or_none()


_MOVE = text(
    "UPDATE enrolment SET state = :state WHERE person_id = :person_id "
    "AND project_id = :project_id AND state = :was"
)
_ALL_LEARNING = text(
    "UPDATE enrolment SET state = 'active' WHERE project_id = :project_id "
    "AND state = 'learning' RETURNING person_id"
)


def move_enrolment(
    connection: Connection, person_id: int, project_id: int, was: str, state: str
) -> bool:
    """Move an enrolment on from the state it is in; False when it is in another."""
    found = {"person_id": person_id, "project_id": project_id, "was": was, "state": state}
    return connection.execute(_MOVE, found).rowcount == 1


def release_learners(connection: Connection, project_id: int) -> list[int]:
    """Let everybody work who was learning in a project; give their ids."""
    found = connection.execute(_ALL_LEARNING, {"project_id": project_id})
    return sorted(found.scalars())


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
    """List the projects a person takes part in, or learns for."""
    found = connection.execute(
        select(enrolment.c.project_id).where(
            enrolment.c.person_id == person_id, enrolment.c.state.in_(("active", "learning"))
        )
    ).scalars()
    return list(found)


def list_granted(connection: Connection, person_id: int) -> list[int]:
    """List the projects of which a person agreed to the notice, suspended or not."""
    granted = select(consent_grant.c.project_id).where(
        consent_grant.c.person_id == person_id, consent_grant.c.withdrawn_at.is_(None)
    )
    return sorted(set(connection.execute(granted).scalars()))


def list_learning(connection: Connection, person_id: int) -> list[int]:
    """List the projects that a person has joined and is not qualified for yet."""
    found = connection.execute(
        select(enrolment.c.project_id).where(
            enrolment.c.person_id == person_id, enrolment.c.state == "learning"
        )
    ).scalars()
    return list(found)


def leave(connection: Connection, person_id: int, project_id: int, now: Instant) -> bool:
    """End a person's part in a project and withdraw its grant for what comes."""
    left = connection.execute(
        text(
            "UPDATE enrolment SET state = 'left' WHERE person_id = :person_id "
            "AND project_id = :project_id AND state IN ('active', 'learning')"
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

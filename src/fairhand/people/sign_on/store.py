"""SQL of single sign-on: identities, sign-ins that are at a provider, roles that groups gave."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, delete, func, or_, select, update

from fairhand.core.clock import Instant
from fairhand.core.ids import token_hash
from fairhand.people.sign_on.rules import Grant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.office import identity, sign_on
from fairhand.storage.tables.people import membership, person, workspace
from fairhand.storage.tables.proof import log_event
from fairhand.storage.tables.readiness import pilot
from fairhand.storage.tables.work import project

MOST_WAITING: Final = 20_000


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at a provider."""

    issuer: str
    subject: str
    person_id: int
    linked_at: int
    last_at: int


def put_waiting(
    connection: Connection, state: str, browser: str, sealed: bytes, now: Instant, ttl_ms: int
) -> bool:
    """Keep a sign-in that is on its way, and forget those that are over; False beyond measure."""
    connection.execute(delete(sign_on).where(sign_on.c.expires_at <= now))
    many = connection.execute(select(func.count()).select_from(sign_on)).scalar_one()
    if many >= MOST_WAITING:
        return False
    row = {
        "state_hash": token_hash(state),
        "browser_hash": token_hash(browser),
        "sealed": sealed,
        "created_at": now,
        "expires_at": now + ttl_ms,
    }
    connection.execute(sign_on.insert().values(row))
    return True


def take_waiting(
    connection: Connection, state: str, browser: str, now: Instant
) -> tuple[bytes, bool] | None:
    """Take a sign-in that was on its way, once; None when there is none or it is over.

    Gives what was sealed, and whether the browser is the one that began it. It is gone either way.
    """
    taken = (
        delete(sign_on)
        .where(sign_on.c.state_hash == token_hash(state), sign_on.c.expires_at > now)
        .returning(sign_on.c.sealed, sign_on.c.browser_hash)
    )
    row = connection.execute(taken).one_or_none()
    return None if row is None else (row.sealed, row.browser_hash == token_hash(browser))


def see_waiting(connection: Connection, state: str, browser: str, now: Instant) -> bytes | None:
    """Look at a sign-in that is on its way in this browser, without taking it."""
    found = select(sign_on.c.sealed).where(
        sign_on.c.state_hash == token_hash(state),
        sign_on.c.browser_hash == token_hash(browser),
        sign_on.c.expires_at > now,
    )
    return connection.execute(found).scalar_one_or_none()


def seal_anew(connection: Connection, state: str, sealed: bytes) -> None:
    """Write what is kept of a sign-in that is on its way."""
    connection.execute(
        update(sign_on).where(sign_on.c.state_hash == token_hash(state)).values(sealed=sealed)
    )


def drop_waiting(connection: Connection, state: str) -> None:
    """Forget a sign-in that is on its way."""
    connection.execute(delete(sign_on).where(sign_on.c.state_hash == token_hash(state)))


def find_identity(connection: Connection, issuer: str, subject: str) -> Identity | None:
    """Find whose identity this is."""
    row = connection.execute(
        _IDENTITIES.where(identity.c.issuer == issuer, identity.c.subject == subject)
    ).one_or_none()
    return None if row is None else Identity(*row)


def list_identities(connection: Connection, person_id: int) -> list[Identity]:
    """List a person's identities, oldest first."""
    found = connection.execute(
        _IDENTITIES.where(identity.c.person_id == person_id).order_by(identity.c.linked_at)
    )
    return [Identity(*row) for row in found]


def count_identities(connection: Connection) -> dict[str, int]:
    """Count the people that each provider knows, by issuer."""
    counted = select(identity.c.issuer, func.count()).group_by(identity.c.issuer)
    return {row[0]: row[1] for row in connection.execute(counted)}


def link(connection: Connection, issuer: str, subject: str, person_id: int, now: Instant) -> bool:
    """Say that an identity is this person's; False when it is somebody's already."""
    row = connection.execute(
        insert(connection, identity)
        .values(issuer=issuer, subject=subject, person_id=person_id, linked_at=now, last_at=now)
        .on_conflict_do_nothing()
        .returning(identity.c.person_id)
    ).one_or_none()
    return row is not None


def touch(connection: Connection, issuer: str, subject: str, now: Instant) -> None:
    """Note that an identity was used."""
    connection.execute(
        update(identity)
        .where(identity.c.issuer == issuer, identity.c.subject == subject)
        .values(last_at=now)
    )


def unlink(connection: Connection, issuer: str, subject: str, person_id: int) -> bool:
    """End a link; False when the person has no such one."""
    ended = delete(identity).where(
        identity.c.issuer == issuer,
        identity.c.subject == subject,
        identity.c.person_id == person_id,
    )
    return connection.execute(ended).rowcount == 1


def is_open(connection: Connection, person_id: int) -> bool:
    """Say whether an account is open."""
    state = connection.execute(select(person.c.state).where(person.c.id == person_id))
    return state.scalar_one_or_none() == "active"


def may_have_typed_address(connection: Connection, person_id: int) -> bool:
    """Say whether somebody may have written their account's address themselves.

    The log knows: a change of an account says whether the address was changed. One that does not
    say so is from before this was noted.
    """
    changed = (
        select(log_event.c.id)
        .where(
            log_event.c.person_id == person_id,
            log_event.c.kind == "person.changed",
            or_(
                log_event.c.body.is_(None),
                ~log_event.c.body.contains('"address_changed":false', autoescape=True),
            ),
        )
        .limit(1)
    )
    return connection.execute(changed).first() is not None


def projects_by_slug(connection: Connection, slugs: Collection[str]) -> dict[str, int]:
    """Give the numbers of projects by their short names, of those that there are."""
    found = select(project.c.slug, project.c.id).where(project.c.slug.in_(sorted(slugs)))
    return {row.slug: row.id for row in connection.execute(found)}


def pilots_of(connection: Connection, project_ids: Collection[int]) -> dict[int, tuple[int, bool]]:
    """Give the pilots of projects: whose each is, and whether it runs."""
    found = select(pilot.c.project_id, pilot.c.of_project_id, pilot.c.outcome).where(
        pilot.c.of_project_id.in_(sorted(project_ids))
    )
    return {
        row.project_id: (row.of_project_id, row.outcome == "running")
        for row in connection.execute(found)
    }


def roles_of(connection: Connection, person_id: int) -> dict[Grant, str]:
    """Give a person's roles with their sources."""
    found = select(membership.c.project_id, membership.c.role, membership.c.source).where(
        membership.c.person_id == person_id
    )
    return {(row.project_id, row.role): row.source for row in connection.execute(found)}


def hold_owners(connection: Connection) -> None:
    """Let nobody else take an owner's role until this transaction is over."""
    connection.execute(update(workspace).values(name=workspace.c.name))


def give_by_group(
    connection: Connection, person_id: int, grants: Iterable[Grant], now: Instant
) -> None:
    """Give roles that come from groups; one that is there already keeps its source."""
    for project_id, role in grants:
        connection.execute(
            insert(connection, membership)
            .values(
                person_id=person_id,
                project_id=project_id,
                role=role,
                created_at=now,
                source="group",
            )
            .on_conflict_do_nothing()
        )


def take_by_group(connection: Connection, person_id: int, grants: Iterable[Grant]) -> None:
    """Take roles that came from groups; what was given by hand is never touched."""
    for project_id, role in grants:
        connection.execute(
            delete(membership).where(
                and_(
                    membership.c.person_id == person_id,
                    membership.c.project_id == project_id,
                    membership.c.role == role,
                    membership.c.source == "group",
                )
            )
        )


_IDENTITIES: Final = select(
    identity.c.issuer,
    identity.c.subject,
    identity.c.person_id,
    identity.c.linked_at,
    identity.c.last_at,
)

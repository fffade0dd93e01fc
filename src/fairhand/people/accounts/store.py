"""SQL of accounts: people, roles, links, sessions, tokens."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row, select, text, update

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.core.ids import new_token, token_hash
from fairhand.people.accounts.rules import Actor
from fairhand.storage.database import Connection, insert
from fairhand.storage.kept import Kept
from fairhand.storage.tables.people import (
    api_token,
    membership,
    person,
    session,
    sign_in_link,
    workspace,
)

_HASHER = PasswordHasher()  # argon2id with the library's RFC 9106 low-memory profile

# One row per role, so that who somebody is and what they may do is one question.
_BY_SESSION = text(
    "SELECT h.id, h.display_name, h.locale, h.is_simulated, s.csrf_token, "
    "m.project_id AS place, m.role FROM session AS s "
    "JOIN person AS h ON h.id = s.person_id "
    "LEFT JOIN membership AS m ON m.person_id = h.id "
    "WHERE s.token_hash = :token_hash AND s.expires_at > :now AND h.state = 'active'"
)
_BY_TOKEN = text(
    "SELECT h.id, h.display_name, h.locale, h.is_simulated, t.scope, t.project_id, t.expires_at, "
    "m.project_id AS place, m.role "
    "FROM api_token AS t JOIN person AS h ON h.id = t.person_id "
    "LEFT JOIN membership AS m ON m.person_id = h.id "
    "WHERE t.token_hash = :token_hash AND t.expires_at > :now AND t.revoked_at IS NULL "
    "AND h.state = 'active'"
)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """An account as lists and pages show it."""

    id: int
    email: str | None
    display_name: str
    locale: str
    place_country: str
    place_region: str
    is_simulated: bool
    state: str


_CHUNK = 500
_PERSON_COLUMNS = (
    person.c.id,
    person.c.email,
    person.c.display_name,
    person.c.locale,
    person.c.place_country,
    person.c.place_region,
    person.c.is_simulated,
    person.c.state,
)


def create_workspace(connection: Connection, name: str, now: Instant) -> None:
    """Write the workspace's one row, with the secret that keys pseudonyms."""
    connection.execute(
        workspace.insert().values(id=1, name=name, secret=secrets.token_bytes(32), created_at=now)
    )


def load_workspace(connection: Connection) -> tuple[str, bytes] | None:
    """Load the workspace's name and secret; None before `fairhand init`."""
    row = connection.execute(select(workspace.c.name, workspace.c.secret)).one_or_none()
    return None if row is None else (row.name, row.secret)


def create_person(
    connection: Connection,
    *,
    email: str | None,
    display_name: str,
    locale: str,
    country: str,
    region: str,
    is_simulated: bool,
    now: Instant,
) -> int | None:
    """Add an account and return its id; None when the e-mail address is taken."""
    row = connection.execute(
        insert(connection, person)
        .values(
            email=email.lower() if email else None,
            display_name=display_name,
            locale=locale,
            place_country=country,
            place_region=region,
            is_simulated=is_simulated,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(person.c.id)
    ).one_or_none()
    return None if row is None else cast(int, row.id)


def load_person(connection: Connection, person_id: int) -> PersonRow | None:
    """Load one account."""
    row = connection.execute(select(*_PERSON_COLUMNS).where(person.c.id == person_id)).one_or_none()
    return None if row is None else PersonRow(*row)


def list_simulated(connection: Connection) -> frozenset[int]:
    """List the accounts that are simulated."""
    found = connection.execute(select(person.c.id).where(person.c.is_simulated)).scalars()
    return frozenset(found)


def find_person(connection: Connection, email: str) -> PersonRow | None:
    """Find an account by e-mail address."""
    row = connection.execute(
        select(*_PERSON_COLUMNS).where(person.c.email == email.lower())
    ).one_or_none()
    return None if row is None else PersonRow(*row)


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its own person sees it."""

    person: PersonRow
    hours_from: int | None
    hours_to: int | None
    has_password: bool


def load_account(connection: Connection, person_id: int) -> Account | None:
    """Load an account with what only its person sees."""
    chosen = select(
        *_PERSON_COLUMNS,
        person.c.hours_from_min,
        person.c.hours_to_min,
        person.c.password_hash.is_not(None),
    ).where(person.c.id == person_id)
    row = connection.execute(chosen).one_or_none()
    return None if row is None else Account(PersonRow(*row[:-3]), row[-3], row[-2], bool(row[-1]))


def change_person(
    connection: Connection,
    person_id: int,
    *,
    email: str | None,
    display_name: str,
    country: str,
    region: str,
    hours_from: int | None,
    hours_to: int | None,
    locale: str | None = None,
) -> None:
    """Write what an account says of its person; the language stays when none is given."""
    language = {} if locale is None else {"locale": locale}
    connection.execute(
        update(person)
        .where(person.c.id == person_id)
        .values(
            email=email.lower() if email else None,
            display_name=display_name,
            place_country=country,
            place_region=region,
            hours_from_min=hours_from,
            hours_to_min=hours_to,
            **language,
        )
    )


def add_role(
    connection: Connection, person_id: int, role: str, project_id: int, now: Instant
) -> None:
    """Give a role, in one project or (0) everywhere; giving it twice changes nothing.

    One that a group gave is given by hand from then on: leaving the group does not take it.
    """
    connection.execute(
        insert(connection, membership)
        .values(person_id=person_id, project_id=project_id, role=role, created_at=now)
        .on_conflict_do_update(
            index_elements=["person_id", "project_id", "role"], set_={"source": "given"}
        )
    )


ROLES_KEPT: Final = Kept(membership)


def names_of(connection: Connection, person_ids: Iterable[int]) -> dict[int, str]:
    """Give the display names of these people."""
    ids = sorted(set(person_ids))
    return {
        row.id: row.display_name
        for start in range(0, len(ids), _CHUNK)
        for row in connection.execute(
            select(person.c.id, person.c.display_name).where(
                person.c.id.in_(ids[start : start + _CHUNK])
            )
        )
    }


def list_people(connection: Connection) -> list[tuple[PersonRow, list[str]]]:
    """List every account with its roles (`owner`, or `reviewer in project 3`), by name."""
    roles: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(
        select(membership.c.person_id, membership.c.project_id, membership.c.role)
    ):
        where = f" in project {row.project_id}" if row.project_id else ""
        roles[row.person_id].append(row.role + where)
    found = connection.execute(select(*_PERSON_COLUMNS).order_by(person.c.display_name))
    return [(PersonRow(*row), sorted(roles[row.id])) for row in found]


def create_link(connection: Connection, person_id: int, now: Instant, hours: int) -> str:
    """Make a one-time sign-in link's secret."""
    token = new_token()
    connection.execute(
        sign_in_link.insert().values(
            token_hash=token_hash(token),
            person_id=person_id,
            created_at=now,
            expires_at=now + hours * HOUR_MS,
        )
    )
    return token


def peek_link(connection: Connection, token: str, now: Instant) -> str | None:
    """Say whose unused link this is, without using it."""
    return connection.execute(
        select(person.c.display_name)
        .join(sign_in_link, sign_in_link.c.person_id == person.c.id)
        .where(
            sign_in_link.c.token_hash == token_hash(token),
            sign_in_link.c.used_at.is_(None),
            sign_in_link.c.expires_at > now,
            person.c.state == "active",
        )
    ).scalar_one_or_none()


def use_link(connection: Connection, token: str, now: Instant) -> int | None:
    """Use a one-time link and return its person; None when it is unknown, used or expired."""
    return connection.execute(
        update(sign_in_link)
        .where(
            sign_in_link.c.token_hash == token_hash(token),
            sign_in_link.c.used_at.is_(None),
            sign_in_link.c.expires_at > now,
            sign_in_link.c.person_id.in_(select(person.c.id).where(person.c.state == "active")),
        )
        .values(used_at=now)
        .returning(sign_in_link.c.person_id)
    ).scalar_one_or_none()


def reset_key(secret: str) -> str:
    """Give what the link of a new password is kept by: it opens no session by itself."""
    return f"reset {secret}"


def create_reset(connection: Connection, person_id: int, now: Instant, hours: int) -> str:
    """Make the secret of a link that sets a new password."""
    secret = new_token()
    connection.execute(
        sign_in_link.insert().values(
            token_hash=token_hash(reset_key(secret)),
            person_id=person_id,
            created_at=now,
            expires_at=now + hours * HOUR_MS,
        )
    )
    return secret


def end_links(connection: Connection, person_id: int, now: Instant) -> None:
    """End every unused link of a person."""
    connection.execute(
        update(sign_in_link)
        .where(sign_in_link.c.person_id == person_id, sign_in_link.c.used_at.is_(None))
        .values(used_at=now)
    )


def set_password(connection: Connection, person_id: int, password: str) -> None:
    """Store a password's argon2id hash."""
    connection.execute(
        update(person).where(person.c.id == person_id).values(password_hash=hash_password(password))
    )


def hash_password(password: str) -> str:
    """Hash a password (argon2id)."""
    return _HASHER.hash(password)


def load_password_hash(connection: Connection, email: str) -> tuple[int, str] | None:
    """Load the id and password hash of an active account that has one."""
    row = connection.execute(
        select(person.c.id, person.c.password_hash).where(
            person.c.email == email.lower(),
            person.c.state == "active",
            person.c.password_hash.is_not(None),
        )
    ).one_or_none()
    return None if row is None else (row.id, row.password_hash)


def password_fits(stored_hash: str, password: str) -> bool:
    """Say whether a password fits its stored hash."""
    try:
        return _HASHER.verify(stored_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def create_session(connection: Connection, person_id: int, now: Instant, days: int) -> str:
    """Open a session and return its cookie's secret."""
    token = new_token()
    connection.execute(
        session.insert().values(
            token_hash=token_hash(token),
            person_id=person_id,
            csrf_token=new_token(),
            created_at=now,
            expires_at=now + days * DAY_MS,
        )
    )
    return token


def delete_session(connection: Connection, token: str) -> None:
    """Close a session."""
    connection.execute(session.delete().where(session.c.token_hash == token_hash(token)))


def delete_sessions(connection: Connection, person_id: int, *, but: str = "") -> None:
    """Close all sessions of a person, but the one with this secret."""
    connection.execute(
        session.delete().where(
            session.c.person_id == person_id, session.c.token_hash != token_hash(but)
        )
    )


def create_token(
    connection: Connection,
    person_id: int,
    *,
    scope: str,
    project_id: int,
    label: str,
    expires_at: Instant,
    now: Instant,
) -> str:
    """Make an API token; its secret is returned once and stored only as a hash."""
    token = "fh_" + new_token()
    connection.execute(
        api_token.insert().values(
            token_hash=token_hash(token),
            person_id=person_id,
            project_id=project_id,
            scope=scope,
            label=label,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return token


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token as its owner sees it."""

    id: int
    label: str
    scope: str
    project_id: int
    created_at: int
    expires_at: int
    revoked_at: int | None


def list_tokens(connection: Connection, person_id: int) -> list[TokenRow]:
    """List a person's tokens, newest first."""
    found = connection.execute(
        select(
            api_token.c.id,
            api_token.c.label,
            api_token.c.scope,
            api_token.c.project_id,
            api_token.c.created_at,
            api_token.c.expires_at,
            api_token.c.revoked_at,
        )
        .where(api_token.c.person_id == person_id)
        .order_by(api_token.c.id.desc())
    )
    return [TokenRow(*row) for row in found]


def revoke_token(connection: Connection, person_id: int, token_id: int, now: Instant) -> bool:
    """End a token; False when the person has no such token."""
    ended = connection.execute(
        update(api_token)
        .where(api_token.c.id == token_id, api_token.c.person_id == person_id)
        .values(revoked_at=now)
    )
    return ended.rowcount == 1


def end_tokens(connection: Connection, person_id: int, now: Instant) -> None:
    """End every token of a person."""
    connection.execute(
        update(api_token)
        .where(api_token.c.person_id == person_id, api_token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def end_access(connection: Connection, person_id: int, now: Instant) -> None:
    """End whatever opens an account: its password, sessions, unused links and tokens."""
    connection.execute(update(person).where(person.c.id == person_id).values(password_hash=None))
    delete_sessions(connection, person_id)
    end_links(connection, person_id, now)
    end_tokens(connection, person_id, now)


def load_actor_by_session(connection: Connection, token: str, now: Instant) -> Actor | None:
    """Load who holds a session cookie; None when it is unknown or expired."""
    rows = connection.execute(_BY_SESSION, {"token_hash": token_hash(token), "now": now}).all()
    if not rows:
        return None
    row = rows[0]
    return Actor(
        person_id=row.id,
        display_name=row.display_name,
        locale=row.locale,
        roles=_roles(rows),
        csrf_token=row.csrf_token,
        is_simulated=bool(row.is_simulated),
    )


def load_actor_by_token(connection: Connection, token: str, now: Instant) -> Actor | None:
    """Load who holds an API token; None when it is unknown, expired or revoked."""
    rows = connection.execute(_BY_TOKEN, {"token_hash": token_hash(token), "now": now}).all()
    if not rows:
        return None
    row, roles = rows[0], _roles(rows)
    if row.project_id:  # whoever asks what its person may elsewhere must not find it
        roles = {row.project_id: roles.get(0, set()) | roles.get(row.project_id, set())}
    return Actor(
        person_id=row.id,
        display_name=row.display_name,
        locale=row.locale,
        roles=roles,
        csrf_token=None,
        scope=row.scope,
        scope_project_id=row.project_id,
        is_simulated=bool(row.is_simulated),
        ends_at=Instant(row.expires_at),
    )


def _roles(rows: Sequence[Row[Any]]) -> dict[int, set[str]]:
    roles: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        if row.role is not None:
            roles[row.place].add(row.role)
    return roles

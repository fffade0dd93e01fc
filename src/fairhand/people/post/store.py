"""SQL of the outbox, and of who wants which letters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import and_, func, or_, select, true, update

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.post.rules import CHOSEN, LASTING, LASTING_DAYS, ROLES, Letter
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.office import mail, mail_choice
from fairhand.storage.tables.people import membership, person
from fairhand.storage.tables.proof import log_event

_LETTER = (
    mail.c.id,
    mail.c.person_id,
    mail.c.address,
    mail.c.kind,
    mail.c.locale,
    mail.c.about,
    mail.c.state,
    mail.c.attempts,
    mail.c.next_at,
    mail.c.trouble,
    mail.c.made_at,
    mail.c.ended_at,
)


def put(
    connection: Connection,
    *,
    person_id: int,
    address: str,
    kind: str,
    locale: str,
    about: str,
    sealed: bytes | None,
    now: Instant,
) -> bool:
    """Put a letter in the outbox; False when one about the same is there."""
    row = {
        "person_id": person_id,
        "address": address,
        "kind": kind,
        "locale": locale,
        "about": about,
        "sealed": sealed,
        "next_at": now,
        "made_at": now,
    }
    added = insert(connection, mail).values(row).on_conflict_do_nothing().returning(mail.c.id)
    return connection.execute(added).first() is not None


def next_due(connection: Connection, now: Instant) -> tuple[Letter, bytes | None] | None:
    """Find the letter that has been due the longest."""
    due = (
        select(*_LETTER, mail.c.sealed)
        .where(mail.c.state == "waiting", mail.c.next_at <= now)
        .order_by(mail.c.next_at, mail.c.id)
        .limit(1)
    )
    row = connection.execute(due).one_or_none()
    if row is None:
        return None
    return Letter(*row[:-1]), row[-1]


def claim(connection: Connection, letter: Letter, until: Instant) -> bool:
    """Take a letter for an attempt; False when somebody else has it."""
    taken = (
        update(mail)
        .where(
            mail.c.id == letter.id,
            mail.c.state == "waiting",
            mail.c.attempts == letter.attempts,
            mail.c.next_at == letter.next_at,
        )
        .values(attempts=letter.attempts + 1, next_at=until)
    )
    return connection.execute(taken).rowcount == 1


def wait(connection: Connection, mail_id: int, next_at: Instant, trouble: str) -> None:
    """Have a letter tried again later."""
    connection.execute(
        update(mail)
        .where(mail.c.id == mail_id, mail.c.state == "waiting")
        .values(next_at=next_at, trouble=trouble[:500])
    )


def end(connection: Connection, mail_id: int, state: str, trouble: str, now: Instant) -> bool:
    """End a letter, and drop what it says; False when it had ended."""
    ended = (
        update(mail)
        .where(mail.c.id == mail_id, mail.c.state == "waiting")
        .values(state=state, trouble=trouble[:500], ended_at=now, sealed=None)
    )
    return connection.execute(ended).rowcount == 1


def hurry(connection: Connection, mail_id: int, now: Instant) -> bool:
    """Have a letter that waits tried at once; False when none with this number waits."""
    due = update(mail).where(mail.c.id == mail_id, mail.c.state == "waiting").values(next_at=now)
    return connection.execute(due).rowcount == 1


def forget(connection: Connection, before: Instant, now: Instant) -> int:
    """Forget what ended long ago; what is about a state is remembered for longer."""
    long_ago = min(before, now - LASTING_DAYS * DAY_MS)
    old = mail.delete().where(
        mail.c.state != "waiting",
        mail.c.ended_at < before,
        or_(mail.c.kind.not_in(LASTING), mail.c.ended_at < long_ago),
    )
    return connection.execute(old).rowcount


def list_newest(
    connection: Connection, most: int, state: str = "", before: int | None = None
) -> list[Letter]:
    """List the outbox, newest first: all of it or one state, all numbers or those below one."""
    chosen = select(*_LETTER).order_by(mail.c.id.desc()).limit(most)
    if state:
        chosen = chosen.where(mail.c.state == state)
    if before is not None:
        chosen = chosen.where(mail.c.id < before)
    rows = connection.execute(chosen)
    return [Letter(*cast(Sequence[Any], row)) for row in rows]


def count_made(connection: Connection, person_id: int, kind: str, since: Instant) -> int:
    """Count the letters of a kind that somebody was written."""
    many: int = connection.execute(
        select(func.count()).where(
            mail.c.person_id == person_id, mail.c.kind == kind, mail.c.made_at > since
        )
    ).scalar_one()
    return many


def is_reachable(
    connection: Connection, person_id: int, kind: str, address: str, *, is_former: bool = False
) -> bool:
    """Say whether this is still the address of somebody active who wants this kind.

    `is_former`: it is the one that they had before, which is told of the change.
    """
    refused = and_(
        mail_choice.c.person_id == person.c.id,
        mail_choice.c.kind == kind,
        mail_choice.c.wanted.is_(False),
    )
    found = connection.execute(
        select(mail_choice.c.kind)
        .select_from(person.outerjoin(mail_choice, refused))
        .where(
            person.c.id == person_id,
            person.c.state == "active",
            true() if is_former else person.c.email == address,
            person.c.is_simulated.is_(False),
        )
    ).one_or_none()
    if found is None or found[0] is not None:
        return False
    return kind not in ROLES or bool(holders(connection, ROLES[kind], None, person_id))


def holders(
    connection: Connection,
    roles: Collection[str],
    project_id: int | None,
    person_id: int | None = None,
) -> list[int]:
    """List who has one of these roles in a project or everywhere; `None`: in any project."""
    chosen = select(membership.c.person_id).where(membership.c.role.in_(roles)).distinct()
    if project_id is not None:
        chosen = chosen.where(membership.c.project_id.in_((0, project_id)))
    if person_id is not None:
        chosen = chosen.where(membership.c.person_id == person_id)
    return sorted(connection.execute(chosen).scalars())


def choose(connection: Connection, person_id: int, kind: str, wanted: bool, now: Instant) -> None:
    """Remember whether somebody wants a kind of letter."""
    said = {"wanted": wanted, "changed_at": now}
    connection.execute(
        insert(connection, mail_choice)
        .values(person_id=person_id, kind=kind, **said)
        .on_conflict_do_update(index_elements=["person_id", "kind"], set_=said)
    )


def choices(connection: Connection, person_id: int) -> dict[str, bool]:
    """Say which kinds somebody wants; those never spoken of are wanted."""
    rows = connection.execute(
        select(mail_choice.c.kind, mail_choice.c.wanted).where(mail_choice.c.person_id == person_id)
    )
    said = {row.kind: bool(row.wanted) for row in rows}
    return {kind: said.get(kind, True) for kind in CHOSEN}


def log_size(connection: Connection) -> int:
    """Count the log's leaves."""
    last = connection.execute(select(func.max(log_event.c.leaf_index))).scalar_one()
    return 0 if last is None else int(last) + 1


@dataclass(frozen=True, slots=True)
class Happened:
    """A leaf of the log that somebody may be written about."""

    id: int
    kind: str
    person_id: int | None
    project_id: int | None
    body: str | None


def events_between(
    connection: Connection, first: int, end: int, kinds: tuple[str, ...], since: Instant
) -> list[Happened]:
    """List what happened of these kinds, in the log's order."""
    rows = connection.execute(
        select(
            log_event.c.id,
            log_event.c.kind,
            log_event.c.person_id,
            log_event.c.project_id,
            log_event.c.body,
        )
        .where(
            log_event.c.leaf_index >= first,
            log_event.c.leaf_index < end,
            log_event.c.kind.in_(kinds),
            log_event.c.at > since,
        )
        .order_by(log_event.c.leaf_index)
    )
    return [Happened(*cast(Sequence[Any], row)) for row in rows]


def addresses_of(connection: Connection, people: Collection[int]) -> list[tuple[int, str, str]]:
    """List those of these people who can be written to: number, address, language."""
    rows = connection.execute(
        select(person.c.id, person.c.email, person.c.locale)
        .where(
            person.c.id.in_(sorted(people)),
            person.c.state == "active",
            person.c.email.is_not(None),
            person.c.is_simulated.is_(False),
        )
        .order_by(person.c.id)
    )
    return [(row.id, row.email, row.locale) for row in rows]


def is_person(connection: Connection, person_id: int) -> bool:
    """Say whether there is an active account of this number."""
    chosen = select(person.c.id).where(person.c.id == person_id, person.c.state == "active")
    return connection.execute(chosen).first() is not None

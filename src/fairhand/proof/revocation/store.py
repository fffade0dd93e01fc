"""SQL of what left releases again: affected items, signed lists, notices, requests to unlearn."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import and_, bindparam, func, select, text, update

from fairhand.core.clock import DAY_MS, Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.campaigns import contribution
from fairhand.storage.tables.consent import withdrawal
from fairhand.storage.tables.licensing import (
    licence,
    licensee,
    recipient_notice,
    release_item,
    revocation,
    revocation_list,
    trained_model,
    unlearning_request,
)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One act of taking back: a grant, purposes of it, or single contributions."""

    id: int
    person_id: int
    project_id: int
    grant_id: int | None
    scope: dict[str, Any]
    reason: str
    items: int
    releases: int
    asked_at: Instant
    blocked_at: Instant
    told_at: Instant | None


@dataclass(frozen=True, slots=True)
class ListRow:
    """A signed list as it is kept."""

    release_id: int
    number: int
    items: int
    sha256: str
    blob_sha256: str
    note: str
    signed_at: Instant


_COLUMNS = [withdrawal.c[name] for name in Withdrawal.__dataclass_fields__]
_LISTS = [revocation_list.c[name] for name in ListRow.__dataclass_fields__]
_UNTOLD = (
    select(*_COLUMNS)
    .where(withdrawal.c.told_at.is_(None))
    .order_by(withdrawal.c.id)
    .limit(bindparam("p_most"))
)
_NEWEST = (
    select(*_LISTS)
    .where(revocation_list.c.release_id == bindparam("p_release"))
    .order_by(revocation_list.c.number.desc())
    .limit(1)
)
# One statement for a million items, which goes through the grant's own once.
_REVOKE_GRANT = text(
    "INSERT INTO revocation (release_id, item, reason, withdrawal_id, at) "
    "SELECT i.release_id, i.item, :reason, :withdrawal_id, :at "
    "FROM contribution c JOIN release_item i ON i.contribution_id = c.id "
    "WHERE c.grant_id = :grant_id AND i.release_id IN :release_ids "
    "ON CONFLICT DO NOTHING"
).bindparams(bindparam("release_ids", expanding=True))


def add_withdrawal(
    connection: Connection,
    *,
    person_id: int,
    project_id: int,
    grant_id: int | None,
    scope: dict[str, Any],
    reason: str,
    items: int,
    now: Instant,
) -> int:
    """Remember an act of taking back; what it means for others is told later."""
    row = {
        "person_id": person_id,
        "project_id": project_id,
        "grant_id": grant_id,
        "scope": orjson.dumps(scope).decode(),
        "reason": reason,
        "items": items,
        "asked_at": now,
        "blocked_at": now,
    }
    added = withdrawal.insert().returning(withdrawal.c.id)
    number: int = connection.execute(added, row).scalar_one()
    return number


def set_event(connection: Connection, withdrawal_id: int, event_id: int) -> None:
    """Remember the log's line of a withdrawal, for its receipt."""
    connection.execute(
        update(withdrawal).where(withdrawal.c.id == withdrawal_id).values(event_id=event_id)
    )


def list_untold(connection: Connection, most: int) -> list[Withdrawal]:
    """List withdrawals whose lists and notices are not made yet, the eldest first."""
    return [_withdrawal(row) for row in connection.execute(_UNTOLD, {"p_most": most})]


def list_people(connection: Connection) -> list[int]:
    """List everybody who ever took something back."""
    return list(connection.execute(select(withdrawal.c.person_id).distinct()).scalars())


def has_untold(connection: Connection, project_id: int) -> bool:
    """Say whether somebody took something of a project back that nobody was told of yet."""
    waiting = select(withdrawal.c.id).where(
        withdrawal.c.project_id == project_id, withdrawal.c.told_at.is_(None)
    )
    return connection.execute(waiting.limit(1)).first() is not None


def list_own(connection: Connection, person_id: int) -> list[Withdrawal]:
    """List what somebody took back, the newest first."""
    chosen = select(*_COLUMNS).where(withdrawal.c.person_id == person_id)
    return [_withdrawal(row) for row in connection.execute(chosen.order_by(withdrawal.c.id.desc()))]


def releases_of_grant(connection: Connection, grant_id: int, among: int | None = None) -> list[int]:
    """List the releases that hold something that came under a grant; `among` looks at so many."""
    given = select(contribution.c.id).where(contribution.c.grant_id == grant_id)
    if among is not None:
        given = given.limit(among)
    mine = given.subquery()
    chosen = (
        select(release_item.c.release_id)
        .join_from(release_item, mine, mine.c.id == release_item.c.contribution_id)
        .distinct()
    )
    return sorted(connection.execute(chosen).scalars())


def releases_of_items(connection: Connection, contribution_ids: Collection[int]) -> list[int]:
    """List the releases that hold single contributions."""
    chosen = select(release_item.c.release_id).where(
        release_item.c.contribution_id.in_(contribution_ids)
    )
    return sorted(set(connection.execute(chosen).scalars()))


def revoke_grant(
    connection: Connection, release_ids: Collection[int], found: Withdrawal, now: Instant
) -> int:
    """Revoke all of a grant's items in releases; gives how many were not revoked before."""
    done = connection.execute(
        _REVOKE_GRANT,
        {
            "reason": found.reason,
            "withdrawal_id": found.id,
            "at": now,
            "grant_id": found.grant_id,
            "release_ids": list(release_ids),
        },
    )
    return max(done.rowcount, 0)


def revoke_items(
    connection: Connection,
    release_id: int,
    contribution_ids: Collection[int],
    found: Withdrawal,
    now: Instant,
) -> int:
    """Revoke single contributions in a release; gives how many were not revoked before."""
    chosen = select(release_item.c.item).where(
        release_item.c.release_id == release_id,
        release_item.c.contribution_id.in_(contribution_ids),
    )
    rows = [
        {
            "release_id": release_id,
            "item": item,
            "reason": found.reason,
            "withdrawal_id": found.id,
            "at": now,
        }
        for item in connection.execute(chosen).scalars()
    ]
    if not rows:
        return 0
    done = connection.execute(insert(connection, revocation).on_conflict_do_nothing(), rows)
    return max(done.rowcount, 0)


def set_told(connection: Connection, withdrawal_id: int, releases: int, now: Instant) -> None:
    """Remember that lists are signed and notices queued."""
    connection.execute(
        update(withdrawal)
        .where(withdrawal.c.id == withdrawal_id)
        .values(told_at=now, releases=releases)
    )


def iter_revoked(connection: Connection, release_id: int) -> Iterator[tuple[str, str]]:
    """Stream what left a release: name and class of reason."""
    chosen = select(revocation.c.item, revocation.c.reason).where(
        revocation.c.release_id == release_id
    )
    for row in connection.execute(chosen):
        yield row.item, row.reason


def count_revoked(connection: Connection, release_id: int) -> int:
    """Count what left a release."""
    counted = select(func.count()).where(revocation.c.release_id == release_id)
    return connection.execute(counted).scalar_one()


def newest_list(connection: Connection, release_id: int) -> ListRow | None:
    """Load the newest signed list of a release; None: nothing ever left it."""
    row = connection.execute(_NEWEST, {"p_release": release_id}).one_or_none()
    return None if row is None else ListRow(*row)


def load_list(connection: Connection, release_id: int, number: int) -> ListRow | None:
    """Load a signed list of a release by its number."""
    chosen = select(*_LISTS).where(
        revocation_list.c.release_id == release_id, revocation_list.c.number == number
    )
    row = connection.execute(chosen).one_or_none()
    return None if row is None else ListRow(*row)


def add_list(connection: Connection, made: ListRow) -> None:
    """Keep a signed list; its number is the next one."""
    row = {name: getattr(made, name) for name in ListRow.__dataclass_fields__}
    connection.execute(insert(connection, revocation_list), row)


def queue_notices(
    connection: Connection, release_id: int, list_number: int, now: Instant, due_days: int
) -> int:
    """Tell each licensee of a release to remove what its newest list names; gives how many."""
    holding = select(licence.c.id).where(licence.c.release_id == release_id)
    rows = [
        {
            "licence_id": licence_id,
            "release_id": release_id,
            "list_number": list_number,
            "sent_at": now,
            "due_at": now + due_days * DAY_MS,
        }
        for licence_id in connection.execute(holding).scalars()
    ]
    if rows:
        connection.execute(insert(connection, recipient_notice).on_conflict_do_nothing(), rows)
    return len(rows)


def ask_unlearning(
    connection: Connection,
    release_id: int,
    list_number: int,
    items: int,
    now: Instant,
    due_days: int,
) -> int:
    """Ask the makers of each model that was trained on a release; gives how many."""
    trained = select(trained_model.c.id).where(
        trained_model.c.release_id == release_id, trained_model.c.is_in_use
    )
    rows = [
        {
            "model_id": model_id,
            "list_number": list_number,
            "items": items,
            "asked_at": now,
            "due_at": now + due_days * DAY_MS,
        }
        for model_id in connection.execute(trained).scalars()
    ]
    if rows:
        connection.execute(insert(connection, unlearning_request).on_conflict_do_nothing(), rows)
    return len(rows)


def who_holds(connection: Connection, release_ids: Collection[int]) -> dict[int, list[Any]]:
    """List who holds releases: the licensee's name, until when, and how they answered notices."""
    chosen = (
        select(
            licence.c.release_id,
            licensee.c.name,
            licence.c.ends_at,
            func.max(recipient_notice.c.state).label("notice"),
        )
        .join_from(licence, licensee, licensee.c.id == licence.c.licensee_id)
        .outerjoin(
            recipient_notice,
            and_(
                recipient_notice.c.licence_id == licence.c.id,
                recipient_notice.c.release_id == licence.c.release_id,
            ),
        )
        .where(licence.c.release_id.in_(release_ids))
        .group_by(licence.c.id, licence.c.release_id, licensee.c.name, licence.c.ends_at)
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(chosen):
        found.setdefault(row.release_id, []).append(row)
    return found


def models_on(connection: Connection, release_ids: Collection[int]) -> dict[int, list[Any]]:
    """List the models that were trained on releases."""
    chosen = select(
        trained_model.c.release_id,
        trained_model.c.name,
        trained_model.c.version,
        trained_model.c.is_in_use,
    ).where(trained_model.c.release_id.in_(release_ids))
    found: dict[int, list[Any]] = {}
    for row in connection.execute(chosen):
        found.setdefault(row.release_id, []).append(row)
    return found


def _withdrawal(row: Any) -> Withdrawal:  # noqa: ANN401  # a result row
    said = row._asdict()
    said["scope"] = orjson.loads(row.scope)
    return Withdrawal(**said)

"""Royalties in the database: terms, uses, and each person's share as an entry of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    and_,
    case,
    column,
    exists,
    false,
    func,
    or_,
    select,
    table,
    true,
)

from fairhand.core.clock import Instant
from fairhand.core.ids import rows_sha256
from fairhand.pay.ledger.rules import Posting, owner_key, payable_key
from fairhand.pay.ledger.store import post_entry
from fairhand.pay.royalties.rules import Contribution, Share, Terms
from fairhand.storage.database import insert
from fairhand.storage.kept import Kept
from fairhand.storage.tables.pay import accrual
from fairhand.storage.tables.pay_office import royalty_share, royalty_terms, usage_event

_annotation = table(
    "annotation",
    column("id"),
    column("task_id"),
    column("person_id"),
    column("project_id"),
    column("submitted_at"),
    column("counted", Boolean),
    column("superseded", Boolean),
)
_grant = table(
    "consent_grant",
    column("person_id"),
    column("project_id"),
    column("granted_at"),
    column("withdrawn_at"),
)
_project = table("project", column("id"), column("title"))
_person = table("person", column("id"), column("display_name"))


def held_key(project_id: int) -> str:
    """Name the account of royalties that nobody could be given yet."""
    return f"held:royalty:{project_id}"


TERMS: Final = Kept(royalty_terms, ("project_id", "version"))
USES: Final = Kept(usage_event)


@dataclass(frozen=True, slots=True)
class NewUsage:
    """A use as it is written down; `key` makes a retry count once."""

    key: str
    project_id: int
    release_id: int | None
    terms_version: int
    kind: str
    licensee: str
    quantity: int
    revenue_minor: int
    currency: str
    pool_micros: int
    held_micros: int
    happened_at: Instant
    recorded_by: int
    note: str


@dataclass(frozen=True, slots=True)
class UsageRow:
    """A use in a list; `people` counts who got a share."""

    id: int
    project_id: int
    project_title: str
    release_id: int | None
    kind: str
    licensee: str
    quantity: int
    revenue_minor: int
    currency: str
    pool_micros: int
    held_micros: int
    happened_at: Instant
    recorded_at: Instant
    note: str
    people: int
    shared_micros: int


@dataclass(frozen=True, slots=True)
class OwnShare:
    """What one person got of one use, and why."""

    usage_id: int
    project_id: int
    project_title: str
    kind: str
    licensee: str
    quantity: int
    currency: str
    pool_micros: int
    happened_at: Instant
    amount_micros: int
    why: Mapping[str, int]
    entry_id: int | None


@dataclass(frozen=True, slots=True)
class PersonShare:
    """What one person got of a use, for those who pay."""

    person_id: int
    display_name: str
    amount_micros: int
    why: Mapping[str, int]


def list_terms(connection: Connection, project_id: int) -> list[Terms]:
    """List a project's terms, oldest first."""
    return load_terms(connection, [project_id]).get(project_id, [])


def load_terms(connection: Connection, project_ids: Sequence[int]) -> dict[int, list[Terms]]:
    """Load the terms of several projects in one query, oldest first; those without are left out."""
    chosen = (
        select(royalty_terms)
        .where(royalty_terms.c.project_id.in_(project_ids))
        .order_by(royalty_terms.c.project_id, royalty_terms.c.version)
    )
    found: dict[int, list[Terms]] = {}
    for row in connection.execute(chosen):
        terms = Terms(
            row.version,
            row.share_permille,
            row.training_run_minor,
            row.voice_minute_minor,
            row.yearly_floor_minor,
            orjson.loads(row.split),
            Instant(row.valid_from),
        )
        found.setdefault(row.project_id, []).append(terms)
    return found


def save_terms(
    connection: Connection, project_id: int, terms: Terms, by: int, now: Instant
) -> None:
    """Keep a new version of a project's terms."""
    connection.execute(
        royalty_terms.insert(),
        {
            "project_id": project_id,
            "version": terms.version,
            "share_permille": terms.share_permille,
            "training_run_minor": terms.training_run_minor,
            "voice_minute_minor": terms.voice_minute_minor,
            "yearly_floor_minor": terms.yearly_floor_minor,
            "split": orjson.dumps(dict(terms.split), option=orjson.OPT_SORT_KEYS).decode(),
            "valid_from": terms.valid_from,
            "created_by": by,
            "created_at": now,
        },
    )


def contributions(
    connection: Connection,
    project_id: int,
    currency: str,
    *,
    made_until: Instant,
    used_at: Instant,
    year: tuple[Instant, Instant],
    values: Mapping[int, int],
) -> list[Contribution]:
    """List who made what was used: milliseconds of accepted answers, grant and royalties this year.

    `values` maps a task to its measured value; each of its people gets an equal part of it.
    """
    granted = exists().where(
        _grant.c.person_id == _annotation.c.person_id,
        _grant.c.project_id == project_id,
        _grant.c.granted_at <= used_at,
        or_(_grant.c.withdrawn_at.is_(None), _grant.c.withdrawn_at > used_at),
    )
    rows = connection.execute(
        select(
            _annotation.c.person_id,
            func.sum(accrual.c.paid_ms),
            func.max(case((granted, 1), else_=0)),
        )
        .join_from(_annotation, accrual, accrual.c.annotation_id == _annotation.c.id)
        .where(*_accepted(project_id, made_until))
        .group_by(_annotation.c.person_id)
        .order_by(_annotation.c.person_id)
    ).all()
    worth = _worth(connection, project_id, made_until, values)
    had = _had(connection, project_id, currency, year)
    return [
        Contribution(
            person_id, int(ms), worth.get(person_id, 0), bool(holds), had.get(person_id, 0)
        )
        for person_id, ms, holds in rows
    ]


def add_usage(connection: Connection, usage: NewUsage, now: Instant) -> int | None:
    """Write a use down; None when its key has been used."""
    terms_id = connection.execute(
        select(royalty_terms.c.id).where(
            royalty_terms.c.project_id == usage.project_id,
            royalty_terms.c.version == usage.terms_version,
        )
    ).scalar_one()
    added = connection.execute(
        insert(connection, usage_event)
        .on_conflict_do_nothing(index_elements=["idem_key"])
        .returning(usage_event.c.id),
        {
            "idem_key": usage.key,
            "project_id": usage.project_id,
            "release_id": usage.release_id,
            "terms_id": terms_id,
            "kind": usage.kind,
            "licensee": usage.licensee,
            "quantity": usage.quantity,
            "revenue_minor": usage.revenue_minor,
            "currency": usage.currency,
            "pool_micros": usage.pool_micros,
            "held_micros": usage.held_micros,
            "happened_at": usage.happened_at,
            "recorded_at": now,
            "recorded_by": usage.recorded_by,
            "note": usage.note,
        },
    )
    usage_id = added.scalar_one_or_none()
    return None if usage_id is None else int(usage_id)


def find_usage(connection: Connection, key: str) -> UsageRow | None:
    """Find a use by its key."""
    found = _usages(connection, usage_event.c.idem_key == key)
    return found[0] if found else None


def list_usages(connection: Connection, project_id: int | None = None) -> list[UsageRow]:
    """List uses, newest first."""
    if project_id is None:
        return _usages(connection)
    return _usages(connection, usage_event.c.project_id == project_id)


def pay_shares(
    connection: Connection, usage_id: int, usage: NewUsage, shares: Sequence[Share], now: Instant
) -> None:
    """Owe each person their share: an entry, an accrual of basis `royalty`, and why."""
    for share in shares:
        entry_id = _pay_share(connection, usage_id, usage, share, now)
        why = orjson.dumps(dict(share.why), option=orjson.OPT_SORT_KEYS).decode()
        row = {
            "usage_id": usage_id,
            "person_id": share.person_id,
            "amount_micros": share.amount_micros,
            "why": why,
            "entry_id": entry_id,
        }
        connection.execute(royalty_share.insert(), row)


def hold(connection: Connection, usage_id: int, usage: NewUsage, now: Instant) -> None:
    """Set aside what nobody could be given: it stays owed to contributors."""
    project, amount = usage.project_id, usage.held_micros
    lines = [
        Posting(owner_key(project), usage.currency, -amount),
        Posting(held_key(project), usage.currency, amount),
    ]
    key = f"royalty_held:{usage_id}"
    post_entry(connection, "royalty_held", key, project, lines, usage.happened_at, now)


def shares_sha256(connection: Connection, usage_id: int) -> tuple[int, str]:
    """Count a use's shares, and give the SHA-256 of who got what."""
    chosen = select(royalty_share.c.person_id, royalty_share.c.amount_micros)
    rows = connection.execute(chosen.where(royalty_share.c.usage_id == usage_id)).all()
    return len(rows), rows_sha256(rows)


def shares_of_usage(connection: Connection, usage_id: int) -> list[PersonShare]:
    """List who got what of a use, by name."""
    rows = connection.execute(
        select(
            royalty_share.c.person_id,
            _person.c.display_name,
            royalty_share.c.amount_micros,
            royalty_share.c.why,
        )
        .join_from(royalty_share, _person, _person.c.id == royalty_share.c.person_id)
        .where(royalty_share.c.usage_id == usage_id)
        .order_by(_person.c.display_name, royalty_share.c.person_id)
    )
    return [PersonShare(row[0], row[1], row[2], orjson.loads(row[3])) for row in rows]


def shares_of_person(connection: Connection, person_id: int) -> list[OwnShare]:
    """List a person's own shares, newest first."""
    rows = connection.execute(
        select(
            usage_event.c.id,
            usage_event.c.project_id,
            _project.c.title,
            usage_event.c.kind,
            usage_event.c.licensee,
            usage_event.c.quantity,
            usage_event.c.currency,
            usage_event.c.pool_micros,
            usage_event.c.happened_at,
            royalty_share.c.amount_micros,
            royalty_share.c.why,
            royalty_share.c.entry_id,
        )
        .join_from(royalty_share, usage_event, usage_event.c.id == royalty_share.c.usage_id)
        .join(_project, _project.c.id == usage_event.c.project_id)
        .where(royalty_share.c.person_id == person_id)
        .order_by(usage_event.c.happened_at.desc(), usage_event.c.id.desc())
    )
    return [OwnShare(*row[:10], orjson.loads(row[10]), row[11]) for row in rows]


def _pay_share(
    connection: Connection, usage_id: int, usage: NewUsage, share: Share, now: Instant
) -> int | None:
    if share.amount_micros == 0:
        return None
    project, currency, amount = usage.project_id, usage.currency, share.amount_micros
    lines = [
        Posting(owner_key(project), currency, -amount),
        Posting(payable_key(share.person_id), currency, amount),
    ]
    key = f"royalty:{usage_id}:{share.person_id}"
    entry_id = post_entry(connection, "royalty", key, project, lines, now, now)
    assert entry_id is not None, "a use is written once, so its keys are new"  # noqa: S101
    connection.execute(
        accrual.insert(),
        {
            "entry_id": entry_id,
            "person_id": share.person_id,
            "project_id": project,
            "activity": "royalty",
            "started_at": now,
            "ended_at": now,
            "paid_ms": 0,
            "rate_micros_per_hour": 0,
            "currency": currency,
            "amount_micros": amount,
            "basis": "royalty",
        },
    )
    return entry_id


def _usages(connection: Connection, *where: ColumnElement[bool]) -> list[UsageRow]:
    shares = (
        select(
            royalty_share.c.usage_id,
            func.count().label("people"),
            func.sum(royalty_share.c.amount_micros).label("shared"),
        )
        .group_by(royalty_share.c.usage_id)
        .subquery()
    )
    names = [name for name in UsageRow.__dataclass_fields__ if name in usage_event.c]
    chosen = (
        select(
            *(usage_event.c[name] for name in names),
            _project.c.title.label("project_title"),
            func.coalesce(shares.c.people, 0).label("people"),
            func.coalesce(shares.c.shared, 0).label("shared_micros"),
        )
        .join_from(usage_event, _project, _project.c.id == usage_event.c.project_id)
        .join(shares, shares.c.usage_id == usage_event.c.id, isouter=True)
        .where(*where)
        .order_by(usage_event.c.happened_at.desc(), usage_event.c.id.desc())
    )
    rows = connection.execute(chosen).mappings()
    return [UsageRow(**{**row, "shared_micros": int(row["shared_micros"])}) for row in rows]


def _accepted(project_id: int, made_until: Instant) -> tuple[ColumnElement[bool], ...]:
    return (
        _annotation.c.project_id == project_id,
        _annotation.c.counted.is_(true()),
        _annotation.c.superseded.is_(false()),
        _annotation.c.submitted_at <= made_until,
    )


def _worth(
    connection: Connection, project_id: int, made_until: Instant, values: Mapping[int, int]
) -> dict[int, int]:
    """Give each task's value to its people in equal parts, whole numbers."""
    if not values:
        return {}
    rows = connection.execute(
        select(_annotation.c.task_id, _annotation.c.person_id)
        .where(*_accepted(project_id, made_until))
        .distinct()
    ).all()
    people: dict[int, list[int]] = {}
    for task_id, person_id in rows:
        people.setdefault(task_id, []).append(person_id)
    worth: dict[int, int] = {}
    for task_id, value in values.items():
        for person_id in people.get(task_id, ()):
            worth[person_id] = worth.get(person_id, 0) + value // len(people[task_id])
    return worth


def _had(
    connection: Connection, project_id: int, currency: str, year: tuple[Instant, Instant]
) -> dict[int, int]:
    rows = connection.execute(
        select(royalty_share.c.person_id, func.sum(royalty_share.c.amount_micros))
        .join_from(royalty_share, usage_event, usage_event.c.id == royalty_share.c.usage_id)
        .where(
            and_(
                usage_event.c.project_id == project_id,
                usage_event.c.currency == currency,
                usage_event.c.happened_at >= year[0],
                usage_event.c.happened_at < year[1],
            )
        )
        .group_by(royalty_share.c.person_id)
    )
    return {person_id: int(micros) for person_id, micros in rows}

"""Disputes in the database, and the corrections that they post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, column, func, select, table, update

from fairhand.core.clock import Instant
from fairhand.pay.disputes.rules import Claim, Counter, Dispute, Grant, counter_of
from fairhand.pay.ledger.store import Accrued, Earning, post_earning
from fairhand.pay.paid_time.rules import Activity
from fairhand.storage.kept import Kept
from fairhand.storage.tables.pay import accrual, period_entry, statement
from fairhand.storage.tables.pay_office import pay_dispute, pay_policy

_project = table(
    "project",
    column("id"),
    column("title"),
    column("owner_id"),
    column("currency"),
    column("rate_micros_per_hour"),
)
_person = table("person", column("id"), column("display_name"), column("is_simulated"))
_COLUMNS = tuple(pay_dispute.c[name] for name in Dispute.__slots__)
_OF_ID = select(*_COLUMNS).where(pay_dispute.c.id == bindparam("p_id"))
_HELD = _OF_ID.with_for_update()
_SAME_KEY = select(*_COLUMNS).where(
    pay_dispute.c.person_id == bindparam("p_person_id"),
    pay_dispute.c.client_key == bindparam("p_key"),
)
_DUE = (
    select(pay_dispute.c.id)
    .where(pay_dispute.c.state == "open", pay_dispute.c.answer_by <= bindparam("p_now"))
    .order_by(pay_dispute.c.answer_by, pay_dispute.c.id)
    .limit(bindparam("p_most"))
)
_END = (
    update(pay_dispute)
    .where(pay_dispute.c.id == bindparam("p_id"), pay_dispute.c.state == "open")
    .values(
        {
            name: bindparam(name)
            for name in (
                "state",
                "granted_ms",
                "granted_micros",
                "decided_by",
                "decided_at",
                "reason",
                "entry_id",
            )
        }
    )
)
_SETTERS = (
    select(pay_policy.c.created_by)
    .where(pay_policy.c.project_id == bindparam("p_project_id"))
    .order_by(pay_policy.c.version.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class NewDispute:
    """What opening a dispute writes."""

    person_id: int
    project_id: int
    statement_id: int | None
    line: int | None
    activity: Activity
    currency: str
    claim: Claim
    client_key: str


@dataclass(frozen=True, slots=True)
class ListedDispute:
    """A dispute in a list, with the names that people know."""

    dispute: Dispute
    person: str
    project: str
    decider: str
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class ProjectPay:
    """The pay of a project that a dispute is about."""

    id: int
    title: str
    owner_id: int
    currency: str
    rate_micros_per_hour: int


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One earning in evidence."""

    entry_id: int
    activity: str
    basis: str
    started_at: Instant
    ended_at: Instant
    paid_ms: int
    amount_micros: int


KEPT: Final = Kept(pay_dispute)


def add_dispute(
    connection: Connection, new: NewDispute, now: Instant, answer_by: Instant
) -> Dispute:
    """Keep a new dispute."""
    added = connection.execute(
        pay_dispute.insert(),
        {
            "person_id": new.person_id,
            "project_id": new.project_id,
            "statement_id": new.statement_id,
            "line": new.line,
            "kind": new.claim.kind,
            "activity": new.activity,
            "claimed_ms": new.claim.ms if new.claim.kind == "time" else None,
            "claimed_micros": new.claim.micros if new.claim.kind == "money" else None,
            "currency": new.currency,
            "message": new.claim.message.strip(),
            "client_key": new.client_key,
            "opened_at": now,
            "answer_by": answer_by,
            "state": "open",
            "reason": "",
        },
    )
    key = added.inserted_primary_key
    assert key is not None  # noqa: S101  # a single-row INSERT always has one
    found = load_dispute(connection, int(key[0]))
    assert found is not None  # noqa: S101  # it was just written
    return found


def load_dispute(connection: Connection, dispute_id: int) -> Dispute | None:
    """Load one dispute; None when there is none."""
    row = connection.execute(_OF_ID, {"p_id": dispute_id}).first()
    return None if row is None else Dispute(*row)


def hold_dispute(connection: Connection, dispute_id: int) -> Dispute | None:
    """Load one dispute and keep others from answering it until the transaction ends."""
    row = connection.execute(_HELD, {"p_id": dispute_id}).first()
    return None if row is None else Dispute(*row)


def find_by_key(connection: Connection, person_id: int, client_key: str) -> Dispute | None:
    """Find what a person opened under a key before."""
    params = {"p_person_id": person_id, "p_key": client_key}
    row = connection.execute(_SAME_KEY, params).first()
    return None if row is None else Dispute(*row)


def find_open(connection: Connection, new: NewDispute) -> int | None:
    """Find the person's open dispute about the same line, or the same unsettled work."""
    chosen = select(pay_dispute.c.id).where(
        pay_dispute.c.person_id == new.person_id,
        pay_dispute.c.state == "open",
        pay_dispute.c.project_id == new.project_id,
    )
    if new.statement_id is None:
        chosen = chosen.where(
            pay_dispute.c.statement_id.is_(None), pay_dispute.c.activity == new.activity
        )
    else:
        chosen = chosen.where(
            pay_dispute.c.statement_id == new.statement_id, pay_dispute.c.line == new.line
        )
    return connection.execute(chosen.limit(1)).scalar_one_or_none()


def end_dispute(
    connection: Connection,
    dispute: Dispute,
    state: str,
    grant: Grant | None,
    decided_by: int | None,
    reason: str,
    entry_id: int | None,
    now: Instant,
) -> None:
    """Write how a dispute ended; ValueError when it had ended before."""
    is_time = dispute.kind == "time"
    ended = connection.execute(
        _END,
        {
            "p_id": dispute.id,
            "state": state,
            "granted_ms": grant.paid_ms if grant and is_time else None,
            "granted_micros": grant.micros if grant else None,
            "decided_by": decided_by,
            "decided_at": now,
            "reason": reason.strip(),
            "entry_id": entry_id,
        },
    )
    if ended.rowcount != 1:
        raise ValueError(f"dispute {dispute.id} has ended before")


def post_correction(
    connection: Connection, dispute: Dispute, grant: Grant, rate_micros_per_hour: int, now: Instant
) -> Accrued:
    """Owe the person what was granted; the next close settles it as a correction line."""
    earned = Earning(
        kind="accrual",
        idem_key=f"dispute:{dispute.id}",
        person_id=dispute.person_id,
        project_id=dispute.project_id,
        activity=dispute.activity,
        started_at=now,
        ended_at=now,
        paid_ms=grant.paid_ms,
        rate_micros_per_hour=rate_micros_per_hour if grant.paid_ms else 0,
        currency=dispute.currency,
        amount_micros=grant.micros,
        basis="correction",
    )
    return post_earning(connection, earned, now)


def due_disputes(connection: Connection, now: Instant, most: int) -> list[int]:
    """List open disputes whose time to answer is over."""
    return list(connection.execute(_DUE, {"p_now": now, "p_most": most}).scalars())


def list_of_person(connection: Connection, person_id: int) -> list[ListedDispute]:
    """List a person's own disputes, newest first."""
    chosen = _listed().where(pay_dispute.c.person_id == person_id)
    return _rows(connection, chosen.order_by(pay_dispute.c.id.desc()))


def list_queue(connection: Connection, most_answered: int = 50) -> list[ListedDispute]:
    """List open disputes by deadline, then the latest that have ended."""
    is_open = pay_dispute.c.state == "open"
    waiting = _rows(
        connection, _listed().where(is_open).order_by(pay_dispute.c.answer_by, pay_dispute.c.id)
    )
    ended = _listed().where(~is_open).order_by(pay_dispute.c.decided_at.desc()).limit(most_answered)
    return [*waiting, *_rows(connection, ended)]


def load_listed(connection: Connection, dispute_id: int) -> ListedDispute | None:
    """Load one dispute with its names; None when there is none."""
    found = _rows(connection, _listed().where(pay_dispute.c.id == dispute_id))
    return found[0] if found else None


def count_disputes(connection: Connection) -> Counter:
    """Count all disputes, for everybody to see; it names nobody."""
    chosen = select(
        pay_dispute.c.state,
        pay_dispute.c.decided_by,
        pay_dispute.c.opened_at,
        pay_dispute.c.decided_at,
    )
    return counter_of((row[0], row[1], row[2], row[3]) for row in connection.execute(chosen))


def load_project_pay(connection: Connection, project_id: int) -> ProjectPay | None:
    """Load what a project pays; None when there is no such project."""
    chosen = select(
        _project.c.id,
        _project.c.title,
        _project.c.owner_id,
        _project.c.currency,
        _project.c.rate_micros_per_hour,
    ).where(_project.c.id == project_id)
    row = connection.execute(chosen).first()
    return None if row is None else ProjectPay(*row)


def setters_of(connection: Connection, project: ProjectPay) -> frozenset[int]:
    """Say who set the pay of a project: whoever made its newest policy, else its owner."""
    row = connection.execute(_SETTERS, {"p_project_id": project.id}).first()
    setter = None if row is None else row[0]
    return frozenset((project.owner_id if setter is None else setter,))


def projects_of(connection: Connection, person_id: int) -> list[tuple[int, str, str]]:
    """List the projects in which a person has earned: number, title, currency."""
    chosen = (
        select(_project.c.id, _project.c.title, _project.c.currency)
        .where(
            _project.c.id.in_(
                select(accrual.c.project_id).where(accrual.c.person_id == person_id).distinct()
            )
        )
        .order_by(_project.c.title)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(chosen)]


def load_entries(connection: Connection, dispute: Dispute, most: int = 200) -> list[EntryRow]:
    """Load the earnings around a dispute: of its statement's period, or those not settled yet."""
    chosen = (
        select(
            accrual.c.entry_id,
            accrual.c.activity,
            accrual.c.basis,
            accrual.c.started_at,
            accrual.c.ended_at,
            accrual.c.paid_ms,
            accrual.c.amount_micros,
        )
        .select_from(accrual.outerjoin(period_entry, period_entry.c.entry_id == accrual.c.entry_id))
        .where(
            accrual.c.person_id == dispute.person_id,
            accrual.c.project_id == dispute.project_id,
            accrual.c.currency == dispute.currency,
        )
    )
    if dispute.statement_id is None:
        chosen = chosen.where(period_entry.c.period_id.is_(None))
    else:
        period = select(statement.c.period_id).where(statement.c.id == dispute.statement_id)
        chosen = chosen.where(period_entry.c.period_id == period.scalar_subquery())
    found = connection.execute(chosen.order_by(accrual.c.entry_id.desc()).limit(most))
    return [EntryRow(*row) for row in found][::-1]


def _listed() -> Select[Any]:
    decider = _person.alias("decider")
    return (
        select(
            *_COLUMNS,
            _person.c.display_name,
            _project.c.title,
            func.coalesce(decider.c.display_name, ""),
            _person.c.is_simulated,
        )
        .join_from(pay_dispute, _person, _person.c.id == pay_dispute.c.person_id)
        .join(_project, _project.c.id == pay_dispute.c.project_id)
        .outerjoin(decider, decider.c.id == pay_dispute.c.decided_by)
    )


def _rows(connection: Connection, chosen: Select[Any]) -> list[ListedDispute]:
    size = len(_COLUMNS)
    found: Sequence[Sequence[Any]] = connection.execute(chosen).all()
    return [
        ListedDispute(Dispute(*row[:size]), row[size], row[size + 1], row[size + 2], bool(row[-1]))
        for row in found
    ]

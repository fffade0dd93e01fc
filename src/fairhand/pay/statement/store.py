"""Pay periods in the database: what is still to be settled, and the statements that settled it.

Everything is read and written for many people at once; a close of one person is a batch of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    column,
    exists,
    func,
    insert,
    select,
    table,
    text,
    union_all,
    update,
)

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.core.money import micros_for
from fairhand.pay.floors.rules import Held
from fairhand.pay.statement.document import Statement
from fairhand.pay.statement.rules import Carried, Corrects, Earned, HeldFloor, Payee, Period
from fairhand.storage.database import insert as upsert
from fairhand.storage.tables.pay import (
    accrual,
    pay_period,
    period_entry,
    person_clock,
    statement,
)
from fairhand.storage.tables.pay_office import floor_ratchet, pay_dispute, pay_note

_MANY: Final = 400  # ids looked up in one statement: well below either engine's limit
_ROWS: Final = 5_000  # rows taken from the database at once

_person = table(
    "person",
    column("id"),
    column("place_country"),
    column("place_region"),
    column("is_simulated"),
)
_project = table(
    "project",
    column("id"),
    column("title"),
    column("currency"),
    column("rate_micros_per_hour"),
)
_IS_SETTLED = exists().where(period_entry.c.entry_id == accrual.c.entry_id)
_TO_SETTLE: Final = (accrual.c.ended_at < bindparam("p_ends_at"), ~_IS_SETTLED)
_UNSETTLED = (
    select(accrual.c.person_id, func.count().label("entries"))
    .where(*_TO_SETTLE, accrual.c.person_id > bindparam("p_after"))
    .group_by(accrual.c.person_id)
)
_PENDING = select(person_clock.c.person_id, bindparam("p_none", 0).label("entries")).where(
    person_clock.c.pending_ms > 0,
    person_clock.c.last_at < bindparam("p_ends_at"),
    person_clock.c.person_id > bindparam("p_after"),
)
_LOAD_EARNED = (
    select(
        accrual.c.person_id,
        accrual.c.entry_id,
        accrual.c.project_id,
        accrual.c.activity,
        accrual.c.basis,
        accrual.c.started_at,
        accrual.c.ended_at,
        accrual.c.paid_ms,
        accrual.c.rate_micros_per_hour,
        accrual.c.currency,
        accrual.c.amount_micros,
        accrual.c.quantity,
        accrual.c.unit_micros,
    )
    .where(accrual.c.person_id.in_(bindparam("people", expanding=True)), *_TO_SETTLE)
    .order_by(accrual.c.person_id, accrual.c.entry_id)
)
_SETTLED_BEFORE = (
    select(
        accrual.c.person_id,
        accrual.c.entry_id,
        accrual.c.project_id,
        accrual.c.activity,
        accrual.c.basis,
        accrual.c.started_at,
        accrual.c.ended_at,
        accrual.c.paid_ms,
        accrual.c.rate_micros_per_hour,
        accrual.c.currency,
        accrual.c.amount_micros,
    )
    .where(
        accrual.c.person_id.in_(bindparam("people", expanding=True)),
        accrual.c.ended_at >= bindparam("p_since"),
        accrual.c.ended_at < bindparam("p_ends_at"),
        accrual.c.paid_ms > 0,
        _IS_SETTLED,
    )
    .order_by(accrual.c.person_id, accrual.c.entry_id)
)
_LOAD_PENDING = (
    select(
        person_clock.c.person_id,
        person_clock.c.project_id,
        person_clock.c.activity,
        person_clock.c.pending_since,
        person_clock.c.last_at,
        person_clock.c.pending_ms,
        _project.c.rate_micros_per_hour,
        _project.c.currency,
    )
    .join_from(person_clock, _project, _project.c.id == person_clock.c.project_id)
    .where(
        person_clock.c.person_id.in_(bindparam("people", expanding=True)),
        person_clock.c.pending_ms > 0,
        person_clock.c.last_at < bindparam("p_ends_at"),
    )
)
_SETTLE_MANY = {
    "sqlite": "INSERT INTO period_entry (entry_id, period_id, floor_minor_per_hour) "
    "VALUES (?, ?, ?)",
    "postgresql": "INSERT INTO period_entry (entry_id, period_id, floor_minor_per_hour) "
    "SELECT entry_id, :period_id, floor FROM unnest(CAST(:entries AS bigint[]), "
    "CAST(:floors AS bigint[])) AS settled(entry_id, floor)",
}
_PAYEES = select(
    _person.c.id, _person.c.place_country, _person.c.place_region, _person.c.is_simulated
).where(_person.c.id.in_(bindparam("people", expanding=True)))
_LAST_STATEMENTS = (
    select(func.max(statement.c.id))
    .where(statement.c.person_id.in_(bindparam("people", expanding=True)))
    .group_by(statement.c.person_id, statement.c.currency)
)
_BEFORE = select(
    statement.c.person_id, statement.c.currency, statement.c.carry_micros, statement.c.sha256
).where(statement.c.id.in_(_LAST_STATEMENTS))
_DONE = select(statement.c.person_id, statement.c.sha256).where(
    statement.c.period_id == bindparam("p_period_id"),
    statement.c.person_id.in_(bindparam("people", expanding=True)),
)
_RATCHETS = select(floor_ratchet).where(
    floor_ratchet.c.person_id.in_(bindparam("people", expanding=True))
)
_NOTES = select(pay_note.c.entry_id, pay_note.c.note).where(
    pay_note.c.entry_id.in_(bindparam("entries", expanding=True))
)
_DISPUTES = (
    select(
        pay_dispute.c.entry_id,
        pay_dispute.c.id,
        pay_dispute.c.line,
        pay_dispute.c.reason,
        statement.c.sha256,
    )
    .join_from(pay_dispute, statement, statement.c.id == pay_dispute.c.statement_id, isouter=True)
    .where(pay_dispute.c.entry_id.in_(bindparam("entries", expanding=True)))
)
# Everybody who settles takes the same row first: two closes at once go one after the other.
_TAKE_TURN = select(pay_period.c.id).order_by(pay_period.c.id).limit(1).with_for_update()
_TAKE_CLOCKS = (
    select(person_clock.c.person_id, person_clock.c.pending_ms)
    .where(person_clock.c.person_id.in_(bindparam("people", expanding=True)))
    .order_by(person_clock.c.person_id)
    .with_for_update()
)
_ADD_STATEMENT = insert(statement)

Settled = tuple[int, int | None]
"""A ledger entry and the floor, in minor units an hour, that it is settled under."""


@dataclass(frozen=True, slots=True)
class PeriodState:
    """A period, and when it was closed."""

    period: Period
    closed_at: Instant | None


@dataclass(frozen=True, slots=True)
class ToSettle:
    """Somebody with something to settle, and how many earnings that is (0: only pending time)."""

    person_id: int
    entries: int


Ratchets = dict[int, dict[tuple[int, str], Held]]
"""The floors people keep: by person, then by project and currency."""


def people_to_settle(
    connection: Connection,
    ends_at: Instant,
    period_id: int | None = None,
    *,
    after: int = 0,
    limit: int | None = None,
) -> list[ToSettle]:
    """List people, by id from `after`, with anything before `ends_at` that no period has settled.

    Whoever has a statement of `period_id` is done with it: what came later waits for the next.
    """
    found = union_all(_UNSETTLED, _PENDING).subquery()
    chosen: Select[Any] = (
        select(found.c.person_id, func.sum(found.c.entries))
        .group_by(found.c.person_id)
        .order_by(found.c.person_id)
    )
    if period_id is not None:
        done = exists().where(
            statement.c.person_id == found.c.person_id, statement.c.period_id == period_id
        )
        chosen = chosen.where(~done)
    params = {"p_ends_at": ends_at, "p_after": after, "p_none": 0}
    rows = connection.execute(chosen.limit(limit), params)
    return [ToSettle(int(person_id), int(entries)) for person_id, entries in rows]


def is_anything_left(connection: Connection, ends_at: Instant) -> bool:
    """Tell whether anything before `ends_at` is not settled; quick where there is much."""
    params = {"p_ends_at": ends_at, "p_after": 0}
    some = select(accrual.c.entry_id).where(*_TO_SETTLE).limit(1)
    if connection.execute(some, params).first() is not None:
        return True
    return connection.execute(_PENDING.limit(1), {**params, "p_none": 0}).first() is not None


def count_settled(connection: Connection, period_id: int) -> int:
    """Count the people who have a statement of a period."""
    chosen = select(func.count(statement.c.person_id.distinct())).where(
        statement.c.period_id == period_id
    )
    return int(connection.execute(chosen).scalar_one())


def count_statements(connection: Connection, period_id: int) -> int:
    """Count the statements of a period."""
    chosen = select(func.count()).where(statement.c.period_id == period_id)
    return int(connection.execute(chosen).scalar_one())


def find_period(connection: Connection, ends_at: Instant) -> PeriodState | None:
    """Find the period that ends at an instant."""
    row = connection.execute(select(pay_period).where(pay_period.c.ends_at == ends_at)).first()
    return None if row is None else _state(row)


def load_period(connection: Connection, period_id: int) -> PeriodState | None:
    """Load a period."""
    row = connection.execute(select(pay_period).where(pay_period.c.id == period_id)).first()
    return None if row is None else _state(row)


def last_period(connection: Connection) -> PeriodState | None:
    """Load the period that ends last."""
    newest = select(pay_period).order_by(pay_period.c.ends_at.desc()).limit(1)
    row = connection.execute(newest).first()
    return None if row is None else _state(row)


def first_earned_at(connection: Connection) -> Instant | None:
    """When the first accrual or the first pending time of all began."""
    starts = [
        connection.execute(select(func.min(accrual.c.started_at))).scalar(),
        connection.execute(
            select(func.min(person_clock.c.pending_since)).where(person_clock.c.pending_ms > 0)
        ).scalar(),
    ]
    known = [Instant(start) for start in starts if start is not None]
    return min(known) if known else None


def add_period(
    connection: Connection, starts_at: Instant, ends_at: Instant, now: Instant
) -> Period | None:
    """Open a period; None when somebody else has just opened the same."""
    opened = connection.execute(
        upsert(connection, pay_period)
        .values(starts_at=starts_at, ends_at=ends_at, opened_at=now)
        .on_conflict_do_nothing(index_elements=["ends_at"])
        .returning(pay_period.c.id)
    ).scalar_one_or_none()
    return None if opened is None else Period(int(opened), starts_at, ends_at)


def mark_closed(connection: Connection, period_id: int, now: Instant) -> bool:
    """Close a period; False when it was closed before."""
    closed = connection.execute(
        update(pay_period)
        .where(pay_period.c.id == period_id, pay_period.c.closed_at.is_(None))
        .values(closed_at=now)
    )
    return closed.rowcount == 1


def take_turn(connection: Connection) -> None:
    """Wait until nobody else settles; until this transaction ends nobody else will."""
    connection.execute(_TAKE_TURN).first()


def take_clocks(connection: Connection, people: Sequence[int]) -> list[int]:
    """Hold these people's clocks, in order, and say whose has time that is not accrued."""
    return [
        person_id
        for some in chunks(sorted(people), _MANY)
        for person_id, pending in connection.execute(_TAKE_CLOCKS, {"people": some})
        if pending
    ]


def load_payees(connection: Connection, people: Iterable[int]) -> dict[int, Payee]:
    """Load whose statements they will be."""
    return {
        row[0]: Payee(row[0], row[1], row[2], bool(row[3]))
        for some in chunks(people, _MANY)
        for row in connection.execute(_PAYEES, {"people": some})
    }


def load_titles(connection: Connection) -> dict[int, str]:
    """Load what every project is called."""
    return {row[0]: row[1] for row in connection.execute(select(_project.c.id, _project.c.title))}


def load_earned(
    connection: Connection, people: Iterable[int], ends_at: Instant
) -> Iterator[tuple[int, list[Earned]]]:
    """Load what people earned before `ends_at` that no period has settled, person by person.

    Whoever has nothing to settle is left out. Read each person's before asking for the next.
    """
    for some in chunks(sorted(people), _MANY):
        found = connection.execute(_LOAD_EARNED, {"people": some, "p_ends_at": ends_at})
        rows = chain.from_iterable(found.partitions(_ROWS))
        for person_id, mine in groupby(rows, key=itemgetter(0)):
            yield person_id, [Earned(*row) for row in mine]


def load_pending(
    connection: Connection, people: Iterable[int], ends_at: Instant
) -> dict[int, Earned]:
    """Load the time before `ends_at` that awaits its accrual, as it would be accrued."""
    return {
        row.person_id: Earned(
            person_id=row.person_id,
            entry_id=0,
            project_id=row.project_id,
            activity=row.activity,
            basis="time",
            started_at=Instant(min(row.pending_since, row.last_at)),
            ended_at=Instant(row.last_at),
            paid_ms=row.pending_ms,
            rate_micros_per_hour=row.rate_micros_per_hour,
            currency=row.currency,
            amount_micros=micros_for(row.rate_micros_per_hour, row.pending_ms),
        )
        for some in chunks(people, _MANY)
        for row in connection.execute(_LOAD_PENDING, {"people": some, "p_ends_at": ends_at})
    }


def load_settled(
    connection: Connection, people: Iterable[int], since: Instant, ends_at: Instant
) -> dict[int, list[Earned]]:
    """Load the paid time since an instant that earlier periods have settled, by person."""
    found: dict[int, list[Earned]] = {}
    for some in chunks(people, _MANY):
        params = {"people": some, "p_since": since, "p_ends_at": ends_at}
        for row in connection.execute(_SETTLED_BEFORE, params):
            found.setdefault(row[0], []).append(Earned(*row))
    return found


def load_carried(connection: Connection, people: Iterable[int]) -> dict[tuple[int, str], Carried]:
    """Load what people's last statements leave to the next, by person and currency."""
    return {
        (row[0], row[1]): Carried(row[2], row[3])
        for some in chunks(people, _MANY)
        for row in connection.execute(_BEFORE, {"people": some})
    }


def load_ratchets(connection: Connection, people: Iterable[int]) -> Ratchets:
    """Load the floors that people keep."""
    found: Ratchets = {}
    for some in chunks(people, _MANY):
        for row in connection.execute(_RATCHETS, {"people": some}):
            mine = found.setdefault(row.person_id, {})
            held = Held(row.minor_per_hour, row.floor_row, Instant(row.since))
            mine[row.project_id, row.currency] = held
    return found


def raise_ratchets(
    connection: Connection,
    raised: Mapping[tuple[int, int, str], HeldFloor],
    since: Instant,
) -> None:
    """Keep floors by person, project and currency; a lower one than before changes nothing."""
    if not raised:
        return
    adding = upsert(connection, floor_ratchet)
    new = adding.excluded
    adding = adding.on_conflict_do_update(
        index_elements=["person_id", "project_id", "currency"],
        set_={
            "minor_per_hour": new.minor_per_hour,
            "floor_row": new.floor_row,
            "since": new.since,
        },
        where=floor_ratchet.c.minor_per_hour < new.minor_per_hour,
    )
    rows = [
        {
            "person_id": person_id,
            "project_id": project_id,
            "currency": currency,
            "minor_per_hour": floor.minor_per_hour,
            "floor_row": floor.row,
            "since": since,
        }
        for (person_id, project_id, currency), floor in sorted(raised.items(), key=itemgetter(0))
    ]
    connection.execute(adding, rows)


def load_notes(connection: Connection, entries: Iterable[int]) -> dict[int, str]:
    """Load why entries are there that a person made by hand."""
    return {
        row[0]: row[1]
        for some in chunks(entries, _MANY)
        for row in connection.execute(_NOTES, {"entries": some})
    }


def load_corrections(
    connection: Connection, entries: Iterable[int]
) -> dict[int, tuple[Corrects, str]]:
    """Load what corrections put right, and the reason that was given, by their entries."""
    return {
        row.entry_id: (Corrects(row.id, row.sha256, row.line), row.reason)
        for some in chunks(entries, _MANY)
        for row in connection.execute(_DISPUTES, {"entries": some})
    }


def settle(connection: Connection, period_id: int, settled: Sequence[Settled]) -> None:
    """Say that these accruals were settled in a period, each under its floor."""
    if not settled:
        return
    words = _SETTLE_MANY[connection.dialect.name]
    if connection.dialect.name == "sqlite":
        rows = [(entry_id, period_id, floor) for entry_id, floor in settled]
        connection.exec_driver_sql(words, rows)
        return
    connection.execute(
        text(words),
        {
            "period_id": period_id,
            # As the text of an array: ten thousand numbers are written much quicker so.
            "entries": "{" + ",".join(str(entry_id) for entry_id, _ in settled) + "}",
            "floors": "{" + ",".join("NULL" if f is None else str(f) for _, f in settled) + "}",
        },
    )


def save_statements(connection: Connection, made: Sequence[Statement], now: Instant) -> None:
    """Keep statements."""
    if made:
        connection.execute(_ADD_STATEMENT, [_statement(one, now) for one in made])


def settled_people(
    connection: Connection, period_id: int, people: Iterable[int]
) -> dict[int, tuple[str, ...]]:
    """Name the statements that people have of a period; who is not settled yet is left out."""
    found: dict[int, tuple[str, ...]] = {}
    for some in chunks(people, _MANY):
        rows = connection.execute(_DONE, {"p_period_id": period_id, "people": some})
        for person_id, sha256 in rows:
            found[person_id] = (*found.get(person_id, ()), sha256)
    return found


def _statement(made: Statement, now: Instant) -> dict[str, Any]:
    return {
        "person_id": made.person_id,
        "period_id": made.period_id,
        "currency": made.currency,
        "paid_ms": made.totals.paid_ms,
        "accrued_micros": made.totals.accrued_micros,
        "top_up_micros": made.totals.top_up_micros,
        "floor_due_micros": made.totals.floor_due_micros,
        "carry_micros": made.totals.carry_micros,
        "body": made.body,
        "sha256": made.sha256,
        "created_at": now,
    }


def _state(row: Row[Any]) -> PeriodState:
    return PeriodState(Period(row.id, row.starts_at, row.ends_at), row.closed_at)

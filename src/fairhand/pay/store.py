"""The hot path of pay: time events in, accruals out, money moved in the ledger.

`credit_time` and `accrue` run inside the transaction of the story that calls them. Locks are taken
in one order everywhere (clock, then escrow), and the escrow row, which all people of a project
share, is touched as late as possible. Statements are built once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Connection,
    Executable,
    String,
    bindparam,
    case,
    column,
    func,
    select,
    table,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.money import micros_for
from fairhand.pay.ledger.rules import (
    GUARANTEE,
    Posting,
    earning,
    funding,
    imbalance,
    repayment,
)
from fairhand.pay.paid_time.rules import (
    Activity,
    Clock,
    EventKind,
    PaidSpan,
    TimeEvent,
    credit,
    new_clock,
    span_of,
)
from fairhand.storage.tables.pay import (
    account,
    accrual,
    entry,
    escrow,
    person_clock,
    posting,
    time_event,
)

_SLOTS: Final = 3  # no entry of this ledger has more lines
_project = table("project", column("id"), column("currency"), column("rate_micros_per_hour"))


@dataclass(frozen=True, slots=True)
class Accrued:
    """One earning as the ledger has it."""

    entry_id: int
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Earning:
    """What `post_earning` writes: a person earned an amount in a project."""

    kind: str
    idem_key: str
    person_id: int
    project_id: int
    activity: Activity
    started_at: Instant
    ended_at: Instant
    paid_ms: int
    rate_micros_per_hour: int
    currency: str
    amount_micros: int
    annotation_id: int | None = None


def _both(build: Any) -> Mapping[str, Executable]:  # noqa: ANN401  # two dialects' insert()
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}


_SEE_CLOCK = (
    select(
        person_clock.c.project_id,
        person_clock.c.activity,
        person_clock.c.running,
        person_clock.c.last_at,
        person_clock.c.pending_ms,
        person_clock.c.pending_since,
    )
    .where(person_clock.c.person_id == bindparam("p_person_id"))
    .with_for_update()
)
_START_CLOCK = _both(lambda insert: insert(person_clock).on_conflict_do_nothing())
_SET_CLOCK = (
    update(person_clock)
    .where(person_clock.c.person_id == bindparam("p_person_id"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "project_id",
                "activity",
                "running",
                "last_at",
                "pending_ms",
                "pending_since",
            )
        }
    )
)
_TAKE_PENDING = (
    update(person_clock)
    .where(
        person_clock.c.person_id == bindparam("p_person_id"),
        person_clock.c.project_id == bindparam("p_project_id"),
        person_clock.c.pending_ms >= bindparam("p_paid_ms"),
    )
    .values(
        pending_ms=person_clock.c.pending_ms - bindparam("p_paid_ms"),
        pending_since=person_clock.c.last_at,
    )
)
_ADD_EVENT = time_event.insert()
_OPEN_ENTRY = _both(
    lambda insert: (
        insert(entry).on_conflict_do_nothing(index_elements=["idem_key"]).returning(entry.c.id)
    )
)
_ADD_ACCRUAL = accrual.insert()
_DRAW = (
    update(escrow)
    .where(
        escrow.c.project_id == bindparam("p_project_id"),
        escrow.c.currency == bindparam("p_currency"),
        escrow.c.left_micros >= bindparam("p_amount"),
    )
    .values(left_micros=escrow.c.left_micros - bindparam("p_amount"))
)
_SEE_ESCROW = (
    select(escrow.c.left_micros)
    .where(
        escrow.c.project_id == bindparam("p_project_id"),
        escrow.c.currency == bindparam("p_currency"),
    )
    .with_for_update()
)
_FILL = _both(
    lambda insert: (filling := insert(escrow)).on_conflict_do_update(
        index_elements=["project_id"],
        set_={"left_micros": escrow.c.left_micros + filling.excluded.left_micros},
        where=escrow.c.currency == filling.excluded.currency,
    )
)
_POST = _both(
    lambda insert: (
        insert(posting)
        .from_select(
            ["entry_id", "account_id", "currency", "amount_micros"],
            select(
                bindparam("p_entry_id", type_=BigInteger),
                account.c.id,
                account.c.currency,
                case(
                    *(
                        (
                            account.c.key == bindparam(f"key{slot}", type_=String),
                            bindparam(f"amount{slot}", type_=BigInteger),
                        )
                        for slot in range(_SLOTS)
                    )
                ),
            ).where(
                account.c.currency == bindparam("p_currency"),
                account.c.key.in_(
                    [bindparam(f"key{slot}", type_=String) for slot in range(_SLOTS)]
                ),
            ),
        )
        .on_conflict_do_nothing()
        .execution_options(preserve_rowcount=True)
    )
)
_ADD_ACCOUNT = _both(lambda insert: insert(account).on_conflict_do_nothing())
_FIND_ACCRUED = (
    select(
        entry.c.id,
        accrual.c.amount_micros,
        accrual.c.person_id,
        accrual.c.project_id,
    )
    .join(accrual, accrual.c.entry_id == entry.c.id)
    .where(entry.c.idem_key == bindparam("p_idem_key"))
)
_PAY_OF_PROJECT = select(_project.c.currency, _project.c.rate_micros_per_hour).where(
    _project.c.id == bindparam("p_project_id")
)
_ADVANCED = (
    select(func.coalesce(-func.sum(posting.c.amount_micros), 0))
    .select_from(
        posting.join(account, account.c.id == posting.c.account_id).join(
            entry, entry.c.id == posting.c.entry_id
        )
    )
    .where(
        account.c.key == GUARANTEE,
        account.c.currency == bindparam("p_currency"),
        entry.c.project_id == bindparam("p_project_id"),
    )
)


def credit_time(
    connection: Connection,
    *,
    person_id: int,
    project_id: int,
    task_id: int | None,
    kind: EventKind,
    now: Instant,
    idle_cap_ms: int,
) -> int:
    """Append one event to a person's stream; give the paid milliseconds that await an accrual.

    What is pending is always time of this one project and activity: when an event moves the person
    to another, or stops the clock, the time before gets its own accrual here and now, at the rate
    of the project in which it was spent.
    """
    event = TimeEvent(project_id, kind, now, idle_cap_ms)
    clock = _see_clock(connection, person_id, event)
    credited = credit(clock, event)
    event_id = _append_event(connection, person_id, task_id, event)
    _set_clock(connection, person_id, credited.clock)
    if credited.over is not None:
        _accrue_span(connection, person_id, credited.over, now, f"time:{event_id}")
    return credited.clock.pending_ms


def accrue(
    connection: Connection,
    *,
    person_id: int,
    project_id: int,
    activity: Activity,
    rate_micros_per_hour: int,
    currency: str,
    paid_ms: int,
    started_at: Instant,
    now: Instant,
    idem_key: str,
    annotation_id: int | None = None,
) -> Accrued:
    """Turn pending milliseconds into money owed to the person; the same key never earns twice.

    Raises ConflictError when the person has less pending time in the project than `paid_ms`.
    """
    earned = Earning(
        kind="accrual",
        idem_key=idem_key,
        person_id=person_id,
        project_id=project_id,
        activity=activity,
        started_at=min(started_at, now),
        ended_at=now,
        paid_ms=paid_ms,
        rate_micros_per_hour=rate_micros_per_hour,
        currency=currency,
        amount_micros=micros_for(rate_micros_per_hour, paid_ms),
        annotation_id=annotation_id,
    )
    entry_id = _open_earning(connection, earned, now)
    if entry_id is None:
        return _earned_before(connection, earned)
    if paid_ms:
        _take_pending(connection, earned)
    return _write_earning(connection, entry_id, earned)


def flush_pending(connection: Connection, person_id: int, now: Instant) -> Accrued | None:
    """Give a person's pending time its accrual; None when nothing is pending.

    Only time up to the last event is known; what follows is counted by the next event.
    """
    row = connection.execute(_SEE_CLOCK, {"p_person_id": person_id}).first()
    span = span_of(Clock(*row)) if row is not None else None
    if row is None or span is None:
        return None
    clock = Clock(*row)
    emptied = Clock(
        clock.project_id, clock.activity, clock.running, clock.last_at, 0, clock.last_at
    )
    _set_clock(connection, person_id, emptied)
    last = connection.execute(
        select(func.max(time_event.c.id)).where(time_event.c.person_id == person_id)
    ).scalar_one()
    return _accrue_span(connection, person_id, span, now, f"flush:{person_id}:{last}")


def people_with_pending_time(connection: Connection, before: Instant) -> list[int]:
    """List people whose stream has been quiet since `before` with time not yet accrued."""
    rows = connection.execute(
        select(person_clock.c.person_id)
        .where(person_clock.c.pending_ms > 0, person_clock.c.last_at < before)
        .order_by(person_clock.c.person_id)
    )
    return list(rows.scalars())


def post_earning(connection: Connection, earned: Earning, now: Instant) -> Accrued:
    """Write an earning into the ledger; a key that was used gives its first result.

    Raises ConflictError when the key was used for another person or project.
    """
    entry_id = _open_earning(connection, earned, now)
    if entry_id is None:
        return _earned_before(connection, earned)
    return _write_earning(connection, entry_id, earned)


def fund_escrow(
    connection: Connection,
    *,
    project_id: int,
    currency: str,
    amount_micros: int,
    idem_key: str,
    now: Instant,
) -> bool:
    """Put an owner's money into escrow, paying back first what the guarantee advanced.

    False when this key has funded before: nothing is changed.
    """
    entry_id = open_entry(connection, "funding", idem_key, project_id, now, now)
    if entry_id is None:
        return False
    post(connection, entry_id, funding(project_id, currency, amount_micros))
    filled = connection.execute(
        _FILL[connection.dialect.name].execution_options(preserve_rowcount=True),
        {"project_id": project_id, "currency": currency, "left_micros": amount_micros},
    )
    if filled.rowcount != 1:
        raise ConflictError(
            f"Project {project_id} holds its escrow in another currency than {currency}.",
            code="other_currency",
        )
    _repay_guarantee(connection, project_id, currency, f"repay:{entry_id}", now)
    return True


def open_entry(
    connection: Connection,
    kind: str,
    idem_key: str,
    project_id: int,
    happened_at: Instant,
    now: Instant,
) -> int | None:
    """Begin a ledger entry; None when its key has been used."""
    opened = connection.execute(
        _OPEN_ENTRY[connection.dialect.name],
        {
            "kind": kind,
            "idem_key": idem_key,
            "project_id": project_id,
            "happened_at": happened_at,
            "recorded_at": now,
        },
    ).scalar_one_or_none()
    return None if opened is None else int(opened)


def post(connection: Connection, entry_id: int, lines: Sequence[Posting]) -> None:
    """Write the lines of an entry; ValueError unless they sum to zero in one currency."""
    if imbalance(lines):
        raise ValueError(f"entry {entry_id} does not balance: {imbalance(lines)}")
    params: dict[str, object] = {"p_entry_id": entry_id, "p_currency": lines[0].currency}
    for slot in range(_SLOTS):
        used = slot < len(lines)
        params[f"key{slot}"] = lines[slot].account if used else ""
        params[f"amount{slot}"] = lines[slot].amount_micros if used else 0
    write = _POST[connection.dialect.name]
    if connection.execute(write, params).rowcount == len(lines):
        return
    connection.execute(
        _ADD_ACCOUNT[connection.dialect.name],
        [{"key": line.account, "currency": line.currency} for line in lines],
    )
    connection.execute(write, params)


def _see_clock(connection: Connection, person_id: int, event: TimeEvent) -> Clock:
    params = {"p_person_id": person_id}
    row = connection.execute(_SEE_CLOCK, params).first()
    if row is None:
        fresh = {"person_id": person_id, **asdict(new_clock(event))}
        connection.execute(_START_CLOCK[connection.dialect.name], fresh)
        row = connection.execute(_SEE_CLOCK, params).one()
    return Clock(*row)


def _set_clock(connection: Connection, person_id: int, clock: Clock) -> None:
    connection.execute(
        _SET_CLOCK,
        {
            "p_person_id": person_id,
            "project_id": clock.project_id,
            "activity": clock.activity,
            "running": clock.running,
            "last_at": clock.last_at,
            "pending_ms": clock.pending_ms,
            "pending_since": clock.pending_since,
        },
    )


def _append_event(
    connection: Connection, person_id: int, task_id: int | None, event: TimeEvent
) -> int:
    appended = connection.execute(
        _ADD_EVENT,
        {
            "person_id": person_id,
            "project_id": event.project_id,
            "task_id": task_id,
            "kind": event.kind,
            "at": event.at,
            "idle_cap_ms": event.idle_cap_ms,
        },
    )
    key = appended.inserted_primary_key
    assert key is not None  # noqa: S101  # a single-row INSERT always has one
    return int(key[0])


def _accrue_span(
    connection: Connection, person_id: int, span: PaidSpan, now: Instant, idem_key: str
) -> Accrued:
    terms = connection.execute(_PAY_OF_PROJECT, {"p_project_id": span.project_id}).first()
    if terms is None:
        raise NotFoundError(f"There is no project {span.project_id}.")
    earned = Earning(
        kind="accrual",
        idem_key=idem_key,
        person_id=person_id,
        rate_micros_per_hour=terms.rate_micros_per_hour,
        currency=terms.currency,
        amount_micros=micros_for(terms.rate_micros_per_hour, span.paid_ms),
        **asdict(span),
    )
    return post_earning(connection, earned, now)


def _open_earning(connection: Connection, earned: Earning, now: Instant) -> int | None:
    return open_entry(
        connection, earned.kind, earned.idem_key, earned.project_id, earned.ended_at, now
    )


def _write_earning(connection: Connection, entry_id: int, earned: Earning) -> Accrued:
    connection.execute(
        _ADD_ACCRUAL,
        {
            "entry_id": entry_id,
            "person_id": earned.person_id,
            "project_id": earned.project_id,
            "activity": earned.activity,
            "started_at": earned.started_at,
            "ended_at": earned.ended_at,
            "paid_ms": earned.paid_ms,
            "rate_micros_per_hour": earned.rate_micros_per_hour,
            "currency": earned.currency,
            "amount_micros": earned.amount_micros,
            "annotation_id": earned.annotation_id,
        },
    )
    project, currency, amount = earned.project_id, earned.currency, earned.amount_micros
    if amount:
        covered = _draw(connection, project, currency, amount)
        post(connection, entry_id, earning(project, earned.person_id, currency, amount, covered))
    return Accrued(entry_id, amount)


def _take_pending(connection: Connection, earned: Earning) -> None:
    taken = connection.execute(
        _TAKE_PENDING,
        {
            "p_person_id": earned.person_id,
            "p_project_id": earned.project_id,
            "p_paid_ms": earned.paid_ms,
        },
    )
    if taken.rowcount != 1:
        raise ConflictError(
            f"There are not {earned.paid_ms} ms of unpaid time in project {earned.project_id}.",
            code="no_such_time",
        )


def _earned_before(connection: Connection, earned: Earning) -> Accrued:
    row = connection.execute(_FIND_ACCRUED, {"p_idem_key": earned.idem_key}).first()
    if row is None or (row.person_id, row.project_id) != (earned.person_id, earned.project_id):
        raise ConflictError(
            f"The key {earned.idem_key!r} was used for something else.", code="idem_key_reused"
        )
    return Accrued(row.id, row.amount_micros)


def _draw(connection: Connection, project_id: int, currency: str, amount: int) -> int:
    """Take `amount` out of escrow, or what is left of it; says how much was taken."""
    params: dict[str, object] = {
        "p_project_id": project_id,
        "p_currency": currency,
        "p_amount": amount,
    }
    if connection.execute(_DRAW, params).rowcount:
        return amount
    left = connection.execute(_SEE_ESCROW, params).scalar_one_or_none()
    if not left:
        return 0
    covered = min(int(left), amount)  # it may have been funded between the two statements
    connection.execute(_DRAW, {**params, "p_amount": covered})
    return covered


def _repay_guarantee(
    connection: Connection, project_id: int, currency: str, idem_key: str, now: Instant
) -> None:
    params = {"p_project_id": project_id, "p_currency": currency}
    advanced = int(connection.execute(_ADVANCED, params).scalar_one())
    if advanced <= 0:
        return
    entry_id = open_entry(connection, "repayment", idem_key, project_id, now, now)
    repaid = _draw(connection, project_id, currency, advanced)
    if entry_id is not None and repaid:
        post(connection, entry_id, repayment(project_id, currency, repaid))

"""The ledger in the database: entries, their lines, escrow, and what people earned.

Append-only. Every entry has a key, and a key is used once. The escrow row, which all people of a
project share, is touched as late as possible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Connection,
    Executable,
    String,
    bindparam,
    case,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.pay.ledger.rules import GUARANTEE, Posting, earning, funding, imbalance, repayment
from fairhand.pay.paid_time.rules import Activity
from fairhand.storage.tables.pay import account, accrual, entry, escrow, posting

_SLOTS: Final = 3  # no entry of this ledger has more lines


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


def both(build: Any) -> Mapping[str, Executable]:  # noqa: ANN401  # two dialects' insert()
    """Build a statement once for each database engine."""
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}


_OPEN_ENTRY = both(
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
_FILL = both(
    lambda insert: (filling := insert(escrow)).on_conflict_do_update(
        index_elements=["project_id"],
        set_={"left_micros": escrow.c.left_micros + filling.excluded.left_micros},
        where=escrow.c.currency == filling.excluded.currency,
    )
)
_POST = both(
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
_ADD_ACCOUNT = both(lambda insert: insert(account).on_conflict_do_nothing())
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


def post_earning(connection: Connection, earned: Earning, now: Instant) -> Accrued:
    """Write an earning into the ledger; a key that was used gives its first result.

    Raises ConflictError when the key was used for another person or project.
    """
    entry_id = open_earning(connection, earned, now)
    if entry_id is None:
        return earned_before(connection, earned)
    return write_earning(connection, entry_id, earned)


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


def load_escrow(connection: Connection, project_id: int) -> int:
    """Say what is left in a project's escrow, in micros."""
    chosen = select(escrow.c.left_micros).where(escrow.c.project_id == project_id)
    return int(connection.execute(chosen).scalar() or 0)


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


def open_earning(connection: Connection, earned: Earning, now: Instant) -> int | None:
    """Begin an earning's entry; None when its key has been used."""
    return open_entry(
        connection, earned.kind, earned.idem_key, earned.project_id, earned.ended_at, now
    )


def write_earning(connection: Connection, entry_id: int, earned: Earning) -> Accrued:
    """Write what was earned and owe it to the person, from escrow as far as that reaches."""
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


def earned_before(connection: Connection, earned: Earning) -> Accrued:
    """Find what a used key earned; ConflictError when that was for another person or project."""
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

"""SQL of payouts: what is due, batches, the states of payouts and the ledger entries with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Row,
    Select,
    case,
    cast,
    column,
    func,
    select,
    table,
    text,
    type_coerce,
    update,
)

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.core.money import parse_money
from fairhand.pay.ledger.book import post_entries, post_entry
from fairhand.pay.payouts.payment import Order, PayoutFile
from fairhand.pay.payouts.rules import HELD, Due, Owed, Rail, State, lines_for, may_become
from fairhand.storage.kept import Kept
from fairhand.storage.tables.pay import account, posting, statement
from fairhand.storage.tables.pay_office import payout, payout_batch, payout_event

_person = table(
    "person", column("id"), column("display_name"), column("is_simulated"), column("state")
)
_PAYABLE: Final = "payable:person:"


BATCHES: Final = Kept(payout_batch)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch without its file; amounts in minor units."""

    id: int
    rail: Rail
    currency: str
    message_id: str
    payouts: int
    control_minor: int
    state: str
    file_name: str
    file_sha256: str
    made_by: int | None
    made_at: Instant
    sent_at: Instant | None


@dataclass(frozen=True, slots=True)
class Payout:
    """One payment to one person; `amount_minor` in minor units."""

    id: int
    batch_id: int
    person_id: int
    method_id: int
    currency: str
    amount_minor: int
    end_to_end_id: str
    state: State
    state_at: Instant
    reference: str
    reason: str


_BATCH_COLUMNS = [payout_batch.c[name] for name in Batch.__slots__]
_PAYOUT_COLUMNS = [payout.c[name] for name in Payout.__slots__]


def lock(connection: Connection) -> None:
    """Let one manager at a time change payouts; whoever reads does not wait.

    On SQLite the writing transaction is the lock already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE payout_batch IN SHARE ROW EXCLUSIVE MODE"))


def list_owed(connection: Connection, people: Sequence[int] | None = None) -> list[Owed]:
    """List what is settled, held by payouts and payable, by name; of some people or of all.

    At most BATCH_MAX people can be named.
    """
    settled = _settled(connection, people)
    held = _held(connection, people)
    payable = _payable(connection, people)
    by_id = {row.id: row for row in connection.execute(_of(select(_person), _person.c.id, people))}
    found = [
        Owed(
            who,
            by_id[who].display_name,
            bool(by_id[who].is_simulated),
            by_id[who].state == "closed",
            currency,
            minor,
            held.get((who, currency), 0),
            payable.get((who, currency), 0),
        )
        for (who, currency), minor in settled.items()
        if who in by_id
    ]
    return sorted(found, key=lambda one: (one.display_name, one.person_id, one.currency))


def find_batch(connection: Connection, client_key: str) -> Batch | None:
    """Find the batch that a key has made."""
    return _batch(connection, payout_batch.c.client_key == client_key)


def load_batch(connection: Connection, batch_id: int) -> Batch | None:
    """Load a batch."""
    return _batch(connection, payout_batch.c.id == batch_id)


def find_batch_by_message(connection: Connection, message_id: str) -> Batch | None:
    """Find a batch by its name at the bank."""
    return _batch(connection, payout_batch.c.message_id == message_id)


def list_batches(connection: Connection, most: int = 200) -> list[Batch]:
    """List batches, newest first."""
    newest = select(*_BATCH_COLUMNS).order_by(payout_batch.c.id.desc()).limit(most)
    return [Batch(*row) for row in connection.execute(newest)]


def load_file(connection: Connection, batch_id: int) -> tuple[str, str, str] | None:
    """Load a batch's file: its name, its text and its SHA-256."""
    chosen = select(
        payout_batch.c.file_name, payout_batch.c.file_body, payout_batch.c.file_sha256
    ).where(payout_batch.c.id == batch_id)
    row = connection.execute(chosen).first()
    return None if row is None else (row[0], row[1], row[2])


def add_batch(
    connection: Connection,
    rail: Rail,
    order: Order,
    chosen: Sequence[Due],
    file: PayoutFile,
    client_key: str,
    made_by: int | None,
    now: Instant,
) -> int:
    """Keep a batch with its file and its pending payouts; their money goes into clearing."""
    added = connection.execute(
        payout_batch.insert(),
        {
            "rail": rail,
            "currency": order.currency,
            "message_id": order.message_id,
            "payouts": len(order.payments),
            "control_minor": order.control_minor,
            "state": "made",
            "file_name": file.name,
            "file_body": file.body,
            "file_sha256": file.sha256,
            "made_by": made_by,
            "made_at": now,
            "client_key": client_key,
        },
    )
    assert added.inserted_primary_key is not None  # noqa: S101  # one row, so a key
    batch_id = int(added.inserted_primary_key[0])
    _add_payouts(connection, batch_id, order, chosen, made_by, now)
    return batch_id


def _add_payouts(
    connection: Connection,
    batch_id: int,
    order: Order,
    chosen: Sequence[Due],
    made_by: int | None,
    now: Instant,
) -> None:
    """Add a batch's pending payouts and their entries, in a few statements for all of them."""
    rows = [
        {
            "batch_id": batch_id,
            "person_id": one.person_id,
            "method_id": one.method.id,
            "currency": one.currency,
            "amount_minor": one.amount_minor,
            "end_to_end_id": payment.end_to_end_id,
            "state": "pending",
            "state_at": now,
        }
        for one, payment in zip(chosen, order.payments, strict=True)
        if one.method is not None
    ]
    connection.execute(payout.insert(), rows)
    made = payouts_of_batch(connection, batch_id)
    moves = {
        _entry_key(one, "pending"): lines_for(
            "payable", "pending", one.person_id, one.currency, one.amount_minor
        )
        for one in made
    }
    numbers = post_entries(connection, "payout", moves, now, now)
    connection.execute(
        payout_event.insert(),
        [
            {
                "payout_id": one.id,
                "state": "pending",
                "at": now,
                "by_person": made_by,
                "entry_id": numbers[_entry_key(one, "pending")],
            }
            for one in made
        ],
    )


def _entry_key(one: Payout, state: State) -> str:
    return f"payout:{one.end_to_end_id}:{state}"


def move(
    connection: Connection,
    one: Payout,
    after: State,
    now: Instant,
    *,
    by_person: int | None,
    evidence: str = "",
    reason: str = "",
) -> int | None:
    """Bring a payout into another state and its money with it; gives the ledger entry.

    Raises ConflictError when it may not go there, or somebody else has just moved it.
    """
    if not may_become(one.state, after):
        raise ConflictError(
            f"Payout {one.id} is {one.state}: it cannot become {after}.", code="payout_state"
        )
    moved = connection.execute(
        update(payout)
        .where(payout.c.id == one.id, payout.c.state == one.state)
        .values(
            state=after,
            state_at=now,
            reason=reason,
            reference=evidence[:140] or one.reference,
        )
    )
    if moved.rowcount != 1:
        raise ConflictError(f"Payout {one.id} was moved by somebody else.", code="payout_state")
    lines = lines_for(one.state, after, one.person_id, one.currency, one.amount_minor)
    entry_id = None
    if lines:
        key = _entry_key(one, after)
        entry_id = post_entry(connection, "payout", key, None, lines, now, now)
    _add_event(connection, one.id, after, now, by_person, evidence, entry_id)
    return entry_id


def mark_batch(connection: Connection, batch_id: int, after: str, now: Instant) -> None:
    """Say where a whole batch stands."""
    values: dict[str, object] = {"state": after}
    if after == "sent":
        values["sent_at"] = now
    connection.execute(update(payout_batch).where(payout_batch.c.id == batch_id).values(**values))


def finish_batches(connection: Connection, batch_ids: Iterable[int]) -> None:
    """Mark as done the sent batches in which no payout is on its way any more."""
    for batch_id in sorted(set(batch_ids)):
        open_ones = select(func.count()).where(
            payout.c.batch_id == batch_id, payout.c.state.in_(("pending", "sent"))
        )
        connection.execute(
            update(payout_batch)
            .where(
                payout_batch.c.id == batch_id,
                payout_batch.c.state == "sent",
                open_ones.scalar_subquery() == 0,
            )
            .values(state="done")
        )


def payouts_of_batch(connection: Connection, batch_id: int) -> list[Payout]:
    """List the payouts of a batch in the file's order."""
    return _payouts(connection, payout.c.batch_id == batch_id)


def payouts_of_person(connection: Connection, person_id: int) -> list[Payout]:
    """List a person's payouts, oldest first."""
    return _payouts(connection, payout.c.person_id == person_id)


def load_payout(connection: Connection, payout_id: int) -> Payout | None:
    """Load a payout."""
    return next(iter(_payouts(connection, payout.c.id == payout_id)), None)


def find_payouts(connection: Connection, references: Iterable[str]) -> dict[str, Payout]:
    """Find payouts by their names at the bank."""
    names = sorted(set(references))
    found: dict[str, Payout] = {}
    for start in range(0, len(names), 400):
        chunk = names[start : start + 400]
        found |= {
            one.end_to_end_id: one
            for one in _payouts(connection, payout.c.end_to_end_id.in_(chunk))
        }
    return found


def list_sent(connection: Connection, before: Instant) -> list[Payout]:
    """List payouts that were sent before an instant and of which nothing was heard since."""
    return _payouts(connection, payout.c.state == "sent", payout.c.state_at < before)


def clearing_micros(connection: Connection) -> dict[str, int]:
    """What the clearing account holds, by currency; zero when all payouts have come to an end."""
    rows = connection.execute(
        select(account.c.currency, func.sum(posting.c.amount_micros))
        .join_from(account, posting, posting.c.account_id == account.c.id)
        .where(account.c.key == "clearing:payout")
        .group_by(account.c.currency)
    )
    return {currency: int(micros) for currency, micros in rows}


def on_the_way_minor(connection: Connection) -> dict[str, int]:
    """Sum payouts that are pending or sent, by currency: what clearing must hold."""
    rows = connection.execute(
        select(payout.c.currency, func.sum(payout.c.amount_minor))
        .where(payout.c.state.in_(("pending", "sent")))
        .group_by(payout.c.currency)
    )
    return {currency: int(minor) for currency, minor in rows}


def history_of(connection: Connection, payout_ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """Load what happened to payouts, oldest first."""
    rows = connection.execute(
        select(payout_event)
        .where(payout_event.c.payout_id.in_(payout_ids))
        .order_by(payout_event.c.id)
    )
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.payout_id, []).append(row)
    return found


def _of(query: Select[Any], who: ColumnElement[Any], people: Sequence[Any] | None) -> Select[Any]:
    """Narrow a query to some people, if any are named."""
    return query if people is None else query.where(who.in_(people))


def _settled(connection: Connection, people: Sequence[int] | None) -> Mapping[tuple[int, str], int]:
    """Sum what statements say is to be paid, in minor units, by person and currency."""
    path = ("totals", "to_pay")
    if connection.dialect.name == "postgresql":
        to_pay = cast(statement.c.body, JSON)[path].as_string()
    else:
        to_pay = type_coerce(statement.c.body, JSON)[path].as_string()
    query = _of(
        select(statement.c.person_id, statement.c.currency, to_pay), statement.c.person_id, people
    )
    sums: dict[tuple[int, str], int] = {}
    for who, currency, amount in connection.execute(query):
        minor = parse_money(amount, currency).minor
        sums[who, currency] = sums.get((who, currency), 0) + minor
    return sums


def _held(connection: Connection, people: Sequence[int] | None) -> Mapping[tuple[int, str], int]:
    is_held = case((payout.c.state.in_(sorted(HELD)), payout.c.amount_minor), else_=0)
    query = _of(
        select(payout.c.person_id, payout.c.currency, func.sum(is_held)), payout.c.person_id, people
    )
    rows = connection.execute(query.group_by(payout.c.person_id, payout.c.currency))
    return {(who, currency): int(minor) for who, currency, minor in rows}


def _payable(connection: Connection, people: Sequence[int] | None) -> Mapping[tuple[int, str], int]:
    query = select(account.c.key, account.c.currency, func.sum(posting.c.amount_micros)).join_from(
        account, posting, posting.c.account_id == account.c.id
    )
    if people is None:
        query = query.where(account.c.key.startswith(_PAYABLE))
    else:
        query = query.where(account.c.key.in_([f"{_PAYABLE}{one}" for one in people]))
    rows = connection.execute(query.group_by(account.c.key, account.c.currency))
    return {(int(key.removeprefix(_PAYABLE)), currency): int(sum_) for key, currency, sum_ in rows}


def _batch(connection: Connection, which: Any) -> Batch | None:  # noqa: ANN401  # SQL condition
    row = connection.execute(select(*_BATCH_COLUMNS).where(which)).first()
    return None if row is None else Batch(*row)


def _payouts(connection: Connection, *which: Any) -> list[Payout]:  # noqa: ANN401
    rows = connection.execute(select(*_PAYOUT_COLUMNS).where(*which).order_by(payout.c.id))
    return [Payout(*row) for row in rows]


def _add_event(
    connection: Connection,
    payout_id: int,
    state: State,
    at: Instant,
    by_person: int | None,
    evidence: str,
    entry_id: int | None,
) -> None:
    connection.execute(
        payout_event.insert(),
        {
            "payout_id": payout_id,
            "state": state,
            "at": at,
            "by_person": by_person,
            "evidence": evidence,
            "entry_id": entry_id,
        },
    )

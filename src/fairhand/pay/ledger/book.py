"""Entries of the ledger and their lines: append-only, balanced, and a key is used once.

Two ways to write lines: `post` for the hot path (up to three lines, one currency, one statement),
and `post_entry` for everything else. `post_entry` also keeps what must stay above zero there: it
locks the accounts of what is owed and paid to people before it draws on them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import BigInteger, Connection, String, bindparam, case, func, select, tuple_

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.pay.ledger.escrow import both, move
from fairhand.pay.ledger.rules import Posting, escrow_project, imbalance, merged, never_below_zero
from fairhand.storage.tables.pay import account, entry, posting

_SLOTS: Final = 3  # no entry of the hot path has more lines
_MANY: Final = 400  # accounts looked up in one statement: well below either engine's limit

_OPEN_ENTRY = both(
    lambda insert: (
        insert(entry).on_conflict_do_nothing(index_elements=["idem_key"]).returning(entry.c.id)
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
_ADD_POSTING = posting.insert()
_LINES_OF_KEY = (
    select(
        entry.c.kind, entry.c.project_id, account.c.key, account.c.currency, posting.c.amount_micros
    )
    .select_from(
        entry.outerjoin(posting, posting.c.entry_id == entry.c.id).outerjoin(
            account, account.c.id == posting.c.account_id
        )
    )
    .where(entry.c.idem_key == bindparam("p_idem_key"))
)

AccountIds = dict[tuple[str, str], int]


def open_entry(
    connection: Connection,
    kind: str,
    idem_key: str,
    project_id: int | None,
    happened_at: Instant,
    now: Instant,
    *,
    corrects_id: int | None = None,
) -> int | None:
    """Begin a ledger entry; None when its key has been used.

    `project_id` is None for an entry of the whole workspace; `corrects_id` names the entry that
    this one puts right.
    """
    opened = connection.execute(
        _OPEN_ENTRY[connection.dialect.name],
        {
            "kind": kind,
            "idem_key": idem_key,
            "project_id": project_id,
            "happened_at": happened_at,
            "recorded_at": now,
            "corrects_id": corrects_id,
        },
    ).scalar_one_or_none()
    return None if opened is None else int(opened)


def post(connection: Connection, entry_id: int, lines: Sequence[Posting]) -> None:
    """Write up to three lines of an entry; ValueError unless they sum to zero in one currency."""
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
    _add_accounts(connection, lines)
    connection.execute(write, params)


def post_entry(
    connection: Connection,
    kind: str,
    idem_key: str,
    project_id: int | None,
    lines: Sequence[Posting],
    happened_at: Instant,
    now: Instant,
    *,
    corrects_id: int | None = None,
) -> int | None:
    """Write an entry with any number of lines in any currencies, each of which balances.

    Gives the entry's id, or None when the key has written exactly this before. Lines on an escrow
    account move the project's escrow with them.

    Raises ValueError when a currency does not balance or nothing is moved, ConflictError when the
    key was used for something else (`idem_key_reused`), or when more is drawn than is there
    (`escrow_overdrawn`, `account_overdrawn`).
    """
    lines = merged(lines)
    if not lines or imbalance(lines):
        raise ValueError(f"entry {idem_key!r} does not balance: {imbalance(lines)}")
    entry_id = open_entry(
        connection, kind, idem_key, project_id, happened_at, now, corrects_id=corrects_id
    )
    if entry_id is None:
        check_same(connection, kind, idem_key, project_id, lines)
        return None
    ids = _account_ids(connection, lines)
    _check_funds(connection, ids, lines)
    connection.execute(
        _ADD_POSTING,
        [
            {
                "entry_id": entry_id,
                "account_id": ids[line.account, line.currency],
                "currency": line.currency,
                "amount_micros": line.amount_micros,
            }
            for line in lines
        ],
    )
    for line in lines:
        if (of_project := escrow_project(line.account)) is not None:
            move(connection, of_project, line.currency, line.amount_micros)
    return entry_id


def post_entries(
    connection: Connection,
    kind: str,
    entries: Mapping[str, Sequence[Posting]],
    happened_at: Instant,
    now: Instant,
) -> dict[str, int]:
    """Write many entries of the whole workspace in a few statements; gives each key's entry.

    Each balances by itself, and all of them together draw no more than is there. No line may be an
    escrow's. Raises as `post_entry` does, and for a key that was used before.
    """
    for key, lines in entries.items():
        is_escrow = any(escrow_project(line.account) is not None for line in lines)
        if not lines or imbalance(lines) or is_escrow:
            raise ValueError(f"entry {key!r} does not balance, or is about escrow")
    if found := _entries_of(connection, list(entries)):
        raise key_reused(next(iter(found)))
    head = {"kind": kind, "project_id": None, "happened_at": happened_at, "recorded_at": now}
    connection.execute(entry.insert(), [head | {"idem_key": key} for key in entries])
    numbers = _entries_of(connection, list(entries))
    every = merged(line for lines in entries.values() for line in lines)
    ids = _account_ids(connection, every)
    _check_funds(connection, ids, every)
    rows = [
        {
            "entry_id": numbers[key],
            "account_id": ids[line.account, line.currency],
            "currency": line.currency,
            "amount_micros": line.amount_micros,
        }
        for key, lines in entries.items()
        for line in merged(lines)
    ]
    connection.execute(_ADD_POSTING, rows)
    return numbers


def _entries_of(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(keys), _MANY):
        chosen = select(entry.c.idem_key, entry.c.id).where(
            entry.c.idem_key.in_(keys[start : start + _MANY])
        )
        found |= {row.idem_key: row.id for row in connection.execute(chosen)}
    return found


def check_same(
    connection: Connection,
    kind: str,
    idem_key: str,
    project_id: int | None,
    lines: Iterable[Posting],
) -> None:
    """Refuse a used key that comes with another body (ConflictError `idem_key_reused`)."""
    found = connection.execute(_LINES_OF_KEY, {"p_idem_key": idem_key}).all()
    written = {Posting(row.key, row.currency, row.amount_micros) for row in found if row.key}
    heads = {(row.kind, row.project_id) for row in found}
    if heads != {(kind, project_id)} or written != set(lines):
        raise key_reused(idem_key)


def key_reused(idem_key: str) -> ConflictError:
    """Make the error for a key that comes back with another body."""
    return ConflictError(
        f"The key {idem_key!r} was used for something else.", code="idem_key_reused"
    )


def _add_accounts(connection: Connection, lines: Iterable[Posting]) -> None:
    connection.execute(
        _ADD_ACCOUNT[connection.dialect.name],
        [{"key": line.account, "currency": line.currency} for line in lines],
    )


def _account_ids(connection: Connection, lines: Sequence[Posting]) -> AccountIds:
    """Find the accounts of lines, making those that are new."""
    wanted = [(line.account, line.currency) for line in lines]
    ids = _find_accounts(connection, wanted)
    missing = [line for line in lines if (line.account, line.currency) not in ids]
    if missing:
        _add_accounts(connection, missing)
        ids |= _find_accounts(connection, [(line.account, line.currency) for line in missing])
    return ids


def _find_accounts(connection: Connection, wanted: Sequence[tuple[str, str]]) -> AccountIds:
    found: AccountIds = {}
    for start in range(0, len(wanted), _MANY):
        pairs = tuple_(account.c.key, account.c.currency).in_(wanted[start : start + _MANY])
        rows = connection.execute(
            select(account.c.key, account.c.currency, account.c.id).where(pairs)
        )
        found |= {(key, currency): account_id for key, currency, account_id in rows}
    return found


def _check_funds(connection: Connection, ids: AccountIds, lines: Sequence[Posting]) -> None:
    """Lock the people's accounts that are drawn on, in order, and see that they hold enough."""
    drawn = {
        ids[line.account, line.currency]: line
        for line in lines
        if line.amount_micros < 0 and never_below_zero(line.account)
    }
    for chunk in _chunks(sorted(drawn)):
        # Not FOR UPDATE: that would wait for everybody who is earning (their lines refer to it).
        connection.execute(
            select(account.c.id)
            .where(account.c.id.in_(chunk))
            .order_by(account.c.id)
            .with_for_update(key_share=True)
        ).all()
    held: dict[int, int] = defaultdict(int)
    for chunk in _chunks(sorted(drawn)):
        sums = connection.execute(
            select(posting.c.account_id, func.sum(posting.c.amount_micros))
            .where(posting.c.account_id.in_(chunk))
            .group_by(posting.c.account_id)
        )
        held.update({account_id: int(total) for account_id, total in sums})
    for account_id, line in drawn.items():
        if held[account_id] + line.amount_micros < 0:
            raise ConflictError(
                f"The account {line.account} holds {held[account_id]} micros of {line.currency}: "
                f"{-line.amount_micros} cannot be taken from it.",
                code="account_overdrawn",
            )


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _MANY] for start in range(0, len(ids), _MANY))

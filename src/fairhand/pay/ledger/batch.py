"""Many earnings in a few statements: what `post_earning` writes, for hundreds of people at once.

The lines, the draws on escrow and the keys are those of posting them one after another; only the
number of round trips differs. Accounts and escrow rows are touched in one order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from fairhand.core.clock import Instant
from fairhand.pay.ledger.escrow import both, draw
from fairhand.pay.ledger.rules import ROYALTY, Posting, earning, royalty
from fairhand.pay.ledger.store import Accrued, Earning, earned_before
from fairhand.storage.tables.pay import account, accrual, entry, posting

_MANY: Final = 400  # keys looked up in one statement: well below either engine's limit

_OPEN = both(
    lambda insert: (
        insert(entry)
        .on_conflict_do_nothing(index_elements=["idem_key"])
        .returning(entry.c.id, entry.c.idem_key)
    )
)
_ADD_ACCRUALS = accrual.insert()
_ADD_POSTINGS = posting.insert()
_ADD_ACCOUNTS = both(lambda insert: insert(account).on_conflict_do_nothing())
_FIND_ACCOUNTS = select(account.c.key, account.c.currency, account.c.id).where(
    account.c.key.in_(bindparam("keys", expanding=True))
)


@dataclass(frozen=True, slots=True)
class _Opened:
    entry_id: int
    earned: Earning
    covered_micros: int


def post_earnings(
    connection: Connection, earnings: Sequence[Earning], now: Instant
) -> list[Accrued]:
    """Write earnings into the ledger, in their order; a key that was used gives its first result.

    Raises ConflictError when a key was used for anything else, also within `earnings`.
    """
    if not earnings:
        return []
    opened = _open(connection, earnings, now)
    fresh = {one.idem_key: one for one in earnings if one.idem_key in opened}
    _write(connection, [(opened[key], one) for key, one in fresh.items()])
    return [
        Accrued(opened[one.idem_key], one.amount_micros)
        if fresh.get(one.idem_key) is one
        else earned_before(connection, one)
        for one in earnings
    ]


def _open(connection: Connection, earnings: Sequence[Earning], now: Instant) -> dict[str, int]:
    rows = [
        {
            "kind": one.kind,
            "idem_key": one.idem_key,
            "project_id": one.project_id,
            "happened_at": one.ended_at,
            "recorded_at": now,
        }
        for one in {one.idem_key: one for one in earnings}.values()
    ]
    added = connection.execute(_OPEN[connection.dialect.name], rows)
    return {key: int(entry_id) for entry_id, key in added}


def _write(connection: Connection, fresh: Sequence[tuple[int, Earning]]) -> None:
    if not fresh:
        return
    connection.execute(_ADD_ACCRUALS, [_accrual(entry_id, one) for entry_id, one in fresh])
    lines = _lines(_cover(connection, fresh))
    if not lines:
        return
    accounts = _accounts(connection, [line for _, line in lines])
    connection.execute(
        _ADD_POSTINGS,
        [
            {
                "entry_id": entry_id,
                "account_id": accounts[line.account, line.currency],
                "currency": line.currency,
                "amount_micros": line.amount_micros,
            }
            for entry_id, line in lines
        ],
    )


def _accrual(entry_id: int, one: Earning) -> Mapping[str, Any]:
    return {
        "entry_id": entry_id,
        "person_id": one.person_id,
        "project_id": one.project_id,
        "activity": one.activity,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "paid_ms": one.paid_ms,
        "rate_micros_per_hour": one.rate_micros_per_hour,
        "currency": one.currency,
        "amount_micros": one.amount_micros,
        "annotation_id": one.annotation_id,
        "basis": one.basis,
        "quantity": one.quantity,
        "unit_micros": one.unit_micros,
    }


def _cover(connection: Connection, fresh: Sequence[tuple[int, Earning]]) -> list[_Opened]:
    """Draw each project's sum at once and share it out in order, as single draws would have."""
    wanted: dict[tuple[int, str], int] = defaultdict(int)
    for _, one in fresh:
        if one.basis != ROYALTY and one.amount_micros:
            wanted[one.project_id, one.currency] += one.amount_micros
    left = {key: draw(connection, *key, wanted[key]) for key in sorted(wanted)}
    covered = []
    for entry_id, one in fresh:
        key = one.project_id, one.currency
        taken = 0 if one.basis == ROYALTY else min(one.amount_micros, left.get(key, 0))
        if taken:
            left[key] -= taken
        covered.append(_Opened(entry_id, one, taken))
    return covered


def _lines(opened: Sequence[_Opened]) -> list[tuple[int, Posting]]:
    return [
        (one.entry_id, line) for one in opened if one.earned.amount_micros for line in _legs(one)
    ]


def _legs(one: _Opened) -> list[Posting]:
    earned = one.earned
    if earned.basis == ROYALTY:
        return royalty(earned.project_id, earned.person_id, earned.currency, earned.amount_micros)
    return earning(
        earned.project_id,
        earned.person_id,
        earned.currency,
        earned.amount_micros,
        one.covered_micros,
    )


def _accounts(connection: Connection, lines: Sequence[Posting]) -> dict[tuple[str, str], int]:
    wanted = sorted({(line.account, line.currency) for line in lines})
    found = _find(connection, wanted)
    missing = [pair for pair in wanted if pair not in found]
    if missing:
        rows = [{"key": key, "currency": currency} for key, currency in missing]
        connection.execute(_ADD_ACCOUNTS[connection.dialect.name], rows)
        found |= _find(connection, missing)
    return found


def _find(connection: Connection, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    keys = sorted({key for key, _ in wanted})
    found: dict[tuple[str, str], int] = {}
    for start in range(0, len(keys), _MANY):
        rows = connection.execute(_FIND_ACCOUNTS, {"keys": keys[start : start + _MANY]})
        found |= {(key, currency): int(account_id) for key, currency, account_id in rows}
    return found

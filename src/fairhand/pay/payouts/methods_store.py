"""SQL of payout methods: superseded, never edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, select, update

from fairhand.core.clock import Instant
from fairhand.pay.payouts.rules import Method, Rail
from fairhand.storage.kept import Kept
from fairhand.storage.tables.pay_office import payout_method

_CURRENT = select(payout_method).where(payout_method.c.superseded_at.is_(None))


KEPT: Final = Kept(payout_method)


def end_methods(connection: Connection, person_id: int, currency: str, now: Instant) -> int:
    """End a person's methods of a currency; gives how many were in force."""
    ended = connection.execute(
        update(payout_method)
        .where(
            payout_method.c.person_id == person_id,
            payout_method.c.currency == currency,
            payout_method.c.superseded_at.is_(None),
        )
        .values(superseded_at=now)
    )
    return int(ended.rowcount)


def add_method(
    connection: Connection,
    person_id: int,
    rail: Rail,
    currency: str,
    details: Mapping[str, str],
    minimum_minor: int,
    now: Instant,
) -> int:
    """Keep a new method; gives its number."""
    added = connection.execute(
        payout_method.insert(),
        {
            "person_id": person_id,
            "rail": rail,
            "currency": currency,
            "details": orjson.dumps(dict(details), option=orjson.OPT_SORT_KEYS).decode(),
            "minimum_minor": minimum_minor,
            "created_at": now,
        },
    )
    assert added.inserted_primary_key is not None  # noqa: S101  # one row, so a key
    return int(added.inserted_primary_key[0])


def current_methods(connection: Connection, person_id: int | None = None) -> list[Method]:
    """Load the methods in force, of one person or of all: the newest per person and currency."""
    query = (
        _CURRENT if person_id is None else _CURRENT.where(payout_method.c.person_id == person_id)
    )
    newest = {
        (row.person_id, row.currency): method_of(row)
        for row in connection.execute(query.order_by(payout_method.c.id))
    }
    return list(newest.values())


def load_methods(connection: Connection, ids: set[int]) -> dict[int, Method]:
    """Load methods by number, superseded ones too."""
    found: dict[int, Method] = {}
    numbers = sorted(ids)
    for start in range(0, len(numbers), 400):
        chosen = select(payout_method).where(payout_method.c.id.in_(numbers[start : start + 400]))
        found |= {row.id: method_of(row) for row in connection.execute(chosen)}
    return found


def method_of(row: Row[Any]) -> Method:
    """Read a row."""
    return Method(
        row.id,
        row.person_id,
        row.rail,
        row.currency,
        orjson.loads(row.details),
        row.minimum_minor,
        row.created_at,
    )

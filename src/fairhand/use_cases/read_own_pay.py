"""What a person's earnings page shows beside the present period: kinds, statements, years."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fairhand.pay.own import store
from fairhand.pay.own.store import OwnGroup, OwnStatement
from fairhand.pay.own.years import Sums, YearSums, by_year, read_sums
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class OwnPay:
    """All that one person earned, by kind, by statement and by year."""

    groups: tuple[OwnGroup, ...]
    statements: tuple[tuple[OwnStatement, Sums], ...]
    years: tuple[YearSums, ...]


def read_own_pay(db: Database, person_id: int) -> OwnPay:
    """Load what a person earned."""
    with db.read() as connection:
        groups = store.list_groups(connection, person_id)
        statements = store.list_statements(connection, person_id)
    summed = [(one, read_sums(json.loads(one.body))) for one in statements]
    years = by_year((one.ends_at, sums) for one, sums in summed)
    return OwnPay(tuple(groups), tuple(summed), tuple(years))

"""Ask the database the queries of the points, as they are shown."""

from __future__ import annotations

from sqlalchemy import Connection, select, text

from fairhand.core.clock import Instant
from fairhand.pay.books.floor_proof import FloorProof, prove
from fairhand.pay.books.floor_store import load_floored_pay
from fairhand.pay.books.points import POINTS
from fairhand.pay.books.score import Scored, score, score_floor
from fairhand.storage.tables.pay import pay_period


def score_points(connection: Connection, now: Instant) -> list[Scored]:
    """Answer every point."""
    scored = [score_floor(prove_last(connection))]
    scored += [score(point, _numbers(connection, point.query, now)) for point in POINTS]
    return sorted(scored, key=lambda one: one.id)


def _numbers(connection: Connection, query: str, now: Instant) -> dict[str, int]:
    if not query:  # nothing here could answer
        return {}
    given = {"now": now} if ":now" in query else {}
    row = connection.execute(text(query), given).mappings().one()
    return {name: int(value or 0) for name, value in row.items()}


def prove_last(connection: Connection) -> FloorProof | None:
    """Prove the newest closed period; None before the first."""
    closed = select(pay_period.c.id).where(pay_period.c.closed_at.is_not(None))
    period_id = connection.execute(closed.order_by(pay_period.c.ends_at.desc()).limit(1)).scalar()
    if period_id is None:
        return None
    return prove(period_id, load_floored_pay(connection, period_id))

"""The SQL of hours and rest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, column, func, or_, select, table, update

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.pay.paid_time.hours import WEEK_MS, Worked
from fairhand.storage.tables.pay import accrual, person_clock

_SLOT_MS: Final = 10 * MINUTE_MS
_person = table("person", column("id"), column("place_country"), column("place_region"))
_AT_WORK = (
    select(
        person_clock.c.person_id,
        _person.c.place_country,
        _person.c.place_region,
        person_clock.c.rest_until,
        person_clock.c.pending_ms,
        person_clock.c.last_at,
    )
    .join(_person, _person.c.id == person_clock.c.person_id)
    .where(
        person_clock.c.last_at >= bindparam("since"),
        or_(person_clock.c.rest_until.is_(None), person_clock.c.rest_until <= bindparam("now")),
        person_clock.c.person_id % bindparam("turns") == bindparam("turn"),
    )
    .order_by(person_clock.c.person_id)
)
_slot = accrual.c.ended_at - accrual.c.ended_at % _SLOT_MS
_WORKED = (
    select(
        accrual.c.person_id,
        func.min(accrual.c.started_at),
        func.max(accrual.c.ended_at),
        func.sum(accrual.c.paid_ms),
    )
    .where(
        accrual.c.person_id.in_(bindparam("people", expanding=True)),
        accrual.c.ended_at > bindparam("since"),
        accrual.c.paid_ms > 0,
        accrual.c.basis != "correction",
    )
    .group_by(accrual.c.person_id, _slot)
)
_SET_REST = (
    update(person_clock)
    .where(
        person_clock.c.person_id == bindparam("p_person_id"),
        or_(person_clock.c.rest_until.is_(None), person_clock.c.rest_until <= bindparam("p_now")),
    )
    .values(rest_until=bindparam("p_until"))
)


@dataclass(frozen=True, slots=True)
class AtWork:
    """Somebody who was heard just now: where they live, and when their last set rest ended."""

    person_id: int
    country: str
    region: str
    rested_at: Instant | None
    pending_ms: int
    last_at: Instant


def list_at_work(
    connection: Connection, since: Instant, now: Instant, turn: int = 0, turns: int = 1
) -> list[AtWork]:
    """List who was heard since an instant and is not resting; one of `turns` parts of them."""
    params = {"since": since, "now": now, "turn": turn, "turns": turns}
    return [AtWork(*row) for row in connection.execute(_AT_WORK, params)]


def load_worked(
    connection: Connection, people: list[AtWork], now: Instant
) -> dict[int, list[Worked]]:
    """Load what people worked in the last seven days over all projects, in slots of ten minutes."""
    found: dict[int, list[Worked]] = defaultdict(list)
    params = {"people": [one.person_id for one in people], "since": now - WEEK_MS}
    for person_id, started_at, ended_at, paid_ms in connection.execute(_WORKED, params):
        found[person_id].append(Worked(started_at, ended_at, int(paid_ms)))
    for one in people:
        if one.pending_ms:
            began = Instant(one.last_at - one.pending_ms)
            found[one.person_id].append(Worked(began, one.last_at, one.pending_ms))
    return found


def set_rest(connection: Connection, person_id: int, until: Instant, now: Instant) -> bool:
    """Let no new task start before `until`; False when the person rests already."""
    params = {"p_person_id": person_id, "p_until": until, "p_now": now}
    return connection.execute(_SET_REST, params).rowcount == 1

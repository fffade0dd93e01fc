"""Who has worked a full day over all projects rests before the next task; held ones are paid."""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.model.system import loaded
from fairhand.pay.paid_time import hours_store
from fairhand.pay.paid_time.hours import Limits, RestDue, rest_due
from fairhand.pay.policies.hours import pack_for
from fairhand.proof.log import store as log
from fairhand.storage.database import Database

HEARD_WITHIN_MS: Final = 10 * MINUTE_MS
TURNS: Final = 5
"""One person in five is looked at in a minute: a full week of answers is summed for each."""


def keep_hours(db: Database, now: Instant, *, turn: int | None = None) -> int:
    """Begin the rest of those at work for whom it is due; return how many. A `turn` takes a part.

    Hours are those of the person's country; where no law is known the careful defaults hold.
    """
    since = Instant(now - HEARD_WITHIN_MS)
    part = (0, 1) if turn is None else (turn % TURNS, TURNS)
    with db.read() as connection:
        people = hours_store.list_at_work(connection, since, now, *part)
        worked = hours_store.load_worked(connection, people, now) if people else {}
    due: dict[int, RestDue] = {}
    for one in people:
        found = loaded("work.rest", rest_due)(
            worked.get(one.person_id, ()), _limits(one.country, one.region), now, one.rested_at
        )
        if found is not None:
            due[one.person_id] = found
    if not due:
        return 0
    with db.write() as connection:
        begun = {
            person_id: rest
            for person_id, rest in due.items()
            if hours_store.set_rest(connection, person_id, rest.until, now)
        }
        if begun:
            log.append(connection, "pay.rest_began", {"rests": _body(begun)}, now)
    return len(begun)


def _limits(country: str, region: str) -> Limits:
    pack = pack_for(country, region)
    return Limits(pack.stop_day_ms, pack.stop_week_ms, pack.rest_ms)


def _body(begun: dict[int, RestDue]) -> list[dict[str, object]]:
    """Each rest with what it follows from, so that it can be looked into and contested."""
    return [
        {
            "person": person_id,
            "until": rest.until,
            "why": rest.why,
            "since_rest_ms": rest.since_rest_ms,
            "week_ms": rest.week_ms,
        }
        for person_id, rest in begun.items()
    ]

"""What is new in the log goes on its way to every webhook that wants it, in the log's order.

The log's numbers have no gaps and are given in one order, after an event is committed; so reading
on from the last number read loses nothing, whichever of two transactions began first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import structlog

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import FairhandError
from fairhand.proof.webhooks import store
from fairhand.proof.webhooks.rules import Told, Webhook, body_of, wants
from fairhand.storage.database import Connection, Database

_AT_ONCE = 1_000
_MOST_ON_THE_WAY = 10_000  # then the log itself is the queue
_KEPT_MS = 30 * DAY_MS
_log = structlog.get_logger("fairhand.webhooks")


def fill_webhooks(db: Database, now: Instant) -> int:
    """Put new events on their way; gives how many."""
    with db.read() as connection:
        size = store.log_size(connection)
        behind = [one for one in store.list_active(connection) if one.read_to < size]
    return sum(_filled(db, one, size, now) for one in behind)


def forget_deliveries(db: Database, now: Instant) -> int:
    """Forget what arrived a month ago."""
    with db.write() as connection:
        return store.forget_sent(connection, Instant(now - _KEPT_MS))


def _filled(db: Database, one: Webhook, size: int, now: Instant) -> int:
    """Fill one; what is wrong with it keeps no other waiting."""
    try:
        return _fill(db, one, size, now)
    except FairhandError as error:
        _log.warning("webhook not filled", webhook=one.id, error=repr(error))
        return 0


def _fill(db: Database, one: Webhook, size: int, now: Instant) -> int:
    with db.read() as connection:
        if store.count_waiting(connection, one.id) >= _MOST_ON_THE_WAY:
            return 0
        events = store.read_events(connection, one.read_to, _AT_ONCE)
        wanted = [event for event in events if wants(one, event)]
        contents = _contents(connection, one, wanted)
    rows = [
        {
            "webhook_id": one.id,
            "number": one.next_number + step,
            "kind": event.kind,
            "body": orjson.dumps(body_of(event, contents.get(event.place))).decode(),
            "next_at": now,
            "made_at": now,
        }
        for step, event in enumerate(wanted)
    ]
    read_to = min(one.read_to + _AT_ONCE, size)
    with db.write() as connection:
        if not store.advance(connection, one, read_to, len(rows)):
            return 0  # another process was here first
        store.add_deliveries(connection, rows)
    return len(rows)


def _contents(
    connection: Connection, one: Webhook, events: Sequence[Told]
) -> dict[int, dict[str, Any]]:
    """Answers and the numbers of who gave them, where the owner asked for content."""
    if not one.with_content:
        return {}
    given = [event for event in events if event.kind == "annotation.submitted" and event.body]
    answers = store.load_answers(connection, {int(event.body["annotation"]) for event in given})
    return {
        event.place: {"value": answers[event.body["annotation"]], "person": event.person_id}
        for event in given
        if event.body["annotation"] in answers and event.person_id is not None
    }

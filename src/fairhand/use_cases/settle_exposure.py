"""An item was answered or skipped: its dose is what was seen of it. A part of those stories."""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.people.wellbeing import own_store, store
from fairhand.storage.database import Connection
from fairhand.use_cases.own_caps import set_aside_ms, weighed
from fairhand.work.assignment.store import Lease

LONGEST_MS: Final = 4 * HOUR_MS


def settle_exposure(
    connection: Connection, lease: Lease, visible_ms: int | None, now: Instant
) -> None:
    """Turn what was set aside for an item into what was seen of it.

    `visible_ms` is how long its content was on screen by the person's own device, never longer than
    they have had it; None where nobody measured: then what was set aside is what counts. Seen again
    (a revision) adds to it. What was never uncovered counts nothing.
    """
    held = own_store.load_held(connection, lease.person_id, lease.task_id)
    if held is None:  # its lease had lapsed and given back what was set aside
        store.mark_seen(connection, lease.person_id, lease.task_id, now)
        held = own_store.load_held(connection, lease.person_id, lease.task_id)
    if held is None:
        return
    if visible_ms is None:
        visible = set_aside_ms(connection, held, now)
        is_rated = held.own_tier is not None and held.state == "reserved"
        dose = weighed(connection, held, held.own_tier, visible, now) if is_rated else held.dose
        own_store.settle(
            connection,
            held,
            dose=dose,
            visible_ms=visible if is_rated else held.visible_ms,
            own_tier=held.own_tier,
        )
        return
    visible = min(visible_ms, max(0, now - lease.served_at), LONGEST_MS) + (held.visible_ms or 0)
    own_store.settle(
        connection,
        held,
        dose=weighed(connection, held, held.own_tier, visible, now),
        visible_ms=visible,
        own_tier=held.own_tier,
    )

"""Time of people who went quiet gets its accrual, so that no paid minute waits for a next event."""

from __future__ import annotations

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.pay import store as pay
from fairhand.proof.log import store as log
from fairhand.storage.database import Database

QUIET_MS = 10 * MINUTE_MS


def accrue_pending_time(
    db: Database, now: Instant, quiet_ms: int = QUIET_MS, limit: int = 500
) -> int:
    """Accrue what is pending for up to `limit` people heard last before `quiet_ms` ago."""
    with db.write() as connection:
        quiet = pay.people_with_pending_time(connection, Instant(now - quiet_ms), limit)
        flushed = [pay.flush_pending(connection, person_id, now) for person_id in quiet]
        entries = [accrued.entry_id for accrued in flushed if accrued is not None]
        if entries:
            log.append(connection, "pay.time_accrued", {"entries": entries}, now)
    return len(entries)

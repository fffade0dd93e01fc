"""A tick: the figures of projects in which something happened are counted and kept for the day.

A count of a large project takes seconds; it is made anew only after forty times as long, so that
counting never takes more than a fortieth of the time.
"""

from __future__ import annotations

from time import monotonic

from fairhand.core.clock import DAY_MS, Clock, Instant
from fairhand.storage.database import Database
from fairhand.use_cases.project_figures import Figures, count_figures, to_json
from fairhand.work.figures import store
from fairhand.work.figures.store import KeptDay
from fairhand.work.projects import store as projects

_TIMES_AS_LONG = 40
_GATE_MS = 300_000


def keep_figures(db: Database, clock: Clock) -> int:
    """Count every project that changed since it was counted last; gives how many were."""
    with db.read() as connection:
        ids = [one.id for one in projects.list_projects(connection)]
    return sum(_is_due(db, one, clock()) and _kept(db, one, clock) for one in ids)


def keep_now(db: Database, project_id: int, now: Instant) -> Figures:
    """Count one project and keep what was counted."""
    with db.read() as connection:
        stamp = store.stamp_of(connection, project_id)
    began = monotonic()
    figures = count_figures(db, project_id, now)
    took = round(1_000 * (monotonic() - began))
    kept = KeptDay(now // DAY_MS, to_json(figures), stamp, now, took)
    with db.write() as connection:
        store.keep_day(connection, project_id, kept)
    return figures


def _is_due(db: Database, project_id: int, now: Instant) -> bool:
    with db.read() as connection:
        days = store.list_days(connection, project_id, 1)
        if not days or days[0].day != now // DAY_MS:
            return True
        last = days[0]
        if now - last.counted_at < _TIMES_AS_LONG * last.took_ms:
            return False
        is_preparing = last.body["status"]["mode"] in ("draft", "paused")
        if is_preparing and now - last.counted_at > _GATE_MS:
            return True  # the gate looks at people, courses and policies too
        return store.stamp_of(connection, project_id) != last.stamp


def _kept(db: Database, project_id: int, clock: Clock) -> bool:
    keep_now(db, project_id, clock())
    return True

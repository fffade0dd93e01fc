"""SQL of a project's figures: a cheap stamp that tells whether they changed, and each day's count.

The counts read every row of a project, which takes seconds at a million tasks; `project_day` keeps
what was counted last on each day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select, text

from fairhand.core.clock import DAY_MS, Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.office import project_day

_STAMP = text(
    "SELECT p.next_rank, p.reopened_seq, p.mode, p.version, coalesce(a.updated_at, 0), "
    "coalesce(e.left_micros, 0), (SELECT coalesce(max(n.id), 0) FROM annotation AS n "
    "WHERE n.project_id = p.id) AS last_answer FROM project AS p "
    "LEFT JOIN aggregation AS a ON a.project_id = p.id "
    "LEFT JOIN escrow AS e ON e.project_id = p.id WHERE p.id = :project_id"
)
_SIZE = text(
    "SELECT p.next_rank + coalesce(a.answers, 0) FROM project AS p "
    "LEFT JOIN aggregation AS a ON a.project_id = p.id WHERE p.id = :project_id"
)
_DAYS = text(
    "SELECT r.ended_at / :day AS day, count(r.annotation_id) AS answers, "
    "sum(r.paid_ms) AS paid_ms, count(DISTINCT r.person_id) AS people FROM accrual AS r "
    "WHERE r.project_id = :project_id AND r.ended_at >= :since AND r.activity <> 'top_up' "
    "GROUP BY r.ended_at / :day ORDER BY r.ended_at / :day"
)
_DOUBTFUL = text(
    "SELECT count(DISTINCT c.task_id) FROM consensus AS c WHERE c.project_id = :project_id "
    "AND c.n_answers > 0 AND c.settled AND c.confidence < :target"
)
_WISHES = text(
    "SELECT count(*) FROM review_wish WHERE project_id = :project_id AND answered_at IS NULL"
)
_DISPUTES = text(
    "SELECT count(*), min(answer_by) FROM pay_dispute "
    "WHERE project_id = :project_id AND state = 'open'"
)
_IMPORT = text(
    "SELECT state, error FROM job WHERE project_id = :project_id "
    "AND kind IN ('import_file', 'import_source') ORDER BY created_at DESC, id DESC LIMIT 1"
)
_LAST_CLOSE = text("SELECT max(ends_at) FROM pay_period")
_SINCE_CLOSE = text(
    "SELECT min(ended_at) FROM accrual WHERE project_id = :project_id AND ended_at > :last"
)


@dataclass(frozen=True, slots=True)
class WorkDay:
    """What happened in a project on a day (days since 1970, in UTC)."""

    day: int
    answers: int
    paid_ms: int
    people: int


@dataclass(frozen=True, slots=True)
class KeptDay:
    """Figures as they were counted last on a day."""

    day: int
    body: dict[str, Any]
    stamp: str
    counted_at: Instant
    took_ms: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for somebody: wishes for a review, open disputes, an import that failed."""

    wishes: int
    disputes: int
    answer_by: Instant | None
    failed_import: str


def stamp_of(connection: Connection, project_id: int) -> str:
    """Say from what the figures would be counted now; the same stamp, the same figures."""
    row = connection.execute(_STAMP, {"project_id": project_id}).one_or_none()
    return "" if row is None else "/".join(str(part) for part in row)[:100]


def size_of(connection: Connection, project_id: int) -> int:
    """Say about how many rows a count would read, by the counters that are kept anyway."""
    return int(connection.execute(_SIZE, {"project_id": project_id}).scalar() or 0)


def list_work_days(connection: Connection, project_id: int, since: Instant) -> list[WorkDay]:
    """Count answers, paid time and people of each day on which somebody worked."""
    values = {"project_id": project_id, "since": since, "day": DAY_MS}
    return [
        WorkDay(int(row.day), int(row.answers), int(row.paid_ms), int(row.people))
        for row in connection.execute(_DAYS, values)
    ]


def count_doubtful(connection: Connection, project_id: int, target: float) -> int:
    """Count tasks that have all their answers and are still less sure than was asked for."""
    values = {"project_id": project_id, "target": target}
    return int(connection.execute(_DOUBTFUL, values).scalar_one())


def unsettled_since(connection: Connection, project_id: int) -> Instant | None:
    """Say when the first hour ended that no closed period has settled; None where there is none."""
    last = connection.execute(_LAST_CLOSE).scalar_one() or 0
    first = connection.execute(_SINCE_CLOSE, {"project_id": project_id, "last": last}).scalar_one()
    return None if first is None else Instant(first)


def list_waiting(connection: Connection, project_id: int) -> Waiting:
    """Look up what waits for somebody; cheap, whatever the size of the project."""
    values = {"project_id": project_id}
    wishes = connection.execute(_WISHES, values).scalar_one()
    disputes, answer_by = connection.execute(_DISPUTES, values).one()
    latest = connection.execute(_IMPORT, values).one_or_none()
    failed = latest.error or "" if latest is not None and latest.state == "failed" else ""
    return Waiting(wishes, disputes, None if answer_by is None else Instant(answer_by), failed)


def keep_day(connection: Connection, project_id: int, kept: KeptDay) -> None:
    """Keep figures as those of their day; the last count of a day stays."""
    values = {
        "body": orjson.dumps(kept.body).decode(),
        "stamp": kept.stamp,
        "counted_at": kept.counted_at,
        "took_ms": kept.took_ms,
    }
    statement = insert(connection, project_day).values(
        project_id=project_id, day=kept.day, **values
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["project_id", "day"], set_=values)
    )


def list_days(connection: Connection, project_id: int, most: int) -> list[KeptDay]:
    """List the latest days that were kept, oldest first."""
    chosen = (
        select(
            project_day.c.day,
            project_day.c.body,
            project_day.c.stamp,
            project_day.c.counted_at,
            project_day.c.took_ms,
        )
        .where(project_day.c.project_id == project_id)
        .order_by(project_day.c.day.desc())
        .limit(most)
    )
    return [_kept(row) for row in reversed(connection.execute(chosen).all())]


def _kept(row: Any) -> KeptDay:  # noqa: ANN401  # a result row
    body: Mapping[str, Any] = orjson.loads(row.body)
    return KeptDay(row.day, dict(body), row.stamp, Instant(row.counted_at), row.took_ms)

"""SQL of estimates: measured times in, estimates out, each scored by what followed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, Row, bindparam, column, func, select, table, update

from fairhand.core.clock import Instant
from fairhand.pay.estimates.rules import WINDOW, Score, Times, Told
from fairhand.storage.tables.pay import accrual
from fairhand.storage.tables.pay_office import time_estimate

HISTORY = 500
"""Scored estimates that the conformal correction looks back on; older ones no longer matter."""

_project = table("project", column("id"))
_MEASURED = (
    accrual.c.annotation_id.is_not(None),
    accrual.c.basis.in_(("time", "piece", "audio")),
    accrual.c.paid_ms > 0,
    accrual.c.project_id == bindparam("p_project_id"),
    accrual.c.entry_id > bindparam("p_after"),
)
_COUNT = select(func.count(), func.coalesce(func.max(accrual.c.entry_id), 0)).where(*_MEASURED)
_TIMES = (
    select(accrual.c.person_id, accrual.c.paid_ms)
    .where(*_MEASURED)
    .order_by(accrual.c.entry_id.desc())
    .limit(WINDOW)
)
_NEWEST = (
    select(time_estimate.c.id)
    .where(time_estimate.c.project_id == _project.c.id)
    .order_by(time_estimate.c.id.desc())
    .limit(1)
    .correlate(_project)
    .scalar_subquery()
)
_LATEST = (
    select(time_estimate)
    .join_from(_project, time_estimate, time_estimate.c.id == _NEWEST)
    .where(_project.c.id.in_(bindparam("p_projects", expanding=True)))
)
_SCORE = (
    update(time_estimate)
    .where(time_estimate.c.id == bindparam("p_id"))
    .values({name: bindparam(name) for name in ("scored", "within_p90", "within_p50")})
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimate as it was told, and how it came true so far."""

    id: int
    project_id: int
    told: Told
    last_entry_id: int
    at: Instant
    score: Score


@dataclass(frozen=True, slots=True)
class Calibration:
    """How often all measured estimates of a project came true."""

    estimates: int
    score: Score


def load_latest(connection: Connection, project_ids: Sequence[int]) -> dict[int, Estimate]:
    """Load the newest estimate of each of some projects, in one query."""
    if not project_ids:
        return {}
    rows = connection.execute(_LATEST, {"p_projects": list(project_ids)})
    return {row.project_id: _estimate(row) for row in rows}


def load_history(connection: Connection, project_id: int) -> list[Estimate]:
    """Load the latest measured estimates of a project that have been scored, oldest first."""
    rows = connection.execute(
        select(time_estimate)
        .where(
            time_estimate.c.project_id == project_id,
            time_estimate.c.basis == "measured",
            time_estimate.c.scored > 0,
        )
        .order_by(time_estimate.c.id.desc())
        .limit(HISTORY)
    )
    return [_estimate(row) for row in rows][::-1]


def load_calibration(connection: Connection, project_id: int) -> Calibration:
    """Sum up how often what was told of a project came true."""
    row = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(time_estimate.c.scored), 0),
            func.coalesce(func.sum(time_estimate.c.within_p90), 0),
            func.coalesce(func.sum(time_estimate.c.within_p50), 0),
        ).where(
            time_estimate.c.project_id == project_id,
            time_estimate.c.basis == "measured",
            time_estimate.c.scored > 0,
        )
    ).one()
    return Calibration(int(row[0]), Score(int(row[1]), int(row[2]), int(row[3])))


def count_answers(connection: Connection, project_id: int, after: int) -> tuple[int, int]:
    """Count the answers measured after an entry; give the newest entry too, 0 for none."""
    params = {"p_project_id": project_id, "p_after": after}
    count, newest = connection.execute(_COUNT, params).one()
    return int(count), int(newest)


def load_times(connection: Connection, project_id: int, after: int = 0) -> Times:
    """Load the latest measured answers that came after an entry, oldest first."""
    params = {"p_project_id": project_id, "p_after": after}
    rows = connection.execute(_TIMES, params).all()[::-1]
    return Times(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.int64),
    )


def window_start(connection: Connection, project_id: int, items: int) -> int:
    """Find an entry after which there are at least a window's answers: less is to be read."""
    found = connection.execute(
        select(time_estimate.c.last_entry_id)
        .where(
            time_estimate.c.project_id == project_id,
            time_estimate.c["items"] <= items - WINDOW,
        )
        .order_by(time_estimate.c.id.desc())
        .limit(1)
    ).scalar()
    return int(found or 0)


def save_score(connection: Connection, estimate_id: int, score: Score) -> None:
    """Write how an estimate came true so far; doing it again gives the same."""
    connection.execute(
        _SCORE,
        {
            "p_id": estimate_id,
            "scored": score.scored,
            "within_p90": score.within_p90,
            "within_p50": score.within_p50,
        },
    )


def save_estimate(
    connection: Connection, project_id: int, told: Told, last_entry_id: int, now: Instant
) -> None:
    """Write what people are told from now on."""
    connection.execute(
        time_estimate.insert().values(
            project_id=project_id,
            p50_ms=told.p50_ms,
            p90_ms=told.p90_ms,
            items=told.items,
            basis=told.basis,
            last_entry_id=last_entry_id,
            at=now,
        )
    )


def _estimate(row: Row[tuple[object, ...]]) -> Estimate:
    told = Told(row.p50_ms, row.p90_ms, row._mapping["items"], row.basis)
    score = Score(row.scored, row.within_p90, row.within_p50)
    return Estimate(row.id, row.project_id, told, row.last_entry_id, row.at, score)

"""SQL of coverage: what people gave by what they said, and the noised counts of weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, case, func, insert, select

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.campaigns.coverage import Part
from fairhand.storage.database import Connection
from fairhand.storage.tables.campaigns import campaign, contribution, coverage_wave, finding

WEEK_MS: Final = 7 * DAY_MS

_NOTICED = select(finding.c.contribution_id).where(finding.c.severity != "note").distinct()
_PARTS = (
    select(
        contribution.c.person_id,
        contribution.c.slice,
        func.count().label("given"),
        func.sum(case((contribution.c.state == "ready", 1), else_=0)).label("ready"),
        func.sum(case((contribution.c.id.in_(_NOTICED), 1), else_=0)).label("noticed"),
    )
    .where(
        contribution.c.project_id == bindparam("p_project_id"),
        contribution.c.state.in_(("new", "ready", "held")),
        contribution.c.given_at < bindparam("p_before"),
    )
    .group_by(contribution.c.person_id, contribution.c.slice)
)
_FIRST = (
    select(func.min(contribution.c.id))
    .where(contribution.c.project_id == bindparam("p_project_id"))
    .group_by(contribution.c.person_id)
)
_NEWCOMERS = (
    select(contribution.c.slice, contribution.c.given_at)
    .where(contribution.c.id.in_(_FIRST), contribution.c.given_at < bindparam("p_before"))
    .order_by(contribution.c.given_at)
)
_GIVEN = select(func.count()).where(
    contribution.c.project_id == bindparam("p_project_id"),
    contribution.c.state.in_(("new", "ready", "held")),
)
_WAVES = (
    select(
        coverage_wave.c.cell_id,
        func.sum(coverage_wave.c.people).label("people"),
        func.min(coverage_wave.c.week).label("first_week"),
        func.count().label("weeks"),
        func.min(coverage_wave.c.epsilon).label("epsilon"),
        func.max(coverage_wave.c.sensitivity).label("sensitivity"),
        func.max(coverage_wave.c.week).label("last_week"),
    )
    .where(coverage_wave.c.project_id == bindparam("p_project_id"))
    .group_by(coverage_wave.c.cell_id)
)
_LAST_WEEK = select(func.max(coverage_wave.c.week)).where(
    coverage_wave.c.project_id == bindparam("p_project_id")
)
_NOISED_CAMPAIGNS = select(campaign.c.project_id).where(campaign.c.epsilon.is_not(None))


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody's first contribution: the week it came in, and what they said of themselves."""

    week: int
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Noised:
    """The noised people of one cell over all weeks that were counted; cell 0 is everybody."""

    cell_id: int
    people: int
    first_week: int
    last_week: int
    weeks: int
    epsilon: float
    sensitivity: int


def list_parts(connection: Connection, project_id: int, before: Instant) -> list[Part]:
    """List what people gave before a moment and still give, by what they said of themselves."""
    given = {"p_project_id": project_id, "p_before": before}
    return [
        Part(row.person_id, _said(row.slice), row.given, row.ready, row.noticed)
        for row in connection.execute(_PARTS, given)
    ]


def count_given(connection: Connection, project_id: int) -> int:
    """Count what a campaign was given: as many answers as its own page counts."""
    return int(connection.execute(_GIVEN, {"p_project_id": project_id}).scalar_one())


def list_newcomers(connection: Connection, project_id: int, before: Instant) -> list[Newcomer]:
    """List everybody's first contribution before a moment, in order of time."""
    given = {"p_project_id": project_id, "p_before": before}
    return [
        Newcomer(row.given_at // WEEK_MS, _said(row.slice))
        for row in connection.execute(_NEWCOMERS, given)
    ]


def noised_campaigns(connection: Connection) -> list[int]:
    """List the projects whose counts are noised."""
    return [int(row.project_id) for row in connection.execute(_NOISED_CAMPAIGNS)]


def last_week(connection: Connection, project_id: int) -> int | None:
    """Say which week was counted last; None before the first."""
    return connection.execute(_LAST_WEEK, {"p_project_id": project_id}).scalar()


def list_noised(connection: Connection, project_id: int) -> dict[int, Noised]:
    """Give the noised counts of all weeks by cell; 0 is everybody."""
    found = connection.execute(_WAVES, {"p_project_id": project_id})
    return {
        row.cell_id: Noised(
            row.cell_id,
            int(row.people),
            row.first_week,
            row.last_week,
            row.weeks,
            row.epsilon,
            row.sensitivity,
        )
        for row in found
    }


def add_wave(
    connection: Connection,
    project_id: int,
    week: int,
    people: Sequence[tuple[int, int]],
    *,
    epsilon: float,
    sensitivity: int,
    now: Instant,
) -> None:
    """Keep the noised counts of one week, by cell."""
    rows: list[dict[str, Any]] = [
        {
            "project_id": project_id,
            "week": week,
            "cell_id": cell_id,
            "people": count,
            "epsilon": epsilon,
            "sensitivity": sensitivity,
            "counted_at": now,
        }
        for cell_id, count in people
    ]
    connection.execute(insert(coverage_wave), rows)


def _said(kept: str) -> dict[str, str]:
    said = orjson.loads(kept or "{}")
    return {name: str(value) for name, value in said.items() if value}

"""SQL of forecasts: what was measured so far, and what was said at the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, column, exists, func, select, table

from fairhand.core.clock import DAY_MS, Instant
from fairhand.pay.top_up.rules import WORK
from fairhand.storage.tables.pay import accrual, period_entry
from fairhand.storage.tables.pay_office import floor_ratchet, forecast_made

_person = table("person", column("id"), column("place_country"), column("place_region"))
_IS_ANSWER = accrual.c.annotation_id.is_not(None)
_IS_WORK = accrual.c.basis.in_(sorted(WORK))


@dataclass(frozen=True, slots=True)
class Measured:
    """Paid time of a project: for answers, for all else; and what an answer of audio earned.

    `person_days` are the days on which people worked, each person's counted by itself.
    """

    answer_ms: int
    other_ms: int
    person_days: int
    audio_answers: int
    audio_micros: int


@dataclass(frozen=True, slots=True)
class Said:
    """A forecast as it was made at the time: its JSON."""

    id: int
    at: Instant
    body: str


def load_measured(connection: Connection, project_id: int) -> Measured:
    """Sum up a project's paid time."""
    is_audio = accrual.c.basis == "audio"
    of_project = (accrual.c.project_id == project_id) & _IS_WORK & (accrual.c.activity != "top_up")
    row = connection.execute(
        select(
            func.coalesce(func.sum(case((_IS_ANSWER, accrual.c.paid_ms), else_=0)), 0),
            func.coalesce(func.sum(case((~_IS_ANSWER, accrual.c.paid_ms), else_=0)), 0),
            func.coalesce(func.sum(case((is_audio, 1), else_=0)), 0),
            func.coalesce(func.sum(case((is_audio, accrual.c.amount_micros), else_=0)), 0),
        ).where(of_project)
    ).one()
    day = accrual.c.ended_at // DAY_MS
    days = select(accrual.c.person_id, day).where(of_project, accrual.c.paid_ms > 0).distinct()
    person_days = connection.execute(select(func.count()).select_from(days.subquery())).scalar_one()
    return Measured(int(row[0]), int(row[1]), int(person_days), int(row[2]), int(row[3]))


def load_unsettled(connection: Connection, project_id: int) -> dict[int, tuple[int, int]]:
    """Sum up each person's time (ms) and pay (micros) that no period has settled yet."""
    settled = exists().where(period_entry.c.entry_id == accrual.c.entry_id)
    rows = connection.execute(
        select(
            accrual.c.person_id,
            func.sum(accrual.c.paid_ms),
            func.sum(accrual.c.amount_micros),
        )
        .where(accrual.c.project_id == project_id, _IS_WORK, accrual.c.activity != "top_up")
        .where(~settled)
        .group_by(accrual.c.person_id)
    )
    return {person: (int(paid_ms), int(micros)) for person, paid_ms, micros in rows}


def list_places(connection: Connection, people: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Give the country and region of each of some people."""
    chosen = select(_person).where(_person.c.id.in_(list(people)))
    return {row[0]: (row[1] or "", row[2] or "") for row in connection.execute(chosen)}


def load_ratchets(connection: Connection, project_id: int, currency: str) -> dict[int, int]:
    """Give the highest floor, in minor units an hour, that each person has had in a project."""
    chosen = select(floor_ratchet.c.person_id, floor_ratchet.c.minor_per_hour).where(
        floor_ratchet.c.project_id == project_id, floor_ratchet.c.currency == currency
    )
    return {person: int(minor) for person, minor in connection.execute(chosen)}


def save_said(connection: Connection, project_id: int, body: str, now: Instant) -> None:
    """Keep a forecast as it is said now."""
    connection.execute(forecast_made.insert().values(project_id=project_id, at=now, body=body))


def load_said(connection: Connection, project_id: int) -> Said | None:
    """Load the newest forecast that was kept; None when there is none."""
    row = connection.execute(
        select(forecast_made.c.id, forecast_made.c.at, forecast_made.c.body)
        .where(forecast_made.c.project_id == project_id)
        .order_by(forecast_made.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Said(row[0], Instant(row[1]), row[2])

"""What a pilot found so far: agreement, times, a price, and what the project would cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS
from fairhand.model.project import Project
from fairhand.pay.earnings.store import pay_facts
from fairhand.pay.estimates import store as estimates
from fairhand.pay.estimates.rules import measure
from fairhand.people.readiness import store
from fairhand.people.readiness.pilot import Agreed, Measured, PersonPace, Pilot, price_of
from fairhand.quality import store as quality
from fairhand.quality.question_agreement import agree_on
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_forecast import read_forecast
from fairhand.use_cases.read_project_floors import floors_of_project
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects

_EVER = Instant(0)


def measure_pilot(db: Database, pilot: Pilot, now: Instant) -> Measured:
    """Measure a pilot as it stands, and forecast the project that it tests by its times."""
    with db.read() as connection:
        tested = projects.load_project(connection, pilot.of_project_id)
        assert tested is not None, "a pilot has the project that it tests"  # noqa: S101
        found = _measure(db, connection, pilot, tested, now)
    if not found.answers:
        return found
    money = read_forecast(db, tested.id, now).forecast.money
    return replace(found, cost_p50_micros=round(money.p50), cost_p90_micros=round(money.p90))


def _measure(
    db: Database, connection: Connection, pilot: Pilot, tested: Project, now: Instant
) -> Measured:
    answered = store.count_answers(connection, pilot.project_id, _EVER)
    questions = version_of(db, connection, tested.id, pilot.version).questions
    rows = quality.iter_answers(connection, pilot.project_id)
    # The pilot's number seeds the dice: the same answers, the same interval.
    agreed = agree_on(questions, rows, np.random.default_rng(pilot.project_id))
    titles = {question.name: question.title for question in questions}
    times = estimates.load_times(connection, pilot.project_id)
    told = measure(times, len(times), ()) if len(times) else None
    paces = _paces(connection, pilot.project_id, times.person.tolist())
    floor = _floor(connection, pilot.project_id, tested, now)
    return Measured(
        people=answered.people,
        answers=answered.answers,
        agreed=tuple(
            Agreed(
                one.question,
                titles[one.question],
                one.measure,
                one.value,
                one.low,
                one.high,
                one.tasks,
                one.is_subjective,
                one.why,
            )
            for one in agreed
        ),
        p50_ms=told.p50_ms if told else None,
        p90_ms=told.p90_ms if told else None,
        price=price_of(paces, floor),
    )


def _paces(connection: Connection, pilot_id: int, answered: list[int]) -> list[PersonPace]:
    """Give each person's answers and all their paid time, reading, waiting and skips included."""
    return [
        PersonPace(one.person_id, answered.count(one.person_id), one.paid_ms)
        for one in pay_facts(connection, pilot_id)
    ]


def _floor(connection: Connection, pilot_id: int, tested: Project, now: Instant) -> int:
    """Give the highest floor of the pilot's people, or what the project guarantees if higher."""
    floors = floors_of_project(connection, pilot_id, tested.currency, now)
    known = [one.minor_per_hour * MICROS for one in floors if one.currency == tested.currency]
    return max([tested.rate_micros_per_hour, *known])

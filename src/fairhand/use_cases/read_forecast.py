"""What a project will cost from here on, if it goes on as it is or otherwise; reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import orjson

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.core.money import MICROS
from fairhand.model.project import Project
from fairhand.pay.earnings.store import project_cost
from fairhand.pay.estimates import store as estimates
from fairhand.pay.estimates.store import Calibration, Estimate
from fairhand.pay.floors.rules import Floor, floor_for, in_currency
from fairhand.pay.floors.store import load_rows
from fairhand.pay.forecast import store
from fairhand.pay.forecast.answers import Stopping, TaskGroup, measure_stops
from fairhand.pay.forecast.pace import measure_pace
from fairhand.pay.forecast.rules import HOURS_A_DAY, Forecast, Inputs, Terms, make_forecast
from fairhand.pay.forecast.store import Measured
from fairhand.pay.fx.store import find_rate
from fairhand.pay.policies.rules import Policy
from fairhand.pay.policies.store import load_policy_at
from fairhand.people.consent import store as consent
from fairhand.people.readiness import store as readiness
from fairhand.quality.stopping_before import stop_chances
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.overlap import overlap_policy
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import left_store
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import MAX_OVERLAP

_MOST_PEOPLE = 100_000
_NOBODY_YET = 5
_MOST_RATE = 10**15
_LEAST_DAY_H, _MOST_DAY_H = 0.25, 10.0


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What an owner would like to see otherwise; None leaves it as it is.

    `overlap` is the most answers a task gets, `target` how sure is sure enough,
    `rate_micros_per_hour` the pay or guarantee, `people` how many work.
    """

    overlap: int | None = None
    target: float | None = None
    rate_micros_per_hour: int | None = None
    people: int | None = None


@dataclass(frozen=True, slots=True)
class SaidAtOpening:
    """What was forecast when the project opened, in micros of its currency then."""

    at: Instant
    total_p50: int
    total_p90: int
    tasks: int


@dataclass(frozen=True, slots=True)
class ProjectForecast:
    """A forecast with what it was made from, for pages, API and command line."""

    project: Project
    forecast: Forecast
    assumptions: tuple[str, ...]
    estimate: Estimate | None
    calibration: Calibration
    said: SaidAtOpening | None
    finished_tasks: int
    is_otherwise: bool


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Inputs, and in words what they rest on."""

    inputs: Inputs
    assumptions: tuple[str, ...]
    finished: int


def read_forecast(
    db: Database, project_id: int, now: Instant, what_if: WhatIf | None = None
) -> ProjectForecast:
    """Forecast a project; raises NotFoundError, or InvalidError naming what cannot be."""
    otherwise = what_if or WhatIf()
    if issues := check_what_if(otherwise):
        raise InvalidError("This cannot be forecast.", issues=issues)
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        gathered = _gather(db, connection, project, otherwise, now)
        estimate = estimates.load_latest(connection, [project_id]).get(project_id)
        calibration = estimates.load_calibration(connection, project_id)
        said = _said(connection, project)
    # The project's number seeds the dice: the same data give the same forecast to everybody.
    forecast = make_forecast(gathered.inputs, np.random.default_rng(project_id))
    return ProjectForecast(
        project=project,
        forecast=forecast,
        assumptions=gathered.assumptions,
        estimate=estimate,
        calibration=calibration,
        said=said,
        finished_tasks=gathered.finished,
        is_otherwise=otherwise != WhatIf(),
    )


def said_at_opening(found: ProjectForecast) -> str:
    """Write down a forecast as JSON, to be held against what comes of it."""
    forecast = found.forecast
    body = {
        "currency": forecast.currency,
        "total_p50": round(forecast.total.p50),
        "total_p90": round(forecast.total.p90),
        "tasks": forecast.tasks_left,
        "answers_p50": round(forecast.answers.p50),
        "hours_p50": round(forecast.hours.p50, 2),
        "seconds_p50": round(forecast.seconds.p50, 2),
        "assumptions": list(found.assumptions),
    }
    return orjson.dumps(body).decode()


def check_what_if(what_if: WhatIf) -> list[Issue]:
    """List what cannot be."""
    issues = []
    if what_if.overlap is not None and not 1 <= what_if.overlap <= MAX_OVERLAP:
        issues.append(Issue("overlap", f"Choose 1 to {MAX_OVERLAP} answers a task."))
    if what_if.target is not None and not 0.5 <= what_if.target < 1:
        issues.append(Issue("target", "Choose a target from 0.5 to below 1, as 0.95."))
    rate = what_if.rate_micros_per_hour
    if rate is not None and not 0 < rate <= _MOST_RATE:
        issues.append(Issue("per_hour", "Choose an hourly pay above zero."))
    if what_if.people is not None and not 1 <= what_if.people <= _MOST_PEOPLE:
        issues.append(Issue("people", f"Choose 1 to {_MOST_PEOPLE:,} people."))
    return issues


def _gather(
    db: Database, connection: Connection, project: Project, what_if: WhatIf, now: Instant
) -> _Gathered:
    asked = _changed(project, what_if)
    groups = _groups(connection, asked)
    questions = version_of(db, connection, project.id, project.version).questions
    # Seeded by itself, so that what-ifs differ by what is asked and not by other dice.
    assumed = stop_chances(questions, overlap_policy(asked), np.random.default_rng(project.id))
    times = estimates.load_times(connection, project.id)
    piloted = 0 if len(times) else _piloted(connection, project)
    if piloted:
        times = estimates.load_times(connection, piloted)
    pace, who = measure_pace(project.expected_ms, times.person, times.ms)
    enrolled = consent.list_enrolled(connection, project.id)
    present = who.tolist() + sorted(set(enrolled) - set(who.tolist()))
    people = what_if.people or len(present) or _NOBODY_YET
    measured = store.load_measured(connection, piloted or project.id)
    policy = load_policy_at(connection, project.id, now)
    cost = project_cost(connection, project.id)
    assert policy is not None and cost is not None, "the project exists"  # noqa: S101, PT018
    floors = _floors(connection, project, present, now)
    unsettled = store.load_unsettled(connection, project.id)
    inputs = Inputs(
        currency=project.currency,
        groups=groups,
        stopping=Stopping(assumed, *measure_stops(groups, asked.min_overlap, asked.max_overlap)),
        pace=pace,
        terms=_terms(policy, measured, what_if),
        people=people,
        floors=tuple(floors),
        unsettled=tuple(unsettled.get(person, (0, 0)) for person in who.tolist()),
        gold_permille=min(project.gold_permille, 900),
        answer_ms=measured.answer_ms,
        other_ms=measured.other_ms,
        hours_a_day=_hours_a_day(measured),
        spent_micros=cost.accrued_micros + cost.top_up_micros,
        escrow_micros=cost.left_micros,
    )
    finished = sum(group.tasks for group in groups if group.had >= group.wanted)
    said = _assumptions(inputs, policy, len(present), finished)
    if piloted:
        said = ("Nothing is measured here yet: times are those of the pilot.", *said)
    return _Gathered(inputs, said, finished)


def _piloted(connection: Connection, project: Project) -> int:
    """Find the pilot that tested what the project asks now; 0 where there is none."""
    pilots = readiness.list_pilots(connection, project.id)
    return next((one.project_id for one in pilots if one.version == project.version), 0)


def _changed(project: Project, what_if: WhatIf) -> Project:
    """Give the project as it would be; a target that is asked for rules instead of a worth."""
    most = what_if.overlap or project.max_overlap
    return replace(
        project,
        min_overlap=min(project.min_overlap, most),
        max_overlap=most,
        target_confidence=what_if.target or project.target_confidence,
        worth_micros=None if what_if.target else project.worth_micros,
        rate_micros_per_hour=what_if.rate_micros_per_hour or project.rate_micros_per_hour,
    )


def _groups(connection: Connection, asked: Project) -> tuple[TaskGroup, ...]:
    found = []
    for tasks, had, wanted in left_store.count_groups(connection, asked.id):
        least = wanted if had >= wanted else max(wanted, asked.min_overlap)
        found.append(TaskGroup(tasks, had, min(least, asked.max_overlap)))
    return tuple(found)


def _terms(policy: Policy, measured: Measured, what_if: WhatIf) -> Terms:
    """Give what is paid; audio is priced by what an answer has earned so far."""
    rate = what_if.rate_micros_per_hour or policy.rate_micros_per_hour
    on_top = policy.hazard_micros_per_hour + policy.data_micros_per_hour
    if policy.basis == "piece" and policy.unit_micros:
        return Terms("piece", rate, policy.unit_micros, on_top)
    if policy.basis == "audio" and measured.audio_answers:
        each = measured.audio_micros // measured.audio_answers
        return Terms("audio", rate, each, on_top)
    return Terms("time", rate, 0, on_top)


def _floors(
    connection: Connection, project: Project, people: Sequence[int], now: Instant
) -> list[int]:
    """Give each person's floor in micros an hour in the project's currency; 0: none is known."""
    places = store.list_places(connection, people)
    held = store.load_ratchets(connection, project.id, project.currency)
    rows = load_rows(connection)
    known: dict[tuple[str, str], int] = {}
    for place in set(places.values()):
        known[place] = _in_project(connection, floor_for(rows, *place, now), project, now)
    return [
        max(known.get(places.get(person, ("", "")), 0), held.get(person, 0) * MICROS)
        for person in people
    ]


def _in_project(connection: Connection, floor: Floor | None, project: Project, now: Instant) -> int:
    if floor is None:
        return 0
    rate = find_rate(connection, floor.currency, project.currency, now)
    here = in_currency(floor, project.currency, rate)
    return 0 if here is None else here.micros_per_hour


def _hours_a_day(measured: Measured) -> float:
    """Give the hours that a person worked on a day they came; a default before ten such days."""
    if measured.person_days < 10:
        return HOURS_A_DAY
    hours = (measured.answer_ms + measured.other_ms) / HOUR_MS / measured.person_days
    return min(_MOST_DAY_H, max(_LEAST_DAY_H, hours))


def _assumptions(inputs: Inputs, policy: Policy, present: int, finished: int) -> tuple[str, ...]:
    """Say in sentences what the forecast rests on."""
    said = []
    guess = inputs.pace.guess_ms / 1_000
    if not inputs.pace.total:
        said.append(f"Time: your guess of {guess:.0f} s an answer; nothing is measured yet.")
    else:
        said.append(
            f"Time: {inputs.pace.total:,.0f} measured answers of {len(inputs.pace.answers)} people"
            f", and your guess of {guess:.0f} s, which counts the less the more is measured."
        )
    said.append(
        f"Answers a task needs: {finished:,} finished tasks, and the rule played through for "
        "people who are right 75, 85 or 93 times in a hundred."
    )
    hours = (inputs.answer_ms + inputs.other_ms) / HOUR_MS
    said.append(
        "Reading, waiting and skipping: "
        + (f"as in the {hours:,.1f} hours paid so far." if hours >= 1 else "0.15 of working time.")
    )
    if not present:
        said.append(f"Nobody takes part yet: {inputs.people} people without a floor are assumed.")
    if policy.basis == "audio" and inputs.terms.basis == "time":
        said.append("No audio is paid yet: the hourly guarantee stands for its price.")
    said.append(f"A person gives {inputs.hours_a_day:.1f} hours on a day they work.")
    return tuple(said)


def _said(connection: Connection, project: Project) -> SaidAtOpening | None:
    said = store.load_said(connection, project.id)
    if said is None:
        return None
    body = orjson.loads(said.body)
    if body["currency"] != project.currency:
        return None
    return SaidAtOpening(said.at, body["total_p50"], body["total_p90"], body["tasks"])

"""A pilot from its start to a named go, and the gate that asks for it."""

from __future__ import annotations

import json
from random import Random
from typing import Literal

import pytest

from fairhand.core.clock import MINUTE_MS
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError
from fairhand.core.money import MICROS, Money
from fairhand.people.readiness.pilot import Pilot
from fairhand.storage.database import Database
from fairhand.use_cases.change_guidelines import ChangeGuidelines, change_guidelines
from fairhand.use_cases.decide_pilot import DecidePilot, decide_pilot
from fairhand.use_cases.give_role import GiveRole, give_role
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.open_project import OpenProject, open_project
from fairhand.use_cases.read_forecast import read_forecast
from fairhand.use_cases.read_pilot import read_pilot
from fairhand.use_cases.read_readiness import read_readiness
from fairhand.use_cases.set_readiness_terms import SetReadinessTerms, set_readiness_terms
from fairhand.use_cases.start_pilot import StartPilot, start_pilot
from tests.cast import Cast

GBP_13 = 13 * 100 * MICROS
PEOPLE = ("Amina", "Bao", "Esi")
ANSWERS = ("cat", "dog", "owl", "cat", "dog", "cat")


@pytest.fixture
def cast(sqlite_db: Database) -> Cast:
    made = Cast(sqlite_db)
    made.load_floors()
    return made


@pytest.fixture
def both(db: Database) -> Cast:
    """The same, on either engine."""
    made = Cast(db)
    made.load_floors()
    return made


def start(cast: Cast, project_id: int, tasks: int = 6) -> Pilot:
    command = StartPilot(cast.carmen, project_id, tasks)
    return start_pilot(cast.db, command, cast.clock.now, Random(7))


def answer_all(cast: Cast, pilot: Pilot, *, agree: bool = True, people: int = 3) -> None:
    """Let people answer every task, each slower than the one before."""
    for place, name in enumerate(PEOPLE[:people]):
        person = cast.person(name)
        cast.join(person, pilot.project_id)
        for number in range(pilot.tasks):
            task = cast.next_task(person, pilot.project_id)
            cast.clock.advance((20 + 10 * place) * 1_000)
            same = ANSWERS[task % len(ANSWERS)]
            other = ("cat", "dog", "owl")[(number + place) % 3]
            cast.submit(person, task, same if agree else other)


def decide(cast: Cast, project_id: int, outcome: Literal["go", "no_go"] = "go") -> Pilot:
    command = DecidePilot(cast.carmen, project_id, outcome, "We looked at it together.")
    return decide_pilot(cast.db, command, cast.clock.now)


def ask_little(cast: Cast, project_id: int) -> None:
    command = SetReadinessTerms(cast.carmen, project_id, qualified_wanted=0, gold_wanted=0)
    set_readiness_terms(cast.db, command, cast.clock.now)


def test_a_project_without_a_pilot_cannot_open(cast: Cast) -> None:
    project = cast.project("Amina", rate=GBP_13)
    with pytest.raises(ConflictError) as refused:
        open_project(cast.db, OpenProject(cast.carmen, project, "open"), cast.clock.now)
    assert refused.value.code == "gate"
    assert {issue.place for issue in refused.value.issues} >= {"pilot", "gold", "qualified"}


def test_a_pilot_goes_from_its_start_to_a_go_and_the_project_opens(both: Cast) -> None:
    cast = both
    project = cast.project(tasks=12, rate=GBP_13)
    ask_little(cast, project)
    guess = read_forecast(cast.db, project, cast.clock.now).forecast.seconds.p50
    pilot = start(cast, project)
    assert cast.rows("SELECT mode FROM project WHERE id = :p", p=pilot.project_id) == [("open",)]
    assert cast.rows(
        "SELECT count(*) FROM task AS n JOIN task AS o ON o.fingerprint = n.fingerprint "
        "WHERE n.project_id = :p AND o.project_id = :o",
        p=pilot.project_id,
        o=project,
    ) == [(6,)]

    answer_all(cast, pilot)

    picture = read_pilot(cast.db, project, cast.clock.now)
    found = picture.found
    assert found is not None
    assert (found.people, found.answers) == (3, 18)
    assert found.agreed[0].value == 1.0
    assert found.p50_ms is not None
    assert found.p90_ms is not None
    assert 20_000 <= found.p50_ms <= found.p90_ms
    assert found.price is not None
    # The slowest of three took 40 s an answer: the unit price gives them the floor's hour.
    per_hour = found.price.unit_micros * 3_600_000 / found.price.slow_ms
    assert found.price.slow_ms >= 40_000
    assert per_hour >= GBP_13
    assert found.cost_p50_micros is not None

    decided = decide(cast, project)

    assert decided.evidence["agreement"][0]["value"] == 1.0
    kept = cast.rows("SELECT outcome, evidence, decided_by, reason FROM pilot")
    assert kept[0][0] == "go"
    assert json.loads(kept[0][1])["answers"] == 18
    assert kept[0][2:] == (cast.carmen, "We looked at it together.")
    assert cast.rows("SELECT mode FROM project WHERE id = :p", p=pilot.project_id) == [("closed",)]
    assert read_forecast(cast.db, project, cast.clock.now).forecast.seconds.p50 > guess
    assert read_readiness(cast.db, project, cast.clock.now).may_open
    open_project(cast.db, OpenProject(cast.carmen, project, "open"), cast.clock.now)
    unpaid = cast.rows(
        "SELECT count(*) FROM annotation WHERE id NOT IN "
        "(SELECT annotation_id FROM accrual WHERE annotation_id IS NOT NULL)"
    )
    assert unpaid == [(0,)]


def test_changed_guidelines_make_a_pilot_stale(cast: Cast) -> None:
    project = cast.project(tasks=6, rate=GBP_13)
    ask_little(cast, project)
    pilot = start(cast, project)
    answer_all(cast, pilot)
    change_guidelines(
        cast.db, ChangeGuidelines(cast.carmen, project, "Look twice."), cast.clock.now
    )
    with pytest.raises(ConflictError, match="version 2"):
        decide(cast, project)
    with pytest.raises(ConflictError, match="is running"):
        start(cast, project)
    assert decide(cast, project, "no_go").outcome == "no_go"
    answer_all(cast, start(cast, project))
    decide(cast, project)
    assert read_readiness(cast.db, project, cast.clock.now).may_open
    change_guidelines(
        cast.db, ChangeGuidelines(cast.carmen, project, "Look again."), cast.clock.now
    )
    with pytest.raises(ConflictError) as refused:
        open_project(cast.db, OpenProject(cast.carmen, project, "open"), cast.clock.now)
    assert [issue.place for issue in refused.value.issues] == ["pilot"]


def test_a_go_is_refused_while_people_disagree_or_are_too_few(cast: Cast) -> None:
    project = cast.project(tasks=6, rate=GBP_13)
    pilot = start(cast, project)
    answer_all(cast, pilot, agree=False, people=2)
    with pytest.raises(ConflictError) as refused:
        decide(cast, project)
    places = [issue.place for issue in refused.value.issues]
    assert places == ["people", "answers", "agreement.pet"]
    assert read_pilot(cast.db, project, cast.clock.now).pilots[0].outcome == "running"


def test_no_machine_says_go_and_nobody_without_a_reason(cast: Cast) -> None:
    project = cast.project(tasks=6, rate=GBP_13)
    answer_all(cast, start(cast, project))
    cast.change("UPDATE person SET is_simulated = true WHERE id = :id", id=cast.carmen)
    with pytest.raises(ForbiddenError):
        decide(cast, project)
    cast.change("UPDATE person SET is_simulated = false WHERE id = :id", id=cast.carmen)
    with pytest.raises(InvalidError, match="reason"):
        decide_pilot(cast.db, DecidePilot(cast.carmen, project, "go", " "), cast.clock.now)


def test_a_pilot_says_what_keeps_it_from_starting(cast: Cast) -> None:
    project = cast.project(tasks=6, rate=GBP_13)
    with pytest.raises(InvalidError, match="only 6 are there"):
        start(cast, project, tasks=30)
    short = StartPilot(cast.carmen, project, 6, 3, Money(1, "GBP"))
    with pytest.raises(InvalidError, match=r"Set GBP 2\.60 aside"):
        start_pilot(cast.db, short, cast.clock.now, Random(7))
    pilot = start(cast, project)
    with pytest.raises(ConflictError, match="is a pilot already"):
        start(cast, pilot.project_id)
    cast.clock.advance(MINUTE_MS)
    assert [one.project_id for one in read_pilot(cast.db, project, cast.clock.now).pilots] == [
        pilot.project_id
    ]


def test_whoever_is_asked_in_while_a_pilot_runs_finds_it(cast: Cast) -> None:
    project = cast.project(tasks=12, rate=GBP_13)
    early, late = start(cast, project).project_id, cast.person("Late")

    give_role(cast.db, GiveRole(late, "contributor", project), cast.clock.now)
    asked = InvitePerson("new@example.org", "New", ("contributor",), project, "GB")
    new = invite_person(cast.db, asked, cast.clock.now, link_hours=1).person_id

    for person in (late, new):
        found = cast.rows("SELECT project_id FROM membership WHERE person_id = :p", p=person)
        assert {(project,), (early,)} <= set(found)

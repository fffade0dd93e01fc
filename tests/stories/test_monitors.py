"""Monitors look through real tables; incidents are raised once and closed by the right people."""

from __future__ import annotations

import pytest

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.people.conduct.self_scores import LINES
from fairhand.people.conduct.self_store import QUERIES
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.close_incident import CloseIncident, close_incident
from fairhand.use_cases.declare_groups import declare_groups, read_declared
from fairhand.use_cases.judge_assistance import judge_assistance
from fairhand.use_cases.read_conditions import read_conditions
from fairhand.use_cases.read_monitors import read_council_monitors, read_monitors
from fairhand.use_cases.read_self_scores import read_self_scores
from fairhand.use_cases.read_systems import read_systems
from fairhand.use_cases.switch_system import SwitchSystem, switch_system
from fairhand.use_cases.watch_conduct import watch_conduct
from tests.cast import Cast
from tests.planted import MONTH, RATE, Planted, plant_retaliation, plant_rubber_stamper

NOTE = "I read the appeals again with Carmen, and four are reopened."


def seat(cast: Cast, person: int) -> None:
    """Let somebody sit on the council."""
    now = cast.clock.now
    cast.change(
        "INSERT INTO election (id, seats, term_ms, called_by, called_at, stands_until, "
        "votes_until, state) VALUES (1, 3, 1, :p, :now, :now, :now, 'counted')",
        p=cast.carmen,
        now=now,
    )
    cast.change(
        "INSERT INTO council_seat (election_id, person_id, from_at, until_at) "
        "VALUES (1, :p, :now, :until)",
        p=person,
        now=now,
        until=now + DAY_MS,
    )


def test_a_cut_after_appeals_is_found_once_and_goes_to_the_council(db: Database) -> None:
    cast = Cast(db)
    plant_retaliation(cast, 0.4)

    (incident,) = watch_conduct(db, cast.clock.now)

    found = read_monitors(db, cast.clock.now)
    assert found.found.retaliation.people == 14
    assert found.found.retaliation.drop == pytest.approx(0.4, abs=0.12)
    (told,) = found.incidents
    assert (told.id, told.kind, told.audience) == (incident, "retaliation", "council")
    assert "14 people" in told.sentence
    assert watch_conduct(db, cast.clock.now) == []
    kinds = [row[0] for row in cast.rows("SELECT kind FROM event ORDER BY id")]
    assert kinds.count("conduct.incident_raised") == 1


def test_the_same_work_after_appeals_raises_nothing(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    plant_retaliation(cast, 0.0)

    assert watch_conduct(sqlite_db, cast.clock.now) == []
    assert read_monitors(sqlite_db, cast.clock.now).found.retaliation.people == 14


def test_a_planted_rubber_stamper_is_raised_and_may_not_close_it(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    planted = Planted(cast, 8, tasks=0)
    bao = cast.person("Bao")
    plant_rubber_stamper(planted, bao)
    now = cast.clock.now

    (incident,) = watch_conduct(sqlite_db, now)

    (told,) = read_monitors(sqlite_db, now).incidents
    assert told.sentence.startswith("A reviewer confirmed 40 of 40 decisions and looked for 8 s")
    with pytest.raises(ForbiddenError, match="your own reviews"):
        close_incident(sqlite_db, CloseIncident(bao, incident, NOTE, may_decide=True), now)
    with pytest.raises(InvalidError):
        close_incident(sqlite_db, CloseIncident(cast.carmen, incident, "ok", True), now)
    close_incident(sqlite_db, CloseIncident(cast.carmen, incident, NOTE, True), now)
    with pytest.raises(ConflictError):
        close_incident(sqlite_db, CloseIncident(cast.carmen, incident, NOTE, True), now)
    with pytest.raises(NotFoundError):
        close_incident(sqlite_db, CloseIncident(cast.carmen, 999, NOTE, True), now)


def test_what_is_for_the_council_is_closed_by_it_once_it_sits(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    plant_retaliation(cast, 0.5)
    now = cast.clock.now
    (incident,) = watch_conduct(sqlite_db, now)
    amina = cast.person("Amina")
    with pytest.raises(ForbiddenError, match="sit on the council"):
        read_council_monitors(sqlite_db, amina, now)
    seat(cast, amina)

    with pytest.raises(ForbiddenError, match="The council closes"):
        close_incident(sqlite_db, CloseIncident(cast.carmen, incident, NOTE, True), now)

    (seen,) = read_council_monitors(sqlite_db, amina, now).incidents
    close_incident(sqlite_db, CloseIncident(amina, seen.id, NOTE), now)
    assert read_council_monitors(sqlite_db, amina, now).incidents[0].closed_by == amina


def test_a_decision_in_an_unregistered_name_is_an_incident(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    planted = Planted(cast, 1, tasks=0)
    planted.appeal(planted.people[0], planted.now, state="open")
    planted.save()
    cast.change(
        "INSERT INTO decision (person_id, project_id, kind, system, reason, inputs, "
        "inputs_sha256, counterfactual, pay_effect, language, client_key, made_at, appeal_by) "
        "VALUES (:p, 0, 'gold_missed', 'oracle', '', '{}', '', '', '', 'en', 'd-oracle', 0, 0)",
        p=planted.people[0],
    )

    watch_conduct(sqlite_db, cast.clock.now)

    (told,) = read_monitors(sqlite_db, cast.clock.now).incidents
    assert (told.kind, told.audience) == ("unregistered", "council")


def test_groups_are_compared_by_what_people_say_and_below_ten_nothing_is_told(
    sqlite_db: Database,
) -> None:
    cast = Cast(sqlite_db)
    planted = Planted(cast, 30)
    moments = [planted.now - DAY_MS - place for place in range(60)]
    for place, person in enumerate(planted.people):
        woman = place < 12
        planted.offer(person, moments[: (20 if woman else 40) + place % 4])
        planted.say(person, "gender", "woman" if woman else "man")
        planted.say(person, "disability", "yes" if place < 4 else "no")
    planted.save()

    watch_conduct(sqlite_db, cast.clock.now)

    found = read_monitors(sqlite_db, cast.clock.now)
    assert {one.question for one in found.found.impacts} == {"gender"}
    (told,) = found.incidents
    assert told.kind == "adverse_impact"
    assert told.evidence["group"] == "woman"
    assert found.declared == 30


def test_people_say_what_they_like_and_take_it_back(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    amina = cast.person("Amina")

    declare_groups(sqlite_db, amina, {"gender": "woman", "age": "25 to 34"}, cast.clock.now)
    declare_groups(sqlite_db, amina, {"age": ""}, cast.clock.now)

    assert read_declared(sqlite_db, amina) == {"gender": "woman"}
    assert "woman" not in str(cast.rows("SELECT body FROM event WHERE kind = 'own.changed'"))
    with pytest.raises(InvalidError):
        declare_groups(sqlite_db, amina, {"shoe size": "40"}, cast.clock.now)


def test_a_safe_system_is_switched_off_and_an_unsafe_one_is_not(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    now = cast.clock.now
    why = "The figures look odd since Monday."

    switch_system(sqlite_db, SwitchSystem(cast.carmen, "assist.helps", False, why), now)

    listed = {one.system.name: one for one in read_systems(sqlite_db)}
    assert not listed["assist.helps"].is_on
    assert listed["assist.helps"].switched_by == "Carmen"
    assert judge_assistance(sqlite_db, now, blobs=BlobStore("memory://")) == []
    with pytest.raises(InvalidError, match="would do harm"):
        switch_system(sqlite_db, SwitchSystem(cast.carmen, "pay.top_up", False, why), now)
    with pytest.raises(InvalidError):
        switch_system(sqlite_db, SwitchSystem(cast.carmen, "watch.drift", False, "no"), now)
    with pytest.raises(NotFoundError):
        switch_system(sqlite_db, SwitchSystem(cast.carmen, "oracle", False, why), now)


def test_conditions_are_told_in_bands_of_ten_people(db: Database) -> None:
    cast = Cast(db)
    cast.load_floors()
    planted = Planted(cast, 26, tasks=0)
    this_month = planted.now // MONTH
    for place, person in enumerate(planted.people):
        rate = RATE if place < 12 else 2 * RATE
        for back in (3, 2, 1):
            if place < 6 and back == 1:
                continue  # half of the badly paid leave
            planted.pay(person, (this_month - back) * MONTH + DAY_MS, 30, rate)
        if place != 0:
            planted.pay(person, this_month * MONTH + 1, 2, rate)
    planted.save()

    found = read_conditions(db, Instant(this_month * MONTH + 2))

    pay = next(cut for cut in found.cuts if cut.name == "pay")
    low, middle, high = pay.bands
    assert (low.people, middle.people, high.people) == (10, None, 10)
    assert (low.over_floor, high.over_floor) == (1.0, 2.0)
    assert low.left is not None
    assert low.left.percent == 20  # 6 of 30 months were somebody's last
    assert high.left is not None
    assert high.left.percent == 0


def test_time_away_from_hard_content_is_told_as_a_sum_of_ten_people_and_more(
    sqlite_db: Database,
) -> None:
    cast = Cast(sqlite_db)
    planted = Planted(cast, 10, tasks=0)
    month = Instant((planted.now // MONTH) * MONTH)
    project = cast.project(tasks=0)

    def rest(person: int, ends_at: int) -> None:
        cast.change(
            "INSERT INTO shelter (person_id, project_id, kind, rate_micros_per_hour, currency, "
            "started_at, ends_at, ended_at) VALUES (:p, :q, 'stand_down', 1, 'GBP', :s, :e, :e)",
            p=person, q=project, s=ends_at - 90 * 60_000, e=ends_at,
        )  # fmt: skip

    for person in planted.people[:9]:
        rest(person, month - DAY_MS)
    assert read_conditions(sqlite_db, planted.now).paid_rest_hours is None
    rest(planted.people[9], month + 1)  # this month is not over
    assert read_conditions(sqlite_db, planted.now).paid_rest_hours is None
    rest(planted.people[9], month - DAY_MS)
    assert read_conditions(sqlite_db, planted.now).paid_rest_hours == 15


def test_every_line_is_scored_by_a_query_that_runs(db: Database) -> None:
    cast = Cast(db)
    cast.load_floors()
    project = cast.project("Amina")
    task = cast.next_task(cast.person("Amina"), project)
    cast.submit(cast.person("Amina"), task)
    planted = Planted(cast, 1, tasks=0)
    planted.appeal(planted.people[0], cast.clock.now - 9 * DAY_MS, state="silent")
    planted.save()

    found = read_self_scores(db, cast.clock.advance(2 * DAY_MS))

    states = {
        (framework, one.line.number): one.state
        for framework, lines in found.lines.items()
        for one in lines
    }
    assert len(states) == len(LINES)
    assert states["fairwork", "4.1"] == "red"
    assert states["fairwork", "5.1"] == "red"
    assert states["pwd", "9"] == "green"
    assert states["pwd", "11 (5)"] == "none"
    assert states["fairwork", "1.2"] == "none"
    assert states["ai_act", "12"] == "red"  # nothing has sealed the log here


def test_no_query_of_a_self_score_reads_what_is_a_persons_own() -> None:
    theirs = ("exposure ", "exposure_limit", "tier_consent", "check_in", "aftercare", "shelter")
    for name, sql in QUERIES.items():
        assert not any(word in sql for word in theirs), name


def test_only_lines_of_articles_that_were_read_say_so() -> None:
    assert {line.framework for line in LINES if line.read} == {"fairwork", "pai"}
    assert not any(line.read for line in LINES if line.number in ("2.1", "2.2"))

"""An exam that was not passed is put right by an appeal, and where its gold was overturned."""

from __future__ import annotations

from pathlib import Path

from fairhand.core.clock import MINUTE_MS
from fairhand.people.conduct import appeal_store
from fairhand.storage.database import Database
from fairhand.use_cases.find_on_appeal import FindOnAppeal, find_on_appeal
from fairhand.use_cases.give_role import GiveRole, give_role
from fairhand.use_cases.hear_appeal import HearAppeal, hear_appeal
from fairhand.use_cases.open_appeal import OpenAppeal, open_appeal
from fairhand.use_cases.overturn_gold import overturn_gold
from tests.cast import IDLE_CAP_MS, Cast
from tests.school import School


def fail(db: Database, folder: Path) -> tuple[School, int, int]:
    """Amina misses two of ten questions where nine are needed; gives her and a missed task."""
    school = School(Cast(db), folder)
    school.publish()
    amina = school.cast.person("amina")
    school.cast.join(amina, school.project)
    school.learn(amina)
    assert school.sit(amina, 8).state == "failed"
    missed = school.cast.rows("SELECT task_id FROM attempt_answer WHERE NOT is_right")
    wrong = int(missed[0][0])
    return school, amina, wrong


def state(school: School, amina: int) -> str:
    """How Amina takes part."""
    query = "SELECT state FROM enrolment WHERE person_id = :p AND project_id = :j"
    return str(school.cast.rows(query, p=amina, j=school.project)[0][0])


def test_an_overturned_gold_makes_the_exam_that_it_failed_a_pass(
    db: Database, tmp_path: Path
) -> None:
    school, amina, wrong = fail(db, tmp_path)
    assert state(school, amina) == "learning"
    now = school.cast.clock.advance(MINUTE_MS)
    with db.write() as connection:
        done = overturn_gold(
            connection, school.project, wrong, None, "It is an owl.", now,
            decider_id=school.cast.carmen,
        )  # fmt: skip
        again = overturn_gold(
            connection, school.project, wrong, None, "It is an owl.", now,
            decider_id=school.cast.carmen,
        )  # fmt: skip
    assert done["taken_back"] == 1
    assert again == {"gold": wrong, "again": True}
    assert state(school, amina) == "active"
    assert school.cast.rows("SELECT state FROM attempt WHERE kind = 'exam'") == [("passed",)]
    with db.read() as connection:
        told = appeal_store.list_decisions(connection, person_id=amina)
    assert [one.decision.kind for one in told] == ["restored", "not_qualified"]


def test_an_appeal_against_an_exam_gives_the_skill_and_the_project(
    sqlite_db: Database, tmp_path: Path
) -> None:
    school, amina, _ = fail(sqlite_db, tmp_path)
    now = school.cast.clock.now
    with sqlite_db.read() as connection:
        (failed,) = appeal_store.list_decisions(connection, person_id=amina)
    command = OpenAppeal(amina, failed.decision.id, "appeal-0001", "Two pictures did not load.")
    appeal = open_appeal(sqlite_db, command, now, idle_cap_ms=IDLE_CAP_MS).appeal
    bao = school.cast.person("bao")
    give_role(sqlite_db, GiveRole(bao, "reviewer"), now)
    hear_appeal(sqlite_db, HearAppeal(bao, appeal.id), now)
    find_on_appeal(sqlite_db, FindOnAppeal(bao, appeal.id, "uphold", "The log agrees."), now)
    assert state(school, amina) == "active"
    assert school.cast.rows("SELECT count(*) FROM person_skill WHERE person_id = :p", p=amina) == [
        (1,)
    ]

"""A newcomer learns in paid lessons, is examined, and may work; or hears what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.people.learning.rules import Step
from fairhand.storage.database import Database
from fairhand.use_cases.answer_exam import AnswerExam, answer_exam
from fairhand.use_cases.answer_practice import AnswerPractice, answer_practice
from fairhand.use_cases.change_guidelines import ChangeGuidelines, change_guidelines
from fairhand.use_cases.end_skills import end_skills
from fairhand.use_cases.open_practice import open_practice
from fairhand.use_cases.read_courses import read_course
from fairhand.use_cases.retire_course import retire_course
from fairhand.use_cases.unmark_gold import UnmarkGold, unmark_gold
from fairhand.use_cases.void_exam import void_exam
from tests.cast import IDLE_CAP_MS, Cast
from tests.school import GOLD, School

PAID = (
    "SELECT activity, sum(paid_ms) FROM accrual WHERE person_id = :person GROUP BY activity "
    "ORDER BY activity"
)


@pytest.fixture
def school(sqlite_db: Database, tmp_path: Path) -> School:
    made = School(Cast(sqlite_db), tmp_path)
    made.publish()
    return made


def newcomer(school: School, name: str = "Amina") -> int:
    """Somebody who has just joined."""
    person = school.cast.person(name)
    school.cast.join(person, school.project)
    return person


def enrolment(school: School, person: int) -> str:
    query = "SELECT state FROM enrolment WHERE person_id = :p AND project_id = :q"
    return str(school.cast.rows(query, p=person, q=school.project)[0][0])


def settle(school: School, person: int) -> dict[str, int]:
    """Let the clock move on to a task, so that everything before has its accrual."""
    school.cast.next(person, school.project)
    return {row[0]: int(row[1]) for row in school.cast.rows(PAID, person=person)}


def test_a_newcomer_learns_qualifies_and_works_and_all_of_it_is_paid(
    db: Database, tmp_path: Path
) -> None:
    school = School(Cast(db), tmp_path)
    school.publish()
    amina = newcomer(school)
    with pytest.raises(ForbiddenError) as told:
        school.cast.next(amina, school.project)
    assert told.value.code == "learn_first"
    first = school.open(amina)
    assert (first.number, first.step and first.step.kind) == (0, "text")
    school.learn(amina)
    assert school.open(amina).is_finished
    ended = school.sit(amina, 9)
    assert (ended.state, ended.verdict and ended.verdict.needed) == ("passed", 9)
    assert enrolment(school, amina) == "active"
    paid = settle(school, amina)
    assert paid["train"] == 4 * 30_000
    assert paid["qualify"] == 10 * 30_000
    ((uid, attempt),) = school.cast.rows("SELECT uid, attempt_id FROM credential")
    assert (len(uid), attempt) == (36, ended.attempt_id)
    assert school.cast.rows("SELECT attempt_id FROM person_skill") == [(attempt,)]


def test_practice_in_the_lesson_tells_at_once_what_was_right_and_why(school: School) -> None:
    amina = newcomer(school)
    school.open(amina)
    school.step(amina, 0)
    school.step(amina, 1)
    asked = school.open(amina)
    assert asked.step is not None
    assert (asked.step.kind, asked.known) == ("practice", None)
    with pytest.raises(ConflictError, match="before this one"):
        school.step(amina, 3)
    assert school.step(amina, 2, right=False).is_right is False
    told = school.open(amina, 2)
    assert told.known is not None
    assert told.known.explanation == "It purrs."
    assert told.given is not None
    assert told.given.value == {"pet": "owl"}
    again = school.step(amina, 2, right=True)
    assert again.is_right is False, "the first answer stands"


def test_an_answer_that_is_none_keeps_the_step_open(school: School) -> None:
    from fairhand.use_cases.answer_lesson import AnswerLesson, answer_lesson

    amina = newcomer(school)
    school.open(amina)
    school.step(amina, 0)
    school.step(amina, 1)
    for value in (None, {}, {"pet": "cow"}, {"dog": "cat"}, {"pet": ["cat"]}):
        command = AnswerLesson(amina, school.course, 2, value)
        with pytest.raises(InvalidError):
            answer_lesson(school.cast.db, command, school.cast.clock.now, idle_cap_ms=IDLE_CAP_MS)
    assert school.open(amina).done == 2


def test_who_fails_is_told_in_a_decision_what_would_have_passed(school: School) -> None:
    amina = newcomer(school)
    ended = school.sit(amina, 7)
    assert ended.state == "failed"
    assert enrolment(school, amina) == "learning"
    ((kind, reason, otherwise),) = school.cast.rows(
        "SELECT kind, reason, counterfactual FROM decision"
    )
    assert kind == "not_qualified"
    assert "7 right answers of 10" in reason
    assert "passed with 9 right answers of 10" in otherwise
    review = school.room(amina).review
    assert len(review) == 10
    assert all(one.known and one.known.explanation for one in review)


def test_retakes_wait_a_day_ask_other_tasks_and_end(school: School) -> None:
    amina = newcomer(school)
    first = school.sit(amina, 0)
    with pytest.raises(ConflictError) as early:
        school.begin(amina)
    assert early.value.code == "too_early"
    school.wait()
    second = school.sit(amina, 0)
    rows = dict(school.cast.rows("SELECT id, asked FROM attempt WHERE kind = 'exam' ORDER BY id"))
    asked = [set(eval(rows[one.attempt_id])) for one in (first, second)]  # noqa: S307
    pool = len(read_course(school.cast.db, school.project, 1).course.plan.exam_tasks)
    assert len(asked[0] & asked[1]) == max(0, 20 - pool)
    school.wait()
    school.sit(amina, 0)
    school.wait()
    with pytest.raises(ConflictError) as over:
        school.begin(amina)
    assert over.value.code == "no_tries_left"


def test_a_trainer_declares_an_exam_void_with_a_reason_and_there_is_a_new_try(
    school: School,
) -> None:
    amina, cast = newcomer(school), school.cast
    failed = school.sit(amina, 0).attempt_id
    with pytest.raises(InvalidError):
        void_exam(cast.db, school.project, failed, "no", cast.carmen, cast.clock.now)
    with pytest.raises(NotFoundError):
        void_exam(cast.db, 999, failed, "The network was down.", cast.carmen, cast.clock.now)
    void_exam(cast.db, school.project, failed, "The network was down.", cast.carmen, cast.clock.now)
    passed = school.sit(amina, 10)
    assert passed.state == "passed", "no wait, and no try used"
    with pytest.raises(ConflictError):
        void_exam(
            cast.db,
            school.project,
            passed.attempt_id,
            "Because I like to.",
            cast.carmen,
            cast.clock.now,
        )


def test_guidelines_changed_in_the_middle_of_an_exam_make_it_void_paid_and_uncounted(
    db: Database, tmp_path: Path
) -> None:
    school = School(Cast(db), tmp_path)
    school.publish()
    amina, cast = newcomer(school), school.cast
    attempt = school.begin(amina)
    for _ in range(4):
        school.answer(amina, attempt, right=False)
    asked = school.room(amina).asked
    assert asked is not None
    change = ChangeGuidelines(cast.carmen, school.project, "# Look twice\n\nReally.")
    change_guidelines(cast.db, change, cast.clock.now)
    late = AnswerExam(amina, attempt, asked.sheet.task.id, cast.key(), {"pet": "owl"})
    told = answer_exam(
        cast.db, late, cast.clock.advance(30_000), issuer=school.issuer, idle_cap_ms=IDLE_CAP_MS
    )
    assert told.state == "void"
    assert "paid all the same" in told.words
    assert cast.rows("SELECT count(*) FROM decision") == [(0,)]
    with pytest.raises(ConflictError) as waits:
        school.begin(amina)
    assert waits.value.code == "course_outdated"
    school.draft(copy=True)
    school.publish()
    assert school.sit(amina, 10).state == "passed"
    assert settle(school, amina)["qualify"] == (4 + 1 + 10) * 30_000


def test_a_lesson_that_was_overtaken_begins_anew(school: School) -> None:
    amina, cast = newcomer(school), school.cast
    school.open(amina)
    school.step(amina, 0)
    change = ChangeGuidelines(cast.carmen, school.project, "# Look twice\n\nReally.")
    change_guidelines(cast.db, change, cast.clock.now)
    assert school.step(amina, 1).is_void
    school.draft(copy=True)
    school.publish()
    assert school.open(amina).done == 0


def test_an_answer_sent_twice_counts_once_and_a_strangers_exam_is_closed(school: School) -> None:
    amina, dmitri = newcomer(school), newcomer(school, "Dmitri")
    attempt = school.begin(amina)
    asked = school.room(amina).asked
    assert asked is not None
    task = asked.sheet.task.id
    first = AnswerExam(amina, attempt, task, "the-same-key", {"pet": "cat"})
    changed = replace(first, value={"pet": "owl"})
    now, issuer = school.cast.clock.now, school.issuer
    for command in (first, first, changed):
        done = answer_exam(school.cast.db, command, now, issuer=issuer, idle_cap_ms=IDLE_CAP_MS)
        assert done.answered == 1
    assert school.cast.rows("SELECT is_right FROM attempt_answer") in ([(True,)], [(1,)])
    with pytest.raises(ForbiddenError):
        answer_exam(
            school.cast.db,
            replace(first, person_id=dmitri),
            now,
            issuer=issuer,
            idle_cap_ms=IDLE_CAP_MS,
        )
    with pytest.raises(ConflictError):
        answer_exam(
            school.cast.db,
            replace(first, task_id=999),
            now,
            issuer=issuer,
            idle_cap_ms=IDLE_CAP_MS,
        )


def test_beginning_an_exam_twice_goes_on_with_the_same_one(school: School) -> None:
    amina = newcomer(school)
    assert school.begin(amina) == school.begin(amina)


def test_nobody_learns_unpaid(school: School) -> None:
    amina, cast = newcomer(school), school.cast
    cast.change("UPDATE escrow SET left_micros = 0 WHERE project_id = :p", p=school.project)
    with pytest.raises(ConflictError) as poor:
        school.open(amina)
    assert poor.value.code == "not_funded"
    cast.fund(school.project, 10_000)
    cast.change("UPDATE course SET most_paid_ms = :ms", ms=10 * MINUTE_MS)
    for _ in range(6):
        school.open(amina)
        cast.clock.advance(2 * MINUTE_MS)
    with pytest.raises(ConflictError) as over:
        school.open(amina)
    assert over.value.code == "learning_cap"
    assert "nobody learns unpaid" in over.value.message


def test_who_has_the_skill_already_works_at_once_and_who_works_is_not_sent_back(
    school: School,
) -> None:
    amina = newcomer(school)
    school.sit(amina, 10)
    other = School(school.cast, school.folder)
    plan = other.draft(copy=True)
    other.save(
        replace(plan, skill=read_course(school.cast.db, school.project, 1).course.plan.skill)
    )
    bao = newcomer(other, "Bao")
    other.publish()
    assert enrolment(other, bao) == "active", "joined before there was a course"
    school.cast.join(amina, other.project)
    assert enrolment(other, amina) == "active"
    assert enrolment(other, newcomer(other, "Esi")) == "learning"


def test_a_course_taken_away_lets_learners_work(school: School) -> None:
    amina, cast = newcomer(school), school.cast
    assert retire_course(cast.db, school.project, 1, cast.carmen, cast.clock.now) == 1
    assert enrolment(school, amina) == "active"


def test_a_pass_that_holds_for_a_time_lapses_with_a_decision(
    sqlite_db: Database, tmp_path: Path
) -> None:
    school = School(Cast(sqlite_db), tmp_path)
    school.draft(valid_ms=30 * DAY_MS)
    school.publish()
    amina, cast = newcomer(school), school.cast
    school.sit(amina, 10)
    assert end_skills(cast.db, cast.clock.now) == 0
    now = cast.clock.advance(31 * DAY_MS)
    assert [end_skills(cast.db, now), end_skills(cast.db, now)] == [1, 0]
    assert enrolment(school, amina) == "learning"
    ((kind, reason),) = cast.rows("SELECT kind, reason FROM decision")
    assert kind == "not_qualified"
    assert "it is paid" in reason
    assert school.sit(amina, 10).state == "passed"
    assert enrolment(school, amina) == "active"


def test_practice_comes_back_by_its_boxes_and_is_paid(school: School) -> None:
    amina, cast = newcomer(school), school.cast
    school.learn(amina)
    with_nothing_due = open_practice(cast.db, amina, cast.clock.now, idle_cap_ms=IDLE_CAP_MS)
    assert with_nothing_due.sheet is None
    assert with_nothing_due.next_at is not None
    now = cast.clock.advance(DAY_MS)
    due = open_practice(cast.db, amina, now, idle_cap_ms=IDLE_CAP_MS)
    assert due.sheet is not None
    assert due.due == 1, "what was right in the lesson comes in three days"
    task = due.sheet.task.id
    command = AnswerPractice(amina, task, "practice-key", {"pet": "owl"})
    now = cast.clock.advance(60_000)
    told = answer_practice(cast.db, command, now, idle_cap_ms=IDLE_CAP_MS)
    assert (told.is_right, told.box, told.known.explanation) == (False, 1, "It purrs.")
    again = answer_practice(cast.db, command, cast.clock.now, idle_cap_ms=IDLE_CAP_MS)
    assert again.comes_back == told.comes_back
    with pytest.raises(NotFoundError):
        answer_practice(
            cast.db,
            replace(command, task_id=school.tasks()[-1]),
            now,
            idle_cap_ms=IDLE_CAP_MS,
        )
    cast.clock.advance(HOUR_MS)
    assert open_practice(cast.db, amina, cast.clock.now, idle_cap_ms=IDLE_CAP_MS).due == 0


def test_answers_that_were_shown_are_no_gold_for_that_person(school: School) -> None:
    amina, cast = newcomer(school), school.cast
    school.learn(amina)
    school.sit(amina, 10)
    cast.change("UPDATE project SET gold_permille = 500 WHERE id = :p", p=school.project)
    seen = {
        row[0]
        for row in cast.rows("SELECT task_id FROM practice_card WHERE person_id = :p", p=amina)
    }
    assert len(seen) == 13
    for _ in range(12):
        got = cast.next(amina, school.project)
        if got.sheet is None:
            break
        assert got.sheet.task.id not in seen
        cast.submit(amina, got.sheet.task.id)


def test_a_gold_task_taken_back_in_the_middle_of_an_exam_is_held_against_nobody(
    school: School,
) -> None:
    amina, cast = newcomer(school), school.cast
    attempt = school.begin(amina)
    asked = school.room(amina).asked
    assert asked is not None
    task = asked.sheet.task.id
    unmark_gold(cast.db, UnmarkGold(cast.carmen, school.project, task), cast.clock.now)
    school.answer(amina, attempt, right=False)
    for _ in range(8):
        school.answer(amina, attempt)
    ended = school.answer(amina, attempt, right=False)
    assert ended.verdict is not None
    assert (ended.verdict.right, ended.state) == (9, "passed")


def test_content_of_a_tier_needs_consent_before_the_lesson(school: School) -> None:
    amina, cast = newcomer(school), school.cast
    cast.change("UPDATE queue SET tier = 2 WHERE project_id = :p", p=school.project)
    with pytest.raises(ForbiddenError) as told:
        school.open(amina)
    assert told.value.code == "tier_consent"
    with pytest.raises(ForbiddenError):
        school.begin(amina)


def test_a_course_with_hard_content_is_not_published_for_nobodys_limits_would_hold_in_it(
    sqlite_db: Database, tmp_path: Path
) -> None:
    school = School(Cast(sqlite_db), tmp_path)
    hard = "UPDATE queue SET tier = :t WHERE task_id = :task"
    school.cast.change(hard, t=1, task=school.tasks()[GOLD - 1])  # one of those in the exam
    with pytest.raises(InvalidError) as told:
        school.publish()
    assert any("no hard content" in issue.message for issue in told.value.issues)
    school.cast.change(hard, t=0, task=school.tasks()[GOLD - 1])
    school.publish()


def test_a_draft_is_nobodys_course_and_a_published_one_is_never_edited(school: School) -> None:
    amina, cast = newcomer(school), school.cast
    sheet = read_course(cast.db, school.project, 1)
    with pytest.raises(ConflictError) as published:
        school.save(sheet.course.plan)
    assert published.value.code == "published"
    school.draft()
    with pytest.raises(NotFoundError):
        school.open(amina)
    school.save(replace(sheet.course.plan, steps=(Step("practice", task_id=school.tasks()[-1]),)))
    with pytest.raises(InvalidError) as lacking:
        school.publish()
    assert "no gold task" in lacking.value.issues[0].message

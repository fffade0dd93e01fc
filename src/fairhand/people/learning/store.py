"""SQL of courses, attempts, answers in them, practice, and the skills that a pass shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select, text, update

from fairhand.core.clock import Instant
from fairhand.people.learning.rules import (
    AttemptKind,
    AttemptState,
    CoursePlan,
    CourseState,
    Gold,
    Step,
)
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.people import person_skill, skill
from fairhand.storage.tables.readiness import attempt, attempt_answer, course, practice_card


@dataclass(frozen=True, slots=True)
class Course:
    """A course as it is kept; published ones are never edited, only followed by a new number."""

    id: int
    project_id: int
    number: int
    project_version: int
    skill_id: int
    plan: CoursePlan
    state: CourseState
    author_id: int
    created_at: Instant
    published_at: Instant | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A person at a lesson, a sitting of practice or an exam; `result` says how far or how well."""

    id: int
    course_id: int
    person_id: int
    kind: AttemptKind
    state: AttemptState
    asked: tuple[int, ...]
    result: dict[str, Any]
    started_at: Instant
    ended_at: Instant | None


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody answered to one task of an attempt."""

    task_id: int
    client_key: str
    value: dict[str, Any]
    is_right: bool
    answered_at: Instant


@dataclass(frozen=True, slots=True)
class Card:
    """A practice task that is due for somebody."""

    task_id: int
    course_id: int
    box: int
    due_at: Instant


_COURSES = select(course, skill.c.name.label("skill_name")).join(
    skill, skill.c.id == course.c.skill_id
)
_GOLD = text(
    "SELECT task_id, value, explanation FROM gold_answer WHERE project_id = :project_id "
    "ORDER BY task_id"
)
_TIER = text("SELECT coalesce(max(tier), 0) FROM queue WHERE task_id IN :task_ids").bindparams(
    bindparam("task_ids", expanding=True)
)
_MET = text(
    "SELECT n.task_id, count(*) AS times FROM attempt_answer AS n "
    "JOIN attempt AS a ON a.id = n.attempt_id JOIN course AS c ON c.id = a.course_id "
    "WHERE a.person_id = :person_id AND c.project_id = :project_id GROUP BY n.task_id"
)
_SHOWN = text(
    "SELECT a.asked FROM attempt AS a JOIN course AS c ON c.id = a.course_id "
    "WHERE a.person_id = :person_id AND c.project_id = :project_id"
)
_HAS_SKILL = text(
    "SELECT 1 FROM person_skill WHERE person_id = :person_id AND skill_id = :skill_id "
    "AND (valid_until IS NULL OR valid_until > :now)"
)
_LAPSED = text(
    "SELECT e.person_id, e.project_id, s.skill_id FROM enrolment AS e "
    "JOIN course AS c ON c.project_id = e.project_id AND c.state = 'live' "
    "JOIN person_skill AS s ON s.person_id = e.person_id AND s.skill_id = c.skill_id "
    "WHERE e.state = 'active' AND s.valid_until <= :now ORDER BY e.person_id, e.project_id"
)


def add_course(
    connection: Connection,
    project_id: int,
    project_version: int,
    plan: CoursePlan,
    author_id: int,
    now: Instant,
) -> int:
    """Add a draft under the project's next course number; give its id."""
    number = connection.execute(
        text("SELECT coalesce(max(number), 0) + 1 FROM course WHERE project_id = :project_id"),
        {"project_id": project_id},
    ).scalar_one()
    row = {
        "project_id": project_id,
        "number": number,
        "project_version": project_version,
        "author_id": author_id,
        "created_at": now,
        **_columns(connection, plan),
    }
    statement = course.insert().returning(course.c.id)
    return int(connection.execute(statement, row).scalar_one())


def save_draft(
    connection: Connection, course_id: int, project_version: int, plan: CoursePlan
) -> bool:
    """Write a draft anew; False when it is no draft any more."""
    chosen = update(course).where(course.c.id == course_id, course.c.state == "draft")
    changed = chosen.values(project_version=project_version, **_columns(connection, plan))
    return connection.execute(changed).rowcount == 1


def _columns(connection: Connection, plan: CoursePlan) -> dict[str, Any]:
    return {
        "title": plan.title.strip(),
        "skill_id": find_or_add_skill(connection, plan.skill),
        "steps": orjson.dumps([asdict(step) for step in plan.steps]).decode(),
        "exam_tasks": orjson.dumps(plan.exam_tasks).decode(),
        "exam_asks": plan.exam_asks,
        "pass_permille": plan.pass_permille,
        "retakes": plan.retakes,
        "retake_after_ms": plan.retake_after_ms,
        "valid_ms": plan.valid_ms,
        "most_paid_ms": plan.most_paid_ms,
    }


def find_or_add_skill(connection: Connection, name: str) -> int:
    """Find the skill of this name, or add it as one that tasks ask for."""
    name = name.strip()
    connection.execute(
        insert(connection, skill)
        .values(name=name, kind="task")
        .on_conflict_do_nothing(index_elements=["name"])
    )
    return int(connection.execute(select(skill.c.id).where(skill.c.name == name)).scalar_one())


def load_course(connection: Connection, course_id: int) -> Course | None:
    """Load a course."""
    row = connection.execute(_COURSES.where(course.c.id == course_id)).one_or_none()
    return None if row is None else _course(row)


def list_courses(connection: Connection, project_id: int) -> list[Course]:
    """List a project's courses, newest first."""
    chosen = _COURSES.where(course.c.project_id == project_id).order_by(course.c.number.desc())
    return [_course(row) for row in connection.execute(chosen)]


def list_live(connection: Connection, project_ids: Iterable[int]) -> dict[int, Course]:
    """Load the live courses of these projects, by project."""
    chosen = _COURSES.where(
        course.c.project_id.in_(sorted(set(project_ids))), course.c.state == "live"
    )
    return {row.project_id: _course(row) for row in connection.execute(chosen)}


def live_course(connection: Connection, project_id: int) -> Course | None:
    """Load the course that a project's newcomers take; None: they may work at once."""
    return list_live(connection, [project_id]).get(project_id)


def set_state(
    connection: Connection, course_id: int, state: CourseState, now: Instant | None = None
) -> None:
    """Publish or retire a course."""
    values: dict[str, Any] = {"state": state}
    if state == "live":
        values["published_at"] = now
    connection.execute(update(course).where(course.c.id == course_id).values(**values))


def _course(row: Any) -> Course:  # noqa: ANN401  # a result row
    plan = CoursePlan(
        title=row.title,
        skill=row.skill_name,
        steps=tuple(Step(**step) for step in orjson.loads(row.steps)),
        exam_tasks=tuple(orjson.loads(row.exam_tasks)),
        exam_asks=row.exam_asks,
        pass_permille=row.pass_permille,
        retakes=row.retakes,
        retake_after_ms=row.retake_after_ms,
        valid_ms=row.valid_ms,
        most_paid_ms=row.most_paid_ms,
    )
    return Course(
        row.id,
        row.project_id,
        row.number,
        row.project_version,
        row.skill_id,
        plan,
        row.state,
        row.author_id,
        row.created_at,
        row.published_at,
    )


def load_gold(connection: Connection, project_id: int) -> dict[int, Gold]:
    """Load the gold tasks that a project's courses may use."""
    found = connection.execute(_GOLD, {"project_id": project_id})
    return {
        row.task_id: Gold(row.task_id, orjson.loads(row.value), row.explanation) for row in found
    }


def highest_tier(connection: Connection, task_ids: Sequence[int]) -> int:
    """Say how heavy the heaviest of these tasks is; 0 for none."""
    if not task_ids:
        return 0
    return int(connection.execute(_TIER, {"task_ids": list(task_ids)}).scalar_one())


# Attempts


def start_attempt(
    connection: Connection,
    course_id: int,
    person_id: int,
    kind: AttemptKind,
    asked: Sequence[int],
    now: Instant,
) -> int | None:
    """Begin an attempt; None when one of this kind is running already (two tabs)."""
    row = connection.execute(
        insert(connection, attempt)
        .values(
            course_id=course_id,
            person_id=person_id,
            kind=kind,
            asked=orjson.dumps(list(asked)).decode(),
            started_at=now,
        )
        .on_conflict_do_nothing()
        .returning(attempt.c.id)
    ).one_or_none()
    return None if row is None else int(row.id)


def load_attempt(connection: Connection, attempt_id: int, *, lock: bool = False) -> Attempt | None:
    """Load an attempt; `lock` keeps a second request of the same person waiting."""
    chosen = select(attempt).where(attempt.c.id == attempt_id)
    row = connection.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    return None if row is None else _attempt(row)


def find_running(
    connection: Connection,
    person_id: int,
    course_id: int,
    kind: AttemptKind,
    *,
    lock: bool = False,
) -> Attempt | None:
    """Find what a person is in the middle of."""
    chosen = select(attempt).where(
        attempt.c.person_id == person_id,
        attempt.c.course_id == course_id,
        attempt.c.kind == kind,
        attempt.c.state == "running",
    )
    row = connection.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    return None if row is None else _attempt(row)


def list_attempts(connection: Connection, person_id: int, course_id: int) -> list[Attempt]:
    """List a person's attempts at a course, newest first."""
    chosen = (
        select(attempt)
        .where(attempt.c.person_id == person_id, attempt.c.course_id == course_id)
        .order_by(attempt.c.id.desc())
    )
    return [_attempt(row) for row in connection.execute(chosen)]


def set_progress(connection: Connection, attempt_id: int, result: Mapping[str, Any]) -> None:
    """Write how far a running attempt is."""
    chosen = update(attempt).where(attempt.c.id == attempt_id)
    connection.execute(chosen.values(result=orjson.dumps(result).decode()))


def end_attempt(
    connection: Connection,
    attempt_id: int,
    state: AttemptState,
    result: Mapping[str, Any],
    now: Instant,
) -> None:
    """End an attempt, or take an end back as void."""
    chosen = update(attempt).where(attempt.c.id == attempt_id)
    values = {"state": state, "result": orjson.dumps(result).decode(), "ended_at": now}
    connection.execute(chosen.values(**values))


def _attempt(row: Any) -> Attempt:  # noqa: ANN401  # a result row
    return Attempt(
        row.id,
        row.course_id,
        row.person_id,
        row.kind,
        row.state,
        tuple(orjson.loads(row.asked)),
        orjson.loads(row.result),
        row.started_at,
        row.ended_at,
    )


def add_answer(connection: Connection, attempt_id: int, given: Given) -> bool:
    """Keep an answer; False when this task was answered in this attempt before."""
    row = connection.execute(
        insert(connection, attempt_answer)
        .values(
            attempt_id=attempt_id,
            task_id=given.task_id,
            client_key=given.client_key,
            value=orjson.dumps(given.value).decode(),
            is_right=given.is_right,
            answered_at=given.answered_at,
        )
        .on_conflict_do_nothing()
        .returning(attempt_answer.c.id)
    ).one_or_none()
    return row is not None


def list_answers(connection: Connection, attempt_id: int) -> dict[int, Given]:
    """Load what was answered in an attempt, by task."""
    chosen = select(attempt_answer).where(attempt_answer.c.attempt_id == attempt_id)
    return {
        row.task_id: Given(
            row.task_id,
            row.client_key,
            orjson.loads(row.value),
            bool(row.is_right),
            row.answered_at,
        )
        for row in connection.execute(chosen)
    }


def count_met(connection: Connection, person_id: int, project_id: int) -> dict[int, int]:
    """Count how often a person has answered each task in this project's courses."""
    found = connection.execute(_MET, {"person_id": person_id, "project_id": project_id})
    return Counter({row.task_id: row.times for row in found})


def was_asked(connection: Connection, person_id: int, project_id: int, task_id: int) -> bool:
    """Say whether a lesson, practice or exam of a project has shown a person this task."""
    found = connection.execute(_SHOWN, {"person_id": person_id, "project_id": project_id})
    return any(task_id in orjson.loads(asked) for asked in found.scalars())


def list_results(connection: Connection, course_id: int) -> list[Attempt]:
    """List all exams of a course, oldest first."""
    chosen = (
        select(attempt)
        .where(attempt.c.course_id == course_id, attempt.c.kind == "exam")
        .order_by(attempt.c.id)
    )
    return [_attempt(row) for row in connection.execute(chosen)]


# Practice


def put_card(
    connection: Connection,
    person_id: int,
    course_id: int,
    task_id: int,
    box: int,
    due_at: Instant,
    now: Instant,
) -> None:
    """Keep when somebody meets a task again, whose known answer they have seen."""
    values = {"course_id": course_id, "box": box, "due_at": due_at, "seen_at": now}
    connection.execute(
        insert(connection, practice_card)
        .values(person_id=person_id, task_id=task_id, **values)
        .on_conflict_do_update(index_elements=["person_id", "task_id"], set_=values)
    )


def load_card(connection: Connection, person_id: int, task_id: int) -> Card | None:
    """Load a person's card of a task."""
    row = connection.execute(
        select(practice_card).where(
            practice_card.c.person_id == person_id, practice_card.c.task_id == task_id
        )
    ).one_or_none()
    return None if row is None else Card(row.task_id, row.course_id, row.box, row.due_at)


_CARDS = text(
    "SELECT k.task_id, k.course_id, k.box, k.due_at FROM practice_card AS k "
    "JOIN gold_answer AS g ON g.task_id = k.task_id "
    "JOIN enrolment AS e ON e.person_id = k.person_id AND e.project_id = g.project_id "
    "WHERE k.person_id = :person_id AND e.state IN ('active', 'learning') "
    "ORDER BY k.due_at, k.task_id LIMIT 1000"
)


def list_cards(connection: Connection, person_id: int) -> list[Card]:
    """List a person's practice tasks, the next one due first; retired gold tasks are left out."""
    return [Card(*row) for row in connection.execute(_CARDS, {"person_id": person_id})]


# Skills


def has_skill(connection: Connection, person_id: int, skill_id: int, now: Instant) -> bool:
    """Say whether a person has shown a skill, and it still holds."""
    found = {"person_id": person_id, "skill_id": skill_id, "now": now}
    return connection.execute(_HAS_SKILL, found).first() is not None


def load_validity(
    connection: Connection, person_id: int, skill_ids: Iterable[int]
) -> dict[int, Instant | None]:
    """Until when each of these skills holds for a person (None: for good)."""
    chosen = select(person_skill.c.skill_id, person_skill.c.valid_until).where(
        person_skill.c.person_id == person_id,
        person_skill.c.skill_id.in_(sorted(set(skill_ids))),
    )
    return {row.skill_id: row.valid_until for row in connection.execute(chosen)}


def show_skill(
    connection: Connection,
    person_id: int,
    skill_id: int,
    attempt_id: int,
    valid_until: Instant | None,
    now: Instant,
) -> None:
    """Keep that somebody has shown a skill, by which exam and for how long."""
    values = {"shown_at": now, "valid_until": valid_until, "attempt_id": attempt_id}
    connection.execute(
        insert(connection, person_skill)
        .values(person_id=person_id, skill_id=skill_id, **values)
        .on_conflict_do_update(index_elements=["person_id", "skill_id"], set_=values)
    )


def list_lapsed(connection: Connection, now: Instant) -> list[tuple[int, int, int]]:
    """List (person, project, skill) of those at work whose skill holds no longer."""
    return [(row[0], row[1], row[2]) for row in connection.execute(_LAPSED, {"now": now})]

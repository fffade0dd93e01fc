"""Where somebody stands with a course: what it is, whether it may go on, and that time is heard.

A part of the stories of learning: they all load the same, and all answer alike when a course has
been overtaken, no money is there, or its paid time is used up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fairhand.core.clock import HOUR_MS, MINUTE_MS, Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.core.words import later as _
from fairhand.labels.answers import normalise_value, validate_value
from fairhand.labels.kind import AnswerContext
from fairhand.model.project import Project, Question
from fairhand.pay import store as pay
from fairhand.pay.earnings.today import learning_ms_since
from fairhand.pay.paid_time.rules import TimeEvent
from fairhand.people.consent import store as consent
from fairhand.people.learning import store
from fairhand.people.learning.rules import Gold, judge_answer
from fairhand.people.learning.store import Attempt, Course
from fairhand.people.wellbeing import own_store
from fairhand.proof.log import store as log
from fairhand.quality.gold_match import is_right
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects
from fairhand.work.projects.store import TaskSheet

QUESTION_MOST_MS = 10 * MINUTE_MS
"""How long one question may be looked at without a sign of life and be paid in full."""
OVERTAKEN = _(
    "The guidelines or questions changed while you were at it. So this one does not count, for or "
    "against you; the time is paid all the same."
)


@dataclass(frozen=True, slots=True)
class Place:
    """A person, a course of a project they take part in, and what of its paid time is used."""

    person_id: int
    course: Course
    project: Project
    questions: tuple[Question, ...]
    enrolment: str
    paid_ms: int

    @property
    def is_outdated(self) -> bool:
        """Say whether the course teaches guidelines or questions that hold no more."""
        is_old = self.course.project_version != self.project.version
        return is_old or self.course.state != "live"

    @property
    def left_ms(self) -> int:
        """How much of the course's paid time is left."""
        return max(0, self.course.plan.most_paid_ms - self.paid_ms)


def find_place(db: Database, connection: Connection, person_id: int, course_id: int) -> Place:
    """Load where a person stands; raises NotFoundError for a course that is not for them."""
    course = store.load_course(connection, course_id)
    if course is None or course.state == "draft":
        raise NotFoundError(f"There is no course {course_id} for you.")
    state = consent.enrolment_state(connection, person_id, course.project_id)
    project = projects.load_project(connection, course.project_id)
    if project is None or state not in ("active", "learning"):
        raise NotFoundError(f"There is no course {course_id} for you; join its project first.")
    version = version_of(db, connection, project.id, course.project_version)
    since = course.published_at or course.created_at
    paid = learning_ms_since(connection, person_id, project.id, since)
    return Place(person_id, course, project, version.questions, state, paid)


def check_may_begin(connection: Connection, place: Place, task_ids: Sequence[int]) -> None:
    """Refuse what is overtaken, what nobody could be paid for, and content not agreed to."""
    if place.is_outdated:
        raise ConflictError(
            "This course is being brought up to date: the guidelines have changed. You can begin "
            "when the new one is there.",
            code="course_outdated",
        )
    check_may_learn(connection, place, task_ids)


def check_may_learn(connection: Connection, place: Place, task_ids: Sequence[int]) -> None:
    """Refuse what nobody could be paid for, and content that was not agreed to."""
    if pay.load_escrow(connection, place.project.id) <= 0:
        raise ConflictError(
            "No money is set aside for this project just now, and nobody learns unpaid. Come back "
            "when its owner has funded it.",
            code="not_funded",
        )
    if place.left_ms == 0:
        hours = place.course.plan.most_paid_ms / HOUR_MS
        raise ConflictError(
            f"The paid time for this course ({hours:g} hours) is used up, and nobody learns "
            "unpaid. Ask its trainer for more time.",
            code="learning_cap",
        )
    agreed = own_store.load_max_tier(connection, place.person_id)
    if store.highest_tier(connection, task_ids) > agreed:
        raise ForbiddenError(
            "This course shows content of a level that you have not agreed to see. You can agree, "
            "or leave it, under Wellbeing.",
            code="tier_consent",
        )


def hear(
    connection: Connection,
    place: Place,
    kind: Literal["train", "qualify"],
    now: Instant,
    idle_cap_ms: int,
) -> None:
    """Count the time since the last sign of life, and go on with learning or the exam."""
    event = TimeEvent(place.project.id, kind, now, idle_cap_ms)
    pay.hear(connection, place.person_id, None, event, now)


def void_outdated(
    connection: Connection, place: Place, attempt: Attempt | None, now: Instant
) -> bool:
    """End what has been overtaken as void: paid, and counted for nothing. False: it goes on."""
    if attempt is None or attempt.state != "running" or not place.is_outdated:
        return False
    result = {**attempt.result, "why": "guidelines_changed"}
    store.end_attempt(connection, attempt.id, "void", result, now)
    body = {
        "attempt": attempt.id,
        "course": place.course.id,
        "kind": attempt.kind,
        "person": place.person_id,
        "version": place.project.version,
    }
    log.append(connection, "learning.void", body, now, place.person_id, place.project.id)
    return True


def load_sheet(connection: Connection, place: Place, task_id: int) -> TaskSheet:
    """Load a task of a course as the person sees it."""
    sheet = projects.load_task_sheet(connection, task_id, place.person_id)
    if sheet is None or sheet.task.project_id != place.project.id:
        raise NotFoundError(f"There is no task {task_id} in this course.")
    return sheet


def load_known(connection: Connection, place: Place, task_id: int) -> Gold:
    """Load the known answer of a task; raises ConflictError when it is gold no more."""
    found = store.load_gold(connection, place.project.id).get(task_id)
    if found is None:
        raise ConflictError(
            "This task's known answer was taken back. Go on with the next one.", code="not_gold"
        )
    return found


def judge(
    place: Place, sheet: TaskSheet, known: Mapping[str, Any], value: Mapping[str, Any]
) -> tuple[dict[str, Any], bool]:
    """Write an answer in its canonical form and judge it by quality's rule for gold tasks.

    Raises InvalidError for what does not answer the questions: nothing is kept then.
    """
    media = sheet.task.media
    data = sheet.task.data
    context = AnswerContext(data=data)
    if media is not None:
        length = (media.details or {}).get("duration_ms")
        context = AnswerContext(media.width, media.height, data, length)
    asked = [one for one in place.questions if one.name in known or one.name in value]
    if issues := validate_value(asked, value, context):
        raise InvalidError("The answer does not fit the questions yet.", issues=issues)
    given = normalise_value(asked, value)
    kinds = {one.name: one.kind for one in place.questions}
    right = [
        name
        for name, answer in known.items()
        if name in kinds and is_right(kinds[name], answer, given.get(name))
    ]
    return given, judge_answer({name: 1 for name in known if name in kinds}, right)

"""A person has read a step of a lesson, or answered its practice task: feedback at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue
from fairhand.people.learning import store
from fairhand.people.learning.rules import Step, next_box, reading_cap_ms
from fairhand.people.learning.store import Attempt, Given
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.learning_place import (
    OVERTAKEN,
    QUESTION_MOST_MS,
    Place,
    find_place,
    hear,
    judge,
    load_sheet,
    void_outdated,
)


@dataclass(frozen=True, slots=True)
class AnswerLesson:
    """Which step is done (from 0), and the answer where it asked for one."""

    person_id: int
    course_id: int
    step: int
    value: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StepDone:
    """How far the lesson is; `is_right` where something was asked."""

    done: int
    of: int
    is_right: bool | None = None
    is_void: bool = False
    words: str = ""

    @property
    def is_finished(self) -> bool:
        """Say whether that was the last step."""
        return self.done == self.of


def answer_lesson(
    db: Database, command: AnswerLesson, now: Instant, *, idle_cap_ms: int
) -> StepDone:
    """Take a step as done; sent twice, the first answer stands.

    Raises InvalidError for an answer that does not fit, ConflictError for a step out of turn.
    """
    with db.write() as connection:
        place = find_place(db, connection, command.person_id, command.course_id)
        steps = place.course.plan.steps
        attempt = store.find_running(
            connection, command.person_id, command.course_id, "lesson", lock=True
        )
        if void_outdated(connection, place, attempt, now):
            return StepDone(0, len(steps), is_void=True, words=OVERTAKEN)
        if attempt is None:
            return _again(connection, place, command)
        done = int(attempt.result.get("done", 0))
        if not 0 <= command.step <= done:
            raise ConflictError("Do the step before this one first.", code="out_of_turn")
        step = steps[command.step]
        is_right = _answer(connection, place, attempt, step, command, now)
        cap = reading_cap_ms(step, _explanation(connection, place, step), idle_cap_ms)
        cap = max(cap, QUESTION_MOST_MS) if step.kind == "practice" else cap
        hear(connection, place, "train", now, cap)
        if command.step < done:
            return StepDone(done, len(steps), is_right)
        done += 1
        _go_on(connection, attempt, done, len(steps), now)
        body = {
            "attempt": attempt.id,
            "course": place.course.id,
            "person": place.person_id,
            "step": command.step,
            "done": done == len(steps),
        }
        log.append(connection, "learning.step_done", body, now, place.person_id, place.project.id)
    return StepDone(done, len(steps), is_right)


def _again(connection: Connection, place: Place, command: AnswerLesson) -> StepDone:
    """A lesson that is done stays done; what was answered stands."""
    mine = store.list_attempts(connection, place.person_id, place.course.id)
    past = next((one for one in mine if one.kind == "lesson" and one.state == "passed"), None)
    if past is None:
        raise ConflictError("Open the lesson first.", code="not_begun")
    steps = place.course.plan.steps
    step = steps[max(0, min(command.step, len(steps) - 1))]
    given = store.list_answers(connection, past.id).get(step.task_id or 0)
    return StepDone(len(steps), len(steps), given.is_right if given else None)


def _answer(
    connection: Connection,
    place: Place,
    attempt: Attempt,
    step: Step,
    command: AnswerLesson,
    now: Instant,
) -> bool | None:
    if step.kind != "practice" or step.task_id is None:
        return None
    before = store.list_answers(connection, attempt.id).get(step.task_id)
    if before is not None:
        return before.is_right
    gold = store.load_gold(connection, place.project.id).get(step.task_id)
    if gold is None:  # taken back since: nothing to be right or wrong about
        return None
    if not command.value:
        message = "Give an answer first. A guess is fine: this is for practice."
        raise InvalidError(message, issues=[Issue("answer", message)])
    sheet = load_sheet(connection, place, step.task_id)
    value, is_right = judge(place, sheet, gold.value, command.value)
    key = f"step-{command.step}"
    store.add_answer(connection, attempt.id, Given(step.task_id, key, value, is_right, now))
    box, due = next_box(1, is_right=is_right, now=now)
    store.put_card(connection, place.person_id, place.course.id, step.task_id, box, due, now)
    return is_right


def _explanation(connection: Connection, place: Place, step: Step) -> str:
    if step.task_id is None:
        return ""
    gold = store.load_gold(connection, place.project.id).get(step.task_id)
    return gold.explanation if gold else ""


def _go_on(connection: Connection, attempt: Attempt, done: int, of: int, now: Instant) -> None:
    result = {**attempt.result, "done": done}
    if done == of:
        store.end_attempt(connection, attempt.id, "passed", result, now)
    else:
        store.set_progress(connection, attempt.id, result)

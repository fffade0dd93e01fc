"""A person answers a practice task: feedback at once, and it comes back when it should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.people.learning import store
from fairhand.people.learning.rules import Gold, next_box
from fairhand.people.learning.store import Given
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.learning_place import (
    QUESTION_MOST_MS,
    Place,
    hear,
    judge,
    load_known,
    load_sheet,
)
from fairhand.use_cases.open_practice import practice_place
from fairhand.work.annotations.rules import check_client_key
from fairhand.work.projects.store import TaskSheet


@dataclass(frozen=True, slots=True)
class AnswerPractice:
    """The answer to a practice task; `client_key` makes a retry count once."""

    person_id: int
    task_id: int
    client_key: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Practised:
    """Whether it was right, what is right and why, and when the task comes back."""

    place: Place
    sheet: TaskSheet
    given: dict[str, Any]
    is_right: bool
    known: Gold
    comes_back: Instant
    box: int


def answer_practice(
    db: Database, command: AnswerPractice, now: Instant, *, idle_cap_ms: int
) -> Practised:
    """Judge a practice answer, move its card, and tell why; nobody else is told the result.

    Raises NotFoundError for a task that is no practice of theirs, InvalidError for an answer that
    does not fit.
    """
    if issues := check_client_key(command.client_key):
        raise ConflictError(issues[0].message, issues=issues)
    with db.write() as connection:
        card = store.load_card(connection, command.person_id, command.task_id)
        if card is None:
            raise NotFoundError(f"Task {command.task_id} is not among your practice.")
        place = practice_place(db, connection, command.person_id, card)
        known = load_known(connection, place, command.task_id)
        sheet = load_sheet(connection, place, command.task_id)
        value, is_right = judge(place, sheet, known.value, command.value)
        given = Given(command.task_id, command.client_key, value, is_right, now)
        hear(connection, place, "train", now, max(idle_cap_ms, QUESTION_MOST_MS))
        box, due = card.box, card.due_at
        if due <= now and _is_new(connection, place, given, now):
            box, due = next_box(card.box, is_right=is_right, now=now)
            course_id = place.course.id
            store.put_card(connection, command.person_id, course_id, command.task_id, box, due, now)
        body = {"course": place.course.id, "person": place.person_id, "task": command.task_id}
        log.append(connection, "learning.practised", body, now, place.person_id, place.project.id)
    return Practised(place, sheet, value, is_right, known, due, box)


def _is_new(connection: Connection, place: Place, given: Given, now: Instant) -> bool:
    """Keep the answer in the sitting of the day; False when it is the same one sent again."""
    person_id, course_id = place.person_id, place.course.id
    running = store.find_running(connection, person_id, course_id, "practice", lock=True)
    if running is not None and given.task_id in store.list_answers(connection, running.id):
        if store.list_answers(connection, running.id)[given.task_id].client_key == given.client_key:
            return False
        store.end_attempt(connection, running.id, "left", running.result, now)
        running = None
    if running is None:
        store.start_attempt(connection, course_id, person_id, "practice", [], now)
        running = store.find_running(connection, person_id, course_id, "practice")
    assert running is not None  # noqa: S101  # it was begun above
    store.add_answer(connection, running.id, given)
    return True

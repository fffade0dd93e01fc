"""A reviewer says what stands for a task: what was found, one person's answer, or their own.

Annotations stay as they are and were paid when they were given: what is said here is about an
answer, never about a person, and nothing of anybody's pay or work hangs on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.labels.answers import normalise_value, validate_value
from fairhand.model.project import Project, Question
from fairhand.pay import store as pay
from fairhand.proof.log import store as log
from fairhand.quality import store as quality
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.label_history import answers_now
from fairhand.use_cases.open_review import hear_reviewing, mark_of, ties_among
from fairhand.use_cases.versions import version_of
from fairhand.work.annotations.rules import check_client_key
from fairhand.work.assignment import store as queue
from fairhand.work.gold import store as gold
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import MAX_OVERLAP
from fairhand.work.review import store
from fairhand.work.review.rules import Because, Verdict, finding_issues, unmendable
from fairhand.work.review.store import SeenAnswer


@dataclass(frozen=True, slots=True)
class DecideReview:
    """What was found; `client_key` makes a retry count once.

    Accepted without `annotation_id` means that the consensus stands. With `is_paid` the
    reviewer's time is paid. `seen` is the mark of what was looked at; what is accepted by it has
    to be that still.
    """

    reviewer_id: int
    project_id: int
    task_id: int
    verdict: Verdict
    client_key: str
    annotation_id: int | None = None
    value: Mapping[str, Any] | None = None
    reason: str = ""
    is_paid: bool = True
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """The review's number, and the answer that stands; None where people are asked again."""

    review_id: int
    task_id: int
    value: dict[str, Any] | None


def decide_review(
    db: Database, command: DecideReview, now: Instant, *, idle_cap_ms: int
) -> Decided:
    """Keep what a reviewer found of the task that they have open.

    Raises InvalidError for an answer that does not fit, ConflictError when the task is not theirs
    (any more), answers came since they looked, or nobody else can be asked.
    """
    _check(command)
    with db.write() as connection:
        earlier = store.find_by_key(connection, command.reviewer_id, command.client_key)
        if earlier is not None:
            return _told(connection, earlier)
        project = _take_up(connection, command)
        because = store.why(
            connection, project.id, command.task_id, store.load_terms(connection, project.id)
        )
        answers = answers_now(connection, project.id, command.task_id)
        _check_seen(connection, command, answers)
        questions = version_of(db, connection, project.id, project.version).questions
        value, own = _found(connection, project, questions, command, answers)
        row = _row(command, because, answers, own, now)
        review_id = store.add_review(connection, row)
        if value is not None:
            ids = [one.annotation_id for one in answers]
            store.adjudicate(connection, project.id, command.task_id, review_id, value, now)
            quality.let_stand(connection, project.id, command.task_id, value, ids, now)
        store.answer_wishes(connection, command.task_id, now)
        if command.is_paid:
            hear_reviewing(
                connection, command.reviewer_id, project.id, "heartbeat", now, idle_cap_ms
            )
            pay.flush_pending(connection, command.reviewer_id, now)
        body = {
            "project": project.id,
            "task": command.task_id,
            "review": review_id,
            "verdict": command.verdict,
            "because": because,
            "value_sha256": value_sha256(value),
            "reviewer": command.reviewer_id,
            "content_sha256": store.content_sha256(row),
        }
        log.append(connection, "review.decided", body, now, command.reviewer_id, project.id)
    return Decided(review_id, command.task_id, value)


def _check(command: DecideReview) -> None:
    issues = check_client_key(command.client_key) + finding_issues(
        command.verdict, command.reason, command.value, command.annotation_id
    )
    if issues:
        raise InvalidError(issues[0].message, issues=issues)


def _told(connection: Connection, earlier: store.Reviewed) -> Decided:
    standing = store.load_standing(connection, earlier.task_id)
    value = standing[1] if standing is not None and standing[0] == earlier.id else None
    return Decided(earlier.id, earlier.task_id, value)


def _check_seen(
    connection: Connection, command: DecideReview, answers: Sequence[SeenAnswer]
) -> None:
    """Nobody lets stand what they have not looked at."""
    if command.verdict != "accepted" or command.seen is None:
        return
    if command.seen != mark_of(answers, quality.load_consensus(connection, command.task_id)):
        raise ConflictError(
            "New answers came, or were joined anew, since you looked. Look at them again.",
            code="new_answers",
        )


def _take_up(connection: Connection, command: DecideReview) -> Project:
    """End the reviewer's claim: from here on nobody else can decide on this task."""
    project = projects.load_project(connection, command.project_id)
    if project is None:
        raise NotFoundError(f"There is no project {command.project_id}.")
    held = store.give_up_claim(connection, command.task_id, command.reviewer_id)
    if not held or not store.may_review(
        connection, project.id, command.task_id, command.reviewer_id
    ):
        raise ConflictError(
            f"Task {command.task_id} is not open with you (any more); open it again.",
            code="not_yours",
        )
    return project


def _found(
    connection: Connection,
    project: Project,
    questions: Sequence[Question],
    command: DecideReview,
    answers: Sequence[SeenAnswer],
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Give the answer that stands, and the reviewer's own where they gave or chose one."""
    asked = [one for one in questions if not one.config.get("subjective", False)]
    if command.verdict == "asked_again":
        _ask_again(connection, project, command.task_id)
        return None, None
    if command.verdict == "fixed":
        value = _mended(connection, project, asked, command)
        return value, value
    if command.annotation_id is not None:
        value = _chosen(asked, command.annotation_id, answers)
        return value, value
    names = {one.name for one in asked}
    known = quality.load_consensus(connection, command.task_id)
    _check_not_split(ties_among(answers, known).keys() & names)
    value = {
        one.question: one.value for one in known if one.value is not None and one.question in names
    }
    if not value:
        issue = Issue(
            "annotation_id", "There is no consensus to accept: accept one of the answers."
        )
        raise InvalidError(issue.message, issues=[issue])
    return value, None


def _check_not_split(questions: Collection[str]) -> None:
    """Nobody lets the first of equally likely answers stand without having said that it does."""
    if questions:
        issue = Issue(
            "annotation_id",
            f"Answers are evenly split about {', '.join(sorted(questions))}: let one of them "
            "stand, or give the right one.",
        )
        raise InvalidError(issue.message, issues=[issue])


def _mended(
    connection: Connection,
    project: Project,
    asked: Sequence[Question],
    command: DecideReview,
) -> dict[str, Any]:
    given = command.value or {}
    context = gold.load_context(connection, project.id, command.task_id)
    if context is None:
        raise NotFoundError(f"There is no task {command.task_id} in project {project.id}.")
    issues = unmendable({one.name: one.kind for one in asked}, given)
    issues = issues or validate_value(asked, given, context)
    if issues:
        raise InvalidError("The answer does not fit; nothing was changed.", issues=issues)
    return normalise_value(asked, given)


def _chosen(
    asked: Sequence[Question], annotation_id: int, answers: Sequence[SeenAnswer]
) -> dict[str, Any]:
    names = {one.name for one in asked}
    for one in answers:
        if one.annotation_id == annotation_id:
            if value := {name: said for name, said in one.value.items() if name in names}:
                return value
            break
    issue = Issue("annotation_id", "That answer is not one of those that were shown.")
    raise InvalidError(issue.message, issues=[issue])


def _ask_again(connection: Connection, project: Project, task_id: int) -> None:
    if project.mode == "closed":
        raise ForbiddenError("This project is finished; nobody is asked any more.")
    if not queue.ask_again(connection, project.id, task_id, MAX_OVERLAP):
        raise ConflictError(
            "Somebody is being asked already, or as many people were asked as may be: wait for "
            "their answer, or settle it here.",
            code="asked_already",
        )


def _row(
    command: DecideReview,
    because: Because,
    answers: Sequence[SeenAnswer],
    own: Mapping[str, Any] | None,
    now: Instant,
) -> dict[str, Any]:
    return {
        "project_id": command.project_id,
        "task_id": command.task_id,
        "reviewer_id": command.reviewer_id,
        "verdict": command.verdict,
        "because": because,
        "reason": command.reason.strip(),
        "annotations": orjson.dumps([one.annotation_id for one in answers]).decode(),
        "value": None if own is None else orjson.dumps(own).decode(),
        "client_key": command.client_key,
        "at": now,
    }


def value_sha256(value: Mapping[str, Any] | None) -> str | None:
    """Name the answer that stands; None where people are asked again."""
    if value is None:
        return None
    return sha256_hex(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))

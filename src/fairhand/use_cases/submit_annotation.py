"""A person submits answers: stored, counted, timed, paid, logged and promised at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.labels.answers import validate_value
from fairhand.labels.conditions import reads_task
from fairhand.labels.registry import (
    AnswerContext,
    normalise_answer,
    reads_data,
    without_asides,
)
from fairhand.labels.replies import seed_of
from fairhand.model.project import ProjectVersion
from fairhand.proof.log import store as log
from fairhand.proof.log.note import Signer
from fairhand.proof.log.promise import make_promise
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.late_answers import Anew, ask_anew, asks_anew
from fairhand.use_cases.measured_photos import with_photos
from fairhand.use_cases.measured_recordings import with_measures
from fairhand.use_cases.pay_task import pay_task
from fairhand.use_cases.settle_exposure import settle_exposure
from fairhand.use_cases.versions import version_of
from fairhand.work.annotations import store as answers
from fairhand.work.annotations.rules import check_client_key, was_changed
from fairhand.work.annotations.store import Stored
from fairhand.work.assignment import store as queue
from fairhand.work.assignment.store import Desk
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class SubmitAnnotation:
    """What a person sends; `client_key` makes a retry count once.

    `visible_ms` is how long hard content was uncovered; None where nobody measured. `version` is
    the one of the questions that were on screen; None: those of now.
    """

    person_id: int
    task_id: int
    client_key: str
    value: dict[str, Any]
    prediction_id: int | None = None
    prediction_shown: bool = False
    revises: int | None = None
    worked_ms: int | None = None
    visible_ms: int | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """What the person is told; `again` when it had been stored before."""

    reply: dict[str, Any]
    again: bool


def submit_annotation(
    db: Database, command: SubmitAnnotation, now: Instant, *, signer: Signer, idle_cap_ms: int
) -> Submitted:
    """Store an annotation once, with its paid time, its accrual, its dose and its log line.

    Raises InvalidError (nothing stored), ForbiddenError for a task this person was never given,
    ConflictError for a second answer that does not say what it revises.
    """
    if issues := check_client_key(command.client_key):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        desk = queue.load_desk(connection, command.person_id, command.task_id, command.client_key)
        if desk is None:
            raise _not_theirs(connection, command)
        if (earlier := _earlier(connection, command, desk)) is not None:
            return Submitted(earlier, again=True)
        version = version_of(db, connection, desk.project_id, _served(command, desk))
        value, changed = _check_value(connection, command, desk, version, now)
        revised = _find_revised(connection, command, desk)
        missed = _missed(connection, desk, version.version, value)
        counted = revised.counted if revised else _take_place(connection, desk, now)
        annotation_id = answers.save_annotation(
            connection, _row(command, desk, version.version, value, changed, counted, revised, now)
        )
        if counted and missed:
            ask_anew(connection, desk.project_id, [desk.lease.task_id], missed)
        if desk.has_draft:
            answers.drop_draft(connection, command.person_id, command.task_id)
        if desk.has_dose:
            settle_exposure(connection, desk.lease, command.visible_ms, now)
        paid = pay_task(
            connection,
            desk,
            "submit",
            f"annotation:{annotation_id}",
            now,
            idle_cap_ms=idle_cap_ms,
            annotation_id=annotation_id,
            worked_ms=command.worked_ms,
        )
        body = {
            "annotation": annotation_id,
            "task": command.task_id,
            "project": desk.project_id,
            "person": command.person_id,
            "value_sha256": sha256_hex(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)),
            "counted": counted,
            "paid": paid.told,
            "simulated": desk.is_simulated,
        }
        event = log.append(
            connection, "annotation.submitted", body, now, command.person_id, desk.project_id
        )
        reply = {
            "annotation_id": annotation_id,
            "revision": revised.revision + 1 if revised else 1,
            "counted": counted,
            "late": desk.is_late(now),
            "paid": paid.told,
            "event_id": event.id,
            "promise": make_promise(signer, event.leaf_hash, now).as_json(),
            **paid.cut,
        }
        answers.set_reply(connection, annotation_id, orjson.dumps(reply))
    return Submitted(reply, again=False)


def _not_theirs(connection: Connection, command: SubmitAnnotation) -> Exception:
    if queue.task_exists(connection, command.task_id):
        return ForbiddenError(
            "This task was not given to you, so its answer cannot be taken.", code="not_your_task"
        )
    return NotFoundError(f"There is no task {command.task_id}.")


def _earlier(
    connection: Connection, command: SubmitAnnotation, desk: Desk
) -> dict[str, Any] | None:
    """Find what a first try with this key was told.

    Asked again when the task is answered already: on PostgreSQL a retry that waited for its first
    try sees the lease as it is now, but the joined annotation as it was before.
    """
    found = desk.earlier
    if found is None and desk.lease.state == "submitted":
        found = answers.find_reply(connection, command.person_id, command.client_key)
    if found is None:
        return None
    task_id, reply = found
    if task_id != command.task_id:
        raise ConflictError(
            "This client_key was used for another task; make a new one for each answer.",
            code="client_key_reused",
        )
    told: dict[str, Any] = orjson.loads(reply)
    return told


def _served(command: SubmitAnnotation, desk: Desk) -> int:
    """Say which version of the questions is answered: what was asked may have changed since."""
    if command.version is None or 1 <= command.version <= desk.version:
        return command.version or desk.version
    message = f"The project has no version {command.version} yet."
    raise InvalidError(message, issues=[Issue("version", message)])


def _missed(connection: Connection, desk: Desk, version: int, value: dict[str, Any]) -> Anew | None:
    """Find the change of labels for which this answer comes too late, where it asks anew.

    The project is locked before the task's place is taken, as everywhere.
    """
    if version == desk.version:
        return None
    missed = asks_anew(connection, desk.project_id, version, desk.lease.task_id, value)
    if missed is not None:
        projects.lock_project(connection, desk.project_id)
    return missed


def _check_value(
    connection: Connection,
    command: SubmitAnnotation,
    desk: Desk,
    version: ProjectVersion,
    now: Instant,
) -> tuple[dict[str, Any], bool]:
    context = _context(connection, command, desk, version)
    if issues := validate_value(version.questions, command.value, context):
        raise InvalidError(
            "The answer does not fit the questions; nothing was stored.", issues=issues
        )
    kinds = {question.name: question for question in version.questions}
    value = {
        name: normalise_answer(kinds[name].kind, kinds[name].config, answer)
        for name, answer in command.value.items()
    }
    if any(question.kind in ("recording", "photo") for question in version.questions):
        owner = (command.person_id, command.task_id)
        value = with_measures(connection, owner, version.questions, value, now)
        value = with_photos(connection, owner, version.questions, value, now)
    if command.prediction_id is None:
        return value, False
    proposed = answers.load_prediction_value(connection, command.prediction_id, command.task_id)
    if proposed is None:
        raise NotFoundError(f"Task {command.task_id} has no prediction {command.prediction_id}.")
    said = {name: without_asides(kinds[name].kind, answer) for name, answer in value.items()}
    return value, was_changed(said, proposed)


def _context(
    connection: Connection, command: SubmitAnnotation, desk: Desk, version: ProjectVersion
) -> AnswerContext:
    """What answers are checked beside; the task's data is fetched only where it is needed."""
    if not reads_task(version.questions) and not any(
        reads_data(question.kind) for question in version.questions
    ):
        return AnswerContext(desk.width, desk.height)
    data, details = answers.load_task_data(connection, command.task_id)
    seed = seed_of(command.person_id, command.task_id)
    return AnswerContext(desk.width, desk.height, data, details.get("duration_ms"), seed)


def _find_revised(connection: Connection, command: SubmitAnnotation, desk: Desk) -> Stored | None:
    if command.revises is None:
        if desk.lease.state == "submitted":
            raise ConflictError(
                "You have answered this task already. To change it, send `revises` with the id of "
                "your annotation.",
                code="already_answered",
            )
        return None
    old = answers.load_annotation(connection, command.revises)
    if old is None or (old.person_id, old.task_id) != (command.person_id, command.task_id):
        raise NotFoundError(f"You have no annotation {command.revises} of this task.")
    if not answers.supersede(connection, old.id):
        raise ConflictError(
            f"Annotation {old.id} has been revised already.", code="already_revised"
        )
    return old


def _take_place(connection: Connection, desk: Desk, now: Instant) -> bool:
    """A live lease holds its place; a late answer counts only when a place is still free."""
    held = desk.lease.state == "live"
    queue.end_lease(connection, desk.lease, "submitted", now)
    return held or queue.take_if_free(connection, desk.lease.task_id)


def _row(
    command: SubmitAnnotation,
    desk: Desk,
    version: int,
    value: dict[str, Any],
    changed: bool,
    counted: bool,
    revised: Stored | None,
    now: Instant,
) -> dict[str, Any]:
    return {
        "task_id": command.task_id,
        "person_id": command.person_id,
        "project_id": desk.project_id,
        "project_version": version,
        "revision": revised.revision + 1 if revised else 1,
        "value": orjson.dumps(value).decode(),
        "client_key": command.client_key,
        "submitted_at": now,
        "served_at": desk.lease.served_at,
        "counted": counted,
        "late": desk.is_late(now),
        "prediction_id": command.prediction_id,
        "prediction_shown": command.prediction_shown and command.prediction_id is not None,
        "prediction_changed": changed,
        "simulated": desk.is_simulated,
    }

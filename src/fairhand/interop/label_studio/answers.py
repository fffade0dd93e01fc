"""Annotations and predictions over Label Studio's API.

Whoever holds the token answers: the task is handed to them, their answer is stored, paid and logged
as any other, and kept besides as it was sent. A change is a new revision; nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fairhand.core.errors import ConflictError, ForbiddenError, MalformedError, NotFoundError
from fairhand.formats.label_studio.export import (
    KEPT_FROM,
    annotations_json,
    predictions_json,
    task_json,
)
from fairhand.interop.label_studio.doors import Call, door, invalid, number_in, streamed
from fairhand.interop.label_studio.tasks import task_of
from fairhand.model.foreign import WholeTask
from fairhand.model.label_studio.read_values import UNUSABLE, read_results
from fairhand.use_cases.hand_out_named_task import (
    HandOutNamedTask,
    hand_out_named_task,
    proposal_shown,
)
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.keep_studio_answers import (
    BringPrediction,
    bring_predictions,
    keep_sent_answer,
)
from fairhand.use_cases.read_studio_tasks import (
    StudioProject,
    context_of_task,
    iter_studio_tasks,
    place_of,
    place_of_prediction,
    read_studio_project,
    read_studio_task,
)
from fairhand.use_cases.revise_annotation import ReviseAnnotation, revise_annotation
from fairhand.use_cases.skip_task import SkipTask, skip_task
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation

_MOST_LEAD_S = 86_400.0
_KEPT = "An answer is never deleted: it was paid and is in the log. Change it (PATCH) instead."


@door("GET", "/api/projects/{project_id:int}/next/", "work")
def next_task(call: Call, project_id: int) -> Any:  # noqa: ANN401  # JSON
    """Be handed the best task that one may do; 404 with the reason where there is none."""
    house = call.house
    got = hand_out_task(
        house.db,
        # A foreign tool covers nothing and lets nobody rest: hard content stays on our own page.
        HandOutTask(call.actor.person_id, project_id, harmless=True),
        call.now,
        terms=house.terms,
        idle_cap_ms=house.idle_cap_ms,
    )
    if got.sheet is None or got.lease is None:
        raise NotFoundError(got.message)
    # The predictions are those that this person is shown, and what others answered is not told.
    task = read_studio_task(house.db, got.sheet.task.id)
    shown = got.sheet.prediction.id if got.sheet.prediction else None
    seen = WholeTask(
        task.id,
        task.project_id,
        task.data,
        task.media_type,
        task.created_at,
        task.details,
        predictions=[one for one in task.predictions if one.id == shown],
    )
    found = task_json(seen, _project(call, task).config, host=call.host)
    return found | {"unique_lock_id": str(got.lease.id), "queue": "Sequence queue"}


def _project(call: Call, task: WholeTask) -> StudioProject:
    return read_studio_project(call.house.db, task.project_id)


@door("GET", "/api/tasks/{task_id:int}/annotations/", "task.read")
def list_annotations(call: Call, task_id: int) -> Any:  # noqa: ANN401  # JSON
    """List the answers to a task."""
    task, project = task_of(call, task_id, "task.read")
    return annotations_json(task, project.config)


@door("POST", "/api/tasks/{task_id:int}/annotations/", "work", 201)
def create(call: Call, task_id: int) -> Any:  # noqa: ANN401  # JSON
    """Answer a task, or pass it on (`was_cancelled`)."""
    task, project = task_of(call, task_id, "work")
    given = call.body()
    lead_ms = _lead_ms(given)
    skips = given.get("was_cancelled") is True
    value = {} if skips else _value(call, task, project, given)
    house, person_id = call.house, call.actor.person_id
    shown = proposal_shown(house.db, person_id, task_id)
    value_or_none = None if skips else value
    command = HandOutNamedTask(person_id, task.project_id, task_id, lead_ms, value_or_none)
    hand_out_named_task(
        house.db, command, call.now, terms=house.terms, idle_cap_ms=house.idle_cap_ms
    )
    key = str(uuid4())
    if skips:
        skip_task(
            house.db,
            SkipTask(person_id, task_id, key, worked_ms=lead_ms),
            call.now,
            signer=house.signer,
            idle_cap_ms=house.idle_cap_ms,
        )
        return _newest(call, task_id, is_skip=True)
    answer = SubmitAnnotation(
        person_id,
        task_id,
        key,
        value,
        prediction_id=shown,
        prediction_shown=shown is not None,
        worked_ms=lead_ms,
    )
    _submit(call, answer, given)
    return _newest(call, task_id, is_skip=False)


def _submit(call: Call, command: SubmitAnnotation, given: Mapping[str, Any]) -> None:
    house = call.house
    done = submit_annotation(
        house.db, command, call.now, signer=house.signer, idle_cap_ms=house.idle_cap_ms
    )
    task = read_studio_task(house.db, command.task_id)
    number = int(done.reply["annotation_id"])
    keep_sent_answer(house.db, task.project_id, task.id, number, given, call.now)


def _value(
    call: Call, task: WholeTask, project: StudioProject, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Read what was sent; what is no answer to a question of ours refuses the whole."""
    if not isinstance(given.get("result"), list):
        raise invalid("result", "This field is required.")
    context = context_of_task(call.house.db, task.id)
    value, reasons = read_results(project.config, given["result"], context)
    wrong = [one for one in reasons if not value or one.startswith(UNUSABLE)]
    if wrong or not value:
        raise invalid("result", "; ".join(wrong[:5]) or "It answers no question of this project.")
    return value


def _lead_ms(given: Mapping[str, Any]) -> int:
    lead = given.get("lead_time")
    if isinstance(lead, bool) or not isinstance(lead, int | float) or not lead > 0:
        return 0
    return int(min(float(lead), _MOST_LEAD_S) * 1_000)


def _newest(call: Call, task_id: int, *, is_skip: bool) -> Any:  # noqa: ANN401  # JSON
    """Show what one has just sent."""
    task = read_studio_task(call.house.db, task_id)
    found = annotations_json(task, _project(call, task).config)
    mine = [
        one
        for one in found
        if one["completed_by"] == call.actor.person_id
        and one["was_cancelled"] is is_skip
        and (is_skip or one["id"] < KEPT_FROM)
    ]
    return mine[-1]


@door("GET", "/api/annotations/{number:int}/", "task.read")
def show(call: Call, number: int) -> Any:  # noqa: ANN401  # JSON
    """Show one answer, as its newest revision."""
    return _one(call, number)[0]


def _one(call: Call, number: int) -> tuple[dict[str, Any], WholeTask]:
    task_id = place_of(call.house.db, number)
    if task_id is None:
        raise NotFoundError(f"There is no annotation {number}.")
    task, project = task_of(call, task_id, "task.read")
    for one in annotations_json(task, project.config):
        if one["id"] == number:
            return one, task
    raise NotFoundError(f"There is no annotation {number}.")


@door("PATCH", "/api/annotations/{number:int}/", "work")
def update(call: Call, number: int) -> Any:  # noqa: ANN401  # JSON
    """Change one's own answer: a new revision under the same number."""
    task_id = place_of(call.house.db, number)
    if task_id is None:
        raise NotFoundError(f"There is no annotation {number}.")
    if number >= KEPT_FROM:
        raise ConflictError("What came from elsewhere stays as it came.", code="kept")
    task, project = task_of(call, task_id, "work")
    mine = [one for one in task.given if one.first_id == number]
    if not mine or mine[0].person_id != call.actor.person_id:
        raise ForbiddenError("This is somebody else's answer.", code="not_yours")
    given = call.body()
    value = _value(call, task, project, given)
    house, person_id = call.house, call.actor.person_id
    revise = ReviseAnnotation(person_id, mine[0].id)
    revise_annotation(house.db, revise, call.now, idle_cap_ms=house.idle_cap_ms)
    command = SubmitAnnotation(
        person_id,
        task_id,
        str(uuid4()),
        value,
        revises=mine[0].id,
        worked_ms=_lead_ms(given),
    )
    _submit(call, command, given)
    return _newest(call, task_id, is_skip=False)


@door("DELETE", "/api/annotations/{number:int}/", "work")
def delete(call: Call, number: int) -> Any:  # noqa: ANN401  # JSON
    """Refuse: an answer was paid and is in the log."""
    if place_of(call.house.db, number) is None:
        raise NotFoundError(f"There is no annotation {number}.")
    raise ConflictError(_KEPT, code="kept")


@door("GET", "/api/predictions/", "task.read")
def list_predictions(call: Call) -> Any:  # noqa: ANN401  # JSON
    """List the predictions for a task (`task`) or a whole project (`project`)."""
    if task_id := call.number("task", 0):
        task, project = task_of(call, task_id, "task.read")
        return predictions_json(task, project.config)
    project_id = call.number("project", 0)
    if not project_id:
        raise invalid("project", "Say which project or task.")
    call.need("task.read", project_id)
    read_studio_project(call.house.db, project_id)
    tasks = iter_studio_tasks(call.house.db, project_id)
    return streamed(one for task in tasks for one in task["predictions"])


@door("POST", "/api/predictions/", "project.import", 201)
def predict(call: Call) -> Any:  # noqa: ANN401  # JSON
    """Add a prediction for a task."""
    given = call.body()
    task_id = number_in(given, "task")
    task, project = task_of(call, task_id, "project.import")
    brought = _brought(call, task, project, given)
    bring_predictions(call.house.db, task.project_id, [brought], call.now)
    return predictions_json(read_studio_task(call.house.db, task_id), project.config)[-1]


@door("GET", "/api/predictions/{number:int}/", "task.read")
def show_prediction(call: Call, number: int) -> Any:  # noqa: ANN401  # JSON
    """Show one prediction."""
    task_id = place_of_prediction(call.house.db, number)
    if task_id is not None:
        task, project = task_of(call, task_id, "task.read")
        for one in predictions_json(task, project.config):
            if one["id"] == number:
                return one
    raise NotFoundError(f"There is no prediction {number}.")


@door("POST", "/api/projects/{project_id:int}/import/predictions", "project.import", 201)
def import_predictions(call: Call, project_id: int) -> Any:  # noqa: ANN401  # JSON
    """Add predictions for many tasks: all of them, or none."""
    given = call.json()
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise MalformedError("The body must be a list of predictions.")
    brought = []
    for one in given:
        task, project = task_of(call, number_in(one, "task"), "project.import")
        brought.append(_brought(call, task, project, one))
    bring_predictions(call.house.db, project_id, brought, call.now)
    return {"created": len(brought)}


def _brought(
    call: Call, task: WholeTask, project: StudioProject, given: Mapping[str, Any]
) -> BringPrediction:
    if not isinstance(given.get("result"), list):
        raise invalid("result", "This field is required.")
    context = context_of_task(call.house.db, task.id)
    value, reasons = read_results(project.config, given["result"], context)
    if wrong := [one for one in reasons if one.startswith(UNUSABLE)]:
        raise invalid("result", "; ".join(wrong[:5]))
    score = given.get("score")
    return BringPrediction(
        call.actor.person_id,
        task.project_id,
        task.id,
        dict(given),
        value,
        str(given.get("model_version") or "label-studio")[:100],
        float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None,
    )

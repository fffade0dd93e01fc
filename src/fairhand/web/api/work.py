"""The contributor's half of the API: next, submit, draft, heartbeat, skip, revise, join."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.errors import ForbiddenError
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.house import House
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.revise_annotation import ReviseAnnotation, revise_annotation
from fairhand.use_cases.save_draft import SaveDraft, save_draft
from fairhand.use_cases.skip_task import SkipTask, skip_task
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from fairhand.use_cases.versions import current_version
from fairhand.web.api.bodies import DraftBody, JoinBody, NextBody, SkipBody, SubmitBody
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.fast_lane import Express
from fairhand.web.shared.strict import StrictRoute
from fairhand.web.shared.task_view import task_view

router = APIRouter(prefix="/api/v1", tags=["work"], route_class=StrictRoute)


@router.post("/projects/{project_id}/next")
@guard("work")
def next_task(house: House, actor: Actor, project_id: int, body: NextBody) -> Response:
    """Get the best task you may do, or the reason why there is none just now."""
    command = HandOutTask(
        person_id=actor.person_id,
        project_id=project_id,
        ahead=body.ahead,
        hold=body.hold,
        exclude=frozenset(body.exclude),
    )
    got = hand_out_task(
        house.db, command, house.clock(), terms=house.terms, idle_cap_ms=house.idle_cap_ms
    )
    if got.sheet is None or got.lease is None:
        return reply(
            {
                "task": None,
                "reason": got.reason,
                "message": words_for(actor.locale)(got.message),
                "retry_after_s": got.retry_after_s,
                **got.cut,
            }
        )
    version = current_version(house.db, project_id, got.place.version)
    return reply({"task": task_view(got.place, got.sheet, got.lease, version), **got.cut})


@router.post("/tasks/{task_id}/submit", status_code=201)
@guard("work")
def submit(house: House, actor: Actor, task_id: int, body: SubmitBody) -> Response:
    """Submit your answers; acknowledged only after they are stored, paid and promised."""
    _check_scope(actor)
    command = SubmitAnnotation(
        person_id=actor.person_id,
        task_id=task_id,
        client_key=body.client_key,
        value=body.value,
        prediction_id=body.prediction_id,
        prediction_shown=body.prediction_shown,
        revises=body.revises,
        worked_ms=body.worked_ms,
        visible_ms=body.visible_ms,
        version=body.version,
    )
    done = submit_annotation(
        house.db, command, house.clock(), signer=house.signer, idle_cap_ms=house.idle_cap_ms
    )
    return reply(done.reply, 200 if done.again else 201)


@router.put("/tasks/{task_id}/draft")
@guard("work")
def draft(house: House, actor: Actor, task_id: int, body: DraftBody) -> Response:
    """Keep what you have entered so far."""
    return _keep(house, actor, SaveDraft(actor.person_id, task_id, body.value))


@router.post("/tasks/{task_id}/heartbeat")
@guard("work")
def heartbeat(house: House, actor: Actor, task_id: int) -> Response:
    """Say that you are still at it: keeps your lease and counts your time."""
    return _keep(house, actor, SaveDraft(actor.person_id, task_id))


@router.post("/tasks/{task_id}/skip")
@guard("work")
def skip(house: House, actor: Actor, task_id: int, body: SkipBody) -> Response:
    """Pass a task on: paid, unlimited, without a reason."""
    _check_scope(actor)
    command = SkipTask(
        actor.person_id, task_id, body.client_key, body.reason, body.worked_ms, body.visible_ms
    )
    return reply(
        skip_task(
            house.db, command, house.clock(), signer=house.signer, idle_cap_ms=house.idle_cap_ms
        )
    )


@router.post("/annotations/{annotation_id}/revise")
@guard("work")
def revise(house: House, actor: Actor, annotation_id: int) -> Response:
    """Get a task that you submitted back, to change your answer."""
    _check_scope(actor)
    got = revise_annotation(
        house.db,
        ReviseAnnotation(actor.person_id, annotation_id),
        house.clock(),
        idle_cap_ms=house.idle_cap_ms,
    )
    version = current_version(house.db, got.sheet.task.project_id, got.place.version)
    return reply({"task": task_view(got.place, got.sheet, got.lease, version, got.revises)})


@router.post("/projects/{project_id}/join")
@guard("own")
def join(house: House, actor: Actor, project_id: int, body: JoinBody) -> Response:
    """Accept a project's offer under the notice you have read."""
    joined = join_project(
        house.db, JoinProject(actor.person_id, project_id, body.notice_sha256), house.clock()
    )
    return reply({"joined": True, "already": not joined})


def _keep(house: House, actor: Actor, command: SaveDraft) -> Response:
    _check_scope(actor)
    kept = save_draft(
        house.db, command, house.clock(), terms=house.terms, idle_cap_ms=house.idle_cap_ms
    )
    return reply({"expires_at": iso(kept.expires_at), **kept.cut})


def _check_scope(actor: Actor) -> None:
    """A token for one project cannot reach a task by its bare number."""
    if actor.scope_project_id:
        raise ForbiddenError(
            "This token is for one project; use a token of your account to answer tasks."
        )


TIMETABLE = {
    ("POST", "projects", "next"): Express(next_task, "project_id", NextBody),
    ("POST", "tasks", "submit"): Express(submit, "task_id", SubmitBody),
    ("POST", "tasks", "skip"): Express(skip, "task_id", SkipBody),
    ("POST", "tasks", "heartbeat"): Express(heartbeat, "task_id", None),
    ("PUT", "tasks", "draft"): Express(draft, "task_id", DraftBody),
}
"""What the fast lane answers without FastAPI: the same endpoints, guards and bodies."""

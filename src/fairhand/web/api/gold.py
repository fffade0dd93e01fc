"""Gold tasks over the API: for those who run a project, never for those who answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.read_gold import GoldState, read_gold
from fairhand.use_cases.set_gold_share import SetGoldShare, set_gold_share
from fairhand.use_cases.unmark_gold import UnmarkGold, unmark_gold
from fairhand.web.api.bodies import GoldBody, GoldShareBody
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["quality"], route_class=StrictRoute)


@router.get("/projects/{project_id}/gold")
@guard("people.list")
def show(house: House, actor: Actor, project_id: int) -> Response:
    """List gold tasks and how people did on them, with intervals."""
    return reply(gold_json(read_gold(house.db, project_id)))


@router.put("/projects/{project_id}/gold")
@guard("project.edit")
def share(house: House, actor: Actor, project_id: int, body: GoldShareBody) -> Response:
    """Decide how many of a hundred tasks handed out are gold."""
    command = SetGoldShare(actor.person_id, project_id, body.percent)
    set_gold_share(house.db, command, house.clock())
    return reply({"percent": body.percent})


@router.put("/projects/{project_id}/gold/{task_id}")
@guard("project.edit")
def mark(house: House, actor: Actor, project_id: int, task_id: int, body: GoldBody) -> Response:
    """Say what the right answer to a task is; it is a gold task from now on."""
    command = MarkGold(actor.person_id, project_id, task_id, body.value, body.explanation)
    mark_gold(house.db, command, house.clock())
    return reply({"task_id": task_id, "gold": True})


@router.delete("/projects/{project_id}/gold/{task_id}")
@guard("project.edit")
def unmark(house: House, actor: Actor, project_id: int, task_id: int) -> Response:
    """Make a gold task an ordinary one again."""
    command = UnmarkGold(actor.person_id, project_id, task_id)
    unmark_gold(house.db, command, house.clock())
    return reply({"task_id": task_id, "gold": False})


def gold_json(state: GoldState) -> dict[str, Any]:
    """Write a project's gold tasks and results."""
    return {
        "percent": state.percent,
        "tasks": [
            {
                "task_id": one.task.task_id,
                "value": one.task.value,
                "explanation": one.task.explanation,
                "created_at": iso(one.task.created_at),
                "data": one.task.data,
                "answers": one.answers,
                "right": one.right,
            }
            for one in state.tasks
        ],
        "crowd": asdict(state.crowd),
        "people": [
            {
                "person_id": one.person_id,
                "name": one.name,
                "sentence": one.sentence,
                **asdict(one.share),
            }
            for one in state.people
        ],
        "warnings": list(state.warnings),
    }

"""Changing what is asked, over the API: first what it would touch, then the change."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.change_labels import ChangeLabels, change_labels
from fairhand.use_cases.house import House
from fairhand.use_cases.read_label_change import LabelPreview, read_label_change
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["projects"], route_class=StrictRoute)

Changes = Annotated[list[dict[str, Any]], Field(max_length=200)]
People = Annotated[int | None, Field(ge=1, le=100)]


class LabelPreviewBody(Body):
    """What would change, and how many people would be asked about each task."""

    changes: Changes
    people: People = None


class LabelChangeBody(Body):
    """What changes; `version` is the one that was looked at, `ask` says who is asked again."""

    changes: Changes
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    ask: Literal["touched", "all", "sample", "none"] = "touched"
    people: People = None
    guidelines: str | None = Field(default=None, max_length=1_000_000)


@router.post("/projects/{project_id}/labels/preview")
@guard("project.edit")
def preview(house: House, actor: Actor, project_id: int, body: LabelPreviewBody) -> Response:
    """Say what changes would touch and cost; nothing happens."""
    found = read_label_change(house.db, project_id, body.changes, body.people)
    return reply(preview_json(found))


@router.post("/projects/{project_id}/labels")
@guard("project.edit")
def change(house: House, actor: Actor, project_id: int, body: LabelChangeBody) -> Response:
    """Change labels, questions and guidelines as one version, and ask again where that is said."""
    command = ChangeLabels(
        actor.person_id,
        project_id,
        body.changes,
        body.version,
        body.ask,
        body.people,
        body.guidelines,
    )
    told = change_labels(house.db, command, house.clock())
    return reply(
        {
            "version": told.version,
            "mapped": told.mapped,
            "lost": told.lost,
            "asked": told.asked,
            "left": told.left,
        }
    )


def preview_json(found: LabelPreview) -> dict[str, Any]:
    """Write what a change would touch and cost."""
    touched = found.touched
    return {
        "version": found.version,
        "answers": touched.answers,
        "mapped": touched.answers_mapped,
        "lost": touched.answers_lost,
        "tasks": {
            "answered": len(touched.answered),
            "mapped": len(touched.mapped),
            "lost": len(touched.lost),
        },
        "people": found.people,
        "active": found.active,
        "labels": found.plan.labels,
        "currency": found.currency,
        "costs": {
            ask: {
                "tasks": one.tasks,
                "answers": one.answers,
                "hours_p50": round(one.hours_p50, 3),
                "hours_p90": round(one.hours_p90, 3),
                "micros_p50": one.micros_p50,
                "micros_p90": one.micros_p90,
            }
            for ask, one in found.costs.items()
        },
        "warnings": list(found.warnings),
        "carrying": None
        if found.carrying is None
        else {
            "version": found.carrying.version,
            "done": found.carrying.done,
            "tasks": found.carrying.tasks,
        },
    }

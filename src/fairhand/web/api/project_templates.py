"""Templates through the API: what there is to start from."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.import_sample import ImportSample, import_sample
from fairhand.use_cases.read_templates import Template, list_templates, read_template
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["projects"], route_class=StrictRoute)


@router.get("/templates")
@guard("own")
def list_all(house: House, actor: Actor) -> Response:
    """List the templates, grouped by what is judged."""
    return reply({"templates": [summary_json(one) for one in list_templates()]})


@router.get("/templates/{name}")
@guard("own")
def show(house: House, actor: Actor, name: str) -> Response:
    """Show one template: the fields of a project that only lacks its pay."""
    found = read_template(name)
    return reply(summary_json(found) | {"project": found.fields()})


class SampleBody(Body):
    """Which template's sample tasks are wanted."""

    template: str = Field(max_length=60)


@router.post("/projects/{project_id}/sample", status_code=201)
@guard("project.import")
def bring_sample(house: House, actor: Actor, project_id: int, body: SampleBody) -> Response:
    """Import the sample tasks of a template; doing it again adds nothing twice."""
    command = ImportSample(actor.person_id, project_id, body.template)
    run = import_sample(house.db, house.blobs, command, house.clock())
    return reply({"added": run.added, "already_there": run.already_there}, 201)


def summary_json(template: Template) -> dict[str, Any]:
    """Write a template on one line."""
    return {
        "name": template.name,
        "title": template.title,
        "group": template.group,
        "summary": template.summary,
        "kinds": [question.kind for question in template.questions],
        "has_sample": template.sample is not None,
    }

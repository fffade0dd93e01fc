"""A project's answers over the API, for notebooks and for programs that follow along."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.house import House
from fairhand.use_cases.read_answers import MOST, read_answers
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute
from fairhand.work.annotations.store import Given

router = APIRouter(prefix="/api/v1", tags=["projects"], route_class=StrictRoute)


@router.get("/projects/{project_id}/annotations")
@guard("task.browse")
def show(
    house: House,
    actor: Actor,
    project_id: int,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 500,
) -> Response:
    """List answers with ids above `after`; who gave them is told to who may see people.

    `next` is what to send as `after` for those that come later.
    """
    named = may(actor, "people.list", project_id)
    found = read_answers(house.db, project_id, after, limit)
    last = found[-1].id if found else after
    return reply({"answers": [_json(one, named=named) for one in found], "next": last})


def _json(one: Given, *, named: bool) -> dict[str, Any]:
    return {
        "id": one.id,
        "task_id": one.task_id,
        "person_id": one.person_id if named else None,
        "revision": one.revision,
        "submitted_at": iso(one.submitted_at),
        "counted": one.counted,
        "simulated": one.simulated,
        "assisted": one.assisted,
        "value": one.value,
        "data": one.data,
        "media_sha256": one.media_sha256,
    }

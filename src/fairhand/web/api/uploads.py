"""Photos come in by parts, so that a dropped network costs one part and not all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field
from starlette.responses import Response

from fairhand.core.errors import ForbiddenError
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.check_sent import limits_of
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_upload import (
    JoinUpload,
    KeepUploadPart,
    drop_upload,
    join_upload,
    keep_upload_part,
)
from fairhand.use_cases.open_upload import OpenUpload, open_upload
from fairhand.web.api import bodies
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["photos"], route_class=StrictRoute)


class UploadBody(bodies.Body):
    """Which question of the task is answered, with how many bytes."""

    question: str = Field(max_length=60)
    bytes: bodies.Id


class WholeUploadBody(bodies.Body):
    """How many parts there are."""

    parts: bodies.Id


@router.put("/tasks/{task_id}/uploads/{upload_id}")
@guard("work")
def open_one(
    house: House, actor: Actor, task_id: int, upload_id: str, body: UploadBody
) -> Response:
    """Say that a photo comes, under a UUID of yours; gives the parts that are here already."""
    _check_scope(actor)
    command = OpenUpload(actor.person_id, task_id, body.question, upload_id, body.bytes)
    return reply(open_upload(house.db, command, house.clock(), limits_of(house.settings)))


@router.put("/uploads/{upload_id}/parts/{number}")
@guard("work")
def part(
    house: House,
    actor: Actor,
    upload_id: str,
    number: int,
    content: Annotated[bytes, Body(media_type="application/octet-stream")],
) -> Response:
    """Send a part: 256 KB of the file, the last one what is left; again is harmless."""
    _check_scope(actor)
    command = KeepUploadPart(actor.person_id, upload_id, number, content)
    return reply(keep_upload_part(house.db, house.blobs, command, house.clock()))


@router.post("/uploads/{upload_id}/whole")
@guard("work")
def whole(house: House, actor: Actor, upload_id: str, body: WholeUploadBody) -> Response:
    """Say that all parts are sent; gives what was found and taken out, or what is missing."""
    _check_scope(actor)
    command = JoinUpload(actor.person_id, upload_id, body.parts)
    return reply(join_upload(house.db, house.blobs, command, house.clock()))


@router.delete("/uploads/{upload_id}")
@guard("work")
def forget(house: House, actor: Actor, upload_id: str) -> Response:
    """Forget a photo that is part of no answer."""
    _check_scope(actor)
    drop_upload(house.db, house.blobs, actor.person_id, upload_id, house.clock())
    return reply({"state": "dropped"})


def _check_scope(actor: Actor) -> None:
    """A token for one project cannot reach a photo by its bare name."""
    if actor.scope_project_id:
        raise ForbiddenError(
            "This token is for one project; use a token of your account to send photos."
        )

"""Recordings come in by parts, so that a dropped network costs one part and not all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field
from starlette.responses import Response

from fairhand.core.errors import ForbiddenError
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.check_sent import limits_of
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_recording import (
    JoinParts,
    KeepPart,
    drop_recording,
    join_parts,
    keep_part,
)
from fairhand.use_cases.open_recording import OpenRecording, open_recording
from fairhand.web.api import bodies
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["recordings"], route_class=StrictRoute)


class RecordingBody(bodies.Body):
    """Which question of the task is answered, at how many samples a second."""

    question: str = Field(max_length=60)
    rate: int


class WholeBody(bodies.Body):
    """How many parts and samples there are, as the device counted them."""

    parts: bodies.Id
    samples: bodies.Id


@router.put("/tasks/{task_id}/recordings/{recording_id}")
@guard("work")
def open_one(
    house: House, actor: Actor, task_id: int, recording_id: str, body: RecordingBody
) -> Response:
    """Say that a recording comes, under a UUID of yours; gives the parts that are here already."""
    _check_scope(actor)
    command = OpenRecording(actor.person_id, task_id, body.question, recording_id, body.rate)
    limits = limits_of(house.settings)
    return reply(open_recording(house.db, command, house.clock(), limits))


@router.put("/recordings/{recording_id}/parts/{number}")
@guard("work")
def part(
    house: House,
    actor: Actor,
    recording_id: str,
    number: int,
    content: Annotated[bytes, Body(media_type="application/octet-stream")],
) -> Response:
    """Send a part: up to 256 KB of 16-bit little-endian samples, one channel; again is harmless."""
    _check_scope(actor)
    command = KeepPart(actor.person_id, recording_id, number, content)
    return reply(keep_part(house.db, house.blobs, command, house.clock()))


@router.post("/recordings/{recording_id}/whole")
@guard("work")
def whole(house: House, actor: Actor, recording_id: str, body: WholeBody) -> Response:
    """Say that all parts are sent; gives what was measured, or which parts are missing."""
    _check_scope(actor)
    command = JoinParts(actor.person_id, recording_id, body.parts, body.samples)
    return reply(join_parts(house.db, house.blobs, command, house.clock()))


@router.delete("/recordings/{recording_id}")
@guard("work")
def forget(house: House, actor: Actor, recording_id: str) -> Response:
    """Forget a recording that is part of no answer, voice and all."""
    _check_scope(actor)
    drop_recording(house.db, house.blobs, actor.person_id, recording_id, house.clock())
    return reply({"state": "dropped"})


def _check_scope(actor: Actor) -> None:
    """A token for one project cannot reach a recording by its bare name."""
    if actor.scope_project_id:
        raise ForbiddenError(
            "This token is for one project; use a token of your account to send recordings."
        )

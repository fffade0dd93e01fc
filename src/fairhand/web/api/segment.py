"""Click-to-segment over the API: a prompt goes in, one region comes out, nothing is stored."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.compute.models.prompts import MAX_CLICKS, Click
from fairhand.labels.rle import MAX_SIDE, MAX_TEXT
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.propose_region import ProposeRegion, propose_region
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["work"], route_class=StrictRoute)

Pixel = Annotated[int, Field(ge=0, le=MAX_SIDE)]


class ClickBody(Body):
    """A pixel of the picture that belongs to the thing (`positive`), or does not."""

    x: Pixel
    y: Pixel
    positive: bool = True


class SegmentBody(Body):
    """What is pointed at. The last click is the new one; a box may stand alone.

    `box` is x0, y0, x1, y1; `region` is this thing's mask so far as COCO's compressed run lengths,
    and never the rest of the annotation.
    """

    question: str = Field(max_length=200)
    label: str = Field(max_length=200)
    clicks: list[ClickBody] = Field(default_factory=list, max_length=MAX_CLICKS)
    box: list[Pixel] | None = Field(default=None, min_length=4, max_length=4)
    region: str | None = Field(default=None, max_length=MAX_TEXT)


@router.post("/tasks/{task_id}/segment")
@guard("work")
def segment(house: House, actor: Actor, task_id: int, body: SegmentBody) -> Response:
    """Outline the thing you clicked on; for who holds the task, or owns its project.

    With a `region`, a positive click only adds to it and a negative one only takes away, around
    the click. `score` is the intersection over union that is expected with what you mean.
    """
    box = None if body.box is None else (body.box[0], body.box[1], body.box[2], body.box[3])
    command = ProposeRegion(
        task_id=task_id,
        question=body.question,
        label=body.label,
        clicks=tuple(Click(one.x, one.y, one.positive) for one in body.clicks),
        box=box,
        region=body.region,
    )
    found = propose_region(house.db, house.blobs, actor, command)
    return reply(
        {
            "counts": found.counts,
            "size": list(found.size),
            "box": None if found.box is None else list(found.box),
            "score": found.score,
            "took_ms": found.took_ms,
            "model": found.model,
        }
    )

"""What Markdown will look like: words go in, safe HTML comes out, nothing is stored."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.labels.text import MAX_LENGTH
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute
from fairhand.web.shared.talk import reply_html

router = APIRouter(prefix="/api/v1", tags=["work"], route_class=StrictRoute)


class PreviewBody(Body):
    """What was written so far."""

    text: str = Field(max_length=MAX_LENGTH)


@router.post("/preview")
@guard("work")
def preview(house: House, actor: Actor, body: PreviewBody) -> Response:
    """Draw Markdown as readers of an answer see it: no pictures, no HTML of its own."""
    return reply({"html": reply_html(body.text)})

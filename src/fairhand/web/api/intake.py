"""How a campaign's intake stands, over the API: counts and what waits, nobody named.

What to do about it is said by a person on the page: no token decides about what people gave.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_intake import Intake, read_intake
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(
    prefix="/api/v1/projects/{project_id}/intake", tags=["campaigns"], route_class=StrictRoute
)


@router.get("")
@guard("campaign.view")
def intake(
    house: House,
    actor: Actor,
    project_id: int,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
) -> Response:
    """Count contributions by state, and list those that wait for a human, ten a page."""
    return reply(intake_json(read_intake(house.db, house.blobs, project_id, after)))


def intake_json(found: Intake) -> dict[str, Any]:
    """Write how an intake stands; who gave something is not said."""
    return {
        "states": dict(found.counts),
        "waiting": found.waiting,
        "listed": [
            {
                "contribution": seen.given.id,
                "question": seen.given.question,
                "modality": seen.given.modality,
                "state": seen.given.state,
                "media_type": seen.given.media_type,
                "measures": dict(seen.given.measures),
                "given_at": iso(seen.given.given_at),
                "resembles": None if seen.other is None else seen.other.id,
                "noticed": [
                    {"kind": one.kind, "severity": one.severity, "words": one.words,
                     "details": dict(one.details)}
                    for one in seen.noticed
                    if one.settled_as is None
                ],
            }
            for seen in found.listed
        ],
        "after": found.after,
    }  # fmt: skip

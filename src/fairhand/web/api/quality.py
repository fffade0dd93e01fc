"""A project's quality over the API: the same picture as the page, and what may be done."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.ask_again import AskAgain, ask_again
from fairhand.use_cases.house import House
from fairhand.use_cases.look_at_signal import LookAtSignal, look_at_signal
from fairhand.use_cases.read_quality import QualityPicture, read_quality
from fairhand.web.api.bodies import AskAgainBody, SignalBody
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["quality"], route_class=StrictRoute)


@router.get("/projects/{project_id}/quality")
@guard("project.status")
def show(house: House, actor: Actor, project_id: int) -> Response:
    """Show agreement, confusions, doubtful answers and signals; names only to who may see them."""
    named = may(actor, "people.list", project_id)
    return reply(quality_json(read_quality(house.db, project_id, named=named)))


@router.post("/projects/{project_id}/quality/ask")
@guard("project.edit")
def ask(house: House, actor: Actor, project_id: int, body: AskAgainBody) -> Response:
    """Ask one more person about tasks that are full."""
    command = AskAgain(actor.person_id, project_id, tuple(body.tasks))
    return reply(asdict(ask_again(house.db, command, house.clock())))


@router.post("/projects/{project_id}/quality/signals/{signal_id}")
@guard("project.edit")
def signal(
    house: House, actor: Actor, project_id: int, signal_id: int, body: SignalBody
) -> Response:
    """Say what was made of a signal; nothing happens to anybody by it."""
    command = LookAtSignal(actor.person_id, project_id, signal_id, body.state, body.note)
    look_at_signal(house.db, command, house.clock())
    return reply({"signal_id": signal_id, "state": body.state})


def quality_json(picture: QualityPicture) -> dict[str, Any]:
    """Write a project's quality."""
    return {
        "questions": [
            {
                "question": one.name,
                "title": one.title,
                "kind": one.kind,
                "subjective": one.is_subjective,
                "figures": asdict(one.figures),
                "report": one.report,
                "measured_at": None if one.measured_at is None else iso(one.measured_at),
            }
            for one in picture.questions
        ],
        "doubts": [asdict(one) for one in picture.doubts],
        "signals": [
            {
                "id": one.signal.id,
                "kind": one.signal.kind,
                "question": one.signal.question,
                "people": list(one.signal.people),
                "names": list(one.names),
                "sentence": one.signal.sentence,
                "evidence": one.signal.evidence,
                "strength": one.signal.strength,
                "what_would_explain_it_otherwise": list(one.signal.otherwise),
                "state": one.signal.state,
                "note": one.signal.note,
                "first_seen_at": iso(one.signal.first_seen_at),
            }
            for one in picture.signals
        ],
    }

"""Leaks: the owner sends files that turned up, and sees whose copy they are."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.likeness.suspect import MOST_BYTES
from fairhand.use_cases.house import House
from fairhand.use_cases.read_marks import read_marks
from fairhand.use_cases.trace_leak import Traced, TraceLeak, trace_leak
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/projects/{project_id:int}/leaks")
@guard("licence.view")
def leaks(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show what marks there are, and how sure a trace can be."""
    return _show(house, actor, request, project_id)


@router.post("/projects/{project_id:int}/leaks")
@guard("licence.decide", form=True)
def trace(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    file: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Trace files; nothing of them is kept."""
    try:
        sent = [one.file.read(MOST_BYTES + 1) for one in file or [] if one.filename or one.size]
        if not sent:
            raise InvalidError("Choose a file.", issues=[Issue("file", "Choose a file.")])
        command = TraceLeak(project_id, actor.person_id, sent)
        traced = trace_leak(house.db, house.blobs, command, house.clock())
    except FairhandError as error:
        form = failed(error, {"file": ""})
        return _show(house, actor, request, project_id, form=form)
    return _show(house, actor, request, project_id, traced=traced)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    *,
    form: Form | None = None,
    traced: Traced | None = None,
) -> Response:
    found = read_marks(house.db, project_id)
    context: dict[str, Any] = {
        "project": found.project,
        "marks": found,
        "traced": traced,
        "form": form or Form(),
        "may_trace": may(actor, "licence.decide", project_id),
    }
    status = form.status if form else 200
    return render(request, "leaks.html", context, actor=actor, status=status)

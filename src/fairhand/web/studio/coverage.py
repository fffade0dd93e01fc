"""The picture of a campaign: what came of whom, what is missing, whom to ask next."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.campaigns.coverage import CellPicture, Coverage
from fairhand.people.campaigns.rules import ATTRIBUTES, CHOICES
from fairhand.use_cases.house import House
from fairhand.use_cases.read_campaign import read_campaign
from fairhand.use_cases.read_coverage import read_coverage
from fairhand.use_cases.set_cells import SetCells, set_cells
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render, when
from fairhand.web.studio.campaign_form import Fields, lines_of, read_cells

router = APIRouter(include_in_schema=False)

WORDS = {
    "language": "Language",
    "region": "Region",
    "device": "Device",
    "environment": "Place",
    "age_band": "Age",
}
_LABEL = 13


@router.get("/projects/{project_id:int}/coverage")
@guard("campaign.view")
def coverage(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show what came of whom, with small groups hidden, and whom to ask next."""
    return _show(house, actor, request, project_id, None)


@router.post("/projects/{project_id:int}/coverage")
@guard("campaign.edit", form=True)
def change_cells(
    house: House, actor: Actor, request: Request, project_id: int, sent: Fields
) -> Response:
    """Say of whom how much is needed."""
    typed = sent.get("cells", "").replace("\r\n", "\n")
    try:
        command = SetCells(actor.person_id, project_id, read_cells(typed))
        set_cells(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, failed(error, {"cells": typed}))
    return RedirectResponse(f"/projects/{project_id}/coverage", status_code=303)


def _show(
    house: House, actor: Actor, request: Request, project_id: int, form: Form | None
) -> Response:
    page = read_coverage(house.db, project_id, house.clock())
    cells = read_campaign(house.db, project_id).cells
    drawn = page.coverage
    context: dict[str, Any] = {
        "project": page.project,
        "campaign": page.campaign,
        "drawn": drawn,
        "said": _said(drawn),
        "rows": [_row(one) for one in drawn.cells],
        "next": [_row(one) for one in drawn.next],
        "whole": _whole(drawn),
        "margins": _margins(drawn),
        "form": form or Form({"cells": lines_of(cells)}),
        "attributes": ATTRIBUTES,
        "choices": CHOICES,
        "may_edit": may(actor, "campaign.edit", project_id),
    }
    status = form.status if form else 200
    return render(request, "coverage.html", context, actor=actor, status=status)


def _said(drawn: Coverage) -> str:
    if drawn.epsilon is None:
        return (
            f"Counts are as of {when(drawn.as_of)}, rounded down to steps of {drawn.smallest_cell}."
        )
    words = f"People are counted once a week, with noise of epsilon {drawn.epsilon:g}"
    if not drawn.weeks:
        return f"{words}; the first counts come a day after the first week."
    return f"{words}; a count is off by {drawn.error} at most in 95 of 100 cases."


def _row(one: CellPicture) -> dict[str, Any]:
    about = ", ".join(
        f"{WORDS[name].lower()} {said_words(value)}" for name, value in one.cell.attributes.items()
    )
    shown = None
    if one.reached is not None:
        shown = charts.progress(one.cell.name, one.reached, one.cell.target)
    return {"one": one, "about": about, "progress": shown}


def _whole(drawn: Coverage) -> Markup | None:
    if drawn.reached is None or not drawn.target:
        return None
    return charts.progress("Contributions", drawn.reached, drawn.target)


def _margins(drawn: Coverage) -> list[Markup]:
    pictures = []
    for name, group in groupby(drawn.margins, key=lambda one: one.attribute):
        some = list(group)
        labels = [_cut(said_words(one.value)) for one in some]
        pictures.append(charts.bars(WORDS[name], labels, [one.people for one in some], "people"))
    return pictures


def said_words(value: str) -> str:
    """Write what somebody said of themselves as one reads it."""
    return value.replace("_", " ") if value else "not said"


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"

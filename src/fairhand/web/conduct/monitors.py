"""What watches those who decide: incidents that wait, and what each monitor sees now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, NotFoundError
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.conduct.impact import FOUR_FIFTHS, MEASURES, QUESTIONS, Impact
from fairhand.people.conduct.monitoring import (
    LEAST_REVIEWS,
    MOST_CONFIRMED,
    SHORTEST_MS,
    K,
    Stamp,
)
from fairhand.use_cases.close_incident import CloseIncident, close_incident
from fairhand.use_cases.house import House
from fairhand.use_cases.read_monitors import Monitors, read_council_monitors, read_monitors
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=20_000)]
TITLES = {
    "rubber_stamp": "Answers by rubber stamp",
    "retaliation": "Less work after contesting",
    "adverse_impact": "A group fares worse",
    "late_answer": "Appeals that nobody answered",
    "unregistered": "A system in no register",
}
_MOST_SHOWN = 24


@router.get("/conduct/monitors")
@guard("conduct.view", everywhere=True)
def monitors(house: House, actor: Actor, request: Request) -> Response:
    """Show incidents and what the monitors see."""
    return _show(house, actor, request, Form())


@router.post("/conduct/monitors/{incident_id:int}/close")
@guard("conduct.decide", form=True, everywhere=True)
def close(
    house: House, actor: Actor, request: Request, incident_id: int, note: Text = ""
) -> Response:
    """Close an incident with a note."""
    command = CloseIncident(actor.person_id, incident_id, note, may_decide=True)
    try:
        close_incident(house.db, command, house.clock())
    except NotFoundError:
        raise
    except FairhandError as error:
        values = {"note": note, "incident": str(incident_id)}
        return _show(house, actor, request, failed(error, values))
    return RedirectResponse("/conduct/monitors", status_code=303)


@router.get("/council/monitors")
@guard("own")
def for_council(house: House, actor: Actor, request: Request) -> Response:
    """Show those on the council what is for them."""
    return _show_council(house, actor, request, Form())


@router.post("/council/monitors/{incident_id:int}/close")
@guard("own", form=True)
def close_for_council(
    house: House, actor: Actor, request: Request, incident_id: int, note: Text = ""
) -> Response:
    """Close what is for the council, as one who sits there."""
    read_council_monitors(house.db, actor.person_id, house.clock())
    try:
        close_incident(house.db, CloseIncident(actor.person_id, incident_id, note), house.clock())
    except NotFoundError:
        raise
    except FairhandError as error:
        values = {"note": note, "incident": str(incident_id)}
        return _show_council(house, actor, request, failed(error, values))
    return RedirectResponse("/council/monitors", status_code=303)


def _show(house: House, actor: Actor, request: Request, form: Form) -> Response:
    found = read_monitors(house.db, house.clock())
    context = _context(found, form) | {
        "for_council": False,
        "base": "/conduct/monitors",
        "may_close": may(actor, "conduct.decide"),
        "me": actor.person_id,
    }
    return render(request, "monitors.html", context, actor=actor, status=form.status)


def _show_council(house: House, actor: Actor, request: Request, form: Form) -> Response:
    found = read_council_monitors(house.db, actor.person_id, house.clock())
    context = _context(found, form) | {
        "for_council": True,
        "base": "/council/monitors",
        "may_close": True,
        "me": actor.person_id,
    }
    return render(request, "monitors.html", context, actor=actor, status=form.status)


def _context(monitors: Monitors, form: Form) -> dict[str, Any]:
    return {
        "monitors": monitors,
        "found": monitors.found,
        "waiting": [one for one in monitors.incidents if one.state == "open"],
        "closed": [one for one in monitors.incidents if one.state == "closed"],
        "titles": TITLES,
        "measures": MEASURES,
        "questions": QUESTIONS,
        "stamp_pictures": _stamp_pictures(monitors.found.stamps, monitors.names),
        "impact_pictures": _impact_pictures(monitors.found.impacts),
        "k": K,
        "least_reviews": LEAST_REVIEWS,
        "most_confirmed": f"{MOST_CONFIRMED:.0%}",
        "shortest_s": SHORTEST_MS // 1_000,
        "form": form,
    }


def _stamp_pictures(stamps: tuple[Stamp, ...], names: dict[int, str]) -> list[Markup]:
    """Draw each reviewer's share of confirmed decisions, and how long they look."""
    if not stamps:
        return []
    labels = [names.get(one.reviewer_id, f"#{one.reviewer_id}") for one in stamps[:_MOST_SHOWN]]
    shares = [round(100 * one.share) for one in stamps[:_MOST_SHOWN]]
    times = [round(one.median_ms / 60_000, 1) for one in stamps[:_MOST_SHOWN]]
    return [
        charts.bars("Decisions confirmed, in a hundred", labels, shares, "%", 100.0),
        charts.bars("Time with the evidence, the middle one", labels, times, "min"),
    ]


def _impact_pictures(impacts: tuple[Impact, ...]) -> list[Markup]:
    """Draw each group beside all others who answered; the line is at four fifths."""
    return [
        charts.bars(
            f"{words}, in % of the others (a look below {FOUR_FIFTHS:.0%})",
            [one.group for one in own],
            [round(100 * one.ratio) for one in own],
            "%",
        )
        for measure, words in MEASURES.items()
        if (own := [one for one in impacts if one.measure == measure][:_MOST_SHOWN])
    ]

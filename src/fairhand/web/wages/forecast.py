"""A project's forecast: what it will cost, how sure that is, and what it hangs on."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.errors import FairhandError
from fairhand.core.money import MICROS, Money, exponent, micros_to_minor_up
from fairhand.pay.forecast.rules import Forecast
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.house import House
from fairhand.use_cases.read_forecast import ProjectForecast, read_forecast
from fairhand.use_cases.read_project import read_project
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.what_if import FIELDS, read_what_if

router = APIRouter(include_in_schema=False)

_MOST = 40
_WORTH_SHOWING = 3


@router.get("/projects/{project_id:int}/forecast")
@guard("project.status")
def forecast(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    overlap: str = "",
    target: str = "",
    per_hour: str = "",
    people: str = "",
) -> Response:
    """Show what a project will cost from here on, as it is or with something else supposed."""
    project = read_project(house.db, project_id)
    texts = (overlap, target, per_hour, people)
    asked = {name: text[:_MOST] for name, text in zip(FIELDS, texts, strict=True)}
    form = Form(asked, fields=FIELDS)
    now = house.clock()
    as_it_is = read_forecast(house.db, project_id, now)
    found = as_it_is
    try:
        if any(asked.values()):
            what_if = read_what_if(asked, project.currency)
            found = read_forecast(house.db, project_id, now, what_if)
    except FairhandError as error:
        form = failed(error, asked)
    context = _context(found, as_it_is) | {
        "form": form,
        "may_fund": may(actor, "project.fund", project_id),
    }
    return render(request, "forecast.html", context, actor=actor, status=form.status)


def _context(found: ProjectForecast, as_it_is: ProjectForecast) -> dict[str, Any]:
    forecast, currency = found.forecast, found.forecast.currency
    return {
        "project": found.project,
        "found": found,
        "forecast": forecast,
        "usual": as_it_is.forecast,
        "currency": currency,
        "up": lambda micros: Money(micros_to_minor_up(round(micros)), currency),
        "whole": _whole,
        "picture": _range_picture(found, as_it_is) if forecast.tasks_left else None,
        "levers": _tornado(forecast) if forecast.tasks_left else None,
        "parts": _parts(forecast) if forecast.tasks_left else None,
        "share_done": _share_done(found),
        "calibration": found.calibration.score,
        "narrower": _narrower(forecast),
        "told_items": found.estimate.told.items if found.estimate else 0,
    }


def _units(micros: float, currency: str) -> float:
    return round(micros / MICROS / float(10 ** exponent(currency)), 2)


def _whole(number: float) -> str:
    """Write a number with as many digits as matter: 0.1 (or less), 3.2, 1,250."""
    if 0 < number < 0.1:
        return "0.1"
    return f"{number:,.1f}" if number < 10 else f"{number:,.0f}"


def _range_picture(found: ProjectForecast, as_it_is: ProjectForecast) -> Markup:
    forecast, said = found.forecast, found.said
    rows = [("expected in all", forecast.total.p50, forecast.total.p10, forecast.total.p90)]
    if found.is_otherwise:
        usual = as_it_is.forecast.total
        rows.append(("as it is now", usual.p50, usual.p10, usual.p90))
    more, spent = forecast.with_more, forecast.spent_micros
    rows.append(("30 answers on", more.p50 + spent, more.p10 + spent, more.p90 + spent))
    if said is not None:
        rows.append(("said at opening", said.total_p50, said.total_p50, said.total_p90))
    rows.append(("spent so far", spent, spent, spent))
    aside = spent + forecast.escrow_micros
    if aside < _WORTH_SHOWING * forecast.total.p90:  # or all the rest would be dots
        rows.append(("and set aside", aside, spent, aside))
    items = [
        charts.Interval(label, *(_units(value, forecast.currency) for value in values))
        for label, *values in rows
    ]
    most = max(item.high for item in items) or 1.0
    return charts.intervals(
        f"What it costs, {forecast.currency}: the middle, and eight in ten futures", items, 0, most
    )


def _tornado(forecast: Forecast) -> Markup:
    swings = [
        charts.Swing(
            one.name,
            _units(one.low_micros, forecast.currency),
            _units(one.high_micros, forecast.currency),
        )
        for one in forecast.levers
    ]
    middle = _units(forecast.money.p50, forecast.currency)
    return charts.tornado("Money still to spend, if one thing alone changes", swings, middle)


def _parts(forecast: Forecast) -> Markup:
    parts = forecast.parts
    names = ["answering", "other paid time", "top-ups to the floor"]
    values: list[float] = [parts.answering, parts.other_time, parts.top_ups]
    if parts.on_top:
        names.append("hazard, data costs")
        values.append(parts.on_top)
    units = [_units(value, forecast.currency) for value in values]
    return charts.bars(f"Where it goes, {forecast.currency}", [_cut(one) for one in names], units)


def _cut(name: str) -> str:
    return {"other paid time": "other time", "top-ups to the floor": "top-ups"}.get(name, name)


def _share_done(found: ProjectForecast) -> float | None:
    """Give the part of the tasks that are finished; None before any is."""
    tasks = found.finished_tasks + found.forecast.tasks_left
    return found.finished_tasks / tasks if found.finished_tasks and tasks else None


def _narrower(forecast: Forecast) -> float:
    """Give how much of the doubt thirty more answers take away, as a share of it."""
    now = forecast.money.p90 - forecast.money.p10
    then = forecast.with_more.p90 - forecast.with_more.p10
    return max(0.0, 1.0 - then / now) if now > 0 else 0.0

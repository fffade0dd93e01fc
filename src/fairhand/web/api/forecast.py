"""Forecasts and offers over the API: the same numbers as on the pages."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.money import Money, micros_to_minor_up
from fairhand.core.words import ENGLISH
from fairhand.pay.forecast.rules import Range
from fairhand.pay.policies.words import policy_words
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_forecast import ProjectForecast, read_forecast
from fairhand.use_cases.read_offers import (
    Offer,
    list_offers,
    paid_out_words,
    paid_time_words,
)
from fairhand.use_cases.read_project import read_project
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute
from fairhand.web.shared.what_if import read_what_if

router = APIRouter(prefix="/api/v1", tags=["pay"], route_class=StrictRoute)


@router.get("/projects/{project_id}/forecast")
@guard("project.status")
def show(
    house: House,
    actor: Actor,
    project_id: int,
    overlap: str = "",
    target: str = "",
    per_hour: str = "",
    people: str = "",
) -> Response:
    """Forecast what a project will cost from here on, as it is or with something else supposed."""
    currency = read_project(house.db, project_id).currency
    asked = {"overlap": overlap, "target": target, "per_hour": per_hour, "people": people}
    what_if = read_what_if(asked, currency)
    found = read_forecast(house.db, project_id, house.clock(), what_if)
    return reply(forecast_json(found))


@router.get("/me/offers")
@guard("own")
def offers(house: House, actor: Actor) -> Response:
    """List what you could work on and work on, as it is told before you accept."""
    found = list_offers(house.db, actor, house.clock())
    return reply({"offers": [offer_json(offer) for offer in found]})


def offer_json(offer: Offer) -> dict[str, Any]:
    """Write an offer; times in seconds, money as decimal strings."""
    project, told, floor = offer.project, offer.told, offer.floor
    return {
        "project_id": project.id,
        "title": project.title,
        "purpose": project.purpose,
        "mode": project.mode,
        "joined": offer.joined,
        "currency": project.currency,
        "pay": policy_words(offer.pay),
        "per_hour": offer.per_hour.decimal(),
        "your_floor": None
        if floor is None
        else {"per_hour": floor.per_hour.decimal(), "source": floor.source},
        "half_less_than_s": told.p50_ms / 1_000,
        "nine_in_ten_less_than_s": told.p90_ms / 1_000,
        "measured_answers": told.items if told.basis == "measured" else 0,
        "tasks_left": offer.tasks_left,
        "tasks_left_at_least": offer.is_at_least,
        "counts_as_paid_time": paid_time_words(ENGLISH),
        "paid_out": paid_out_words(offer, ENGLISH),
        "coming": [
            {"from": iso(policy.valid_from), "pay": policy_words(policy), "reason": policy.reason}
            for policy in offer.coming
        ],
    }


def forecast_json(found: ProjectForecast) -> dict[str, Any]:
    """Write a forecast; money as decimal strings, rounded up to what is whole."""
    forecast, said, estimate = found.forecast, found.said, found.estimate
    score = found.calibration.score
    currency = forecast.currency

    def money(micros: float) -> str:
        return Money(micros_to_minor_up(round(micros)), currency).decimal()

    def sums(one: Range) -> dict[str, str]:
        return {"p10": money(one.p10), "p50": money(one.p50), "p90": money(one.p90)}

    return {
        "project_id": found.project.id,
        "currency": currency,
        "otherwise": found.is_otherwise,
        "to_spend": sums(forecast.money),
        "in_all": sums(forecast.total),
        "spent": money(forecast.spent_micros),
        "escrow": money(forecast.escrow_micros),
        "missing": {"p50": money(forecast.missing_p50), "p90": money(forecast.missing_p90)},
        "parts": {
            "answering": money(forecast.parts.answering),
            "other_time": money(forecast.parts.other_time),
            "top_ups": money(forecast.parts.top_ups),
            "on_top": money(forecast.parts.on_top),
        },
        "hours": _numbers(forecast.hours, 2),
        "answers": _numbers(forecast.answers, 0),
        "seconds_an_answer": _numbers(forecast.seconds, 1),
        "working_days": _numbers(forecast.days, 1),
        "top_up_share": _numbers(forecast.top_up_share, 4),
        "people": forecast.people,
        "tasks_left": forecast.tasks_left,
        "tasks_finished": found.finished_tasks,
        "answers_measured": forecast.measured,
        "levers": [
            {"input": one.name, "low": money(one.low_micros), "high": money(one.high_micros)}
            for one in forecast.levers
        ],
        "with_30_more_answers": sums(forecast.with_more),
        "said_at_opening": None
        if said is None
        else {
            "at": iso(said.at),
            "in_all": {"p50": money(said.total_p50), "p90": money(said.total_p90)},
            "tasks": said.tasks,
        },
        "estimate": None
        if estimate is None
        else {
            "half_less_than_s": estimate.told.p50_ms / 1_000,
            "nine_in_ten_less_than_s": estimate.told.p90_ms / 1_000,
            "measured_answers": estimate.told.items,
            "basis": estimate.told.basis,
        },
        "calibration": {
            "scored": score.scored,
            "within_p90": score.within_p90,
            "within_p50": score.within_p50,
        },
        "assumptions": list(found.assumptions),
    }


def _numbers(one: Range, digits: int) -> dict[str, float]:
    return {
        name: round(value, digits)
        for name, value in (("p10", one.p10), ("p50", one.p50), ("p90", one.p90))
    }

"""What a project pays: its policy in words, what comes, what it costs, and booked hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import Instant
from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.money import MICROS, exponent
from fairhand.pay.policies.asking import FIELDS, policy_json, read_asked, read_moment
from fairhand.pay.policies.words import coming_words, day_words, policy_words, worked_example
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.cancel_booking import CancelBooking, cancel_booking
from fairhand.use_cases.house import House
from fairhand.use_cases.offer_booking import OfferBooking, offer_booking
from fairhand.use_cases.read_council import read_waiting
from fairhand.use_cases.read_project_pay import (
    ProjectPay,
    preview_change,
    read_policies,
    read_project_pay,
)
from fairhand.use_cases.set_pay_policy import SetPayPolicy, set_pay_policy
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=2_000)]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
_BASES = (
    ("time", "by the hour"),
    ("piece", "for each answer"),
    ("audio", "for each minute of audio"),
)


@router.get("/projects/{project_id:int}/pay")
@guard("pay.view_all")
def pay(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show what a project pays and what that costs."""
    return _show(house, actor, request, project_id)


@router.post("/projects/{project_id:int}/pay")
@guard("pay.set", form=True)
def change(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    do: Text = "preview",
    basis: Text = "",
    per_hour: Text = "",
    unit: Text = "",
    hazard: Text = "",
    data: Text = "",
    min_block: Text = "",
    wait_block: Text = "",
    cancel: Text = "",
    reprices_itself: Text = "",
    valid_from: Text = "",
    reason: Text = "",
) -> Response:
    """Show what a change would do, or make it."""
    given = (basis, per_hour, unit, hazard, data, min_block, wait_block, cancel)
    asked = dict(zip(FIELDS, (*given, reprices_itself, valid_from, reason), strict=True))
    now, notice = house.clock(), house.settings.pay_notice_days
    try:
        currency = read_policies(house.db, project_id)[-1].currency
        fields = read_asked(asked, currency)
        command = SetPayPolicy(actor.person_id, project_id, **fields)
        if do != "change":
            new, lowers = preview_change(house.db, command, now, notice)
            preview = {"words": coming_words(new), "lowers": lowers, "policy": new}
            return _show(house, actor, request, project_id, Form(asked), preview=preview)
        set_pay_policy(house.db, command, now, notice_days=notice)
    except FairhandError as error:
        return _show(house, actor, request, project_id, failed(error, asked))
    return RedirectResponse(f"/projects/{project_id}/pay", status_code=303)


@router.post("/projects/{project_id:int}/pay/bookings")
@guard("pay.set", form=True)
def book(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    person_id: Text = "",
    starts_at: Text = "",
    ends_at: Text = "",
) -> Response:
    """Offer hours to a person."""
    typed = {"person_id": person_id, "starts_at": starts_at, "ends_at": ends_at}
    try:
        who = int(person_id) if person_id.isascii() and person_id.isdigit() else 0
        begins, ends = _moment(starts_at, "starts_at"), _moment(ends_at, "ends_at")
        command = OfferBooking(actor.person_id, project_id, who % 2**63, begins, ends)
        offer_booking(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, booking=failed(error, typed))
    return RedirectResponse(f"/projects/{project_id}/pay#bookings", status_code=303)


@router.post("/projects/{project_id:int}/pay/bookings/{booking_id:int}/cancel")
@guard("pay.set", form=True)
def call_off(
    house: House, actor: Actor, request: Request, project_id: int, booking_id: int
) -> Response:
    """Call hours off; late, part of them is paid."""
    try:
        command = CancelBooking(actor.person_id, project_id, booking_id)
        cancel_booking(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, booking=failed(error, {}))
    return RedirectResponse(f"/projects/{project_id}/pay#bookings", status_code=303)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    form: Form | None = None,
    *,
    preview: Mapping[str, Any] | None = None,
    booking: Form | None = None,
) -> Response:
    found = read_project_pay(house.db, project_id, house.clock())
    context: dict[str, Any] = {
        "pay": found,
        "form": form or Form(_as_it_is(found)),
        "is_asked": form is not None,
        "booking": booking or Form(),
        "preview": preview,
        "bases": _BASES,
        "words": policy_words(found.present),
        "example": worked_example(found.present, found.unit_ms),
        "coming": [coming_words(policy) for policy in found.coming],
        "policy_words": policy_words,
        "day": day_words,
        "share": f"{found.share.permille / 10:.1f}",
        "notice_days": house.settings.pay_notice_days,
        "spend": _spend(found),
        "may_set": may(actor, "pay.set", project_id),
        "may_forecast": may(actor, "project.status", project_id),
        "now": house.clock(),
        "waiting": read_waiting(house.db, "pay", project_id),
        "people": [("", "choose"), *((str(who), name) for who, name in found.people)],
    }
    status = max((form or Form()).status, (booking or Form()).status)
    return render(request, "project_pay.html", context, actor=actor, status=status)


def _as_it_is(found: ProjectPay) -> dict[str, str]:
    values = policy_json(found.present)
    values["reprices_itself"] = "yes" if values["reprices_itself"] else "no"
    values["valid_from"] = values["reason"] = ""
    return {name: "" if values[name] is None else str(values[name]) for name in FIELDS}


def _spend(found: ProjectPay) -> Markup:
    cost = found.cost

    def amount(micros: int) -> float:
        digits = exponent(cost.currency)
        return float(round(micros / MICROS / 10**digits, digits))

    return charts.stacked_bars(
        f"Set aside and spent, {cost.currency}",
        ["Set aside", "Spent", "Left"],
        ("set aside", "pay", "top-up"),
        [
            (amount(cost.funded_micros), 0, 0),
            (0, amount(cost.accrued_micros), amount(cost.top_up_micros)),
            (amount(max(0, cost.left_micros)), 0, 0),
        ],
    )


def _moment(text: str, place: str) -> Instant:
    try:
        return read_moment(text)
    except (ValueError, OverflowError) as error:
        raise InvalidError(f"{error}.", issues=[Issue(place, f"{error}.")]) from None

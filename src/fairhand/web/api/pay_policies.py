"""The API of pay policies and booked hours."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.pay.policies.asking import policy_json, read_asked, read_moment
from fairhand.pay.policies.booking_store import NamedBooking
from fairhand.pay.policies.bookings import Booking
from fairhand.pay.policies.words import worked_example
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.answer_booking import AnswerBooking, answer_booking, known_answer
from fairhand.use_cases.cancel_booking import CancelBooking, cancel_booking
from fairhand.use_cases.house import House
from fairhand.use_cases.offer_booking import OfferBooking, offer_booking
from fairhand.use_cases.read_project_pay import (
    ProjectPay,
    preview_change,
    read_bookings,
    read_policies,
    read_project_pay,
)
from fairhand.use_cases.set_pay_policy import SetPayPolicy, set_pay_policy
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["pay"], route_class=StrictRoute)


class PolicyBody(Body):
    """A change of what a project pays; what is left out stays as it is.

    Amounts are decimal strings in the project's currency, per hour; `unit` is the price of an
    answer or of a minute of audio. `preview` says what it would do and changes nothing.
    """

    reason: str = Field(max_length=2_000)
    basis: str = Field(default="", max_length=20)
    per_hour: str = Field(default="", max_length=40)
    unit: str = Field(default="", max_length=40)
    hazard: str = Field(default="", max_length=40)
    data: str = Field(default="", max_length=40)
    min_block: int | None = Field(default=None, ge=0, le=1_440)
    wait_block: int | None = Field(default=None, ge=0, le=1_440)
    cancel: int | None = Field(default=None, ge=0, le=1_000)
    reprices_itself: bool | None = None
    valid_from: str = Field(default="", max_length=40)
    preview: bool = False


class BookingBody(Body):
    """Hours to offer, as ISO 8601 with an offset."""

    person_id: Id
    starts_at: str = Field(max_length=40)
    ends_at: str = Field(max_length=40)


class AnswerBody(Body):
    """What you say to offered hours: accept, decline or cancel."""

    answer: str = Field(max_length=20)


@router.get("/projects/{project_id}/pay-policy")
@guard("pay.view_all")
def show(house: House, actor: Actor, project_id: int) -> Response:
    """Show what a project pays, what comes, every version, and how much top-up it leaves."""
    return reply(project_pay_json(read_project_pay(house.db, project_id, house.clock())))


@router.post("/projects/{project_id}/pay-policy")
@guard("pay.set")
def change(house: House, actor: Actor, project_id: int, body: PolicyBody) -> Response:
    """Change what a project pays: up at once, down only after notice.

    202 with a `proposal_id` where it lowers somebody's pay: the council has to sign it first.
    """
    now, notice = house.clock(), house.settings.pay_notice_days
    currency = read_policies(house.db, project_id)[-1].currency
    asked = body.model_dump(exclude={"preview"}, exclude_none=True)
    fields = read_asked({name: _text(value) for name, value in asked.items()}, currency)
    command = SetPayPolicy(actor.person_id, project_id, **fields)
    if body.preview:
        policy, lowers = preview_change(house.db, command, now, notice)
        return reply({"policy": policy_json(policy), "lowers": lowers, "preview": True})
    made = set_pay_policy(house.db, command, now, notice_days=notice)
    content = {"policy": policy_json(made.policy), "preview": False}
    if made.proposal is not None:
        return reply(content | {"proposal_id": made.proposal.id}, status=202)
    return reply(content, status=201)


@router.get("/projects/{project_id}/bookings")
@guard("pay.view_all")
def bookings(house: House, actor: Actor, project_id: int) -> Response:
    """List the booked hours of a project, what stands first."""
    found = read_bookings(house.db, project_id=project_id)
    return reply({"bookings": [named_json(one) for one in found]})


@router.post("/projects/{project_id}/bookings")
@guard("pay.set")
def offer(house: House, actor: Actor, project_id: int, body: BookingBody) -> Response:
    """Offer hours to a person who takes part."""
    starts_at, ends_at = _moment(body.starts_at, "starts_at"), _moment(body.ends_at, "ends_at")
    command = OfferBooking(actor.person_id, project_id, body.person_id, starts_at, ends_at)
    return reply({"booking": booking_json(offer_booking(house.db, command, house.clock()))}, 201)


@router.post("/projects/{project_id}/bookings/{booking_id}/cancel")
@guard("pay.set")
def call_off(house: House, actor: Actor, project_id: int, booking_id: int) -> Response:
    """Call hours off; less than a day before, part of accepted hours is paid. Twice is once."""
    command = CancelBooking(actor.person_id, project_id, booking_id)
    done = cancel_booking(house.db, command, house.clock())
    return reply({"paid": done.paid.decimal(), "currency": done.paid.currency, "again": done.again})


@router.get("/me/bookings")
@guard("own")
def my_bookings(house: House, actor: Actor) -> Response:
    """List your booked hours, what stands first."""
    found = read_bookings(house.db, person_id=actor.person_id)
    return reply({"bookings": [named_json(one) for one in found]})


@router.post("/me/bookings/{booking_id}")
@guard("own")
def answer(house: House, actor: Actor, booking_id: int, body: AnswerBody) -> Response:
    """Accept or decline offered hours, or call accepted ones off; nothing ever follows from it."""
    command = AnswerBooking(actor.person_id, booking_id, known_answer(body.answer))
    return reply({"booking": booking_json(answer_booking(house.db, command, house.clock()))})


def project_pay_json(found: ProjectPay) -> dict[str, Any]:
    """Write what a project pays for machines."""
    return {
        "project_id": found.project_id,
        "policy": policy_json(found.present),
        "example": worked_example(found.present, found.unit_ms),
        "coming": [policy_json(policy) for policy in found.coming],
        "versions": [policy_json(policy) for policy in found.history],
        "top_up": {
            "permille": found.share.permille,
            "paid_ms": found.share.paid_ms,
            "base_micros": found.share.base_micros,
            "top_up_micros": found.share.top_up_micros,
            "alarm": found.share.is_alarming,
            "better": None if found.better is None else policy_json(found.better),
        },
    }


def booking_json(one: Booking) -> dict[str, Any]:
    """Write a booking for machines."""
    return {
        "id": one.id,
        "person_id": one.person_id,
        "project_id": one.project_id,
        "starts_at": iso(one.starts_at),
        "ends_at": iso(one.ends_at),
        "state": one.state,
    }


def named_json(one: NamedBooking) -> dict[str, Any]:
    """Write a booking with its names."""
    return booking_json(one.booking) | {"person": one.person, "project": one.project}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _moment(text: str, place: str) -> Instant:
    try:
        return read_moment(text)
    except (ValueError, OverflowError) as error:
        raise InvalidError(f"{error}.", issues=[Issue(place, f"{error}.")]) from None

"""A person's hours: what is offered, what stands, and what their projects pay now and soon."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.core.words import later as _
from fairhand.core.words import words_for
from fairhand.pay.policies.words import coming_words, policy_words
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.answer_booking import AnswerBooking, answer_booking, known_answer
from fairhand.use_cases.house import House
from fairhand.use_cases.read_project_pay import read_bookings, read_own_terms
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

_STATES = {
    "offered": _("offered"),
    "accepted": _("accepted"),
    "declined": _("declined"),
    "cancelled": _("called off"),
}


@router.get("/earnings/bookings")
@guard("own")
def bookings(house: House, actor: Actor, request: Request) -> Response:
    """Show one's own hours, and what one's projects pay."""
    return _show(house, actor, request, Form())


@router.post("/earnings/bookings/{booking_id:int}")
@guard("own", form=True)
def answer(
    house: House,
    actor: Actor,
    request: Request,
    booking_id: int,
    answer: Annotated[str, Field(max_length=20)] = "",
) -> Response:
    """Accept or decline offered hours, or call accepted ones off."""
    try:
        command = AnswerBooking(actor.person_id, booking_id, known_answer(answer))
        answer_booking(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {}))
    return RedirectResponse("/earnings/bookings", status_code=303)


def _show(house: House, actor: Actor, request: Request, form: Form) -> Response:
    now = house.clock()
    own = read_bookings(house.db, person_id=actor.person_id)
    words = words_for(actor.locale)
    context: dict[str, Any] = {
        "_": words,
        "form": form,
        "open": [one for one in own if one.booking.is_open and one.booking.ends_at > now],
        "past": [one for one in own if not one.booking.is_open or one.booking.ends_at <= now],
        "terms": read_own_terms(house.db, actor.person_id, now),
        "policy_words": partial(policy_words, words=words),
        "coming_words": partial(coming_words, words=words),
        "states": _STATES,
    }
    return render(request, "bookings.html", context, actor=actor, status=form.status)

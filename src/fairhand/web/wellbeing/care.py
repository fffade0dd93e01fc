"""Care afterwards: money that is laid aside, paid breaks, and people who listen."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import iso
from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.ids import new_token
from fairhand.core.money import MICROS, Money, parse_money
from fairhand.core.words import Words, words_for
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_own_care import OwnCare, read_own_care
from fairhand.use_cases.use_aftercare import UseAftercare, use_aftercare
from fairhand.web.shared.charts import stacked_bars
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.strict import StrictRoute
from fairhand.web.wellbeing.bodies import CareBody, answer

router = APIRouter(route_class=StrictRoute)

JSON = "/api/v1/me/wellbeing/care"
TAGS: list[str | Enum] = ["wellbeing"]
Short = Annotated[str, Field(max_length=80)]


@router.get("/wellbeing/care", include_in_schema=False)
@guard("own")
def care(house: House, actor: Actor, request: Request) -> Response:
    """Show what is laid aside for a person's care, and how to use it."""
    return _show(house, actor, request, Form({"client_key": new_token()}))


@router.post("/wellbeing/care", include_in_schema=False)
@guard("own", form=True)
def take(
    house: House,
    actor: Actor,
    request: Request,
    amount: Short = "",
    currency: Short = "",
    client_key: Short = "",
) -> Response:
    """Have money paid out that is laid aside for care; nobody asks what for."""
    typed = {"amount": amount, "client_key": client_key or new_token()}
    try:
        wanted = _money(amount, currency)
        command = UseAftercare(actor.person_id, typed["client_key"], wanted)
        use_aftercare(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, typed))
    return RedirectResponse("/wellbeing/care", status_code=303)


@router.get(JSON, tags=TAGS)
@guard("own")
def own(house: House, actor: Actor) -> Response:
    """Show what is laid aside for your care. Only you can."""
    return answer(_json(read_own_care(house.db, actor.person_id, house.clock())))


@router.post(JSON, tags=TAGS)
@guard("own")
def take_some(house: House, actor: Actor, body: CareBody) -> Response:
    """Have some of it paid out to you; sent again under its `client_key` it is paid once."""
    wanted = _money(body.amount, body.currency)
    command = UseAftercare(actor.person_id, body.client_key, wanted)
    use_aftercare(house.db, command, house.clock())
    return answer(_json(read_own_care(house.db, actor.person_id, house.clock())))


def _show(house: House, actor: Actor, request: Request, form: Form) -> Response:
    mine = read_own_care(house.db, actor.person_id, house.clock())
    words = words_for(actor.locale)
    context: dict[str, Any] = {
        "_": words,
        "mine": mine,
        "form": form,
        "pictures": _pictures(mine, words),
        "currencies": sorted({fund.currency for fund in mine.funds if fund.usable_micros > 0}),
        "percent": words.number(Decimal(mine.terms.aftercare_permille) / 10),
    }
    return render(request, "care.html", context, actor=actor, status=form.status)


def _pictures(mine: OwnCare, words: Words) -> list[Markup]:
    """What is there and what is still coming, a picture for each currency."""
    return [
        stacked_bars(
            words("Laid aside for me, in {currency}", currency=currency),
            [fund.project for fund in mine.funds if fund.currency == currency],
            (words("there"), words("coming")),
            [
                (_whole(fund.usable_micros, currency), _whole(fund.coming_micros, currency))
                for fund in mine.funds
                if fund.currency == currency
            ],
            currency,
            words=words,
        )
        for currency in sorted({fund.currency for fund in mine.funds})
    ]


def _whole(micros: int, currency: str) -> float:
    return float(Money(micros // MICROS, currency).decimal())


def _money(text: str, currency: str) -> Money:
    try:
        return parse_money(text.strip(), currency.strip().upper())
    except ValueError as error:
        raise InvalidError(str(error), issues=[Issue("amount", str(error))]) from None


def _json(mine: OwnCare) -> dict[str, Any]:
    return {
        "funds": [
            {
                "project_id": fund.project_id,
                "currency": fund.currency,
                "usable": Money(fund.usable_micros // MICROS, fund.currency).decimal(),
                "coming": Money(fund.coming_micros // MICROS, fund.currency).decimal(),
            }
            for fund in mine.funds
        ],
        "used": [
            {
                "project_id": one.project_id,
                "amount": Money(one.micros // MICROS, one.currency).decimal(),
                "currency": one.currency,
                "at": iso(one.at),
            }
            for one in mine.used
        ],
        "usable_until": None if mine.until is None else iso(mine.until),
        "percent_of_a_minutes_pay": mine.terms.aftercare_permille / 10,
    }

"""A contributor's own way of getting paid, and what is on its way to them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.core.money import MICROS, Money
from fairhand.core.words import Words, words_for
from fairhand.core.words import later as _
from fairhand.pay.payouts.methods import KINDS
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_payouts import OwnCurrency, OwnPayouts, read_own_payouts
from fairhand.use_cases.set_payout_method import SetPayoutMethod, set_payout_method
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed, money_of
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=1_000)]
Short = Annotated[str, Field(max_length=40)]

STATE_WORDS = {
    "pending": _("in a file that was not sent yet"),
    "sent": _("on its way"),
    "confirmed": _("arrived"),
    "returned": _("came back: it will be paid again"),
    "cancelled": _("not sent: it will be paid again"),
}


@router.get("/earnings/payout")
@guard("own.manage")
def show(
    house: House,
    actor: Actor,
    request: Request,
    currency: str = "",
    rail: str = "",
    saved: str = "",
) -> Response:
    """Show where one's money goes; with a currency and a rail, the form for its details."""
    mine = read_own_payouts(house.db, actor.person_id)
    form = Form(_start(mine, currency, rail))
    return _page(request, actor, mine, form, currency[:3], rail[:10], saved=saved == "yes")


@router.post("/earnings/payout")
@guard("own.keys", form=True)
def save(
    house: House,
    actor: Actor,
    request: Request,
    currency: Short = "",
    rail: Short = "",
    minimum: Short = "",
    name: Text = "",
    iban: Text = "",
    bic: Text = "",
    street: Text = "",
    building: Text = "",
    postcode: Text = "",
    town: Text = "",
    country: Text = "",
    provider: Text = "",
    phone: Text = "",
    email: Text = "",
    type: Text = "",  # the field's name
    account: Text = "",
    to: Text = "",
    place: Text = "",
) -> Response:
    """Keep a way of getting paid in the place of the one before."""
    given = {"name": name, "iban": iban, "bic": bic, "street": street, "building": building}
    given |= {"postcode": postcode, "town": town, "country": country, "provider": provider}
    given |= {"phone": phone, "email": email, "type": type, "account": account}
    given |= {"to": to, "place": place}
    values = given | {"currency": currency, "rail": rail, "minimum": minimum}
    try:
        least = money_of(minimum.strip() or "0", currency, "minimum").minor
        command = SetPayoutMethod(actor.person_id, currency, rail, given, least)
        set_payout_method(house.db, command, house.clock())
    except FairhandError as error:
        mine = read_own_payouts(house.db, actor.person_id)
        return _page(request, actor, mine, failed(error, values), currency, rail)
    return RedirectResponse("/earnings/payout?saved=yes", status_code=303)


def _page(
    request: Request,
    actor: Actor,
    mine: OwnPayouts,
    form: Form,
    currency: str,
    rail: str,
    *,
    saved: bool = False,
) -> Response:
    kind = next((one for one in KINDS.values() if one.rail == rail), None)
    words = words_for(actor.locale)
    context: dict[str, Any] = {
        "_": words,
        "mine": mine,
        "form": form,
        "kinds": KINDS,
        "kind": kind,
        "currency": currency,
        "state_words": STATE_WORDS,
        "sentence": partial(_sentence, words=words),
        "saved": saved,
        "micros": MICROS,
    }
    return render(request, "payout.html", context, actor=actor, status=form.status)


def _start(mine: OwnPayouts, currency: str, rail: str) -> dict[str, str]:
    """Fill the form with what is known: the details of the method in force, if of this rail."""
    start = {"currency": currency[:3], "rail": rail[:10], "minimum": ""}
    method = next((one.method for one in mine.currencies if one.currency == currency), None)
    if method is not None and method.rail == rail:
        start |= dict(method.details)
        if method.minimum_minor:
            start["minimum"] = Money(method.minimum_minor, currency).decimal()
    return start


def _sentence(one: OwnCurrency, words: Words) -> str:
    """Say in one sentence what happens with the money that is settled and not on its way."""
    if one.due is None:
        return words(
            "Nothing is waiting to be paid: what you earn is settled when a pay period closes."
        )
    amount = words.coins(Money(one.due.amount_minor, one.currency))
    if one.due.standing == "no_method":
        return words(
            "{amount} is yours and waits until you say where it should go. It never expires.",
            amount=amount,
        )
    if one.due.standing == "below_minimum" and one.method is not None:
        least = words.coins(Money(one.method.minimum_minor, one.currency))
        return words(
            "{amount} waits until it comes to {least}, the minimum that you chose.",
            amount=amount,
            least=least,
        )
    if one.due.standing == "simulated":
        return words(
            "{amount} would be yours. This account is simulated: it is never paid out.",
            amount=amount,
        )
    if one.due.standing == "books_differ":
        return words(
            "{amount} is held up by a mistake in our books. We must put it right.", amount=amount
        )
    return words("{amount} goes with the next payment.", amount=amount)

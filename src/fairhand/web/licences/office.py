"""An owner's page of licences: prices, requests with what they bring, recipients and models."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.money import Money
from fairhand.model.licence import PURPOSES
from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.licensing.words import MAY
from fairhand.use_cases.decline_licence import DeclineLicence, decline_licence
from fairhand.use_cases.grant_licence import GrantLicence, grant_licence
from fairhand.use_cases.house import House
from fairhand.use_cases.read_licences import LicencesPage, read_licences
from fairhand.use_cases.set_prices import set_prices
from fairhand.web.licences.fields import Fields, Sent
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed, money_of
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

_PRICES: Final = tuple(f"price_{one}" for one in PURPOSES)


@router.get("/projects/{project_id:int}/licences")
@guard("licence.view")
def licences(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show a project's licences: what is asked, who holds what, what they owe."""
    page = read_licences(house.db, project_id, house.clock())
    return _show(request, actor, page, Form(_values(page), fields=_PRICES))


@router.post("/projects/{project_id:int}/licences/prices")
@guard("licence.decide", form=True)
def prices(house: House, actor: Actor, request: Request, project_id: int, sent: Fields) -> Response:
    """Say what licences cost, and whether the campaign stands on the public page."""
    page = read_licences(house.db, project_id, house.clock())
    try:
        named = _named(sent, page.project.currency)
        listed = sent.get("is_listed") == "yes"
        set_prices(house.db, actor.person_id, project_id, named, listed, house.clock())
    except FairhandError as error:
        return _show(request, actor, page, failed(error, _values(page) | dict(sent)))
    return _back(project_id)


@router.post("/projects/{project_id:int}/licences/{request_id:int}")
@guard("licence.decide", form=True)
def decide(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    request_id: int,
    sent: Fields,
) -> Response:
    """Grant or decline a request."""
    page = read_licences(house.db, project_id, house.clock())
    try:
        if sent.get("do") == "grant":
            price = sent.get("price", "").strip()
            minor = money_of(price, page.project.currency, "price").minor if price else None
            folder = house.settings.workspace / "releases" / "licensed"
            command = GrantLicence(project_id, request_id, actor.person_id, folder, minor)
            grant_licence(house.db, command, house.clock())
        elif sent.get("do") == "decline":
            refused = DeclineLicence(project_id, request_id, actor.person_id, sent.get("why", ""))
            decline_licence(house.db, refused, house.clock())
        else:
            raise InvalidError("Choose to grant or to decline.")
    except FairhandError as error:
        return _show(request, actor, page, failed(error, _values(page)))
    return _back(project_id)


def _show(request: Request, actor: Actor, page: LicencesPage, form: Form) -> Response:
    currency = page.project.currency
    context: dict[str, Any] = {
        "project": page.project,
        "page": page,
        "form": form,
        "may_decide": may(actor, "licence.decide", page.project.id),
        "waiting": [one for one in page.requests if one.request.state == "asked"],
        "decided": [one for one in page.requests if one.request.state in ("declined",
                                                                          "taken_back")],
        "quotes": {one.request.id: _quote(one.request.quote) for one in page.requests},
        "paid": {
            one.licence.id: str(Money(one.licence.price_minor, one.licence.currency))
            for one in page.held
        },
        "purposes": [(one, MAY[one]) for one in PURPOSES],
        "may": MAY,
        "currency": currency,
    }  # fmt: skip
    return render(request, "licences.html", context, actor=actor, status=form.status)


def _quote(quote: Any) -> dict[str, str]:  # noqa: ANN401  # JSON as it is kept
    currency, price = quote["currency"], quote["price_minor"]
    items = quote["items"]
    return {
        "items": "too few to tell" if items is None else f"{items:,} or more",
        "price": "" if price is None else str(Money(price, currency)),
        "share": "" if price is None else str(Money(quote["contributors_minor"], currency)),
        "percent": f"{quote['share_permille'] / 10:g}",
    }


def _values(page: LicencesPage) -> dict[str, str]:
    each = page.campaign.prices.get("item_minor", {})
    currency = page.project.currency
    values = {
        f"price_{one}": Money(each[one], currency).decimal() if one in each else ""
        for one in PURPOSES
    }
    return values | {"is_listed": "yes" if page.campaign.is_listed else ""}


def _named(sent: Sent, currency: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in PURPOSES:
        text = sent.get(f"price_{one}", "").strip()
        if not text:
            continue
        found[one] = money_of(text, currency, f"price_{one}").minor
        if found[one] < 0:
            words = "A price cannot be below nothing."
            raise InvalidError(words, issues=[Issue(f"price_{one}", words)])
    return found


def _back(project_id: int) -> Response:
    return RedirectResponse(f"/projects/{project_id}/licences", status_code=303)

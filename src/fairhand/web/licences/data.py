"""The public pages: what people permit to be licensed, what it costs, and how licensees behave."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, NotFoundError
from fairhand.core.money import Money
from fairhand.proof.licensing.rules import Quote, Wish
from fairhand.proof.licensing.words import MAY, THINGS
from fairhand.use_cases.ask_licence import AskLicence, ask_licence
from fairhand.use_cases.house import House
from fairhand.use_cases.licence_offer import Offer
from fairhand.use_cases.read_compliance import read_compliance
from fairhand.use_cases.read_offers_of_data import list_offers_of_data, read_offer_of_data
from fairhand.web.licences.fields import Fields, Sent, asker_of, from_query, wish_of
from fairhand.web.licences.spam import Doorkeeper
from fairhand.web.shared.doors import LARGEST_ID, house_of, public
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

_NAMES: Final = ("name", "contact", "country", "website", "words", "purposes", "territory",
                 "term_days")  # fmt: skip
_STATES: Final = ("sent", "acknowledged", "attested", "disputed", "overdue")
_MODELS: Final = ("asked", "retrained", "unlearned", "suppressed", "cannot", "overdue")


@router.get("/data")
@public
def catalogue(request: Request) -> Response:
    """List what people permit to be licensed: counts, and never people."""
    house = house_of(request)
    listed = list_offers_of_data(house.db, house.clock())
    return render(request, "data.html", {"listed": listed, "things": THINGS, "may": MAY})


@router.get("/data/compliance")
@public
def compliance(request: Request) -> Response:
    """Show who holds what people gave, and how they answer when it is taken back."""
    house = house_of(request)
    rows = read_compliance(house.db, house.clock())
    context = {"rows": rows, "states": _STATES, "model_states": _MODELS}
    return render(request, "compliance.html", context)


@router.get("/data/{project_id:int}")
@public
def offer(request: Request, project_id: int) -> Response:
    """Show an offer, and what a wish in the address would bring and cost."""
    house, sent = house_of(request), from_query(request.query_params)
    return _show(house, request, _known(project_id), sent, None)


@router.post("/data/{project_id:int}")
@public
def ask(request: Request, project_id: int, sent: Fields) -> Response:
    """Ask for a licence; leads to the licensee's own page, whose address is the key to it."""
    house = house_of(request)
    wish = wish_of(sent)
    command = AskLicence(
        _known(project_id), asker_of(sent), wish.purposes, wish.territory, wish.term_days,
        sent.get("words", ""),
    )  # fmt: skip
    try:
        _doorkeeper(request).let_in(request.client.host if request.client else "", house.clock())
        asked = ask_licence(house.db, command, house.clock())
    except NotFoundError:
        raise
    except FairhandError as error:
        return _show(house, request, project_id, sent, error)
    return RedirectResponse(f"/data/requests/{asked.token}", status_code=303)


def _show(
    house: House, request: Request, project_id: int, sent: Sent, error: FairhandError | None
) -> Response:
    now = house.clock()
    wish = wish_of(sent) if sent.get("purposes") or sent.get("term_days") else None
    try:
        found, wished, quote = read_offer_of_data(house.db, project_id, wish, now)
    except InvalidError as wrong:
        error = error or wrong
        found, wished, quote = read_offer_of_data(house.db, project_id, None, now)
    form = _form(sent, wished, error)
    context: dict[str, Any] = {
        "offer": found,
        "wish": wished,
        "form": form,
        "ticked": set(filter(None, form.value("purposes").split(","))),
        "available": _available(found, quote),
        "money": quote_words(quote),
        "may": MAY,
        "things": THINGS,
        "prices": _prices(found),
    }
    return render(request, "offer.html", context, status=form.status)


def _form(sent: Sent, wish: Wish, error: FairhandError | None) -> Form:
    usual = {
        "purposes": ",".join(wish.purposes),
        "territory": ", ".join(wish.territory),
        "term_days": str(wish.term_days),
    }
    values = dict.fromkeys(_NAMES, "") | usual | {k: v for k, v in sent.items() if k in _NAMES}
    return failed(error, values) if error else Form(values, fields=_NAMES)


def _available(found: Offer, quote: Quote) -> str:
    if quote.items is None or quote.people is None:
        return f"Fewer than {found.campaign.smallest_cell} people permit this, or nobody does."
    return f"At least {quote.items:,} items of {quote.people:,} people or more."


def quote_words(quote: Quote) -> dict[str, str]:
    """Write the amounts of a quote; empty where there is none."""
    if quote.price_minor is None:
        return {}
    return {
        "price": str(Money(quote.price_minor, quote.currency)),
        "share": str(Money(quote.contributors_minor, quote.currency)),
        "percent": f"{quote.share_permille / 10:g}",
    }


def _prices(found: Offer) -> list[tuple[str, str]]:
    each = found.campaign.prices.get("item_minor", {})
    currency = found.project.currency
    return [(one, str(Money(each[one], currency))) for one in found.purposes if one in each]


def _known(project_id: int) -> int:
    if project_id > LARGEST_ID:
        raise NotFoundError("Nothing is offered here.")
    return project_id


def _doorkeeper(request: Request) -> Doorkeeper:
    state = request.app.state
    if not hasattr(state, "licence_doorkeeper"):
        state.licence_doorkeeper = Doorkeeper()
    keeper: Doorkeeper = state.licence_doorkeeper
    return keeper

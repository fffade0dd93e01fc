"""One's contract: what one works under, what changed, and accepting it by its words."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.people.council.contracts import DEFAULT
from fairhand.use_cases.accept_contract import AcceptContract, accept_contract
from fairhand.use_cases.house import House
from fairhand.use_cases.read_contracts import read_own_contracts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import markdown, render

router = APIRouter(include_in_schema=False)
Short = Annotated[str, Field(max_length=80)]


@router.get("/rights/contract")
@guard("own")
def contract(house: House, actor: Actor, request: Request) -> Response:
    """Show what one works under."""
    return _show(house, actor, request)


@router.post("/rights/contract/{contract_id:int}")
@guard("own", form=True)
def accept(
    house: House, actor: Actor, request: Request, contract_id: int, sha256: Short = ""
) -> Response:
    """Accept a version."""
    try:
        command = AcceptContract(actor.person_id, contract_id, sha256)
        accept_contract(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {}))
    return RedirectResponse("/rights/contract", status_code=303)


def _show(house: House, actor: Actor, request: Request, form: Form | None = None) -> Response:
    context: dict[str, Any] = {
        "_": words_for(actor.locale),
        "mine": read_own_contracts(house.db, actor.person_id, actor.locale),
        "default": markdown(DEFAULT),
        "markdown": markdown,
        "form": form or Form(),
        "now": house.clock(),
    }
    status = form.status if form else 200
    return render(request, "contract.html", context, actor=actor, status=status)

"""The Webhooks pages: where events are told to, a test, and what is on its way."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.people.accounts.rules import Actor
from fairhand.proof.webhooks.rules import KINDS
from fairhand.use_cases.add_webhook import AddWebhook, add_webhook
from fairhand.use_cases.change_webhook import ChangeWebhook, change_webhook
from fairhand.use_cases.house import House
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_webhooks import read_deliveries, read_webhooks
from fairhand.use_cases.try_webhook import Tried, try_webhook
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=2_000)]
_PAGE = 50
_LARGEST = 2**63 - 1


@router.get("/admin/webhooks")
@guard("webhook.keep")
def workspace(house: House, actor: Actor) -> Response:
    """Lead to the webhooks of the whole workspace."""
    return RedirectResponse("/projects/0/webhooks", status_code=303)


@router.get("/projects/{project_id:int}/webhooks")
@guard("webhook.keep")
def webhooks(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """List where events are told to, with the form that adds an address."""
    return _show(house, actor, request, project_id)


@router.post("/projects/{project_id:int}/webhooks")
@guard("webhook.keep", form=True)
def add(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    url: Text = "",
    events: Annotated[list[str], Field()] = [],  # noqa: B006  # FastAPI copies it
    with_content: Text = "no",
) -> Response:
    """Add a webhook and show its secret, this once."""
    kinds = tuple(each[:100] for each in events[:100])
    command = AddWebhook(actor.person_id, project_id, url, kinds, with_content == "yes")
    allowed = house.settings.backend_hosts
    try:
        made = add_webhook(house.db, house.vault, command, house.clock(), allowed=allowed, by=actor)
    except FairhandError as error:
        form = failed(error, {"url": url, "events": "", "with_content": with_content})
        return _show(house, actor, request, project_id, form=form, chosen=kinds)
    return _show(house, actor, request, project_id, secret=made.secret, about=made.id)


@router.post("/projects/{project_id:int}/webhooks/{webhook_id:int}/test")
@guard("webhook.keep", form=True)
def test(
    house: House, actor: Actor, request: Request, project_id: int, webhook_id: int
) -> Response:
    """Send a test, and show the very request and answer."""
    allowed = house.settings.backend_hosts
    try:
        tried = try_webhook(
            house.db, house.vault, project_id, webhook_id, house.clock(), allowed=allowed
        )
    except FairhandError as error:
        return _show(house, actor, request, project_id, error=error)
    return _show(house, actor, request, project_id, tried=tried, about=webhook_id)


@router.post("/projects/{project_id:int}/webhooks/{webhook_id:int}")
@guard("webhook.keep", form=True)
def change(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    webhook_id: int,
    do: Text = "",
    number: Text = "0",
) -> Response:
    """Pause, resume, skip, rotate, send again, remove."""
    which = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    command = ChangeWebhook(actor.person_id, project_id, webhook_id, do, which)
    try:
        secret = change_webhook(house.db, house.vault, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, error=error)
    if secret:
        return _show(house, actor, request, project_id, secret=secret, about=webhook_id)
    place = f"/{webhook_id}/deliveries" if do == "resend" else ""
    return RedirectResponse(f"/projects/{project_id}/webhooks{place}", status_code=303)


@router.get("/projects/{project_id:int}/webhooks/{webhook_id:int}/deliveries")
@guard("webhook.keep")
def deliveries(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    webhook_id: int,
    before: int = _LARGEST,
) -> Response:
    """List what went out or is on its way, newest first."""
    before = max(0, min(before, _LARGEST))
    one, found = read_deliveries(house.db, project_id, webhook_id, _PAGE, before)
    context = {
        "project": read_project(house.db, project_id) if project_id else None,
        "place": project_id,
        "webhook": one,
        "deliveries": found,
        "following": found[-1].number if len(found) == _PAGE else None,
        "request_path": f"/projects/{project_id}/webhooks",
    }
    return render(request, "deliveries.html", context, actor=actor)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    *,
    form: Form | None = None,
    chosen: tuple[str, ...] = (),
    error: FairhandError | None = None,
    secret: str = "",
    tried: Tried | None = None,
    about: int = 0,
) -> Response:
    context: dict[str, Any] = {
        "project": read_project(house.db, project_id) if project_id else None,
        "place": project_id,
        "webhooks": read_webhooks(house.db, project_id),
        "kinds": KINDS,
        "form": form or Form({"with_content": "no"}),
        "chosen": chosen,
        "error": error,
        "secret": secret,
        "tried": tried,
        "about": about,
        "request_path": f"/projects/{project_id}/webhooks",
    }
    status = form.status if form else error.status if error else 200
    return render(request, "webhooks.html", context, actor=actor, status=status)

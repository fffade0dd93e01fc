"""Webhooks over the API; project 0 is the whole workspace."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import Instant, iso
from fairhand.people.accounts.rules import Actor
from fairhand.proof.webhooks.store import Delivery
from fairhand.use_cases.add_webhook import AddWebhook, add_webhook
from fairhand.use_cases.change_webhook import ChangeWebhook, change_webhook
from fairhand.use_cases.house import House
from fairhand.use_cases.read_webhooks import WebhookView, read_deliveries, read_webhooks
from fairhand.use_cases.try_webhook import Tried, try_webhook
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["webhooks"], route_class=StrictRoute)
_PAGE = 100
_LARGEST = 2**63 - 1


class WebhookBody(Body):
    """Where to, which kinds of events (none: all), and whether answers go along."""

    url: str = Field(max_length=2_000)
    events: list[str] = Field(default=[], max_length=100)
    with_content: bool = False


class WebhookChangeBody(Body):
    """`do`: pause, resume, skip, rotate, resend (`number`: which delivery), remove."""

    do: str = Field(max_length=20)
    number: int = Field(default=0, ge=0, le=_LARGEST)


@router.get("/projects/{project_id}/webhooks")
@guard("webhook.keep")
def webhooks(house: House, actor: Actor, project_id: int) -> Response:
    """List where a project's events are told to (project 0: the workspace's)."""
    found = read_webhooks(house.db, project_id)
    return reply({"webhooks": [webhook_json(one) for one in found]})


@router.post("/projects/{project_id}/webhooks")
@guard("webhook.keep")
def add(house: House, actor: Actor, project_id: int, body: WebhookBody) -> Response:
    """Have events told to an address; the answer holds the secret, which is shown this once."""
    command = AddWebhook(
        actor.person_id, project_id, body.url, tuple(body.events), body.with_content
    )
    allowed = house.settings.backend_hosts
    made = add_webhook(house.db, house.vault, command, house.clock(), allowed=allowed, by=actor)
    found = next(one for one in read_webhooks(house.db, project_id) if one.webhook.id == made.id)
    return reply({**webhook_json(found), "secret": made.secret}, 201)


@router.post("/projects/{project_id}/webhooks/{webhook_id}")
@guard("webhook.keep")
def change(
    house: House, actor: Actor, project_id: int, webhook_id: int, body: WebhookChangeBody
) -> Response:
    """Pause, resume, skip what failed, rotate the secret, send a delivery again, or remove."""
    command = ChangeWebhook(actor.person_id, project_id, webhook_id, body.do, body.number)
    secret = change_webhook(house.db, house.vault, command, house.clock())
    found = next(one for one in read_webhooks(house.db, project_id) if one.webhook.id == webhook_id)
    return reply({**webhook_json(found), **({"secret": secret} if secret else {})})


@router.post("/projects/{project_id}/webhooks/{webhook_id}/test")
@guard("webhook.keep")
def test(house: House, actor: Actor, project_id: int, webhook_id: int) -> Response:
    """Send a signed test event now; gives the request and the answer as they were."""
    allowed = house.settings.backend_hosts
    tried = try_webhook(
        house.db, house.vault, project_id, webhook_id, house.clock(), allowed=allowed
    )
    return reply(tried_json(tried))


@router.get("/projects/{project_id}/webhooks/{webhook_id}/deliveries")
@guard("webhook.keep")
def deliveries(
    house: House, actor: Actor, project_id: int, webhook_id: int, before: int = _LARGEST
) -> Response:
    """List what went out or is on its way, newest first; `before` a number for the next page."""
    before = max(0, min(before, _LARGEST))
    _, found = read_deliveries(house.db, project_id, webhook_id, _PAGE, before)
    following = found[-1].number if len(found) == _PAGE else None
    content = [delivery_json(one) for one in found]
    return reply({"deliveries": content, "before": following})


def webhook_json(view: WebhookView) -> dict[str, Any]:
    """Write a webhook, without its secret."""
    one = view.webhook
    return {
        "id": one.id,
        "project_id": one.project_id,
        "url": one.url,
        "events": list(one.events),
        "with_content": one.with_content,
        "state": one.state,
        "failing_since": _when(one.failing_since),
        "trouble": view.first.trouble if view.first else "",
        "next_attempt": _when(view.first.next_at) if view.first and one.active else None,
        "waiting": view.counts.get("waiting", 0),
        "sent": view.counts.get("sent", 0),
        "given_up": view.counts.get("given_up", 0),
        "made_at": iso(one.made_at),
        "ended_at": _when(one.ended_at),
    }


def delivery_json(one: Delivery) -> dict[str, Any]:
    """Write a delivery with what it says."""
    return {
        "number": one.number,
        "webhook_id": one.message_id,
        "kind": one.kind,
        "state": one.state,
        "attempts": one.attempts,
        "status": one.status,
        "trouble": one.trouble,
        "next_attempt": iso(one.next_at) if one.state == "waiting" else None,
        "made_at": iso(one.made_at),
        "ended_at": _when(one.ended_at),
        "body": orjson.loads(one.body),
    }


def tried_json(tried: Tried) -> dict[str, Any]:
    """Write a test: what was sent, what came back."""
    return {
        "ok": tried.ok,
        "request": {"url": tried.url, "headers": dict(tried.headers), "body": tried.body},
        "answer": {"status": tried.status, "body": tried.answer},
        "trouble": tried.trouble,
        "took_ms": tried.took_ms,
    }


def _when(at: Instant | None) -> str | None:
    return None if at is None else iso(at)

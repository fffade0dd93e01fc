"""The API of pay: one's own earnings, statements, and closing a period."""

from __future__ import annotations

from dataclasses import asdict

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.clock import parse_iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.house import House
from fairhand.use_cases.read_pay import read_earnings, read_statement
from fairhand.web.api.bodies import ClosePayBody
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["pay"], route_class=StrictRoute)


@router.get("/me/earnings")
@guard("own")
def my_earnings(house: House, actor: Actor) -> Response:
    """Show what you earned, what is owed to you and your statements. Amounts are in micros."""
    return reply(asdict(read_earnings(house.db, actor.person_id)))


@router.get("/pay/statements/{statement_id}")
@guard("own")
def statement(house: House, actor: Actor, statement_id: int) -> Response:
    """Show one statement: your own, or anybody's for those who pay and who audit."""
    found = read_statement(house.db, actor, statement_id)
    return reply({"id": found.id, "sha256": found.sha256, "statement": orjson.loads(found.body)})


@router.post("/pay/close")
@guard("pay.close")
def close(house: House, actor: Actor, body: ClosePayBody) -> Response:
    """Close a pay period: everybody to the floor, a statement each; twice changes nothing."""
    try:
        ends_at = parse_iso(body.ends_at)
    except ValueError as error:
        raise InvalidError(str(error), issues=[Issue("ends_at", str(error))]) from error
    command = ClosePayPeriod(ends_at, actor.person_id)
    return reply(asdict(close_pay_period(house.db, command, house.clock())))

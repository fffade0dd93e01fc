"""The API of pay: one's own earnings, statements, and closing a period."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from starlette.responses import Response

from fairhand.core.clock import Instant, parse_iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.ask_close import AskClose, ask_close
from fairhand.use_cases.house import House
from fairhand.use_cases.read_pay import read_earnings, read_statement
from fairhand.use_cases.read_pay_office import preview_some, read_owed
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


@router.get("/pay/owed")
@guard("pay.view_all")
def owed(house: House, actor: Actor) -> Response:
    """Show what everybody has coming at this instant, by person and currency. Amounts in micros.

    `payable_micros` is owed in the books (of it `unsettled_micros` in no statement yet);
    `pending_micros` is for time being worked, `in_payout_micros` in a payout not confirmed.
    """
    rows = [asdict(one) | {"micros": one.micros} for one in read_owed(house.db)]
    return reply({"owed": rows})


@router.get("/pay/preview")
@guard("pay.view_all")
def preview(
    house: House,
    actor: Actor,
    ends_at: str | None = None,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> Response:
    """Show what a close at `ends_at` (now when left out) would give, a hundred people at a time.

    `more_after` is what to ask for next, null at the end.
    """
    now = house.clock()
    found = preview_some(house.db, now if ends_at is None else _instant(ends_at), after=after)
    lines = [asdict(one) | {"gross_micros": one.gross_micros} for one in found.lines]
    return reply({"lines": lines, "more_after": found.more_after})


@router.post("/pay/close", status_code=202)
@guard("pay.close")
def close(house: House, actor: Actor, body: ClosePayBody) -> Response:
    """Ask for the close of a pay period: everybody to the floor, a statement each.

    Answers 202 with the job to look at; asking twice is asking once. The job's result names the
    period, null when nothing was to be settled.
    """
    command = AskClose(_instant(body.ends_at), actor.person_id)
    job_id = ask_close(house.db, command, house.clock())
    return reply({"job_id": job_id, "href": f"/api/v1/jobs/{job_id}"}, 202)


def _instant(text: str) -> Instant:
    try:
        return parse_iso(text)
    except (ValueError, OverflowError) as error:
        raise InvalidError(str(error), issues=[Issue("ends_at", str(error))]) from error

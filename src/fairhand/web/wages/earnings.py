"""A contributor's earnings and statements."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.money import MICROS, exponent
from fairhand.pay.earnings.store import Earnings
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_log import read_own_events
from fairhand.use_cases.read_pay import read_earnings, read_statement
from fairhand.use_cases.read_pay_office import WouldGet, preview_own
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

_PARTS = ("the floor", "earned", "top-up")


@router.get("/earnings")
@guard("own")
def earnings(house: House, actor: Actor, request: Request) -> Response:
    """Show what was earned, how it is counted, and what is settled."""
    mine = read_earnings(house.db, actor.person_id)
    present = preview_own(house.db, actor.person_id, house.clock())
    context = {
        "earnings": mine,
        "present": present,
        "pictures": [_picture(one, mine) for one in present],
        "history": _history(mine),
        "events": read_own_events(house.db, actor.person_id, 10),
        "micros": MICROS,
    }
    return render(request, "earnings.html", context, actor=actor)


@router.get("/earnings/statements/{statement_id:int}")
@guard("own")
def statement(house: House, actor: Actor, request: Request, statement_id: int) -> Response:
    """Show a statement line by line, so that everything in it can be recomputed."""
    found = read_statement(house.db, actor, statement_id)
    content: dict[str, Any] = orjson.loads(found.body)
    context = {"id": found.id, "sha256": found.sha256, "statement": content}
    return render(request, "statement.html", context, actor=actor)


@router.get("/earnings/statements/{statement_id:int}/download")
@guard("own")
def download(house: House, actor: Actor, statement_id: int) -> Response:
    """Give the statement's own bytes, the ones that its SHA-256 names."""
    found = read_statement(house.db, actor, statement_id)
    name = f"fairhand-statement-{found.id}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(found.body.encode(), media_type="application/json", headers=headers)


def _picture(one: WouldGet, mine: Earnings) -> Markup:
    earned = _amount(one.accrued_micros, one.currency)
    return charts.stacked_bars(
        f"This period beside its floor, {one.currency}",
        ["Floor asks", "You get"],
        _PARTS,
        [
            (_amount(one.floor_micros, one.currency), 0, 0),
            (0, earned, _amount(one.top_up_minor * MICROS, one.currency)),
        ],
    )


def _history(mine: Earnings) -> list[Markup]:
    """One picture a currency: each settled period beside its floor."""
    pictures = []
    for currency in sorted({row.currency for row in mine.statements}):
        rows = [row for row in mine.statements if row.currency == currency][:6]
        labels: list[str] = []
        values: list[tuple[float, float, float]] = []
        for row in rows:
            labels += [f"{row.period_id}: floor", f"{row.period_id}: you got"]
            earned = _amount(row.accrued_micros, currency)
            values.append((_amount(row.floor_due_micros or 0, currency), 0, 0))
            values.append((0, earned, _amount(row.top_up_micros, currency)))
        title = f"Settled periods beside their floors, {currency}"
        pictures.append(charts.stacked_bars(title, labels, _PARTS, values))
    return pictures


def _amount(micros: int, currency: str) -> float:
    """Money for a picture, to the currency's own digits; exact numbers stand beside it."""
    digits = exponent(currency)
    return float(round(micros / MICROS / 10**digits, digits))

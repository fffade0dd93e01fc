"""The manager's pay page: what is owed, closing a period after seeing who gets what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.money import MICROS, Money, exponent
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.house import House
from fairhand.use_cases.read_pay_office import (
    PayOffice,
    per_hour_minor,
    preview_close,
    read_pay_office,
    read_period,
)
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/pay")
@guard("pay.view_all")
def pay(house: House, actor: Actor, request: Request, until: str = "") -> Response:
    """Show what is owed and what a close at `until` (now when left out) would settle."""
    try:
        form = Form({"ends_at": iso(_until(house, until))})
    except FairhandError as error:
        form = failed(error, {"ends_at": until[:40]})
    return _show(house, actor, request, form)


@router.post("/pay/close")
@guard("pay.close", form=True)
def close(
    house: House,
    actor: Actor,
    request: Request,
    ends_at: Annotated[str, Field(max_length=40)] = "",
) -> Response:
    """Close the period that ends at an instant; twice changes nothing."""
    try:
        command = ClosePayPeriod(_until(house, ends_at), actor.person_id)
        closed = close_pay_period(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {"ends_at": ends_at}))
    where = f"/pay/periods/{closed.period_id}" if closed.period_id else "/pay"
    return RedirectResponse(where, status_code=303)


@router.get("/pay/periods/{period_id:int}")
@guard("pay.view_all")
def period(house: House, actor: Actor, request: Request, period_id: int) -> Response:
    """Show a period's statements."""
    found, statements = read_period(house.db, period_id)
    context = {"period": found, "statements": statements}
    return render(request, "period.html", context, actor=actor)


def _until(house: House, text: str) -> Instant:
    if not text:
        return house.clock()
    try:
        return parse_iso(text if text.endswith("Z") or "+" in text else f"{text}+00:00")
    except (ValueError, OverflowError):
        message = "Give a date and time, as 2026-11-30T23:59."
        raise InvalidError(message, issues=[Issue("ends_at", message)]) from None


def _show(house: House, actor: Actor, request: Request, form: Form) -> Response:
    office = read_pay_office(house.db)
    now = house.clock()
    at = now if form.error else parse_iso(form.value("ends_at"))
    context: dict[str, Any] = {
        "office": office,
        "form": form,
        "until": iso(min(at, now))[:16],
        "ends_at": iso(min(at, now)),
        "preview": preview_close(house.db, min(at, now)),
        "escrow_pictures": _escrows(office),
        "may_close": may(actor, "pay.close"),
        "per_hour": _per_hour,
        "micros": MICROS,
    }
    return render(request, "pay.html", context, actor=actor, status=form.status)


def _escrows(office: PayOffice) -> list[Any]:
    currencies = sorted({row.currency for row in office.escrows})
    return [
        charts.bars(
            f"Left in escrow, {currency}",
            [row.title[:13] for row in office.escrows if row.currency == currency][:20],
            [
                round(row.left_micros / MICROS / 10 ** exponent(currency), 2)
                for row in office.escrows
                if row.currency == currency
            ][:20],
        )
        for currency in currencies
    ]


def _per_hour(row: Any) -> str:  # noqa: ANN401  # a wage row, from the template
    minor = per_hour_minor(row)
    if minor is None:
        return "does not say for how many hours"
    return str(Money(-int(-minor // 1), row.currency))

"""The manager's pay page: what is owed, closing a period after seeing who gets what, periods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Form as Field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import DAY_MS, Instant, iso, parse_iso
from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.money import MICROS, exponent
from fairhand.pay.overview.period import EDGES, CurrencySums, ProjectShare
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.ask_close import AskClose, ask_close
from fairhand.use_cases.house import House
from fairhand.use_cases.read_pay_office import (
    SPEND_DAYS,
    STATEMENTS_SHOWN,
    PayOffice,
    Preview,
    preview_some,
    read_close,
    read_pay_office,
    read_period,
)
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

_OWED_SHOWN = 20
_MOST_AFTER = 2**53
After = Annotated[int, Query(ge=0, le=_MOST_AFTER)]


@router.get("/pay")
@guard("pay.view_all")
def pay(
    house: House, actor: Actor, request: Request, until: str = "", after: After = 0
) -> Response:
    """Show what is owed and what a close at `until` (now when left out) would settle."""
    try:
        form = Form({"ends_at": iso(_until(house, until))})
    except FairhandError as error:
        form = failed(error, {"ends_at": until[:40]})
    return _show(house, actor, request, form, after)


@router.post("/pay/close")
@guard("pay.close", form=True)
def close(
    house: House,
    actor: Actor,
    request: Request,
    ends_at: Annotated[str, Field(max_length=40)] = "",
) -> Response:
    """Ask for the close of the period that ends at an instant; twice is asking once."""
    try:
        command = AskClose(_until(house, ends_at), actor.person_id)
        job_id = ask_close(house.db, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {"ends_at": ends_at}))
    return RedirectResponse(f"/pay/closing/{job_id}", status_code=303)


@router.get("/pay/closing/{job_id}")
@guard("pay.view_all")
def closing(house: House, actor: Actor, request: Request, job_id: str) -> Response:
    """Show how far a close is, then lead to its period."""
    job = read_close(house.db, job_id)
    period_id = (job.result or {}).get("period_id")
    if job.state == "done" and period_id:
        return RedirectResponse(f"/pay/periods/{period_id}", status_code=303)
    return render(request, "closing.html", {"job": job}, actor=actor)


@router.get("/pay/closing/{job_id}/panel")
@guard("pay.view_all")
def closing_panel(house: House, actor: Actor, request: Request, job_id: str) -> Response:
    """Show how far a close is, as a part of its page."""
    return render(request, "closing_panel.html", {"job": read_close(house.db, job_id)}, actor=actor)


@router.get("/pay/periods/{period_id:int}")
@guard("pay.view_all")
def period(
    house: House, actor: Actor, request: Request, period_id: int, after: After = 0
) -> Response:
    """Show a period: its sums, how pay stood to the floors, top-up shares, statements."""
    found = read_period(house.db, period_id, after=after)
    context = {
        "found": found,
        "period": found.period,
        "pictures": [_ratios(sums) for sums in found.sums if sums.least is not None],
        "shares": _share_pictures(found.shares),
        "more_after": found.statements[-1].id if len(found.statements) == STATEMENTS_SHOWN else 0,
        "after": after,
    }
    return render(request, "period.html", context, actor=actor)


def _until(house: House, text: str) -> Instant:
    if not text:
        return house.clock()
    try:
        return parse_iso(text if text.endswith("Z") or "+" in text else f"{text}+00:00")
    except (ValueError, OverflowError):
        message = "Give a date and time, as 2026-11-30T23:59."
        raise InvalidError(message, issues=[Issue("ends_at", message)]) from None


def _show(house: House, actor: Actor, request: Request, form: Form, after: int = 0) -> Response:
    now = house.clock()
    office = read_pay_office(house.db, now)
    at = now if form.error else min(parse_iso(form.value("ends_at")), now)
    preview = preview_some(house.db, at, after=after)
    context: dict[str, Any] = {
        "office": office,
        "owed_shown": sorted(office.owed, key=lambda one: -one.micros)[:_OWED_SHOWN],
        "form": form,
        "until": iso(at)[:16],
        "ends_at": iso(at),
        "preview": preview,
        "preview_sums": [] if after or preview.more_after else _preview_sums(preview),
        "after": after,
        "escrow_pictures": _escrows(office),
        "spend_pictures": _spend(office, now),
        "may_close": may(actor, "pay.close"),
        "micros": MICROS,
    }
    return render(request, "pay.html", context, actor=actor, status=form.status)


def _preview_sums(preview: Preview) -> list[tuple[str, list[int]]]:
    """Sum a whole preview by currency: paid milliseconds, base, extras and top-ups in micros."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in preview.lines:
        mine = (one.paid_ms, one.accrued_micros, one.extras_micros, one.top_up_minor * MICROS)
        sums[one.currency] = [a + b for a, b in zip(sums[one.currency], mine, strict=True)]
    return sorted(sums.items())


def _escrows(office: PayOffice) -> list[Markup]:
    currencies = sorted({row.currency for row in office.escrows})
    return [
        charts.bars(
            f"Left in escrow, {currency}",
            [row.title[:13] for row in office.escrows if row.currency == currency][:20],
            [
                _amount(row.left_micros, currency)
                for row in office.escrows
                if row.currency == currency
            ][:20],
        )
        for currency in currencies
    ]


def _spend(office: PayOffice, now: Instant) -> list[Markup]:
    """One line a currency: what was earned on each of the last days, top-ups included."""
    first = now // DAY_MS - SPEND_DAYS + 1
    days = [Instant(day * DAY_MS) for day in range(first, first + SPEND_DAYS)]
    by_day: dict[str, dict[Instant, int]] = defaultdict(lambda: defaultdict(int))
    for one in office.spend:
        by_day[one.currency][one.day] += one.micros
    return [
        charts.line(
            f"Earned a day, {currency}",
            [iso(day)[:10] for day in days],
            [_amount(by_day[currency].get(day, 0), currency) for day in days],
        )
        for currency in sorted(by_day)
    ]


def _ratios(sums: CurrencySums) -> Markup:
    steps = [f"{low:g} to {high:g}" for low, high in pairwise(EDGES[1:])]
    labels = ["below 1", *steps, f"{EDGES[-1]:g} and more"]
    return charts.bars(f"People by pay to floor, {sums.currency}", labels, sums.counts)


def _share_pictures(shares: Sequence[ProjectShare]) -> list[Markup]:
    shown = [one for one in shares if one.work_micros][:12]
    if not shown:
        return []
    labels = [one.title[:13] for one in shown]
    values = [round(one.percent, 1) for one in shown]
    return [charts.bars("Top-up for a hundred of pay, by project", labels, values, "%")]


def _amount(micros: int, currency: str) -> float:
    digits = exponent(currency)
    return float(round(micros / MICROS / 10**digits, digits))

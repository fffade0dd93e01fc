"""Payouts for those who pay: what could be paid, batches, files, what the bank answered."""

from __future__ import annotations

import secrets
from collections import defaultdict
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, File, Query, UploadFile
from fastapi import Form as Field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.money import MICROS, exponent
from fairhand.pay.payouts.answers import FILE_MAX
from fairhand.pay.payouts.methods import KINDS
from fairhand.pay.payouts.rules import BATCH_MAX, RAILS, Due
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.cancel_payout_batch import CancelPayoutBatch, cancel_payout_batch
from fairhand.use_cases.decide_payout import DecidePayout, decide_payout
from fairhand.use_cases.house import House
from fairhand.use_cases.import_bank_file import ImportBankFile, import_bank_file
from fairhand.use_cases.make_payout_batch import MakePayoutBatch, make_payout_batch
from fairhand.use_cases.mark_batch_sent import MarkBatchSent, mark_batch_sent
from fairhand.use_cases.read_payouts import (
    debtor_of,
    missing_settings,
    preview_batch,
    read_batch,
    read_payout_file,
    read_payout_office,
)
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.uploads import called

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=500)]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
_PARTS = ("can be paid now", "below their minimum", "nobody knows where to")
_MEDIA = {"xml": "application/xml", "csv": "text/csv; charset=utf-8"}


@router.get("/pay/payouts")
@guard("pay.view_all")
def office(house: House, actor: Actor, request: Request, done: str = "") -> Response:
    """Show what could be paid now, the batches, and how the bank's answers agree with them."""
    return _office(house, actor, request, Form(), done=done[:300])


@router.get("/pay/payouts/new")
@guard("pay.payout")
def new(
    house: House,
    actor: Actor,
    request: Request,
    rail: str = "",
    currency: str = "",
    final: Annotated[list[int] | None, Query(max_length=1_000)] = None,
) -> Response:
    """Show who would be in a batch, with names as the bank will see them."""
    return _preview(house, actor, request, Form(), rail, currency, tuple(final or ()))


@router.post("/pay/payouts")
@guard("pay.payout", form=True)
def make(
    house: House,
    actor: Actor,
    request: Request,
    rail: Text = "",
    currency: Text = "",
    client_key: Text = "",
    expected: Number = 0,
    final: Annotated[list[int] | None, Field(max_length=1_000)] = None,
) -> Response:
    """Make the batch that was looked at; twice the same click makes one."""
    chosen = tuple(final or ())
    command = MakePayoutBatch(rail, currency, actor.person_id, client_key, chosen, expected or None)
    try:
        made = make_payout_batch(house.db, command, house.clock(), debtor=debtor_of(house.settings))
    except FairhandError as error:
        form = failed(error, {})
        return _preview(house, actor, request, form, rail, currency, chosen)
    return RedirectResponse(f"/pay/payouts/{made.batch.id}", status_code=303)


@router.post("/pay/payouts/bank")
@guard("pay.payout", form=True)
def bank(
    house: House,
    actor: Actor,
    request: Request,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Read what the bank answered; the same file twice changes nothing."""
    try:
        if file is None or not (file.filename or file.size):
            raise InvalidError("Choose a file.", issues=[Issue("file", "Choose a file.")])
        content = file.file.read(FILE_MAX + 1)
        command = ImportBankFile(called(file), content, actor.person_id)
        read = import_bank_file(house.db, command, house.clock())
    except FairhandError as error:
        return _office(house, actor, request, failed(error, {"file": ""}))
    done = (
        f"{read.lines} lines read, {read.known} known already: {read.confirmed} payouts arrived, "
        f"{read.returned} came back, {read.unmatched} lines to look at."
    )
    return RedirectResponse(f"/pay/payouts?done={quote(done)}", status_code=303)


@router.get("/pay/payouts/{batch_id:int}")
@guard("pay.view_all")
def batch(house: House, actor: Actor, request: Request, batch_id: int) -> Response:
    """Show a batch and what became of each of its payouts."""
    return _batch(house, actor, request, Form(), batch_id)


@router.get("/pay/payouts/{batch_id:int}/file")
@guard("pay.payout")
def download(house: House, actor: Actor, batch_id: int) -> Response:
    """Give the file as it was made: the only place where account numbers stand in full."""
    name, body = read_payout_file(house.db, batch_id)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    kind = _MEDIA.get(name.rpartition(".")[2], "application/octet-stream")
    return Response(body.encode(), media_type=kind, headers=headers)


@router.post("/pay/payouts/{batch_id:int}/sent")
@guard("pay.payout", form=True)
def sent(
    house: House, actor: Actor, request: Request, batch_id: int, evidence: Text = ""
) -> Response:
    """Say that the file went to the bank."""
    try:
        command = MarkBatchSent(batch_id, actor.person_id, evidence)
        mark_batch_sent(house.db, command, house.clock())
    except FairhandError as error:
        return _failed(house, actor, request, error, batch_id)
    return RedirectResponse(f"/pay/payouts/{batch_id}", status_code=303)


@router.post("/pay/payouts/{batch_id:int}/cancel")
@guard("pay.payout", form=True)
def cancel(
    house: House, actor: Actor, request: Request, batch_id: int, reason: Text = ""
) -> Response:
    """Take back a batch that was not sent."""
    try:
        command = CancelPayoutBatch(batch_id, actor.person_id, reason)
        cancel_payout_batch(house.db, command, house.clock())
    except FairhandError as error:
        return _failed(house, actor, request, error, batch_id)
    return RedirectResponse(f"/pay/payouts/{batch_id}", status_code=303)


@router.post("/pay/payouts/{batch_id:int}/payouts/{payout_id:int}")
@guard("pay.payout", form=True)
def decide(
    house: House,
    actor: Actor,
    request: Request,
    batch_id: int,
    payout_id: int,
    outcome: Annotated[Literal["confirmed", "returned"], Field()] = "confirmed",
    evidence: Text = "",
) -> Response:
    """Say by hand, with evidence, that a payout arrived or came back."""
    try:
        command = DecidePayout(payout_id, outcome, evidence, actor.person_id)
        decide_payout(house.db, command, house.clock())
    except FairhandError as error:
        return _failed(house, actor, request, error, batch_id)
    return RedirectResponse(f"/pay/payouts/{batch_id}", status_code=303)


def _failed(
    house: House, actor: Actor, request: Request, error: FairhandError, batch_id: int
) -> Response:
    if error.status == 404:
        raise error
    return _batch(house, actor, request, failed(error, {}), batch_id)


def _office(
    house: House, actor: Actor, request: Request, form: Form, *, done: str = ""
) -> Response:
    found = read_payout_office(house.db, house.settings, house.clock())
    context: dict[str, Any] = {
        "office": found,
        "form": form,
        "done": done,
        "groups": _groups(found.dues),
        "pictures": _pictures(found.dues),
        "waiting": [one for one in found.dues if one.standing != "ready"],
        "kinds": KINDS,
        "missing_days": house.settings.payout_missing_days,
        "may_pay": may(actor, "pay.payout"),
        "micros": MICROS,
    }
    return render(request, "payouts.html", context, actor=actor, status=form.status)


def _preview(
    house: House,
    actor: Actor,
    request: Request,
    form: Form,
    rail: str,
    currency: str,
    final: tuple[int, ...],
) -> Response:
    found = preview_batch(house.db, rail, currency, final)
    context: dict[str, Any] = {
        "preview": found,
        "form": form,
        "final": final,
        "lacking": missing_settings(house.settings, found.rail),
        "kinds": KINDS,
        "client_key": secrets.token_hex(16),
        "most": BATCH_MAX,
        "expected": sum(one.due.amount_minor for one in found.ready[:BATCH_MAX]),
        "micros": MICROS,
    }
    return render(request, "payout_preview.html", context, actor=actor, status=form.status)


def _batch(house: House, actor: Actor, request: Request, form: Form, batch_id: int) -> Response:
    found, lines = read_batch(house.db, batch_id)
    context: dict[str, Any] = {
        "batch": found,
        "lines": lines,
        "form": form,
        "kinds": KINDS,
        "may_pay": may(actor, "pay.payout"),
        "micros": MICROS,
    }
    return render(request, "payout_batch.html", context, actor=actor, status=form.status)


def _groups(found: tuple[Due, ...]) -> list[dict[str, Any]]:
    """Sum what can be paid now, by rail and currency."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in found:
        if one.standing == "ready" and one.method is not None:
            sums[one.method.rail, one.currency].append(one.amount_minor)
    return [
        {"rail": rail, "currency": currency, "people": len(minors), "minor": sum(minors)}
        for (rail, currency), minors in sorted(sums.items())
    ]


def _pictures(found: tuple[Due, ...]) -> list[Markup]:
    """Draw each currency: what can be paid on which rail, and what waits for whom."""
    return [
        _picture([one for one in found if one.currency == currency], currency)
        for currency in sorted({one.currency for one in found})
    ]


def _picture(found: list[Due], currency: str) -> Markup:
    labels, rows = [], []
    for rail in (*RAILS, None):
        mine = [one for one in found if (one.method.rail if one.method else None) == rail]
        if mine:
            labels.append("no way yet" if rail is None else rail)
            rows.append(
                (
                    _sum(mine, currency, ("ready",)),
                    _sum(mine, currency, ("below_minimum",)),
                    _sum(mine, currency, ("no_method", "simulated", "books_differ")),
                )
            )
    return charts.stacked_bars(f"Settled and not paid out, {currency}", labels, _PARTS, rows)


def _sum(found: list[Due], currency: str, standings: tuple[str, ...]) -> float:
    """Money for a picture; exact numbers stand beside it."""
    minor = sum(one.amount_minor for one in found if one.standing in standings)
    digits = exponent(currency)
    return float(round(minor / 10**digits, digits))

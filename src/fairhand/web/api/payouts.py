"""The API of payouts: one's own way of getting paid, and batches for those who pay."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Query, UploadFile
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.core.money import Money
from fairhand.pay.payouts.answers import FILE_MAX
from fairhand.pay.payouts.rules import Due
from fairhand.pay.payouts.store import Batch
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.cancel_payout_batch import CancelPayoutBatch, cancel_payout_batch
from fairhand.use_cases.decide_payout import DecidePayout, decide_payout
from fairhand.use_cases.house import House
from fairhand.use_cases.import_bank_file import ImportBankFile, import_bank_file
from fairhand.use_cases.make_payout_batch import MakePayoutBatch, make_payout_batch
from fairhand.use_cases.mark_batch_sent import MarkBatchSent, mark_batch_sent
from fairhand.use_cases.read_payouts import (
    OwnPayouts,
    PayoutLine,
    PayoutOffice,
    Preview,
    debtor_of,
    preview_batch,
    read_batch,
    read_own_payouts,
    read_payout_file,
    read_payout_office,
)
from fairhand.use_cases.set_payout_method import SetPayoutMethod, set_payout_method
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import money_of
from fairhand.web.shared.strict import StrictRoute
from fairhand.web.shared.uploads import called

router = APIRouter(prefix="/api/v1", tags=["payouts"], route_class=StrictRoute)


class MethodBody(Body):
    """Where your money goes; `details` by name as the rail needs them, `minimum` as "10.00"."""

    rail: Literal["sepa", "mobile", "batch", "cash"]
    details: dict[str, str] = Field(max_length=20)
    minimum: str = Field(default="0", max_length=40)


class BatchBody(Body):
    """A batch to make; the same `client_key` makes it once.

    `final` names people whose own minimum does not hold; `expected` is the sum you looked at.
    """

    rail: Literal["sepa", "mobile", "batch", "cash"]
    currency: str = Field(max_length=3)
    client_key: str = Field(min_length=8, max_length=64)
    final: list[Id] = Field(default_factory=list, max_length=1_000)
    expected: str | None = Field(default=None, max_length=40)


class SentBody(Body):
    """The bank's number of the order, if there is one."""

    evidence: str = Field(default="", max_length=500)


class CancelBody(Body):
    """Why a batch is taken back."""

    reason: str = Field(default="", max_length=500)


class OutcomeBody(Body):
    """What became of a payout, and how that is known."""

    outcome: Literal["confirmed", "returned"]
    evidence: str = Field(min_length=3, max_length=500)


@router.get("/me/payout")
@guard("own.manage")
def mine(house: House, actor: Actor) -> Response:
    """Show how you are paid, what is due to you and every payout."""
    return reply(own_json(read_own_payouts(house.db, actor.person_id)))


@router.put("/me/payout/{currency}")
@guard("own.manage")
def set_method(house: House, actor: Actor, currency: str, body: MethodBody) -> Response:
    """Say where your money of a currency goes."""
    least = money_of(body.minimum, currency, "minimum").minor
    command = SetPayoutMethod(actor.person_id, currency, body.rail, body.details, least)
    method_id = set_payout_method(house.db, command, house.clock())
    return reply({"method_id": method_id, "currency": currency, "rail": body.rail})


@router.delete("/me/payout/{currency}")
@guard("own.manage")
def end_method(house: House, actor: Actor, currency: str) -> Response:
    """Take back how you are paid in a currency; the money stays yours."""
    set_payout_method(house.db, SetPayoutMethod(actor.person_id, currency, ""), house.clock())
    return reply({"method_id": None, "currency": currency})


@router.get("/pay/payouts")
@guard("pay.view_all")
def office(house: House, actor: Actor) -> Response:
    """List what could be paid now, batches, and how the bank's answers agree with them."""
    found = read_payout_office(house.db, house.settings, house.clock())
    return reply(office_json(found))


@router.get("/pay/payouts/preview")
@guard("pay.payout")
def preview(
    house: House,
    actor: Actor,
    rail: str = "",
    currency: str = "",
    final: Annotated[list[int] | None, Query(max_length=1_000)] = None,
) -> Response:
    """Show who would be in a batch, with names as the bank will see them."""
    return reply(preview_json(preview_batch(house.db, rail, currency, tuple(final or ()))))


@router.post("/pay/payouts")
@guard("pay.payout")
def make(house: House, actor: Actor, body: BatchBody) -> Response:
    """Make a batch and its file: 201 when it is new, 200 when its key had made it before."""
    expected = None
    if body.expected is not None:
        expected = money_of(body.expected, body.currency, "expected").minor
    command = MakePayoutBatch(
        body.rail, body.currency, actor.person_id, body.client_key, tuple(body.final), expected
    )
    made = make_payout_batch(house.db, command, house.clock(), debtor=debtor_of(house.settings))
    return reply(batch_json(made.batch), 200 if made.again else 201)


@router.post("/pay/payouts/bank")
@guard("pay.payout")
def bank(house: House, actor: Actor, file: Annotated[UploadFile | None, File()] = None) -> Response:
    """Read a camt.053, pain.002 or CSV answer; the same file twice changes nothing."""
    if file is None:
        raise InvalidError("Send a file.", issues=[Issue("file", "Send a file.")])
    command = ImportBankFile(called(file), file.file.read(FILE_MAX + 1), actor.person_id)
    return reply(asdict(import_bank_file(house.db, command, house.clock())))


@router.get("/pay/payouts/{batch_id}")
@guard("pay.view_all")
def batch(house: House, actor: Actor, batch_id: int) -> Response:
    """Show a batch and its payouts; account numbers only by their last four characters."""
    found, lines = read_batch(house.db, batch_id)
    return reply(batch_json(found) | {"lines": [line_json(line) for line in lines]})


@router.get("/pay/payouts/{batch_id}/file")
@guard("pay.payout")
def download(house: House, actor: Actor, batch_id: int) -> Response:
    """Give a batch's file, the only place where account numbers stand in full."""
    name, body = read_payout_file(house.db, batch_id)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body.encode(), media_type="application/octet-stream", headers=headers)


@router.post("/pay/payouts/{batch_id}/sent")
@guard("pay.payout")
def sent(house: House, actor: Actor, batch_id: int, body: SentBody) -> Response:
    """Say that a batch's file went to the bank."""
    command = MarkBatchSent(batch_id, actor.person_id, body.evidence)
    changed = mark_batch_sent(house.db, command, house.clock())
    return reply({"batch_id": batch_id, "changed": changed})


@router.post("/pay/payouts/{batch_id}/cancel")
@guard("pay.payout")
def cancel(house: House, actor: Actor, batch_id: int, body: CancelBody) -> Response:
    """Take back a batch that was not sent."""
    command = CancelPayoutBatch(batch_id, actor.person_id, body.reason)
    changed = cancel_payout_batch(house.db, command, house.clock())
    return reply({"batch_id": batch_id, "changed": changed})


@router.post("/pay/payouts/{batch_id}/payouts/{payout_id}")
@guard("pay.payout")
def decide(
    house: House, actor: Actor, batch_id: int, payout_id: int, body: OutcomeBody
) -> Response:
    """Say by hand, with evidence, that a payout arrived or came back."""
    command = DecidePayout(payout_id, body.outcome, body.evidence, actor.person_id)
    changed = decide_payout(house.db, command, house.clock())
    return reply({"payout_id": payout_id, "outcome": body.outcome, "changed": changed})


def own_json(found: OwnPayouts) -> dict[str, Any]:
    """Write a person's own payouts."""
    return {
        "currencies": [
            {
                "currency": one.currency,
                "rail": one.method.rail if one.method else None,
                "details": dict(one.method.details) if one.method else None,
                "minimum": _decimal(one.method.minimum_minor if one.method else 0, one.currency),
                "due": _decimal(one.due.amount_minor if one.due else 0, one.currency),
                "standing": one.due.standing if one.due else "nothing",
                "on_the_way": _decimal(one.on_the_way_minor, one.currency),
            }
            for one in found.currencies
        ],
        "payouts": [line_json(line) for line in found.payouts],
    }


def office_json(found: PayoutOffice) -> dict[str, Any]:
    """Write the office's page."""
    state = found.reconciliation
    return {
        "due": [due_json(one) for one in found.dues],
        "batches": [batch_json(one) for one in found.batches],
        "clearing_agrees": state.agrees,
        "on_the_way": {
            currency: _decimal(minor, currency)
            for currency, minor in state.on_the_way_minor.items()
        },
        "missing": [line_json(one) for one in state.missing],
        "unmatched": [asdict(one) for one in state.unmatched],
    }


def preview_json(found: Preview) -> dict[str, Any]:
    """Write what a batch would hold."""
    return {
        "rail": found.rail,
        "currency": found.currency,
        "control": _decimal(found.control_minor, found.currency),
        "ready": [
            due_json(one.due)
            | {"name": one.name, "name_in_file": one.name_in_file, "to": one.shown}
            for one in found.ready
        ],
        "waiting": [due_json(one.due) for one in found.waiting],
    }


def due_json(one: Due) -> dict[str, Any]:
    """Write what one person could be paid."""
    return {
        "person_id": one.person_id,
        "name": one.display_name,
        "currency": one.currency,
        "amount": _decimal(one.amount_minor, one.currency),
        "rail": one.method.rail if one.method else None,
        "standing": one.standing,
    }


def batch_json(one: Batch) -> dict[str, Any]:
    """Write a batch without its file."""
    return {
        "id": one.id,
        "rail": one.rail,
        "currency": one.currency,
        "message_id": one.message_id,
        "payouts": one.payouts,
        "control": _decimal(one.control_minor, one.currency),
        "state": one.state,
        "file_name": one.file_name,
        "file_sha256": one.file_sha256,
        "made_at": iso(one.made_at),
        "sent_at": iso(one.sent_at) if one.sent_at is not None else None,
    }


def line_json(one: PayoutLine) -> dict[str, Any]:
    """Write a payout; where it goes only by the last four characters."""
    payout = one.payout
    return {
        "id": payout.id,
        "batch_id": payout.batch_id,
        "person_id": payout.person_id,
        "person": one.display_name,
        "amount": _decimal(payout.amount_minor, payout.currency),
        "currency": payout.currency,
        "rail": one.rail,
        "to": one.shown,
        "name": one.name,
        "name_in_file": one.name_in_file,
        "end_to_end_id": payout.end_to_end_id,
        "state": payout.state,
        "state_at": iso(payout.state_at),
        "reason": payout.reason,
    }


def _decimal(minor: int, currency: str) -> str:
    return Money(minor, currency).decimal()

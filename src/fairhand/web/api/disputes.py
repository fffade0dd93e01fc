"""The API of disputes: one's own, the queue, and answers."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import MINUTE_MS, iso
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.core.money import MICROS, Money, parse_money
from fairhand.pay.disputes.rules import Answer, Claim, Dispute
from fairhand.pay.disputes.store import load_dispute
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.decide_dispute import DecideDispute, decide_dispute
from fairhand.use_cases.house import House
from fairhand.use_cases.open_dispute import OpenDispute, open_dispute
from fairhand.use_cases.read_disputes import read_dispute_queue, read_line, read_own_disputes
from fairhand.use_cases.withdraw_dispute import WithdrawDispute, withdraw_dispute
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["pay"], route_class=StrictRoute)


class DisputeBody(Body):
    """Time that was not counted (`minutes`) or money that was not paid (`amount`).

    About a `line` of a `statement_id`, or about unsettled work in a `project_id`. `client_key`
    makes a retry count once.
    """

    client_key: str = Field(max_length=64)
    message: str = Field(max_length=20_000)
    minutes: int | None = Field(default=None, ge=0, le=10**6)
    amount: str | None = Field(default=None, max_length=40)
    statement_id: Id | None = None
    line: Id | None = None
    project_id: Id | None = None
    activity: str = Field(default="annotate", max_length=16)


class AnswerBody(Body):
    """`upheld`, `partly` (with `minutes` or `amount`) or `declined`, and a reason."""

    outcome: str = Field(max_length=16)
    reason: str = Field(max_length=20_000)
    minutes: int | None = Field(default=None, ge=0, le=10**6)
    amount: str | None = Field(default=None, max_length=40)


@router.get("/me/disputes")
@guard("own")
def own(house: House, actor: Actor) -> Response:
    """List your disputes, and how disputes go here."""
    mine = read_own_disputes(house.db, actor.person_id)
    listed = [dispute_json(one.dispute) for one in mine.disputes]
    return reply({"disputes": listed, "counter": asdict(mine.counter)})


@router.post("/me/disputes", status_code=201)
@guard("own")
def open_one(house: House, actor: Actor, body: DisputeBody) -> Response:
    """Open a dispute; writing it is paid time. 200 when this key had opened it before."""
    command = OpenDispute(
        person_id=actor.person_id,
        client_key=body.client_key,
        claim=_claim(body, _currency(house, actor, body)),
        statement_id=body.statement_id,
        line=body.line,
        project_id=body.project_id,
        activity=body.activity,
    )
    opened = open_dispute(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    return reply(dispute_json(opened.dispute), 200 if opened.again else 201)


@router.post("/me/disputes/{dispute_id}/withdraw")
@guard("own")
def withdraw(house: House, actor: Actor, dispute_id: int) -> Response:
    """Take an open dispute back."""
    withdraw_dispute(house.db, WithdrawDispute(actor.person_id, dispute_id), house.clock())
    return reply({"id": dispute_id, "state": "withdrawn"})


@router.get("/pay/disputes")
@guard("pay.view_all")
def queue(house: House, actor: Actor) -> Response:
    """List disputes that wait for an answer by deadline, then the last that have ended."""
    found = read_dispute_queue(house.db)
    rows = [
        dispute_json(one.dispute) | {"person": one.person, "project": one.project}
        for one in (*found.waiting, *found.ended)
    ]
    return reply({"disputes": rows, "counter": asdict(found.counter)})


@router.post("/pay/disputes/{dispute_id}/decide")
@guard("pay.decide")
def decide(house: House, actor: Actor, dispute_id: int, body: AnswerBody) -> Response:
    """Answer a dispute; what is granted is owed at once."""
    with house.db.read() as connection:
        found = load_dispute(connection, dispute_id)
    micros = _micros(body.amount, found.currency) if body.amount and found else None
    ms = None if body.minutes is None else body.minutes * MINUTE_MS
    answer = Answer(body.outcome, body.reason, ms, micros)
    command = DecideDispute(dispute_id, actor.person_id, answer)
    return reply(dispute_json(decide_dispute(house.db, command, house.clock())))


def dispute_json(one: Dispute) -> dict[str, object]:
    """Write a dispute for the API."""
    return {
        "id": one.id,
        "person_id": one.person_id,
        "project_id": one.project_id,
        "statement_id": one.statement_id,
        "line": one.line,
        "activity": one.activity,
        "currency": one.currency,
        "claimed_ms": one.claimed_ms,
        "claimed": _decimal(one.claimed_micros, one.currency),
        "message": one.message,
        "state": one.state,
        "opened_at": iso(one.opened_at),
        "answer_by": iso(one.answer_by),
        "decided_at": None if one.decided_at is None else iso(one.decided_at),
        "decided_by": one.decided_by,
        "granted_ms": one.granted_ms,
        "granted_micros": one.granted_micros,
        "granted": _decimal(one.granted_micros, one.currency),
        "reason": one.reason,
        "entry_id": one.entry_id,
    }


def _claim(body: DisputeBody, currency: str) -> Claim:
    if (body.minutes is None) == (body.amount is None):
        message = "Give minutes or an amount, one of them."
        raise InvalidError(message, issues=[Issue("minutes", message)])
    if body.minutes is not None:
        return Claim("time", body.minutes * MINUTE_MS, None, body.message)
    return Claim("money", None, _micros(body.amount or "", currency), body.message)


def _currency(house: House, actor: Actor, body: DisputeBody) -> str:
    """Find the currency of what is disputed; raises NotFoundError for what is not one's own."""
    project_id = body.project_id
    if body.statement_id is not None:
        line = read_line(house.db, actor.person_id, body.statement_id, body.line or 0)
        project_id = line.project_id
    own = read_own_disputes(house.db, actor.person_id)
    found = [currency for project, _, currency in own.projects if project == project_id]
    if project_id is not None and not found:
        raise NotFoundError("You have earned nothing in such a project.")
    return found[0] if found else "EUR"


def _micros(text: str, currency: str) -> int:
    try:
        return parse_money(text, currency).minor * MICROS
    except ValueError as error:
        raise InvalidError(str(error), issues=[Issue("amount", str(error))]) from None


def _decimal(micros: int | None, currency: str) -> str | None:
    return None if micros is None else Money(micros // MICROS, currency).decimal()

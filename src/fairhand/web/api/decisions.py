"""The API of decisions about people and appeals against them.

Deciding about somebody and finding on an appeal are for people who are signed in themselves: no
token reaches those routes, whoever made it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.conduct.appeal_store import ListedDecision
from fairhand.people.conduct.appeals import Appeal
from fairhand.use_cases.decide_about_person import DecideAboutPerson, decide_about_person
from fairhand.use_cases.find_on_appeal import FindOnAppeal, find_on_appeal
from fairhand.use_cases.hear_appeal import HearAppeal, hear_appeal
from fairhand.use_cases.house import House
from fairhand.use_cases.open_appeal import OpenAppeal, open_appeal
from fairhand.use_cases.read_appeals import (
    BlindAppeal,
    Waiting,
    read_appeal,
    read_appeal_queue,
    read_conduct,
    read_own_decision,
    read_own_decisions,
)
from fairhand.use_cases.set_reporting import SetReporting, set_reporting
from fairhand.use_cases.withdraw_appeal import WithdrawAppeal, withdraw_appeal
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["conduct"], route_class=StrictRoute)


class AppealBody(Body):
    """Why a decision is wrong, in any language; `client_key` makes a retry count once."""

    client_key: str = Field(max_length=64)
    message: str = Field(max_length=20_000)


class DecisionBody(Body):
    """What is decided about whom, why, on what, and what would have led to something else.

    Project 0 is the whole workspace; `days` is for a suspension, `annotation_id` for an answer.
    """

    client_key: str = Field(max_length=64)
    person_id: Id
    project_id: Id = 0
    kind: Literal["answer_not_taken", "redo_asked", "fraud_flag", "suspended", "ended"]
    reason: str = Field(max_length=20_000)
    counterfactual: str = Field(max_length=20_000)
    evidence: str = Field(max_length=20_000)
    days: int | None = Field(default=None, ge=0, le=10**6)
    annotation_id: Id | None = None


class FindingBody(Body):
    """`uphold` (the person is right) or `decline`, with a reason that the person reads."""

    finding: str = Field(max_length=16)
    reason: str = Field(max_length=20_000)


class ReportingBody(Body):
    """Whom somebody reports to; null: nobody."""

    person_id: Id
    boss_id: Id | None = None


@router.get("/me/decisions")
@guard("own")
def own(house: House, actor: Actor) -> Response:
    """List every decision about you, the newest first, and how appeals go here."""
    mine = read_own_decisions(house.db, actor.person_id, house.clock())
    listed = [decision_json(one) for one in mine.decisions]
    return reply({"decisions": listed, "counter": asdict(mine.counter)})


@router.get("/me/decisions/{decision_id}")
@guard("own")
def own_one(house: House, actor: Actor, decision_id: int) -> Response:
    """Show one decision about you; `why_no_appeal` is null while you can appeal it."""
    found = read_own_decision(house.db, actor.person_id, decision_id, house.clock())
    return reply(decision_json(found.listed) | {"why_no_appeal": found.why_no_appeal})


@router.post("/me/decisions/{decision_id}/appeal", status_code=201)
@guard("own")
def appeal(house: House, actor: Actor, decision_id: int, body: AppealBody) -> Response:
    """Appeal a decision; writing it is paid time. 200 when this key had opened it before."""
    command = OpenAppeal(actor.person_id, decision_id, body.client_key, body.message)
    opened = open_appeal(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    return reply(appeal_json(opened.appeal), 200 if opened.again else 201)


@router.post("/me/appeals/{appeal_id}/withdraw")
@guard("own")
def withdraw(house: House, actor: Actor, appeal_id: int) -> Response:
    """Take an open appeal back."""
    withdraw_appeal(house.db, WithdrawAppeal(actor.person_id, appeal_id), house.clock())
    return reply({"id": appeal_id, "state": "withdrawn"})


@router.get("/conduct/decisions")
@guard("conduct.view")
def decisions(house: House, actor: Actor) -> Response:
    """List the newest decisions about people; an open appeal is not shown here."""
    places = None
    if not may(actor, "conduct.view"):
        places = frozenset(one for one in actor.roles if may(actor, "conduct.view", one))
    found = read_conduct(house.db, places)
    rows = [decision_json(one) | {"person": one.person} for one in found.decisions]
    return reply({"decisions": rows, "counter": asdict(found.counter)})


@router.post("/conduct/decisions", status_code=201)
@guard("conduct.decide")
def decide(house: House, actor: Actor, body: DecisionBody) -> Response:
    """Decide about somebody under your own name; 403 for every token."""
    command = DecideAboutPerson(decider_id=actor.person_id, **body.model_dump())
    return reply({"id": decide_about_person(house.db, command, house.clock())}, 201)


@router.put("/conduct/reporting")
@guard("conduct.decide", everywhere=True)
def reporting(house: House, actor: Actor, body: ReportingBody) -> Response:
    """Say who reports to whom, so that appeals go to others; 403 for every token."""
    command = SetReporting(actor.person_id, body.person_id, body.boss_id)
    set_reporting(house.db, command, house.clock())
    return reply({"person_id": body.person_id, "boss_id": body.boss_id})


@router.get("/appeals")
@guard("appeal.review")
def queue(house: House, actor: Actor) -> Response:
    """List the appeals that you may hear, the next deadline first; 403 for every token."""
    found = read_appeal_queue(house.db, actor.person_id, house.clock())
    return reply({"appeals": [_waiting(one) for one in found]})


@router.get("/appeals/{appeal_id}")
@guard("appeal.review")
def one(house: House, actor: Actor, appeal_id: int) -> Response:
    """Show an appeal that you have taken, without its person's name; 403 for every token."""
    return reply(_blind(read_appeal(house.db, appeal_id, actor.person_id, house.clock())))


@router.post("/appeals/{appeal_id}/take")
@guard("appeal.review")
def take(house: House, actor: Actor, appeal_id: int) -> Response:
    """Take an appeal, so that its evidence opens to you; 403 for every token."""
    is_new = hear_appeal(house.db, HearAppeal(actor.person_id, appeal_id), house.clock())
    return reply({"id": appeal_id, "taken": True, "again": not is_new})


@router.post("/appeals/{appeal_id}/finding")
@guard("appeal.review")
def find(house: House, actor: Actor, appeal_id: int, body: FindingBody) -> Response:
    """Say what you found on an appeal that you took; 403 for every token."""
    command = FindOnAppeal(actor.person_id, appeal_id, body.finding, body.reason)
    ended = find_on_appeal(house.db, command, house.clock())
    return reply({"id": ended.id, "state": ended.state, "repaired": ended.repaired})


def decision_json(listed: ListedDecision) -> dict[str, Any]:
    """Write a decision for the API."""
    decision = listed.decision
    return {
        "id": decision.id,
        "person_id": decision.person_id,
        "project_id": decision.project_id,
        "kind": decision.kind,
        "reason": decision.reason,
        "counterfactual": decision.counterfactual,
        "pay_effect": decision.pay_effect,
        "language": decision.language,
        "inputs": decision.inputs,
        "inputs_sha256": decision.inputs_sha256,
        "weights": decision.weights,
        "decider_id": decision.decider_id,
        "system": decision.system or None,
        "system_version": decision.system_version or None,
        "until": None if decision.until is None else iso(decision.until),
        "made_at": iso(decision.made_at),
        "appeal_by": iso(decision.appeal_by),
        "appeal": None if listed.appeal is None else appeal_json(listed.appeal),
    }


def appeal_json(appeal: Appeal) -> dict[str, Any]:
    """Write an appeal for the API, as its own person sees it."""
    return {
        "id": appeal.id,
        "decision_id": appeal.decision_id,
        "state": appeal.state,
        "message": appeal.message,
        "panel": appeal.panel,
        "opened_at": iso(appeal.opened_at),
        "answer_by": iso(appeal.answer_by),
        "decided_at": None if appeal.decided_at is None else iso(appeal.decided_at),
        "reason": appeal.reason,
        "repaired": appeal.repaired,
    }


def _waiting(one: Waiting) -> dict[str, Any]:
    return asdict(one) | {"opened_at": iso(one.opened_at), "answer_by": iso(one.answer_by)}


def _blind(found: BlindAppeal) -> dict[str, Any]:
    return {
        "id": found.appeal_id,
        "state": found.state,
        "kind": found.kind,
        "project": found.project,
        "message": found.message,
        "reason": found.reason,
        "counterfactual": found.counterfactual,
        "inputs": found.inputs,
        "weights": found.weights,
        "system": found.system or None,
        "task_id": None if found.shown is None else found.shown.task_id,
        "missed_by": None if found.others is None else found.others[0],
        "answered_by": None if found.others is None else found.others[1],
        "panel": found.panel,
        "spoken": sum(one.finding is not None for one in found.reviews),
        "answer_by": iso(found.answer_by),
        "my_finding": None if found.mine is None else found.mine.finding,
    }

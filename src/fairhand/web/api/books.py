"""The books over the API: balances, seals, checks, export, proof of floors, replay, self-score."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.errors import Issue
from fairhand.pay.books.floor_proof import SMALLEST_GROUP, FloorProof, Spread, shown
from fairhand.pay.books.score import NOT_OFFICIAL, Scored
from fairhand.pay.statement.rules import exact_amount
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_books import (
    Books,
    check_books,
    export_books,
    prove_floors,
    read_books,
    score_ourselves,
)
from fairhand.use_cases.read_replay import Replayed, read_replay
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.streams import send_text
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["pay"], route_class=StrictRoute)


@router.get("/pay/books")
@guard("pay.view_all")
def books(house: House, actor: Actor) -> Response:
    """Show the trial balance at this instant and how far the books are sealed."""
    return reply(books_json(read_books(house.db, house.clock())))


@router.get("/pay/books/check")
@guard("pay.view_all")
def check(house: House, actor: Actor) -> Response:
    """Check every invariant of the ledger and recompute every seal."""
    return reply(check_json(check_books(house.db)))


@router.get("/pay/books/beancount")
@guard("pay.view_all")
def beancount(house: House, actor: Actor) -> Response:
    """Send the whole books as a Beancount file."""
    return send_text(export_books(house.db, house.name, house.clock()), "books.beancount")


@router.get("/pay/periods/{period_id}/proof")
@guard("pay.view_all")
def proof(house: House, actor: Actor, period_id: int) -> Response:
    """Prove that nobody in a period was below the floor."""
    return reply(proof_json(prove_floors(house.db, period_id)))


@router.get("/pay/statements/{statement_id}/replay")
@guard("own")
def replay(house: House, actor: Actor, statement_id: int) -> Response:
    """Recompute a statement from its events: your own, or anybody's for those who audit."""
    return reply(replay_json(read_replay(house.db, statement_id, actor)))


@router.get("/pay/self-score")
@guard("pay.view_all")
def self_score(house: House, actor: Actor) -> Response:
    """Answer the points of pay from Fairwork, the Partnership on AI and ILO C193."""
    return reply(score_json(score_ourselves(house.db, house.clock())))


def books_json(found: Books) -> dict[str, Any]:
    """Write the books' page; amounts as decimal strings."""
    balances = [
        {
            "kind": one.kind,
            "currency": one.currency,
            "accounts": one.accounts,
            "amount": exact_amount(one.micros, one.currency),
        }
        for one in found.balances
    ]
    return {
        "at": found.at,
        "entries": found.entries,
        "balances": balances,
        "chain": asdict(found.chain),
        "blocks": [asdict(one) for one in found.blocks],
    }


def check_json(issues: list[Issue]) -> dict[str, Any]:
    """Write what a check of the books found."""
    return {"ok": not issues, "issues": [asdict(issue) for issue in issues]}


def proof_json(found: FloorProof, *, with_people: bool = True) -> dict[str, Any]:
    """Write a proof of floors; ratios as exact fractions and as decimals rounded down."""
    body: dict[str, Any] = {
        "period": found.period_id,
        "holds": found.holds,
        "smallest_group_shown": SMALLEST_GROUP,
        "everybody": _spread(found.everybody),
        "projects": [{"project": project, **_spread(one)} for project, one in found.projects],
        "simulated_people": found.simulated,
        "without_floor": {"people": found.unfloored_people, "paid_ms": found.unfloored_ms},
    }
    if with_people:
        body["people"] = [
            {"person": person, "currency": currency, **_ratio(ratio)}
            for person, currency, ratio in found.people
        ]
    return body


def replay_json(found: Replayed) -> dict[str, Any]:
    """Write a replay, check by check."""
    return {
        "statement": found.statement_id,
        "person": found.person_id,
        "currency": found.currency,
        "ok": found.difference is None,
        "checks": [asdict(check) for check in found.checks],
    }


def score_json(found: list[Scored]) -> dict[str, Any]:
    """Write the self-score with its numbers and queries."""
    return {"official": False, "note": NOT_OFFICIAL, "points": [asdict(one) for one in found]}


def _spread(found: Spread) -> dict[str, Any]:
    figures = {"smallest": found.smallest, "p10": found.tenth, "median": found.median}
    return {
        "people": found.people,
        "below": found.below,
        **{name: None if ratio is None else _ratio(ratio) for name, ratio in figures.items()},
    }


def _ratio(ratio: Fraction) -> dict[str, str]:
    return {"exact": f"{ratio.numerator}/{ratio.denominator}", "decimal": shown(ratio)}

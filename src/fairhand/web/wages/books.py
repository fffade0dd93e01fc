"""The books: what every kind of account holds, the chain of seals, checks, proofs and export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.money import MICROS, exponent
from fairhand.pay.books.balance_store import Balance
from fairhand.pay.books.floor_proof import SMALLEST_GROUP, FloorProof, shown
from fairhand.pay.books.score import NOT_OFFICIAL
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_books import (
    check_books,
    export_books,
    prove_floors,
    read_books,
    score_ourselves,
)
from fairhand.use_cases.read_replay import read_replay
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render
from fairhand.web.shared.streams import send_text

router = APIRouter(include_in_schema=False)

_HOLDS = {"escrow": "set aside", "payable": "owed", "clearing": "on its way", "paid": "paid"}
_STEPS = 20
_LOWEST_SHOWN = 50


@router.get("/pay/books")
@guard("pay.view_all")
def books(house: House, actor: Actor, request: Request) -> Response:
    """Show the trial balance and the chain."""
    found = read_books(house.db, house.clock())
    context = {
        "books": found,
        "pictures": _pictures(found.balances),
        "periods": found.periods,
    }
    return render(request, "books.html", context, actor=actor)


@router.get("/pay/books/check")
@guard("pay.view_all")
def check(house: House, actor: Actor, request: Request) -> Response:
    """Check everything, now."""
    context = {"issues": check_books(house.db), "at": house.clock()}
    return render(request, "books_check.html", context, actor=actor)


@router.get("/pay/books/beancount")
@guard("pay.view_all")
def beancount(house: House, actor: Actor) -> Response:
    """Send the books as a file."""
    return send_text(export_books(house.db, house.name, house.clock()), "books.beancount")


@router.get("/pay/books/score")
@guard("pay.view_all")
def score(house: House, actor: Actor, request: Request) -> Response:
    """Show the self-score, point by point."""
    points = score_ourselves(house.db, house.clock())
    states = ("green", "red", "no evidence")
    counts = [sum(1 for one in points if one.state == state) for state in states]
    picture = charts.bars("Points of pay", list(states), counts)
    context = {"points": points, "picture": picture, "not_official": NOT_OFFICIAL}
    return render(request, "books_score.html", context, actor=actor)


@router.get("/pay/books/floors/{period_id:int}")
@guard("pay.view_all")
def floors(house: House, actor: Actor, request: Request, period_id: int) -> Response:
    """Prove that nobody in a period was below the floor."""
    proof = prove_floors(house.db, period_id)
    context: dict[str, Any] = {
        "proof": proof,
        "picture": _ratios(proof),
        "lowest": sorted(proof.people, key=lambda one: one[2])[:_LOWEST_SHOWN],
        "shown": shown,
        "smallest_group": SMALLEST_GROUP,
    }
    return render(request, "books_floors.html", context, actor=actor)


@router.get("/earnings/statements/{statement_id:int}/replay")
@guard("own")
def replay(house: House, actor: Actor, request: Request, statement_id: int) -> Response:
    """Recompute a statement before its reader's eyes."""
    context = {"replayed": read_replay(house.db, statement_id, actor)}
    return render(request, "replay.html", context, actor=actor)


def _pictures(balances: Sequence[Balance]) -> list[Markup]:
    """One picture a currency: where the money is."""
    pictures = []
    for currency in sorted({one.currency for one in balances}):
        held = [one for one in balances if one.currency == currency and one.kind in _HOLDS]
        values = [one.micros / MICROS / 10 ** exponent(currency) for one in held]
        if any(values):
            labels = [_HOLDS[one.kind] for one in held]
            pictures.append(charts.bars(f"Where the money is, {currency}", labels, values))
    return pictures


def _ratios(proof: FloorProof) -> Markup | None:
    """How pay over floor lies; none of a group that is too small to show."""
    if not proof.everybody.is_shown:
        return None
    ratios = [float(ratio) for _, _, ratio in proof.people]
    low, high = min(1.0, *ratios), max(1.1, *ratios)
    step = (high - low) / _STEPS
    counts = [0] * _STEPS
    for ratio in ratios:
        counts[min(_STEPS - 1, int((ratio - low) / step))] += 1
    edges = [low + step * number for number in range(_STEPS + 1)]
    return charts.histogram("Pay for work over the floor: 1 is the floor", edges, counts)

"""Disputes for those who answer them: the queue by deadline, the evidence, the answer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant, iso
from fairhand.core.errors import FairhandError, NotFoundError
from fairhand.core.money import MICROS, micros_for, parse_money
from fairhand.pay.disputes.rules import Answer, claim_in_words
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.decide_dispute import DecideDispute, decide_dispute
from fairhand.use_cases.house import House
from fairhand.use_cases.read_disputes import Evidence, read_dispute_queue, read_evidence_of
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.wages.disputes import DOING, STATES

router = APIRouter(include_in_schema=False)

OUTCOMES = (
    ("upheld", "Uphold it in full"),
    ("partly", "Uphold a part of it"),
    ("declined", "Decline it"),
)
_SHOWN_BARS = 12
Text = Annotated[str, Field(max_length=20_000)]
Short = Annotated[str, Field(max_length=80)]


@router.get("/pay/disputes")
@guard("pay.view_all")
def queue(house: House, actor: Actor, request: Request) -> Response:
    """List what waits for an answer, the next deadline first."""
    found, now = read_dispute_queue(house.db), house.clock()
    context: dict[str, Any] = {
        "queue": found,
        "states": STATES,
        "in_words": claim_in_words,
        "left": lambda at: time_left(now, at),
        "may_decide": may(actor, "pay.decide"),
    }
    return render(request, "dispute_queue.html", context, actor=actor)


@router.get("/pay/disputes/{dispute_id:int}")
@guard("pay.view_all")
def dispute(house: House, actor: Actor, request: Request, dispute_id: int) -> Response:
    """Show a dispute with its evidence, and the form of an answer."""
    return _show(house, actor, request, dispute_id, Form({"outcome": "upheld"}))


@router.post("/pay/disputes/{dispute_id:int}/decide")
@guard("pay.decide", form=True)
def decide(
    house: House,
    actor: Actor,
    request: Request,
    dispute_id: int,
    outcome: Short = "",
    minutes: Short = "",
    amount: Short = "",
    reason: Text = "",
) -> Response:
    """Answer a dispute."""
    values = {"outcome": outcome, "minutes": minutes, "amount": amount, "reason": reason}
    try:
        evidence = read_evidence_of(house.db, dispute_id, actor.person_id)
        currency = evidence.listed.dispute.currency
        answer = Answer(outcome, reason, _ms(minutes), _micros(amount, currency))
        command = DecideDispute(dispute_id, actor.person_id, answer)
        decide_dispute(house.db, command, house.clock())
    except NotFoundError:
        raise
    except FairhandError as error:
        return _show(house, actor, request, dispute_id, failed(error, values))
    return RedirectResponse(f"/pay/disputes/{dispute_id}", status_code=303)


def time_left(now: Instant, until: Instant) -> str:
    """Say how long there still is for an answer."""
    left = until - now
    if left <= 0:
        return "over"
    if left < DAY_MS:
        return f"{left // HOUR_MS} hours"
    return f"{left // DAY_MS} days"


def _ms(text: str) -> int | None:
    minutes = text.strip()
    return int(minutes) * MINUTE_MS if minutes.isascii() and minutes.isdigit() else None


def _micros(text: str, currency: str) -> int | None:
    try:
        return parse_money(text, currency).minor * MICROS
    except ValueError:
        return None


def _show(house: House, actor: Actor, request: Request, dispute_id: int, form: Form) -> Response:
    evidence = read_evidence_of(house.db, dispute_id, actor.person_id)
    shown = evidence.listed.dispute
    in_full = (
        micros_for(evidence.rate_micros_per_hour, shown.claimed_ms or 0)
        if shown.kind == "time"
        else shown.claimed_micros or 0
    )
    context: dict[str, Any] = {
        "evidence": evidence,
        "listed": evidence.listed,
        "dispute": shown,
        "form": form,
        "outcomes": OUTCOMES,
        "states": STATES,
        "doing": DOING,
        "in_words": claim_in_words,
        "in_full_micros": in_full,
        "left": time_left(house.clock(), shown.answer_by),
        "picture": _picture(evidence),
        "may_decide": may(actor, "pay.decide"),
    }
    return render(request, "dispute_answer.html", context, actor=actor, status=form.status)


def _picture(evidence: Evidence) -> Any:  # noqa: ANN401  # Markup, or None without time
    """Draw paid minutes beside what the cap cut, in the last stretches before the dispute."""
    rows: list[tuple[Instant, float, float]] = [
        (one.ended_at, one.paid_ms / MINUTE_MS, 0.0) for one in evidence.stretches
    ]
    rows += [(one.ended_at, 0.0, one.left_ms / MINUTE_MS) for one in evidence.cuts if one.left_ms]
    last = sorted(rows)[-_SHOWN_BARS:]
    if not last:
        return None
    return charts.stacked_bars(
        "Time around it, minutes",
        [_moment(at) for at, _, _ in last],
        ("paid", "cut by the cap"),
        [(round(paid, 1), round(cut, 1)) for _, paid, cut in last],
        "min",
    )


def _moment(at: Instant) -> str:
    return iso(at)[5:16].replace("T", " ")

"""How assistance does in a project, over the API: the same figures and words as on the page."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.quality.assistance.stopping import Estimate
from fairhand.use_cases import assistance_words as words
from fairhand.use_cases.house import House
from fairhand.use_cases.read_assistance import Assistance, QuestionCurve, read_assistance
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["assist"], route_class=StrictRoute)


@router.get("/projects/{project_id}/assist")
@guard("project.status")
def show(house: House, actor: Actor, project_id: int) -> Response:
    """Show whether assistance is on and helps, the learning curve, and what another hour buys."""
    return reply(assistance_json(read_assistance(house.db, project_id)))


def assistance_json(found: Assistance) -> dict[str, Any]:
    """Write how assistance does; shares from 0 to 1, null where nothing is known yet."""
    return {
        "project_id": found.project.id,
        "is_on": found.is_on,
        "state": words.state_words(found),
        "policy": _policy(found),
        "shown": None if found.shown is None else found.shown.model,
        "answers": found.answers,
        "help": asdict(found.help) | {"sentence": words.help_words(found.help)},
        "bias": {
            "pull": None if found.bias.pull is None else asdict(found.bias.pull),
            "acceptance": None if found.bias.acceptance is None else asdict(found.bias.acceptance),
            "why_not": [{"code": code, "message": message} for code, message in found.bias.why_not],
            "sentences": words.bias_words(found.bias),
        },
        "seconds": asdict(found.seconds),
        "questions": [_question(one, found.project.currency) for one in found.curves],
        "queue": _queue(found),
        "problems": [
            {"assistant_id": one.id, "name": one.name, **(one.problem or {})}
            for one in found.problems
        ],
    }


def _policy(found: Assistance) -> dict[str, Any] | None:
    policy = found.policy
    if policy is None:
        return None
    return {
        "reorders": policy.reorders,
        "strategy": policy.strategy,
        "ask": policy.ask,
        "coverage": policy.coverage,
        "slice_fields": list(policy.slice_fields),
        "target_quality": policy.target_quality,
        "blind_share": found.shares.blind_permille / 1_000,
        "holdout_share": found.shares.holdout_permille / 1_000,
        "on_since": None if policy.on_since is None else iso(policy.on_since),
        "off_because": policy.off_because,
    }


def _question(one: QuestionCurve, currency: str) -> dict[str, Any]:
    advice = one.advice
    return {
        "question": one.question,
        "title": one.title,
        "measure": one.measure,
        "points": [
            {
                "at": iso(point.at),
                "judgements": point.judgements,
                "tasks": point.tasks,
                "paid_hours": point.paid_ms / 3_600_000,
                "paid_micros": point.paid_micros,
                "score": point.score,
                "low": point.low,
                "high": point.high,
                "held_out": point.held_out,
            }
            for point in one.points
        ],
        "advice": {
            "code": advice.code,
            "says_stop": advice.says_stop,
            "sentence": words.advice_words(one, currency),
            "an_hour_buys": _estimate(advice.an_hour),
            "a_fifth_more_buys": _estimate(advice.a_fifth),
            "ceiling": _estimate(advice.ceiling),
            "judgements_to_target": _estimate(advice.to_target),
        },
        "why_no_curve": one.why_no_curve,
        "lagging": [
            {
                "field": lag.slice.field,
                "value": lag.slice.value,
                "n": lag.slice.n,
                "score": lag.slice.score,
                "elsewhere": lag.rest,
                "sentence": words.lag_words(lag),
            }
            for lag in one.lags
        ],
    }


def _estimate(found: Estimate | None) -> dict[str, float | None] | None:
    """Write an estimate; null for what never comes."""
    if found is None:
        return None
    return {name: None if math.isinf(one) else one for name, one in asdict(found).items()}


def _queue(found: Assistance) -> dict[str, Any]:
    last = found.queue
    reorders = found.policy is None or found.policy.reorders
    return {
        "sentence": words.queue_words(last, is_on=found.is_on, reorders=reorders),
        "strategy": None if last is None else last.strategy,
        "phase": None if last is None else last.phase,
        "chosen": 0 if last is None else last.chosen,
        "pool": 0 if last is None else last.pool,
        "seconds": None if last is None else last.why.get("seconds"),
        "measured_answers": 0 if last is None else last.why.get("measured_answers", 0),
        "ordered_at": None if last is None else iso(last.at),
    }

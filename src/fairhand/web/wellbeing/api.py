"""One's own limits, consents and history for scripts: nobody's but that of who asks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.errors import NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.people.accounts.rules import Actor
from fairhand.people.wellbeing.disclosure import SORTS, words_for_tier
from fairhand.people.wellbeing.own_rules import MILLI, BreakOffer
from fairhand.people.wellbeing.own_store import Seen, View
from fairhand.people.wellbeing.rules import Limits
from fairhand.use_cases.agree_to_tier import AgreeToTier, agree_to_tier
from fairhand.use_cases.begin_care_break import begin_care_break
from fairhand.use_cases.choose_view import ChooseView, choose_view
from fairhand.use_cases.end_tier_consent import EndTierConsent, end_tier_consent
from fairhand.use_cases.house import House
from fairhand.use_cases.rate_content import RateContent, rate_content
from fairhand.use_cases.read_own_wellbeing import (
    OwnWellbeing,
    read_own_content,
    read_own_wellbeing,
)
from fairhand.use_cases.set_own_limits import SetOwnLimits, set_own_limits
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute
from fairhand.web.wellbeing.bodies import AgreeBody, LimitsBody, RatingBody, ViewBody, answer

router = APIRouter(prefix="/api/v1/me/wellbeing", tags=["wellbeing"], route_class=StrictRoute)


@router.get("")
@guard("own")
def own(house: House, actor: Actor) -> Response:
    """Show your own dose, your limits, and what you agreed to be shown. Only you can."""
    return answer(_own(read_own_wellbeing(house.db, actor.person_id, house.clock())))


@router.put("/limits")
@guard("own")
def limits(house: House, actor: Actor, body: LimitsBody) -> Response:
    """Set your limits: lower at once, higher after a day, never above the cap."""
    wanted = Limits(*(round(one * MILLI) for one in (body.hour, body.day, body.chronic)))
    set_own_limits(house.db, SetOwnLimits(actor.person_id, wanted), house.clock())
    return own_now(house, actor)


@router.get("/tiers/{tier}")
@guard("own")
def disclosure(house: House, actor: Actor, tier: int) -> Response:
    """Read what content of a tier is, before you agree to it."""
    if tier not in SORTS:
        raise NotFoundError(f"There is no tier {tier} to agree to.")
    words = words_for_tier(tier)
    return answer({"tier": tier, "disclosure": words, "sha256": sha256_hex(words.encode())})


@router.post("/tiers/{tier}")
@guard("own")
def agree(house: House, actor: Actor, tier: int, body: AgreeBody) -> Response:
    """Agree to be shown content of a tier, under the words that you read."""
    command = AgreeToTier(actor.person_id, tier, body.disclosure_sha256)
    return answer({"max_tier": agree_to_tier(house.db, command, house.clock())})


@router.delete("/tiers/{tier}")
@guard("own")
def end(house: House, actor: Actor, tier: int) -> Response:
    """Take your consent to a tier back: from the next item on, without a reason."""
    end_tier_consent(house.db, EndTierConsent(actor.person_id, tier), house.clock())
    return answer({"max_tier": tier - 1})


@router.get("/content")
@guard("own")
def content(house: House, actor: Actor) -> Response:
    """Show how hard content is shown to you, what you have seen, and whether a break is due."""
    mine = read_own_content(house.db, actor.person_id, house.clock())
    return answer(
        {
            "view": asdict(mine.view),
            "break": _offer(mine.view, mine.offer),
            "seen": [_seen(one) for one in mine.seen],
        }
    )


@router.get("/view")
@guard("own")
def seen_as(house: House, actor: Actor) -> Response:
    """Show how hard content is shown to you at first, and whether a break is due."""
    mine = read_own_content(house.db, actor.person_id, house.clock(), most=0)
    return answer({**asdict(mine.view), "break": _offer(mine.view, mine.offer)})


@router.put("/view")
@guard("own")
def view(house: House, actor: Actor, body: ViewBody) -> Response:
    """Choose how hard content is shown to you at first; it changes neither dose nor pay."""
    choose_view(
        house.db, ChooseView(actor.person_id, body.style, body.offers_breaks), house.clock()
    )
    return answer(body.model_dump())


@router.put("/content/{task_id}")
@guard("own")
def rate(house: House, actor: Actor, task_id: int, body: RatingBody) -> Response:
    """Say how hard an item was for you: for your dose, that is what counts."""
    command = RateContent(actor.person_id, task_id, body.tier)
    dose = rate_content(house.db, command, house.clock())
    return answer({"task_id": task_id, "tier": body.tier, "severity_minutes": dose / MILLI})


@router.post("/breaks")
@guard("own")
def rest(house: House, actor: Actor) -> Response:
    """Begin a paid break; when one is due, at least the policy's minutes of it are paid."""
    noted = begin_care_break(
        house.db, actor.person_id, house.clock(), idle_cap_ms=house.idle_cap_ms
    )
    return answer({"project_id": noted.project_id, "paid_up_to_ms": noted.promised_ms})


def own_now(house: House, actor: Actor) -> Response:
    """Answer with what holds now."""
    return answer(_own(read_own_wellbeing(house.db, actor.person_id, house.clock())))


def _own(mine: OwnWellbeing) -> dict[str, Any]:
    waiting = {
        name: getattr(mine.own, f"next_{name}")
        for name in ("hour", "day", "chronic")
        if getattr(mine.own, f"next_{name}") is not None
    }
    return {
        "unit": "severity-minutes",
        "seen": {name: value / MILLI for name, value in asdict(mine.load).items()},
        "limits": {name: value / MILLI for name, value in asdict(mine.limits).items()},
        "cap": {name: value / MILLI for name, value in asdict(mine.cap).items()},
        "waiting": {
            "limits": {name: value / MILLI for name, value in waiting.items()},
            "from": iso(mine.own.next_at),
        }
        if waiting and mine.own.next_at is not None
        else None,
        "weights": [one / MILLI for one in mine.weights],
        "max_tier": mine.max_tier,
        "consents": [
            {
                "tier": one.tier,
                "disclosure": one.disclosure,
                "sha256": one.disclosure_sha256,
                "agreed_at": iso(one.agreed_at),
                "ended_at": None if one.ended_at is None else iso(one.ended_at),
            }
            for one in mine.consents
        ],
    }


def _offer(view: View, offer: BreakOffer) -> dict[str, Any]:
    return {
        "is_due": offer.is_due and view.offers_breaks,
        "hard_ms": offer.hard_ms,
        "paid_ms": offer.paid_ms,
    }


def _seen(one: Seen) -> dict[str, Any]:
    return {
        "task_id": one.task_id,
        "project_id": one.project_id,
        "tier": one.tier,
        "own_tier": one.own_tier,
        "severity_minutes": one.dose / MILLI,
        "state": one.state,
        "at": iso(one.at),
        "visible_ms": one.visible_ms,
    }

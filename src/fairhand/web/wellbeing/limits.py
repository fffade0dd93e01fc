"""A person's own limits to hard content: dose, limits, and what they agreed to be shown.

Nobody else ever sees these pages: they show whoever is signed in what is theirs.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import DAY_MS, Instant, iso
from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.ids import sha256_hex
from fairhand.core.words import Words, words_for
from fairhand.core.words import later as _
from fairhand.people.accounts.rules import Actor
from fairhand.people.wellbeing.disclosure import words_for_tier
from fairhand.people.wellbeing.own_rules import MILLI, TIERS, minutes_of
from fairhand.people.wellbeing.rules import Limits
from fairhand.use_cases.agree_to_tier import AgreeToTier, agree_to_tier
from fairhand.use_cases.end_tier_consent import EndTierConsent, end_tier_consent
from fairhand.use_cases.house import House
from fairhand.use_cases.read_own_wellbeing import OwnWellbeing, read_own_wellbeing
from fairhand.use_cases.set_own_limits import SetOwnLimits, set_own_limits
from fairhand.web.shared.charts import bars, line
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

_MOST = 10**6
_KINDS = (
    ("hour", _("Severity-minutes in an hour")),
    ("day", _("Severity-minutes in a day")),
    ("chronic", _("Severity-minutes over weeks")),
)
Short = Annotated[str, Field(max_length=80)]


@router.get("/wellbeing")
@guard("own")
def limits(house: House, actor: Actor, request: Request) -> Response:
    """Show a person their own dose and limits."""
    return _show(house, actor, request, None)


@router.post("/wellbeing/limits")
@guard("own", form=True)
def change(
    house: House,
    actor: Actor,
    request: Request,
    hour: Short = "",
    day: Short = "",
    chronic: Short = "",
) -> Response:
    """Set one's own limits: lower at once, higher after a day."""
    typed = {"hour": hour, "day": day, "chronic": chronic}
    try:
        wanted = Limits(**{name: milli_of(text, name) for name, text in typed.items()})
        set_own_limits(house.db, SetOwnLimits(actor.person_id, wanted), house.clock())
    except FairhandError as error:
        return _show(house, actor, request, failed(error, typed))
    return _back()


@router.post("/wellbeing/tiers/{tier:int}")
@guard("own", form=True)
def agree(
    house: House, actor: Actor, request: Request, tier: int, disclosure_sha256: Short = ""
) -> Response:
    """Agree to a tier under the words that were shown."""
    try:
        command = AgreeToTier(actor.person_id, tier, disclosure_sha256, actor.locale)
        agree_to_tier(house.db, command, house.clock())
    except InvalidError as error:
        return _show(house, actor, request, failed(error, {}))
    return _back()


@router.post("/wellbeing/tiers/{tier:int}/end")
@guard("own", form=True)
def end(house: House, actor: Actor, tier: int) -> Response:
    """Take consent back; nothing is asked."""
    end_tier_consent(house.db, EndTierConsent(actor.person_id, tier), house.clock())
    return _back()


def milli_of(text: str, place: str) -> int:
    """Read severity-minutes as thousandths; raises InvalidError naming the field."""
    try:
        value = float(text.strip().replace(",", "."))
        if not 0 <= value <= _MOST:
            raise ValueError
    except ValueError:
        message = _("Give a number of severity-minutes, as 12 or 7.5.")
        raise InvalidError(message, issues=[Issue(place, message)]) from None
    return round(value * MILLI)


def _show(house: House, actor: Actor, request: Request, form: Form | None) -> Response:
    now = house.clock()
    own = read_own_wellbeing(house.db, actor.person_id, now)
    agreed = {one.tier: one for one in own.consents if one.ended_at is None}
    spoken = words_for(actor.locale)
    words = {tier: words_for_tier(tier, spoken) for tier in TIERS}
    values = {name: minutes_of(getattr(own.limits, name)) for name, _ in _KINDS}
    context: dict[str, Any] = {
        "_": spoken,
        "own": own,
        "form": form if form and form.fields else Form(values),
        "problem": form or Form(),
        "kinds": [
            (name, spoken(title), minutes_of(getattr(own.cap, name)), _next(own, name))
            for name, title in _KINDS
        ],
        "weights": [minutes_of(weight) for weight in own.weights],
        "picture": _picture(own, spoken),
        "days": _days(own, now, spoken),
        "course": _course(own, now, spoken),
        "has_seen": any(own.days) or own.load.chronic > 0,
        "tiers": [
            (tier, words[tier].split("\n"), sha256_hex(words[tier].encode()), agreed.get(tier))
            for tier in TIERS
        ],
    }
    return render(
        request, "own_limits.html", context, actor=actor, status=form.status if form else 200
    )


def _next(own: OwnWellbeing, name: str) -> str:
    waiting = getattr(own.own, f"next_{name}")
    return "" if waiting is None else minutes_of(waiting)


def _picture(own: OwnWellbeing, words: Words) -> Markup:
    """How full each of the three limits is, in per cent."""
    used = [_percent(getattr(own.load, name), getattr(own.limits, name)) for name, _ in _KINDS]
    labels = (words("This hour"), words("This day"), words("Over weeks"))
    return bars(words("How full my limits are"), labels, used, words("% full"), 100.0, words)


def _percent(load: float, limit: int) -> float:
    if limit == 0:
        return 100.0
    return min(100.0, round(100 * load / limit, 1))


def _days(own: OwnWellbeing, now: Instant, words: Words) -> Markup:
    week = own.days[-7:]
    labels = [iso(Instant(now - (6 - at) * DAY_MS))[5:10] for at in range(7)]
    values = [one / MILLI for one in week]
    most = max(own.limits.day / MILLI, *values)
    return bars(
        words("Severity-minutes in the last seven days"), labels, values, most=most, words=words
    )


def _course(own: OwnWellbeing, now: Instant, words: Words) -> Markup:
    days = len(own.chronic)
    labels = [iso(Instant(now - (days - 1 - at) * DAY_MS))[5:10] for at in range(days)]
    title = words("What has not faded yet, over four weeks")
    return line(title, labels, [x / MILLI for x in own.chronic], words=words)


def _back() -> Response:
    return RedirectResponse("/wellbeing", status_code=303)

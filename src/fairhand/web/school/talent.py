"""My skills: what somebody says of themselves, what they have shown, and the work it opens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import DAY_MS, Instant, iso, parse_iso
from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.words import Words, words_for
from fairhand.people.accounts.rules import Actor
from fairhand.people.talent.rules import (
    LEVELS,
    MOST_HOURS,
    NOTICE,
    Profile,
    languages_text,
    parse_languages,
    parse_words,
)
from fairhand.use_cases.delete_talent_profile import delete_talent_profile
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_talent_profile import (
    KeepTalentProfile,
    keep_talent_profile,
    notice_hash,
)
from fairhand.use_cases.read_talent import OwnTalent, read_own_talent
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=4_000)]
Short = Annotated[str, Field(max_length=80)]


@router.get("/talent")
@guard("own")
def talent(house: House, actor: Actor, request: Request) -> Response:
    """Show one's own page."""
    mine = read_own_talent(house.db, actor, house.clock())
    return _show(request, actor, mine, Form(typed_of(mine.profile or Profile())))


@router.post("/talent")
@guard("own", form=True)
def keep(
    house: House,
    actor: Actor,
    request: Request,
    languages: Text = "",
    domains: Text = "",
    tools: Text = "",
    about: Text = "",
    hours_a_week: Short = "",
    available_from: Short = "",
    available_until: Short = "",
    reviewer: Short = "",
    trainer: Short = "",
    is_listed: Short = "",
    notice_sha256: Short = "",
) -> Response:
    """Keep what was entered; what is wrong stays beside its field."""
    typed = {
        "languages": languages,
        "domains": domains,
        "tools": tools,
        "about": about,
        "hours_a_week": hours_a_week,
        "available_from": available_from,
        "available_until": available_until,
        "reviewer": reviewer,
        "trainer": trainer,
        "is_listed": is_listed,
    }
    try:
        command = KeepTalentProfile(actor.person_id, profile_of(typed), notice_sha256)
        keep_talent_profile(house.db, command, house.clock())
    except FairhandError as error:
        mine = read_own_talent(house.db, actor, house.clock())
        return _show(request, actor, mine, failed(error, typed))
    return RedirectResponse("/talent", status_code=303)


@router.post("/talent/delete")
@guard("own", form=True)
def delete(house: House, actor: Actor) -> Response:
    """Forget what somebody said of themselves, at once."""
    delete_talent_profile(house.db, actor.person_id, house.clock())
    return RedirectResponse("/talent", status_code=303)


def profile_of(typed: dict[str, str]) -> Profile:
    """Read the form; raises InvalidError for a day or a number that cannot be read."""
    ends = _day(typed["available_until"], "available_until")
    return Profile(
        is_listed=typed["is_listed"] == "yes",
        languages=parse_languages(typed["languages"]),
        domains=parse_words(typed["domains"]),
        tools=parse_words(typed["tools"]),
        about=typed["about"].strip(),
        hours_a_week=_number(typed["hours_a_week"]),
        available_from=_day(typed["available_from"], "available_from"),
        available_until=None if ends is None else Instant(ends + DAY_MS),
        wants=tuple(one for one in ("reviewer", "trainer") if typed[one] == "yes"),
    )


def typed_of(profile: Profile) -> dict[str, str]:
    """Write a profile as the form shows it; the last day is a day of work."""
    ends = profile.available_until
    return {
        "languages": languages_text(profile.languages),
        "domains": ", ".join(profile.domains),
        "tools": ", ".join(profile.tools),
        "about": profile.about,
        "hours_a_week": "" if profile.hours_a_week is None else str(profile.hours_a_week),
        "available_from": _date(profile.available_from),
        "available_until": _date(None if ends is None else Instant(ends - DAY_MS)),
        "reviewer": "yes" if "reviewer" in profile.wants else "",
        "trainer": "yes" if "trainer" in profile.wants else "",
        "is_listed": "yes" if profile.is_listed else "",
    }


def kinds(_: Words) -> dict[str, str]:
    """Name the kinds of skills."""
    return {
        "task": _("kind of task"),
        "language": _("language"),
        "domain": _("field of knowledge"),
        "tool": _("tool"),
    }


def _show(request: Request, actor: Actor, mine: OwnTalent, form: Form) -> Response:
    words = words_for(actor.locale)
    context: dict[str, Any] = {
        "_": words,
        "lang": words.language,
        "mine": mine,
        "form": form,
        "kinds": kinds(words),
        "levels": ", ".join(LEVELS),
        "notice": words(NOTICE),
        "notice_sha256": notice_hash(actor.locale),
        "most_hours": MOST_HOURS,
    }
    return render(request, "talent.html", context, actor=actor, status=form.status)


def _date(at: Instant | None) -> str:
    return "" if at is None else iso(at)[:10]


def _day(text: str, place: str) -> Instant | None:
    if not text.strip():
        return None
    try:
        return parse_iso(f"{text.strip()}T00:00:00Z")
    except (ValueError, OverflowError):
        message = "Give a day as 2026-12-31."
        raise InvalidError(message, issues=[Issue(place, message)]) from None


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        message = "Give whole hours, as 20."
        raise InvalidError(message, issues=[Issue("hours_a_week", message)])
    return int(text)

"""The contributor's pages: home with its offers, and the task page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import brotli
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ForbiddenError
from fairhand.core.ids import sha256_hex
from fairhand.core.money import MICROS, Money
from fairhand.core.words import Words, desk_words, direction_of, words_for
from fairhand.pay.policies.words import coming_words, policy_words
from fairhand.pay.royalties.words import royalty_words
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.hand_out_task import HandedOut, HandOutTask, hand_out_task
from fairhand.use_cases.house import House
from fairhand.use_cases.join_project import JoinProject, join_project, notice_for
from fairhand.use_cases.read_appeals import read_news
from fairhand.use_cases.read_guide import has_news
from fairhand.use_cases.read_learning import courses_to_take
from fairhand.use_cases.read_offers import (
    Offer,
    content_words,
    floor_words,
    left_words,
    list_offers,
    paid_out_words,
    paid_time_words,
    time_words,
)
from fairhand.use_cases.read_pay import read_paid_ms
from fairhand.use_cases.read_pay_office import preview_own
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.versions import current_version
from fairhand.web.desk.words import words_address
from fairhand.web.shared.desk_modules import modules_of
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import markdown, render, script_json
from fairhand.web.shared.script_words import page_words
from fairhand.web.shared.task_view import task_view

router = APIRouter(include_in_schema=False)
_BROTLI_QUICK = 5  # a millisecond; the best would take twenty


@router.get("/")
@guard("own")
def home(house: House, actor: Actor, request: Request) -> Response:
    """Show what there is to do, on what terms, and what was earned."""
    words, now = words_for(actor.locale), house.clock()
    context = {
        "offers": [_offer(house, offer, words) for offer in list_offers(house.db, actor, now)],
        "paid": _paid(house, actor, words),
        "news": read_news(house.db, actor.person_id, now),
        "_": words,
    }
    return render(request, "home.html", context, actor=actor)


@router.post("/projects/{project_id}/join")
@guard("own", form=True)
def accept(
    house: House,
    actor: Actor,
    project_id: int,
    notice_sha256: Annotated[str, Form(max_length=64)],
) -> Response:
    """Accept an offer under the words that were shown, and begin."""
    command = JoinProject(actor.person_id, project_id, notice_sha256)
    join_project(house.db, command, house.clock())
    with house.db.read() as connection:
        course = courses_to_take(connection, actor.person_id, [project_id]).get(project_id)
    to = f"/work/{project_id}" if course is None else f"/learn/{course}"
    return RedirectResponse(to, status_code=303)


@router.get("/work/{project_id}")
@guard("work")
def work(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the task page with its first task inside."""
    project = read_project(house.db, project_id)
    now = house.clock()
    try:
        got = hand_out_task(
            house.db,
            HandOutTask(actor.person_id, project_id),
            now,
            terms=house.terms,
            idle_cap_ms=house.idle_cap_ms,
        )
    except ForbiddenError as error:
        if error.code != "learn_first":
            raise
        return RedirectResponse("/learn", status_code=303)
    version = current_version(house.db, project_id, project.version)
    task = _task(house, got, words_for(actor.locale))
    today = Instant(now - now % DAY_MS)
    kinds = [question.kind for question in version.questions]
    context = {
        "project": project,
        "pay": {
            "currency": project.currency,
            "per_hour": Money(project.rate_micros_per_hour // MICROS, project.currency).decimal(),
        },
        "person": {"id": actor.person_id, "display_name": actor.display_name},
        "task": task,
        "kinds": modules_of(request.app.state.assets, kinds),
        "task_json": script_json(task),
        "seconds_today": read_paid_ms(house.db, actor.person_id, today) // 1_000,
        "guidelines_html": markdown(version.guidelines),
        "guide_news": has_news(house.db, project_id, project.version, actor.person_id),
        **_words(request, actor, kinds),
    }
    return _packed(request, render(request, "task.html", context, actor=actor))


def _packed(request: Request, page: Response) -> Response:
    """Send the page small where the browser can read it so: on a poor network it is half the wait.

    Nothing that somebody else chose by a link is in it, so its size tells no secret.
    """
    if "br" in request.headers.get("accept-encoding", ""):
        page.body = brotli.compress(bytes(page.body), quality=_BROTLI_QUICK)
        page.headers["Content-Encoding"] = "br"
        page.headers["Content-Length"] = str(len(page.body))
    page.headers["Vary"] = "Accept-Encoding"
    return page


def _words(request: Request, actor: Actor, kinds: Sequence[str]) -> dict[str, Any]:
    """The page in its reader's language: what it says at once, and where the rest of it is."""
    words = desk_words(actor.locale)
    assets = request.app.state.assets
    named = ("desk/task.js", *(f"desk/{kind}.js" for kind in dict.fromkeys(kinds)))
    scripts = [name for name in named if name in assets]
    return {
        "_": words,
        "dir": direction_of(words.language),
        "words": page_words(assets, words.language, scripts),
        "late": words_address(words.language),
    }


def _task(house: House, got: HandedOut, words: Words) -> dict[str, Any]:
    if got.sheet is None or got.lease is None:
        return {
            "task": None,
            "reason": got.reason,
            "message": words(got.message),
            "retry_after_s": got.retry_after_s,
            **got.cut,
        }
    version = current_version(house.db, got.sheet.task.project_id, got.place.version)
    return {"task": task_view(got.place, got.sheet, got.lease, version), **got.cut}


def _offer(house: House, offer: Offer, words: Words) -> dict[str, Any]:
    project = offer.project
    version = current_version(house.db, project.id, project.version)
    notice = notice_for(project, offer.royalties, words)
    return {
        "project": project,
        "asked_by": house.name,
        "asks": [question.title for question in version.questions],
        "pay": {
            "per_hour": words.coins(offer.per_hour),
            "words": policy_words(offer.pay, words),
            "floor": floor_words(offer, words),
            "counts": paid_time_words(words),
            "out": paid_out_words(offer, words),
            "coming": [coming_words(policy, words) for policy in offer.coming],
            "later": royalty_words(offer.royalties, project.currency, words),
        },
        "expected_time": time_words(offer.told, words),
        "amount": left_words(offer, words),
        "tier": project.tier,
        "content": content_words(project.tier, words),
        "consent_html": markdown(notice),
        "notice_sha256": sha256_hex(notice.encode()),
        "joined": offer.joined,
        "open": project.mode in ("open", "demo", "draft"),
        "closed_because": words("This project hands out no work just now."),
        "work_href": f"/work/{project.id}" if offer.learns is None else f"/learn/{offer.learns}",
        "learns": offer.learns is not None,
        "accept_href": f"/projects/{project.id}/join",
        "campaign_href": f"/campaigns/{project.id}" if offer.is_campaign else None,
        "refused": offer.was_refused and not offer.joined,
    }


def _paid(house: House, actor: Actor, words: Words) -> list[dict[str, str]]:
    """What this period came to so far: the same sums as on the page of earnings."""
    return [
        {
            "amount": words.money(one.gross_micros, one.currency),
            "time": words.duration(one.paid_ms),
        }
        for one in preview_own(house.db, actor.person_id, house.clock())
    ]

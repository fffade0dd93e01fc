"""The contributor's pages: home with its offers, and the task page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.ids import sha256_hex
from fairhand.core.money import MICROS, Money
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.hand_out_task import HandedOut, HandOutTask, hand_out_task
from fairhand.use_cases.house import House
from fairhand.use_cases.join_project import JoinProject, join_project, notice_for
from fairhand.use_cases.read_pay import read_earnings, read_paid_ms
from fairhand.use_cases.read_project import Offer, list_offers, read_project
from fairhand.use_cases.versions import current_version
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import markdown, minutes, render, script_json
from fairhand.web.shared.task_view import task_view

router = APIRouter(include_in_schema=False)


@router.get("/")
@guard("own")
def home(house: House, actor: Actor, request: Request) -> Response:
    """Show what there is to do, on what terms, and what was earned."""
    offers = [_offer(house, offer) for offer in list_offers(house.db, actor)]
    context = {"offers": offers, "paid": _paid(house, actor)}
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
    return RedirectResponse(f"/work/{project_id}", status_code=303)


@router.get("/work/{project_id}")
@guard("work")
def work(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the task page with its first task inside."""
    project = read_project(house.db, project_id)
    now = house.clock()
    got = hand_out_task(
        house.db,
        HandOutTask(actor.person_id, project_id),
        now,
        terms=house.terms,
        idle_cap_ms=house.idle_cap_ms,
    )
    version = current_version(house.db, project_id, project.version)
    task = _task(house, got)
    today = Instant(now - now % DAY_MS)
    context = {
        "project": project,
        "pay": {
            "currency": project.currency,
            "per_hour": Money(project.rate_micros_per_hour // MICROS, project.currency).decimal(),
        },
        "person": {"id": actor.person_id, "display_name": actor.display_name},
        "task": task,
        "task_json": script_json(task),
        "seconds_today": read_paid_ms(house.db, actor.person_id, today) // 1_000,
        "guidelines_html": markdown(version.guidelines),
    }
    return render(request, "task.html", context, actor=actor)


def _task(house: House, got: HandedOut) -> dict[str, Any]:
    if got.sheet is None or got.lease is None:
        return {
            "task": None,
            "reason": got.reason,
            "message": got.message,
            "retry_after_s": got.retry_after_s,
        }
    version = current_version(house.db, got.sheet.task.project_id, got.place.version)
    return {"task": task_view(got.place, got.sheet, got.lease, version)}


def _offer(house: House, offer: Offer) -> dict[str, Any]:
    project = offer.project
    version = current_version(house.db, project.id, project.version)
    notice = notice_for(project)
    measured = "measured" if offer.measured else "estimated"
    return {
        "project": project,
        "asked_by": house.name,
        "asks": [question.title for question in version.questions],
        "pay": {
            "currency": project.currency,
            "per_hour": Money(project.rate_micros_per_hour // MICROS, project.currency).decimal(),
        },
        "expected_time": f"about {minutes(offer.expected_ms)} a task ({measured})",
        "tier": project.tier,
        "consent_html": markdown(notice),
        "notice_sha256": sha256_hex(notice.encode()),
        "joined": offer.joined,
        "open": project.mode in ("open", "demo", "draft"),
        "closed_because": f"This project is {project.mode}.",
        "work_href": f"/work/{project.id}",
        "accept_href": f"/projects/{project.id}/join",
    }


def _paid(house: House, actor: Actor) -> dict[str, Any] | None:
    earned = read_earnings(house.db, actor.person_id).currencies
    if not earned:
        return None
    first = earned[0]
    total = Money((first.accrued_micros + first.top_up_micros) // MICROS, first.currency)
    return {
        "seconds": first.paid_ms // 1_000,
        "amount": total.decimal(),
        "currency": first.currency,
        "href": "/earnings",
    }

"""The review pages: what waits, one task with everybody's answers, and what is said of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import (
    ConflictError,
    FairhandError,
    ForbiddenError,
    InvalidError,
    Issue,
    NotFoundError,
)
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.decide_review import DecideReview, decide_review
from fairhand.use_cases.house import House
from fairhand.use_cases.open_review import OpenReview, keep_review, look_at_review, open_review
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.say_remark import SayRemark, say_remark
from fairhand.use_cases.set_review_terms import SetReviewTerms, set_review_terms
from fairhand.use_cases.undo_review import UndoReview, undo_review
from fairhand.use_cases.versions import current_version
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.sent_answers import Fields, value_of
from fairhand.web.studio.review_view import is_paid, overview, task_page
from fairhand.work.review.rules import ReviewTerms

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=20_000)]
Short = Annotated[str, Field(max_length=100)]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]


@router.get("/projects/{project_id:int}/review")
@guard("project.status")
def reviews(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show what waits for a reviewer, and what was found so far."""
    return _overview(house, actor, request, project_id, Form())


@router.post("/projects/{project_id:int}/review/terms")
@guard("project.edit", form=True)
def terms(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    sample_percent: Short = "",
    doubt_below: Short = "",
    release_waits: Short = "",
) -> Response:
    """Say what comes before a reviewer."""
    typed = {
        "sample_percent": sample_percent,
        "doubt_below": doubt_below,
        "release_waits": release_waits,
    }
    try:
        wanted = ReviewTerms(
            round(_figure(sample_percent or "0", "sample_percent") * 10),
            _figure(doubt_below, "doubt_below") if doubt_below.strip() else None,
            bool(release_waits),
        )
        command = SetReviewTerms(actor.person_id, project_id, wanted)
        set_review_terms(house.db, command, house.clock())
    except FairhandError as error:
        return _overview(house, actor, request, project_id, failed(error, typed))
    return RedirectResponse(f"/projects/{project_id}/review", status_code=303)


@router.post("/projects/{project_id:int}/review/next")
@guard("annotation.review", form=True)
def take_next(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    passed: Number = 0,
    task: Number = 0,
) -> Response:
    """Open the task that comes next, or the one of this number; `passed` is left for others."""
    try:
        return _go_on(house, actor, project_id, passed, task or None)
    except (NotFoundError, ForbiddenError, ConflictError) as error:
        return _overview(house, actor, request, project_id, Form(), error)


@router.get("/projects/{project_id:int}/review/tasks/{task_id:int}")
@guard("annotation.review")
def task(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    task_id: int,
    mend: int | None = None,
) -> Response:
    """Show the task that this reviewer has open, with everybody's answers; it changes nothing."""
    command = OpenReview(actor.person_id, project_id, task_id)
    opened = look_at_review(house.db, command, house.clock())
    if opened is None:
        return RedirectResponse(f"/projects/{project_id}/review", status_code=303)
    context = task_page(house, actor, opened, Form(), mend=mend)
    return render(request, "review_task.html", context, actor=actor)


@router.post("/projects/{project_id:int}/review/tasks/{task_id:int}")
@guard("annotation.review", form=True)
def decide(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    task_id: int,
    fields: Fields,
    verdict: Short = "",
    annotation_id: Short = "",
    reason: Text = "",
    client_key: Short = "",
    seen: Short = "",
) -> Response:
    """Keep what was found, and go on with the next task."""
    value: dict[str, Any] | None = None
    try:
        if verdict not in ("accepted", "fixed", "asked_again"):
            raise InvalidError("Say what you found.", issues=[Issue("verdict", "Choose one.")])
        if verdict == "fixed":
            project = read_project(house.db, project_id)
            asked = current_version(house.db, project_id, project.version).questions
            value = value_of(asked, fields)
        chosen: Any = verdict
        command = DecideReview(
            actor.person_id,
            project_id,
            task_id,
            chosen,
            client_key,
            _id(annotation_id),
            value,
            reason,
            is_paid(actor, project_id),
            seen or None,
        )
        decide_review(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    except InvalidError as error:
        form = failed(error, {"reason": reason, "verdict": verdict})
        return _task(house, actor, request, project_id, task_id, form, typed=value)
    except ConflictError as error:
        if error.code != "new_answers":
            raise
        return _task(house, actor, request, project_id, task_id, failed(error, {}))
    return _go_on(house, actor, project_id)


@router.post("/projects/{project_id:int}/review/tasks/{task_id:int}/keep")
@guard("annotation.review", form=True)
def keep(house: House, actor: Actor, project_id: int, task_id: int) -> Response:
    """Keep a task while its page is open; 409 once somebody else has it."""
    command = OpenReview(actor.person_id, project_id, task_id, is_paid=is_paid(actor, project_id))
    until = keep_review(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    return Response(status_code=409 if until is None else 204)


@router.post("/projects/{project_id:int}/review/tasks/{task_id:int}/remark")
@guard("annotation.review", form=True)
def remark(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    task_id: int,
    words: Text = "",
    client_key: Short = "",
) -> Response:
    """Say something about the task to whoever runs the project."""
    try:
        command = SayRemark(actor.person_id, task_id, "comment", words, client_key)
        say_remark(house.db, command, house.clock())
    except InvalidError as error:
        form = failed(error, {"words": words})
        return _task(house, actor, request, project_id, task_id, form)
    return RedirectResponse(f"/projects/{project_id}/review/tasks/{task_id}", status_code=303)


@router.post("/projects/{project_id:int}/review/undo")
@guard("annotation.review", form=True)
def undo(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Take the last review back and show its task again."""
    command = UndoReview(actor.person_id, project_id)
    try:
        last = undo_review(house.db, command, house.clock())
    except (NotFoundError, ConflictError) as error:
        return _overview(house, actor, request, project_id, Form(), error)
    place = f"/projects/{project_id}/review/tasks/{last.task_id}"
    return RedirectResponse(place, status_code=303)


def _go_on(
    house: House, actor: Actor, project_id: int, passed: int = 0, task_id: int | None = None
) -> Response:
    paid = is_paid(actor, project_id)
    command = OpenReview(actor.person_id, project_id, task_id, passed, paid)
    opened = open_review(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    place = f"/projects/{project_id}/review"
    if opened is not None:
        place += f"/tasks/{opened.sheet.task.id}"
    return RedirectResponse(place, status_code=303)


def _overview(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    form: Form,
    error: FairhandError | None = None,
) -> Response:
    context = overview(house, actor, project_id, form) | {"error": error}
    status = form.status if error is None else error.status
    return render(request, "review.html", context, actor=actor, status=status)


def _task(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    task_id: int,
    form: Form,
    *,
    mend: int | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    paid = is_paid(actor, project_id)
    command = OpenReview(actor.person_id, project_id, task_id, is_paid=paid)
    opened = open_review(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    if opened is None:
        return RedirectResponse(f"/projects/{project_id}/review", status_code=303)
    context = task_page(house, actor, opened, form, mend=mend, typed=typed)
    return render(request, "review_task.html", context, actor=actor, status=form.status)


def _id(text: str) -> int | None:
    word = text.strip()
    if not word:
        return None
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else -1


def _figure(text: str, place: str) -> float:
    try:
        return float(text.strip().removesuffix("%").replace(",", "."))
    except ValueError:
        issue = Issue(place, "Give a number.")
        raise InvalidError(issue.message, issues=[issue]) from None

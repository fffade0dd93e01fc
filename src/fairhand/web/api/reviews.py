"""Reviews over the API: what waits, one task with everybody's answers, and what is said of it."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.ids import pseudonym
from fairhand.people.accounts.rules import Actor, roles_in
from fairhand.use_cases.decide_review import DecideReview, decide_review
from fairhand.use_cases.house import House
from fairhand.use_cases.open_review import OpenedReview, OpenReview, open_review
from fairhand.use_cases.read_reviews import (
    ReviewState,
    list_open_reviews,
    list_own_answers,
    list_reviews,
    read_reviews,
)
from fairhand.use_cases.set_review_terms import SetReviewTerms, set_review_terms
from fairhand.use_cases.undo_review import UndoReview, undo_review
from fairhand.use_cases.wish_review import WishReview, wish_review
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute
from fairhand.work.review.rules import ReviewTerms
from fairhand.work.review.store import Reviewed

router = APIRouter(prefix="/api/v1", tags=["review"], route_class=StrictRoute)


class TermsBody(Body):
    """What comes before a reviewer; `doubt_below` null leaves what the most answers left unsure."""

    sample_permille: int = Field(default=0, ge=0, le=1_000)
    doubt_below: float | None = Field(default=None, gt=0, le=1)
    release_waits: bool = False


class NextReviewBody(Body):
    """Open a task of one's own choice, or what comes next; `passed` is left for somebody else."""

    task_id: Id | None = None
    passed: Id = 0


class FindingBody(Body):
    """What was found; `annotation_id` names the answer that stands, none means the consensus.

    `seen` is the task's own as it was opened: with it nothing is accepted that came since.
    """

    verdict: Literal["accepted", "fixed", "asked_again"]
    client_key: str = Field(max_length=64)
    annotation_id: Id | None = None
    value: dict[str, Any] | None = None
    reason: str = Field(default="", max_length=20_000)
    seen: str | None = Field(default=None, max_length=64)


class UndoReviewBody(Body):
    """Take the last review back; with `review_id` only where that is the last one."""

    review_id: Id | None = None


class WishBody(Body):
    """Why somebody is unsure of what they answered, if they like to say."""

    words: str = Field(default="", max_length=20_000)


@router.get("/projects/{project_id}/review")
@guard("project.status")
def show(house: House, actor: Actor, project_id: int) -> Response:
    """Show what waits for a reviewer, the terms, and what was found lately."""
    return reply(state_json(house, project_id))


@router.put("/projects/{project_id}/review/terms")
@guard("project.edit")
def set_terms(house: House, actor: Actor, project_id: int, body: TermsBody) -> Response:
    """Say what comes before a reviewer, and whether releases wait for it."""
    terms = ReviewTerms(body.sample_permille, body.doubt_below, body.release_waits)
    set_review_terms(house.db, SetReviewTerms(actor.person_id, project_id, terms), house.clock())
    return reply(body.model_dump())


@router.post("/projects/{project_id}/review/next")
@guard("annotation.review")
def take_next(house: House, actor: Actor, project_id: int, body: NextReviewBody) -> Response:
    """Open a task: it is this reviewer's for some minutes, asked for again for some more."""
    command = OpenReview(
        actor.person_id, project_id, body.task_id, body.passed, _is_paid(actor, project_id)
    )
    opened = open_review(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    return reply({"task": None if opened is None else opened_json(house, opened)})


@router.post("/projects/{project_id}/review/tasks/{task_id}")
@guard("annotation.review")
def decide(
    house: House, actor: Actor, project_id: int, task_id: int, body: FindingBody
) -> Response:
    """Say what was found of the task that this reviewer has open."""
    command = DecideReview(
        actor.person_id,
        project_id,
        task_id,
        body.verdict,
        body.client_key,
        body.annotation_id,
        body.value,
        body.reason,
        _is_paid(actor, project_id),
        body.seen,
    )
    told = decide_review(house.db, command, house.clock(), idle_cap_ms=house.idle_cap_ms)
    return reply({"review_id": told.review_id, "task_id": told.task_id, "stands": told.value})


@router.post("/projects/{project_id}/review/undo")
@guard("annotation.review")
def undo(house: House, actor: Actor, project_id: int, body: UndoReviewBody) -> Response:
    """Take the last review back: its task is open with this reviewer again."""
    command = UndoReview(actor.person_id, project_id, body.review_id)
    last = undo_review(house.db, command, house.clock())
    return reply({"review_id": last.id, "task_id": last.task_id, "undone": True})


@router.get("/projects/{project_id}/answers")
@guard("work")
def own(house: House, actor: Actor, project_id: int) -> Response:
    """List one's own newest answers, and what came of wishes for a second look."""
    found = list_own_answers(house.db, actor.person_id, project_id)
    rows = [
        {
            "annotation_id": one.annotation_id,
            "task_id": one.task_id,
            "value": one.value,
            "submitted_at": iso(one.submitted_at),
            "wished_at": None if one.wished_at is None else iso(one.wished_at),
            "looked_at": None if one.answered_at is None else iso(one.answered_at),
        }
        for one in found
    ]
    return reply({"answers": rows})


@router.post("/annotations/{annotation_id}/wish")
@guard("work")
def wish(house: House, actor: Actor, annotation_id: int, body: WishBody) -> Response:
    """Ask for a second pair of eyes on one's own answer; nothing of pay or rating hangs on it."""
    command = WishReview(actor.person_id, annotation_id, body.words)
    is_new = wish_review(house.db, command, house.clock())
    return reply({"annotation_id": annotation_id, "wished": True, "new": is_new})


def state_json(house: House, project_id: int) -> dict[str, Any]:
    """Write where a project's reviews stand."""
    state: ReviewState = read_reviews(house.db, project_id)
    waiting = list_open_reviews(house.db, project_id)
    return {
        "terms": {
            "sample_permille": state.terms.sample_permille,
            "doubt_below": state.terms.doubt_below,
            "release_waits": state.terms.release_waits,
        },
        "open": dict(state.open),
        "waiting": [{"task_id": task_id, "because": because} for task_id, because in waiting],
        "done": state.done,
        "settled": state.settled,
        "stood": state.stood,
        "reviews": [review_json(house, one) for one in list_reviews(house.db, project_id)],
    }


def review_json(house: House, one: Reviewed) -> dict[str, Any]:
    """Write what a reviewer found; they are named by pseudonym."""
    return {
        "id": one.id,
        "task_id": one.task_id,
        "reviewer": pseudonym(house.secret, one.project_id, one.reviewer_id),
        "verdict": one.verdict,
        "because": one.because,
        "reason": one.reason,
        "annotations": list(one.annotations),
        "value": one.value,
        "at": iso(one.at),
        "undone_at": None if one.undone_at is None else iso(one.undone_at),
    }


def opened_json(house: House, opened: OpenedReview) -> dict[str, Any]:
    """Write a task as its reviewer sees it."""
    task = opened.sheet.task
    return {
        "task_id": task.id,
        "because": opened.because,
        "expires_at": iso(opened.expires_at),
        "seen": opened.seen,
        "data": task.data,
        "media_sha256": None if task.media is None else task.media.sha256,
        "answers": [
            {
                "annotation_id": one.annotation_id,
                "contributor": pseudonym(house.secret, task.project_id, one.person_id),
                "value": one.value,
                "submitted_at": iso(one.submitted_at),
                "as_proposed": one.as_proposed,
                "wish": opened.wishes.get(one.annotation_id),
            }
            for one in opened.answers
        ],
        "consensus": {
            one.question: {
                "value": one.value,
                "confidence": one.confidence,
                "method": one.method,
                "answers": one.n_answers,
                "settled": one.settled,
                "tied": list(opened.ties.get(one.question, ())),
                "even": list(opened.even.get(one.question, ())),
                "probabilities": opened.probabilities.get(one.question),
            }
            for one in opened.consensus
        },
    }


def _is_paid(actor: Actor, project_id: int) -> bool:
    """Owners review on their own account; everybody else is paid for their time."""
    return "owner" not in roles_in(actor, project_id)

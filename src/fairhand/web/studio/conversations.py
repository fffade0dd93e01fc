"""Conversation trees for their owner: where they stand, one to read, terms, and halting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.halt_conversation import HaltConversation, halt_conversation
from fairhand.use_cases.house import House
from fairhand.use_cases.read_conversations import read_conversation_tree, read_conversations
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.set_conversation_terms import (
    SetConversationTerms,
    set_conversation_terms,
)
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.forms import Form as Sent
from fairhand.web.shared.forms import failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.talk import reply_html
from fairhand.work.conversations.rules import ENDED, Terms
from fairhand.work.conversations.store import Written

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=20_000)]
WORDS = {
    "prompt_review": ("Prompt in review", ""),
    "growing": ("Growing", ""),
    "ranking": ("Being ranked", ""),
    "ready": ("Ready", "ok"),
    "low_grade": ("Prompt not accepted", "warn"),
    "halted": ("Halted", "warn"),
}
"""What a state is called, and its colour."""


@router.get("/projects/{project_id:int}/conversations")
@guard("project.status")
def trees(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    state: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
) -> Response:
    """Show how many trees stand where, and a page of them."""
    return _trees(house, actor, request, project_id, state, after)


@router.post("/projects/{project_id:int}/conversations/terms")
@guard("project.edit", form=True)
def terms(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    reviews: Text = "",
    accept_percent: Text = "",
    rankings: Text = "",
    wanted_messages: Text = "",
    most_depth: Text = "",
    most_replies: Text = "",
) -> Response:
    """Say how large trees grow, and how many people review and rank."""
    typed = {
        "reviews": reviews,
        "accept_percent": accept_percent,
        "rankings": rankings,
        "wanted_messages": wanted_messages,
        "most_depth": most_depth,
        "most_replies": most_replies,
    }
    try:
        command = SetConversationTerms(actor.person_id, project_id, _terms(typed))
        set_conversation_terms(house.db, command, house.clock())
    except FairhandError as error:
        return _trees(house, actor, request, project_id, form=failed(error, typed))
    return RedirectResponse(f"/projects/{project_id}/conversations", status_code=303)


@router.get("/projects/{project_id:int}/conversations/{conversation_id:int}")
@guard("project.status")
def tree(
    house: House, actor: Actor, request: Request, project_id: int, conversation_id: int
) -> Response:
    """Show one tree to be read."""
    return _tree(house, actor, request, project_id, conversation_id)


@router.post("/projects/{project_id:int}/conversations/{conversation_id:int}/halt")
@guard("project.edit", form=True)
def halt(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    conversation_id: int,
    reason: Text = "",
) -> Response:
    """End a conversation that should not go on."""
    command = HaltConversation(actor.person_id, project_id, conversation_id, reason)
    try:
        halt_conversation(house.db, command, house.clock())
    except FairhandError as error:
        typed = failed(error, {"reason": reason})
        return _tree(house, actor, request, project_id, conversation_id, typed)
    where = f"/projects/{project_id}/conversations/{conversation_id}"
    return RedirectResponse(where, status_code=303)


def _trees(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    state: str = "",
    after: int = 0,
    form: Sent | None = None,
) -> Response:
    found = read_conversations(house.db, project_id, state, after)
    now = {name: str(value) for name, value in asdict(found.terms).items()}
    now["accept_percent"] = f"{100 * found.terms.accept_share:g}"
    context = {
        "project": read_project(house.db, project_id),
        "grove": found,
        "state": state,
        "words": WORDS,
        "form": form or Sent(fields=tuple(now), values=now),
        "may_edit": may(actor, "project.edit", project_id),
        "may_export": may(actor, "release.view", project_id),
    }
    status = form.status if form else 200
    return render(request, "conversations.html", context, actor=actor, status=status)


def _tree(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    conversation_id: int,
    form: Sent | None = None,
) -> Response:
    found, messages = read_conversation_tree(house.db, project_id, conversation_id)
    context = {
        "project": read_project(house.db, project_id),
        "conversation": found,
        "messages": _nested(messages),
        "words": WORDS,
        "form": form or Sent(fields=("reason",)),
        "may_halt": may(actor, "project.edit", project_id) and found.state not in ENDED,
    }
    status = form.status if form else 200
    return render(request, "conversation.html", context, actor=actor, status=status)


def _nested(messages: Sequence[Written]) -> list[dict[str, Any]]:
    """Nest messages under what they reply to, the best reply first."""
    children: dict[int | None, list[Written]] = {}
    for one in messages:
        children.setdefault(one.message.parent_id, []).append(one)

    def under(parent: int | None) -> list[dict[str, Any]]:
        found = children.get(parent, [])
        found.sort(key=lambda one: (one.message.rank is None, one.message.rank, one.message.id))
        return [
            {
                "message": one.message,
                "html": reply_html(one.text),
                "quality": one.quality,
                "reviews": one.reviews,
                "replies": under(one.message.id),
            }
            for one in found
        ]

    return under(None)


def _terms(typed: dict[str, str]) -> Terms:
    read: dict[str, int] = {}
    issues = []
    for name, text in typed.items():
        number = text.strip().removesuffix("%").strip()
        if number.isascii() and number.isdigit() and len(number) < 5:
            read[name] = int(number)
        else:
            issues.append(Issue(name, "Write a whole number."))
    if issues:
        raise InvalidError("These terms cannot be read.", issues=issues)
    share = read.pop("accept_percent") / 100
    return Terms(accept_share=share, **read)

"""Conversation trees over the API: where they stand, one to read, terms, halting, export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.halt_conversation import HaltConversation, halt_conversation
from fairhand.use_cases.house import House
from fairhand.use_cases.read_conversations import (
    Grove,
    export_conversations,
    read_conversation_tree,
    read_conversations,
)
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.set_conversation_terms import (
    SetConversationTerms,
    set_conversation_terms,
)
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.streams import send_text
from fairhand.web.shared.strict import StrictRoute
from fairhand.work.conversations.rules import Terms
from fairhand.work.conversations.store import Conversation, Written
from fairhand.work.conversations.written import Form

router = APIRouter(
    prefix="/api/v1/projects/{project_id}/conversations",
    tags=["conversations"],
    route_class=StrictRoute,
)


class TermsBody(Body):
    """How large trees grow, and how many people review and rank."""

    reviews: int = Field(default=Terms().reviews, ge=1, le=20)
    accept_share: float = Field(default=Terms().accept_share, gt=0, le=1)
    rankings: int = Field(default=Terms().rankings, ge=0, le=20)
    wanted_messages: int = Field(default=Terms().wanted_messages, ge=1, le=200)
    most_depth: int = Field(default=Terms().most_depth, ge=0, le=20)
    most_replies: int = Field(default=Terms().most_replies, ge=1, le=10)


class HaltBody(Body):
    """Why a conversation should not go on."""

    reason: str = Field(max_length=200)


@router.get("")
@guard("project.status")
def trees(
    house: House,
    actor: Actor,
    project_id: int,
    state: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
) -> Response:
    """List conversations, eldest first, 50 a page, with how many stand in which state."""
    return reply(grove_json(read_conversations(house.db, project_id, state, after)))


@router.get("/export")
@guard("release.view")
def export(house: House, actor: Actor, project_id: int, form: Form = "trees") -> Response:
    """Get the ready trees as JSON Lines: `trees`, `chats` or `preferences`; nobody is named."""
    project = read_project(house.db, project_id)
    return send_text(lines_of(house, project_id, form), f"{project.slug}-{form}.jsonl")


@router.put("/terms")
@guard("project.edit")
def terms(house: House, actor: Actor, project_id: int, body: TermsBody) -> Response:
    """Set the terms; trees that grow already keep their size, reviews and rankings follow."""
    command = SetConversationTerms(actor.person_id, project_id, Terms(**body.model_dump()))
    return reply(asdict(set_conversation_terms(house.db, command, house.clock())))


@router.get("/{conversation_id}")
@guard("project.status")
def tree(house: House, actor: Actor, project_id: int, conversation_id: int) -> Response:
    """Read one conversation with all its messages, rejected ones too."""
    found, messages = read_conversation_tree(house.db, project_id, conversation_id)
    told = conversation_json(found) | {"messages": [_message(one) for one in messages]}
    return reply(told)


@router.post("/{conversation_id}/halt")
@guard("project.edit")
def halt(
    house: House, actor: Actor, project_id: int, conversation_id: int, body: HaltBody
) -> Response:
    """End a conversation: nobody is asked about it any more; what was begun is paid."""
    command = HaltConversation(actor.person_id, project_id, conversation_id, body.reason)
    return reply(conversation_json(halt_conversation(house.db, command, house.clock())))


def lines_of(house: House, project_id: int, form: Form) -> Iterator[str]:
    """Write the ready trees line by line."""
    for one in export_conversations(house.db, project_id, form):
        yield orjson.dumps(one).decode() + "\n"


def grove_json(found: Grove) -> dict[str, Any]:
    """Write a page of conversations, its counts and terms."""
    return {
        "counts": found.counts,
        "terms": asdict(found.terms),
        "grows": found.grows,
        "after": found.after,
        "conversations": [
            conversation_json(one.conversation)
            | {"prompt": one.prompt[:500], "accepted": one.accepted}
            for one in found.listed
        ],
    }


def conversation_json(one: Conversation) -> dict[str, Any]:
    """Write a conversation without its messages."""
    return {
        "conversation_id": one.id,
        "state": one.state,
        "language": one.language,
        "wanted_messages": one.wanted_messages,
        "ended_because": one.ended_because,
        "created_at": iso(one.created_at),
        "changed_at": iso(one.changed_at),
    }


def _message(one: Written) -> dict[str, Any]:
    return {
        "message_id": one.message.id,
        "parent_id": one.message.parent_id,
        "role": one.message.role,
        "text": one.text,
        "state": one.message.state,
        "rank": one.message.rank,
        "quality": one.quality,
        "reviews": one.reviews,
        "came_with_data": one.message.author_id is None,
    }

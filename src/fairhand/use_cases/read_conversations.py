"""Reads conversation trees: how many stand where, one to be read, and those that are ready."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fairhand.core.errors import NotFoundError
from fairhand.proof.release.store import load_withdrawn
from fairhand.storage.database import Database
from fairhand.use_cases.tree_steps import asks_for_trees
from fairhand.use_cases.versions import version_of
from fairhand.work.conversations import store
from fairhand.work.conversations.rules import Terms
from fairhand.work.conversations.store import Conversation, Listed, Written
from fairhand.work.conversations.written import (
    Form,
    write_chats,
    write_preferences,
    write_tree,
)
from fairhand.work.projects import store as projects

PAGE = 50
STATES = ("prompt_review", "growing", "ranking", "ready", "low_grade", "halted")


@dataclass(frozen=True, slots=True)
class Grove:
    """A project's trees: counts by state, a page of them, and the terms they grow on.

    `grows` is False where the project's questions make no trees; `after` leads to the next page.
    """

    counts: dict[str, int]
    listed: list[Listed]
    terms: Terms
    grows: bool
    after: int | None


def read_conversations(db: Database, project_id: int, state: str = "", after: int = 0) -> Grove:
    """Read a page of a project's trees, eldest first; raises NotFoundError."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        if state and state not in STATES:
            raise NotFoundError(f"No conversation is ever {state[:40]!r}.")
        questions = version_of(db, connection, project_id, project.version).questions
        found = store.list_conversations(connection, project_id, state, after, PAGE + 1)
        counts = store.count_states(connection, project_id)
        terms = store.load_terms(connection, project_id)
    page = found[:PAGE]
    more = page[-1].conversation.id if len(found) > PAGE else None
    by_state = {one: counts.get(one, 0) for one in STATES}
    return Grove(by_state, page, terms, asks_for_trees(questions), more)


def read_conversation_tree(
    db: Database, project_id: int, conversation_id: int
) -> tuple[Conversation, list[Written]]:
    """Read one tree with all its messages, rejected ones too; raises NotFoundError."""
    with db.read() as connection:
        found = store.load_conversation(connection, conversation_id)
        if found is None or found.project_id != project_id:
            raise NotFoundError(f"This project has no conversation {conversation_id}.")
        return found, store.load_messages(connection, conversation_id)


def export_conversations(
    db: Database, project_id: int, form: Form = "trees"
) -> Iterator[dict[str, Any]]:
    """Give the ready trees of a project one after another; one tree at a time is in memory."""
    with db.read() as connection:
        withdrawn = load_withdrawn(connection, project_id)
    after: int | None = 0
    while after is not None:
        with db.read() as connection:
            found = store.list_conversations(connection, project_id, "ready", after, PAGE)
            trees = [
                (one.conversation, store.load_messages(connection, one.conversation.id))
                for one in found
            ]
        for conversation, messages in trees:
            yield from _written(conversation, messages, withdrawn, form)
        after = found[-1].conversation.id if len(found) == PAGE else None


def _written(
    conversation: Conversation, messages: list[Written], withdrawn: frozenset[int], form: Form
) -> Iterator[dict[str, Any]]:
    if form == "chats":
        yield from write_chats(conversation, messages, withdrawn)
    elif form == "preferences":
        yield from write_preferences(conversation, messages, withdrawn)
    elif (tree := write_tree(conversation, messages, withdrawn)) is not None:
        yield tree

"""Answers become messages, reviews let them in or not, and what is asked next becomes tasks."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.conduct import store as conduct
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.tree_steps import asks_for_trees, grow_tree, take_answer
from fairhand.use_cases.versions import current_version
from fairhand.work.conversations import store
from fairhand.work.projects import store as projects

_SURELY_HERE_MS = 10 * MINUTE_MS
"""No answer is stored this long after its time, so what is older need not be looked for again."""


@dataclass(frozen=True, slots=True)
class ConversationsGrown:
    """What one batch of answers did; `more` says that answers are left."""

    answers: int = 0
    trees: int = 0
    accepted: int = 0
    rejected: int = 0
    asked: int = 0
    more: bool = False


def grow_conversations(
    db: Database, project_id: int, now: Instant, limit: int = 200
) -> ConversationsGrown:
    """Take in up to `limit` answers that no tree has; nothing new changes nothing.

    Two processes at once take turns. A project whose questions grow no trees is left alone.
    """
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        if not store.has_fresh(connection, project_id):
            return ConversationsGrown()
    if not asks_for_trees(current_version(db, project_id, project.version).questions):
        return ConversationsGrown()
    with db.write() as connection:
        terms = store.lock_terms(connection, project_id, now)
        answers = store.list_fresh(connection, project_id, limit)
        if not answers:
            return ConversationsGrown()
        touched = {take_answer(connection, project_id, terms, one, now) for one in answers}
        trees = sorted(one for one in touched if one is not None)
        grown = [grow_tree(connection, project, terms, one, now) for one in trees]
        store.mark_taken(connection, project_id, answers, Instant(now - _SURELY_HERE_MS))
        result = ConversationsGrown(
            answers=len(answers),
            trees=len(trees),
            accepted=sum(one.accepted for one in grown),
            rejected=sum(one.rejected for one in grown),
            asked=sum(one.asked for one in grown),
            more=len(answers) == limit,
        )
        body = {
            "project": project_id,
            "answers": result.answers,
            "conversations": trees[:100],
            "accepted": result.accepted,
            "rejected": result.rejected,
            "asked": result.asked,
            **conduct.decided(connection, project_id, now),
        }
        log.append(connection, "conversations.grown", body, now, project_id=project_id)
    return result

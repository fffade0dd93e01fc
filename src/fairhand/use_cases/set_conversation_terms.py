"""An owner says how large conversation trees grow and how many people review and rank."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.tree_steps import grow_tree
from fairhand.work.conversations import store
from fairhand.work.conversations.rules import Terms, terms_issues
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class SetConversationTerms:
    """Whose terms for which project."""

    person_id: int
    project_id: int
    terms: Terms


def set_conversation_terms(db: Database, command: SetConversationTerms, now: Instant) -> Terms:
    """Write the terms. Trees keep the size they began with; reviews and rankings follow at once.

    Raises InvalidError with every problem at once, NotFoundError.
    """
    if issues := terms_issues(command.terms):
        raise InvalidError("No tree could grow on these terms.", issues=issues)
    with db.write() as connection:
        project = projects.load_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        store.lock_terms(connection, project.id, now)
        store.save_terms(connection, project.id, command.terms, now)
        for conversation_id in store.list_going_on(connection, project.id):
            grow_tree(connection, project, command.terms, conversation_id, now)
        body = {"project": project.id, **asdict(command.terms)}
        log.append(connection, "conversations.terms_set", body, now, command.person_id, project.id)
    return command.terms

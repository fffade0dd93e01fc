"""An owner says what comes before a reviewer, and whether a release waits for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.projects import store as projects
from fairhand.work.review import store
from fairhand.work.review.rules import ReviewTerms, terms_issues


@dataclass(frozen=True, slots=True)
class SetReviewTerms:
    """The terms, whole."""

    author_id: int
    project_id: int
    terms: ReviewTerms


def set_review_terms(db: Database, command: SetReviewTerms, now: Instant) -> None:
    """Keep the terms; raises InvalidError for figures out of range, NotFoundError."""
    if issues := terms_issues(command.terms):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        if projects.load_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        store.set_terms(connection, command.project_id, command.terms, command.author_id, now)
        body = {"project": command.project_id, **asdict(command.terms)}
        log.append(connection, "review.terms_set", body, now, command.author_id, command.project_id)

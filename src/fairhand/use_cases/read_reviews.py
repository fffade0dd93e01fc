"""What is read of reviews: what waits, what was found, the terms, and one's own answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects
from fairhand.work.review import store
from fairhand.work.review.rules import Because, ReviewTerms
from fairhand.work.review.store import OwnAnswer, Reviewed, Tally

MOST: Final = 200
"""Rows that one page shows."""


@dataclass(frozen=True, slots=True)
class ReviewState:
    """Where a project's reviews stand.

    `stood` of `settled` reviews left the consensus as it was; those who asked again settled none.
    """

    terms: ReviewTerms
    open: Mapping[Because, int]
    tallies: tuple[Tally, ...]

    @property
    def waiting(self) -> int:
        """Tasks that wait for a reviewer."""
        return sum(self.open.values())

    @property
    def done(self) -> int:
        """Reviews that hold."""
        return sum(one.reviews for one in self.tallies)

    @property
    def settled(self) -> int:
        """Reviews after which an answer stands."""
        return sum(one.reviews for one in self.tallies if one.verdict != "asked_again")

    @property
    def stood(self) -> int:
        """Reviews that left the consensus as it was."""
        return sum(
            one.reviews for one in self.tallies if one.verdict == "accepted" and one.as_found
        )


def read_reviews(db: Database, project_id: int) -> ReviewState:
    """Read where the reviews of a project stand; raises NotFoundError."""
    with db.read() as connection:
        if projects.load_project(connection, project_id) is None:
            raise NotFoundError(f"There is no project {project_id}.")
        return state_of(connection, project_id)


def state_of(connection: Connection, project_id: int) -> ReviewState:
    """Read it inside another story's transaction."""
    terms = store.load_terms(connection, project_id)
    waiting = store.count_open(connection, project_id, terms)
    return ReviewState(terms, waiting, tuple(store.tally(connection, project_id)))


def refuse_while_open(connection: Connection, project_id: int) -> None:
    """Raise ConflictError where releases wait for reviews and some are open."""
    terms = store.load_terms(connection, project_id)
    if not terms.release_waits:
        return
    waiting = sum(store.count_open(connection, project_id, terms).values())
    if waiting:
        tasks = "1 task waits" if waiting == 1 else f"{waiting:,} tasks wait"
        raise ConflictError(
            f"{tasks} for a reviewer, and releases of this project wait for reviews. Look at them "
            f"at /projects/{project_id}/review, or change that in the review terms there.",
            code="reviews_open",
        )


def list_open_reviews(db: Database, project_id: int, most: int = MOST) -> list[tuple[int, Because]]:
    """List the tasks that wait, what comes first first."""
    with db.read() as connection:
        terms = store.load_terms(connection, project_id)
        return store.list_open(connection, project_id, terms, most)


def list_reviews(
    db: Database, project_id: int, most: int = MOST, task_id: int | None = None
) -> list[Reviewed]:
    """List what reviewers found, the newest first."""
    with db.read() as connection:
        return store.list_reviews(connection, project_id, most, task_id)


def list_own_answers(
    db: Database, person_id: int, project_id: int, most: int = 50
) -> list[OwnAnswer]:
    """List a person's own newest answers in a project."""
    with db.read() as connection:
        return store.list_own(connection, person_id, project_id, most)

"""What marks a project's licensed releases hold, and how sure a trace by them can be."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project
from fairhand.proof.licensing import mark_store as store
from fairhand.proof.licensing.marks import pairs_needed
from fairhand.storage.database import Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class Marks:
    """Pairs, recipients with how many of them they hold, and how many must turn up to name one.

    `for_one` is for one recipient's copy, `for_two` for copies of two that were mixed by tosses.
    """

    project: Project
    pairs: int
    recipients: tuple[tuple[str, int], ...]
    for_one: int
    for_two: int


def read_marks(db: Database, project_id: int) -> Marks:
    """Read a project's marks; raises NotFoundError for no project."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        names = store.list_recipients(connection, project_id)
        marks = store.list_marks(connection, project_id)
        pairs = store.count_pairs(connection, project_id)
    held = tuple(sorted((names.get(one, ""), len(choices)) for one, choices in marks.items()))
    many = max(len(marks), 1)
    return Marks(project, pairs, held, pairs_needed(many), pairs_needed(many, 0.75))

"""What an owner reads about the pull of places on the page; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairhand.core.errors import NotFoundError
from fairhand.quality import store
from fairhand.quality.place_pull import PlacePull, measure_pull
from fairhand.storage.database import Database
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects

DEALT: Final = frozenset({"pairwise", "ranking", "rating", "relevance"})
"""Kinds of questions whose things are dealt into an order for each person."""


@dataclass(frozen=True, slots=True)
class QuestionPull:
    """One question and its measure; None before anybody's answer tells."""

    name: str
    title: str
    pull: PlacePull | None


def read_place_pull(db: Database, project_id: int) -> tuple[QuestionPull, ...]:
    """Measure each question whose things are dealt; raises NotFoundError for no such project."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        version = version_of(db, connection, project_id, project.version)
        asked = [question for question in version.questions if question.kind in DEALT]
        found: dict[str, list[Mapping[str, Any]]] = {question.name: [] for question in asked}
        for _, _, value in store.iter_answers(connection, project_id) if asked else ():
            for name, answers in found.items():
                if isinstance(value.get(name), Mapping):
                    answers.append(value[name])
    return tuple(
        QuestionPull(question.name, question.title, measure_pull(found[question.name]))
        for question in asked
    )

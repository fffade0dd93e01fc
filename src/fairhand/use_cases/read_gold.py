"""What an owner reads of gold tasks: the tasks, and how people did, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.core.errors import NotFoundError
from fairhand.model.project import Question
from fairhand.model.system import loaded
from fairhand.people.accounts import store as accounts
from fairhand.quality.gold_match import is_right
from fairhand.quality.watch.gold import GoldShare, score_gold
from fairhand.storage.database import Database
from fairhand.use_cases.versions import version_of
from fairhand.work.gold import store
from fairhand.work.gold.store import GoldGiven, GoldTask
from fairhand.work.projects import store as projects

_RIGHT = "right"


@dataclass(frozen=True, slots=True)
class GoldTaskState:
    """A gold task, and how many answers it had and how many were right, over its questions."""

    task: GoldTask
    answers: int
    right: int


@dataclass(frozen=True, slots=True)
class PersonGold:
    """How one person did on gold tasks so far; `share` carries its intervals."""

    person_id: int
    name: str
    share: GoldShare
    sentence: str


@dataclass(frozen=True, slots=True)
class GoldState:
    """Everything about a project's gold tasks; people come by name, never by result."""

    percent: float
    tasks: tuple[GoldTaskState, ...]
    crowd: GoldShare
    people: tuple[PersonGold, ...]
    warnings: tuple[str, ...]


def read_gold(db: Database, project_id: int) -> GoldState:
    """Read a project's gold tasks and results; raises NotFoundError for an unknown project.

    A task whose known answer most people miss is worth a second look before anybody is.
    """
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        questions = version_of(db, connection, project.id, project.version).questions
        tasks = store.list_gold(connection, project_id)
        given = list(store.iter_given(connection, project_id))
        names = accounts.names_of(connection, {one.person_id for one in given})
    verdicts = _verdicts(questions, tasks, given)
    scores = loaded("watch.gold", score_gold)(
        [f"{task_id}:{question}" for task_id, _, question, _ in verdicts],
        [person_id for _, person_id, _, _ in verdicts],
        [_RIGHT if right else "other" for *_, right in verdicts],
        truth={f"{task_id}:{question}": _RIGHT for task_id, _, question, _ in verdicts},
    )
    people = [
        PersonGold(one.person, names.get(one.person, f"#{one.person}"), one.total, one.sentence)
        for one in scores.people
    ]
    answers = Counter(task_id for task_id, *_ in verdicts)
    right = Counter(task_id for task_id, _, _, is_so in verdicts if is_so)
    return GoldState(
        percent=project.gold_permille / 10,
        tasks=tuple(GoldTaskState(one, answers[one.task_id], right[one.task_id]) for one in tasks),
        crowd=scores.crowd,
        people=tuple(sorted(people, key=lambda one: (one.name, one.person_id))),
        warnings=scores.warnings,
    )


def _verdicts(
    questions: Sequence[Question], tasks: Sequence[GoldTask], given: Sequence[GoldGiven]
) -> list[tuple[int, int, str, bool]]:
    """List (task, person, question, right) of every answer to a question whose truth is known."""
    kinds = {question.name: question.kind for question in questions}
    check = loaded("gold.check", is_right)
    known: dict[int, dict[str, Any]] = {one.task_id: one.value for one in tasks}
    return [
        (one.task_id, one.person_id, name, check(kinds[name], answer, one.value.get(name)))
        for one in given
        for name, answer in known[one.task_id].items()
        if name in kinds
    ]

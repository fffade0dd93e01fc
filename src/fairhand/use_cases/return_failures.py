"""What a model failed becomes work for people: the same tasks again, or copies elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.expected_dose import doses_of
from fairhand.work.assignment import store as queue
from fairhand.work.prelabel import evaluation_store as store
from fairhand.work.prelabel.evaluation_store import Copy, StoredEvaluation
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import MAX_OVERLAP

MOST_AT_ONCE = 10_000
_LONGEST_NOTE = 300


@dataclass(frozen=True, slots=True)
class ReturnFailures:
    """Which failures of an evaluation become tasks: those named, or all that are not yet.

    With `into` they are copied into another project; without, the same tasks are asked again.
    """

    person_id: int
    project_id: int
    evaluation_id: int
    task_ids: Sequence[int] | None = None
    into: int | None = None


@dataclass(frozen=True, slots=True)
class ReturnedFailures:
    """How many became tasks now, of how many; the others were open, held, or there already."""

    made: int
    of: int
    project_id: int


def return_failures(db: Database, command: ReturnFailures, now: Instant) -> ReturnedFailures:
    """Make failures tasks; doing it twice makes them once.

    People are not told what the model said, which would sway them: it is noted with the task, in
    the log and here. Raises NotFoundError for what is not there, ForbiddenError for a project that
    is closed, InvalidError for a task that did not fail.
    """
    with db.write() as connection:
        evaluation = store.load_evaluation(connection, command.project_id, command.evaluation_id)
        if evaluation is None:
            raise NotFoundError(f"There is no evaluation {command.evaluation_id} in this project.")
        target = projects.load_project(connection, command.into or command.project_id)
        if target is None:
            raise NotFoundError(f"There is no project {command.into}.")
        if target.mode == "closed":
            raise ForbiddenError(f"{target.title} is finished; nobody is asked any more.")
        chosen = _chosen(connection, command)
        if command.into in (None, command.project_id):
            made = [
                task_id
                for task_id in chosen
                if queue.ask_again(connection, target.id, task_id, MAX_OVERLAP)
            ]
        else:
            copies = store.load_copies(connection, evaluation.id, chosen)
            made = _copy(connection, target.id, evaluation, copies, now)
        store.mark_asked(connection, evaluation.id, chosen, now)
        body = {
            "project": command.project_id,
            "evaluation": evaluation.id,
            "model": evaluation.model,
            "into": target.id,
            "tasks": made,
        }
        log.append(connection, "failures.returned", body, now, command.person_id, target.id)
    return ReturnedFailures(len(made), len(chosen), target.id)


def _chosen(connection: Connection, command: ReturnFailures) -> list[int]:
    """The failures that are meant; asked in the same project, those asked before are left out."""
    elsewhere = command.into not in (None, command.project_id)
    if command.task_ids is None:
        return store.list_failed(
            connection, command.evaluation_id, most=MOST_AT_ONCE, also_asked=elsewhere
        )
    failed = set(
        store.list_failed(connection, command.evaluation_id, most=MOST_AT_ONCE, also_asked=True)
    )
    strange = sorted(set(command.task_ids) - failed)
    if strange:
        message = f"Task {strange[0]} is not among the failures of this evaluation."
        raise InvalidError(message, issues=[Issue("tasks", message)])
    fresh = set(store.list_failed(connection, command.evaluation_id, most=MOST_AT_ONCE))
    return sorted(set(command.task_ids) if elsewhere else set(command.task_ids) & fresh)


def _copy(
    connection: Connection,
    project_id: int,
    evaluation: StoredEvaluation,
    copies: Sequence[Copy],
    now: Instant,
) -> list[int]:
    """Add copies that the other project does not have yet; the note says where each is from."""
    target = projects.lock_project(connection, project_id)
    if target is None:
        raise ConflictError("The other project is gone.")
    made = []
    for one in copies:
        task = replace(one.task, place=_note(evaluation, one))
        doses = doses_of(connection, target, [task.media], now)
        if projects.add_tasks(connection, target, [task], [one.preview_sha256], now, doses):
            made.append(one.task_id)
    return made


def _note(evaluation: StoredEvaluation, one: Copy) -> str:
    said, people = (_short(answer) for answer in (one.predicted, one.expected))
    words = (
        f"failure of {evaluation.model} (evaluation {evaluation.id}, task {one.task_id}): "
        f"it said {said}, people {people}"
    )
    return words[:_LONGEST_NOTE]


def _short(answer: Any) -> str:  # noqa: ANN401  # an answer
    if isinstance(answer, str):
        return answer[:40]
    return "nothing" if answer is None else orjson.dumps(answer).decode()[:40]

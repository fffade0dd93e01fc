"""An owner puts right and wrong examples beside the guidelines, and takes them away again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.labels.answers import normalise_value, validate_value
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.versions import version_of
from fairhand.work.gold import store as gold
from fairhand.work.projects import store as projects
from fairhand.work.remarks import store
from fairhand.work.remarks.rules import example_issues


@dataclass(frozen=True, slots=True)
class AddExample:
    """An answer to a task, whether it is right, and why."""

    author_id: int
    project_id: int
    task_id: int
    value: Mapping[str, Any]
    is_right: bool
    why: str


@dataclass(frozen=True, slots=True)
class RemoveExample:
    """Which example goes."""

    author_id: int
    project_id: int
    example_id: int


def add_example(db: Database, command: AddExample, now: Instant) -> int:
    """Show a task with an answer beside the guidelines; gives the example's number.

    Raises NotFoundError, InvalidError for an answer that does not fit the questions, and
    ConflictError for a gold task, whose answer is not told, and for hard content.
    """
    with db.write() as connection:
        project = projects.load_project(connection, command.project_id)
        context = gold.load_context(connection, command.project_id, command.task_id)
        sheet = projects.load_task_sheet(connection, command.task_id, command.author_id)
        if project is None or context is None or sheet is None:
            raise NotFoundError(f"There is no task {command.task_id} in this project.")
        questions = version_of(db, connection, project.id, project.version).questions
        count = len(store.list_examples(connection, project.id))
        issues = example_issues(command.why, count)
        issues += validate_value(questions, command.value, context)
        if issues:
            raise InvalidError("This example does not fit; nothing was changed.", issues=issues)
        if gold.load_known(connection, [command.task_id]):
            raise ConflictError("This is a gold task: its answer is not told.", code="gold")
        if project.tier or sheet.tier:
            message = "Hard content is not shown unasked: describe the example in the guidelines."
            raise ConflictError(message, code="hard_content")
        value = normalise_value(questions, command.value)
        row = {
            "project_id": project.id,
            "task_id": command.task_id,
            "value": orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode(),
            "is_right": command.is_right,
            "why": command.why.strip(),
            "author_id": command.author_id,
            "added_at": now,
        }
        number = store.add_example(connection, row)
        body = {"project": project.id, "example": number, "task": command.task_id}
        body["is_right"] = command.is_right
        log.append(connection, "example.added", body, now, command.author_id, project.id)
    return number


def remove_example(db: Database, command: RemoveExample, now: Instant) -> None:
    """Take an example away; raises NotFoundError when it is not there."""
    with db.write() as connection:
        if not store.remove_example(connection, command.project_id, command.example_id, now):
            raise NotFoundError(f"There is no example {command.example_id} in this project.")
        body = {"project": command.project_id, "example": command.example_id}
        log.append(connection, "example.removed", body, now, command.author_id, command.project_id)

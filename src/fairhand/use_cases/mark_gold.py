"""An owner says what the right answer to a task is: from now on it is a gold task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.people.conduct import store as conduct
from fairhand.proof.log import store as log
from fairhand.quality import store as quality
from fairhand.storage.database import Database
from fairhand.use_cases.tell_of_answers import tell_of_gold
from fairhand.use_cases.versions import version_of
from fairhand.work.gold import store
from fairhand.work.gold.quarantine import overturned
from fairhand.work.gold.rules import canonical, check_known
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class MarkGold:
    """The known answer to some or all questions of a task, and why it is right."""

    author_id: int
    project_id: int
    task_id: int
    value: Mapping[str, Any] = field(default_factory=dict)
    explanation: str = ""


def mark_gold(db: Database, command: MarkGold, now: Instant) -> None:
    """Make a task gold, or replace its known answer; what people answered so far is kept.

    Raises NotFoundError for a task that is not in the project, InvalidError for a value that
    does not answer the questions, ConflictError for one that was overturned after an appeal.
    """
    with db.write() as connection:
        project = projects.load_project(connection, command.project_id)
        context = store.load_context(connection, command.project_id, command.task_id)
        if project is None or context is None:
            raise NotFoundError(
                f"There is no task {command.task_id} in project {command.project_id}."
            )
        questions = version_of(db, connection, project.id, project.version).questions
        if issues := check_known(questions, command.value, command.explanation, context):
            message = "The known answer does not fit the questions; nothing was changed."
            raise InvalidError(message, issues=issues)
        if overturned(connection, [command.task_id]):
            message = "This known answer was overturned after an appeal; the task is asked no more."
            raise ConflictError(message, code="overturned")
        value = canonical(questions, command.value)
        known = {command.task_id: (value, command.explanation)}
        store.mark(connection, project.id, known, command.author_id, now)
        quality.drop_consensus(connection, [command.task_id])
        before = store.answers_to(connection, command.task_id)
        tell_of_gold(connection, project.id, questions, before, now)
        body = {
            "project": project.id,
            "task": command.task_id,
            "value_sha256": sha256_hex(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)),
            **conduct.decided(connection, project.id, now),
        }
        log.append(connection, "gold.marked", body, now, command.author_id, project.id)

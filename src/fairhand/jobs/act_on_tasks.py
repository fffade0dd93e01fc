"""The job that does something with all tasks that fit, a thousand at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.jobs.steps import Step
from fairhand.model.job import Outcome
from fairhand.storage.database import Connection
from fairhand.use_cases.act_on_tasks import AT_ONCE, TaskAct, act_on_tasks
from fairhand.use_cases.house import House
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects
from fairhand.work.tasks.browse_store import WITHOUT_END, Walk, find_tasks
from fairhand.work.tasks.rules import parse_cursor, parse_query


@dataclass(frozen=True, slots=True)
class ActOnTasks:
    """Walks through the tasks in the order of their numbers, so that none is met twice.

    `command`: person_id, project_id, act, wanted, query, blind, at. Every piece is one transaction
    with the same moment, by which the whole can be undone.
    """

    house: House

    def __call__(self, step: Step) -> Outcome:
        """Do it with the next thousand."""
        command, database = step.job.command, self.house.db
        after, changed, seen = _cursor(step.cursor)
        with database.read() as connection:
            walk = self._walk(connection, command)
            found = find_tasks(connection, walk, parse_cursor(after), AT_ONCE, WITHOUT_END)
        if not found.ids:
            return Outcome(None, seen, seen, result=_result(command, changed, seen))
        act = TaskAct(
            command["person_id"], command["project_id"], command["act"], command["wanted"]
        )
        at = Instant(command["at"])

        def take(joined: Any) -> Outcome:  # noqa: ANN401  # the database, inside the step
            done = act_on_tasks(joined, act, found.ids, at)
            more, met = changed + done.changed, seen + done.of
            if found.after is None:
                return Outcome(None, met, met, result=_result(command, more, met))
            return Outcome([found.after.text(), more, met], met, step.job.total)

        return step.commit(take)

    def _walk(self, connection: Connection, command: Mapping[str, Any]) -> Walk:
        project = projects.load_project(connection, command["project_id"])
        if project is None:
            raise NotFoundError(f"There is no project {command['project_id']}.")
        questions = version_of(self.house.db, connection, project.id, project.version).questions
        query = replace(parse_query(command["query"]), order="oldest")
        asked = query.question or next((one.name for one in questions), "")
        return Walk(project.id, project.target_confidence, asked, query, command["blind"])


def _cursor(cursor: object) -> tuple[str, int, int]:
    if cursor is None:
        return "", 0, 0
    after, changed, seen = cast("tuple[str, int, int]", cursor)
    return after, changed, seen


def _result(command: Mapping[str, Any], changed: int, seen: int) -> dict[str, Any]:
    return {"act": command["act"], "changed": changed, "of": seen, "at": command["at"]}

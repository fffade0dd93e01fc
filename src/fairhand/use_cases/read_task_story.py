"""One task's whole story, for who runs the project: from its import to the releases it is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fairhand.core.errors import NotFoundError
from fairhand.core.ids import pseudonym
from fairhand.model.project import Project, Question
from fairhand.people.accounts import store as accounts
from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.release import store as releases
from fairhand.proof.release.holds_task import holds_task
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects
from fairhand.work.tasks import browse_store, story_store
from fairhand.work.tasks.browse_store import TaskRow
from fairhand.work.tasks.rules import is_blind
from fairhand.work.tasks.story_store import Told

_RELEASES: Final = 20
WHY_BLIND: Final = (
    "You take part in this project and may still be asked about this task. What others answered "
    "is shown once you have answered it yourself, so that your answer is your own."
)


@dataclass(frozen=True, slots=True)
class TaskStory:
    """A task, what is told of it (None: kept from the viewer), and how people are called.

    `releases` are the versions it is in, of the latest twenty.
    """

    project: Project
    questions: tuple[Question, ...]
    row: TaskRow
    told: Told | None
    names: Mapping[int, str]
    releases: tuple[int, ...]


def read_task_story(
    db: Database, actor: Actor, project_id: int, task_id: int, secret: bytes
) -> TaskStory:
    """Load a task's story; people are named to who may list them, and are pseudonyms to others.

    Raises NotFoundError for a task that is not in the project.
    """
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        rows = []
        if project is not None:
            rows = browse_store.load_rows(
                connection, project_id, project.target_confidence, (task_id,)
            )
        if project is None or not rows:
            raise NotFoundError(f"There is no task {task_id} in project {project_id}.")
        questions = version_of(db, connection, project.id, project.version).questions
        blind = _is_blind(connection, actor, project_id, rows[0])
        told = None if blind else story_store.load_told(connection, task_id)
        people = told.people if told else frozenset()
        names: Mapping[int, str] = {one: pseudonym(secret, project_id, one) for one in people}
        if may(actor, "people.list", project_id):
            names = {**names, **accounts.names_of(connection, people)}
        made = releases.list_releases(connection, project_id)
    newest = sorted(made, key=lambda one: one.version, reverse=True)[:_RELEASES]
    within = [one.version for one in newest if holds_task(Path(one.directory), task_id)]
    return TaskStory(project, questions, rows[0], told, names, tuple(within))


def _is_blind(connection: Connection, actor: Actor, project_id: int, row: TaskRow) -> bool:
    takes_part = browse_store.takes_part(connection, actor.person_id, project_id)
    answered = browse_store.list_answered(connection, actor.person_id, (row.id,))
    return is_blind(
        takes_part=takes_part,
        has_answered=row.id in answered,
    )

"""A project's pilots: what the newest found, what a go lacks; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue, NotFoundError
from fairhand.model.project import Project
from fairhand.people.accounts import store as accounts
from fairhand.people.readiness import store
from fairhand.people.readiness.pilot import (
    TASKS_DEFAULT,
    Measured,
    Pilot,
    Terms,
    check_go,
    cost_of,
)
from fairhand.storage.database import Database
from fairhand.use_cases.pilot_facts import measure_pilot
from fairhand.use_cases.readiness_facts import hourly_cost, terms_of
from fairhand.work.projects import sample_store
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class PilotPicture:
    """A project's pilots, newest first. `found` and `lacks` are about the newest.

    `suggested_tasks` and `suggested_micros` are what a new one would take.
    """

    project: Project
    terms: Terms
    pilots: tuple[Pilot, ...]
    names: Mapping[int, str]
    found: Measured | None
    lacks: tuple[Issue, ...]
    free_tasks: int
    suggested_tasks: int
    suggested_micros: int

    @property
    def newest(self) -> Pilot | None:
        """The newest pilot."""
        return next(iter(self.pilots), None)


def read_pilot(db: Database, project_id: int, now: Instant) -> PilotPicture:
    """Read a project's pilots and measure the newest as it stands; raises NotFoundError.

    What a decided pilot's decision saw is its evidence; answers that came later may differ.
    """
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        pilots = tuple(store.list_pilots(connection, project_id))
        terms = terms_of(connection, project)
        free = len(sample_store.list_free_tasks(connection, project_id))
        per_hour = hourly_cost(connection, project, now)
        people = {one.started_by for one in pilots} | {
            one.decided_by for one in pilots if one.decided_by is not None
        }
        names = accounts.names_of(connection, people)
    newest = next(iter(pilots), None)
    found = measure_pilot(db, newest, now) if newest else None
    lacks = tuple(check_go(newest, found, project.version)) if newest and found else ()
    tasks = min(TASKS_DEFAULT, free)
    cost = cost_of(tasks, terms.people_wanted, project.expected_ms, per_hour)
    return PilotPicture(project, terms, pilots, names, found, lacks, free, tasks, cost)

"""How ready a project is: four stages, what is missing, who can mend it; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project
from fairhand.people.readiness import store
from fairhand.people.readiness.pilot import Pilot, Terms
from fairhand.people.readiness.rules import is_ready_for_compute, is_ready_to_open, stages_of
from fairhand.people.readiness.stages import Stage
from fairhand.storage.database import Database
from fairhand.use_cases.read_forecast import read_forecast
from fairhand.use_cases.readiness_facts import gather_facts
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class Readiness:
    """Everything on the readiness page. `pilot_of` is set where the project is itself a pilot.

    `names` says who has each role; `terms_set` is False where the defaults hold.
    """

    project: Project
    stages: tuple[Stage, ...]
    terms: Terms
    terms_set: bool
    pilot: Pilot | None
    pilot_of: Project | None
    names: Mapping[str, tuple[str, ...]]
    skills: tuple[tuple[int, str], ...]

    @property
    def may_open(self) -> bool:
        """Say whether everything before compute is done."""
        return is_ready_to_open(self.stages)

    @property
    def for_compute(self) -> bool:
        """Say whether compute may be bought."""
        return is_ready_for_compute(self.stages)


def read_readiness(db: Database, project_id: int, now: Instant) -> Readiness:
    """Compute a project's checklists; raises NotFoundError."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
    cost = read_forecast(db, project_id, now).forecast.money.p50
    with db.read() as connection:
        facts = gather_facts(connection, project, now, round(cost))
        itself = store.find_pilot(connection, project_id)
        tested = projects.load_project(connection, itself.of_project_id) if itself else None
        return Readiness(
            project=project,
            stages=stages_of(facts, now),
            terms=facts.terms,
            terms_set=facts.terms.changed_at is not None,
            pilot=facts.pilot,
            pilot_of=tested,
            names=store.names_by_role(connection, project_id),
            skills=tuple(store.known_skills(connection)),
        )

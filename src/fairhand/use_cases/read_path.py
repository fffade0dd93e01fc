"""The way to more responsibility, as a person sees it and as managers set it."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.talent import career_store as store
from fairhand.people.talent.career import Reached, Record, Step, path_of
from fairhand.people.talent.credential_store import Skill
from fairhand.people.talent.profile_store import list_skills
from fairhand.storage.database import Database
from fairhand.work.projects.store import list_projects


@dataclass(frozen=True, slots=True)
class OwnPath:
    """A person's path: the steps with what is missing, what they have done, names of skills."""

    steps: tuple[Reached, ...]
    record: Record
    skills: dict[int, str]
    projects: dict[int, str]


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps that hold, and what a new one may name."""

    steps: tuple[Step, ...]
    skills: tuple[Skill, ...]
    projects: dict[int, str]


def read_path(db: Database, person_id: int, now: Instant) -> OwnPath:
    """Read where a person stands before each step; raises NotFoundError for nobody."""
    with db.read() as connection:
        record = store.load_record(connection, person_id, now)
        if record is None:
            raise NotFoundError("There is no such person.")
        steps = store.all_steps(connection)
        skills = {one.id: one.name for one in list_skills(connection)}
        projects = {one.id: one.title for one in list_projects(connection)}
    return OwnPath(tuple(path_of(steps, record, now)), record, skills, projects)


def read_steps(db: Database) -> Steps:
    """Read the steps that hold, for those who set them."""
    with db.read() as connection:
        return Steps(
            tuple(store.live_steps(connection)),
            tuple(list_skills(connection)),
            {one.id: one.title for one in list_projects(connection)},
        )

"""What a person can, what that opens to them, and whom managers find."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.talent import profile_store as store
from fairhand.people.talent.credential_store import Skill
from fairhand.people.talent.rules import Found, Profile, Search, ShownSkill, fits, lacking
from fairhand.storage.database import Database
from fairhand.use_cases.read_project import list_visible

FOUND_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class WorkForMe:
    """A project that asks for skills: which somebody has, which they lack, and where to learn."""

    project_id: int
    title: str
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    course_id: int | None

    @property
    def is_open(self) -> bool:
        """Say whether the person has all that is asked."""
        return not self.lacks


@dataclass(frozen=True, slots=True)
class OwnTalent:
    """A person's own page: what they said, what they have shown, what that opens."""

    profile: Profile | None
    shown: tuple[ShownSkill, ...]
    work: tuple[WorkForMe, ...]


@dataclass(frozen=True, slots=True)
class Directory:
    """Who was found, how many want to be found at all, and the skills to search by."""

    found: tuple[Found, ...]
    listed: int
    skills: tuple[Skill, ...]


def read_own_talent(db: Database, actor: Actor, now: Instant) -> OwnTalent:
    """Read a person's own profile, skills, and the work that their skills open."""
    projects = [
        one
        for one in list_visible(db, actor)
        if may(actor, "work", one.id) and one.mode in ("open", "demo")
    ]
    ids = [one.id for one in projects]
    with db.read() as connection:
        profile = store.load_profile(connection, actor.person_id)
        shown = store.skills_shown(connection, actor.person_id, now)
        asked = store.skills_asked(connection, ids)
        courses = store.courses_of(connection, ids)
        names = {one.id: one.name for one in store.list_skills(connection)}
    work = []
    for project in projects:
        missing = lacking(asked[project.id], shown)
        has = asked[project.id] - missing
        work.append(
            WorkForMe(
                project.id,
                project.title,
                _named(names, has),
                _named(names, missing),
                courses.get(project.id),
            )
        )
    work.sort(key=lambda one: (len(one.lacks), one.title))
    return OwnTalent(profile, tuple(shown), tuple(work))


def search_talent(db: Database, search: Search, now: Instant) -> Directory:
    """Find people who want to be found; reads only, and remembers no search."""
    with db.read() as connection:
        everybody = store.list_found(connection, now)
        skills = store.list_skills(connection)
    found = [one for one in everybody if fits(one, search, now)]
    return Directory(tuple(found[:FOUND_AT_MOST]), len(everybody), tuple(skills))


def _named(names: dict[int, str], ids: set[int] | frozenset[int]) -> tuple[str, ...]:
    return tuple(sorted(names.get(one, f"skill {one}") for one in ids))


def read_skills(db: Database) -> list[Skill]:
    """List the skills that the workspace knows."""
    with db.read() as connection:
        return store.list_skills(connection)

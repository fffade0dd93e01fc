"""SQL of the talent directory and of the skills that people have shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, select

from fairhand.core.clock import Instant
from fairhand.people.talent.credential_store import Skill
from fairhand.people.talent.rules import Found, Language, Profile, ShownSkill
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.people import person, person_skill, skill
from fairhand.storage.tables.readiness import course, readiness_terms, talent_profile

_COLUMNS: tuple[Any, ...] = tuple(
    talent_profile.c[name]
    for name in (
        "is_listed",
        "languages",
        "domains",
        "tools",
        "about",
        "hours_a_week",
        "available_from",
        "available_until",
        "wants",
    )
)
_OF_PERSON = select(*_COLUMNS).where(talent_profile.c.person_id == bindparam("p_person_id"))
_LISTED = (
    select(person.c.id, person.c.display_name, *_COLUMNS)
    .join(person, person.c.id == talent_profile.c.person_id)
    .where(talent_profile.c.is_listed, person.c.state == "active")
    .order_by(person.c.display_name, person.c.id)
)
_SHOWN_COLUMNS: tuple[Any, ...] = (
    person_skill.c.person_id,
    skill.c.id,
    skill.c.name,
    skill.c.kind,
    person_skill.c.shown_at,
    person_skill.c.valid_until,
    person_skill.c.attempt_id.is_not(None),
)
_HOLDS = (person_skill.c.valid_until.is_(None)) | (person_skill.c.valid_until > bindparam("p_now"))
_SHOWN = (
    select(*_SHOWN_COLUMNS)
    .join(skill, skill.c.id == person_skill.c.skill_id)
    .where(_HOLDS)
    .order_by(skill.c.name)
)
_SHOWN_BY = _SHOWN.where(person_skill.c.person_id == bindparam("p_person_id"))
_SHOWN_BY_LISTED = _SHOWN.where(
    person_skill.c.person_id.in_(
        select(talent_profile.c.person_id).where(talent_profile.c.is_listed)
    )
)


def load_profile(connection: Connection, person_id: int) -> Profile | None:
    """Load what a person said of themselves; None when they said nothing."""
    row = connection.execute(_OF_PERSON, {"p_person_id": person_id}).one_or_none()
    return None if row is None else _profile(row)


def save_profile(
    connection: Connection, person_id: int, profile: Profile, notice_sha256: str, now: Instant
) -> None:
    """Write what a person says of themselves, and the words that they agreed to."""
    values: dict[str, object] = {
        "is_listed": profile.is_listed,
        "notice_sha256": notice_sha256,
        "languages": _json([[one.tag, one.level] for one in profile.languages]),
        "domains": _json(profile.domains),
        "tools": _json(profile.tools),
        "about": profile.about,
        "hours_a_week": profile.hours_a_week,
        "available_from": profile.available_from,
        "available_until": profile.available_until,
        "wants": _json(profile.wants),
        "agreed_at": now,
        "changed_at": now,
    }
    adding = insert(connection, talent_profile).values(person_id=person_id, **values)
    connection.execute(adding.on_conflict_do_update(index_elements=["person_id"], set_=values))


def delete_profile(connection: Connection, person_id: int) -> bool:
    """Forget what a person said of themselves; False when there was nothing."""
    gone = connection.execute(
        talent_profile.delete().where(talent_profile.c.person_id == person_id)
    )
    return gone.rowcount == 1


def list_found(connection: Connection, now: Instant) -> list[Found]:
    """List everybody in the directory, with the skills they have shown."""
    skills: dict[int, list[ShownSkill]] = defaultdict(list)
    for row in connection.execute(_SHOWN_BY_LISTED, {"p_now": now}):
        skills[row.person_id].append(_skill(row))
    return [
        Found(row.id, row.display_name, _profile(row[2:]), tuple(skills[row.id]))
        for row in connection.execute(_LISTED)
    ]


def skills_shown(connection: Connection, person_id: int, now: Instant) -> list[ShownSkill]:
    """List the skills that a person has shown and that still hold."""
    rows = connection.execute(_SHOWN_BY, {"p_person_id": person_id, "p_now": now})
    return [_skill(row) for row in rows]


def list_skills(connection: Connection) -> list[Skill]:
    """List the skills that the workspace knows."""
    found = connection.execute(
        select(skill.c.id, skill.c.name, skill.c.kind, skill.c.description).order_by(skill.c.name)
    )
    return [Skill(*row) for row in found]


def add_skill(connection: Connection, name: str, kind: str, description: str) -> int | None:
    """Add a skill; None when there is one of this name."""
    added = connection.execute(
        insert(connection, skill)
        .values(name=name, kind=kind, description=description)
        .on_conflict_do_nothing()
        .returning(skill.c.id)
    )
    return added.scalar_one_or_none()


def skills_asked(connection: Connection, project_ids: Sequence[int]) -> dict[int, set[int]]:
    """Say which skills projects ask for: those of their live course, and those they named."""
    asked: dict[int, set[int]] = {project_id: set() for project_id in project_ids}
    for row in connection.execute(
        select(course.c.project_id, course.c.skill_id).where(
            course.c.state == "live", course.c.project_id.in_(list(asked))
        )
    ):
        asked[row.project_id].add(row.skill_id)
    for row in connection.execute(
        select(readiness_terms.c.project_id, readiness_terms.c.skills_wanted).where(
            readiness_terms.c.project_id.in_(list(asked))
        )
    ):
        asked[row.project_id].update(int(one) for one in orjson.loads(row.skills_wanted))
    return asked


def courses_of(connection: Connection, project_ids: Sequence[int]) -> dict[int, int]:
    """Find the live course of each project that has one."""
    found = connection.execute(
        select(course.c.project_id, course.c.id).where(
            course.c.state == "live", course.c.project_id.in_(list(project_ids))
        )
    )
    return {row.project_id: row.id for row in found}


def _profile(row: Row[Any] | tuple[Any, ...]) -> Profile:
    listed, languages, domains, tools, about, hours, begins, ends, wants = tuple(row)
    return Profile(
        bool(listed),
        tuple(Language(tag, level) for tag, level in orjson.loads(languages)),
        tuple(orjson.loads(domains)),
        tuple(orjson.loads(tools)),
        about,
        hours,
        begins,
        ends,
        tuple(orjson.loads(wants)),
    )


def _skill(row: Row[Any]) -> ShownSkill:
    _, number, name, kind, shown_at, valid_until, by_exam = tuple(row)
    return ShownSkill(number, name, kind, shown_at, valid_until, bool(by_exam))


def _json(value: object) -> str:
    return orjson.dumps(value).decode()

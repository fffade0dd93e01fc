"""SQL of career steps, and of what people have done towards them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import orjson
from sqlalchemy import bindparam, column, func, select, table, update

from fairhand.core.clock import Instant
from fairhand.people.talent.career import (
    Needs,
    Record,
    Step,
    held_since,
    needs_json,
    read_needs,
)
from fairhand.storage.database import Connection
from fairhand.storage.tables.people import membership, person, person_skill
from fairhand.storage.tables.readiness import career_step

_annotation = table("annotation", column("person_id"), column("revision"), column("superseded"))
_STEPS = select(
    career_step.c.id,
    career_step.c.project_id,
    career_step.c.role,
    career_step.c.title,
    career_step.c.needs,
    career_step.c.pay_permille,
    career_step.c.set_at,
    career_step.c.ended_at,
).order_by(career_step.c.id)
_LIVE = _STEPS.where(career_step.c.ended_at.is_(None))
_ANSWERS = (
    select(func.count())
    .select_from(_annotation)
    .where(_annotation.c.person_id == bindparam("p_person_id"), ~_annotation.c.superseded)
)


def live_steps(connection: Connection) -> list[Step]:
    """List the steps that hold now."""
    return [_step(row) for row in connection.execute(_LIVE)]


def all_steps(connection: Connection) -> list[Step]:
    """List every step that holds or ever held."""
    return [_step(row) for row in connection.execute(_STEPS)]


def steps_held(connection: Connection) -> dict[int, list[tuple[Step, Instant]]]:
    """List the steps that add to somebody's pay, by person, each with since when."""
    paying = [one for one in all_steps(connection) if one.pay_permille]
    if not paying:
        return {}
    rows = connection.execute(
        select(
            membership.c.person_id,
            membership.c.role,
            membership.c.project_id,
            membership.c.created_at,
        ).where(membership.c.role.in_(sorted({one.role for one in paying})))
    )
    found: dict[int, list[tuple[Step, Instant]]] = {}
    for row in rows:
        place = (row.role, row.project_id, Instant(row.created_at))
        for step in paying:
            if (since := held_since(step, (place,))) is not None:
                found.setdefault(row.person_id, []).append((step, since))
    return found


def add_step(
    connection: Connection,
    *,
    project_id: int,
    role: str,
    title: str,
    needs: Needs,
    pay_permille: int,
    set_by: int,
    now: Instant,
) -> int:
    """Set a step from now on."""
    added = connection.execute(
        career_step.insert().returning(career_step.c.id),
        {
            "project_id": project_id,
            "role": role,
            "title": title,
            "needs": orjson.dumps(needs_json(needs)).decode(),
            "pay_permille": pay_permille,
            "set_by": set_by,
            "set_at": now,
        },
    )
    return cast(int, added.scalar_one())


def end_step(connection: Connection, step_id: int, now: Instant) -> bool:
    """End a step; False when it does not hold."""
    ended = connection.execute(
        update(career_step)
        .where(career_step.c.id == step_id, career_step.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    return ended.rowcount == 1


def load_record(connection: Connection, person_id: int, now: Instant) -> Record | None:
    """Load what somebody has done so far; None for nobody."""
    since = connection.execute(
        select(person.c.created_at).where(person.c.id == person_id)
    ).scalar_one_or_none()
    if since is None:
        return None
    skills = connection.execute(
        select(person_skill.c.skill_id).where(
            person_skill.c.person_id == person_id,
            person_skill.c.valid_until.is_(None) | (person_skill.c.valid_until > now),
        )
    ).scalars()
    answers = connection.execute(_ANSWERS, {"p_person_id": person_id}).scalar_one()
    roles = roles_of(connection, [person_id]).get(person_id, ())
    return Record(frozenset(skills), answers, Instant(since), tuple(roles))


def roles_of(
    connection: Connection, person_ids: Sequence[int]
) -> dict[int, list[tuple[str, int, Instant]]]:
    """Say which roles people hold, where, and since when."""
    found: dict[int, list[tuple[str, int, Instant]]] = {}
    rows = connection.execute(
        select(
            membership.c.person_id,
            membership.c.role,
            membership.c.project_id,
            membership.c.created_at,
        ).where(membership.c.person_id.in_(list(person_ids)))
    )
    for row in rows:
        place = (row.role, row.project_id, Instant(row.created_at))
        found.setdefault(row.person_id, []).append(place)
    return found


def _step(row: Any) -> Step:  # noqa: ANN401  # a row of seven columns and more
    number, project_id, role, title, needs, pay_permille, set_at, ended_at = tuple(row)
    return Step(
        number,
        project_id,
        role,
        title,
        read_needs(orjson.loads(needs)),
        pay_permille,
        set_at,
        ended_at,
    )

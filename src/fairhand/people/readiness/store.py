"""SQL of readiness: terms, pilots, and the counts that the checklists are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select, text, update

from fairhand.core.clock import Instant
from fairhand.people.readiness.pilot import Outcome, Pilot, Terms
from fairhand.people.readiness.stages import Pace, Skill
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.readiness import pilot, readiness_terms

_COLUMNS = (
    pilot.c.project_id,
    pilot.c.of_project_id,
    pilot.c.version,
    pilot.c.people_wanted,
    pilot.c.tasks,
    pilot.c.target_alpha,
    pilot.c.outcome,
    pilot.c.evidence,
    pilot.c.started_by,
    pilot.c.started_at,
    pilot.c.decided_by,
    pilot.c.decided_at,
    pilot.c.reason,
)
_IS_PERSON = "SELECT id FROM person WHERE NOT is_simulated AND state = 'active'"
_TAKES_PART = (
    "SELECT person_id FROM enrolment WHERE project_id = :project_id "
    f"AND state IN ('active', 'learning') AND person_id IN ({_IS_PERSON})"
)
_SKILLED = (
    "FROM person_skill WHERE skill_id = :skill_id "
    f"AND (valid_until IS NULL OR valid_until > :now) AND person_id IN ({_TAKES_PART})"
)
_PEOPLE = text(
    "SELECT count(*), coalesce(sum(CASE WHEN e.joined_at >= :since THEN 1 ELSE 0 END), 0), "
    "min(CASE WHEN e.joined_at >= :since THEN e.joined_at END), "
    "coalesce(sum(CASE WHEN g.id IS NULL OR g.withdrawn_at IS NOT NULL THEN 1 ELSE 0 END), 0) "
    "FROM enrolment AS e LEFT JOIN consent_grant AS g ON g.id = e.grant_id "
    "WHERE e.project_id = :project_id AND e.state IN ('active', 'learning') "
    f"AND e.person_id IN ({_IS_PERSON})"
)
_GOLD = text(
    "SELECT count(*), coalesce(sum(CASE WHEN created_at >= :since THEN 1 ELSE 0 END), 0), "
    "min(CASE WHEN created_at >= :since THEN created_at END) "
    "FROM gold_answer WHERE project_id = :project_id"
)
_COURSE = text(
    "SELECT skill_id FROM course WHERE project_id = :project_id AND state = 'live' "
    "ORDER BY number DESC LIMIT 1"
)
_QUALIFIED = text(
    "SELECT count(*), coalesce(sum(CASE WHEN shown_at >= :since THEN 1 ELSE 0 END), 0), "
    f"min(CASE WHEN shown_at >= :since THEN shown_at END) {_SKILLED}"
)
_SKILL = text(f"SELECT (SELECT name FROM skill WHERE id = :skill_id), (SELECT count(*) {_SKILLED})")
_ANSWERED = text(
    "SELECT count(DISTINCT person_id), count(*), "
    "coalesce(sum(CASE WHEN submitted_at >= :since THEN 1 ELSE 0 END), 0), "
    "min(CASE WHEN submitted_at >= :since THEN submitted_at END) "
    "FROM annotation WHERE project_id = :project_id AND counted AND NOT superseded"
)
_DECIDERS = text(
    "SELECT count(DISTINCT person_id) FROM membership WHERE project_id IN (0, :project_id) "
    f"AND role IN ('owner', 'manager', 'reviewer') AND person_id IN ({_IS_PERSON})"
)
_WHO = text(
    "SELECT DISTINCT m.role, p.display_name FROM membership AS m JOIN person AS p "
    "ON p.id = m.person_id WHERE m.project_id IN (0, :project_id) AND m.role <> 'contributor' "
    "AND p.state = 'active' AND NOT p.is_simulated ORDER BY m.role, p.display_name"
)
_OUTPUT = text(
    "SELECT (SELECT count(DISTINCT task_id) FROM consensus WHERE project_id = :project_id "
    "AND settled), (SELECT count(*) FROM release WHERE project_id = :project_id "
    "AND state = 'published')"
)
_KNOWN_SKILLS = text("SELECT id, name FROM skill ORDER BY name")
_COPY_ROLES = text(
    "INSERT INTO membership (person_id, project_id, role, created_at) "
    "SELECT person_id, :pilot_id, role, :now FROM membership "
    "WHERE project_id = :project_id AND NOT (role = 'owner' AND person_id = :owner_id)"
)


@dataclass(frozen=True, slots=True)
class People:
    """Who takes part: how many, how many of them without an agreement, and the pace of late."""

    people: int
    pace: Pace | None
    without_consent: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of something there are, and how often they came lately."""

    count: int
    pace: Pace | None


@dataclass(frozen=True, slots=True)
class Answered:
    """How many people have answered, how often, and how often lately."""

    people: int
    answers: int
    pace: Pace | None


def load_terms(connection: Connection, project_id: int) -> Terms | None:
    """Load what the owner asks for; None where the defaults hold."""
    row = connection.execute(
        select(readiness_terms).where(readiness_terms.c.project_id == project_id)
    ).one_or_none()
    if row is None:
        return None
    return Terms(
        target_alpha=row.target_alpha,
        people_wanted=row.people_wanted,
        qualified_wanted=row.qualified_wanted,
        gold_wanted=row.gold_wanted,
        skills_wanted=tuple(orjson.loads(row.skills_wanted)),
        skill_gap=row.skill_gap,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )


def save_terms(connection: Connection, project_id: int, terms: Terms) -> None:
    """Write what the owner asks for."""
    values = {
        "target_alpha": terms.target_alpha,
        "people_wanted": terms.people_wanted,
        "qualified_wanted": terms.qualified_wanted,
        "gold_wanted": terms.gold_wanted,
        "skills_wanted": orjson.dumps(list(terms.skills_wanted)).decode(),
        "skill_gap": terms.skill_gap,
        "changed_by": terms.changed_by,
        "changed_at": terms.changed_at,
    }
    adding = insert(connection, readiness_terms).values(project_id=project_id, **values)
    connection.execute(adding.on_conflict_do_update(index_elements=["project_id"], set_=values))


def add_pilot(connection: Connection, new: Pilot) -> None:
    """Keep a pilot that starts."""
    connection.execute(
        pilot.insert().values(
            project_id=new.project_id,
            of_project_id=new.of_project_id,
            version=new.version,
            people_wanted=new.people_wanted,
            tasks=new.tasks,
            target_alpha=new.target_alpha,
            outcome=new.outcome,
            started_by=new.started_by,
            started_at=new.started_at,
        )
    )


def copy_roles(
    connection: Connection, project_id: int, pilot_id: int, owner_id: int, now: Instant
) -> None:
    """Let those who have a role in a project have it in its pilot; its maker has theirs."""
    given = {"project_id": project_id, "pilot_id": pilot_id, "owner_id": owner_id, "now": now}
    connection.execute(_COPY_ROLES, given)


def running_pilots(connection: Connection, project_id: int) -> list[int]:
    """List the pilots of a project that are not decided; whoever joins it joins them too."""
    running = select(pilot.c.project_id).where(
        pilot.c.of_project_id == project_id, pilot.c.outcome == "running"
    )
    return list(connection.execute(running).scalars())


def find_pilot(connection: Connection, pilot_id: int) -> Pilot | None:
    """Load a pilot by the number of its own project; None where that is none."""
    row = connection.execute(select(*_COLUMNS).where(pilot.c.project_id == pilot_id)).one_or_none()
    return None if row is None else _pilot(row)


def all_pilots(connection: Connection) -> dict[int, tuple[int, Instant]]:
    """Say of which project every pilot is, and when it started."""
    found = connection.execute(
        select(pilot.c.project_id, pilot.c.of_project_id, pilot.c.started_at)
    )
    return {number: (of_project, Instant(at)) for number, of_project, at in found}


def list_pilots(connection: Connection, of_project_id: int) -> list[Pilot]:
    """List the pilots of a project, newest first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(pilot.c.of_project_id == of_project_id)
        .order_by(pilot.c.started_at.desc(), pilot.c.project_id.desc())
    )
    return [_pilot(row) for row in rows]


def decide(
    connection: Connection,
    pilot_id: int,
    outcome: Outcome,
    evidence: Mapping[str, Any],
    reason: str,
    person_id: int,
    now: Instant,
) -> bool:
    """Write a decision; False when it had been decided already."""
    changed = connection.execute(
        update(pilot)
        .where(pilot.c.project_id == pilot_id, pilot.c.outcome == bindparam("p_was"))
        .values(
            outcome=outcome,
            evidence=orjson.dumps(dict(evidence)).decode(),
            reason=reason,
            decided_by=person_id,
            decided_at=now,
        ),
        {"p_was": "running"},
    )
    return bool(changed.rowcount)


def count_people(connection: Connection, project_id: int, since: Instant) -> People:
    """Count who takes part, learners among them, simulated people not."""
    row = connection.execute(_PEOPLE, {"project_id": project_id, "since": since}).one()
    return People(int(row[0]), _pace(row[1], row[2]), int(row[3]))


def count_gold(connection: Connection, project_id: int, since: Instant) -> Counted:
    """Count gold tasks."""
    row = connection.execute(_GOLD, {"project_id": project_id, "since": since}).one()
    return Counted(int(row[0]), _pace(row[1], row[2]))


def find_course_skill(connection: Connection, project_id: int) -> int | None:
    """Find the skill that the project's published course shows; None without a course."""
    return connection.execute(_COURSE, {"project_id": project_id}).scalar_one_or_none()


def count_qualified(
    connection: Connection, project_id: int, skill_id: int, since: Instant, now: Instant
) -> Counted:
    """Count those who take part and have shown a skill that still holds."""
    given = {"project_id": project_id, "skill_id": skill_id, "since": since, "now": now}
    row = connection.execute(_QUALIFIED, given).one()
    return Counted(int(row[0]), _pace(row[1], row[2]))


def load_skills(
    connection: Connection, project_id: int, skill_ids: Sequence[int], now: Instant
) -> tuple[Skill, ...]:
    """Count who takes part and has shown each of some skills; unknown ones are left out."""
    found = []
    for skill_id in skill_ids:
        given = {"project_id": project_id, "skill_id": skill_id, "now": now}
        name, people = connection.execute(_SKILL, given).one()
        if name is not None:
            found.append(Skill(name, int(people)))
    return tuple(found)


def known_skills(connection: Connection) -> list[tuple[int, str]]:
    """List every skill that there is, by name."""
    return [(int(row[0]), str(row[1])) for row in connection.execute(_KNOWN_SKILLS)]


def count_answers(connection: Connection, project_id: int, since: Instant) -> Answered:
    """Count answers that count, and who gave them."""
    row = connection.execute(_ANSWERED, {"project_id": project_id, "since": since}).one()
    return Answered(int(row[0]), int(row[1]), _pace(row[2], row[3]))


def count_deciders(connection: Connection, project_id: int) -> int:
    """Count the people who may decide or review in a project."""
    return int(connection.execute(_DECIDERS, {"project_id": project_id}).scalar_one())


def names_by_role(connection: Connection, project_id: int) -> dict[str, tuple[str, ...]]:
    """Name who has each role in a project, contributors left out."""
    found: dict[str, list[str]] = {}
    for role, name in connection.execute(_WHO, {"project_id": project_id}):
        found.setdefault(role, []).append(name)
    return {role: tuple(names) for role, names in found.items()}


def count_output(connection: Connection, project_id: int) -> tuple[int, int]:
    """Count settled tasks and published releases."""
    row = connection.execute(_OUTPUT, {"project_id": project_id}).one()
    return int(row[0]), int(row[1])


def _pace(events: int, since: int | None) -> Pace | None:
    return None if since is None else Pace(int(events), Instant(since))


def _pilot(row: Any) -> Pilot:  # noqa: ANN401  # a result row
    values = dict(row._mapping)
    return Pilot(**values | {"evidence": orjson.loads(values["evidence"])})

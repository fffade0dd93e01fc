"""What monitors read, and the incidents they raise. Simulated people are left out of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select, text

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.people.conduct.monitoring import BEFORE_MS, WINDOW_MS, Offered, Review
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.conduct import incident, self_declared, system_switch

_REVIEWS = text(
    "SELECT reviewer_id, finding, found_at - opened_at FROM appeal_review "
    "WHERE finding IS NOT NULL AND found_at > :since ORDER BY reviewer_id, found_at"
)
# Whom a decision takes the work away by itself is no measure of what became of contesting it.
_CONTESTED = text(
    "SELECT person_id, project_id, MIN(opened_at) FROM ("
    "SELECT a.person_id, a.project_id, a.opened_at FROM appeal AS a "
    "JOIN decision AS d ON d.id = a.decision_id "
    "WHERE d.kind NOT IN ('suspended', 'ended', 'queue_closed') "
    "UNION ALL SELECT person_id, project_id, opened_at FROM pay_dispute) AS c "
    "WHERE opened_at > :since AND opened_at <= :until AND project_id <> 0 "
    "AND person_id IN (SELECT id FROM person WHERE NOT is_simulated) "
    "GROUP BY person_id, project_id ORDER BY 3, 1"
)
_OFFERED = text(
    "SELECT l.person_id, e.joined_at, "
    "SUM(CASE WHEN l.served_at < :at THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN l.served_at >= :at THEN 1 ELSE 0 END) "
    "FROM lease AS l JOIN enrolment AS e "
    "ON e.person_id = l.person_id AND e.project_id = l.project_id "
    "WHERE l.project_id = :project_id AND l.served_at >= :since AND l.served_at < :until "
    "AND l.person_id IN (SELECT id FROM person WHERE NOT is_simulated) "
    "GROUP BY l.person_id, e.joined_at"
)
_OFFERS_NOW = text(
    "SELECT e.project_id, e.person_id, COUNT(l.id) FROM enrolment AS e "
    "LEFT JOIN lease AS l ON l.person_id = e.person_id AND l.project_id = e.project_id "
    "AND l.served_at > :since WHERE e.state = 'active' AND e.joined_at <= :since "
    "AND e.person_id IN (SELECT id FROM person WHERE NOT is_simulated) "
    "GROUP BY e.project_id, e.person_id"
)
_PAY_NOW = text(
    "SELECT project_id, person_id, SUM(amount_micros), SUM(paid_ms) FROM accrual "
    "WHERE ended_at > :since AND basis IN ('time', 'piece', 'audio') "
    "AND person_id IN (SELECT id FROM person WHERE NOT is_simulated) "
    "GROUP BY project_id, person_id HAVING SUM(paid_ms) >= :least"
)
_DECIDED_AGAINST = text(
    "SELECT DISTINCT d.person_id FROM decision AS d LEFT JOIN appeal AS a ON a.decision_id = d.id "
    "WHERE d.made_at > :since AND d.kind <> 'restored' "
    "AND (a.id IS NULL OR a.state NOT IN ('upheld', 'silent'))"
)
_SILENT = text(
    "SELECT project_id, COUNT(*) FROM appeal WHERE state = 'silent' AND decided_at > :since "
    "GROUP BY project_id ORDER BY project_id"
)
_SYSTEMS = text("SELECT DISTINCT system FROM decision WHERE system <> '' ORDER BY system")
_SEATS = text(
    "SELECT person_id FROM council_seat "
    "WHERE from_at <= :now AND until_at > :now AND left_at IS NULL"
)
_INCIDENTS = select(
    incident.c.id,
    incident.c.project_id,
    incident.c.kind,
    incident.c.sentence,
    incident.c.evidence,
    incident.c.audience,
    incident.c.state,
    incident.c.opened_at,
    incident.c.closed_by,
    incident.c.closed_at,
    incident.c.note,
).order_by((incident.c.state == "open").desc(), incident.c.opened_at.desc(), incident.c.id.desc())
_INCIDENT = _INCIDENTS.where(incident.c.id == bindparam("p_id"))
_CLOSE = (
    incident.update()
    .where(incident.c.id == bindparam("p_id"), incident.c.state == "open")
    .values(
        state="closed",
        closed_by=bindparam("p_by"),
        closed_at=bindparam("p_at"),
        note=bindparam("p_note"),
    )
)
_DECLARED = select(self_declared.c.person_id, self_declared.c.name, self_declared.c.value)
_TAKE_BACK = self_declared.delete().where(
    self_declared.c.person_id == bindparam("p_person_id"), self_declared.c.name == bindparam("p_n")
)
_SWITCHES = select(system_switch)
_IS_OFF = select(system_switch.c.name).where(
    system_switch.c.name == bindparam("p_name"), ~system_switch.c.is_on
)


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that a monitor found, for an owner or the council, and what became of it."""

    id: int
    project_id: int
    kind: str
    sentence: str
    evidence: Mapping[str, Any]
    audience: str
    state: str
    opened_at: Instant
    closed_by: int | None
    closed_at: Instant | None
    note: str


@dataclass(frozen=True, slots=True)
class NewIncident:
    """What a monitor found; the same fingerprint is one incident for ever."""

    kind: str
    fingerprint: str
    sentence: str
    evidence: Mapping[str, Any]
    audience: str
    project_id: int = 0


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether an automated system may run, who said so, and why."""

    name: str
    is_on: bool
    reason: str
    set_by: int
    set_at: Instant


def list_reviews(connection: Connection, since: Instant) -> list[Review]:
    """List findings on appeals since a moment."""
    rows = connection.execute(_REVIEWS, {"since": since})
    return [Review(row[0], row[1] == "decline", max(0, row[2])) for row in rows]


def list_contested(
    connection: Connection, since: Instant, until: Instant
) -> list[tuple[int, int, Instant]]:
    """List (person, project, when first) of those who contested a decision or their pay."""
    rows = connection.execute(_CONTESTED, {"since": since, "until": until})
    return [(row[0], row[1], Instant(row[2])) for row in rows]


def load_offered(connection: Connection, project_id: int, at: Instant) -> dict[int, Offered]:
    """Count what everybody in a project was offered in the 90 days before and 30 after a moment."""
    window = {
        "project_id": project_id,
        "at": at,
        "since": at - BEFORE_MS,
        "until": at + WINDOW_MS,
    }
    found = {}
    for person_id, joined_at, before, after in connection.execute(_OFFERED, window):
        there_ms = min(BEFORE_MS, max(WINDOW_MS // 4, at - joined_at))
        monthly = int(before) * WINDOW_MS / there_ms
        found[person_id] = Offered(person_id, project_id, monthly, int(after))
    return found


def load_offers_now(connection: Connection, since: Instant) -> dict[int, dict[int, float]]:
    """Count offers since a moment: project to person (there since then) to tasks."""
    found: dict[int, dict[int, float]] = {}
    for project_id, person_id, offers in connection.execute(_OFFERS_NOW, {"since": since}):
        found.setdefault(project_id, {})[person_id] = float(offers)
    return found


def load_hourly_now(connection: Connection, since: Instant) -> dict[int, dict[int, float]]:
    """Work out what an hour earned since a moment: project to person (an hour and more)."""
    found: dict[int, dict[int, float]] = {}
    rows = connection.execute(_PAY_NOW, {"since": since, "least": HOUR_MS})
    for project_id, person_id, micros, paid_ms in rows:
        found.setdefault(project_id, {})[person_id] = float(micros) * HOUR_MS / float(paid_ms)
    return found


def list_decided_against(connection: Connection, since: Instant) -> set[int]:
    """List who had a decision against them since a moment that stands."""
    return set(connection.execute(_DECIDED_AGAINST, {"since": since}).scalars())


def count_silent(connection: Connection, since: Instant) -> dict[int, int]:
    """Count appeals that nobody answered in time, by project."""
    return {row[0]: row[1] for row in connection.execute(_SILENT, {"since": since})}


def list_deciding_systems(connection: Connection) -> list[str]:
    """Name the systems in whose name decisions were made."""
    return list(connection.execute(_SYSTEMS).scalars())


def list_seated(connection: Connection, now: Instant) -> set[int]:
    """List who sits on the council now."""
    return set(connection.execute(_SEATS, {"now": now}).scalars())


def add_incident(connection: Connection, new: NewIncident, now: Instant) -> int | None:
    """Keep an incident; None when it was raised before."""
    statement = (
        insert(connection, incident)
        .values(
            project_id=new.project_id,
            kind=new.kind,
            fingerprint=new.fingerprint,
            sentence=new.sentence,
            evidence=orjson.dumps(dict(new.evidence)).decode(),
            audience=new.audience,
            opened_at=now,
            state="open",
            note="",
        )
        .on_conflict_do_nothing(index_elements=["fingerprint"])
        .returning(incident.c.id)
    )
    return connection.execute(statement).scalar()


def list_incidents(connection: Connection) -> list[Incident]:
    """List incidents: open ones first, the newest on top."""
    return [_incident(row) for row in connection.execute(_INCIDENTS)]


def load_incident(connection: Connection, incident_id: int) -> Incident | None:
    """Find an incident."""
    row = connection.execute(_INCIDENT, {"p_id": incident_id}).first()
    return None if row is None else _incident(row)


def close_incident(
    connection: Connection, incident_id: int, by: int, note: str, now: Instant
) -> bool:
    """Close an open incident; False when it was closed before."""
    values = {"p_id": incident_id, "p_by": by, "p_at": now, "p_note": note}
    return connection.execute(_CLOSE, values).rowcount == 1


def load_declared(connection: Connection) -> dict[int, dict[str, str]]:
    """Load what everybody says of themselves; for figures of groups alone."""
    found: dict[int, dict[str, str]] = {}
    for person_id, name, value in connection.execute(_DECLARED):
        found.setdefault(person_id, {})[name] = value
    return found


def load_own_declared(connection: Connection, person_id: int) -> dict[str, str]:
    """Load what one person says of themselves, for themselves."""
    rows = connection.execute(_DECLARED.where(self_declared.c.person_id == person_id))
    return {row.name: row.value for row in rows}


def save_declared(
    connection: Connection, person_id: int, values: Mapping[str, str], now: Instant
) -> None:
    """Keep what somebody says of themselves; an empty value takes it back and leaves nothing."""
    for name, value in values.items():
        connection.execute(_TAKE_BACK, {"p_person_id": person_id, "p_n": name})
        if value:
            row = {"person_id": person_id, "name": name, "value": value, "at": now}
            connection.execute(self_declared.insert(), row)


def list_switches(connection: Connection) -> dict[str, Switch]:
    """List the systems that somebody has switched, by name."""
    return {row.name: Switch(**row._mapping) for row in connection.execute(_SWITCHES)}


def is_off(connection: Connection, name: str) -> bool:
    """Tell whether somebody has switched a system off."""
    return connection.execute(_IS_OFF, {"p_name": name}).first() is not None


def save_switch(connection: Connection, switch: Switch) -> None:
    """Keep how a system is switched."""
    values = {
        "name": switch.name,
        "is_on": switch.is_on,
        "reason": switch.reason,
        "set_by": switch.set_by,
        "set_at": switch.set_at,
    }
    changed = {key: value for key, value in values.items() if key != "name"}
    statement = insert(connection, system_switch).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed))


def _incident(row: Any) -> Incident:  # noqa: ANN401  # Row
    values = dict(row._mapping)
    values["evidence"] = orjson.loads(values["evidence"])
    return Incident(**values)

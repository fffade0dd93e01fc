"""What the giver of something marked to be hidden, or said hides too little, in the database."""

from __future__ import annotations

from typing import Final

import orjson
from sqlalchemy import bindparam, insert, select, update

from fairhand.core.clock import Instant
from fairhand.people.contributions.intake import Finding
from fairhand.people.contributions.intake_store import Waiting
from fairhand.storage.database import Connection
from fairhand.storage.tables.campaigns import contribution, finding

MARKED: Final = "marked"
TOO_LITTLE: Final = "hides_too_little"
_BY_GIVER: Final = (TOO_LITTLE, "not_hidden")
"""What the giver settles by marking what is to be hidden."""
_LIVING: Final = ("new", "ready", "held")
_LATEST = (
    select(finding.c.details)
    .where(finding.c.contribution_id == bindparam("p_id"), finding.c.kind == MARKED)
    .order_by(finding.c.id.desc())
    .limit(1)
)
_HELD_FOR = select(finding.c.kind).where(
    finding.c.contribution_id == bindparam("p_id"),
    finding.c.severity == "hold",
    finding.c.settled_as.is_(None),
)


def load_boxes(connection: Connection, contribution_id: int) -> str | None:
    """Give what was marked last, as `compute.anonymise` reads it; None: nobody has looked."""
    details = connection.execute(_LATEST, {"p_id": contribution_id}).scalar()
    return None if details is None else orjson.dumps(orjson.loads(details)["boxes"]).decode()


def held_for_others(connection: Connection, contribution_id: int) -> set[str]:
    """Give the kinds of what waits for somebody else than the giver."""
    waiting = connection.execute(_HELD_FOR, {"p_id": contribution_id}).scalars()
    return set(waiting) - set(_BY_GIVER)


def look_again(connection: Connection, found: Waiting, why: str, now: Instant) -> bool:
    """Let something be looked through anew; nobody sees it until then. False: it has ended."""
    settled = update(finding).where(
        finding.c.contribution_id == found.id,
        finding.c.kind.in_(_BY_GIVER),
        finding.c.settled_as.is_(None),
    )
    connection.execute(
        settled.values(settled_as="keep", settled_by=found.person_id, settled_at=now, why=why)
    )
    return _set_state(connection, found.id, "new", {})


def hold(connection: Connection, contribution_id: int) -> bool:
    """Hold something until a person has looked; False: it has ended, or is being looked through."""
    return _set_state(connection, contribution_id, "held", {})


def add_finding(connection: Connection, found: Waiting, noticed: Finding, now: Instant) -> None:
    """Keep what the giver said."""
    row = {
        "contribution_id": found.id,
        "project_id": found.project_id,
        "kind": noticed.kind,
        "severity": noticed.severity,
        "words": noticed.words,
        "details": orjson.dumps(dict(noticed.details)).decode(),
        "found_at": now,
    }
    connection.execute(insert(finding), row)


def _set_state(
    connection: Connection, contribution_id: int, state: str, more: dict[str, None]
) -> bool:
    changed = update(contribution).where(
        contribution.c.id == contribution_id, contribution.c.state.in_(_LIVING)
    )
    return bool(connection.execute(changed.values(state=state, ready_at=None, **more)).rowcount)

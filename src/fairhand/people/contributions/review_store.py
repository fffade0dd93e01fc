"""What was noticed of contributions, and what humans said to it, in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, func, select, update

from fairhand.core.clock import Instant
from fairhand.people.contributions.intake import Settled
from fairhand.storage.database import Connection
from fairhand.storage.tables.campaigns import contribution, finding


@dataclass(frozen=True, slots=True)
class Noticed:
    """One thing that was noticed, and what a human said to it, if somebody did."""

    id: int
    contribution_id: int
    kind: str
    severity: str
    words: str
    details: Mapping[str, Any]
    found_at: Instant
    settled_as: str | None
    why: str | None

    @property
    def other(self) -> int | None:
        """The contribution that this one resembles, where that was noticed."""
        other = self.details.get("other")
        return other if isinstance(other, int) else None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A contribution as a reviewer meets it."""

    id: int
    project_id: int
    person_id: int
    task_id: int
    annotation_id: int
    question: str
    modality: str
    state: str
    media_type: str
    open_sha256: str | None
    measures: Mapping[str, Any]
    given_at: Instant


_COLUMNS = [contribution.c[name] for name in Reviewed.__dataclass_fields__]
_NOTICED = [finding.c[name] for name in Noticed.__dataclass_fields__]
_OPEN = (
    select(finding.c.contribution_id)
    .join(contribution, contribution.c.id == finding.c.contribution_id)
    .where(
        finding.c.project_id == bindparam("p_project_id"),
        finding.c.settled_as.is_(None),
        finding.c.severity != "note",
        contribution.c.state.in_(("ready", "held")),
    )
)
_TO_REVIEW = (
    _OPEN.where(finding.c.contribution_id > bindparam("p_after"))
    .group_by(finding.c.contribution_id)
    .order_by(finding.c.contribution_id)
    .limit(bindparam("p_most"))
)
_HOW_MANY = select(func.count()).select_from(_OPEN.distinct().subquery())
_SOME = select(*_COLUMNS).where(
    contribution.c.id.in_(bindparam("p_ids", expanding=True)),
    contribution.c.project_id == bindparam("p_project_id"),
)
_FOUND_OF = (
    select(*_NOTICED)
    .where(finding.c.contribution_id.in_(bindparam("p_ids", expanding=True)))
    .order_by(finding.c.id)
)
_SETTLE = (
    update(finding)
    .where(
        finding.c.contribution_id == bindparam("p_contribution"),
        finding.c.settled_as.is_(None),
        finding.c.severity != "note",
    )
    .values(
        settled_as=bindparam("p_as"),
        settled_by=bindparam("p_by"),
        settled_at=bindparam("p_at"),
        why=bindparam("p_why"),
    )
)
_STATE = (
    update(contribution)
    .where(contribution.c.id == bindparam("p_id"), contribution.c.state.in_(("ready", "held")))
    .values(state=bindparam("p_state"), ready_at=bindparam("p_ready_at"))
)


def list_to_review(connection: Connection, project_id: int, after: int, most: int) -> list[int]:
    """List contributions of which something waits for a human, eldest first."""
    wanted = {"p_project_id": project_id, "p_after": after, "p_most": most}
    return list(connection.execute(_TO_REVIEW, wanted).scalars())


def count_to_review(connection: Connection, project_id: int) -> int:
    """Count the contributions of which something waits for a human."""
    found: int = connection.execute(_HOW_MANY, {"p_project_id": project_id}).scalar_one()
    return found


def load_reviewed(
    connection: Connection, project_id: int, ids: Sequence[int]
) -> dict[int, Reviewed]:
    """Load contributions of a project by their ids."""
    rows = connection.execute(_SOME, {"p_ids": list(ids), "p_project_id": project_id})
    return {
        row.id: Reviewed(**{**row._mapping, "measures": orjson.loads(row.measures)}) for row in rows
    }


def list_noticed(connection: Connection, ids: Sequence[int]) -> dict[int, list[Noticed]]:
    """List what was noticed of contributions."""
    found: dict[int, list[Noticed]] = {one: [] for one in ids}
    for row in connection.execute(_FOUND_OF, {"p_ids": list(ids)}):
        one = Noticed(**{**row._mapping, "details": orjson.loads(row.details)})
        found[one.contribution_id].append(one)
    return found


def settle(
    connection: Connection, contribution_id: int, as_: Settled, by: int, why: str, now: Instant
) -> int:
    """Keep what a human said to all that waits of a contribution; gives how many that were."""
    said = {"p_contribution": contribution_id, "p_as": as_, "p_by": by, "p_at": now, "p_why": why}
    return connection.execute(_SETTLE, said).rowcount


def set_state(connection: Connection, contribution_id: int, state: str, now: Instant) -> bool:
    """Let a contribution be ready, held, or looked through anew; False where it has ended."""
    ready_at = now if state == "ready" else None
    row = {"p_id": contribution_id, "p_state": state, "p_ready_at": ready_at}
    return bool(connection.execute(_STATE, row).rowcount)


def keep_after_all(connection: Connection, contribution_id: int, now: Instant) -> bool:
    """Take back that something was left out: it is ready again, or looked through anew."""
    connection.execute(
        update(finding)
        .where(finding.c.contribution_id == contribution_id, finding.c.settled_as != "keep")
        .values(settled_as="keep")
    )
    opened = select(contribution.c.open_sha256).where(contribution.c.id == contribution_id)
    has_file = connection.execute(opened).scalar_one_or_none() is not None
    return set_state(connection, contribution_id, "ready" if has_file else "new", now)

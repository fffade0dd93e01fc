"""Exposure policies in the database: versions are added and never edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, func, insert, select

from fairhand.core.clock import Instant
from fairhand.people.wellbeing.policy import (
    DEFAULT,
    ExposureTerms,
    read_terms,
    strictest,
    write_terms,
)
from fairhand.storage.database import Connection
from fairhand.storage.tables.wellbeing import exposure_policy

WORKSPACE: Final = 0
"""In place of a project: what holds in all of them."""

_IN_FORCE = (
    select(exposure_policy)
    .where(
        exposure_policy.c.project_id.in_([0, bindparam("p_project_id")]),
        exposure_policy.c.starts_at <= bindparam("p_now"),
    )
    .order_by(exposure_policy.c.version)
)
_ALL = (
    select(exposure_policy)
    .where(exposure_policy.c.project_id == bindparam("p_project_id"))
    .order_by(exposure_policy.c.version)
)
_NEWEST = select(func.coalesce(func.max(exposure_policy.c.version), 0)).where(
    exposure_policy.c.project_id == bindparam("p_project_id")
)


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """A version as it is kept: whose it is, since when it holds, and what the council signed."""

    project_id: int
    version: int
    terms: ExposureTerms
    author_id: int
    created_at: Instant
    starts_at: Instant
    proposal_id: int | None


def load_terms(connection: Connection, now: Instant, project_id: int = WORKSPACE) -> ExposureTerms:
    """Give what holds at a moment: the workspace's policy, and a project's where it is stricter."""
    found = {"p_project_id": project_id, "p_now": now}
    newest: dict[int, Row[Any]] = {
        row.project_id: row for row in connection.execute(_IN_FORCE, found)
    }
    terms = [_terms(newest[place].terms) for place in (WORKSPACE, project_id) if place in newest]
    return strictest(*terms) if WORKSPACE in newest else strictest(DEFAULT, *terms)


def list_policies(connection: Connection, project_id: int = WORKSPACE) -> list[KeptPolicy]:
    """List a place's versions, the oldest first; none where the defaults hold."""
    return [_kept(row) for row in connection.execute(_ALL, {"p_project_id": project_id})]


def add_policy(
    connection: Connection,
    terms: ExposureTerms,
    *,
    project_id: int,
    author_id: int,
    starts_at: Instant,
    proposal_id: int | None,
    now: Instant,
) -> int:
    """Keep a new version; give its number."""
    newest = connection.execute(_NEWEST, {"p_project_id": project_id}).scalar_one()
    row = {
        "project_id": project_id,
        "version": newest + 1,
        "terms": orjson.dumps(write_terms(terms)).decode(),
        "author_id": author_id,
        "created_at": now,
        "starts_at": starts_at,
        "proposal_id": proposal_id,
    }
    connection.execute(insert(exposure_policy), row)
    return int(newest) + 1


def _kept(row: Row[Any]) -> KeptPolicy:
    return KeptPolicy(
        row.project_id,
        row.version,
        _terms(row.terms),
        row.author_id,
        row.created_at,
        row.starts_at,
        row.proposal_id,
    )


def _terms(kept: str) -> ExposureTerms:
    said: Mapping[str, Any] = orjson.loads(kept)
    return read_terms(said)

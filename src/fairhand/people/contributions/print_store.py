"""Prints of contributions in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select

from fairhand.people.contributions.intake_store import Waiting
from fairhand.storage.database import Connection
from fairhand.storage.tables.campaigns import contribution, fingerprint


@dataclass(frozen=True, slots=True)
class Print:
    """One print of one contribution."""

    id: int
    contribution_id: int
    kind: str
    bits: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """A contribution that a copy may be of."""

    id: int
    person_id: int
    task_id: int
    question: str
    state: str
    media_type: str
    original_sha256: str
    open_sha256: str | None


_PRINTS = select(
    fingerprint.c.id, fingerprint.c.contribution_id, fingerprint.c.kind, fingerprint.c.bits
)
_AFTER = (
    _PRINTS.where(fingerprint.c.id > bindparam("p_after"))
    .order_by(fingerprint.c.id)
    .limit(bindparam("p_most"))
)
_OF = _PRINTS.where(fingerprint.c.contribution_id == bindparam("p_contribution"))
_SOURCE_COLUMNS = [contribution.c[name] for name in Source.__dataclass_fields__]
_SOURCES = select(*_SOURCE_COLUMNS).where(
    contribution.c.id.in_(bindparam("p_ids", expanding=True)),
    contribution.c.state.in_(("new", "ready", "held")),
)
_SAME_FILE = (
    select(*_SOURCE_COLUMNS)
    .where(
        contribution.c.original_sha256 == bindparam("p_sha256"),
        contribution.c.id < bindparam("p_before"),
        contribution.c.state.in_(("new", "ready", "held")),
    )
    .order_by(contribution.c.id)
    .limit(20)
)


def add_prints(connection: Connection, found: Waiting, prints: Mapping[str, bytes]) -> None:
    """Keep a contribution's prints by kind; empty ones are none."""
    rows = [
        {"contribution_id": found.id, "project_id": found.project_id, "kind": kind, "bits": bits}
        for kind, bits in sorted(prints.items())
        if bits
    ]
    if rows:
        connection.execute(insert(fingerprint), rows)


def list_prints(connection: Connection, after: int, most: int) -> list[Print]:
    """List prints in the order in which they came."""
    rows = connection.execute(_AFTER, {"p_after": after, "p_most": most})
    return [Print(row[0], row[1], row[2], bytes(row[3])) for row in rows]


def prints_of(connection: Connection, contribution_id: int) -> dict[str, bytes]:
    """Give the prints of one contribution by kind."""
    rows = connection.execute(_OF, {"p_contribution": contribution_id})
    return {row[2]: bytes(row[3]) for row in rows}


def load_sources(connection: Connection, ids: list[int]) -> list[Source]:
    """Load what prints were found of; what was taken back is not there."""
    return [Source(*row) for row in connection.execute(_SOURCES, {"p_ids": ids})]


def list_same_file(connection: Connection, sha256: str, before: int) -> list[Source]:
    """List earlier contributions whose original is this very file."""
    rows = connection.execute(_SAME_FILE, {"p_sha256": sha256, "p_before": before})
    return [Source(*row) for row in rows]

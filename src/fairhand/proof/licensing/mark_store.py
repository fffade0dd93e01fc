"""SQL of marks: pairs of like items, which one each recipient was given, and what a leak is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, exists, func, or_, select

from fairhand.core.clock import Instant
from fairhand.proof.licensing.marks import Markable
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.campaigns import contribution, finding
from fairhand.storage.tables.licensing import canary_pair, licence, licence_mark, licensee

LOOKED_AT = 20_000
"""Of a very large campaign so many contributions are looked at for pairs."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two like items; each with its open file, None once it has none any more."""

    id: int
    one: int
    other: int
    one_sha256: str | None
    other_sha256: str | None
    media_type: str
    is_whole: bool


_one, _other = contribution.alias("first"), contribution.alias("second")
_PAIRS = (
    select(
        canary_pair.c.id,
        canary_pair.c.one,
        canary_pair.c.other,
        _one.c.open_sha256,
        _other.c.open_sha256,
        _one.c.media_type,
        (_one.c.state == "ready") & (_other.c.state == "ready"),
    )
    .join_from(canary_pair, _one, _one.c.id == canary_pair.c.one)
    .join(_other, _other.c.id == canary_pair.c.other)
    .where(canary_pair.c.project_id == bindparam("p_project"))
    .order_by(canary_pair.c.id)
)
_MARKABLE = (
    select(
        contribution.c.id,
        contribution.c.person_id,
        contribution.c.grant_id,
        contribution.c.modality,
        contribution.c.media_type,
        contribution.c.size_bytes,
    )
    .where(
        contribution.c.project_id == bindparam("p_project"),
        contribution.c.id > bindparam("p_after"),
        contribution.c.state == "ready",
        contribution.c.grant_id.is_not(None),
        contribution.c.open_sha256.is_not(None),
        ~exists().where(
            or_(canary_pair.c.one == contribution.c.id, canary_pair.c.other == contribution.c.id)
        ),
        ~exists().where(
            finding.c.contribution_id == contribution.c.id, finding.c.severity != "note"
        ),
    )
    .order_by(contribution.c.id)
    .limit(LOOKED_AT)
)
_MARKS = (
    select(licence.c.licensee_id, licence_mark.c.pair_id, licence_mark.c.holds_other)
    .join_from(licence_mark, licence, licence.c.id == licence_mark.c.licence_id)
    .where(licence.c.project_id == bindparam("p_project"))
    .order_by(licence.c.licensee_id, licence_mark.c.pair_id)
)
_NEWEST = (
    select(licence.c.id, licence.c.licensee_id)
    .join_from(licence, licensee, licensee.c.id == licence.c.licensee_id)
    .where(licence.c.project_id == bindparam("p_project"), licensee.c.name == bindparam("p_name"))
    .order_by(licence.c.id.desc())
    .limit(1)
)
_NAMES = (
    select(licensee.c.id, licensee.c.name)
    .join_from(licensee, licence, licence.c.licensee_id == licensee.c.id)
    .where(licence.c.project_id == bindparam("p_project"))
    .distinct()
)


def find_recipient(connection: Connection, project_id: int, name: str) -> tuple[int, int] | None:
    """Find a recipient by name: their newest licence and they themselves; None: no licensee."""
    row = connection.execute(_NEWEST, {"p_project": project_id, "p_name": name}).one_or_none()
    return None if row is None else (row.id, row.licensee_id)


def list_recipients(connection: Connection, project_id: int) -> dict[int, str]:
    """List who has or had a licence of a project, by name."""
    rows = connection.execute(_NAMES, {"p_project": project_id})
    return {row.id: row.name for row in rows}


def list_pairs(connection: Connection, project_id: int) -> list[Pair]:
    """List a project's pairs; one that is not whole is not tossed about any more."""
    return [
        Pair(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6]))
        for row in connection.execute(_PAIRS, {"p_project": project_id})
    ]


def count_pairs(connection: Connection, project_id: int) -> int:
    """Count a project's pairs."""
    counted = select(func.count()).where(canary_pair.c.project_id == project_id)
    return int(connection.execute(counted).scalar_one())


def list_markable(connection: Connection, project_id: int) -> list[Markable]:
    """List what may become a pair: ready, permitted, nothing noticed of it, and newer than pairs.

    What was looked at once and stayed single is not looked at again, so that pairs stay few.
    """
    newest = select(func.max(canary_pair.c.one), func.max(canary_pair.c.other)).where(
        canary_pair.c.project_id == project_id
    )
    after = max(one or 0 for one in connection.execute(newest).one())
    wanted = {"p_project": project_id, "p_after": after}
    return [Markable(*row) for row in connection.execute(_MARKABLE, wanted)]


def add_pairs(
    connection: Connection, project_id: int, pairs: Sequence[tuple[int, int]], now: Instant
) -> None:
    """Keep pairs of contributions."""
    rows = [
        {"project_id": project_id, "one": one, "other": other, "made_at": now}
        for one, other in pairs
    ]
    if rows:
        connection.execute(canary_pair.insert(), rows)


def list_marks(connection: Connection, project_id: int) -> dict[int, dict[int, bool]]:
    """List which item of each pair every recipient holds, under whichever licence."""
    found: dict[int, dict[int, bool]] = {}
    for row in connection.execute(_MARKS, {"p_project": project_id}):
        found.setdefault(row.licensee_id, {})[row.pair_id] = bool(row.holds_other)
    return found


def add_marks(connection: Connection, licence_id: int, marks: Mapping[int, bool]) -> None:
    """Keep which item of each pair a licence holds; what was tossed before stays."""
    rows = [
        {"licence_id": licence_id, "pair_id": pair, "holds_other": other}
        for pair, other in marks.items()
    ]
    if rows:
        connection.execute(insert(connection, licence_mark).on_conflict_do_nothing(), rows)


def left_out(connection: Connection, project_id: int, recipient: str) -> frozenset[int]:
    """Give the contributions that a recipient must not get, so that their copy is their own."""
    found = find_recipient(connection, project_id, recipient) if recipient else None
    if found is None:
        return frozenset()
    marks = list_marks(connection, project_id).get(found[1], {})
    pairs = {one.id: one for one in list_pairs(connection, project_id)}
    return frozenset(
        pairs[pair].one if holds_other else pairs[pair].other for pair, holds_other in marks.items()
    )

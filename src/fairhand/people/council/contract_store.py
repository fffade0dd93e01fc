"""Contracts in the database: versions are added and never edited; acceptances name their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Connection, func, select

from fairhand.core.clock import Instant
from fairhand.people.council.contracts import Contract, Finding, in_force
from fairhand.storage.database import insert
from fairhand.storage.kept import Kept
from fairhand.storage.tables.conduct import contract, contract_acceptance

_COLUMNS = tuple(contract.c[name] for name in Contract.__slots__)
_ALL = select(*_COLUMNS).order_by(contract.c.project_id, contract.c.version, contract.c.locale)


@dataclass(frozen=True, slots=True)
class Accepted:
    """That somebody accepted a version, and when."""

    contract_id: int
    sha256: str
    at: Instant


KEPT: Final = Kept(contract)


def all_accepted(connection: Connection) -> dict[tuple[int, int], tuple[str, Instant]]:
    """Give every acceptance: the SHA-256 of the words and when, by contract and person."""
    found = connection.execute(select(contract_acceptance)).mappings()
    return {
        (row["contract_id"], row["person_id"]): (row["sha256"], Instant(row["at"])) for row in found
    }


def add_contract(connection: Connection, new: Contract, findings: Sequence[Finding]) -> int:
    """Keep a version; gives its number (the one in `new` is not looked at)."""
    values = {name: getattr(new, name) for name in Contract.__slots__ if name != "id"}
    values["findings"] = orjson.dumps(
        [[one.clause, one.severity, one.sentence] for one in findings]
    ).decode()
    key = connection.execute(contract.insert(), values).inserted_primary_key
    assert key is not None  # noqa: S101  # a single-row INSERT always has one
    return int(key[0])


def load_contract(connection: Connection, contract_id: int) -> Contract | None:
    """Load one version."""
    row = connection.execute(_ALL.where(contract.c.id == contract_id)).first()
    return None if row is None else Contract(*row)


def list_contracts(connection: Connection, project_id: int | None = None) -> list[Contract]:
    """List versions, of one place (0: the workspace) or of all, oldest first."""
    chosen = _ALL if project_id is None else _ALL.where(contract.c.project_id == project_id)
    return [Contract(*row) for row in connection.execute(chosen)]


def standing(connection: Connection, project_id: int, now: Instant) -> list[Contract]:
    """List what holds in one place at a moment: the newest begun version in each language."""
    known = list_contracts(connection, project_id)
    locales = sorted({one.locale for one in known})
    found = (in_force([one for one in known if one.locale == locale], now) for locale in locales)
    return [one for one in found if one is not None]


def next_version(connection: Connection, project_id: int, locale: str) -> int:
    """Number the next version of a place in a language."""
    newest = select(func.max(contract.c.version)).where(
        contract.c.project_id == project_id, contract.c.locale == locale
    )
    return int(connection.execute(newest).scalar() or 0) + 1


def accept(
    connection: Connection, contract_id: int, person_id: int, sha256: str, now: Instant
) -> bool:
    """Keep an acceptance; False when it had been kept before."""
    values = {"contract_id": contract_id, "person_id": person_id, "sha256": sha256, "at": now}
    kept = insert(connection, contract_acceptance).values(values).on_conflict_do_nothing()
    done = connection.execute(kept.returning(contract_acceptance.c.person_id))
    return done.first() is not None


def list_accepted(connection: Connection, person_id: int) -> list[Accepted]:
    """List what one person accepted."""
    mine = contract_acceptance.c
    chosen = (
        select(mine.contract_id, mine.sha256, mine.at)
        .where(mine.person_id == person_id)
        .order_by(mine.at)
    )
    return [Accepted(*row) for row in connection.execute(chosen)]


def count_accepted(connection: Connection) -> dict[int, int]:
    """Count the people who accepted each version."""
    chosen = select(contract_acceptance.c.contract_id, func.count()).group_by(
        contract_acceptance.c.contract_id
    )
    return {row[0]: row[1] for row in connection.execute(chosen)}

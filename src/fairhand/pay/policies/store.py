"""Pay policies in the database: versions are added and never edited.

The hot path reads a copy of the policy in force in the project's own row; `list_due` finds the
projects whose copy is behind, and `copy_to_project` brings it up to date.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    column,
    func,
    insert,
    or_,
    select,
    table,
    update,
)

from fairhand.core.clock import Instant
from fairhand.pay.policies.rules import Policies, Policy, in_force
from fairhand.storage.kept import Kept
from fairhand.storage.tables.pay import person_clock
from fairhand.storage.tables.pay_office import pay_policy

_project = table(
    "project",
    *(
        column(name)
        for name in (
            "id",
            "title",
            "currency",
            "rate_micros_per_hour",
            "pay_basis",
            "unit_micros",
            "wait_block_ms",
            "created_at",
        )
    ),
)
_task = table("task", column("id"), column("data"))
_POLICY_NAMES: Final = (
    "project_id",
    "version",
    "basis",
    "rate_micros_per_hour",
    "unit_micros",
    "hazard_micros_per_hour",
    "data_micros_per_hour",
    "min_block_ms",
    "wait_block_ms",
    "cancel_permille",
    "reprices_itself",
    "valid_from",
    "reason",
    "created_by",
    "created_at",
)
_POLICIES = (
    select(*(pay_policy.c[name] for name in _POLICY_NAMES), _project.c.currency)
    .join_from(pay_policy, _project, _project.c.id == pay_policy.c.project_id)
    .order_by(pay_policy.c.project_id, pay_policy.c.version)
)
_OF_PROJECT = _POLICIES.where(pay_policy.c.project_id == bindparam("p_project_id"))
_FROM_COLUMNS = select(
    _project.c.id.label("project_id"),
    _project.c.pay_basis,
    _project.c.currency,
    _project.c.rate_micros_per_hour,
    _project.c.unit_micros,
    _project.c.wait_block_ms,
    _project.c.created_at,
)
_TASK_DATA = select(_task.c.data).where(_task.c.id == bindparam("p_task_id"))
_ADD = insert(pay_policy)
_version = pay_policy.alias("version")
KEPT: Final = Kept(pay_policy, ("project_id", "version"))
_NEWEST_BEGUN = (
    select(func.max(_version.c.version))
    .where(_version.c.project_id == _project.c.id, _version.c.valid_from <= bindparam("p_now"))
    .correlate(_project)
    .scalar_subquery()
)
_DUE = (
    select(_project.c.id)
    .join_from(
        _project,
        pay_policy,
        and_(pay_policy.c.project_id == _project.c.id, pay_policy.c.version == _NEWEST_BEGUN),
    )
    .where(
        or_(
            _project.c.pay_basis != pay_policy.c.basis,
            _project.c.rate_micros_per_hour != pay_policy.c.rate_micros_per_hour,
            _project.c.unit_micros.is_distinct_from(pay_policy.c.unit_micros),
            _project.c.wait_block_ms != pay_policy.c.wait_block_ms,
        )
    )
    .order_by(_project.c.id)
)
_COPY = (
    update(_project)
    .where(_project.c.id == bindparam("p_project_id"))
    .values(
        pay_basis=bindparam("p_basis"),
        rate_micros_per_hour=bindparam("p_rate"),
        unit_micros=bindparam("p_unit"),
        wait_block_ms=bindparam("p_wait"),
    )
)


@dataclass(frozen=True, slots=True)
class NamedProject:
    """A project as pay pages name it."""

    id: int
    title: str
    currency: str


def load_named(connection: Connection, project_id: int) -> NamedProject | None:
    """Load a project's title and currency."""
    chosen = select(_project.c.id, _project.c.title, _project.c.currency)
    row = connection.execute(chosen.where(_project.c.id == project_id)).first()
    return None if row is None else NamedProject(*row)


def list_policies(connection: Connection, project_id: int) -> list[Policy]:
    """List a project's versions in their order; empty when there is no such project.

    A project from before there were policies has one, made from its columns.
    """
    rows = connection.execute(_OF_PROJECT, {"p_project_id": project_id}).all()
    if rows:
        return [_policy(row) for row in rows]
    row = connection.execute(_FROM_COLUMNS.where(_project.c.id == project_id)).first()
    return [] if row is None else [_first(row)]


def load_policies(connection: Connection, project_ids: Iterable[int] | None = None) -> Policies:
    """Load the policies of some projects, or of all."""
    chosen, columns = _POLICIES, _FROM_COLUMNS
    if project_ids is not None:
        wanted = sorted(set(project_ids))
        chosen = chosen.where(pay_policy.c.project_id.in_(wanted))
        columns = columns.where(_project.c.id.in_(wanted))
    found: dict[int, list[Policy]] = {}
    for row in connection.execute(chosen):
        found.setdefault(row.project_id, []).append(_policy(row))
    for old in connection.execute(columns):
        if old.project_id not in found:
            found[old.project_id] = [_first(old)]
    return Policies(found)


def load_policy_at(connection: Connection, project_id: int, at: Instant) -> Policy | None:
    """Load the version in force in a project at a moment."""
    return in_force(list_policies(connection, project_id), at)


def add_policy(connection: Connection, policy: Policy) -> None:
    """Keep a new version; the first of an older project is written down with it."""
    known = connection.execute(_OF_PROJECT, {"p_project_id": policy.project_id}).first()
    if known is None and policy.version > 1:
        _insert(connection, list_policies(connection, policy.project_id)[0])
    _insert(connection, policy)


def add_first(connection: Connection, project_id: int, author_id: int) -> Policy:
    """Write down version 1 of a project that was just made, as its columns say."""
    first = replace(list_policies(connection, project_id)[0], created_by=author_id)
    _insert(connection, first)
    return first


def copy_to_project(connection: Connection, policy: Policy) -> None:
    """Let the hot path pay by a version from now on."""
    connection.execute(
        _COPY,
        {
            "p_project_id": policy.project_id,
            "p_basis": policy.basis,
            "p_rate": policy.rate_micros_per_hour,
            "p_unit": policy.unit_micros,
            "p_wait": policy.wait_block_ms,
        },
    )


def list_copies(connection: Connection) -> list[Policy]:
    """List what every project's own row says that it pays, as its first version would."""
    return [_first(row) for row in connection.execute(_FROM_COLUMNS.order_by(_project.c.id))]


def list_due(connection: Connection, now: Instant) -> list[int]:
    """List projects whose hot copy is not the version in force."""
    return list(connection.execute(_DUE, {"p_now": now}).scalars())


def list_pending(connection: Connection, project_id: int) -> list[int]:
    """List people who have time in a project that has no accrual yet."""
    chosen = select(person_clock.c.person_id).where(
        person_clock.c.project_id == project_id, person_clock.c.pending_ms > 0
    )
    return sorted(connection.execute(chosen).scalars())


def list_repricing(connection: Connection) -> list[int]:
    """List projects of which any version may raise its price by itself."""
    chosen = select(pay_policy.c.project_id).where(pay_policy.c.reprices_itself).distinct()
    return sorted(connection.execute(chosen).scalars())


def load_task_data(connection: Connection, task_id: int) -> str | None:
    """Load a task's data as it was imported."""
    found = connection.execute(_TASK_DATA, {"p_task_id": task_id}).scalar_one_or_none()
    return None if found is None else str(found)


def _insert(connection: Connection, policy: Policy) -> None:
    connection.execute(_ADD, {name: getattr(policy, name) for name in _POLICY_NAMES})


def _policy(row: Any) -> Policy:  # noqa: ANN401  # a result row
    return Policy(**{name: row._mapping[name] for name in (*_POLICY_NAMES, "currency")})


def _first(row: Any) -> Policy:  # noqa: ANN401  # a result row
    return Policy(
        project_id=row.project_id,
        version=1,
        currency=row.currency,
        basis=row.pay_basis,
        rate_micros_per_hour=row.rate_micros_per_hour,
        unit_micros=row.unit_micros,
        wait_block_ms=row.wait_block_ms,
        valid_from=row.created_at,
        reason="As the project was made.",
        created_at=row.created_at,
    )

"""SQL of decisions about people. Their table takes rows and never lets one be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Column, bindparam, func, select, text

from fairhand.core.clock import Instant
from fairhand.core.ids import rows_sha256
from fairhand.model.decision import DecisionKind
from fairhand.people.conduct.rules import AppealsPolicy
from fairhand.storage.database import Connection, insert
from fairhand.storage.kept import Kept
from fairhand.storage.tables.conduct import appeals_policy, decision

_COLUMNS = (
    decision.c.id,
    decision.c.person_id,
    decision.c.project_id,
    decision.c.kind,
    decision.c.subject,
    decision.c.decider_id,
    decision.c.system,
    decision.c.system_version,
    decision.c.reason,
    decision.c.inputs,
    decision.c.inputs_sha256,
    decision.c.weights,
    decision.c.counterfactual,
    decision.c.pay_effect,
    decision.c.language,
    decision.c.client_key,
    decision.c.made_at,
    decision.c.appeal_by,
)
_JSON = ("subject", "inputs", "weights")
_OF_KEY = select(decision.c.id).where(decision.c.client_key == bindparam("p_key"))
_OF_ID = select(*_COLUMNS).where(decision.c.id == bindparam("p_id"))
_POLICY = (
    select(appeals_policy.c.terms)
    .where(appeals_policy.c.starts_at <= bindparam("p_now"))
    .order_by(appeals_policy.c.version.desc())
    .limit(1)
)

_MISSES = text(
    "SELECT d.id FROM decision AS d WHERE d.client_key LIKE :prefix AND d.kind = 'gold_missed' "
    "AND (:person_id = 0 OR d.person_id = :person_id) AND NOT EXISTS "
    "(SELECT 1 FROM decision AS r WHERE r.client_key = 'restored:' || d.id) ORDER BY d.id"
)
_BARS = text(
    "SELECT d.id FROM decision AS d LEFT JOIN appeal AS a ON a.decision_id = d.id "
    "WHERE d.person_id = :person_id AND d.kind IN ('suspended', 'ended') "
    "AND (:project_id < 0 OR d.project_id IN (0, :project_id)) "
    "AND (a.id IS NULL OR a.state NOT IN ('upheld', 'silent')) AND NOT EXISTS "
    "(SELECT 1 FROM decision AS r WHERE r.client_key = 'restored:' || d.id) ORDER BY d.id"
)
_SUSPENDED = text(
    "SELECT d.id FROM decision AS d WHERE d.kind = 'suspended' AND NOT EXISTS "
    "(SELECT 1 FROM decision AS r WHERE r.client_key = 'restored:' || d.id) ORDER BY d.id"
)

_LAST_PROJECT = text(
    "SELECT project_id FROM accrual WHERE person_id = :person_id ORDER BY entry_id DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it was kept; `language` is the one that its sentences are in."""

    id: int
    person_id: int
    project_id: int
    kind: DecisionKind
    subject: dict[str, Any]
    decider_id: int | None
    system: str
    system_version: str
    reason: str
    inputs: dict[str, Any]
    inputs_sha256: str
    weights: list[tuple[str, float | str]]
    counterfactual: str
    pay_effect: str
    language: str
    client_key: str
    made_at: Instant
    appeal_by: Instant

    @property
    def behind(self) -> frozenset[int]:
        """Everybody who had a part in it: who decided, and who set the rule."""
        deciders = [] if self.decider_id is None else [self.decider_id]
        return frozenset([*deciders, *self.subject.get("behind", ())])

    @property
    def until(self) -> Instant | None:
        """When a suspension ends by itself; None where it names no end."""
        until = self.subject.get("until")
        return None if until is None else Instant(until)


def decision_columns() -> tuple[Column[Any], ...]:
    """Give the columns that `decision_of` reads."""
    return _COLUMNS


def find_decision(connection: Connection, client_key: str) -> int | None:
    """Find what was decided under a key before."""
    return connection.execute(_OF_KEY, {"p_key": client_key}).scalar_one_or_none()


def add_decision(connection: Connection, row: dict[str, Any]) -> int | None:
    """Keep a decision; None when its key was used by somebody who was quicker."""
    values = {name: _written(name, value) for name, value in row.items()}
    added = connection.execute(
        insert(connection, decision)
        .values(values)
        .on_conflict_do_nothing(index_elements=["client_key"])
        .returning(decision.c.id)
    ).scalar_one_or_none()
    return None if added is None else int(added)


KEPT: Final = Kept(decision)


def content_sha256(row: Mapping[str, Any]) -> str:
    """Name all that is kept of a decision."""
    return rows_sha256([[row[one.name] for one in _COLUMNS if one.name != "id"]])


def decided(connection: Connection, project_id: int, now: Instant) -> dict[str, Any]:
    """Name what was decided in a project at this very moment, for the line of the log that says so.

    Whatever story decided it, the tables are held to this.
    """
    chosen = select(*_COLUMNS).where(decision.c.project_id == project_id, decision.c.made_at == now)
    rows = connection.execute(chosen.order_by(decision.c.id)).mappings()
    return {"decided": [[row["id"], content_sha256(dict(row))] for row in rows]}


def count_before(connection: Connection, since: Instant | None) -> int:
    """Count the decisions that were made before a moment; None: all of them."""
    chosen = select(func.count()).select_from(decision)
    if since is not None:
        chosen = chosen.where(decision.c.made_at < since)
    return int(connection.execute(chosen).scalar_one())


def load_decision(connection: Connection, decision_id: int) -> Decision | None:
    """Load one decision; None when there is none."""
    row = connection.execute(_OF_ID, {"p_id": decision_id}).mappings().first()
    return None if row is None else decision_of(row)


def decision_of(row: Any) -> Decision:  # noqa: ANN401  # a result row by name
    """Read a row's JSON; more columns than a decision has are left alone."""
    found = {name: row[name] for name in Decision.__slots__}
    return Decision(**{**found, **{name: orjson.loads(found[name]) for name in _JSON}})


def policy_at(connection: Connection, now: Instant) -> AppealsPolicy:
    """Load the policy in force; the defaults where nobody has set one."""
    terms = connection.execute(_POLICY, {"p_now": now}).scalar_one_or_none()
    return AppealsPolicy() if terms is None else AppealsPolicy(**orjson.loads(terms))


def add_policy(
    connection: Connection,
    policy: AppealsPolicy,
    author_id: int,
    proposal_id: int | None,
    now: Instant,
) -> int:
    """Add a version that holds from now on; gives its number."""
    newest = connection.execute(select(func.max(appeals_policy.c.version))).scalar()
    version = int(newest or 0) + 1
    connection.execute(
        appeals_policy.insert(),
        {
            "version": version,
            "terms": orjson.dumps(asdict(policy)).decode(),
            "author_id": author_id,
            "created_at": now,
            "starts_at": now,
            "proposal_id": proposal_id,
        },
    )
    return version


def _written(name: str, value: object) -> object:
    if name == "inputs" or name not in _JSON:
        return value
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def find_gold_miss(connection: Connection, person_id: int, task_id: int) -> int | None:
    """Find a person's missed gold task that still counts."""
    found = connection.execute(_MISSES, {"prefix": f"gold:{task_id}:%", "person_id": person_id})
    return found.scalars().first()


def list_gold_misses(connection: Connection, task_id: int) -> list[Decision]:
    """List everybody's misses of a gold task that still count."""
    found = connection.execute(_MISSES, {"prefix": f"gold:{task_id}:%", "person_id": 0})
    return _loaded(connection, list(found.scalars()))


def list_bars(
    connection: Connection, person_id: int, project_id: int, now: Instant
) -> list[Decision]:
    """List what keeps a person from working in a project just now (below 0: in any)."""
    found = connection.execute(_BARS, {"person_id": person_id, "project_id": project_id})
    bars = _loaded(connection, list(found.scalars()))
    return [one for one in bars if one.until is None or now < one.until]


def last_project(connection: Connection, person_id: int) -> int:
    """Find the project in which a person earned last; 0 where they never did."""
    found = connection.execute(_LAST_PROJECT, {"person_id": person_id}).scalar_one_or_none()
    return int(found or 0)


def list_over(connection: Connection, now: Instant) -> list[Decision]:
    """List suspensions whose time is over and that nobody has lifted yet."""
    held = _loaded(connection, list(connection.execute(_SUSPENDED).scalars()))
    return [one for one in held if one.until is not None and now >= one.until]


def _loaded(connection: Connection, ids: list[int]) -> list[Decision]:
    found = (load_decision(connection, one) for one in ids)
    return [one for one in found if one is not None]

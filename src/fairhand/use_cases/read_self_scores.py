"""What a workspace answers to five frameworks, from its own data and register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.model.system import AutomatedSystem
from fairhand.people.conduct import monitor_store, self_store
from fairhand.people.conduct.self_scores import FRAMEWORKS, LINES, ScoredLine, score
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_systems import list_systems

FORBIDDEN: Final = ("mood", "emotion", "feeling", "private", "message", "health", "religion")
"""Words by which data would be recognised that no system may read (directive, article 7)."""
_FROM_REGISTER: Final = {
    "forbidden_data": "register of automated systems: 'reads' names any of " + ", ".join(FORBIDDEN),
    "unregistered": "SELECT DISTINCT system FROM decision, looked up in the register",
    "no_oversight": "register of automated systems: 'oversight' is empty",
}


@dataclass(frozen=True, slots=True)
class SelfScores:
    """Scored lines by framework, in order."""

    lines: dict[str, list[ScoredLine]]
    at: Instant


def read_self_scores(db: Database, now: Instant) -> SelfScores:
    """Run every query and say where each line stands."""
    moments = {
        "now": now,
        "yesterday": Instant(now - DAY_MS),
        "month": Instant(now - 30 * DAY_MS),
        "quarter": Instant(now - 90 * DAY_MS),
    }
    systems = list_systems()
    found: dict[str, list[ScoredLine]] = {framework: [] for framework in FRAMEWORKS}
    with db.read() as connection:
        counted = {
            query: _from_register(connection, query, systems)
            if query in _FROM_REGISTER
            else self_store.count(connection, query, moments)
            for query in {line.query for line in LINES}
        }
    for line in LINES:
        broken, of = counted[line.query]
        sql = _FROM_REGISTER.get(line.query) or self_store.QUERIES[line.query].strip()
        found[line.framework].append(score(line, broken, of, sql))
    return SelfScores(found, now)


def _from_register(
    connection: Connection, query: str, systems: Sequence[AutomatedSystem]
) -> tuple[int, int]:
    if query == "forbidden_data":
        broken = sum(any(word in " ".join(one.reads) for word in FORBIDDEN) for one in systems)
        return broken, len(systems)
    if query == "no_oversight":
        return sum(not one.oversight.strip() for one in systems), len(systems)
    names = {one.name for one in systems}
    deciding = monitor_store.list_deciding_systems(connection)
    return sum(name not in names for name in deciding), len(names | set(deciding))

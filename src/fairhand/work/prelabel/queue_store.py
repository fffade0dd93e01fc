"""SQL of the queue as assistance sees it: what is next, what lacks a proposal, and a new order.

Only tasks that nobody has taken yet change places, so that what people began is finished first.
Gold tasks are held out of the queue, and so of every order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import BindParameter, bindparam, text

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.storage.database import Connection
from fairhand.storage.tables.assist import ranking_round

_CHUNK: Final = 500
_FREE = "project_id = :project_id AND taken < wanted AND NOT held"

_LACKING = text(
    f"""
    SELECT n.task_id FROM (
        SELECT task_id, rank FROM queue WHERE {_FREE} ORDER BY rank LIMIT :look) AS n
    WHERE NOT EXISTS (SELECT 1 FROM prediction AS p
                      WHERE p.model_version_id = :version_id AND p.task_id = n.task_id)
    ORDER BY n.rank LIMIT :most
    """
)
_GOLD_LACKING = text(
    """
    SELECT g.task_id FROM gold_answer AS g
    WHERE g.project_id = :project_id
      AND NOT EXISTS (SELECT 1 FROM prediction AS p
                      WHERE p.model_version_id = :version_id AND p.task_id = g.task_id)
    ORDER BY g.task_id LIMIT :most
    """
)
_SOME_FREE = text(f"SELECT count(*) FROM (SELECT 1 FROM queue WHERE {_FREE} LIMIT :most) AS free")
_ENDS = text(f"SELECT min(rank), max(rank) FROM queue WHERE {_FREE} AND taken = 0")
_UNTOUCHED = text(
    f"SELECT task_id FROM queue WHERE {_FREE} AND taken = 0 AND rank >= :first "
    "ORDER BY rank LIMIT :most"
)
_STILL_UNTOUCHED = text(
    "SELECT task_id FROM queue WHERE task_id IN :ids AND project_id = :project_id "
    "AND taken = 0 AND wanted > 0 AND NOT held"
).bindparams(bindparam("ids", expanding=True))
_LOCK_SQL = "SELECT task_id, rank, taken, wanted, held FROM queue WHERE task_id IN :ids "
_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_LOCK = {
    "sqlite": text(_LOCK_SQL).bindparams(_IDS),
    # A row that somebody else holds is being taken: it keeps its place, and nobody is waited for.
    "postgresql": text(_LOCK_SQL + "ORDER BY task_id FOR UPDATE SKIP LOCKED").bindparams(_IDS),
}
_MOVE = text("UPDATE queue SET rank = :rank WHERE task_id = :task_id")
_NEW_EPOCH = text(
    "UPDATE project SET queue_epoch = queue_epoch + 1 WHERE id = :project_id RETURNING queue_epoch"
)
_LOCK_PROJECT = {
    "sqlite": text("SELECT id FROM project WHERE id = :project_id"),
    # Not against its key: who takes a task holds its row and refers to the project.
    "postgresql": text("SELECT id FROM project WHERE id = :project_id FOR NO KEY UPDATE"),
}


def list_lacking(
    connection: Connection, project_id: int, version_id: int, *, look: int, most: int
) -> list[int]:
    """List tasks among the next `look` of the queue that a version has not proposed for yet."""
    found = {"project_id": project_id, "version_id": version_id, "look": look, "most": most}
    return list(connection.execute(_LACKING, found).scalars())


def list_gold_lacking(
    connection: Connection, project_id: int, version_id: int, *, most: int
) -> list[int]:
    """List gold tasks without a proposal of this version: they must look like any other task."""
    found = {"project_id": project_id, "version_id": version_id, "most": most}
    return list(connection.execute(_GOLD_LACKING, found).scalars())


def is_short(connection: Connection, project_id: int, most: int) -> bool:
    """Say whether fewer than `most` tasks are free."""
    found = {"project_id": project_id, "most": most}
    return int(connection.execute(_SOME_FREE, found).scalar_one()) < most


def untouched_ends(connection: Connection, project_id: int) -> tuple[int, int] | None:
    """Give the lowest and the highest rank of tasks that nobody has taken; None: there are none."""
    low, high = connection.execute(_ENDS, {"project_id": project_id}).one()
    return None if low is None else (low, high)


def list_untouched(
    connection: Connection, project_id: int, first_rank: int, most: int
) -> list[int]:
    """List tasks that nobody has taken, by rank, from a rank on."""
    found = {"project_id": project_id, "first": first_rank, "most": most}
    return list(connection.execute(_UNTOUCHED, found).scalars())


def keep_untouched(connection: Connection, project_id: int, task_ids: Iterable[int]) -> set[int]:
    """Keep those tasks that nobody has taken."""
    found: set[int] = set()
    for some in chunks(task_ids, _CHUNK):
        asked = {"ids": some, "project_id": project_id}
        found.update(connection.execute(_STILL_UNTOUCHED, asked).scalars())
    return found


def put_first(connection: Connection, project_id: int, chosen: Sequence[int]) -> int:
    """Give the chosen tasks the lowest ranks of those nobody has taken; tell how many moved up.

    The displaced take the ranks that the chosen leave, in their old order. Everything is looked at
    again under locks: a task that somebody took meanwhile keeps its place. People look from the
    top again.
    """
    connection.execute(_LOCK_PROJECT[connection.dialect.name], {"project_id": project_id})
    found = {"project_id": project_id, "first": -(2**62), "most": len(chosen)}
    targets = connection.execute(_UNTOUCHED, found).scalars()
    ranks = _lock(connection, sorted({*chosen, *targets}))
    wanted = [task_id for task_id in chosen if task_id in ranks]
    displaced = sorted(ranks.keys() - set(wanted), key=ranks.__getitem__)
    order = zip([*wanted, *displaced], sorted(ranks.values()), strict=True)
    moves = [
        {"task_id": task_id, "rank": rank} for task_id, rank in order if ranks[task_id] != rank
    ]
    if moves:
        connection.execute(_MOVE, moves)
        connection.execute(_NEW_EPOCH, {"project_id": project_id})
    return len(wanted)


def _lock(connection: Connection, task_ids: Sequence[int]) -> dict[int, int]:
    """Lock queue rows and give the ranks of those that nobody has taken."""
    statement = _LOCK[connection.dialect.name]
    ranks: dict[int, int] = {}
    for some in chunks(task_ids, _CHUNK):
        for row in connection.execute(statement, {"ids": some}):
            if row.taken == 0 and row.wanted > 0 and not row.held:
                ranks[row.task_id] = row.rank
    return ranks


def add_round(
    connection: Connection,
    *,
    project_id: int,
    version_id: int | None,
    strategy: str,
    phase: str,
    pool: int,
    chosen: int,
    why: str,
    took_ms: int,
    now: Instant,
) -> None:
    """Remember how the queue was reordered; `why` is JSON."""
    connection.execute(
        ranking_round.insert(),
        {
            "project_id": project_id,
            "model_version_id": version_id,
            "strategy": strategy,
            "phase": phase,
            "pool": pool,
            "chosen": chosen,
            "why": why,
            "took_ms": took_ms,
            "at": now,
        },
    )

"""SQL of samples: a few tasks of a project, copied into a project of their own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, text

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection

_FREE = text("SELECT task_id FROM queue WHERE project_id = :project_id AND NOT held ORDER BY rank")
_TASKS = text(
    "INSERT INTO task (project_id, fingerprint, data, media_sha256, media_type, media_bytes, "
    "preview_sha256, width, height, place, created_at) "
    "SELECT :into_id, fingerprint, data, media_sha256, media_type, media_bytes, "
    "preview_sha256, width, height, place, :now FROM task WHERE id IN :task_ids ORDER BY id"
).bindparams(bindparam("task_ids", expanding=True))
_QUEUE = text(
    "INSERT INTO queue (task_id, project_id, rank, wanted, tier, dose) "
    "SELECT n.id, :into_id, row_number() OVER (ORDER BY n.id), :wanted, q.tier, q.dose "
    "FROM task AS n JOIN task AS o ON o.project_id = :from_id AND o.fingerprint = n.fingerprint "
    "JOIN queue AS q ON q.task_id = o.id WHERE n.project_id = :into_id"
)
_RANKS = text("UPDATE project SET next_rank = :next WHERE id = :into_id")


def list_free_tasks(connection: Connection, project_id: int) -> list[int]:
    """List the tasks of a project that are neither gold nor held back."""
    return list(connection.execute(_FREE, {"project_id": project_id}).scalars())


def copy_tasks(
    connection: Connection,
    from_id: int,
    into_id: int,
    task_ids: Sequence[int],
    wanted: int,
    now: Instant,
) -> None:
    """Copy tasks into an empty project, each to be answered by `wanted` people.

    Proposals and drafts stay behind; the tier and the dose of each go along.
    """
    given = {"from_id": from_id, "into_id": into_id, "wanted": wanted, "now": now}
    connection.execute(_TASKS, {"into_id": into_id, "task_ids": list(task_ids), "now": now})
    connection.execute(_QUEUE, given)
    connection.execute(_RANKS, {"into_id": into_id, "next": len(task_ids) + 1})

"""SQL of where tasks' data come from: what models generated, as it was declared."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, func, select

from fairhand.core.clock import Instant
from fairhand.model.origin import Generated
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.proof import task_origin

_COUNT = select(func.count()).where(task_origin.c.project_id == bindparam("project_id"))


def declare(
    connection: Connection,
    project_id: int,
    generated: Mapping[int, Generated],
    person_id: int,
    now: Instant,
) -> None:
    """Write down what generated the data of tasks; what was declared before stays."""
    rows = [
        {
            "task_id": task_id,
            "project_id": project_id,
            "model": one.model,
            "depth": one.depth,
            "verifier": one.verifier or None,
            "precision_low": one.precision_low,
            "declared_at": now,
            "declared_by": person_id,
        }
        for task_id, one in sorted(generated.items())
    ]
    if rows:
        connection.execute(insert(connection, task_origin).on_conflict_do_nothing(), rows)


def count_generated(connection: Connection, project_id: int) -> int:
    """Count a project's tasks whose data a model generated."""
    found: int = connection.execute(_COUNT, {"project_id": project_id}).scalar_one()
    return found

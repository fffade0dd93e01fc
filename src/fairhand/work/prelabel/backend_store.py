"""SQL of backends: what they have not been told yet, and the versions they say they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, func, select, text

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection
from fairhand.storage.tables.assist import assistant, model_version
from fairhand.storage.tables.work import annotation
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import Assistant, NewVersion

_NEXT = text(
    "SELECT id, task_id, revision, value, submitted_at, served_at, simulated FROM annotation "
    "WHERE project_id = :project_id AND id > :after ORDER BY id LIMIT :limit"
)
_LAST = select(func.coalesce(func.max(annotation.c.id), 0)).where(
    annotation.c.project_id == bindparam("project_id")
)
_BEHIND = text(
    "SELECT count(*) FROM (SELECT 1 FROM annotation "
    "WHERE project_id = :project_id AND id > :after LIMIT 1000) AS fresh"
)
_BACKENDS = (
    select(assistant.c.id)
    .where(assistant.c.kind == "label_studio", assistant.c.ended_at.is_(None))
    .order_by(assistant.c.id)
)
_VERSION = select(model_version.c.id).where(
    model_version.c.assistant_id == bindparam("assistant_id"),
    model_version.c.model == bindparam("model"),
)


@dataclass(frozen=True, slots=True)
class ToTell:
    """An annotation that a backend has not heard of."""

    id: int
    task_id: int
    revision: int
    value: Mapping[str, Any]
    submitted_at: Instant
    served_at: Instant
    simulated: bool


def list_backends(connection: Connection) -> list[Assistant]:
    """List the Label Studio backends of all projects that have not ended."""
    ids = connection.execute(_BACKENDS).scalars().all()
    found = (store.load_assistant(connection, one) for one in ids)
    return [one for one in found if one is not None]


def last_annotation(connection: Connection, project_id: int) -> int:
    """Give the number of a project's newest annotation, 0 when there is none."""
    return int(connection.execute(_LAST, {"project_id": project_id}).scalar_one())


def count_to_tell(connection: Connection, project_id: int, after: int) -> int:
    """Count annotations beyond number `after`, up to a thousand."""
    return int(connection.execute(_BEHIND, {"project_id": project_id, "after": after}).scalar_one())


def next_to_tell(connection: Connection, project_id: int, after: int, limit: int) -> list[ToTell]:
    """List annotations beyond number `after`, in the order in which they were made."""
    rows = connection.execute(_NEXT, {"project_id": project_id, "after": after, "limit": limit})
    return [
        ToTell(
            row.id,
            row.task_id,
            row.revision,
            orjson.loads(row.value),
            Instant(row.submitted_at),
            Instant(row.served_at),
            bool(row.simulated),
        )
        for row in rows
    ]


def ensure_version(connection: Connection, one: Assistant, model: str, now: Instant) -> int | None:
    """Write down the version that a backend says it has; its id when it is new, else None."""
    known = connection.execute(_VERSION, {"assistant_id": one.id, "model": model}).first()
    if known is not None:
        return None
    new = NewVersion(one.project_id, one.id, model, verdict="Not measured yet.", state="candidate")
    return store.add_version(connection, new, now)

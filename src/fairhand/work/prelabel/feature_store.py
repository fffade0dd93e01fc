"""SQL of features: which chunks of them lie in which blobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select

from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.assist import feature_chunk

_CHUNKS = (
    select(feature_chunk)
    .where(
        feature_chunk.c.project_id == bindparam("project_id"),
        feature_chunk.c.embedder == bindparam("embedder"),
    )
    .order_by(feature_chunk.c.id)
)


@dataclass(frozen=True, slots=True)
class FeatureChunk:
    """Features of some tasks in one blob, which names the tasks itself."""

    project_id: int
    embedder: str
    first_task_id: int
    last_task_id: int
    tasks: int
    dimensions: int
    blob_sha256: str


def list_chunks(connection: Connection, project_id: int, embedder: str) -> list[FeatureChunk]:
    """List the chunks that an embedder has made for a project, oldest first."""
    names = FeatureChunk.__slots__
    rows = connection.execute(_CHUNKS, {"project_id": project_id, "embedder": embedder})
    return [FeatureChunk(*(getattr(row, name) for name in names)) for row in rows]


def add_chunk(connection: Connection, chunk: FeatureChunk) -> None:
    """Add a chunk; one that begins with the same task is left as it is."""
    row = {name: getattr(chunk, name) for name in FeatureChunk.__slots__}
    connection.execute(insert(connection, feature_chunk).on_conflict_do_nothing(), row)


def replace_chunks(
    connection: Connection, project_id: int, embedder: str, made: Sequence[FeatureChunk]
) -> None:
    """Put these chunks in the place of all there were."""
    connection.execute(
        delete(feature_chunk).where(
            feature_chunk.c.project_id == project_id, feature_chunk.c.embedder == embedder
        )
    )
    for chunk in made:
        add_chunk(connection, chunk)

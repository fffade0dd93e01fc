"""What was made of files beforehand, by the file's hash and a name: `pyramid`, `peaks`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.desk import media_part

_FIND = select(
    media_part.c.sha256,
    media_part.c.name,
    media_part.c.blob_sha256,
    media_part.c.content_type,
    media_part.c.size_bytes,
).where(media_part.c.sha256 == bindparam("of"), media_part.c.name == bindparam("called"))


@dataclass(frozen=True, slots=True)
class Part:
    """Something made of the file `sha256`, kept as the blob `blob_sha256`."""

    sha256: str
    name: str
    blob_sha256: str
    content_type: str
    size_bytes: int


def add_parts(connection: Connection, parts: Sequence[Part], now: Instant) -> None:
    """Remember parts; one that is known already stays as it is."""
    for part in parts:
        values = {
            "sha256": part.sha256,
            "name": part.name,
            "blob_sha256": part.blob_sha256,
            "content_type": part.content_type,
            "size_bytes": part.size_bytes,
            "made_at": now,
        }
        connection.execute(insert(connection, media_part).on_conflict_do_nothing(), values)


def find_part(connection: Connection, sha256: str, name: str) -> Part | None:
    """Find a part of a file."""
    row = connection.execute(_FIND, {"of": sha256, "called": name}).one_or_none()
    return None if row is None else Part(*row)

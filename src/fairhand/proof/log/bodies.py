"""Read what the log says about one kind of event."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from fairhand.storage.tables.proof import log_event


def bodies_of(connection: Connection, kind: str) -> Sequence[str]:
    """The bodies of all events of a kind as JSON, oldest first; without those that were erased."""
    chosen = select(log_event.c.body).where(log_event.c.kind == kind, log_event.c.body.is_not(None))
    return connection.execute(chosen.order_by(log_event.c.id)).scalars().all()

"""A tick: changes of labels that are under way go on, after a kill and beside a request too."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

from fairhand.core.clock import Instant
from fairhand.storage.database import Database
from fairhand.use_cases.carry_labels import carry_labels_gently
from fairhand.work.projects import change_store

_LONGEST_S: Final = 20.0


def keep_labels(db: Database, clock: Callable[[], Instant]) -> int:
    """Carry on for some seconds; gives how many pieces that were."""
    with db.read() as connection:
        projects = change_store.list_carrying(connection)
    pieces, until = 0, monotonic() + _LONGEST_S
    for project_id in projects:
        while monotonic() < until:
            if carry_labels_gently(db, project_id, clock()) is None:
                break
            pieces += 1
    return pieces

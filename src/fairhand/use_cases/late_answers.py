"""Answers to questions of before: kept as they were given, said in today's labels, or asked anew.

Whoever had a task on screen, or on a phone without network, while labels changed answers what they
were shown. The change says about which tasks others are asked, and it says so of late answers too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.storage.database import Connection
from fairhand.work.assignment import store as queue
from fairhand.work.projects import store
from fairhand.work.projects.changes import is_asked_anew, translate
from fairhand.work.projects.rules import MAX_OVERLAP


@dataclass(frozen=True, slots=True)
class Anew:
    """The newest change that asks about a task anew, and how many people it asks."""

    version: int
    people: int


def asks_anew(
    connection: Connection, project_id: int, version: int, task_id: int, value: Mapping[str, Any]
) -> Anew | None:
    """Find the newest change after `version` that asks anew about a task with this answer."""
    found, said = None, dict(value)
    for number, change in store.list_changes(connection, project_id):
        if number <= version:
            continue
        said, gone = translate(said, change["labels"], change["removed"])
        is_lost = bool(gone - set(change["removed"]))
        if is_asked_anew(change.get("ask", "none"), task_id, is_lost=is_lost):
            found = Anew(number, change["people"])
    return found


def ask_anew(connection: Connection, project_id: int, task_ids: Sequence[int], missed: Anew) -> int:
    """Ask people beyond those who answered before a change; gives how many tasks are opened."""
    return queue.ask_beyond(
        connection, project_id, task_ids, missed.version, missed.people, MAX_OVERLAP
    )

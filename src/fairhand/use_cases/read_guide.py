"""The guidelines as a person reads them: what is new, examples, and what others asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.core.word_diff import Piece, only_near, word_diff
from fairhand.model.project import ProjectVersion
from fairhand.model.task import Task
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects
from fairhand.work.remarks import store
from fairhand.work.remarks.store import Example, Said

_MARKS: Final = re.compile(r"^#{1,6}[ \t]+|[*`]{1,3}(?=\S)|(?<=\S)[*`]{1,3}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shown:
    """An example with the task that it answers."""

    example: Example
    task: Task


@dataclass(frozen=True, slots=True)
class Guide:
    """A project's guidelines for one reader; `read` is the version they opened last, if any."""

    version: ProjectVersion
    read: int | None
    changes: tuple[Piece, ...]
    examples: tuple[Shown, ...]
    shared: tuple[Said, ...]
    own: tuple[Said, ...]
    fresh: frozenset[int]
    """Remarks whose answer came after this reader last looked."""


def read_guide(db: Database, project_id: int, person_id: int) -> Guide:
    """Gather the guide; raises NotFoundError."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        version = version_of(db, connection, project_id, project.version)
        reading = store.load_reading(connection, person_id, project_id)
        read = reading[0] if reading else None
        before = _text_of(connection, project_id, read)
        shared = store.list_shared(connection, project_id)
        own = store.list_own(connection, project_id, person_id)
        shown = _examples(connection, project_id, person_id)
    changed = before is not None and before != version.guidelines
    pieces = (
        only_near(word_diff(_plain(before or ""), _plain(version.guidelines))) if changed else []
    )
    since = reading[1] if reading else Instant(0)
    answered = [one for one in (*shared, *own) if one.answered_at is not None]
    fresh = frozenset(one.id for one in answered if (one.answered_at or 0) > since)
    return Guide(version, read, tuple(pieces), shown, tuple(shared), tuple(own), fresh)


def has_news(db: Database, project_id: int, version: int, person_id: int) -> bool:
    """Say whether the guide holds something its reader has not seen: a change, or an answer.

    False for who has not opened it at all: then all of it is new, and nothing changed.
    """
    with db.read() as connection:
        reading = store.load_reading(connection, person_id, project_id)
        if reading is None:
            return False
        read, at = reading
        told = (*store.list_shared(connection, project_id),)
        told += (*store.list_own(connection, project_id, person_id),)
        if any((one.answered_at or 0) > at for one in told):
            return True
        if any(one.added_at > at for one in store.list_examples(connection, project_id)):
            return True
        before = _text_of(connection, project_id, read) if read < version else None
        now = version_of(db, connection, project_id, version).guidelines
    return before is not None and before != now


def list_remarks(db: Database, project_id: int) -> list[Said]:
    """List what was said in a project, what waits first."""
    with db.read() as connection:
        return store.list_inbox(connection, project_id)


def count_waiting(db: Database, project_id: int) -> int:
    """Count the remarks that nobody has looked at yet."""
    with db.read() as connection:
        return store.count_waiting(connection, project_id)


def list_examples(db: Database, project_id: int, person_id: int) -> Sequence[Shown]:
    """List a project's examples with their tasks."""
    with db.read() as connection:
        return _examples(connection, project_id, person_id)


def _examples(connection: Connection, project_id: int, person_id: int) -> tuple[Shown, ...]:
    found = []
    for example in store.list_examples(connection, project_id):
        sheet = projects.load_task_sheet(connection, example.task_id, person_id)
        # What became hard content, or was called so, since then is not shown unasked.
        if sheet is not None and not sheet.tier:
            found.append(Shown(example, sheet.task))
    return tuple(found)


def _plain(guidelines: str) -> str:
    """The words of Markdown, without the marks of headings and stress."""
    return _MARKS.sub("", guidelines)


def _text_of(connection: Connection, project_id: int, version: int | None) -> str | None:
    if version is None:
        return None
    found = projects.load_version(connection, project_id, version)
    return found.guidelines if found else None

"""What people say about tasks, and the examples beside the guidelines, in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, bindparam, func, select, update

from fairhand.core.clock import Instant
from fairhand.storage.database import insert
from fairhand.storage.tables.desk import guideline_example, guideline_reading, remark

MOST: Final = 200
"""Remarks and answers that one page shows."""


@dataclass(frozen=True, slots=True)
class Said:
    """A remark, with the answer to it where there is one."""

    id: int
    project_id: int
    task_id: int | None
    person_id: int
    kind: str
    words: str
    said_at: Instant
    settled_at: Instant | None
    answer: str | None
    answered_at: Instant | None
    shared: bool


@dataclass(frozen=True, slots=True)
class Example:
    """An answer to look at, right or wrong, and why."""

    id: int
    task_id: int
    value: Mapping[str, Any]
    is_right: bool
    why: str
    added_at: Instant


_ANSWER = remark.alias("answer")
_SAID = (
    select(
        remark.c.id,
        remark.c.project_id,
        remark.c.task_id,
        remark.c.person_id,
        remark.c.kind,
        remark.c.words,
        remark.c.said_at,
        remark.c.settled_at,
        _ANSWER.c.words.label("answer"),
        _ANSWER.c.said_at.label("answered_at"),
        func.coalesce(_ANSWER.c.shared, False).label("shared"),
    )
    .select_from(
        remark.outerjoin(
            _ANSWER, (_ANSWER.c.parent_id == remark.c.id) & (_ANSWER.c.kind == "answer")
        )
    )
    .where(remark.c.kind != "answer")
)
_ONE = _SAID.where(remark.c.id == bindparam("remark_id"))
_INBOX = (
    _SAID.where(remark.c.project_id == bindparam("project_id"))
    .order_by(remark.c.settled_at.is_not(None), remark.c.id.desc())
    .limit(MOST)
)
_SHARED = (
    _SAID.where(remark.c.project_id == bindparam("project_id"), _ANSWER.c.shared)
    .order_by(_ANSWER.c.id.desc())
    .limit(MOST)
)
_OWN = (
    _SAID.where(
        remark.c.project_id == bindparam("project_id"),
        remark.c.person_id == bindparam("person_id"),
    )
    .order_by(remark.c.id.desc())
    .limit(MOST)
)
_EXAMPLES = (
    select(guideline_example)
    .where(
        guideline_example.c.project_id == bindparam("project_id"),
        guideline_example.c.removed_at.is_(None),
    )
    .order_by(guideline_example.c.is_right.desc(), guideline_example.c.id)
)
_READING = select(guideline_reading.c.version, guideline_reading.c.read_at).where(
    guideline_reading.c.person_id == bindparam("person_id"),
    guideline_reading.c.project_id == bindparam("project_id"),
)


def add_remark(connection: Connection, row: Mapping[str, Any]) -> int:
    """Keep a remark; said again under its key, it is the one that is there."""
    found = select(remark.c.id).where(
        remark.c.person_id == row["person_id"], remark.c.client_key == row["client_key"]
    )
    kept = insert(connection, remark).values(**row)
    kept = kept.on_conflict_do_nothing(index_elements=["person_id", "client_key"])
    connection.execute(kept)
    return int(connection.execute(found).scalar_one())


def load_remark(connection: Connection, remark_id: int) -> Said | None:
    """Load a remark with its answer."""
    row = connection.execute(_ONE, {"remark_id": remark_id}).first()
    return None if row is None else _said(row)


def list_inbox(connection: Connection, project_id: int) -> list[Said]:
    """List what was said in a project, what waits first, the newest first."""
    return [_said(row) for row in connection.execute(_INBOX, {"project_id": project_id})]


def list_shared(connection: Connection, project_id: int) -> list[Said]:
    """List the answers that everybody sees, the newest first."""
    return [_said(row) for row in connection.execute(_SHARED, {"project_id": project_id})]


def list_own(connection: Connection, project_id: int, person_id: int) -> list[Said]:
    """List what somebody said in a project, the newest first."""
    values = {"project_id": project_id, "person_id": person_id}
    return [_said(row) for row in connection.execute(_OWN, values)]


def count_waiting(connection: Connection, project_id: int) -> int:
    """Count what nobody has looked at yet."""
    waiting = select(func.count()).where(
        remark.c.project_id == project_id,
        remark.c.kind != "answer",
        remark.c.settled_at.is_(None),
    )
    return int(connection.execute(waiting).scalar_one())


def answer(
    connection: Connection,
    asked: Said,
    words: str,
    by: int,
    now: Instant,
    *,
    shared: bool,
) -> None:
    """Settle a remark, with words or without; an earlier answer gives way to this one."""
    done = update(remark).where(remark.c.id == asked.id).values(settled_at=now, settled_by=by)
    connection.execute(done)
    connection.execute(
        remark.delete().where(remark.c.parent_id == asked.id, remark.c.kind == "answer")
    )
    if not words:
        return
    row = {
        "project_id": asked.project_id,
        "task_id": asked.task_id,
        "person_id": by,
        "parent_id": asked.id,
        "kind": "answer",
        "words": words,
        "client_key": f"answer-{asked.id}-{now}",
        "said_at": now,
        "shared": shared,
    }
    connection.execute(remark.insert(), row)


def list_examples(connection: Connection, project_id: int) -> list[Example]:
    """List a project's examples, the right ones first."""
    return [
        Example(row.id, row.task_id, orjson.loads(row.value), row.is_right, row.why, row.added_at)
        for row in connection.execute(_EXAMPLES, {"project_id": project_id})
    ]


def is_example(connection: Connection, task_id: int) -> bool:
    """Say whether a task is shown beside its project's guidelines."""
    found = select(guideline_example.c.id).where(
        guideline_example.c.task_id == task_id, guideline_example.c.removed_at.is_(None)
    )
    return connection.execute(found.limit(1)).first() is not None


def add_example(connection: Connection, row: Mapping[str, Any]) -> int:
    """Keep a new example; gives its number."""
    made = guideline_example.insert().returning(guideline_example.c.id)
    return int(connection.execute(made, dict(row)).scalar_one())


def remove_example(connection: Connection, project_id: int, example_id: int, now: Instant) -> bool:
    """Take an example away; False when it is not there."""
    gone = (
        update(guideline_example)
        .where(
            guideline_example.c.id == example_id,
            guideline_example.c.project_id == project_id,
            guideline_example.c.removed_at.is_(None),
        )
        .values(removed_at=now)
    )
    return connection.execute(gone).rowcount == 1


def change_example(connection: Connection, example_id: int, value: Mapping[str, Any]) -> None:
    """Say an example in other labels."""
    chosen = update(guideline_example).where(guideline_example.c.id == example_id)
    connection.execute(chosen.values(value=orjson.dumps(value).decode()))


def load_reading(
    connection: Connection, person_id: int, project_id: int
) -> tuple[int, Instant] | None:
    """Say which version somebody read last, and when; None for who never opened it."""
    values = {"person_id": person_id, "project_id": project_id}
    row = connection.execute(_READING, values).first()
    return None if row is None else (row[0], Instant(row[1]))


def keep_reading(
    connection: Connection, person_id: int, project_id: int, version: int, now: Instant
) -> None:
    """Remember that somebody has opened the guidelines."""
    values = {"version": version, "read_at": now}
    kept = insert(connection, guideline_reading).values(
        person_id=person_id, project_id=project_id, **values
    )
    connection.execute(
        kept.on_conflict_do_update(index_elements=["person_id", "project_id"], set_=values)
    )


def _said(row: Any) -> Said:  # noqa: ANN401  # a result row
    return Said(
        row.id,
        row.project_id,
        row.task_id,
        row.person_id,
        row.kind,
        row.words,
        row.said_at,
        row.settled_at,
        row.answer,
        row.answered_at,
        bool(row.shared),
    )

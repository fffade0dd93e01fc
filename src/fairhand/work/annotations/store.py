"""SQL of submitted answers, drafts and skips."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from sqlalchemy import bindparam, func, select, text

from fairhand.core.clock import Instant
from fairhand.core.ids import sha256_hex
from fairhand.storage.database import Connection
from fairhand.storage.tables.work import annotation, prediction

_BY_KEY = text(
    "SELECT id, task_id, reply FROM annotation "
    "WHERE person_id = :person_id AND client_key = :client_key"
)
_LATEST = text(
    "SELECT id, task_id, person_id, project_id, revision, counted, value, superseded, "
    "project_version "
    "FROM annotation WHERE id = :id"
)
_OF_TASK = text(
    "SELECT id FROM annotation WHERE person_id = :person_id AND task_id = :task_id "
    "AND NOT superseded"
)
_AFTER = text(
    "SELECT a.id, a.task_id, a.person_id, a.revision, a.submitted_at, a.counted, a.simulated, "
    "a.prediction_shown, a.value, t.data, t.media_sha256 "
    "FROM annotation a JOIN task t ON t.id = a.task_id "
    "WHERE a.project_id = :project_id AND a.id > :after AND NOT a.superseded "
    "ORDER BY a.id LIMIT :limit"
)
_INSERT = annotation.insert().returning(annotation.c.id)
_SUPERSEDE = text("UPDATE annotation SET superseded = :yes WHERE id = :id AND NOT superseded")
_REPLY = text("SELECT reply FROM annotation WHERE id = :annotation_id")
_SET_REPLY = text("UPDATE annotation SET reply = :reply WHERE id = :id")
_DRAFT = text(
    "INSERT INTO draft (person_id, task_id, value, saved_at) "
    "VALUES (:person_id, :task_id, :value, :now) "
    "ON CONFLICT (person_id, task_id) DO UPDATE "
    "SET value = excluded.value, saved_at = excluded.saved_at"
)
_DROP_DRAFT = text("DELETE FROM draft WHERE person_id = :person_id AND task_id = :task_id")
_SKIP_BY_KEY = text(
    "SELECT reply FROM skip WHERE person_id = :person_id AND client_key = :client_key"
)
_SKIP = text(
    "INSERT INTO skip (person_id, client_key, task_id, project_id, at, reason, reply) "
    "VALUES (:person_id, :client_key, :task_id, :project_id, :now, :reason, :reply)"
)
_HIGHEST = select(func.coalesce(func.max(annotation.c.id), 0))
_SENT = select(
    annotation.c.id,
    annotation.c.person_id,
    annotation.c.task_id,
    annotation.c.submitted_at,
    annotation.c.value,
).where(annotation.c.id.in_(bindparam("p_numbers", expanding=True)))
_NUMBERS = (
    select(annotation.c.id, annotation.c.person_id)
    .where(annotation.c.id > bindparam("p_after"))
    .order_by(annotation.c.id)
    .limit(5_000)
)
_TASK_DATA = text("SELECT data, media_details FROM task WHERE id = :task_id")
_PREDICTION = select(prediction.c.value).where(
    prediction.c.id == bindparam("id"), prediction.c.task_id == bindparam("task_id")
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A submitted annotation as later steps need it."""

    id: int
    task_id: int
    person_id: int
    project_id: int
    revision: int
    counted: bool
    value: dict[str, Any]
    superseded: bool
    version: int


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer as its line in the log names it."""

    person_id: int
    task_id: int
    submitted_at: Instant
    value_sha256: str


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that stands, with the task that it answers."""

    id: int
    task_id: int
    person_id: int
    revision: int
    submitted_at: Instant
    counted: bool
    simulated: bool
    assisted: bool
    value: dict[str, Any]
    data: dict[str, Any]
    media_sha256: str | None


def list_given(connection: Connection, project_id: int, after: int, limit: int) -> list[Given]:
    """List a project's answers with ids above `after`, in their order; revised ones are not."""
    asked = {"project_id": project_id, "after": after, "limit": limit}
    return [
        Given(
            row.id,
            row.task_id,
            row.person_id,
            row.revision,
            Instant(row.submitted_at),
            bool(row.counted),
            bool(row.simulated),
            bool(row.prediction_shown),
            orjson.loads(row.value),
            orjson.loads(row.data),
            row.media_sha256,
        )
        for row in connection.execute(_AFTER, asked)
    ]


def highest_id(connection: Connection) -> int:
    """The number of the newest answer; 0 before the first."""
    return int(connection.execute(_HIGHEST).scalar_one())


def load_sent(connection: Connection, numbers: Sequence[int]) -> dict[int, Sent]:
    """Load answers as they were sent, by number; those that are not there are left out."""
    return {
        row.id: Sent(
            row.person_id,
            row.task_id,
            Instant(row.submitted_at),
            _value_sha256(row.value),
        )
        for row in connection.execute(_SENT, {"p_numbers": list(numbers)})
    }


def _value_sha256(value: str) -> str:
    """Hash an answer as the log's line does; of what is no JSON any more, the text."""
    try:
        return sha256_hex(orjson.dumps(orjson.loads(value), option=orjson.OPT_SORT_KEYS))
    except ValueError:
        return sha256_hex(value.encode())


def numbers_not_of(connection: Connection, people: Collection[int]) -> Iterator[int]:
    """Give the numbers of all answers but those of some people, in their order."""
    after = 0
    while rows := connection.execute(_NUMBERS, {"p_after": after}).all():
        after = rows[-1].id
        yield from (row.id for row in rows if row.person_id not in people)


def find_reply(connection: Connection, person_id: int, client_key: str) -> tuple[int, str] | None:
    """Find (task, reply as JSON) of a submit sent before with the same key."""
    row = connection.execute(
        _BY_KEY, {"person_id": person_id, "client_key": client_key}
    ).one_or_none()
    return None if row is None else (row.task_id, row.reply)


def load_reply(connection: Connection, annotation_id: int) -> str | None:
    """Load what the person was told when they sent an annotation, as JSON."""
    return connection.execute(_REPLY, {"annotation_id": annotation_id}).scalar_one_or_none()


def load_task_data(connection: Connection, task_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Load a task's data and what is known of its file."""
    row = connection.execute(_TASK_DATA, {"task_id": task_id}).one()
    return orjson.loads(row.data), orjson.loads(row.media_details or "{}")


def load_annotation(connection: Connection, annotation_id: int) -> Stored | None:
    """Load one annotation."""
    row = connection.execute(_LATEST, {"id": annotation_id}).one_or_none()
    if row is None:
        return None
    return Stored(
        row.id,
        row.task_id,
        row.person_id,
        row.project_id,
        row.revision,
        bool(row.counted),
        orjson.loads(row.value),
        bool(row.superseded),
        row.project_version,
    )


def find_current(connection: Connection, person_id: int, task_id: int) -> int | None:
    """Find the id of a person's current annotation of a task."""
    return connection.execute(
        _OF_TASK, {"person_id": person_id, "task_id": task_id}
    ).scalar_one_or_none()


def load_prediction_value(
    connection: Connection, prediction_id: int, task_id: int
) -> dict[str, Any] | None:
    """Load what a model proposed for a task; None when that prediction is not of this task."""
    value = connection.execute(
        _PREDICTION, {"id": prediction_id, "task_id": task_id}
    ).scalar_one_or_none()
    return None if value is None else cast("dict[str, Any]", orjson.loads(value))


def save_annotation(connection: Connection, row: dict[str, Any]) -> int:
    """Insert one annotation (the columns of the table, `value` and `reply` as JSON text)."""
    return cast(int, connection.execute(_INSERT, row).scalar_one())


def set_reply(connection: Connection, annotation_id: int, reply: bytes) -> None:
    """Remember what the submit was told, for a retry."""
    connection.execute(_SET_REPLY, {"id": annotation_id, "reply": reply.decode()})


def supersede(connection: Connection, annotation_id: int) -> bool:
    """Mark an annotation as followed by a newer revision; False when it already was."""
    return connection.execute(_SUPERSEDE, {"id": annotation_id, "yes": True}).rowcount == 1


def save_draft(
    connection: Connection, person_id: int, task_id: int, value: dict[str, Any], now: Instant
) -> None:
    """Keep what a person has entered so far."""
    connection.execute(
        _DRAFT,
        {
            "person_id": person_id,
            "task_id": task_id,
            "value": orjson.dumps(value).decode(),
            "now": now,
        },
    )


def drop_draft(connection: Connection, person_id: int, task_id: int) -> None:
    """Forget a draft that was submitted or skipped."""
    connection.execute(_DROP_DRAFT, {"person_id": person_id, "task_id": task_id})


def find_skip_reply(
    connection: Connection, person_id: int, client_key: str
) -> dict[str, Any] | None:
    """Find the reply of a skip sent before with the same key."""
    reply = connection.execute(
        _SKIP_BY_KEY, {"person_id": person_id, "client_key": client_key}
    ).scalar_one_or_none()
    return None if reply is None else cast("dict[str, Any]", orjson.loads(reply))


def save_skip(
    connection: Connection,
    *,
    person_id: int,
    client_key: str,
    task_id: int,
    project_id: int,
    reason: str | None,
    reply: bytes,
    now: Instant,
) -> None:
    """Remember a skip so that a retry counts once."""
    connection.execute(
        _SKIP,
        {
            "person_id": person_id,
            "client_key": client_key,
            "task_id": task_id,
            "project_id": project_id,
            "reason": reason,
            "reply": reply.decode(),
            "now": now,
        },
    )

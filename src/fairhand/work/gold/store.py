"""SQL of gold tasks: the known answers, and the queue rows that keep them out of the common way.

A gold task's queue row is `held`: no ordinary claim finds it, so a contributor meets it only when
a gold task is due. What was answered to it before counts as answered blindly, and stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, text

from fairhand.core.clock import Instant
from fairhand.labels.kind import AnswerContext
from fairhand.storage.database import Connection
from fairhand.work.gold.quarantine import overturned
from fairhand.work.holds import STAYS_HELD_WITHOUT_GOLD

_CHUNK = 500

_MARK = text(
    "INSERT INTO gold_answer (task_id, project_id, value, explanation, author_id, created_at) "
    "VALUES (:task_id, :project_id, :value, :explanation, :author_id, :now) "
    "ON CONFLICT (task_id) DO UPDATE SET value = excluded.value, "
    "explanation = excluded.explanation, author_id = excluded.author_id, "
    "created_at = excluded.created_at"
)
_HOLD = text("UPDATE queue SET held = true WHERE task_id = :task_id")
_UNMARK = text(
    "DELETE FROM gold_answer WHERE task_id = :task_id AND project_id = :project_id "
    "RETURNING task_id"
)
# Back among the others: as many answers are wanted as any task gets, and none is taken away. What
# is held for another reason too stays held.
_RELEASE = text(
    f"UPDATE queue SET held = {STAYS_HELD_WITHOUT_GOLD}, reopened = 0, "
    "wanted = CASE WHEN taken < :wanted THEN :wanted ELSE taken END WHERE task_id = :task_id"
)
_LOOK_AGAIN = text("UPDATE project SET queue_epoch = queue_epoch + 1 WHERE id = :project_id")
_KNOWN = text("SELECT task_id, value FROM gold_answer WHERE task_id IN :task_ids").bindparams(
    bindparam("task_ids", expanding=True)
)
_ALL = text(
    "SELECT g.task_id, g.value, g.explanation, g.created_at, t.data, t.place "
    "FROM gold_answer AS g JOIN task AS t ON t.id = g.task_id "
    "WHERE g.project_id = :project_id ORDER BY g.task_id"
)
_COUNT = text("SELECT count(*) FROM gold_answer WHERE project_id = :project_id")
_BY_FINGERPRINT = text(
    "SELECT id, fingerprint FROM task "
    "WHERE project_id = :project_id AND fingerprint IN :fingerprints"
).bindparams(bindparam("fingerprints", expanding=True))
_TASK = text("SELECT project_id, width, height, data, media_details FROM task WHERE id = :task_id")
_GIVEN = text(
    "SELECT a.id, a.task_id, a.person_id, a.value, a.submitted_at, a.project_version "
    "FROM gold_answer AS g "
    "JOIN annotation AS a ON a.task_id = g.task_id "
    "LEFT JOIN prediction AS w ON w.id = a.prediction_id AND w.planted AND a.prediction_shown "
    "WHERE g.project_id = :project_id AND NOT a.superseded AND w.id IS NULL "
    "ORDER BY a.submitted_at, a.id"
)
# What was answered while a planted mistake was shown says something of the proposal alone.
_ANSWERED = text(
    "SELECT a.id, a.task_id, a.person_id, a.value, g.value AS known, g.explanation, g.author_id, "
    "a.project_version "
    "FROM annotation AS a JOIN gold_answer AS g ON g.task_id = a.task_id "
    "LEFT JOIN prediction AS w ON w.id = a.prediction_id AND w.planted AND a.prediction_shown "
    "WHERE a.id IN :ids AND NOT a.superseded AND NOT a.simulated AND w.id IS NULL ORDER BY a.id"
).bindparams(bindparam("ids", expanding=True))
_IDS_OF = text("SELECT id FROM annotation WHERE task_id = :task_id ORDER BY id")
_SET_SHARE = text("UPDATE project SET gold_permille = :permille WHERE id = :project_id")


@dataclass(frozen=True, slots=True)
class GoldTask:
    """A task with its known answer, as its owner sees it."""

    task_id: int
    value: dict[str, Any]
    explanation: str
    created_at: Instant
    data: dict[str, Any]
    place: str


@dataclass(frozen=True, slots=True)
class GoldGiven:
    """What somebody answered to a gold task."""

    annotation_id: int
    task_id: int
    person_id: int
    value: dict[str, Any]
    submitted_at: Instant
    version: int


@dataclass(frozen=True, slots=True)
class GoldJudged:
    """An answer beside the known one, with why that is right and who said so."""

    annotation_id: int
    task_id: int
    person_id: int
    value: dict[str, Any]
    known: dict[str, Any]
    explanation: str
    author_id: int
    version: int


def mark(
    connection: Connection,
    project_id: int,
    known: Mapping[int, tuple[Mapping[str, Any], str]],
    author_id: int,
    now: Instant,
) -> None:
    """Make tasks gold: task id to (known answer, explanation); again replaces what was known.

    One that was overturned after an appeal stays what it is: nobody is asked it again.
    """
    gone = overturned(connection, known)
    rows = [
        {
            "task_id": task_id,
            "project_id": project_id,
            "value": orjson.dumps(value).decode(),
            "explanation": explanation,
            "author_id": author_id,
            "now": now,
        }
        for task_id, (value, explanation) in sorted(known.items())
        if task_id not in gone
    ]
    if rows:
        connection.execute(_MARK, rows)
        connection.execute(_HOLD, [{"task_id": row["task_id"]} for row in rows])


def unmark(connection: Connection, project_id: int, task_id: int, wanted: int) -> bool:
    """Make a gold task an ordinary one that wants `wanted` answers; False when it was none."""
    found = {"task_id": task_id, "project_id": project_id}
    if connection.execute(_UNMARK, found).first() is None:
        return False
    # The project's row comes before queue rows, for all that write both.
    connection.execute(_LOOK_AGAIN, {"project_id": project_id})
    connection.execute(_RELEASE, {"task_id": task_id, "wanted": wanted})
    return True


def set_share(connection: Connection, project_id: int, permille: int) -> None:
    """Set how many of a thousand tasks handed out are gold."""
    connection.execute(_SET_SHARE, {"project_id": project_id, "permille": permille})


def load_known(connection: Connection, task_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Load the known answers of those of these tasks that are gold."""
    ids = sorted(set(task_ids))
    return {
        row.task_id: orjson.loads(row.value)
        for start in range(0, len(ids), _CHUNK)
        for row in connection.execute(_KNOWN, {"task_ids": ids[start : start + _CHUNK]})
    }


def list_gold(connection: Connection, project_id: int) -> list[GoldTask]:
    """List a project's gold tasks."""
    return [
        GoldTask(
            row.task_id,
            orjson.loads(row.value),
            row.explanation,
            row.created_at,
            orjson.loads(row.data),
            row.place,
        )
        for row in connection.execute(_ALL, {"project_id": project_id})
    ]


def count_gold(connection: Connection, project_id: int) -> int:
    """Count a project's gold tasks."""
    return int(connection.execute(_COUNT, {"project_id": project_id}).scalar_one())


def iter_given(connection: Connection, project_id: int) -> Iterator[GoldGiven]:
    """Stream what people answered to a project's gold tasks, in the order of time."""
    for row in connection.execute(_GIVEN, {"project_id": project_id}):
        yield GoldGiven(
            row.id,
            row.task_id,
            row.person_id,
            orjson.loads(row.value),
            row.submitted_at,
            row.project_version,
        )


def list_judged(connection: Connection, annotation_ids: Iterable[int]) -> list[GoldJudged]:
    """Load those of these answers of real people that a known answer judges."""
    ids = sorted(set(annotation_ids))
    return [
        GoldJudged(
            row.id,
            row.task_id,
            row.person_id,
            orjson.loads(row.value),
            orjson.loads(row.known),
            row.explanation,
            row.author_id,
            row.project_version,
        )
        for start in range(0, len(ids), _CHUNK)
        for row in connection.execute(_ANSWERED, {"ids": ids[start : start + _CHUNK]})
    ]


def answers_to(connection: Connection, task_id: int) -> list[int]:
    """List every answer to a task, whatever became of it."""
    return list(connection.execute(_IDS_OF, {"task_id": task_id}).scalars())


def find_by_fingerprint(
    connection: Connection, project_id: int, fingerprints: Sequence[str]
) -> dict[str, int]:
    """Find the tasks that these rows became, now or in an earlier import."""
    return {
        row.fingerprint: row.id
        for start in range(0, len(fingerprints), _CHUNK)
        for row in connection.execute(
            _BY_FINGERPRINT,
            {
                "project_id": project_id,
                "fingerprints": list(fingerprints[start : start + _CHUNK]),
            },
        )
    }


def load_context(connection: Connection, project_id: int, task_id: int) -> AnswerContext | None:
    """Load what answers to a task are checked beside; None when the project has no such task."""
    row = connection.execute(_TASK, {"task_id": task_id}).one_or_none()
    if row is None or row.project_id != project_id:
        return None
    length = orjson.loads(row.media_details or "{}").get("duration_ms")
    return AnswerContext(row.width, row.height, orjson.loads(row.data), length)

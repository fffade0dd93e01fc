"""SQL of what refits find out: reports of questions, signals, and what they are made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, text

from fairhand.core.clock import Instant
from fairhand.core.ids import sha256_hex
from fairhand.quality.watch.signal import Signal
from fairhand.storage.database import Connection

MOST_TASKS = 50_000
"""The newest tasks whose data is looked through for slices."""

_MOST_FIELDS = 4
_MOST_SLICES = 12
_LEAST_PER_SLICE = 5
_LONGEST = 60
_CHUNK = 500

_SAVE_REPORT = text(
    "INSERT INTO quality_report (project_id, question, body, measured_at) "
    "VALUES (:project_id, :question, :body, :now) ON CONFLICT (project_id, question) "
    "DO UPDATE SET body = excluded.body, measured_at = excluded.measured_at"
)
_REPORTS = text(
    "SELECT question, body, measured_at FROM quality_report WHERE project_id = :project_id"
)
_SAVE_SIGNAL = text(
    "INSERT INTO quality_signal (project_id, fingerprint, kind, body, first_seen_at, last_seen_at) "
    "VALUES (:project_id, :fingerprint, :kind, :body, :now, :now) "
    "ON CONFLICT (project_id, fingerprint) "
    "DO UPDATE SET body = excluded.body, last_seen_at = excluded.last_seen_at"
)
_FORGET_SIGNALS = text(
    "DELETE FROM quality_signal "
    "WHERE project_id = :project_id AND state = 'open' AND last_seen_at < :now"
)
_SIGNALS = text(
    "SELECT id, kind, body, state, first_seen_at, last_seen_at, looked_at, looked_by, note "
    "FROM quality_signal WHERE project_id = :project_id ORDER BY state, kind, first_seen_at, id"
)
_SET_ASIDE = text(
    "UPDATE quality_signal SET state = :state, looked_at = :now, looked_by = :person_id, "
    "note = :note WHERE id = :id AND project_id = :project_id RETURNING id"
)
_TASK_DATA = text(
    "SELECT id, data FROM task WHERE project_id = :project_id ORDER BY id DESC LIMIT :most"
)
_PROPOSALS = text(
    "SELECT task_id, value, score FROM prediction "
    "WHERE project_id = :project_id AND score IS NOT NULL ORDER BY id"
)
_GIVEN = text(
    "SELECT task_id, value FROM annotation "
    "WHERE task_id IN :task_ids AND counted AND NOT superseded"
).bindparams(bindparam("task_ids", expanding=True))
_DATA = text(
    "SELECT id, data, media_sha256, preview_sha256 FROM task WHERE id IN :task_ids"
).bindparams(bindparam("task_ids", expanding=True))


@dataclass(frozen=True, slots=True)
class StoredReport:
    """What the last refit found out about a question."""

    body: dict[str, Any]
    measured_at: Instant


@dataclass(frozen=True, slots=True)
class StoredSignal:
    """A signal, and whether somebody has looked at it and set it aside."""

    id: int
    kind: str
    question: str
    people: tuple[int, ...]
    evidence: dict[str, float]
    strength: float
    sentence: str
    otherwise: tuple[str, ...]
    state: str
    first_seen_at: Instant
    last_seen_at: Instant
    looked_at: Instant | None
    looked_by: int | None
    note: str


@dataclass(frozen=True, slots=True)
class TaskSheet:
    """What a task shows: its data, and its picture where it has one."""

    data: dict[str, Any]
    media_sha256: str | None
    has_preview: bool


def save_report(
    connection: Connection, project_id: int, question: str, body: Mapping[str, Any], now: Instant
) -> None:
    """Put a report in the place of the last one."""
    written = orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    row = {"project_id": project_id, "question": question, "body": written, "now": now}
    connection.execute(_SAVE_REPORT, row)


def load_reports(connection: Connection, project_id: int) -> dict[str, StoredReport]:
    """Load the reports of a project by question."""
    found = connection.execute(_REPORTS, {"project_id": project_id})
    return {row.question: StoredReport(orjson.loads(row.body), row.measured_at) for row in found}


def save_signals(
    connection: Connection,
    project_id: int,
    signals: Iterable[tuple[str, Signal]],
    now: Instant,
) -> None:
    """Save (question, signal) pairs; what was set aside stays so, what is seen no more goes.

    A signal is known again by its question, its kind and its people.
    """
    rows = [
        {
            "project_id": project_id,
            "fingerprint": _fingerprint(question, one),
            "kind": one.kind,
            "body": orjson.dumps({"question": question, **asdict(one)}).decode(),
            "now": now,
        }
        for question, one in signals
    ]
    if rows:
        connection.execute(_SAVE_SIGNAL, rows)
    connection.execute(_FORGET_SIGNALS, {"project_id": project_id, "now": now})


def _fingerprint(question: str, signal: Signal) -> str:
    known = [question, signal.kind, *sorted(map(str, signal.people))]
    return sha256_hex(orjson.dumps(known))


def list_signals(connection: Connection, project_id: int) -> list[StoredSignal]:
    """List a project's signals: open ones first, then by kind and age, never by strength."""
    return [_signal(row) for row in connection.execute(_SIGNALS, {"project_id": project_id})]


def _signal(row: Any) -> StoredSignal:  # noqa: ANN401  # a result row
    body = orjson.loads(row.body)
    return StoredSignal(
        row.id,
        row.kind,
        body["question"],
        tuple(body["people"]),
        body["evidence"],
        body["strength"],
        body["sentence"],
        tuple(body["what_would_explain_it_otherwise"]),
        row.state,
        row.first_seen_at,
        row.last_seen_at,
        row.looked_at,
        row.looked_by,
        row.note,
    )


def mark_signal(
    connection: Connection,
    project_id: int,
    signal_id: int,
    state: str,
    person_id: int,
    note: str,
    now: Instant,
) -> bool:
    """Set a signal aside or open it again; False when the project has no such signal."""
    found = connection.execute(
        _SET_ASIDE,
        {
            "id": signal_id,
            "project_id": project_id,
            "state": state,
            "person_id": person_id,
            "note": note,
            "now": now,
        },
    )
    return found.first() is not None


def load_slices(connection: Connection, project_id: int) -> dict[str, dict[int, str]]:
    """Find the fields of the tasks' data that sort them into a few kinds: field to task to kind.

    A field counts when 2 to 12 different short values stand in at least half of the tasks, each
    in five and more; the first four such fields by name.
    """
    found: dict[str, dict[int, str]] = {}
    tasks = 0
    for row in connection.execute(_TASK_DATA, {"project_id": project_id, "most": MOST_TASKS}):
        tasks += 1
        for name, value in orjson.loads(row.data).items():
            if isinstance(value, str | int | bool) and len(str(value)) <= _LONGEST:
                found.setdefault(name, {})[row.id] = str(value)
    good = {name: values for name, values in sorted(found.items()) if _sorts(values, tasks)}
    return dict(list(good.items())[:_MOST_FIELDS])


def _sorts(values: Mapping[int, str], tasks: int) -> bool:
    if 2 * len(values) < tasks:
        return False
    sizes = Counter(values.values())
    return 2 <= len(sizes) <= _MOST_SLICES and min(sizes.values()) >= _LEAST_PER_SLICE


def load_proposals(
    connection: Connection, project_id: int
) -> dict[str, dict[int, tuple[str, float]]]:
    """Load the newest scored proposal of each task: question to task to (label, score)."""
    found: dict[str, dict[int, tuple[str, float]]] = {}
    for row in connection.execute(_PROPOSALS, {"project_id": project_id}):
        for question, answer in orjson.loads(row.value).items():
            if isinstance(answer, str):
                found.setdefault(question, {})[row.task_id] = (answer, row.score)
    return found


def count_votes(
    connection: Connection, task_ids: Sequence[int]
) -> dict[int, dict[str, dict[str, int]]]:
    """Count who said what: task to question to label to people; other shapes are left out."""
    found: dict[int, dict[str, dict[str, int]]] = {}
    for start in range(0, len(task_ids), _CHUNK):
        chunk = {"task_ids": list(task_ids[start : start + _CHUNK])}
        for row in connection.execute(_GIVEN, chunk):
            for question, answer in orjson.loads(row.value).items():
                labels = [answer] if isinstance(answer, str) else answer
                if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
                    continue
                votes = found.setdefault(row.task_id, {}).setdefault(question, {})
                for label in labels:
                    votes[label] = votes.get(label, 0) + 1
    return found


def load_sheets(connection: Connection, task_ids: Sequence[int]) -> dict[int, TaskSheet]:
    """Load what these tasks show."""
    return {
        row.id: TaskSheet(orjson.loads(row.data), row.media_sha256, row.preview_sha256 is not None)
        for start in range(0, len(task_ids), _CHUNK)
        for row in connection.execute(_DATA, {"task_ids": list(task_ids[start : start + _CHUNK])})
    }

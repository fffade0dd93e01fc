"""SQL of evaluations: what people said and may be measured by, what was measured, what failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, text

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.labels.kind import AnswerContext
from fairhand.model.task import Media, NewTask
from fairhand.storage.database import Connection
from fairhand.storage.tables.assist import model_evaluation, model_failure

_CHUNK = 500
_STREAMING = {"yield_per": 2_000}

_TRUTHS = text(
    "SELECT task_id, value, confidence, n_answers, false AS is_gold FROM consensus "
    "WHERE project_id = :project_id AND question = :question AND value IS NOT NULL "
    "AND task_id NOT IN (SELECT task_id FROM gold_answer WHERE project_id = :project_id) "
    "UNION ALL SELECT task_id, value, 1.0, 0, true FROM gold_answer "
    "WHERE project_id = :project_id"
)
_PEOPLE = text(
    "SELECT a.task_id, a.person_id, a.value, a.prediction_shown, a.simulated, p.place_country "
    "FROM annotation AS a JOIN person AS p ON p.id = a.person_id "
    "WHERE a.task_id IN :ids AND a.counted AND NOT a.superseded ORDER BY a.id"
).bindparams(bindparam("ids", expanding=True))
_BY_NUMBER = text("SELECT id FROM task WHERE project_id = :project_id AND id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)
_BY_FINGERPRINT = text(
    "SELECT id, fingerprint FROM task WHERE project_id = :project_id AND fingerprint IN :ids"
).bindparams(bindparam("ids", expanding=True))
_DATA = text("SELECT id, data FROM task WHERE project_id = :project_id ORDER BY id")
_CONTEXTS = text(
    "SELECT id, width, height, data, media_details FROM task WHERE id IN :ids"
).bindparams(bindparam("ids", expanding=True))
_EVALUATIONS = text(
    "SELECT id, project_id, model_version_id, model, source, question, report, author_id, "
    "created_at, (SELECT count(*) FROM model_failure WHERE evaluation_id = e.id) AS failures, "
    "(SELECT count(*) FROM model_failure WHERE evaluation_id = e.id AND asked_at IS NOT NULL) "
    "AS asked FROM model_evaluation AS e WHERE project_id = :project_id "
    "AND (:id = 0 OR id = :id) ORDER BY id DESC LIMIT :most"
)
_FAILURES = text(
    "SELECT f.task_id, f.expected, f.predicted, f.score, f.loss, f.asked_at, t.data, "
    "t.media_sha256, t.preview_sha256 FROM model_failure AS f JOIN task AS t ON t.id = f.task_id "
    "WHERE f.evaluation_id = :id ORDER BY f.loss DESC, f.task_id LIMIT :most OFFSET :start"
)
_FAILED = text(
    "SELECT task_id FROM model_failure WHERE evaluation_id = :id "
    "AND (:also_asked OR asked_at IS NULL) ORDER BY loss DESC, task_id LIMIT :most"
)
_MARK = text(
    "UPDATE model_failure SET asked_at = :now "
    "WHERE evaluation_id = :id AND task_id = :task_id AND asked_at IS NULL"
)
_COPIES = text(
    "SELECT t.id, t.data, t.fingerprint, t.media_sha256, t.media_type, t.media_bytes, "
    "t.preview_sha256, t.width, t.height, f.expected, f.predicted "
    "FROM task AS t JOIN model_failure AS f ON f.task_id = t.id AND f.evaluation_id = :id "
    "WHERE t.id IN :ids ORDER BY f.loss DESC, t.id"
).bindparams(bindparam("ids", expanding=True))
_ASKED_BEFORE = text(
    "SELECT DISTINCT f.task_id FROM model_failure AS f "
    "JOIN model_evaluation AS e ON e.id = f.evaluation_id "
    "WHERE e.project_id = :project_id AND f.asked_at IS NOT NULL"
)
_ASSISTING = text(
    "SELECT p.model, count(*) AS annotations FROM annotation AS a "
    "JOIN prediction AS p ON p.id = a.prediction_id "
    "WHERE a.project_id = :project_id AND a.prediction_shown AND NOT a.superseded "
    "GROUP BY p.model ORDER BY p.model"
)
_VERDICTS = text(
    "SELECT t.id, t.data, c.value FROM task AS t LEFT JOIN consensus AS c "
    "ON c.task_id = t.id AND c.question = :question AND c.n_answers > 0 "
    "WHERE t.project_id = :project_id ORDER BY t.id"
)


@dataclass(frozen=True, slots=True)
class TruthRow:
    """What is known of a task: people's consensus, or a gold task's answer to one question."""

    task_id: int
    value: Any
    confidence: float
    n_answers: int
    is_gold: bool


@dataclass(frozen=True, slots=True)
class GivenRow:
    """What one person said of a task, and whether a proposal was in view."""

    task_id: int
    person_id: int
    value: dict[str, Any]
    was_shown: bool
    simulated: bool
    country: str


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """An evaluation as it was stored; `failures` and `asked` are counted now."""

    id: int
    project_id: int
    version_id: int | None
    model: str
    source: str
    question: str
    report: dict[str, Any]
    author_id: int
    created_at: Instant
    failures: int
    asked: int


@dataclass(frozen=True, slots=True)
class NewEvaluation:
    """An evaluation to be stored."""

    project_id: int
    model: str
    source: str
    question: str
    report: Mapping[str, Any]
    author_id: int
    version_id: int | None = None


@dataclass(frozen=True, slots=True)
class StoredFailure:
    """A task that a model failed, with what it shows."""

    task_id: int
    expected: Any
    predicted: Any
    score: float | None
    loss: float
    asked_at: Instant | None
    data: dict[str, Any]
    media_sha256: str | None
    has_preview: bool


@dataclass(frozen=True, slots=True)
class Copy:
    """A failed task, ready to be put into another project."""

    task_id: int
    task: NewTask
    preview_sha256: str | None
    expected: Any
    predicted: Any


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A task about a claim: its data, and people's verdict, None while there is none."""

    task_id: int
    data: dict[str, Any]
    verdict: Any


def iter_truths(connection: Connection, project_id: int, question: str) -> Iterator[TruthRow]:
    """Stream what is known of every task of a project, gold tasks among them."""
    found = {"project_id": project_id, "question": question}
    for row in connection.execute(_TRUTHS, found, execution_options=_STREAMING):
        value = orjson.loads(row.value)
        if row.is_gold:
            if question not in value:
                continue
            value = value[question]
        yield TruthRow(row.task_id, value, row.confidence, row.n_answers, bool(row.is_gold))


def load_given(connection: Connection, task_ids: Iterable[int]) -> Iterator[GivenRow]:
    """Load what people said of tasks, answers that count only."""
    for some in chunks(task_ids, _CHUNK):
        for row in connection.execute(_PEOPLE, {"ids": some}):
            yield GivenRow(
                row.task_id,
                row.person_id,
                orjson.loads(row.value),
                bool(row.prediction_shown),
                bool(row.simulated),
                row.place_country,
            )


def find_by_number(connection: Connection, project_id: int, ids: Sequence[int]) -> set[int]:
    """Tell which of these tasks are in the project."""
    found: set[int] = set()
    for some in chunks(ids, _CHUNK):
        rows = connection.execute(_BY_NUMBER, {"project_id": project_id, "ids": some})
        found |= set(rows.scalars())
    return found


def find_by_fingerprint(
    connection: Connection, project_id: int, fingerprints: Sequence[str]
) -> dict[str, int]:
    """Find the project's tasks of these fingerprints."""
    found: dict[str, int] = {}
    for some in chunks(fingerprints, _CHUNK):
        rows = connection.execute(_BY_FINGERPRINT, {"project_id": project_id, "ids": some})
        found |= {row.fingerprint: row.id for row in rows}
    return found


def iter_data(connection: Connection, project_id: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Stream (task, data) of a project."""
    found = {"project_id": project_id}
    for row in connection.execute(_DATA, found, execution_options=_STREAMING):
        yield row.id, orjson.loads(row.data)


def load_contexts(connection: Connection, task_ids: Iterable[int]) -> dict[int, AnswerContext]:
    """Load what answers to these tasks are checked beside."""
    return {
        row.id: AnswerContext(
            row.width,
            row.height,
            orjson.loads(row.data),
            orjson.loads(row.media_details or "{}").get("duration_ms"),
        )
        for some in chunks(task_ids, _CHUNK)
        for row in connection.execute(_CONTEXTS, {"ids": some})
    }


def add_evaluation(connection: Connection, new: NewEvaluation, now: Instant) -> int:
    """Store an evaluation and give its id."""
    statement = (
        model_evaluation.insert()
        .values(
            project_id=new.project_id,
            model_version_id=new.version_id,
            model=new.model[:200],
            source=new.source,
            question=new.question,
            report=orjson.dumps(new.report, option=orjson.OPT_SERIALIZE_NUMPY).decode(),
            author_id=new.author_id,
            created_at=now,
        )
        .returning(model_evaluation.c.id)
    )
    return int(connection.execute(statement).scalar_one())


def list_evaluations(
    connection: Connection, project_id: int, most: int = 100
) -> list[StoredEvaluation]:
    """List a project's evaluations, newest first."""
    found = {"project_id": project_id, "id": 0, "most": most}
    return [_evaluation(row) for row in connection.execute(_EVALUATIONS, found)]


def load_evaluation(
    connection: Connection, project_id: int, evaluation_id: int
) -> StoredEvaluation | None:
    """Load one evaluation of a project."""
    if evaluation_id < 1:
        return None
    found = {"project_id": project_id, "id": evaluation_id, "most": 1}
    row = connection.execute(_EVALUATIONS, found).one_or_none()
    return None if row is None else _evaluation(row)


def add_failures(
    connection: Connection,
    evaluation_id: int,
    failures: Iterable[tuple[int, Any, Any, float | None, float]],
) -> None:
    """Store (task, expected, predicted, score, loss) of tasks that a model failed."""
    for some in chunks(failures, _CHUNK):
        connection.execute(
            model_failure.insert(),
            [
                {
                    "evaluation_id": evaluation_id,
                    "task_id": task_id,
                    "expected": orjson.dumps(expected).decode(),
                    "predicted": orjson.dumps(predicted).decode(),
                    "score": score,
                    "loss": loss,
                }
                for task_id, expected, predicted, score, loss in some
            ],
        )


def list_failures(
    connection: Connection, evaluation_id: int, *, start: int = 0, most: int = 50
) -> list[StoredFailure]:
    """List failures, the costliest first, from place `start` on."""
    found = {"id": evaluation_id, "start": start, "most": most}
    return [
        StoredFailure(
            row.task_id,
            orjson.loads(row.expected),
            orjson.loads(row.predicted),
            row.score,
            row.loss,
            row.asked_at,
            orjson.loads(row.data),
            row.media_sha256,
            row.preview_sha256 is not None,
        )
        for row in connection.execute(_FAILURES, found)
    ]


def list_failed(
    connection: Connection, evaluation_id: int, *, most: int, also_asked: bool = False
) -> list[int]:
    """List the failed tasks, costliest first; those made tasks again already only if asked."""
    found = {"id": evaluation_id, "most": most, "also_asked": also_asked}
    return list(connection.execute(_FAILED, found).scalars())


def mark_asked(
    connection: Connection, evaluation_id: int, task_ids: Iterable[int], now: Instant
) -> None:
    """Remember that failures were made tasks again; the first time stays."""
    rows = [{"id": evaluation_id, "task_id": task_id, "now": now} for task_id in task_ids]
    if rows:
        connection.execute(_MARK, rows)


def load_copies(connection: Connection, evaluation_id: int, task_ids: Iterable[int]) -> list[Copy]:
    """Load failed tasks with their files, as they are put into another project."""
    found = []
    for some in chunks(task_ids, _CHUNK):
        for row in connection.execute(_COPIES, {"id": evaluation_id, "ids": some}):
            media = None
            if row.media_sha256 is not None:
                media = Media(
                    row.media_sha256, row.media_type, row.media_bytes, row.width, row.height
                )
            new = NewTask(orjson.loads(row.data), row.fingerprint, "", media=media)
            expected, predicted = orjson.loads(row.expected), orjson.loads(row.predicted)
            found.append(Copy(row.id, new, row.preview_sha256, expected, predicted))
    return found


def asked_before(connection: Connection, project_id: int) -> frozenset[int]:
    """List tasks of a project that were asked again because some model had failed them."""
    found = connection.execute(_ASKED_BEFORE, {"project_id": project_id})
    return frozenset(found.scalars())


def count_assisting(connection: Connection, project_id: int) -> dict[str, int]:
    """Count, by model, the annotations that people gave with its proposal in view."""
    found = connection.execute(_ASSISTING, {"project_id": project_id})
    return {row.model: row.annotations for row in found}


def iter_verdicts(connection: Connection, project_id: int, question: str) -> Iterator[ClaimRow]:
    """Stream the tasks of a project with the consensus of one question."""
    found = {"project_id": project_id, "question": question}
    for row in connection.execute(_VERDICTS, found, execution_options=_STREAMING):
        verdict = None if row.value is None else orjson.loads(row.value)
        yield ClaimRow(row.id, orjson.loads(row.data), verdict)


def _evaluation(row: Any) -> StoredEvaluation:  # noqa: ANN401  # a result row
    return StoredEvaluation(
        row.id,
        row.project_id,
        row.model_version_id,
        row.model,
        row.source,
        row.question,
        orjson.loads(row.report),
        row.author_id,
        Instant(row.created_at),
        row.failures,
        row.asked,
    )

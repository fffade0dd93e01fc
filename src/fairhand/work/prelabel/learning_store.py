"""SQL of what models learn from and are measured by: people's answers, and the learning curve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, select, text

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.model.foreign import BY_PEOPLE
from fairhand.storage.database import Connection
from fairhand.storage.tables.assist import learning_point
from fairhand.storage.tables.quality import consensus

_CHUNK = 500
_LOOKED_AT_MOST = 20_000

# Gold tasks are left out: their answers are known, and measure people and models alike.
_ANSWERS = text(
    """
    SELECT a.id, a.task_id, a.value, a.prediction_shown FROM annotation AS a
    WHERE a.project_id = :project_id AND NOT a.superseded
      AND (:with_simulated OR NOT a.simulated)
      AND NOT EXISTS (SELECT 1 FROM gold_answer AS g WHERE g.task_id = a.task_id)
    ORDER BY a.id DESC LIMIT :most
    """
)
# Where answers come from: whether a proposal stood behind them, and how deep its model is.
_STANDINGS = text(
    "SELECT a.task_id, a.value, a.prediction_shown, a.prediction_changed, v.data_depth, "
    "o.depth AS task_depth, "
    "EXISTS (SELECT 1 FROM foreign_annotation AS f WHERE f.task_id = a.task_id "
    "AND f.prediction_id = a.prediction_id AND f.kind = 'annotation' "
    f"AND p.model = '{BY_PEOPLE}') AS of_person "
    "FROM annotation AS a "
    "LEFT JOIN prediction AS p ON p.id = a.prediction_id "
    "LEFT JOIN model_version AS v ON v.id = p.model_version_id "
    "LEFT JOIN task_origin AS o ON o.task_id = a.task_id WHERE a.id IN :ids"
).bindparams(bindparam("ids", expanding=True))
# The tick's one look, over ticked projects alone: what was answered since training last heard.
_GROWTH = text(
    """
    SELECT p.project_id, p.trained_through, p.trained_answers, o.version, o.model_version_id,
           (SELECT count(*) FROM (
                SELECT 1 FROM annotation AS a
                WHERE a.project_id = p.project_id AND a.id > p.trained_through
                  AND NOT a.superseded LIMIT :most) AS fresh) AS fresh
    FROM assist_policy AS p JOIN project AS o ON o.id = p.project_id
    WHERE p.is_on AND o.mode <> 'closed' AND o.archived_at IS NULL
    """
)
_CONSENSUS = select(
    consensus.c.task_id, consensus.c.question, consensus.c.value, consensus.c.confidence
).where(consensus.c.task_id.in_(bindparam("ids", expanding=True)), consensus.c.n_answers > 0)
_COUNTS = text(
    "SELECT count(*) AS judgements, count(DISTINCT task_id) AS tasks FROM annotation "
    "WHERE project_id = :project_id AND NOT superseded"
)
_NEWEST = text("SELECT coalesce(max(id), 0) FROM annotation WHERE project_id = :project_id")
_POINTS = (
    select(learning_point)
    .where(learning_point.c.project_id == bindparam("project_id"))
    .order_by(learning_point.c.id)
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer, as far as learning cares."""

    id: int
    task_id: int
    value: dict[str, Any]
    saw_proposal: bool


@dataclass(frozen=True, slots=True)
class Growth:
    """How far a ticked project has come since its model was trained."""

    project_id: int
    trained_through: int
    trained_answers: int
    project_version: int
    shown_version_id: int | None
    fresh: int


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """What a model was worth, and what had been spent until then.

    `slices` maps `field=value` to {n, score, low, high}, for slices of ten tasks and more.
    """

    project_id: int
    model_version_id: int
    question: str
    at: Instant
    judgements: int
    tasks: int
    paid_ms: int
    paid_micros: int
    measure: str
    score: float
    low: float
    high: float
    held_out: int
    slices: Mapping[str, Mapping[str, float]]


def list_answers(
    connection: Connection, project_id: int, *, with_simulated: bool, most: int
) -> list[Answer]:
    """List the newest answers of a project, newest first; those to gold tasks are left out."""
    found = {"project_id": project_id, "with_simulated": with_simulated, "most": most}
    return [
        Answer(row.id, row.task_id, orjson.loads(row.value), bool(row.prediction_shown))
        for row in connection.execute(_ANSWERS, found)
    ]


@dataclass(frozen=True, slots=True)
class Behind:
    """One answer that a model learns from: was a proposal in view, changed, and how deep.

    `model_depth` is that of what the proposing model learned from, None where nobody said;
    `task_depth` that of the data, 0 for people's. `of_person`: what was in view was a person's
    answer, from another tool.
    """

    task_id: int
    value: Mapping[str, Any]
    assisted: bool
    changed: bool
    model_depth: int | None
    task_depth: int
    of_person: bool


def list_behind(connection: Connection, annotation_ids: Iterable[int]) -> list[Behind]:
    """Say of answers where each comes from."""
    return [
        Behind(
            row.task_id,
            orjson.loads(row.value),
            bool(row.prediction_shown),
            bool(row.prediction_changed),
            row.data_depth,
            row.task_depth or 0,
            bool(row.of_person),
        )
        for some in chunks(annotation_ids, _CHUNK)
        for row in connection.execute(_STANDINGS, {"ids": some})
    ]


def load_consensus(
    connection: Connection, task_ids: Iterable[int]
) -> dict[int, dict[str, tuple[Any, float]]]:
    """Load what people's answers were joined to: task to question to (answer, probability)."""
    found: dict[int, dict[str, tuple[Any, float]]] = {}
    for some in chunks(task_ids, _CHUNK):
        for row in connection.execute(_CONSENSUS, {"ids": some}):
            if row.value is not None:
                joined = orjson.loads(row.value), row.confidence
                found.setdefault(row.task_id, {})[row.question] = joined
    return found


def list_growth(connection: Connection) -> list[Growth]:
    """List how far each ticked project has come; cheap enough to ask every few seconds."""
    rows = connection.execute(_GROWTH, {"most": _LOOKED_AT_MOST})
    return [
        Growth(
            row.project_id,
            row.trained_through,
            row.trained_answers,
            row.version,
            row.model_version_id,
            row.fresh,
        )
        for row in rows
    ]


def count_answers(connection: Connection, project_id: int) -> tuple[int, int]:
    """Count the answers that hold now, and the tasks they are about."""
    row = connection.execute(_COUNTS, {"project_id": project_id}).one()
    return row.judgements, row.tasks


def newest_answer(connection: Connection, project_id: int) -> int:
    """Give the number of a project's newest answer, 0 when there is none."""
    return int(connection.execute(_NEWEST, {"project_id": project_id}).scalar_one())


def add_points(connection: Connection, points: Iterable[LearningPoint]) -> None:
    """Write down points of the learning curve."""
    names = LearningPoint.__slots__
    rows = [
        {**{name: getattr(one, name) for name in names}, "slices": _json(one.slices)}
        for one in points
    ]
    if rows:
        connection.execute(learning_point.insert(), rows)


def list_points(connection: Connection, project_id: int) -> list[LearningPoint]:
    """List a project's learning curve, oldest first."""
    return [_point(row) for row in connection.execute(_POINTS, {"project_id": project_id})]


def _point(row: Row[Any]) -> LearningPoint:
    known = dict(row._mapping)
    known.pop("id")
    return LearningPoint(**{**known, "slices": orjson.loads(row.slices)})


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps({name: dict(one) for name, one in value.items()}).decode()

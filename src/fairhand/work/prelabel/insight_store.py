"""SQL of the experiment that runs wherever proposals are shown: who answered with one, who without.

An answer is of the experiment when a model of the project had proposed something for its task
before the task was handed out, and that proposal was not one to be drawn from nothing anyway.
Predictions that came with the data are not a model's of ours, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select, text

from fairhand.core.chunks import chunks
from fairhand.core.clock import Instant
from fairhand.storage.database import Connection
from fairhand.storage.tables.assist import ranking_round
from fairhand.storage.tables.work import annotation, gold_answer, prediction

_CHUNK = 500

# First answers alone; the time of later corrections of them is added to theirs.
_ANSWERED = text(
    """
    SELECT x.id, x.task_id, x.person_id, x.served_at, x.prediction_id, x.prediction_changed,
           x.counted, p.id AS proposal_id, p.ask,
           EXISTS (SELECT 1 FROM gold_answer AS g WHERE g.task_id = x.task_id) AS is_gold,
           (SELECT CAST(COALESCE(sum(c.paid_ms), 0) AS BIGINT)
            FROM annotation AS b JOIN accrual AS c ON c.annotation_id = b.id
            WHERE b.task_id = x.task_id AND b.person_id = x.person_id) AS paid_ms
    FROM (
        SELECT a.id, a.task_id, a.person_id, a.served_at, a.prediction_id, a.prediction_changed,
               a.counted,
               COALESCE(a.prediction_id, (
                   SELECT max(q.id) FROM prediction AS q
                   JOIN model_version AS v ON v.id = q.model_version_id
                   WHERE q.task_id = a.task_id AND q.created_at <= a.served_at
                     AND v.promoted_at <= a.served_at)) AS proposal_id
        FROM annotation AS a
        WHERE a.project_id = :project_id AND a.revision = 1
          AND a.served_at >= :since AND a.served_at < :until
        ORDER BY a.id DESC LIMIT :most
    ) AS x
    JOIN prediction AS p ON p.id = x.proposal_id
    WHERE p.model_version_id IS NOT NULL AND p.ask <> 'draw'
    ORDER BY x.id
    """
)
_GIVEN = select(annotation.c.id, annotation.c.value).where(
    annotation.c.id.in_(bindparam("ids", expanding=True))
)
_PROPOSED = select(prediction.c.id, prediction.c.value).where(
    prediction.c.id.in_(bindparam("ids", expanding=True))
)
_KNOWN = select(gold_answer.c.task_id, gold_answer.c.value).where(
    gold_answer.c.task_id.in_(bindparam("ids", expanding=True))
)
_ROUND = (
    select(ranking_round)
    .where(ranking_round.c.project_id == bindparam("project_id"))
    .order_by(ranking_round.c.id.desc())
    .limit(1)
)
_REORDERED = text(
    "SELECT EXISTS (SELECT 1 FROM ranking_round WHERE project_id = :project_id AND at >= :since)"
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """An answer that chance drew to be given with its proposal (`shown`) or without.

    `changed` says that the person changed the proposal they saw; `paid_ms` is all paid time of
    the answer, corrections with it. `ask` is what was asked about the proposal.
    """

    annotation_id: int
    task_id: int
    person_id: int
    served_at: Instant
    proposal_id: int
    shown: bool
    changed: bool
    counted: bool
    ask: str
    is_gold: bool
    paid_ms: int


@dataclass(frozen=True, slots=True)
class Round:
    """How the queue was reordered last."""

    strategy: str
    phase: str
    pool: int
    chosen: int
    why: dict[str, Any]
    at: Instant
    model_version_id: int | None


def list_drawn(
    connection: Connection, project_id: int, since: Instant, until: Instant, most: int
) -> list[Drawn]:
    """List the newest answers that had a proposal, among the `most` newest answers of all.

    Oldest first. Answers without the proposal are those that a draw left it out of, and those of
    clients that did not say what they had shown: only the caller knows the draw.
    """
    found = {"project_id": project_id, "since": since, "until": until, "most": most}
    return [
        Drawn(
            row.id,
            row.task_id,
            row.person_id,
            Instant(row.served_at),
            row.proposal_id,
            row.prediction_id is not None,
            bool(row.prediction_changed),
            bool(row.counted),
            row.ask,
            bool(row.is_gold),
            row.paid_ms,
        )
        for row in connection.execute(_ANSWERED, found)
    ]


def load_given(connection: Connection, annotation_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Load what people answered, by annotation."""
    return _values(connection, _GIVEN, annotation_ids)


def load_proposed(connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Load what was proposed, by prediction."""
    return _values(connection, _PROPOSED, ids)


def load_known(connection: Connection, task_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Load what is known of gold tasks, by task."""
    return _values(connection, _KNOWN, task_ids)


def last_round(connection: Connection, project_id: int) -> Round | None:
    """Load how the queue was reordered last; None when it never was."""
    row = connection.execute(_ROUND, {"project_id": project_id}).one_or_none()
    if row is None:
        return None
    return Round(
        row.strategy,
        row.phase,
        row.pool,
        row.chosen,
        orjson.loads(row.why),
        Instant(row.at),
        row.model_version_id,
    )


def was_reordered(connection: Connection, project_id: int, since: Instant) -> bool:
    """Say whether the queue was reordered by a strategy since then."""
    found = {"project_id": project_id, "since": since}
    return bool(connection.execute(_REORDERED, found).scalar_one())


def _values(
    connection: Connection,
    statement: Any,  # noqa: ANN401  # a select of id and value
    ids: Iterable[int],
) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for some in chunks(sorted(set(ids)), _CHUNK):
        for key, value in connection.execute(statement, {"ids": some}):
            found[key] = orjson.loads(value)
    return found

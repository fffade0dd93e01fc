"""SQL of the quality wing: claim fresh answers, load and save models and consensus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from sqlalchemy import bindparam, text

from fairhand.core.clock import Instant
from fairhand.labels.answers import Asked
from fairhand.labels.ties import RULED, chances_of, tied_in
from fairhand.quality.agreement import Alpha
from fairhand.quality.follow import Consensus, Earlier, Judgement
from fairhand.quality.online import OnlineModel
from fairhand.quality.refit import Ballots, QuestionFit
from fairhand.quality.report import QualityReport, Tally, summarise
from fairhand.quality.written import (
    ModelKey,
    belief_from,
    beliefs_to,
    classes_by_part,
    counts_from,
    counts_to,
    to_json,
)
from fairhand.storage.database import Connection
from fairhand.storage.permitted import permitted

SaidNow = Callable[[int, dict[str, Any]], dict[str, Any]]
"""Says an answer, given under a version of the questions, in the labels of today."""


def _as_it_is(_version: int, value: dict[str, Any]) -> dict[str, Any]:
    return value


ADJUDICATED = RULED
"""The method of an answer that stands because a reviewer said so."""

_CHUNK = 500
_STREAM = 2_000

_FIRST = text(
    "INSERT INTO aggregation (project_id, updated_at) VALUES (:project_id, :now) "
    "ON CONFLICT (project_id) DO NOTHING"
)
_LOCK = text(
    "UPDATE aggregation SET batch = batch + :step, updated_at = :now "
    "WHERE project_id = :project_id RETURNING batch, answers, fitted_answers"
)
_LOOK = text(
    "SELECT batch, answers, fitted_answers FROM aggregation WHERE project_id = :project_id"
)
_CLAIM = (
    "UPDATE annotation SET aggregated = true WHERE id IN (SELECT id FROM annotation "
    "WHERE project_id = :project_id AND NOT aggregated ORDER BY id LIMIT :most{locking}) "
    "RETURNING task_id, id, person_id, counted, superseded OR simulated AS is_past"
)
_CLAIMS = {
    "sqlite": text(_CLAIM.format(locking="")),
    "postgresql": text(_CLAIM.format(locking=" FOR UPDATE SKIP LOCKED")),
}
_ANY_FRESH = text(
    "SELECT 1 FROM annotation WHERE project_id = :project_id AND NOT aggregated LIMIT 1"
)
_FRESH_BEFORE = text(
    "SELECT 1 FROM annotation WHERE project_id = :project_id AND NOT aggregated "
    "AND project_version < :version LIMIT 1"
)
_PROJECTS_WITH_FRESH = text("SELECT DISTINCT project_id FROM annotation WHERE NOT aggregated")
_JUDGEMENTS = text(
    "SELECT id, task_id, person_id, project_version, value, "
    f"counted AND NOT superseded AND {permitted('annotation')} AS live "
    "FROM annotation WHERE task_id IN :task_ids ORDER BY id"
).bindparams(bindparam("task_ids", expanding=True))
_EARLIER = text(
    "SELECT task_id, question, beliefs, answer_ids FROM consensus WHERE task_id IN :task_ids"
).bindparams(bindparam("task_ids", expanding=True))
_LIVE = text(
    "SELECT a.id, a.task_id, a.person_id, a.project_version, a.value, a.submitted_at, "
    "a.submitted_at - a.served_at AS took FROM annotation AS a "
    "LEFT JOIN prediction AS w ON w.id = a.prediction_id AND w.planted AND a.prediction_shown "
    "WHERE a.project_id = :project_id AND a.counted AND NOT a.superseded AND w.id IS NULL "
    f"AND {permitted('a')}"
)
_QUESTION_MODELS = text(
    "SELECT question, part, classes, task_counts, crowd FROM question_model "
    "WHERE project_id = :project_id"
)
_PEOPLE_MODELS = text(
    "SELECT question, part, person_id, counts FROM annotator_model "
    "WHERE project_id = :project_id AND person_id IN :people"
).bindparams(bindparam("people", expanding=True))
_SAVE_QUESTION = text(
    "INSERT INTO question_model (project_id, question, part, classes, task_counts, crowd) "
    "VALUES (:project_id, :question, :part, :classes, :task_counts, :crowd) "
    "ON CONFLICT (project_id, question, part) DO UPDATE SET classes = excluded.classes, "
    "task_counts = excluded.task_counts, crowd = excluded.crowd"
)
_SAVE_PERSON = text(
    "INSERT INTO annotator_model (project_id, question, part, person_id, counts) "
    "VALUES (:project_id, :question, :part, :person_id, :counts) "
    "ON CONFLICT (project_id, question, part, person_id) DO UPDATE SET counts = excluded.counts"
)
_DROP_MODELS = (
    text("DELETE FROM annotator_model WHERE project_id = :project_id"),
    text("DELETE FROM question_model WHERE project_id = :project_id"),
)
_SAVE_CONSENSUS = text(
    "INSERT INTO consensus (task_id, question, project_id, value, confidence, method, n_answers, "
    "settled, beliefs, answer_ids, batch, updated_at) VALUES (:task_id, :question, :project_id, "
    ":value, :confidence, :method, :n_answers, :settled, :beliefs, :answer_ids, :batch, :now) "
    "ON CONFLICT (task_id, question) DO UPDATE SET value = excluded.value, "
    "confidence = excluded.confidence, method = excluded.method, n_answers = excluded.n_answers, "
    "settled = excluded.settled, beliefs = excluded.beliefs, answer_ids = excluded.answer_ids, "
    "batch = excluded.batch, updated_at = excluded.updated_at "
    "WHERE consensus.batch <= excluded.batch"
)
_SETTLE = text(
    "UPDATE consensus SET settled = :settled "
    "WHERE task_id = :task_id AND batch <= :batch AND settled <> :settled"
)
_COUNT_ANSWERS = text(
    "UPDATE aggregation SET answers = answers + :count WHERE project_id = :project_id"
)
_FITTED = text(
    "UPDATE aggregation SET fitted_answers = :answers, fitted_at = :now "
    "WHERE project_id = :project_id"
)
_SAVE_ALPHA = text(
    "INSERT INTO agreement (project_id, question, alpha, low, high, tasks, answers, measured_at) "
    "VALUES (:project_id, :question, :alpha, :low, :high, :tasks, :answers, :now) "
    "ON CONFLICT (project_id, question) DO UPDATE SET alpha = excluded.alpha, "
    "low = excluded.low, high = excluded.high, tasks = excluded.tasks, "
    "answers = excluded.answers, measured_at = excluded.measured_at"
)
_ALPHAS = text(
    "SELECT question, alpha, low, high, tasks, answers FROM agreement "
    "WHERE project_id = :project_id"
)
_TALLIES = text(
    "SELECT question, method, n_answers, settled, count(*) AS tasks, sum(confidence) AS sure "
    "FROM consensus WHERE project_id = :project_id "
    "GROUP BY question, method, n_answers, settled"
)
_CONFIDENCES = text(
    "SELECT task_id, confidence FROM consensus "
    "WHERE project_id = :project_id AND question = :question AND n_answers > 0"
)
_CONSENSUS_OF_TASK = text(
    "SELECT task_id, question, value, confidence, method, n_answers, settled, updated_at, beliefs "
    "FROM consensus WHERE task_id = :task_id ORDER BY question"
)
_BELIEFS_OF_TASK = text("SELECT question, beliefs FROM consensus WHERE task_id = :task_id")
_CONSENSUS_OF_PROJECT = text(
    "SELECT task_id, question, value, confidence, method, n_answers, settled, updated_at, beliefs "
    "FROM consensus WHERE project_id = :project_id ORDER BY task_id, question"
)
_DROP_CONSENSUS = text("DELETE FROM consensus WHERE task_id = :task_id")
# A batch that no aggregation reaches: what stands by a person's word is left alone from then on.
_BY_WORD = 2**62
_STAND = text(
    "INSERT INTO consensus (task_id, question, project_id, value, confidence, method, n_answers, "
    "settled, beliefs, answer_ids, batch, updated_at) VALUES (:task_id, :question, :project_id, "
    ":value, 1.0, :method, :n_answers, :settled, '{}', :answer_ids, :batch, :now) "
    "ON CONFLICT (task_id, question) DO UPDATE SET value = excluded.value, confidence = 1.0, "
    "method = excluded.method, settled = excluded.settled, batch = excluded.batch, "
    "updated_at = excluded.updated_at"
)
_UNSTAND = text(
    "UPDATE consensus SET value = NULL, confidence = 0.0, settled = :settled, batch = 0 "
    "WHERE task_id = :task_id AND batch = :batch"
)
_AGAIN = text("UPDATE annotation SET aggregated = false WHERE task_id = :task_id")
_WITHOUT = text(
    "UPDATE annotation SET aggregated = false "
    "WHERE project_id = :project_id AND person_id = :person_id"
)
_ALL_AGAIN = text("UPDATE annotation SET aggregated = false WHERE task_id IN :task_ids").bindparams(
    bindparam("task_ids", expanding=True)
)
_DOUBTFUL = text(
    "SELECT task_id, question, value, confidence, method, n_answers, settled, updated_at, beliefs "
    "FROM consensus WHERE project_id = :project_id AND n_answers > 0 "
    "ORDER BY confidence, task_id, question LIMIT :most"
)


@dataclass(frozen=True, slots=True)
class Run:
    """Where the aggregation of a project stands: its batch, answers so far, and at the last fit."""

    batch: int
    answers: int
    fitted_answers: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """An answer that is aggregated now; `is_past`: replaced by a newer one, or simulated."""

    task_id: int
    annotation_id: int
    person_id: int
    counted: bool
    is_past: bool


@dataclass(frozen=True, slots=True)
class StoredConsensus:
    """The aggregated answer to one question of a task, as it stands.

    `tied` names the labels where several are equally likely: `value` is but the first of them.
    """

    task_id: int
    question: str
    value: Any
    confidence: float
    method: str
    n_answers: int
    settled: bool
    updated_at: Instant
    tied: tuple[str, ...] = ()


def lock_aggregation(connection: Connection, project_id: int, now: Instant, step: int = 1) -> Run:
    """Start the next batch of a project and keep others from aggregating it until commit."""
    found = {"project_id": project_id, "now": now, "step": step}
    row = connection.execute(_LOCK, found).one_or_none()
    if row is None:
        connection.execute(_FIRST, {"project_id": project_id, "now": now})
        row = connection.execute(_LOCK, found).one()
    return Run(*row)


def look_at_aggregation(connection: Connection, project_id: int) -> Run:
    """See where the aggregation of a project stands, without a lock."""
    row = connection.execute(_LOOK, {"project_id": project_id}).one_or_none()
    return Run(0, 0, 0) if row is None else Run(*row)


def has_fresh(connection: Connection, project_id: int) -> bool:
    """Say whether a project has answers that are not aggregated yet."""
    return connection.execute(_ANY_FRESH, {"project_id": project_id}).first() is not None


def has_fresh_before(connection: Connection, project_id: int, version: int) -> bool:
    """Say whether answers of earlier versions of a project wait to be aggregated."""
    found = {"project_id": project_id, "version": version}
    return connection.execute(_FRESH_BEFORE, found).first() is not None


def list_projects_with_fresh(connection: Connection) -> list[int]:
    """List the projects that have answers not aggregated yet."""
    return sorted(connection.execute(_PROJECTS_WITH_FRESH).scalars())


def claim_fresh(connection: Connection, project_id: int, most: int) -> list[int]:
    """Mark up to `most` fresh annotations as aggregated; give the task of each."""
    return [one.task_id for one in claim_answers(connection, project_id, most)]


def claim_answers(connection: Connection, project_id: int, most: int) -> list[Claimed]:
    """Mark up to `most` fresh annotations as aggregated; say what each is."""
    claim = _CLAIMS[connection.dialect.name]
    found = connection.execute(claim, {"project_id": project_id, "most": most})
    return [
        Claimed(task_id, annotation_id, person_id, bool(counted), bool(is_past))
        for task_id, annotation_id, person_id, counted, is_past in found
    ]


def load_judgements(
    connection: Connection, task_ids: Sequence[int], said_now: SaidNow = _as_it_is
) -> dict[int, list[Judgement]]:
    """Load every annotation of these tasks, replaced ones too, in the labels of today."""
    found: dict[int, list[Judgement]] = {task_id: [] for task_id in task_ids}
    for chunk in _chunks(task_ids):
        for row in connection.execute(_JUDGEMENTS, {"task_ids": chunk}):
            found[row.task_id].append(
                Judgement(
                    row.id,
                    row.person_id,
                    said_now(row.project_version, orjson.loads(row.value)),
                    bool(row.live),
                )
            )
    return found


def load_earlier(
    connection: Connection, task_ids: Sequence[int], questions: Sequence[Asked]
) -> dict[int, dict[str, Earlier]]:
    """Load what these tasks put into the models when they were last aggregated."""
    classes = classes_by_part(questions)
    found: dict[int, dict[str, Earlier]] = {task_id: {} for task_id in task_ids}
    for chunk in _chunks(task_ids):
        for row in connection.execute(_EARLIER, {"task_ids": chunk}):
            beliefs = {
                name: belief_from(classes[row.question, name], named)
                for name, named in orjson.loads(row.beliefs).items()
                if (row.question, name) in classes
            }
            ids = frozenset(orjson.loads(row.answer_ids))
            found[row.task_id][row.question] = Earlier(ids, beliefs)
    return found


def load_models(
    connection: Connection, project_id: int, questions: Sequence[Asked], people: Iterable[int]
) -> dict[ModelKey, OnlineModel]:
    """Load what is known of the questions and of these people.

    A question whose classes have changed since starts anew; the next refit learns it again.
    """
    classes = classes_by_part(questions)
    models = {key: OnlineModel(len(names)) for key, names in classes.items()}
    known: set[ModelKey] = set()
    for row in connection.execute(_QUESTION_MODELS, {"project_id": project_id}):
        key = (row.question, row.part)
        if key in models and tuple(orjson.loads(row.classes)) == classes[key]:
            known.add(key)
            models[key].task_counts = np.array(orjson.loads(row.task_counts))
            models[key].crowd = counts_from(row.crowd, len(classes[key]))
    for chunk in _chunks(sorted(set(people))):
        found = {"project_id": project_id, "people": chunk}
        for row in connection.execute(_PEOPLE_MODELS, found):
            key = (row.question, row.part)
            if key in known:
                counts = counts_from(row.counts, len(classes[key]))
                models[key].people[row.person_id] = counts
    return models


def save_models(
    connection: Connection,
    project_id: int,
    questions: Sequence[Asked],
    models: Mapping[ModelKey, OnlineModel],
) -> None:
    """Save what is known of the questions and of the people in the models."""
    classes = classes_by_part(questions)
    for (question, part), model in sorted(models.items()):
        key = {"project_id": project_id, "question": question, "part": part}
        connection.execute(
            _SAVE_QUESTION,
            {
                **key,
                "classes": to_json(classes[question, part]),
                "task_counts": to_json(model.task_counts.tolist()),
                "crowd": counts_to(model.crowd),
            },
        )
        rows = [
            {**key, "person_id": person_id, "counts": counts_to(counts)}
            for person_id, counts in sorted(model.people.items())
        ]
        if rows:
            connection.execute(_SAVE_PERSON, rows)


def replace_models(
    connection: Connection,
    project_id: int,
    questions: Sequence[Asked],
    fits: Sequence[QuestionFit],
) -> None:
    """Put what a refit has learned in the place of everything known before."""
    for statement in _DROP_MODELS:
        connection.execute(statement, {"project_id": project_id})
    models = {
        (fit.question, name): OnlineModel(
            len(part.classes),
            task_counts=part.task_counts,
            crowd=part.counts.sum(axis=0),
            people=zip(part.workers, part.counts, strict=True),
        )
        for fit in fits
        for name, part in fit.parts.items()
    }
    save_models(connection, project_id, questions, models)


def save_consensus(
    connection: Connection,
    project_id: int,
    questions: Sequence[Asked],
    rows: Iterable[tuple[int, Consensus, bool]],
    batch: int,
    now: Instant,
) -> None:
    """Save (task, consensus, settled) rows; a row of a later batch is left as it is."""
    classes = classes_by_part(questions)
    values = [
        {
            "task_id": task_id,
            "question": one.question,
            "project_id": project_id,
            "value": to_json(one.value) if one.answer_ids else None,
            "confidence": min(max(one.confidence, 0.0), 1.0),
            "method": one.method,
            "n_answers": len(one.answer_ids),
            "settled": settled,
            "beliefs": beliefs_to(one.question, one.beliefs, classes),
            "answer_ids": to_json(one.answer_ids),
            "batch": batch,
            "now": now,
        }
        for task_id, one, settled in rows
    ]
    if values:
        connection.execute(_SAVE_CONSENSUS, values)


def drop_consensus(connection: Connection, task_ids: Iterable[int]) -> None:
    """Forget the consensus of tasks whose answer is known now; the next refit tells the models."""
    if rows := [{"task_id": task_id} for task_id in task_ids]:
        connection.execute(_DROP_CONSENSUS, rows)


def aggregate_again(connection: Connection, task_ids: Iterable[int]) -> None:
    """Let every answer to these tasks be aggregated anew."""
    for some in _chunks(list(task_ids)):
        connection.execute(_ALL_AGAIN, {"task_ids": some})


def aggregate_without(connection: Connection, project_id: int, person_id: int) -> None:
    """Let the tasks that somebody answered be aggregated anew, now that they have withdrawn."""
    connection.execute(_WITHOUT, {"project_id": project_id, "person_id": person_id})


def let_stand(
    connection: Connection,
    project_id: int,
    task_id: int,
    value: Mapping[str, Any],
    answer_ids: Sequence[int],
    now: Instant,
) -> None:
    """Let an answer stand as the consensus of a task; no aggregation changes it from then on.

    What the models have learned of the task so far stays noted beside it.
    """
    rows = [
        {
            "task_id": task_id,
            "question": question,
            "project_id": project_id,
            "value": to_json(answer),
            "method": ADJUDICATED,
            "n_answers": len(answer_ids),
            "settled": True,
            "answer_ids": to_json(list(answer_ids)),
            "batch": _BY_WORD,
            "now": now,
        }
        for question, answer in value.items()
    ]
    connection.execute(_STAND, rows)


def let_fall(connection: Connection, task_id: int) -> None:
    """Let nothing stand for a task but what its answers say: they are aggregated anew."""
    connection.execute(_UNSTAND, {"task_id": task_id, "settled": False, "batch": _BY_WORD})
    connection.execute(_AGAIN, [{"task_id": task_id}])


def settle_tasks(connection: Connection, settled: Mapping[int, bool], batch: int) -> None:
    """Mark every question of these tasks as settled or not; later batches are left alone."""
    rows = [
        {"task_id": task_id, "settled": state, "batch": batch} for task_id, state in settled.items()
    ]
    if rows:
        connection.execute(_SETTLE, rows)


def count_answers(connection: Connection, project_id: int, count: int) -> None:
    """Add to how many answers were aggregated."""
    connection.execute(_COUNT_ANSWERS, {"project_id": project_id, "count": count})


def gather_ballots(
    connection: Connection,
    project_id: int,
    questions: Sequence[Asked],
    known: Mapping[int, Mapping[str, Any]] | None = None,
    said_now: SaidNow = _as_it_is,
) -> Ballots:
    """Read every live answer of a project, as a stream; `known` are the answers of gold tasks."""
    ballots = Ballots(questions, known)
    streaming = connection.execution_options(yield_per=_STREAM)
    for row in streaming.execute(_LIVE, {"project_id": project_id}):
        ballots.add(
            row.id,
            row.task_id,
            row.person_id,
            said_now(row.project_version, orjson.loads(row.value)),
            when_ms=row.submitted_at,
            took_ms=row.took,
        )
    return ballots


def iter_answers(
    connection: Connection, project_id: int
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Stream (task, person, answers) of every live answer of a project."""
    for row in connection.execute(_LIVE, {"project_id": project_id}):
        yield row.task_id, row.person_id, orjson.loads(row.value)


def load_confidences(connection: Connection, project_id: int, question: str) -> dict[int, float]:
    """Load the confidence of one question for every task that has an answer to it."""
    found = {"project_id": project_id, "question": question}
    return {row.task_id: row.confidence for row in connection.execute(_CONFIDENCES, found)}


def finish_refit(
    connection: Connection,
    project_id: int,
    fits: Sequence[QuestionFit],
    answers: int,
    now: Instant,
) -> None:
    """Remember the agreement measured by a refit, and how many answers it has seen."""
    connection.execute(_FITTED, {"project_id": project_id, "answers": answers, "now": now})
    rows = [
        {
            "project_id": project_id,
            "question": fit.question,
            "alpha": fit.alpha.value,
            "low": fit.alpha.low,
            "high": fit.alpha.high,
            "tasks": fit.alpha.tasks,
            "answers": fit.alpha.answers,
            "now": now,
        }
        for fit in fits
    ]
    if rows:
        connection.execute(_SAVE_ALPHA, rows)


def load_report(
    connection: Connection, project_id: int, questions: Sequence[Asked]
) -> QualityReport:
    """Sum up a project's quality; agreement is that of the last refit."""
    tallies = [
        Tally(row.question, row.method, row.n_answers, bool(row.settled), row.tasks, row.sure)
        for row in connection.execute(_TALLIES, {"project_id": project_id})
    ]
    alphas = {
        row.question: Alpha(row.alpha, row.low, row.high, row.tasks, row.answers)
        for row in connection.execute(_ALPHAS, {"project_id": project_id})
    }
    return summarise([question.name for question in questions], tallies, alphas)


def load_consensus(connection: Connection, task_id: int) -> list[StoredConsensus]:
    """Load the consensus of one task, question by question."""
    found = connection.execute(_CONSENSUS_OF_TASK, {"task_id": task_id})
    return [_consensus(row) for row in found]


def load_probabilities(connection: Connection, task_id: int) -> dict[str, dict[str, float]]:
    """Load how likely each label of a task is, by question; those of several count for "yes"."""
    found = {}
    for row in connection.execute(_BELIEFS_OF_TASK, {"task_id": task_id}):
        if parts := orjson.loads(row.beliefs):
            found[row.question] = chances_of(parts)
    return found


def iter_consensus(connection: Connection, project_id: int) -> Iterator[StoredConsensus]:
    """Stream a project's consensus in the order of tasks and questions."""
    streaming = connection.execution_options(yield_per=_STREAM)
    for row in streaming.execute(_CONSENSUS_OF_PROJECT, {"project_id": project_id}):
        yield _consensus(row)


def list_doubtful(connection: Connection, project_id: int, most: int) -> list[StoredConsensus]:
    """List the least sure answers of a project first."""
    found = connection.execute(_DOUBTFUL, {"project_id": project_id, "most": most})
    return [_consensus(row) for row in found]


def _consensus(row: Any) -> StoredConsensus:  # noqa: ANN401  # a result row
    value = None if row.value is None else orjson.loads(row.value)
    return StoredConsensus(
        row.task_id,
        row.question,
        value,
        row.confidence,
        row.method,
        row.n_answers,
        bool(row.settled),
        row.updated_at,
        tied_in(value, row.method, orjson.loads(row.beliefs)),
    )


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))

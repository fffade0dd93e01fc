"""SQL of one task's whole story: who had it, what they answered, and what became of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.labels.ties import even_in, tied_in
from fairhand.storage.database import Connection

_ANSWERS = text(
    """
    SELECT a.id, a.person_id, a.revision, a.value, a.submitted_at, a.served_at, a.counted, a.late,
           a.prediction_shown, a.prediction_changed, a.simulated, a.superseded, a.project_version,
           (SELECT sum(c.paid_ms) FROM accrual AS c WHERE c.annotation_id = a.id) AS paid_ms,
           (SELECT sum(c.amount_micros) FROM accrual AS c WHERE c.annotation_id = a.id) AS micros,
           (SELECT max(c.currency) FROM accrual AS c WHERE c.annotation_id = a.id) AS currency
    FROM annotation AS a WHERE a.task_id = :task_id ORDER BY a.submitted_at, a.id
    """
)
_LEASES = text(
    "SELECT person_id, state, hold, served_at, ended_at, expires_at FROM lease "
    "WHERE task_id = :task_id ORDER BY served_at, id"
)
_SKIPS = text(
    "SELECT s.person_id, s.at, s.reason FROM skip AS s WHERE s.task_id = :task_id "
    "AND s.person_id IN (SELECT l.person_id FROM lease AS l WHERE l.task_id = :task_id) "
    "ORDER BY s.at"
)
_PREDICTIONS = text(
    "SELECT id, model, value, score, created_at, planted FROM prediction "
    "WHERE task_id = :task_id ORDER BY id"
)
_REMARKS = text(
    "SELECT person_id, kind, words, said_at, settled_at FROM remark "
    "WHERE task_id = :task_id ORDER BY id"
)
_REVIEWS = text(
    "SELECT reviewer_id, verdict, because, reason, value, at, undone_at FROM review "
    "WHERE task_id = :task_id ORDER BY id"
)
_GOLD = text(
    "SELECT value, explanation, author_id, created_at FROM gold_answer WHERE task_id = :task_id"
)
_JOINT_SINCE = text(
    "SELECT question, value, confidence, n_answers, settled, method, updated_at, beliefs "
    "FROM consensus "
    "WHERE task_id = :task_id ORDER BY question"
)


@dataclass(frozen=True, slots=True)
class AnswerTold:
    """One answer, in one revision, with what it earned."""

    id: int
    person_id: int
    revision: int
    value: dict[str, Any]
    submitted_at: Instant
    served_at: Instant
    counted: bool
    late: bool
    assisted: bool
    changed: bool
    simulated: bool
    superseded: bool
    version: int
    paid_ms: int
    amount_micros: int
    currency: str


@dataclass(frozen=True, slots=True)
class LeaseTold:
    """Somebody had the task, from then to then."""

    person_id: int
    state: str
    hold: str
    served_at: Instant
    ended_at: Instant | None
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class SkipTold:
    """Somebody passed it on."""

    person_id: int
    at: Instant
    reason: str | None


@dataclass(frozen=True, slots=True)
class PredictionTold:
    """What a model proposed."""

    id: int
    model: str
    value: dict[str, Any]
    score: float | None
    created_at: Instant
    planted: bool


@dataclass(frozen=True, slots=True)
class RemarkTold:
    """What somebody said about the task."""

    person_id: int
    kind: str
    words: str
    said_at: Instant
    settled_at: Instant | None


@dataclass(frozen=True, slots=True)
class ReviewTold:
    """What a reviewer found of it."""

    reviewer_id: int
    verdict: str
    because: str
    reason: str
    value: dict[str, Any] | None
    at: Instant
    undone_at: Instant | None


@dataclass(frozen=True, slots=True)
class GoldTold:
    """The known answer, and who said so."""

    value: dict[str, Any]
    explanation: str
    author_id: int
    created_at: Instant


@dataclass(frozen=True, slots=True)
class JointTold:
    """The joint answer to a question as it stands."""

    question: str
    value: Any
    confidence: float
    answers: int
    settled: bool
    method: str
    updated_at: Instant
    tied: tuple[str, ...] = ()
    even: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that is known of one task beside its data."""

    answers: tuple[AnswerTold, ...]
    leases: tuple[LeaseTold, ...]
    skips: tuple[SkipTold, ...]
    predictions: tuple[PredictionTold, ...]
    remarks: tuple[RemarkTold, ...]
    reviews: tuple[ReviewTold, ...]
    joint: tuple[JointTold, ...]
    gold: GoldTold | None

    @property
    def people(self) -> frozenset[int]:
        """Everybody who is named in it."""
        return frozenset(
            (
                *(one.person_id for one in self.answers),
                *(one.person_id for one in self.leases),
                *(one.person_id for one in self.skips),
                *(one.person_id for one in self.remarks),
                *(one.reviewer_id for one in self.reviews),
                *((self.gold.author_id,) if self.gold else ()),
            )
        )


def load_told(connection: Connection, task_id: int) -> Told:
    """Load the story of a task; a few answers long, whatever the project's size."""
    of = {"task_id": task_id}
    gold = connection.execute(_GOLD, of).one_or_none()
    answers = tuple(_answer(row) for row in connection.execute(_ANSWERS, of))
    return Told(
        answers,
        tuple(LeaseTold(*row) for row in connection.execute(_LEASES, of)),
        tuple(SkipTold(*row) for row in connection.execute(_SKIPS, of)),
        tuple(
            PredictionTold(
                row.id, row.model, orjson.loads(row.value), row.score, row.created_at, row.planted
            )
            for row in connection.execute(_PREDICTIONS, of)
        ),
        tuple(RemarkTold(*row) for row in connection.execute(_REMARKS, of)),
        tuple(
            ReviewTold(
                row.reviewer_id,
                row.verdict,
                row.because,
                row.reason,
                _json(row.value),
                row.at,
                row.undone_at,
            )
            for row in connection.execute(_REVIEWS, of)
        ),
        tuple(_joint(row, answers) for row in connection.execute(_JOINT_SINCE, of)),
        None if gold is None else GoldTold(orjson.loads(gold.value), *gold[1:]),
    )


def _joint(row: Any, answers: tuple[AnswerTold, ...]) -> JointTold:  # noqa: ANN401  # a result row
    value, parts = _json(row.value), orjson.loads(row.beliefs)
    return JointTold(
        row.question,
        value,
        float(row.confidence),
        row.n_answers,
        bool(row.settled),
        row.method,
        row.updated_at,
        tied_in(value, row.method, parts),
        even_in(
            value,
            row.method,
            parts,
            (one.value.get(row.question) for one in answers if one.counted and not one.superseded),
        ),
    )


def _json(value: str | None) -> Any:  # noqa: ANN401  # any JSON value
    return None if value is None else orjson.loads(value)


def _answer(row: Any) -> AnswerTold:  # noqa: ANN401  # a result row
    return AnswerTold(
        id=row.id,
        person_id=row.person_id,
        revision=row.revision,
        value=orjson.loads(row.value),
        submitted_at=row.submitted_at,
        served_at=row.served_at,
        counted=bool(row.counted),
        late=bool(row.late),
        assisted=bool(row.prediction_shown),
        changed=bool(row.prediction_changed),
        simulated=bool(row.simulated),
        superseded=bool(row.superseded),
        version=row.project_version,
        paid_ms=int(row.paid_ms or 0),
        amount_micros=int(row.micros or 0),
        currency=row.currency or "",
    )

"""What an owner reads about a project's quality; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.people.accounts import store as accounts
from fairhand.quality import insight_store, store
from fairhand.quality.insight_store import StoredSignal
from fairhand.quality.report import QuestionQuality
from fairhand.quality.store import StoredConsensus
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_gold import GoldState, read_gold
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects

MOST_DOUBTFUL = 50
_EXCERPT = 140
_CERTAIN = 0.995


@dataclass(frozen=True, slots=True)
class Doubt:
    """A task whose answer is least sure: what people said, and what the task shows, in short."""

    task_id: int
    question: str
    value: Any
    confidence: float
    answers: int
    settled: bool
    votes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a task is about, at a glance: a few words, and its picture where it has one."""

    words: str
    media_sha256: str | None


@dataclass(frozen=True, slots=True)
class QuestionPicture:
    """One question: its figures, and what the last refit found (None before the first)."""

    name: str
    title: str
    kind: str
    is_subjective: bool
    labels: tuple[str, ...]
    figures: QuestionQuality
    report: Mapping[str, Any] | None
    measured_at: Instant | None


@dataclass(frozen=True, slots=True)
class SignalState:
    """A signal with the names of the people it is about."""

    signal: StoredSignal
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QualityPicture:
    """Everything on the Quality page."""

    questions: tuple[QuestionPicture, ...]
    doubts: tuple[Doubt, ...]
    gold: GoldState
    signals: tuple[SignalState, ...]
    glimpses: Mapping[int, Glimpse]


def read_quality(db: Database, project_id: int, *, named: bool) -> QualityPicture:
    """Read a project's quality; without `named` people are numbers.

    Raises NotFoundError for an unknown project.
    """
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        asked = version_of(db, connection, project.id, project.version).questions
        figures = store.load_report(connection, project_id, asked).questions
        reports = insight_store.load_reports(connection, project_id)
        signals = insight_store.list_signals(connection, project_id)
        doubts = _doubts(connection, project_id)
        people = {
            person["person_id"]
            for report in reports.values()
            for person in report.body.get("people", ())
        } | {person for one in signals for person in one.people}
        names = accounts.names_of(connection, people) if named else {}
        named_reports = {key: _named(one.body, names) for key, one in reports.items()}
        shown = {one.task_id for one in doubts} | _candidates(reports)
        glimpses = _glimpses(connection, sorted(shown))
    questions = tuple(
        QuestionPicture(
            question.name,
            question.title,
            question.kind,
            bool(question.config.get("subjective", False)),
            tuple(label["value"] for label in question.config.get("labels", ())),
            figure,
            named_reports.get(question.name),
            reports[question.name].measured_at if question.name in reports else None,
        )
        for question, figure in zip(asked, figures, strict=True)
    )
    return QualityPicture(
        questions,
        doubts,
        read_gold(db, project_id),
        tuple(SignalState(one, tuple(_name(names, who) for who in one.people)) for one in signals),
        glimpses,
    )


def _doubts(connection: Connection, project_id: int) -> tuple[Doubt, ...]:
    """The least sure answers, disputed ones first; what is undisputed and certain is no doubt."""
    rows = store.list_doubtful(connection, project_id, MOST_DOUBTFUL)
    votes = insight_store.count_votes(connection, sorted({row.task_id for row in rows}))
    doubts = (_doubt(row, votes.get(row.task_id, {}).get(row.question, {})) for row in rows)
    real = [one for one in doubts if one.confidence < _CERTAIN or len(one.votes) > 1]
    return tuple(sorted(real, key=lambda one: (len(one.votes) == 1, one.confidence)))


def _doubt(row: StoredConsensus, said: Mapping[str, int]) -> Doubt:
    ordered = sorted(said.items(), key=lambda vote: (-vote[1], vote[0]))
    return Doubt(
        row.task_id,
        row.question,
        row.value,
        row.confidence,
        row.n_answers,
        row.settled,
        tuple(ordered),
    )


def _candidates(reports: Mapping[str, insight_store.StoredReport]) -> set[int]:
    return {
        one["task_id"] for report in reports.values() for one in report.body.get("label_errors", ())
    }


def _glimpses(connection: Connection, task_ids: Sequence[int]) -> dict[int, Glimpse]:
    """Show what tasks are about: what differs between them, the longest text first."""
    sheets = insight_store.load_sheets(connection, task_ids)
    texts = Counter(
        value
        for sheet in sheets.values()
        for value in sheet.data.values()
        if isinstance(value, str)
    )
    found = {}
    for task_id, sheet in sheets.items():
        own = [
            value
            for value in sheet.data.values()
            if isinstance(value, str) and (texts[value] == 1 or len(sheets) == 1)
        ]
        words = max(own, key=len, default="")
        cut = words if len(words) <= _EXCERPT else words[: _EXCERPT - 1] + "…"
        found[task_id] = Glimpse(cut, sheet.media_sha256)
    return found


def _named(body: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    """Put names to people and sort by them, so that no order can be read as a ranking."""
    people = [one | {"name": _name(names, one["person_id"])} for one in body.get("people", ())]
    return {**body, "people": sorted(people, key=lambda one: (one["name"], one["person_id"]))}


def _name(names: Mapping[int, str], person_id: int) -> str:
    return names.get(person_id, f"Person {person_id}")

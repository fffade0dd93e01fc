"""All the figures of a project's overview, counted at once; they travel as JSON.

The numbers are those of the pages behind them: progress and cost of `read_status`, the forecast of
`read_forecast`, pay of `read_project_pay`. One truth, counted in one place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.money import Money, micros_to_minor_up
from fairhand.model.project import Project
from fairhand.pay.forecast import store as forecasts
from fairhand.pay.forecast.rules import Forecast, Range
from fairhand.proof.release.rules import PayFacts
from fairhand.storage.database import Database
from fairhand.use_cases.read_forecast import SaidAtOpening, read_forecast
from fairhand.use_cases.read_gate import read_gate
from fairhand.use_cases.read_pay import read_project_pay
from fairhand.use_cases.read_project import ProjectStatus, QuestionState, read_project, read_status
from fairhand.work.figures import store
from fairhand.work.figures.store import WorkDay
from fairhand.work.projects.store import Progress

DAYS_SHOWN = 28


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is to come, of the forecast: money and hours, when it ends, what the escrow lacks."""

    money: Range
    total: Range
    hours: Range
    days: Range
    missing_p50: int
    missing_p90: int
    tasks_left: int
    people: int
    said: SaidAtOpening | None


@dataclass(frozen=True, slots=True)
class Figures:
    """A project in figures, as counted at `counted_at`."""

    status: ProjectStatus
    pay: PayFacts | None
    ahead: Ahead
    days: tuple[WorkDay, ...]
    owed_micros: int
    doubtful: int
    missing: tuple[str, ...]  # what the opening gate still asks for
    unsettled_since: Instant | None
    counted_at: Instant

    @property
    def confidence(self) -> float | None:
        """How sure the consensus is on average, over all questions with answers."""
        sure = [
            (one.mean_confidence, one.tasks)
            for one in self.status.questions
            if one.mean_confidence is not None and one.tasks
        ]
        tasks = sum(count for _, count in sure)
        return sum(mean * count for mean, count in sure) / tasks if tasks else None

    @property
    def alpha(self) -> float | None:
        """Agreement beyond chance: of the question where people agree least."""
        return min(
            (one.alpha for one in self.status.questions if one.alpha is not None), default=None
        )

    @property
    def right_per_hour(self) -> float | None:
        """Labels that are right by the answers' own measure, for each hour that was paid."""
        labels = sum(
            one.tasks * one.mean_confidence
            for one in self.status.questions
            if one.mean_confidence is not None
        )
        hours = self.status.paid_ms / 3_600_000
        return labels / hours if hours and labels else None


def count_figures(db: Database, project_id: int, now: Instant) -> Figures:
    """Count everything anew: reads every row of the project. Raises NotFoundError."""
    project = read_project(db, project_id)
    status = read_status(db, project_id, now)
    found = read_forecast(db, project_id, now)
    since = Instant((now // DAY_MS - DAYS_SHOWN + 1) * DAY_MS)
    with db.read() as connection:
        owed = forecasts.load_unsettled(connection, project_id)
        days = store.list_work_days(connection, project_id, since)
        doubtful = store.count_doubtful(connection, project_id, project.target_confidence)
        unsettled = store.unsettled_since(connection, project_id)
    return Figures(
        status=status,
        pay=read_project_pay(db, project_id, project.currency),
        ahead=_ahead(found.forecast, found.said),
        days=tuple(days),
        owed_micros=sum(micros for _, micros in owed.values()),
        doubtful=doubtful,
        missing=() if project.mode == "open" else _missing(db, project_id, now),
        unsettled_since=unsettled,
        counted_at=now,
    )


def missing_words(figures: Figures, project: Project) -> str:
    """Say what nine in ten futures need beyond what is set aside; empty when nothing."""
    if not figures.ahead.missing_p90 or not figures.status.progress.tasks:
        return ""
    needed = Money(micros_to_minor_up(round(figures.ahead.money.p90)), project.currency)
    return (
        f"Nine times in ten the project costs less than {needed} from here on; "
        f"{project.currency} {figures.status.escrow_left} are set aside."
    )


def _missing(db: Database, project_id: int, now: Instant) -> tuple[str, ...]:
    return tuple(issue.message for issue in read_gate(db, project_id, now))


def _ahead(forecast: Forecast, said: SaidAtOpening | None) -> Ahead:
    return Ahead(
        money=forecast.money,
        total=forecast.total,
        hours=forecast.hours,
        days=forecast.days,
        missing_p50=forecast.missing_p50,
        missing_p90=forecast.missing_p90,
        tasks_left=forecast.tasks_left,
        people=forecast.people,
        said=said,
    )


def to_json(figures: Figures) -> dict[str, Any]:
    """Write figures down."""
    return asdict(figures)


def from_json(body: Mapping[str, Any]) -> Figures:
    """Read figures that `to_json` wrote."""
    given, ahead = dict(body["status"]), dict(body["ahead"])
    status = ProjectStatus(
        **given
        | {
            "progress": Progress(**given["progress"]),
            "questions": tuple(QuestionState(**one) for one in given["questions"]),
            "answers_per_task": _pairs(given["answers_per_task"]),
            "holds_up": tuple(given["holds_up"]),
        }
    )
    ranges = {name: Range(**ahead[name]) for name in ("money", "total", "hours", "days")}
    said = None if ahead["said"] is None else SaidAtOpening(**ahead["said"])
    return Figures(
        **dict(body)
        | {
            "status": status,
            "pay": None if body["pay"] is None else PayFacts(**body["pay"]),
            "ahead": Ahead(**ahead | ranges | {"said": said}),
            "missing": tuple(body["missing"]),
            "days": tuple(WorkDay(**day) for day in body["days"]),
        }
    )


def _pairs(found: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((first, second) for first, second in found)

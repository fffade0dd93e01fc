"""A project at a glance: how far, how good, how much, how long, and what holds it up.

Small projects are counted as somebody looks. For large ones the page shows what was counted last,
and says when; what waits for somebody is always looked up now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.model.project import Project
from fairhand.pay.ledger.escrow import load_escrow
from fairhand.people.consent import store as consent
from fairhand.storage.database import Database
from fairhand.use_cases.keep_figures import keep_now
from fairhand.use_cases.project_figures import Figures, count_figures, from_json, missing_words
from fairhand.use_cases.read_project import count_stuck, read_project
from fairhand.work.figures import store
from fairhand.work.figures.rules import Facts, HoldUp, what_holds_up
from fairhand.work.prelabel import store as prelabel
from fairhand.work.projects import store as projects
from fairhand.work.remarks import store as remarks

COUNTED_NOW: Final = 20_000
"""Tasks and answers up to which a project is counted as somebody looks."""

_HISTORY_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class Past:
    """How good a project was at the end of a day."""

    day: int
    confidence: float | None
    alpha: float | None
    right_per_hour: float | None
    finished: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the project page tells."""

    project: Project
    figures: Figures
    history: tuple[Past, ...]
    holds_up: tuple[HoldUp, ...]


def read_overview(db: Database, project_id: int, now: Instant) -> Overview:
    """Gather a project's overview; raises NotFoundError."""
    project = read_project(db, project_id)
    with db.read() as connection:
        days = store.list_days(connection, project_id, _HISTORY_DAYS)
    kept = [(one.day, from_json(one.body)) for one in days]
    figures = current_figures(db, project_id, now)
    today = now // DAY_MS
    past = [_past(day, one) for day, one in kept if day < today]
    facts = _facts(db, project, figures)
    history = (*past, _past(today, figures))
    return Overview(project, figures, history, tuple(what_holds_up(facts, now)))


def current_figures(db: Database, project_id: int, now: Instant) -> Figures:
    """Count a small project now; give what was counted last of a large one."""
    with db.read() as connection:
        is_large = store.size_of(connection, project_id) > COUNTED_NOW
        last = store.list_days(connection, project_id, 1) if is_large else []
    if not is_large:
        return count_figures(db, project_id, now)
    return from_json(last[0].body) if last else keep_now(db, project_id, now)


def _past(day: int, figures: Figures) -> Past:
    finished = figures.status.progress.finished
    return Past(day, figures.confidence, figures.alpha, figures.right_per_hour, finished)


def _facts(db: Database, project: Project, figures: Figures) -> Facts:
    with db.read() as connection:
        waiting = store.list_waiting(connection, project.id)
        asked = remarks.count_waiting(connection, project.id)
        sources = prelabel.list_assistants(connection, project.id)
        joined = consent.list_enrolled(connection, project.id)
        left = load_escrow(connection, project.id)
        progress = figures.status.progress
        stuck = count_stuck(connection, project.id) if progress.people else 0
        kept_back = 0 if progress.tasks else projects.count_tasks(connection, project.id)
    return Facts(
        mode=project.mode,
        tasks=progress.tasks,
        finished=progress.finished,
        answers=progress.answers,
        contributors=len(joined),
        left_micros=left,
        missing=figures.missing,
        doubtful=figures.doubtful,
        stuck=stuck,
        wishes=waiting.wishes,
        remarks=asked,
        disputes=waiting.disputes,
        answer_by=waiting.answer_by,
        failing_sources=[
            f"{one.name} ({one.problem['message']})" for one in sources if one.problem
        ],
        failed_import=waiting.failed_import,
        missing_money=missing_words(figures, project),
        unsettled_since=figures.unsettled_since,
        kept_back=kept_back,
    )

"""What pages and the API read of projects; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.core.money import MICROS, Money
from fairhand.model.project import Project
from fairhand.pay.earnings import store as earnings
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.consent import store as consent
from fairhand.quality import store as quality
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.versions import version_of
from fairhand.work.assignment import store as queue
from fairhand.work.figures.rules import ALL_KEPT_BACK
from fairhand.work.projects import store
from fairhand.work.projects.store import Progress

_LOOK = 200  # as far down the open tasks as a status looks for somebody who could take one


@dataclass(frozen=True, slots=True)
class QuestionState:
    """How good the answers to one question are so far."""

    question: str
    method: str
    tasks: int
    answers: int
    mean_confidence: float | None
    share_settled: float | None
    alpha: float | None
    alpha_low: float | None
    alpha_high: float | None


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """How far, how good, how much, counted now."""

    project_id: int
    mode: str
    progress: Progress
    questions: tuple[QuestionState, ...]
    answers_per_task: tuple[tuple[int, int], ...]
    currency: str
    spent: str
    top_ups: str
    escrow_left: str
    cost_per_answer: str | None
    cost_per_task: str | None
    paid_ms: int
    median_task_ms: int | None
    holds_up: tuple[str, ...]


def read_project(db: Database, project_id: int) -> Project:
    """Load a project; raises NotFoundError."""
    with db.read() as connection:
        project = store.load_project(connection, project_id)
    if project is None:
        raise NotFoundError(f"There is no project {project_id}.")
    return project


def list_visible(db: Database, actor: Actor, *, archived: bool = False) -> list[Project]:
    """List the projects that somebody may see: their own, joined, or offered to them.

    Those that are archived stand in a list of their own, for who runs them.
    """
    with db.read() as connection:
        projects = store.list_projects(connection)
        joined = set(consent.list_joined(connection, actor.person_id))
    return [
        project
        for project in projects
        if (project.archived_at is not None) == archived
        and _is_visible(actor, project, project.id in joined and not archived)
    ]


def _is_visible(actor: Actor, project: Project, joined: bool) -> bool:
    return (
        joined
        or may(actor, "project.status", project.id)
        or (may(actor, "work", project.id) and project.mode not in ("closed", "paused"))
    )


def read_status(db: Database, project_id: int, now: Instant) -> ProjectStatus:
    """Count a project's progress, quality and cost; raises NotFoundError."""
    project = read_project(db, project_id)
    with db.read() as connection:
        version = version_of(db, connection, project.id, project.version)
        progress = store.count_progress(connection, project_id)
        report = quality.load_report(connection, project_id, version.questions)
        cost = earnings.project_cost(connection, project_id)
        median = store.median_task_ms(connection, project_id)
        stuck = count_stuck(connection, project_id) if progress.people else 0
        kept_back = 0 if progress.tasks else store.count_tasks(connection, project_id)
    assert cost is not None, "the project exists"  # noqa: S101
    left = cost.left_micros
    spent = cost.accrued_micros + cost.top_up_micros
    return ProjectStatus(
        project_id=project_id,
        mode=project.mode,
        progress=progress,
        questions=tuple(
            QuestionState(
                one.question,
                one.method,
                one.tasks,
                one.answers,
                one.mean_confidence,
                one.share_settled,
                one.alpha.value if one.alpha else None,
                one.alpha.low if one.alpha else None,
                one.alpha.high if one.alpha else None,
            )
            for one in report.questions
        ),
        answers_per_task=report.answers_per_task,
        currency=project.currency,
        spent=_decimal(spent, project.currency),
        top_ups=_decimal(cost.top_up_micros, project.currency),
        escrow_left=_decimal(left, project.currency),
        cost_per_answer=_per(spent, progress.answers, project.currency),
        cost_per_task=_per(spent, progress.finished, project.currency),
        paid_ms=cost.paid_ms,
        median_task_ms=median,
        holds_up=_holds_up(project, progress, left, stuck, kept_back),
    )


def count_stuck(connection: Connection, project_id: int) -> int:
    """Count tasks that want an answer while nobody who takes part may give it; looks at a few."""
    wanting = queue.count_free(connection, project_id, _LOOK)
    is_stuck = wanting > 0 and not queue.has_takers(connection, project_id, _LOOK)
    return wanting if is_stuck else 0


def _holds_up(
    project: Project, progress: Progress, left_micros: int, stuck: int, kept_back: int
) -> tuple[str, ...]:
    """Say in sentences what keeps the project from going on, the first thing to mend first."""
    found = []
    if progress.tasks == 0:
        found.append(ALL_KEPT_BACK if kept_back else "There are no tasks yet: import some.")
    if left_micros <= 0:
        found.append("No money is set aside: tasks are handed out once the project is funded.")
    if project.mode in ("paused", "closed"):
        found.append(f"The project is {project.mode}.")
    if progress.tasks and progress.people == 0:
        found.append("Nobody has answered yet: invite people.")
    if stuck:
        count = f"{stuck} tasks or more want" if stuck == _LOOK else f"{stuck} tasks want"
        found.append(
            f"{'1 task wants' if stuck == 1 else count} one more answer, and everybody who takes "
            "part has had them: invite more people."
        )
    return tuple(found)


def _decimal(micros: int, currency: str) -> str:
    return Money(micros // MICROS, currency).decimal()


def _per(micros: int, count: int, currency: str) -> str | None:
    """Money per unit, with two digits more than the currency has: answers cost fractions."""
    if not count:
        return None
    whole = Money(0, currency).decimal()
    digits = len(whole.partition(".")[2])
    hundredths = micros * 100 // MICROS // count
    scale = 10 ** (digits + 2)
    return f"{hundredths // scale}.{hundredths % scale:0{digits + 2}d}"

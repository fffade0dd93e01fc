"""What changing labels would do, before anything happens: answers, tasks, money and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt
from statistics import fmean, pstdev
from typing import Final

from fairhand.core.clock import HOUR_MS
from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project, Question
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.label_history import said_now
from fairhand.use_cases.versions import version_of
from fairhand.work.assignment import store as queue
from fairhand.work.projects import change_store, store
from fairhand.work.projects.change_store import Carrying
from fairhand.work.projects.changes import Change, ChangePlan, is_in_sample, plan_changes, translate

_SURE: Final = 1.2816
"""Standard deviations below which nine in ten of a normal distribution lie."""

_FEW: Final = 5


@dataclass(frozen=True, slots=True)
class Touched:
    """Which tasks hold what: answers as they are, answers mapped, and answers that say nothing."""

    answered: frozenset[int]
    mapped: frozenset[int]
    lost: frozenset[int]
    answers: int
    answers_mapped: int
    answers_lost: int
    through: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What asking costs: half of all futures stay under p50, nine in ten under p90."""

    tasks: int
    answers: int
    hours_p50: float
    hours_p90: float
    micros_p50: int
    micros_p90: int


@dataclass(frozen=True, slots=True)
class LabelPreview:
    """Everything about a change before it is made; `costs` by whom it would ask.

    `carrying` is an earlier change that is still under way.
    """

    version: int
    currency: str
    plan: ChangePlan
    touched: Touched
    people: int
    active: int
    costs: dict[str, Cost] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    carrying: Carrying | None = None


def read_label_change(
    db: Database, project_id: int, changes: Sequence[Change], people: int | None = None
) -> LabelPreview:
    """Say what changes would do; `people` more are asked about each task, usually the least.

    Raises NotFoundError, and InvalidError for changes that cannot be made.
    """
    with db.read() as connection:
        project = store.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        questions = version_of(db, connection, project_id, project.version).questions
        plan = plan_changes(questions, changes)
        touched = look_at_answers(connection, project_id, plan)
        asked = people or project.min_overlap
        times = store.list_times(connection, project_id)
        active = queue.count_active(connection, project_id)
        carrying = change_store.load_carrying(connection, project_id)
    costs = {
        ask: _cost(project, len(tasks_to_ask(ask, touched)), asked, times)
        for ask in ("touched", "all", "sample", "none")
    }
    warnings = tuple(_warnings(plan, touched, questions, active, asked))
    return LabelPreview(
        project.version, project.currency, plan, touched, asked, active, costs, warnings, carrying
    )


def read_carrying(db: Database, project_id: int) -> Carrying | None:
    """Say how far the change came that is under way; None where none is."""
    with db.read() as connection:
        return change_store.load_carrying(connection, project_id)


def look_at_answers(
    connection: Connection, project_id: int, plan: ChangePlan, after: int = 0
) -> Touched:
    """Read every answer that counts, and see what the changes do to it."""
    now_said = said_now(connection, project_id)
    answered, mapped, lost = set[int](), set[int](), set[int]()
    answers = answers_mapped = answers_lost = through = 0
    for annotation_id, task_id, version, given in store.iter_given(connection, project_id, after):
        value = now_said(version, given)
        said, gone = translate(value, plan.labels, plan.removed)
        answers, through = answers + 1, annotation_id
        answered.add(task_id)
        # Who answered a question that is not asked any more need not be asked anew.
        if gone - set(plan.removed):
            answers_lost += 1
            lost.add(task_id)
        elif said != value:
            answers_mapped += 1
            mapped.add(task_id)
    return Touched(
        frozenset(answered),
        frozenset(mapped),
        frozenset(lost),
        answers,
        answers_mapped,
        answers_lost,
        through,
    )


def tasks_to_ask(ask: str, touched: Touched) -> frozenset[int]:
    """Choose the tasks about which people are asked again."""
    if ask == "touched":
        return touched.lost
    if ask == "all":
        return touched.answered
    if ask == "sample":
        return frozenset(one for one in touched.answered if is_in_sample(one))
    return frozenset()


def _cost(project: Project, tasks: int, people: int, times: Sequence[int]) -> Cost:
    answers = tasks * people
    measured = [one for one in times if one >= 0]
    if len(measured) < _FEW:  # nothing is known yet but what the owner expects
        mean, spread = float(project.expected_ms), project.expected_ms / 2
    else:
        mean, spread = fmean(measured), pstdev(measured)
    usual = answers * mean
    most = usual + _SURE * spread * sqrt(answers)
    rate = Fraction(project.rate_micros_per_hour, HOUR_MS)
    return Cost(
        tasks,
        answers,
        usual / HOUR_MS,
        most / HOUR_MS,
        round(rate * round(usual)),
        round(rate * round(most)),
    )


def _warnings(
    plan: ChangePlan,
    touched: Touched,
    questions: Sequence[Question],
    active: int,
    people: int,
) -> list[str]:
    found = []
    if plan.added and touched.answered:
        names = ", ".join(plan.added[:5])
        found.append(
            f"Nobody could choose {names} before: some of the {len(touched.answered):,} answered "
            "tasks may be wrong now. Ask a sample first to see how many."
        )
    if touched.lost and active < people:
        found.append(
            f"{active} people take part and {people} are wanted for each task: invite more."
        )
    elif touched.lost:
        found.append(
            "Nobody is given the same task twice: others than those who answered it are asked. "
            "Invite people where everybody has answered."
        )
    now = {one.name for one in plan.questions}
    for one in questions:
        if one.name not in now:
            found.append(f"{one.title!r} is not asked any more; its answers are kept, unreleased.")
    return found

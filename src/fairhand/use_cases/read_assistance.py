"""What an owner reads about assistance in a project; nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project, Question
from fairhand.quality.assistance.bias import Bias
from fairhand.quality.assistance.curve import Curve, CurvePoint, fit_curve, why_no_curve
from fairhand.quality.assistance.helps import Help
from fairhand.quality.assistance.stopping import (
    Advice,
    Lag,
    Pace,
    SliceScore,
    Spent,
    advise,
    find_lags,
    pace_of,
)
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_experiment import (
    learnt_seconds,
    measure_bias,
    measure_help,
    read_experiment,
)
from fairhand.use_cases.versions import version_of
from fairhand.work.prelabel import insight_store, learning_store, store, task_store
from fairhand.work.prelabel.insight_store import Round
from fairhand.work.prelabel.learning_store import LearningPoint
from fairhand.work.prelabel.rules import first_answers
from fairhand.work.prelabel.seconds import Seconds
from fairhand.work.prelabel.store import Assistant, AssistPolicy, ModelVersion, Shown
from fairhand.work.projects import store as projects

_NEWEST: Final = 200
"""How many measurements of a question its curve is fitted to; the newest count."""


@dataclass(frozen=True, slots=True)
class QuestionCurve:
    """The learning curve of one question, carried on where it can be, and what follows from it.

    `why_no_curve` says what is missing where it cannot; `lags` are the slices behind the others.
    """

    question: str
    title: str
    measure: str
    points: tuple[LearningPoint, ...]
    curve: Curve | None
    why_no_curve: str | None
    pace: Pace | None
    advice: Advice
    lags: tuple[Lag, ...]


@dataclass(frozen=True, slots=True)
class Assistance:
    """Everything on the overview page of assistance.

    `answers` are those that hold now, `first_answers` how many the first model takes; `policy` is
    None when assistance was never ticked.
    """

    project: Project
    policy: AssistPolicy | None
    shares: Shown
    shown: ModelVersion | None
    answers: int
    first_answers: int
    curves: tuple[QuestionCurve, ...]
    help: Help
    bias: Bias
    seconds: Seconds
    problems: tuple[Assistant, ...]
    queue: Round | None

    @property
    def is_on(self) -> bool:
        """Whether assistance is ticked."""
        return self.policy is not None and self.policy.is_on


def read_assistance(db: Database, project_id: int) -> Assistance:
    """Read how assistance does in a project; raises NotFoundError for an unknown one."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        asked = version_of(db, connection, project.id, project.version).questions
        policy = store.load_policy(connection, project_id)
        shares = store.load_shown(connection, project_id)
        experiment = read_experiment(connection, project_id, policy)
        assistants = store.list_assistants(connection, project_id)
        points = learning_store.list_points(connection, project_id)
        version_id = shares.version_id
        return Assistance(
            project=project,
            policy=policy,
            shares=shares,
            shown=None if version_id is None else store.load_version(connection, version_id),
            answers=learning_store.count_answers(connection, project_id)[0],
            first_answers=first_answers([question.kind for question in asked]),
            curves=_curves(asked, points, policy, project_id),
            help=measure_help(experiment),
            bias=measure_bias(connection, experiment, asked),
            seconds=learnt_seconds(experiment, asked[0].kind, _medium(connection, project_id)),
            problems=tuple(one for one in assistants if one.problem is not None),
            queue=insight_store.last_round(connection, project_id),
        )


def _medium(connection: Connection, project_id: int) -> str:
    """Name what the tasks hold, as published seconds do: image, audio or text."""
    first = task_store.first_task(connection, project_id)
    rows = [] if first is None else task_store.load_tasks(connection, [first])
    kind = (rows[0].media_type or "text") if rows else "text"
    return kind.partition("/")[0]


def _curves(
    asked: Sequence[Question],
    points: Sequence[LearningPoint],
    policy: AssistPolicy | None,
    project_id: int,
) -> tuple[QuestionCurve, ...]:
    by_question: defaultdict[str, list[LearningPoint]] = defaultdict(list)
    for point in points:
        by_question[point.question].append(point)
    target = None if policy is None else policy.target_quality
    return tuple(
        _curve(question, by_question[question.name][-_NEWEST:], target, project_id)
        for question in asked
        if by_question[question.name]
    )


def _curve(
    question: Question, points: Sequence[LearningPoint], target: float | None, project_id: int
) -> QuestionCurve:
    measured = [CurvePoint(one.judgements, one.score, one.low, one.high) for one in points]
    rng = np.random.default_rng([project_id, len(measured)])
    curve = fit_curve(measured, rng)
    pace = pace_of([Spent(one.judgements, one.paid_ms, one.paid_micros) for one in points])
    newest = points[-1]
    slices = [
        SliceScore(*name.partition("=")[::2], n=int(found["n"]), score=float(found["score"]))
        for name, found in newest.slices.items()
    ]
    return QuestionCurve(
        question.name,
        question.title,
        newest.measure,
        tuple(points),
        curve,
        why_no_curve(measured),
        pace,
        advise(measured[-1], curve, pace, target),
        tuple(find_lags(slices)),
    )

"""How far people agree on each question of a project, whatever its kind, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairhand.labels.answers import Asked
from fairhand.quality.agreement.likeness import mean_likeness
from fairhand.quality.agreement.masks import mask_agreement
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Modelled, Voted
from fairhand.quality.refit import Ballots

Row = tuple[int, int, Mapping[str, Any]]
"""Task, person, and what the person said by question."""


@dataclass(frozen=True, slots=True)
class QuestionAgreement:
    """Agreement on one question with its 95 % interval over `tasks` that have two answers.

    `measure` is alpha (Krippendorff's) for labels, else the kind's own measure of how alike the
    answers of two people are on average (iou for outlines), which is not corrected for chance.
    `value` is None where it cannot be told; `why` says why.
    """

    question: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    tasks: int
    is_subjective: bool
    why: str = ""


def agree_on(
    questions: Sequence[Asked], rows: Iterable[Row], rng: np.random.Generator
) -> list[QuestionAgreement]:
    """Measure agreement question by question; the generator draws the intervals."""
    given = list(rows)
    ballots = Ballots(questions)
    for number, (task_id, person_id, value) in enumerate(given):
        ballots.add(number, task_id, person_id, value)
    alphas = ballots.agreements(rng)
    found = []
    for question in questions:
        kind = KINDS[question.kind]
        if isinstance(kind, Modelled):
            alpha = alphas[question.name]
            why = "" if alpha.value is not None else _why(alpha.tasks)
            figures = (alpha.value, alpha.low, alpha.high, alpha.tasks)
            is_subjective = kind.is_subjective(question.config)
            found.append(QuestionAgreement(question.name, "alpha", *figures, is_subjective, why))
        else:
            found.append(_alike(question, kind, given, rng))
    return found


def _alike(
    question: Asked, kind: Voted, rows: Sequence[Row], rng: np.random.Generator
) -> QuestionAgreement:
    given = defaultdict(list)
    for task_id, _, value in rows:
        if value.get(question.name) is not None:
            given[task_id].append(value[question.name])
    answers = [given[task_id] for task_id in sorted(given)]
    if question.kind == "mask":
        found = mask_agreement(answers, rng=rng)
    else:
        found = mean_likeness(answers, kind.likeness, rng=rng)
    why = "" if found.value is not None else _why(found.tasks)
    figures = (found.value, found.low, found.high, found.tasks)
    return QuestionAgreement(question.name, kind.measure, *figures, False, why)


def _why(tasks: int) -> str:
    if tasks:
        return "everybody gave one and the same answer to everything: take tasks that differ more"
    return "no task has two answers yet"

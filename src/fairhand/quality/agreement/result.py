"""What every measure of agreement gives back, and what may make it doubtful."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Floats
from fairhand.quality.agreement.sums import percentiles

_FEW_TASKS = 30


@dataclass(frozen=True, slots=True)
class Agreement:
    """A measure of agreement and its 95 % interval over `tasks` tasks with two answers or more.

    `value`, `low` and `high` are None where the measure is not defined; `warnings` says why, and
    what else makes it doubtful, one sentence each.
    """

    measure: str
    value: float | None
    low: float | None
    high: float | None
    tasks: int
    answers: int
    people: int
    warnings: tuple[str, ...] = ()


def warnings_about(codes: AnswerCodes, value: float | None, low: float | None) -> tuple[str, ...]:
    """Say what makes agreement in these answers doubtful."""
    size = np.bincount(codes.task, minlength=len(codes.tasks))
    compared, alone = int((size >= 2).sum()), int((size == 1).sum())
    if compared == 0:
        return ("no task has two answers: there is nothing to compare",)
    found = []
    if value is None:
        found.append("only one label was given: agreement cannot be told from chance")
    elif low is not None and low <= 0:
        found.append("the interval reaches 0: people may agree no more than by chance")
    if compared < _FEW_TASKS:
        found.append(f"only {compared} tasks have two answers: the interval is rough")
    if alone:
        found.append(f"{alone} tasks have one answer only and say nothing about agreement")
    return (*found, *_about_people(codes))


def bounded(figures: Floats) -> tuple[float | None, float | None, float | None]:
    """Value, low and high of resampled figures, the first of which is the sample's own."""
    bounds = percentiles(figures[1:])
    if np.isnan(figures[0]):
        return None, None, None
    return (float(figures[0]), *(bounds or (None, None)))


def repeated(codes: AnswerCodes) -> int:
    """Count the answers by somebody who had answered the same task before."""
    return len(codes) - len(np.unique(codes.task * len(codes.workers) + codes.worker))


def _about_people(codes: AnswerCodes) -> list[str]:
    given = np.bincount(codes.worker, minlength=len(codes.workers))
    people = int((given > 0).sum())
    if people == 1:
        return ["all answers are one person's: this is how far they agree with themselves"]
    found = []
    if again := repeated(codes):
        found.append(f"{again} answers repeat a task that their person had answered before")
    share = given.max() / len(codes)
    if people > 2 and share > 0.5:
        name = codes.workers[int(given.argmax())]
        found.append(f"{name!r} gave {share:.0%} of the answers: agreement is mostly with them")
    return found

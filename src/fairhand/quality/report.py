"""A project's quality in figures, for its page and for the release card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairhand.quality.agreement import Alpha


@dataclass(frozen=True, slots=True)
class Tally:
    """How many tasks of a question share a number of answers and a state."""

    question: str
    method: str
    answers: int
    settled: bool
    tasks: int
    confidence_sum: float


@dataclass(frozen=True, slots=True)
class QuestionQuality:
    """One question: how sure, how far settled, how far people agree beyond chance.

    `mean_confidence` is the mean probability of being right for a choice; for a mask it is how
    alike people drew (mean pairwise IoU), and `alpha` is None.
    """

    question: str
    method: str
    tasks: int
    answers: int
    mean_confidence: float | None
    share_settled: float | None
    alpha: Alpha | None


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Every question, and (answers, tasks) pairs: how many answers the tasks took."""

    questions: tuple[QuestionQuality, ...]
    answers_per_task: tuple[tuple[int, int], ...]
    mean_answers: float | None


def summarise(
    questions: Sequence[str], tallies: Sequence[Tally], alphas: Mapping[str, Alpha]
) -> QualityReport:
    """Sum up tallies in the order of the questions; a figure without any task is None."""
    by_question = {
        name: [tally for tally in tallies if tally.question == name] for name in questions
    }
    found = tuple(_question(name, by_question[name], alphas.get(name)) for name in questions)
    # The question most people answered says how many people judged a task.
    widest = max(by_question.values(), key=_answers_of, default=[])
    histogram: dict[int, int] = {}
    for tally in widest:
        histogram[tally.answers] = histogram.get(tally.answers, 0) + tally.tasks
    tasks = sum(histogram.values())
    mean = _answers_of(widest) / tasks if tasks else None
    return QualityReport(found, tuple(sorted(histogram.items())), mean)


def _question(name: str, tallies: Sequence[Tally], alpha: Alpha | None) -> QuestionQuality:
    answered = [tally for tally in tallies if tally.answers]
    tasks = sum(tally.tasks for tally in answered)
    settled = sum(tally.tasks for tally in answered if tally.settled)
    sure = sum(tally.confidence_sum for tally in answered)
    return QuestionQuality(
        question=name,
        method=tallies[0].method if tallies else "",
        tasks=tasks,
        answers=_answers_of(answered),
        mean_confidence=sure / tasks if tasks else None,
        share_settled=settled / tasks if tasks else None,
        alpha=alpha,
    )


def _answers_of(tallies: Sequence[Tally]) -> int:
    return sum(tally.answers * tally.tasks for tally in tallies)

"""One model on one question: everything the report shows, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import orjson

from fairhand.core.errors import InvalidError
from fairhand.labels.answers import Asked
from fairhand.quality.evaluation.ceiling import ByGroup, Ceiling, measure_ceiling, measure_groups
from fairhand.quality.evaluation.failures import LEAST_OVERLAP, Failure, find_failures
from fairhand.quality.evaluation.judged import (
    Estimate,
    Floats,
    Judged,
    match_of,
    mean_estimate,
    measure_of,
    ready,
)
from fairhand.quality.evaluation.labelled import LabelScores, score_labels
from fairhand.quality.evaluation.reliability import (
    Reliability,
    label_table,
    measure_reliability,
)
from fairhand.quality.evaluation.selective import Selective, measure_selective
from fairhand.quality.evaluation.slices import Slices, measure_slices

LEAST_TASKS = 10
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured. `unanswered` tasks, where the model gave nothing, are in no score.

    `reliability` and `selective` are None where the model gave no scores.
    """

    measure: str
    tasks: int
    unanswered: int
    score: Estimate
    labels: LabelScores | None
    reliability: Reliability | None
    selective: Selective | None
    slices: Slices
    ceiling: Ceiling | None
    groups: ByGroup


def evaluate(
    question: Asked,
    judged: Sequence[Judged],
    fields: Sequence[str],
    group_of: Mapping[int, str],
    rng: np.random.Generator,
) -> tuple[Evaluation, list[Failure]]:
    """Measure a model on tasks whose truth is known.

    Raises InvalidError for fewer than ten tasks with an answer of the model: nothing could be said
    of it that another ten tasks would not turn round.
    """
    answered = [one for one in judged if one.predicted is not None]
    if len(answered) < LEAST_TASKS:
        raise InvalidError(
            f"The model and people have both answered {len(answered)} tasks that count here; "
            f"{LEAST_TASKS} are the least that say anything.",
            code="too_few_tasks",
        )
    match = match_of(question)

    def read(answer: Any) -> Any:  # noqa: ANN401  # an answer of the kind
        return ready(question, answer)

    matched = np.array([match(read(one.truth), read(one.predicted)) for one in answered])
    scores = _scores(answered)
    measure = measure_of(question)
    found = Evaluation(
        measure,
        len(answered),
        len(judged) - len(answered),
        mean_estimate(matched),
        _labels(question, answered, rng),
        _reliability(question, answered, scores, matched) if scores is not None else None,
        measure_selective(scores, matched) if scores is not None else None,
        measure_slices(fields, [one.slices for one in answered], matched, scores),
        measure_ceiling(answered, match, read),
        measure_groups(answered, group_of, match, read),
    )
    whole = np.zeros(len(judged))
    whole[[at for at, one in enumerate(judged) if one.predicted is not None]] = matched
    return found, find_failures(judged, whole, measure=measure)


def to_report(found: Evaluation) -> dict[str, Any]:
    """Write an evaluation as JSON values, with the number of this form; NaN becomes null."""
    written = orjson.dumps({"schema": SCHEMA, **asdict(found)}, option=orjson.OPT_SERIALIZE_NUMPY)
    report: dict[str, Any] = orjson.loads(written)
    return report


def classes_of(question: Asked) -> list[str]:
    """Name the labels of a question, in its order."""
    return [label["value"] for label in question.config.get("labels", ())]


def _scores(answered: Sequence[Judged]) -> Floats | None:
    """Scores of every task; None when any is missing, as half a diagram misleads."""
    given = [one.score for one in answered if one.score is not None]
    return np.array(given) if len(given) == len(answered) else None


def _labels(
    question: Asked, answered: Sequence[Judged], rng: np.random.Generator
) -> LabelScores | None:
    if question.kind != "choice":
        return None
    truths = [one.truth for one in answered]
    predicted = [one.predicted for one in answered]
    return score_labels(classes_of(question), truths, predicted, rng)


def _reliability(
    question: Asked, answered: Sequence[Judged], scores: Floats, matched: Floats
) -> Reliability | None:
    """Hold scores against being right; for masks, right is overlapping well enough."""
    right = matched >= (1.0 if question.kind == "choice" else LEAST_OVERLAP)
    table = None
    if question.kind == "choice" and not question.config.get("multiple", False):
        given = [one.probabilities for one in answered]
        table = label_table(classes_of(question), given, [one.truth for one in answered])
    return measure_reliability(scores, right, table)

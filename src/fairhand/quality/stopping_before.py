"""When tasks will stop being asked, before anybody has answered: the redundancy rule, simulated.

People are taken to be right with an assumed chance that varies from task to task, and to be wrong
towards any other class alike; the rule sees what it would see (its posterior), and decides by
`redundancy.decide`, the same function that decides about real tasks. For outlines the agreement
that stands for confidence is taken to be spread about the assumed chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairhand.labels.answers import Asked
from fairhand.labels.label_set import label_values
from fairhand.quality.adaptive.one_task import gain_per_judgement
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.aggregation.confusion import ConfusionPriors, newcomer
from fairhand.quality.redundancy import AskMore, OverlapPolicy, decide

TASKS = 400
SCENARIOS = (0.75, 0.85, 0.93)
"""Chances to be right that are thought equally likely before any answer."""

_SCENARIOS_OF_PARTS = (0.88, 0.94, 0.98)
_VARIES_BY = 8.0
_CLOSE = 6


@dataclass(frozen=True, slots=True)
class _Part:
    """Something that is decided by itself: how many classes, how people do, and how it is known."""

    classes: int
    right: Floats
    is_modelled: bool = True


def stop_chances(
    questions: Sequence[Asked], policy: OverlapPolicy, rng: np.random.Generator
) -> tuple[tuple[float, ...], ...]:
    """Give for each scenario the chance that a task stops after 1, 2, ... answers, once there.

    The last chance is 1. A question without one truth is asked up to the most.
    """
    subjective = any(question.config.get("subjective", False) for question in questions)
    return tuple(
        _never(policy) if subjective else _simulate(questions, policy, at, rng)
        for at in range(len(SCENARIOS))
    )


def _never(policy: OverlapPolicy) -> tuple[float, ...]:
    return (0.0,) * (policy.max_overlap - 1) + (1.0,)


def _simulate(
    questions: Sequence[Asked], policy: OverlapPolicy, scenario: int, rng: np.random.Generator
) -> tuple[float, ...]:
    parts = [part for question in questions for part in _parts(question, scenario, rng)]
    logs = [np.zeros((TASKS, part.classes)) for part in parts]
    going, chances = np.ones(TASKS, dtype=bool), []
    for answers in range(1, policy.max_overlap + 1):
        for part, said in zip(parts, logs, strict=True):
            _answer(part, said, scenario, rng)
        stops = _decided(parts, logs, policy, answers) & going
        chances.append(float(stops.sum() / going.sum()) if going.any() else 1.0)
        going &= ~stops
    return (*chances[:-1], 1.0)


def _parts(question: Asked, scenario: int, rng: np.random.Generator) -> list[_Part]:
    if question.kind != "choice":
        return [_Part(2, _spread(SCENARIOS[scenario], rng), is_modelled=False)]
    labels = len(label_values(question.config))
    if question.config.get("multiple", False):
        chance = _SCENARIOS_OF_PARTS[scenario]
        return [_Part(2, _spread(chance, rng)) for _ in range(labels)]
    return [_Part(max(1, labels), _spread(SCENARIOS[scenario], rng))]


def _spread(chance: float, rng: np.random.Generator) -> Floats:
    drawn: Floats = rng.beta(chance * _VARIES_BY, (1 - chance) * _VARIES_BY, TASKS)
    return drawn


def _table(part: _Part) -> Floats:
    """Give P(given | truth) as the rule believes it: the crowd's mean."""
    mean = float(np.clip(part.right.mean(), 0.01, 0.99))
    return newcomer(part.classes, ConfusionPriors(accuracy=mean))


def _answer(part: _Part, said: Floats, scenario: int, rng: np.random.Generator) -> None:
    """Let one more person answer each task; the truth is class 0."""
    if part.classes < 2 or not part.is_modelled:
        return
    is_right = rng.random(TASKS) < part.right
    given = np.where(is_right, 0, rng.integers(1, part.classes, TASKS))
    said += np.log(_table(part)[:, given].T)


def _decided(
    parts: Sequence[_Part], logs: Sequence[Floats], policy: OverlapPolicy, answers: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Ask the rule about every task; tasks that look alike are asked about once."""
    confidence, gain = np.ones(TASKS), np.zeros(TASKS)
    others = np.ones(TASKS)
    for part, said in zip(parts, logs, strict=True):
        if not part.is_modelled:
            others = np.minimum(others, part.right)
            continue
        weights = np.exp(said - said.max(axis=1, keepdims=True))
        belief = weights / weights.sum(axis=1, keepdims=True)
        confidence *= belief.max(axis=1)
        if policy.worth_micros is not None:
            gain += _gains(belief, _table(part), policy.left(answers))
    sure = others if policy.worth_micros is not None else np.minimum(confidence, others)
    seen = np.stack([sure, gain], axis=1).round(_CLOSE)
    unlike, which = np.unique(seen, axis=0, return_inverse=True)
    stops = [
        not isinstance(decide(policy, answers, float(c), float(g)), AskMore) for c, g in unlike
    ]
    return np.array(stops, dtype=bool)[which.reshape(-1)]


def _gains(belief: Floats, table: Floats, left: int) -> Floats:
    unlike, which = np.unique(belief.round(_CLOSE), axis=0, return_inverse=True)
    found = np.array([gain_per_judgement(one, table, left) for one in unlike])
    gains: Floats = found[which.reshape(-1)]
    return gains

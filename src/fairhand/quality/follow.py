"""One task's new answers, followed: its consensus now, and whether one more person is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fairhand.core.systems import loaded
from fairhand.labels.answers import Asked
from fairhand.quality.adaptive.one_task import gain_per_judgement
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.aggregation.confusion import crowd_confusion
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Beliefs, Counts, Modelled, Part, Voted
from fairhand.quality.online import Answer, OnlineModel
from fairhand.quality.redundancy import AskMore, OverlapPolicy, Stop, decide

SPREAD = "spread"
"""The method of questions without one truth."""

Models = Mapping[tuple[str, str], OnlineModel]
"""(Question, part) to what is known of it."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One annotation as quality reads it; `live` when it counts and nothing has replaced it."""

    annotation_id: int
    person_id: int
    value: Mapping[str, Any]
    live: bool = True


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a task's last consensus put into the models."""

    answer_ids: frozenset[int]
    beliefs: Beliefs


@dataclass(frozen=True, slots=True)
class Consensus:
    """The aggregated answer to one question of a task; `value` is None when nobody answered.

    With `is_spread` the question has no one truth: `value` counts the people behind each label,
    `beliefs` are smoothed shares, and there is nothing to be sure of.
    """

    question: str
    value: Any
    confidence: float
    method: str
    answer_ids: tuple[int, ...]
    beliefs: Beliefs = field(default_factory=dict)
    is_spread: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """A task's consensus, question by question, and what the project's policy says to it."""

    consensus: tuple[Consensus, ...]
    answers: int
    decision: Stop | AskMore


def follow_task(
    questions: Sequence[Asked],
    models: Models,
    judgements: Sequence[Judgement],
    earlier: Mapping[str, Earlier],
    policy: OverlapPolicy,
) -> Followed:
    """Work out a task anew from all of its judgements; the models learn from it in place.

    Doing it again with the same judgements gives the same consensus.
    """
    found = []
    for question in questions:
        kind = KINDS[question.kind]
        if isinstance(kind, Modelled) and kind.is_subjective(question.config):
            found.append(_spread(kind, question, judgements))
        elif isinstance(kind, Modelled):
            found.append(_weigh(kind, question, models, judgements, earlier.get(question.name)))
        else:
            found.append(_vote(kind, question, judgements))
    answers = sum(judgement.live for judgement in judgements)
    if policy.worth_micros is None:
        return Followed(
            tuple(found),
            answers,
            loaded("work.overlap", decide)(policy, answers, task_confidence(found)),
        )
    crowds = {key: crowd_confusion(one.crowd, one.priors) for key, one in models.items()}
    return Followed(tuple(found), answers, decide_by_worth(policy, answers, found, crowds))


def task_confidence(consensus: Sequence[Consensus]) -> float:
    """Give the confidence of the least sure question.

    A question that everybody left open asks for nobody: an answer need not exist. Of a question
    without one truth people are asked up to the most, as nobody can be sure of it.
    """
    return min(
        (0.0 if one.is_spread else one.confidence for one in consensus if one.answer_ids),
        default=1.0,
    )


def decide_by_worth(
    policy: OverlapPolicy,
    answers: int,
    consensus: Sequence[Consensus],
    crowds: Mapping[tuple[str, str], Floats],
) -> Stop | AskMore:
    """Decide by what one more judgement earns over all questions; it answers them all at once.

    `crowds` is P(given | truth) of everybody, by question and part. Questions that are voted on,
    or without one truth, have no such gain: for them the target confidence holds.
    """
    left = policy.left(answers)
    gain = sum(
        gain_per_judgement(belief, crowds[one.question, part], left)
        for one in consensus
        if not one.is_spread
        for part, belief in one.beliefs.items()
    )
    others = [one for one in consensus if one.is_spread or not one.beliefs]
    return loaded("work.overlap", decide)(policy, answers, task_confidence(others), gain)


def _spread(kind: Modelled, question: Asked, judgements: Sequence[Judgement]) -> Consensus:
    counts, counted = {}, set[int]()
    for part in kind.parts(question.config):
        given = _answers(question.name, part, [one for one in judgements if one.live])
        codes = [code for _, (_, code) in given]
        counts[part.name] = np.bincount(codes, minlength=len(part.classes)).astype(np.float64)
        counted.update(annotation_id for annotation_id, _ in given)
    return spread_counts(kind, question, counts, tuple(sorted(counted)))


def spread_counts(
    kind: Modelled, question: Asked, counts: Counts, answer_ids: tuple[int, ...]
) -> Consensus:
    """Write down how people answered a question without one truth; nobody is outweighed.

    The beliefs are the posterior means of the shares under Jeffreys' prior, half an answer for
    each class; the confidence is the share of the most common answer.
    """
    if not answer_ids:
        return Consensus(question.name, None, 0.0, SPREAD, (), is_spread=True)
    beliefs = {part: (found + 0.5) / (found + 0.5).sum() for part, found in counts.items()}
    value = kind.spread(question.config, counts)
    confidence = kind.settle(question.config, beliefs).confidence
    return Consensus(question.name, value, confidence, SPREAD, answer_ids, beliefs, is_spread=True)


def _weigh(
    kind: Modelled,
    question: Asked,
    models: Models,
    judgements: Sequence[Judgement],
    earlier: Earlier | None,
) -> Consensus:
    beliefs, counted = {}, set[int]()
    for part in kind.parts(question.config):
        model = models[question.name, part.name]
        if earlier is not None and part.name in earlier.beliefs:
            was_in = [one for one in judgements if one.annotation_id in earlier.answer_ids]
            before = _answers(question.name, part, was_in)
            if before:
                model.forget([answer for _, answer in before], earlier.beliefs[part.name])
        now = _answers(question.name, part, [one for one in judgements if one.live])
        answers = [answer for _, answer in now]
        belief = model.posterior(answers)
        if answers:
            model.learn(answers, belief)
            beliefs[part.name] = belief
        counted.update(annotation_id for annotation_id, _ in now)
    if not counted:
        return Consensus(question.name, None, 0.0, kind.method, ())
    verdict = kind.settle(question.config, beliefs)
    return Consensus(
        question.name,
        verdict.value,
        verdict.confidence,
        kind.method,
        tuple(sorted(counted)),
        beliefs,
    )


def _answers(
    question: str, part: Part, judgements: Sequence[Judgement]
) -> list[tuple[int, Answer]]:
    found = []
    for judgement in judgements:
        code = part.read(judgement.value.get(question))
        if code is not None:
            found.append((judgement.annotation_id, (judgement.person_id, code)))
    return found


_ERASED = ("", {"erased": True})
"""What stands in the place of what somebody gave of themselves and had erased."""


def _vote(kind: Voted, question: Asked, judgements: Sequence[Judgement]) -> Consensus:
    answered = sorted(
        (one.annotation_id, one.value[question.name])
        for one in judgements
        if one.live and question.name in one.value and one.value[question.name] not in _ERASED
    )
    if not answered:
        return Consensus(question.name, None, 0.0, kind.method, ())
    verdict = kind.settle(question.config, [answer for _, answer in answered])
    ids = tuple(annotation_id for annotation_id, _ in answered)
    return Consensus(question.name, verdict.value, verdict.confidence, kind.method, ids)

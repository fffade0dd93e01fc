"""One task's new answers, followed: its consensus now, and whether one more person is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairhand.labels.answers import Asked
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Beliefs, Modelled, Part, Voted
from fairhand.quality.online import Answer, OnlineModel
from fairhand.quality.redundancy import AskMore, OverlapPolicy, Stop, decide

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
    """The aggregated answer to one question of a task; `value` is None when nobody answered."""

    question: str
    value: Any
    confidence: float
    method: str
    answer_ids: tuple[int, ...]
    beliefs: Beliefs = field(default_factory=dict)


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
        if isinstance(kind, Modelled):
            found.append(_weigh(kind, question, models, judgements, earlier.get(question.name)))
        else:
            found.append(_vote(kind, question, judgements))
    answers = sum(judgement.live for judgement in judgements)
    return Followed(tuple(found), answers, decide(policy, answers, task_confidence(found)))


def task_confidence(consensus: Sequence[Consensus]) -> float:
    """Give the confidence of the least sure question.

    A question that everybody left open asks for nobody: an answer need not exist.
    """
    return min((one.confidence for one in consensus if one.answer_ids), default=1.0)


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


def _vote(kind: Voted, question: Asked, judgements: Sequence[Judgement]) -> Consensus:
    answered = sorted(
        (one.annotation_id, one.value[question.name])
        for one in judgements
        if one.live and question.name in one.value
    )
    if not answered:
        return Consensus(question.name, None, 0.0, kind.method, ())
    verdict = kind.settle(question.config, [answer for _, answer in answered])
    ids = tuple(annotation_id for annotation_id, _ in answered)
    return Consensus(question.name, verdict.value, verdict.confidence, kind.method, ids)

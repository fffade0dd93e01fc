"""The model that is shown proposes for what is next in the queue, a batch at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from fairhand.compute.assistants.contract import AssistantError, Item, Predictor, Proposal
from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.labels.label_set import label_values
from fairhand.labels.registry import AnswerContext, is_empty, normalise_answer, validate_answer
from fairhand.model.project import Question
from fairhand.model.system import automated, loaded
from fairhand.proof.log import store as log
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.model_items import load_items
from fairhand.use_cases.open_version import open_version
from fairhand.use_cases.read_experiment import learnt_seconds, read_experiment
from fairhand.use_cases.versions import version_of
from fairhand.work.prelabel import insight_store, queue_store, store
from fairhand.work.prelabel.ask import Ask, choose_ask
from fairhand.work.prelabel.blind import is_planted
from fairhand.work.prelabel.seconds import Seconds
from fairhand.work.prelabel.store import ModelVersion, NewProposed
from fairhand.work.projects import store as projects

LOOK_AHEAD: Final = 500
"""How many tasks of the queue get a proposal ahead of people."""
BATCH: Final = 64
_LABELS_KEPT: Final = 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks of the queue that the shown version has not proposed for yet.

    `seconds` are what each way of answering takes in this project.
    """

    version: ModelVersion
    questions: tuple[Question, ...]
    policy: str
    seconds: Seconds
    items: tuple[Item, ...]
    predictor: Predictor
    planted: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Gold tasks whose proposal is made wrong, with what is known of them."""


def next_batch(
    db: Database, blobs: BlobStore, project_id: int, *, look: int = LOOK_AHEAD, most: int = BATCH
) -> Batch | None:
    """Find what to propose for next; None when no model is shown, or all is proposed.

    Gold tasks come first: without a proposal they would stand out. Raises AssistantError when the
    model cannot be opened.
    """
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        shown_id = store.load_shown(connection, project_id).version_id
        version = None if shown_id is None else store.load_version(connection, shown_id)
        policy = store.load_policy(connection, project_id)
        if version is None or policy is None or not policy.is_on:
            return None
        one = store.load_assistant(connection, version.assistant_id)
        if one is None or one.kind == "openai":  # paid answers are asked for by runs, with a limit
            return None
        found = queue_store.list_gold_lacking(connection, project_id, version.id, most=most)
        planted = _to_plant(connection, project_id, found)
        if not found:
            found = queue_store.list_lacking(
                connection, project_id, version.id, look=look, most=most
            )
        if not found:
            return None
        questions = version_of(db, connection, project_id, project.version).questions
        items = load_items(connection, blobs, found)
        predictor = open_version(connection, blobs, version, questions)
        experiment = read_experiment(connection, project_id, policy)
    # One that is slow says how many it takes at once, so that its proposals are kept as they come.
    items = items[: int(getattr(predictor, "at_once", most))]
    medium = (items[0].media_type or "text").partition("/")[0]
    seconds = learnt_seconds(experiment, questions[0].kind, medium)
    return Batch(version, questions, policy.ask, seconds, tuple(items), predictor, planted)


def _to_plant(
    connection: Connection, project_id: int, gold_ids: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """Choose the gold tasks to plant on; none where the owner measures nothing blind."""
    if store.load_shown(connection, project_id).blind_permille == 0:
        return {}
    return insight_store.load_known(
        connection, filter(loaded("assist.planted", is_planted), gold_ids)
    )


@automated(
    "assist.propose",
    title="Proposing an answer",
    effect="suggests",
    purpose="Asks the project's model what it would answer to a task that comes next.",
    reads=("the task's content", "answers that the model has learnt from"),
    oversight="People see that it is a proposal, change or refuse it, and are paid for the time "
    "either way. The owner unticks proposals, or goes back to an earlier model.",
)
def propose(batch: Batch) -> list[NewProposed]:
    """Ask the model; raises AssistantError when it fails or does not answer for every task."""
    proposals = batch.predictor.predict(batch.items)
    if len(proposals) != len(batch.items):
        raise AssistantError(
            f"It was asked about {len(batch.items)} tasks and answered for {len(proposals)}."
        )
    proposed = [
        to_proposed(
            item, proposal, batch.questions, batch.version.model, batch.policy, batch.seconds
        )
        for item, proposal in zip(batch.items, proposals, strict=True)
    ]
    return [
        plant(one, batch.planted[one.task_id], batch.questions)
        if one.task_id in batch.planted
        else one
        for one in proposed
    ]


def plant(
    proposed: NewProposed, known: Mapping[str, Any], questions: Sequence[Question]
) -> NewProposed:
    """Make right proposals to choices wrong: the likeliest label that is not the known one.

    Everything else stays, so that nobody can tell it from the model's own mistakes. What is wrong
    already stays as it is.
    """
    value, shares = dict(proposed.value), (proposed.details or {}).get("probabilities", {})
    for question in questions:
        truth = known.get(question.name)
        if question.kind != "choice" or not isinstance(truth, str):
            continue
        if value.get(question.name) != truth:
            continue
        others = [one for one in label_values(question.config) if one != truth]
        likely = shares.get(question.name, {})
        if others:
            value[question.name] = max(others, key=lambda one: likely.get(one, 0.0))
    if value == proposed.value:
        return proposed
    details = {**(proposed.details or {}), "own": dict(proposed.value)}
    return replace(proposed, value=value, details=details, planted=True)


def prelabel_next(db: Database, batch: Batch, proposed: Sequence[NewProposed], now: Instant) -> int:
    """Keep what the model proposed; a task that this version proposed for before keeps that."""
    version = batch.version
    with db.write() as connection:
        saved = store.save_predictions(connection, version.project_id, version.id, proposed, now)
        body = {
            "project": version.project_id,
            "version": version.id,
            "model": version.model,
            "proposed": saved,
        }
        log.append(connection, "assist.proposed", body, now, None, version.project_id)
    return saved


def to_proposed(
    item: Item,
    proposal: Proposal,
    questions: Sequence[Question],
    model: str,
    policy: str,
    seconds: Seconds,
) -> NewProposed:
    """Turn a proposal into what is stored: answers that fit the questions, a score that is one.

    What does not fit a question is left out; when nothing is left, the task is answered from
    nothing (`ask` is `draw`), and the model is not asked about it again.
    """
    value, dropped = _fitting(item, proposal.value or {}, questions)
    score = _share(proposal.score)
    details: dict[str, Any] = dict(proposal.details)
    if shares := _shares(proposal):
        details["probabilities"] = shares
    if proposal.cost_micros:
        details["cost_micros"] = proposal.cost_micros
        details["cost_currency"] = proposal.cost_currency
    if dropped:
        details["did_not_fit"] = dropped
    ask = choose_ask(score, seconds, cast("Ask", policy)) if value else "draw"
    return NewProposed(item.task_id, value, proposal.model or model, score, ask, details or None)


def _fitting(
    item: Item, value: dict[str, Any], questions: Sequence[Question]
) -> tuple[dict[str, Any], list[str]]:
    context = AnswerContext(item.width, item.height, item.data, item.duration_ms)
    kept, dropped = {}, []
    for question in questions:
        answer = value.get(question.name)
        if answer is None or is_empty(question.kind, question.config, answer):
            continue
        issues = validate_answer(question.kind, question.config, answer, context)
        if issues:
            dropped.append(f"{question.name}: {issues[0].message}"[:300])
        else:
            kept[question.name] = normalise_answer(question.kind, question.config, answer)
    return kept, dropped


def _shares(proposal: Proposal) -> dict[str, dict[str, float]]:
    """Keep the likeliest labels of each question."""
    found = {}
    for name, shares in proposal.probabilities.items():
        likeliest = sorted(shares.items(), key=lambda one: -one[1])[:_LABELS_KEPT]
        found[name] = {label: round(float(share), 4) for label, share in likeliest}
    return found


def _share(score: float | None) -> float | None:
    if score is None or not math.isfinite(score):
        return None
    return min(1.0, max(0.0, float(score)))

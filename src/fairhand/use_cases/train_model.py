"""A built-in model learns from people's answers; it is shown when it is better than what is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import numpy as np

from fairhand.compute.assistants.contract import AssistantError, NotEnoughError
from fairhand.compute.models.builtin import BuiltIn
from fairhand.compute.models.several import pack_several
from fairhand.compute.models.trials import Trial
from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.model.project import Project, Question
from fairhand.pay.earnings import store as earnings
from fairhand.proof.log import store as log
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.measure_candidate import Shown, Weighed, weigh
from fairhand.use_cases.model_depth import depth_of
from fairhand.use_cases.model_items import pick_for
from fairhand.use_cases.open_version import open_version
from fairhand.use_cases.read_examples import Gathered, gather_examples
from fairhand.use_cases.set_assist_policy import BUILT_IN
from fairhand.use_cases.task_features import features_of
from fairhand.use_cases.versions import version_of
from fairhand.work.prelabel import learning_store, store
from fairhand.work.prelabel.learning_store import LearningPoint
from fairhand.work.prelabel.rules import first_answers
from fairhand.work.prelabel.store import Assistant, AssistPolicy, NewVersion
from fairhand.work.projects import store as projects

_VERSION_LETTERS: Final = 12
Told = Callable[[int, int], None]
"""Is told how far a long piece of work is: done, of how many."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What training stands on: the project as it was when it was looked at."""

    project: Project
    policy: AssistPolicy
    assistant: Assistant
    questions: tuple[Question, ...]
    picked: dict[str, BuiltIn]
    gathered: Gathered
    holdout_permille: int
    shown_id: int | None
    shown: Shown | None

    @property
    def seed(self) -> int:
        """The seed of this project's models."""
        return self.project.id

    @property
    def checkpoint_sha256(self) -> str:
        """Name what is learnt from: the annotations, and the seed."""
        ids = ",".join(map(str, self.gathered.answer_ids))
        return sha256_hex(f"{self.seed}:{self.assistant.config}:{ids}".encode())


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model that has learnt and been measured, not yet written down; or why there is none."""

    ground: Ground
    version: NewVersion | None = None
    weighed: Weighed | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Trained:
    """How training ended: the version, whether it is shown now, and why, in words."""

    version_id: int | None
    promoted: bool
    words: str


def learn_model(
    db: Database, blobs: BlobStore, project_id: int, told: Told = lambda _done, _total: None
) -> Learnt:
    """Learn from all answers there are and measure it; nothing is written but the weights' blob.

    Takes seconds to minutes and holds no transaction meanwhile. Raises ConflictError when
    assistance is off, AssistantError when the model fails.
    """
    with db.read() as connection:
        ground = _look(db, connection, blobs, project_id)
        known = store.find_checkpoint(connection, ground.assistant.id, ground.checkpoint_sha256)
        data_depth = depth_of(connection, ground.gathered, ground.questions)
    if known is not None:
        return Learnt(ground, why_not=f"Nothing was answered since version {known.number}.")
    began, training = monotonic(), ground.gathered.training
    first = first_answers([question.kind for question in ground.questions])
    if ground.gathered.answers < first:
        words = f"{ground.gathered.answers} answers so far; the first model is trained at {first}."
        return Learnt(ground, why_not=words)
    told(0, 2)
    mark = ground.checkpoint_sha256[:_VERSION_LETTERS]
    try:
        trials, learnt = _learn(db, blobs, ground, mark)
    except NotEnoughError as error:
        return Learnt(ground, why_not=error.message)
    told(1, 2)
    weighed = weigh(
        trials, learnt, ground.gathered.answered, ground.shown, ground.policy.slice_fields
    )
    parts = {trial.question.name: one for trial, one in zip(trials, learnt, strict=True)}
    model = trials[0].model.name if len(parts) == 1 else BUILT_IN
    version = NewVersion(
        project_id,
        ground.assistant.id,
        f"{model}@{mark}",
        weights_sha256=blobs.put(pack_several(parts, mark)),
        checkpoint_sha256=ground.checkpoint_sha256,
        trained_on=len(training),
        held_out=weighed.held_out,
        report=_report(ground, weighed, trials),
        verdict=weighed.verdict.words,
        state="candidate" if weighed.verdict.takes_over else "refused",
        took_ms=round(1_000 * (monotonic() - began)),
        data_depth=data_depth,
    )
    return Learnt(ground, version, weighed)


def train_model(db: Database, learnt: Learnt, now: Instant, person_id: int | None) -> Trained:
    """Write the version down with its point of the learning curve, and show it when it is better.

    Whose model is shown may have changed while this one learnt: then it stays a candidate.
    """
    ground, project_id = learnt.ground, learnt.ground.project.id
    with db.write() as connection:
        policy = store.lock_policy(connection, project_id)
        through, answers = ground.gathered.through, ground.gathered.answers
        store.mark_trained(connection, project_id, through, answers)
        if learnt.version is None or learnt.weighed is None:
            return Trained(None, promoted=False, words=learnt.why_not)
        version_id = store.add_version(connection, learnt.version, now)
        same = store.load_shown(connection, project_id).version_id == ground.shown_id
        is_on = policy is not None and policy.is_on
        promoted = learnt.weighed.verdict.takes_over and same and is_on
        if promoted:
            store.promote(connection, project_id, version_id, now, None)
        store.set_problem(connection, ground.assistant.id, None, now)
        _add_points(connection, learnt.weighed, project_id, version_id, now)
        body = {
            "project": project_id,
            "version": version_id,
            "model": learnt.version.model,
            "checkpoint_sha256": learnt.version.checkpoint_sha256,
            "weights_sha256": learnt.version.weights_sha256,
            "trained_on": learnt.version.trained_on,
            "held_out": learnt.version.held_out,
            "data_depth": learnt.version.data_depth,
            "promoted": promoted,
            "verdict": learnt.version.verdict,
        }
        log.append(connection, "model.trained", body, now, person_id, project_id)
    return Trained(version_id, promoted, learnt.version.verdict)


def _look(db: Database, connection: Connection, blobs: BlobStore, project_id: int) -> Ground:
    project = projects.load_project(connection, project_id)
    if project is None:
        raise NotFoundError(f"There is no project {project_id}.")
    policy = store.load_policy(connection, project_id)
    if policy is None or not policy.is_on:
        raise ConflictError("Assistance is off in this project: tick it first.", code="assist_off")
    one = store.find_assistant(connection, project_id, BUILT_IN)
    if one is None or one.ended_at is not None:
        raise ConflictError("This project has no built-in model to train.", code="no_builtin")
    questions = version_of(db, connection, project_id, project.version).questions
    shown = store.load_shown(connection, project_id)
    picked = pick_for(connection, blobs, project_id, questions)
    asked = [question for question in questions if question.name in picked]
    held = shown.holdout_permille
    return Ground(
        project=project,
        policy=policy,
        assistant=one,
        questions=questions,
        picked=picked,
        gathered=gather_examples(connection, blobs, project, asked, held),
        holdout_permille=held,
        shown_id=shown.version_id,
        shown=open_shown(connection, blobs, shown.version_id, questions),
    )


def open_shown(
    connection: Connection,
    blobs: BlobStore,
    version_id: int | None,
    questions: tuple[Question, ...],
) -> Shown | None:
    """Open the model that people see; one that cannot be opened any more is no rival."""
    version = None if version_id is None else store.load_version(connection, version_id)
    if version is None:
        return None
    try:
        predictor = open_version(connection, blobs, version, questions)
    except AssistantError:
        return None
    return Shown(predictor, version.report.get("through"))


def _learn(
    db: Database, blobs: BlobStore, ground: Ground, mark: str
) -> tuple[list[Trial], list[bytes]]:
    """Learn each question; one with too little to learn from waits, unless all do."""
    answered = ground.gathered.answered
    training = [row for row, one in enumerate(answered) if not one.held_out]
    trials, learnt, missing = [], [], None
    for question in ground.questions:
        if question.name not in ground.picked:
            continue
        model, examples = ground.picked[question.name], [one.example for one in answered]
        features = None
        if hasattr(model.trainer, "fit_features"):
            items = [example.item for example in examples]
            features = features_of(db, blobs, ground.project.id, model.embedder, items)
        trial = Trial(question, model, examples, ground.seed, features)
        rows = [row for row in training if question.name in examples[row].value]
        try:
            learnt.append(trial.learn(np.array(rows, np.int64), mark))
        except NotEnoughError as error:
            missing = missing or error
            continue
        trials.append(trial)
    if not trials:
        raise missing or NotEnoughError("There are no answers to learn from yet.")
    return trials, learnt


def _report(ground: Ground, weighed: Weighed, trials: list[Trial]) -> dict[str, Any]:
    return {
        **weighed.report(),
        "through": ground.gathered.through,
        "answers": ground.gathered.answers,
        "seed": ground.seed,
        "holdout_permille": ground.holdout_permille,
        "models": {trial.question.name: trial.model.name for trial in trials},
        "features": {trial.question.name: trial.model.embedder.name for trial in trials},
    }


def _add_points(
    connection: Connection, weighed: Weighed, project_id: int, version_id: int, now: Instant
) -> None:
    cost = earnings.project_cost(connection, project_id)
    judgements, tasks = learning_store.count_answers(connection, project_id)
    report = weighed.report()["questions"]
    learning_store.add_points(
        connection,
        [
            LearningPoint(
                project_id=project_id,
                model_version_id=version_id,
                question=one.question,
                at=now,
                judgements=judgements,
                tasks=tasks,
                paid_ms=cost.paid_ms if cost else 0,
                paid_micros=cost.accrued_micros + cost.top_up_micros if cost else 0,
                measure=one.measure,
                score=report[one.question]["score"],
                low=report[one.question]["low"],
                high=report[one.question]["high"],
                held_out=weighed.held_out,
                slices=one.slices,
            )
            for one in weighed.measured
        ],
    )

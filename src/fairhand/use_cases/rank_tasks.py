"""What to ask next is chosen anew, and put first in the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError, Features
from fairhand.compute.models.builtin import BuiltIn
from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.labels.label_set import label_values
from fairhand.model.project import Project, Question
from fairhand.model.system import automated
from fairhand.people.conduct import monitor_store as monitors
from fairhand.proof.log import store as log
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.expect_seconds import expect_seconds
from fairhand.use_cases.model_items import load_items, pick_for
from fairhand.use_cases.open_version import open_version
from fairhand.use_cases.read_examples import Gathered, gather_examples
from fairhand.use_cases.task_features import (
    TaskFeatures,
    add_features,
    load_features,
    tidy_features,
)
from fairhand.use_cases.versions import version_of
from fairhand.work.active_learning.choose import choose
from fairhand.work.active_learning.shapes import Choice, Pool, Settings
from fairhand.work.prelabel import queue_store, store, task_store
from fairhand.work.prelabel.blind import is_held_out
from fairhand.work.prelabel.rules import batch_to_rank
from fairhand.work.prelabel.store import AssistPolicy, ModelVersion
from fairhand.work.projects import store as projects

MOST_POOL: Final = 20_000
"""Tasks that are chosen from at most; of more, these are drawn by chance."""
_MOST_LABELLED: Final = 2_000
_EMBED_S: Final = 20.0
"""How long features are made in one round; they are kept, so the next one goes on."""
_STRETCH: Final = 200
"""Tasks that lie side by side in the queue and are drawn together."""
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """What choosing stands on."""

    project: Project
    policy: AssistPolicy
    question: Question
    model: BuiltIn
    gathered: Gathered
    holdout_permille: int
    version: ModelVersion | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Tasks to put first, the most wanted first, and how they were found."""

    project_id: int
    version_id: int | None
    task_ids: tuple[int, ...]
    strategy: str
    phase: str
    pool: int
    why: Mapping[str, Any]
    took_ms: int


@automated(
    "work.rank",
    title="Putting tasks in a new order",
    effect="routes",
    purpose="Puts those tasks first that teach the project's model most for a minute of work, "
    "where an owner has asked for it.",
    reads=("features of the tasks' content", "the model's guesses", "answers so far, unnamed"),
    parameters=(
        ("strategy", "the project's", "how tasks are chosen; see choose.*"),
        ("most tasks", MOST_POOL, "of more, these are drawn by chance"),
    ),
    oversight="It orders tasks, not people; the owner ticks it, and unticks it at any time.",
    switch="The queue keeps the order that it has.",
)
def choose_tasks(
    db: Database,
    blobs: BlobStore,
    project_id: int,
    rng: np.random.Generator,
    told: Told = lambda _done, _total: None,
) -> Chosen | None:
    """Choose what to ask next; None when assistance does not reorder, or nothing is free.

    Holds no transaction while it works. Of a large project a sample is looked at, so that time and
    memory stay bounded. Raises AssistantError when tasks cannot be turned into features.
    """
    began = monotonic()
    with db.read() as connection:
        ground = _look(db, connection, blobs, project_id)
        if ground is None:
            return None
        drawn = _draw_untouched(connection, project_id, rng)
    known = load_features(db, blobs, project_id, ground.model.embedder.name)
    answered = [one.example.item.task_id for one in ground.gathered.training][:_MOST_LABELLED]
    # By chance, so that where time is short those with features are like those without.
    wanted = [*answered, *(int(one) for one in rng.permutation(drawn))]
    known = add_features(
        db, blobs, project_id, ground.model.embedder, known, wanted, most_s=_EMBED_S, told=told
    )
    known, pool, ids = _pool(db, blobs, ground, known, rng)
    if not len(ids):
        return None
    with db.read() as connection:
        expected = expect_seconds(
            connection,
            ground.policy,
            ground.question.kind,
            [int(one) for one in ids],
            pool.probabilities,
        )
    pool = replace(pool, seconds=expected.seconds)
    batch = batch_to_rank(ground.gathered.answers, ground.project.min_overlap)
    settings = Settings(
        strategy=ground.policy.strategy,
        quotas=ground.policy.coverage,
        holdout_share=ground.holdout_permille / 1_000,
    )
    choice = choose(pool, min(batch, len(ids)), rng, settings)
    return Chosen(
        project_id,
        ground.version.id if ground.version else None,
        tuple(int(ids[row]) for row in _mix(choice, rng)),
        choice.strategy,
        choice.phase,
        len(ids),
        {
            "reasons": dict(Counter(choice.reasons)),
            "answered": len(answered),
            "seconds": _told_seconds(expected.seconds, choice),
            "measured_answers": expected.measured,
        },
        round(1_000 * (monotonic() - began)),
    )


def _told_seconds(seconds: NDArray[np.float64], choice: Choice) -> dict[str, float]:
    """Tell what a task takes: usually, and of those that were chosen to be asked next."""
    taught = [
        row for row, why in zip(choice.indices, choice.reasons, strict=True) if why != "holdout"
    ]
    chosen = seconds[taught] if taught else seconds
    return {"usual": round(float(seconds.mean()), 1), "chosen": round(float(chosen.mean()), 1)}


def rank_tasks(db: Database, chosen: Chosen, now: Instant) -> int:
    """Put the chosen tasks first among those that nobody has taken; tell how many are there.

    Safe while people take tasks: what was taken since the choice keeps its place.
    """
    with db.write() as connection:
        moved = queue_store.put_first(connection, chosen.project_id, chosen.task_ids)
        why = orjson.dumps(dict(chosen.why)).decode()
        queue_store.add_round(
            connection,
            project_id=chosen.project_id,
            version_id=chosen.version_id,
            strategy=chosen.strategy,
            phase=chosen.phase,
            pool=chosen.pool,
            chosen=moved,
            why=why,
            took_ms=chosen.took_ms,
            now=now,
        )
        body = {
            "project": chosen.project_id,
            "version": chosen.version_id,
            "strategy": chosen.strategy,
            "phase": chosen.phase,
            "pool": chosen.pool,
            "chosen": moved,
        }
        log.append(connection, "queue.ranked", body, now, None, chosen.project_id)
    return moved


def _look(db: Database, connection: Connection, blobs: BlobStore, project_id: int) -> Ground | None:
    project = projects.load_project(connection, project_id)
    if project is None:
        raise NotFoundError(f"There is no project {project_id}.")
    policy = store.load_policy(connection, project_id)
    if policy is None or not policy.is_on:
        raise ConflictError("Assistance is off in this project: tick it first.", code="assist_off")
    if not policy.reorders or policy.strategy == "" or monitors.is_off(connection, "work.rank"):
        return None
    questions = version_of(db, connection, project_id, project.version).questions
    try:
        picked = pick_for(connection, blobs, project_id, questions)
    except AssistantError:
        return None  # no features for such tasks: the queue stays in its order
    question = next(one for one in questions if one.name in picked)
    shown = store.load_shown(connection, project_id)
    gathered = gather_examples(connection, blobs, project, [question], shown.holdout_permille)
    versions = store.list_versions(connection, project_id, most=20)
    trained = next((one for one in versions if one.weights_sha256 is not None), None)
    model = picked[question.name]
    return Ground(project, policy, question, model, gathered, shown.holdout_permille, trained)


def _draw_untouched(connection: Connection, project_id: int, rng: np.random.Generator) -> list[int]:
    """Draw tasks that nobody has taken: all of them, or stretches of the queue by chance."""
    ends = queue_store.untouched_ends(connection, project_id)
    if ends is None:
        return []
    found = queue_store.list_untouched(connection, project_id, ends[0], MOST_POOL + 1)
    if len(found) <= MOST_POOL:
        return found
    drawn: dict[int, None] = {}
    for first in rng.integers(ends[0], ends[1] + 1, size=MOST_POOL // _STRETCH):
        stretch = queue_store.list_untouched(connection, project_id, int(first), _STRETCH)
        drawn.update(dict.fromkeys(stretch))
    return list(drawn)


def _pool(
    db: Database,
    blobs: BlobStore,
    ground: Ground,
    known: TaskFeatures,
    rng: np.random.Generator,
) -> tuple[TaskFeatures, Pool, NDArray[np.int64]]:
    """Gather what is chosen from: tasks with features that nobody has taken, and those answered."""
    project_id, training = ground.project.id, ground.gathered.training[:_MOST_LABELLED]
    ids = [int(task_id) for task_id in known.task_ids]
    with db.read() as connection:
        untouched = queue_store.keep_untouched(connection, project_id, ids)
    taught = {one.example.item.task_id for one in ground.gathered.answered}
    wanted = np.array([one in untouched or one in taught for one in ids], dtype=bool)
    known = tidy_features(db, blobs, project_id, ground.model.embedder.name, known, wanted)
    free = np.flatnonzero([int(task_id) in untouched for task_id in known.task_ids])
    if len(free) > MOST_POOL:
        free = np.sort(rng.choice(free, MOST_POOL, replace=False))
    taught_rows = known.rows_of([one.example.item.task_id for one in training])
    has_features = taught_rows >= 0
    features, pool_ids = known.features[free], known.task_ids[free]
    values = label_values(ground.question.config) if "labels" in ground.question.config else []
    held = np.array([is_held_out(int(one), ground.holdout_permille) for one in pool_ids], bool)
    pool = Pool(
        features=features,
        probabilities=_probabilities(db, blobs, ground, features, pool_ids),
        labelled_features=known.features[taught_rows[has_features]],
        labels=_labels(ground, values)[has_features],
        classes=len(values) or None,
        held_out=held,
    )
    return known, _with_slices(db, ground, pool, pool_ids, has_features), pool_ids


def _labels(ground: Ground, values: Sequence[str]) -> NDArray[np.int64]:
    """Give the class of each answered task; -1 where it has several, or none."""
    places = {value: at for at, value in enumerate(values)}
    answers = [
        one.example.value.get(ground.question.name)
        for one in ground.gathered.training[:_MOST_LABELLED]
    ]
    return np.array(
        [places.get(answer, -1) if isinstance(answer, str) else -1 for answer in answers], np.int64
    )


def _probabilities(
    db: Database,
    blobs: BlobStore,
    ground: Ground,
    features: Features,
    pool_ids: NDArray[np.int64],
) -> NDArray[np.float32] | None:
    """Ask the newest trained model about the features; None before there is one that can tell."""
    single = ground.question.kind == "choice" and not ground.question.config.get("multiple")
    if ground.version is None or not single or not len(features):
        return None
    with db.read() as connection:
        questions = version_of(db, connection, ground.project.id, ground.project.version).questions
        try:
            opened: Any = open_version(connection, blobs, ground.version, questions)
        except AssistantError:
            return None
    for part in getattr(opened, "parts", (opened,)):
        same = getattr(part, "question", None) == ground.question.name
        if same and part.embedder.name == ground.model.embedder.name:
            items = []
            if part.beside is not None:  # it also looks at the tasks themselves
                with db.read() as connection:
                    items = load_items(connection, blobs, [int(one) for one in pool_ids])
            return np.asarray(part.probabilities(features, items), np.float32)
    return None


def _with_slices(
    db: Database,
    ground: Ground,
    pool: Pool,
    pool_ids: NDArray[np.int64],
    has_features: NDArray[np.bool_],
) -> Pool:
    """Add the fields that the owner asks coverage of."""
    fields = list(ground.policy.coverage)
    if not fields:
        return pool
    with db.read() as connection:
        rows = task_store.load_tasks(connection, [int(one) for one in pool_ids])
    training = ground.gathered.training[:_MOST_LABELLED]
    taught = [one for one, has in zip(training, has_features, strict=True) if has]
    return replace(
        pool,
        slices={name: _words([row.data.get(name) for row in rows]) for name in fields},
        labelled_slices={
            name: _words([one.example.item.data.get(name) for one in taught]) for name in fields
        },
    )


def _words(values: Sequence[Any]) -> NDArray[np.str_]:
    return np.array(["" if value is None else str(value) for value in values], dtype=np.str_)


def _mix(choice: Choice, rng: np.random.Generator) -> NDArray[np.int64]:
    """Mix what is held out among the rest by chance; the rest keep their order."""
    held = np.array([why == "holdout" for why in choice.reasons], dtype=bool)
    places = rng.permutation(len(choice.indices))
    mixed = np.empty(len(choice.indices), np.int64)
    mixed[np.sort(places[: held.sum()])] = choice.indices[held]
    mixed[np.sort(places[held.sum() :])] = choice.indices[~held]
    return mixed

"""Say anew how hard the tasks of a queue are, from what people said of those that they saw.

Severity of an unseen item: what people who saw it said, else a model's tier that nine in ten texts
like it do not pass, else the tier that nine in ten rated items of the queue do not pass, else what
the project declares. Nobody's name is read, and nothing of it reaches a manager.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant
from fairhand.core.systems import automated
from fairhand.model.project import Project
from fairhand.people.wellbeing import policy_store, store
from fairhand.people.wellbeing.policy import (
    QUANTILE,
    ExposureTerms,
    modality_of,
    severity_of,
)
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.expected_dose import expected, visible_for
from fairhand.work.assignment import hard_store
from fairhand.work.assignment.hard_store import Weight
from fairhand.work.projects import store as projects

FEWEST_VOTES: Final = 10
"""Rated items from which on the queue's own spread, and a model, say something."""
_TIERS: Final = 5
_SEED: Final = 7


def weigh_content(db: Database, now: Instant, known: dict[int, int] | None = None) -> int:
    """Weigh every queue that may show hard content; returns how many tasks changed.

    `known` remembers by project how many ratings there were, so that a model is fitted only when
    there are more; it is changed.
    """
    known = {} if known is None else known
    with db.read() as connection:
        wanted = hard_store.list_to_weigh(connection)
    changed = 0
    for project_id in wanted:
        with db.read() as connection:
            votes = store.list_votes(connection, project_id)
            number = sum(map(len, votes.values()))
            model: Mapping[int, int] | None = None
            if number != known.get(project_id):
                model = model_tiers(connection, project_id, votes)
        changed += _weigh(db, project_id, votes, model, now)
        known[project_id] = number
    return changed


def _weigh(
    db: Database,
    project_id: int,
    votes: Mapping[int, Sequence[int]],
    model: Mapping[int, int] | None,
    now: Instant,
) -> int:
    """Write what changed in one project, and let people look from the top again."""
    with db.write() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            return 0
        terms = policy_store.load_terms(connection, now, project_id)
        visible_ms = visible_for(connection, project)
        changed = 0
        for piece in hard_store.each_weight(connection, project_id):
            new = list(_changes(project, piece, terms, visible_ms, votes, model))
            hard_store.save_weights(connection, new)
            changed += len(new)
        if changed:
            hard_store.look_anew(connection, project_id)
            body = {"project": project_id, "tasks": changed}
            log.append(connection, "queue.weighed", body, now, None, project_id)
    return changed


def _changes(
    project: Project,
    piece: Sequence[Weight],
    terms: ExposureTerms,
    visible_ms: int,
    votes: Mapping[int, Sequence[int]],
    model: Mapping[int, int] | None,
) -> Iterator[Weight]:
    """Give what weighs something else now; without a new model tiers stay and doses follow."""
    most = [max(rated) for rated in votes.values()]
    spread = most if len(most) >= FEWEST_VOTES else []
    for one in piece:
        tier = one.tier
        if model is not None and (project.tier or one.task_id in votes or one.task_id in model):
            tier = severity_of(
                declared=project.tier,
                votes=votes.get(one.task_id, ()),
                model_at_most=model.get(one.task_id),
                queue_votes=spread,
            )
        dose = expected(tier, visible_ms, terms, modality_of(one.media_type))
        if (tier, dose) != (one.tier, one.dose):
            yield Weight(one.task_id, tier, dose, one.media_type)


@automated(
    "content-severity",
    title="How hard a text is to read",
    effect="routes",
    purpose="Takes unseen texts to be as hard as nine in ten texts like them, so that people are "
    "not shown more than they agreed to.",
    reads=("the texts of the project", "how hard people found those that they saw, without names"),
    parameters=(
        ("quantile", QUANTILE, "the higher, the more careful"),
        ("rated items needed", FEWEST_VOTES, "below, what the project declares holds"),
    ),
    oversight="What a person says of an item goes before the model for that item; a model never "
    "lowers the tier that people must have agreed to.",
)
def model_tiers(
    connection: Connection, project_id: int, votes: Mapping[int, Sequence[int]]
) -> dict[int, int]:
    """Give the upper quantile of each unrated text's tier; nothing where too little is rated."""
    if len(votes) < FEWEST_VOTES or len({tier for rated in votes.values() for tier in rated}) < 2:
        return {}
    texts = dict(_texts(connection, project_id))
    rated = [task_id for task_id in votes if task_id in texts]
    if len(rated) < FEWEST_VOTES:
        return {}
    import numpy as np

    from fairhand.compute.assistants.contract import NotEnoughError
    from fairhand.compute.models.tiers import fit_tiers, open_tiers

    counts = np.zeros((len(rated), _TIERS))
    for row, task_id in enumerate(rated):
        for tier in votes[task_id]:
            counts[row, tier] += 1
    try:
        model = open_tiers(fit_tiers([texts[one] for one in rated], counts, seed=_SEED))
    except NotEnoughError:
        return {}
    unrated = [task_id for task_id in texts if task_id not in votes]
    if not unrated:
        return {}
    found = model.propose([texts[one] for one in unrated], risk=round(1 - QUANTILE, 6))
    return {one: told.at_most for one, told in zip(unrated, found, strict=True)}


def _texts(connection: Connection, project_id: int) -> Iterator[tuple[int, str]]:
    for piece in hard_store.each_text(connection, project_id):
        for task_id, kept in piece:
            data: dict[str, Any] = orjson.loads(kept)
            if isinstance(words := data.get("text"), str) and words.strip():
                yield task_id, words

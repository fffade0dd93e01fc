"""How hard a task is expected to be before anybody has seen it; a part of importing and weighing.

The time that its content can be seen is taken to be one that nine in ten tasks stay under.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log
from typing import Final

from fairhand.core.clock import Instant
from fairhand.model.project import Project
from fairhand.model.task import Media
from fairhand.pay.estimates import store as estimates
from fairhand.people.wellbeing import policy_store, store
from fairhand.people.wellbeing.policy import (
    QUANTILE,
    ExposureTerms,
    Modality,
    dose_of,
    modality_of,
)
from fairhand.storage.database import Connection

MEASURED_FROM: Final = 30
"""Visible times from which on they are believed; before, the time that a task is told to take."""
_STEP: Final = 1.1
_EXACT: Final = 1e-9
_SPREAD: Final = 2.5
"""Nine in ten against half, before anything is measured: as `pay.estimates` takes it."""


def doses_of(
    connection: Connection, project: Project, media: Sequence[Media | None], now: Instant
) -> list[int]:
    """Give the dose of each new task of a project; nothing is asked where content is harmless."""
    if project.tier == 0:
        return []
    terms = policy_store.load_terms(connection, now, project.id)
    visible_ms = visible_for(connection, project)
    kinds = [modality_of(one.content_type if one else None) for one in media]
    known = {kind: expected(project.tier, visible_ms, terms, kind) for kind in set(kinds)}
    return [known[kind] for kind in kinds]


def expected(tier: int, visible_ms: int, terms: ExposureTerms, kind: Modality) -> int:
    """Give a task's dose: what is hard is never counted as nothing, however quick it is."""
    return max(1, dose_of(tier, visible_ms, terms, kind)) if tier else 0


def visible_for(connection: Connection, project: Project) -> int:
    """Say for how long content of a project can be seen in nine of ten tasks, in milliseconds."""
    seen = sorted(store.list_visible(connection, project.id))
    if len(seen) >= MEASURED_FROM:
        return _up_a_step(seen[ceil(QUANTILE * len(seen)) - 1])
    told = estimates.load_latest(connection, [project.id]).get(project.id)
    return told.told.p90_ms if told else round(_SPREAD * project.expected_ms)


def _up_a_step(ms: int) -> int:
    """Round up to the next of steps a tenth apart, so that a queue is not weighed anew all day."""
    return ceil(_STEP ** ceil(log(ms) / log(_STEP) - _EXACT))

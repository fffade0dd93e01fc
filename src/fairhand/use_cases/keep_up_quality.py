"""Every project's new answers are aggregated, and what has grown by a fifth is learned anew.

Meant to be called every few seconds. It tells a story per project and logs nothing of its own.
"""

from __future__ import annotations

from fairhand.core.clock import Clock
from fairhand.quality import store
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.refit_quality import refit_quality

STEP = 500
"""Answers in one transaction: short enough that people who submit meanwhile do not notice."""


def keep_up_quality(db: Database, clock: Clock, step: int = STEP) -> int:
    """Aggregate all answers that wait, in every project; return how many."""
    with db.read() as connection:
        waiting = store.list_projects_with_fresh(connection)
    answers = 0
    for project_id in waiting:
        due, more = False, True
        while more:
            result = aggregate_labels(db, project_id, clock(), step)
            answers += result.answers
            due, more = due or result.refit_due, result.more
        if due:
            refit_quality(db, project_id, clock(), in_passing=True)
    return answers

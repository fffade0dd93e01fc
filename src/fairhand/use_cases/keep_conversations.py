"""Every project's conversation trees take in what was answered since.

Meant to be called every few seconds. It tells a story per project and logs nothing of its own.
"""

from __future__ import annotations

from fairhand.core.clock import Clock
from fairhand.storage.database import Database
from fairhand.use_cases.grow_conversations import grow_conversations
from fairhand.use_cases.tree_steps import asks_for_trees
from fairhand.use_cases.versions import current_version
from fairhand.work.projects import store as projects


def keep_conversations(db: Database, clock: Clock) -> int:
    """Grow all trees by all answers that wait; return how many answers that were."""
    with db.read() as connection:
        open_ones = [one for one in projects.list_projects(connection) if one.mode != "closed"]
    answers = 0
    for project in open_ones:
        if not asks_for_trees(current_version(db, project.id, project.version).questions):
            continue
        more = True
        while more:
            result = grow_conversations(db, project.id, clock())
            answers, more = answers + result.answers, result.more
    return answers

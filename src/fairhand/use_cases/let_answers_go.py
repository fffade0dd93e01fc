"""Somebody withdrew from a project: what was worked out of their answers is worked out without.

A part of the stories by which people leave. Their answers stay with them and were paid; a task's
answer is joined anew from those of the others. What a reviewer gave as their own answer stands by
itself. What a reviewer accepted stands for as long as somebody else has said it too; otherwise it
falls, and the task comes before a review like any other.
"""

from __future__ import annotations

from fairhand.quality import store as quality
from fairhand.storage.database import Connection
from fairhand.use_cases.label_history import answers_now
from fairhand.work.review import store as reviews


def let_answers_go(connection: Connection, person_id: int, project_id: int) -> None:
    """Do without somebody's answers, once their grant is withdrawn."""
    quality.aggregate_without(connection, project_id, person_id)
    for task_id, review_id, value in reviews.list_accepted_with(connection, project_id, person_id):
        others = answers_now(connection, project_id, task_id)
        if all(any(one.value.get(name) == said for one in others) for name, said in value.items()):
            continue
        if reviews.unadjudicate(connection, task_id, review_id):
            quality.let_fall(connection, task_id)

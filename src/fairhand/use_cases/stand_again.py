"""What a reviewer let stand for a task is its consensus again, once nothing else is."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.quality import store as quality
from fairhand.storage.database import Connection
from fairhand.work.review import store as reviews


def stand_again(connection: Connection, project_id: int, task_id: int, now: Instant) -> bool:
    """Put back what stands for a task; False where nothing does."""
    standing = reviews.load_standing(connection, task_id)
    if standing is None:
        return False
    ids = [one.annotation_id for one in reviews.list_answers(connection, task_id)]
    quality.let_stand(connection, project_id, task_id, standing[1], ids, now)
    return True

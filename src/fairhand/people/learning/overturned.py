"""SQL of exams that asked a gold task which was overturned: any answer to it is right."""

from __future__ import annotations

from sqlalchemy import text

from fairhand.storage.database import Connection

_FAILED_BY = text(
    "SELECT DISTINCT a.id FROM attempt_answer AS x JOIN attempt AS a ON a.id = x.attempt_id "
    "WHERE x.task_id = :task_id AND NOT x.is_right AND a.kind = 'exam' AND a.state = 'failed' "
    "ORDER BY a.id"
)
_RIGHT = text("UPDATE attempt_answer SET is_right = true WHERE task_id = :task_id AND NOT is_right")
_FORGET_CARDS = text("DELETE FROM practice_card WHERE task_id = :task_id")


def take_out_of_exams(connection: Connection, task_id: int) -> list[int]:
    """Call every answer to a task right, and practise it no more; list the exams to judge again."""
    failed = list(connection.execute(_FAILED_BY, {"task_id": task_id}).scalars())
    connection.execute(_RIGHT, {"task_id": task_id})
    connection.execute(_FORGET_CARDS, {"task_id": task_id})
    return failed

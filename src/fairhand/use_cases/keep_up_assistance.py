"""The tick that sees when a ticked project has answers to learn from, or tasks to propose for."""

from __future__ import annotations

from fairhand.core.clock import Clock, Instant
from fairhand.core.errors import ConflictError
from fairhand.model.system import loaded
from fairhand.people.conduct import monitor_store as monitors
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.ask_assist_work import AskAssistWork, ask_assist_work
from fairhand.use_cases.versions import version_of
from fairhand.work.prelabel import learning_store, queue_store, store
from fairhand.work.prelabel.learning_store import Growth
from fairhand.work.prelabel.rules import (
    first_answers,
    is_time_to_train,
    wait_after_failures,
)

_NEAR = 60
_FEW = 20


def keep_up_assistance(db: Database, clock: Clock) -> int:
    """Ask for what is due in each ticked project; tell how many jobs were asked for."""
    now = clock()
    with db.read() as connection:
        if monitors.is_off(connection, "assist.learn"):
            return 0
        due = []
        for growth in learning_store.list_growth(connection):
            version = version_of(db, connection, growth.project_id, growth.project_version)
            first = first_answers([question.kind for question in version.questions])
            if loaded("assist.learn", is_time_to_train)(
                growth.fresh, growth.trained_answers, first
            ):
                due.append((growth, "train"))
            elif growth.shown_version_id is not None and _lacks(connection, growth, now):
                due.append((growth, "propose"))
    asked = 0
    for growth, work in due:
        try:
            command = AskAssistWork(growth.project_id, work)
            asked += ask_assist_work(db, command, now) is not None
        except ConflictError:
            continue  # unticked a moment ago
    return asked


def _lacks(connection: Connection, growth: Growth, now: Instant) -> bool:
    """Say whether people come near tasks without a proposal, and the model may be asked again."""
    version_id = growth.shown_version_id
    version = None if version_id is None else store.load_version(connection, version_id)
    if version is None:
        return False
    lacking = queue_store.list_lacking(
        connection, growth.project_id, version.id, look=_NEAR, most=_FEW
    )
    is_end = len(lacking) < _FEW and queue_store.is_short(connection, growth.project_id, _NEAR)
    if not lacking or (len(lacking) < _FEW and not is_end):
        return False
    assistant = store.load_assistant(connection, version.assistant_id)
    if assistant is None or assistant.ended_at is not None:
        return False
    problem = assistant.problem
    return problem is None or now >= problem["at"] + wait_after_failures(problem["count"])

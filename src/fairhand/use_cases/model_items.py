"""Tasks as models see them; a file is read when a model asks for it, and only then."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from fairhand.compute.assistants.contract import AssistantError, Item
from fairhand.compute.models.builtin import BuiltIn, pick_builtin
from fairhand.model.project import Question
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection
from fairhand.work.prelabel import task_store
from fairhand.work.prelabel.task_store import TaskRow


def load_items(connection: Connection, blobs: BlobStore, task_ids: Iterable[int]) -> list[Item]:
    """Load tasks for a model, in the order asked for."""
    return [to_item(row, blobs) for row in task_store.load_tasks(connection, task_ids)]


def to_item(row: TaskRow, blobs: BlobStore) -> Item:
    """Turn a stored task into what a model sees."""
    media = None if row.media_sha256 is None else partial(blobs.get, row.media_sha256)
    return Item(row.id, row.data, media, row.media_type, row.width, row.height, row.duration_ms)


def pick_for(
    connection: Connection, blobs: BlobStore, project_id: int, questions: Iterable[Question]
) -> dict[str, BuiltIn]:
    """Pick the built-in model for each question that one can answer, by question name.

    Raises AssistantError, saying why, when none of them can be answered by a built-in model.
    """
    first = task_store.first_task(connection, project_id)
    if first is None:
        raise AssistantError("There are no tasks yet to see what they hold.", code="no_tasks")
    sample = load_items(connection, blobs, [first])[0]
    picked, problem = {}, None
    for question in questions:
        try:
            picked[question.name] = pick_builtin(question, sample)
        except AssistantError as error:
            problem = problem or error
    if not picked:
        raise problem or AssistantError("The project asks nothing.", code="no_builtin")
    return picked

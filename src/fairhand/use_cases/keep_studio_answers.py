"""What another tool sends over its API is kept as it was sent, beside what became of it here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.formats.label_studio.reading import SOURCE
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.foreign import store as foreign


@dataclass(frozen=True, slots=True)
class BringPrediction:
    """A prediction for a task, as it was sent; `value` is what of it answers our questions."""

    person_id: int
    project_id: int
    task_id: int
    original: Mapping[str, Any]
    value: Mapping[str, Any]
    model: str
    score: float | None


def bring_predictions(
    db: Database, project_id: int, brought: list[BringPrediction], now: Instant
) -> None:
    """Add predictions and keep them as they were sent; raises NotFoundError for an unknown task."""
    with db.write() as connection:
        for one in brought:
            if foreign.project_of_task(connection, one.task_id) != project_id:
                raise NotFoundError(f"There is no task {one.task_id} in project {project_id}.")
            made = None
            if one.value:
                made = foreign.add_prediction(
                    connection,
                    project_id=project_id,
                    task_id=one.task_id,
                    value=one.value,
                    model=one.model,
                    score=one.score,
                    now=now,
                )
            foreign.keep_answer(
                connection,
                project_id=project_id,
                task_id=one.task_id,
                source=SOURCE,
                kind="prediction",
                original=one.original,
                now=now,
                prediction_id=made,
            )
        body = {"project": project_id, "predictions": len(brought)}
        author = brought[0].person_id if brought else None
        log.append(connection, "predictions.brought", body, now, author, project_id)


def keep_sent_answer(
    db: Database,
    project_id: int,
    task_id: int,
    annotation_id: int,
    original: Mapping[str, Any],
    now: Instant,
) -> None:
    """Keep an answer as it was sent, beside the annotation that it became."""
    with db.write() as connection:
        foreign.keep_answer(
            connection,
            project_id=project_id,
            task_id=task_id,
            source=SOURCE,
            kind="annotation",
            original=original,
            now=now,
            annotation_id=annotation_id,
        )

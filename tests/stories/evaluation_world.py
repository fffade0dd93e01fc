"""Pets in two languages, answered by people, and files of a model that is weak in one of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.formats.model_outputs import Columns
from fairhand.model.task import NewTask
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.evaluate_model import Evaluated, EvaluateModel, evaluate_model
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.read_outputs import Outputs, question_of, read_outputs
from tests.cast import LABELS, Cast

Said = Callable[[int], str]
"""What a model says of the task of a place."""


def truth(place: int) -> str:
    """What people see on a task."""
    return LABELS[place % 3]


def language(place: int) -> str:
    """The language of a task."""
    return "sw" if place % 2 else "en"


def weak_in_swahili(place: int) -> str:
    """A model that is right in English, and takes every other Swahili cat for a dog."""
    if language(place) == "sw" and place % 4 == 1:
        return LABELS[(place + 1) % 3]
    return truth(place)


@dataclass(slots=True)
class EvaluationWorld:
    """Carmen's project of `tasks` in two languages, answered by everybody who joined."""

    cast: Cast
    project: int
    tasks: list[int]

    def write(self, folder: Path, said: Said, *, score: float | None = 0.9, **more: Any) -> Path:  # noqa: ANN401
        """Write a file of what a model says; `more` adds the same to each row."""
        rows: list[Mapping[str, Any]] = []
        for place, task_id in enumerate(self.tasks):
            row: dict[str, Any] = {"task_id": task_id, "prediction": said(place), **more}
            rows.append(row if score is None else row | {"score": score})
        return write_rows(folder / "outputs.jsonl", rows)

    def read(self, path: Path, columns: Columns | None = None) -> Outputs:
        """Read a file of outputs against the project."""
        question = question_of(self.cast.db, self.project)
        return read_outputs(self.cast.db, self.project, question, path, columns or Columns())

    def evaluate(self, path: Path, model: str = "pets@1", **more: Any) -> Evaluated:  # noqa: ANN401
        """Measure the model whose outputs lie in a file."""
        question = question_of(self.cast.db, self.project)
        command = EvaluateModel(
            self.cast.carmen, self.project, model, question, self.read(path), **more
        )
        return evaluate_model(self.cast.db, command, self.cast.clock.now)


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows as JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def make_evaluation_world(
    cast: Cast, *, tasks: int = 48, people: tuple[str, ...] = ("Amina", "Bao")
) -> EvaluationWorld:
    """Let people answer everything; one of ninety-six answers is a slip of the hand."""
    project = cast.project(*people, tasks=0, overlap=len(people))
    ids = add_rows(cast, project, [pet_data(place) for place in range(tasks)])
    answers = [
        (task_id, cast.person(name), truth(place + (number == 1 and place % 48 == 47)))
        for number, name in enumerate(people)
        for place, task_id in enumerate(ids)
    ]
    put_answers(cast.db, project, answers, cast.clock.now)
    return EvaluationWorld(cast, project, ids)


def put_answers(
    db: Database, project: int, answers: Sequence[tuple[int, int, str]], now: Instant
) -> None:
    """Put (task, person, label) into the database as submitting leaves them, and join them."""
    rows = [
        {
            "task": task_id,
            "person": person_id,
            "project": project,
            "value": json.dumps({"pet": label}),
            "key": f"answer-{task_id}-{person_id}",
            "at": now + 1_000 * at,
        }
        for at, (task_id, person_id, label) in enumerate(answers)
    ]
    with db.write() as connection:
        connection.execute(_ANSWER, rows)
        connection.execute(_LEASE, rows)
        connection.execute(_FILL, {"project": project})
    aggregate_labels(db, project, now)


_ANSWER = text(
    "INSERT INTO annotation (task_id, person_id, project_id, project_version, revision, value, "
    "client_key, submitted_at, served_at, counted, late) VALUES (:task, :person, :project, 1, 1, "
    ":value, :key, :at, :at - 4000, true, false)"
)
_LEASE = text(
    "INSERT INTO lease (task_id, person_id, project_id, state, hold, served_at, expires_at, "
    "ended_at) VALUES (:task, :person, :project, 'submitted', 'online', :at - 4000, :at, :at)"
)
_FILL = text("UPDATE queue SET taken = wanted WHERE project_id = :project")


def add_rows(cast: Cast, project: int, rows: list[dict[str, Any]]) -> list[int]:
    """Import rows and give their tasks in order."""
    new: list[NewTask | Issue] = [
        NewTask(row, f"{project}-{place}", f"row {place}") for place, row in enumerate(rows)
    ]
    run = start_import(cast.db, project, "pets.jsonl", cast.clock.now)
    command = ImportTasks(run.id, new, cast.carmen)
    import_tasks(cast.db, BlobStore("memory://"), command, cast.clock.now)
    found = cast.rows("SELECT id FROM task WHERE project_id = :id ORDER BY id", id=project)
    return [int(row[0]) for row in found]


def pet_data(place: int) -> dict[str, Any]:
    """What a task shows."""
    return {
        "id": f"t-{place}",
        "text": f"Pet number {place}: ni mnyama gani?",
        "language": language(place),
    }

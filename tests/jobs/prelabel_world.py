"""A workspace on disk with a project of texts, and functions that propose for them.

The functions are the operator's: tests name them as `tests.jobs.prelabel_world:…`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

import fairhand
from fairhand.compute.assistants.contract import Item
from fairhand.compute.assistants.functions import allow_functions, marked
from fairhand.core.settings import Settings
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.schema import whole_metadata
from fairhand.use_cases.add_source import AddSource, function_source
from fairhand.use_cases.house import House
from fairhand.use_cases.start_prelabel import StartPrelabel, start_prelabel
from fairhand.work.prelabel.run_store import PrelabelRun
from fairhand.work.projects import store as projects
from tests.cast import LABELS, SIGNER, Cast

ASKED = "FAIRHAND_TEST_ASKED"
"""Names a file where functions note every task that they are asked about."""
HOLD = "FAIRHAND_TEST_HOLD"
"""Names a file without which nothing is proposed for texts from number `HELD_FROM` on."""
HELD_FROM = 200


@fairhand.assistant("pets", version="2")
def by_number(items: Sequence[Item]) -> list[tuple[str, float]]:
    """Propose by the number in the text; note what was asked, and take the time one is told to."""
    _note(items)
    time.sleep(float(os.environ.get("FAIRHAND_TEST_PAUSE", "0")))
    numbers = [int(item.data["text"].split()[-1]) for item in items]
    if max(numbers) >= HELD_FROM:
        _wait_for(os.environ.get(HOLD))
    return [(LABELS[number % 3], (number % 100) / 100) for number in numbers]


@fairhand.assistant("picky")
def picky(items: Sequence[Item]) -> list[str]:
    """Break on every batch that has a text that ends in 7."""
    _note(items)
    for item in items:
        if item.data["text"].endswith("7"):
            raise ValueError(f"no luck with {item.data['text']}")
    return ["cat" for _ in items]


@fairhand.assistant("hopeless")
def hopeless(items: Sequence[Item]) -> list[str]:
    """Break always."""
    raise RuntimeError("no model today")


def _wait_for(path: str | None) -> None:
    until = time.monotonic() + 120
    while path and not Path(path).exists():
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.05)


def _note(items: Sequence[Item]) -> None:
    path = os.environ.get(ASKED)
    if path:
        line = "".join(f"{item.task_id}\n" for item in items).encode()
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, line)
        os.close(handle)


def asked(path: Path) -> list[int]:
    """List the tasks that functions were asked about."""
    return [int(line) for line in path.read_text().split()] if path.exists() else []


@dataclass(slots=True)
class World:
    """Carmen's workspace and her project."""

    house: House
    cast: Cast
    project_id: int

    def start(self, function: str = "by_number", runner: str = "native") -> PrelabelRun:
        """Start a run of a function of this file."""
        named = f"{__name__}:{function}"
        allow_functions([named])
        about = marked(named)
        command = AddSource(
            self.cast.carmen, self.project_id, "function", about.name, {"function": named},
            by_operator=True,
        )  # fmt: skip
        one = function_source(self.house.db, command, self.house.clock())
        return self.start_of(one.id, f"{about.name}@{about.version}", runner)

    def start_of(self, assistant_id: int, model: str, runner: str = "native") -> PrelabelRun:
        """Start a run of an assistant."""
        command = StartPrelabel(self.cast.carmen, self.project_id, assistant_id, model, runner)
        return start_prelabel(self.house.db, command, self.house.clock())

    def proposed(self) -> list[tuple[Any, ...]]:
        """List what was proposed, in the order of tasks."""
        query = "SELECT task_id, value, model, score, details FROM prediction ORDER BY task_id"
        return self.cast.rows(query)


def house_in(folder: Path) -> House:
    """Open the workspace that `make_world` made in a folder, in any process."""
    return House(
        settings=Settings(workspace=folder),
        db=Database(f"sqlite:///{folder / 'fairhand.db'}", pool_size=4),
        blobs=BlobStore(f"file://{folder / 'blobs'}"),
        signer=SIGNER,
        name="pets",
        secret=b"s" * 32,
    )


def make_world(folder: Path, tasks: int) -> World:
    """Make the workspace, with as many tasks; their texts are `number 0`, `number 1`…"""
    house = house_in(folder)
    with house.db.write() as connection:
        whole_metadata().create_all(connection)
    cast = Cast(house.db)
    project_id = cast.project(tasks=0, funded=0)
    add_texts(house, project_id, tasks)
    return World(house, cast, project_id)


def add_texts(house: House, project_id: int, tasks: int) -> None:
    """Put tasks in as fast as the database takes them."""
    statement = text(
        "INSERT INTO task (project_id, fingerprint, data, place, created_at) "
        "VALUES (:project, :mark, :data, 'row', 0)"
    )
    queued = text(
        "INSERT INTO queue (task_id, project_id, rank, wanted) "
        "SELECT id, project_id, id, 1 FROM task WHERE project_id = :project"
    )
    rows = [
        {"project": project_id, "mark": f"{number:064d}", "data": f'{{"text":"number {number}"}}'}
        for number in range(tasks)
    ]
    with house.db.write() as connection:
        if rows:
            connection.execute(statement, rows)
        connection.execute(queued, {"project": project_id})
        assert projects.load_project(connection, project_id) is not None

"""How long a change of labels takes, and how long anybody waits for a task meanwhile.

    python -m benchmarks.change_labels --answers 100000 [--url postgresql+psycopg://...]

A project with that many answers, two to a task, is written straight into a fresh database. Then
two labels are merged and one is split, as `fairhand project change-labels` does it, while somebody
asks for a task and passes it on, over and over. Said are the seconds of the whole, how long the
first transaction took (from then on people see the new labels), and the longest wait of a hand-out
beside the longest without a change.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.storage.database import Database
from fairhand.storage.migrate import upgrade
from fairhand.use_cases.change_labels import ChangeLabels, carry_on, change_labels
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.skip_task import SkipTask, skip_task
from tests.stories.quality_world import (
    IDLE_CAP_MS,
    PETS,
    TERMS,
    QualityWorld,
    add_person,
    make_quality_world,
)
from tests.stories.release_world import SIGNER

MERGE = {"do": "merge", "question": "pet", "labels": ["cat", "dog"], "into": "small"}
SPLIT = {"do": "split", "question": "pet", "label": "cow", "into": ["bull", "calf"]}
_PIECE = 20_000
_FREE = 5_000
_CALM_S = 5.0


def fill(world: QualityWorld, answers: int) -> None:
    """Write tasks with two answers each, and some that are free."""
    project, now = world.project.id, world.now
    done = answers // 2
    with world.db.read() as connection:
        first = int(connection.execute(text("SELECT max(id) + 1 FROM task")).scalar_one())
        seen = int(
            connection.execute(text("SELECT coalesce(max(id), 0) + 1 FROM annotation")).scalar_one()
        )

    def tasks() -> Iterator[dict[str, Any]]:
        for number in range(done + _FREE):
            yield {
                "id": first + number,
                "p": project,
                "f": f"b{number:063d}",
                "d": '{"text":"a pet"}',
                "now": now,
                "rank": 1_000 + number,
                "wanted": 2,
                "taken": 2 if number < done else 0,
            }

    def given() -> Iterator[dict[str, Any]]:
        for number in range(done * 2):
            yield {
                "id": seen + number,
                "t": first + number // 2,
                "who": world.people[number % 2],
                "p": project,
                "v": f'{{"pet":"{PETS[(number // 2) % 3]}"}}',
                "k": f"bench-{number:020d}",
                "now": now,
            }

    _write(
        world.db,
        tasks(),
        "INSERT INTO task (id, project_id, fingerprint, data, place, created_at) "
        "VALUES (:id, :p, :f, :d, 'bench', :now)",
        "INSERT INTO queue (task_id, project_id, rank, wanted, taken) "
        "VALUES (:id, :p, :rank, :wanted, :taken)",
    )
    _write(
        world.db,
        given(),
        "INSERT INTO annotation (id, task_id, person_id, project_id, project_version, revision, "
        "value, client_key, submitted_at, served_at, counted, late, aggregated) "
        "VALUES (:id, :t, :who, :p, 1, 1, :v, :k, :now, :now, true, false, true)",
    )
    with world.db.write() as connection:
        if not world.db.is_sqlite:
            for table in ("task", "annotation"):
                top = (
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
                )
                connection.execute(text(top))
        connection.execute(text("ANALYZE"))


def _write(db: Database, rows: Iterator[dict[str, Any]], *statements: str) -> None:
    piece: list[dict[str, Any]] = []
    for row in rows:
        piece.append(row)
        if len(piece) == _PIECE:
            _flush(db, piece, statements)
            piece = []
    _flush(db, piece, statements)


def _flush(db: Database, piece: list[dict[str, Any]], statements: tuple[str, ...]) -> None:
    if piece:
        with db.write() as connection:
            for statement in statements:
                connection.execute(text(statement), piece)


def ask_until(world: QualityWorld, person_id: int, stop: Event, waits: list[float]) -> None:
    """Ask for a task and pass it on, over and over; keep how long each hand-out took."""
    while not stop.is_set():
        now = world.now = Instant(world.now + 1_000)
        asked = HandOutTask(person_id, world.project.id)
        begun = perf_counter()
        got = hand_out_task(world.db, asked, now, terms=TERMS, idle_cap_ms=IDLE_CAP_MS)
        waits.append(perf_counter() - begun)
        assert got.lease is not None, got.reason
        passed = SkipTask(person_id, got.lease.task_id, str(uuid4()))
        skip_task(world.db, passed, now, signer=SIGNER, idle_cap_ms=IDLE_CAP_MS)
        stop.wait(0.02)


def beside(
    world: QualityWorld, person_id: int, act: Callable[[], Any]
) -> tuple[float, list[float]]:
    """Do something while somebody asks for tasks; gives its seconds and their waits."""
    stop, waits = Event(), list[float]()
    asking = Thread(target=ask_until, args=(world, person_id, stop, waits))
    asking.start()
    begun = perf_counter()
    act()
    took = perf_counter() - begun
    stop.set()
    asking.join()
    return took, sorted(waits)


def measure(db: Database, answers: int) -> dict[str, Any]:
    """Fill a database, change labels, and say how it went."""
    world = make_quality_world(db, tasks=3, people=2, max_overlap=4)
    fill(world, answers)
    asker = add_person(db, "Amina")
    join_project(db, JoinProject(asker, world.project.id), world.now)
    _, calm = beside(world, asker, lambda: Event().wait(_CALM_S))
    first: list[float] = []

    def change() -> None:
        begun = perf_counter()
        command = ChangeLabels(1, world.project.id, [MERGE, SPLIT], 1)
        told = change_labels(db, command, Instant(world.now), at_once=0)
        first.append(perf_counter() - begun)
        while told.left:
            told = carry_on(db, world.project.id, told, Instant(world.now))

    took, waits = beside(world, asker, change)
    return {
        "answers": answers,
        "database": "SQLite" if db.is_sqlite else "PostgreSQL",
        "seconds": round(took, 2),
        "first transaction s": round(first[0], 3),
        "hand-outs meanwhile": len(waits),
        "longest wait ms": round(1_000 * waits[-1], 1),
        "median wait ms": round(1_000 * waits[len(waits) // 2], 1),
        "longest wait before ms": round(1_000 * calm[-1], 1),
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--url", default="", help="an empty database; SQLite where none is given")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        db = Database(given.url or f"sqlite:///{Path(folder) / 'bench.db'}", pool_size=10)
        upgrade(db)
        print(json.dumps(measure(db, given.answers), indent=2))
        db.close()


if __name__ == "__main__":
    main()

"""The owner's project page on a large project: how long one count takes, and one page.

    python -m benchmarks.overview [--tasks 1e6]

One answer to each task, aggregated. The page is asked of the real app in this process, thirty
times; the count is what the `figures` tick does in the background.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import release_million as world_of
from fairhand.storage import migrate
from fairhand.storage.database import Database
from fairhand.use_cases.keep_figures import keep_now
from tests.web.world import make_world

_CHUNK = 20_000
_TIMES = 30


def fill(db: Database, project: int, person: int, tasks: int) -> None:
    """Lay tasks, queue, answers and consensus down."""
    first = 1_000_000
    for start in range(first, first + tasks, _CHUNK):
        some = range(start, min(first + tasks, start + _CHUNK))
        rows = [world_of._task(number, project) for number in some]
        answers = [
            {**row, "task": row["id"], "person": person, "key": f"k{row['id']}"} for row in rows
        ]
        with db.write() as connection:
            connection.execute(world_of._TASK, rows)
            connection.execute(world_of._QUEUE, rows)
            connection.execute(world_of._ANNOTATION, answers)
            connection.execute(
                world_of._CONSENSUS,
                [{**row, "value": f'"{row["pet"]}"', "answers": "[]"} for row in rows],
            )
    with db.write() as connection:
        connection.exec_driver_sql(f"UPDATE project SET next_rank = {tasks} WHERE id = {project}")


def main() -> None:
    """Fill, count, ask, print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--tasks", type=float, default=1e6)
    tasks = int(asked.parse_args().tasks)
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/bench.sqlite")
        migrate.upgrade(db)
        world = make_world(db, Path(folder))
        fill(db, world.project, world.people["Amina"], tasks)
        began = time.perf_counter()
        keep_now(db, world.project, world.cast.clock.now)
        print(f"{tasks:,} tasks: one count {time.perf_counter() - began:.2f} s")
        client = world.client("Carmen")
        for path in ("", "/panel"):
            took = []
            for _ in range(_TIMES):
                began = time.perf_counter()
                assert client.get(f"/projects/{world.project}{path}").status_code == 200
                took.append(1_000 * (time.perf_counter() - began))
            p95 = sorted(took)[int(0.95 * _TIMES)]
            print(f"page{path}: median {statistics.median(took):.0f} ms, p95 {p95:.0f} ms")
        db.close()


if __name__ == "__main__":
    main()

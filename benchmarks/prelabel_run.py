"""Pre-label a million tasks: seconds, tasks a second, peak memory; native beside a Ray here.

    python -m benchmarks.prelabel_run --tasks 1000000 --engine native
    python -m benchmarks.prelabel_run --tasks 1000000 --engine both --kind function

Each engine runs in a process of its own on a workspace of its own (SQLite, as installed), from an
empty table of predictions to a run that is done: tasks are read, put into pieces, asked about, and
saved with the run's figures. `network` is a small ONNX network over 32 numbers of the data,
`function` a Python function of many items. Peak memory is the largest resident set of the process
that runs the command (`VmHWM`); Ray's own processes are counted apart (`ray_mb`, their sum,
sampled). The proposals of the engines are compared by a hash of all of them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import fairhand
from benchmarks.memory import peak_mib
from fairhand.compute.assistants.contract import Item

WIDTH = 32
LABELS = ("cat", "dog", "owl")


@fairhand.assistant("lengths")
def by_length(items: Sequence[Item]) -> list[tuple[str, float]]:
    """Label a text by its length: what a function costs that costs nothing."""
    sizes = [len(item.data["text"]) for item in items]
    return [(LABELS[size % 3], 0.5 + size % 50 / 100) for size in sizes]


def make(folder: Path, tasks: int) -> None:
    """Make a workspace whose tasks have a text and 32 numbers each."""
    from sqlalchemy import text

    from tests.jobs.prelabel_world import make_world

    world = make_world(folder, 0)
    dice = np.random.default_rng(7)
    statement = text(
        "INSERT INTO task (project_id, fingerprint, data, place, created_at) "
        "VALUES (:project, :mark, :data, 'row', 0)"
    )
    for first in range(0, tasks, 50_000):
        count = min(50_000, tasks - first)
        numbers = np.round(dice.normal(size=(count, WIDTH)), 3).tolist()
        rows = [
            {
                "project": world.project_id,
                "mark": f"{first + place:064d}",
                "data": json.dumps({"text": "a" * (20 + place % 40), "numbers": row}),
            }
            for place, row in enumerate(numbers)
        ]
        with world.house.db.write() as connection:
            connection.execute(statement, rows)
    world.house.close()


def run(folder: Path, engine: str, kind: str) -> dict[str, Any]:
    """Pre-label a workspace in this process; give the figures."""
    from fairhand.compute.assistants.functions import allow_functions
    from fairhand.jobs.prelabel_project import PrelabelProject, prelabel_project
    from fairhand.use_cases.add_source import AddSource, add_source, function_source
    from fairhand.use_cases.open_source import model_of
    from fairhand.use_cases.start_prelabel import StartPrelabel, start_prelabel
    from tests import networks
    from tests.jobs.prelabel_world import house_in

    house, now = house_in(folder), house_in(folder).clock()
    if kind == "function":
        allow_functions(["benchmarks.prelabel_run:by_length"])
        given = {"function": "benchmarks.prelabel_run:by_length"}
        command = AddSource(1, 1, "function", "lengths", given, by_operator=True)
        one = function_source(house.db, command, now)
    else:
        dice = np.random.default_rng(3)
        content = networks.linear(dice.normal(size=(WIDTH, 3)), dice.normal(size=3))
        config = {"input": "numbers", "batch": 1_024}
        one = add_source(
            house.db, house.blobs, AddSource(1, 1, "onnx", "net", config, content), now
        )
    model = model_of(house.db, house.blobs, one, now)
    begun = start_prelabel(house.db, StartPrelabel(1, 1, one.id, model, engine), now)
    before = _resident_mb()
    seen = _Watch()
    start = time.perf_counter()
    done = prelabel_project(house, PrelabelProject(1, begun.id, processors=2))
    seconds = time.perf_counter() - start
    others = seen.stop()
    found = {
        "engine": engine, "kind": kind, "state": done.state, "tasks": done.done,
        "failed": done.failed, "seconds": round(seconds, 1),
        "tasks_a_second": round(done.done / seconds), "before_mb": round(before),
        "peak_mb": round(peak_mib()),
        "sha256": _hash(house),
    }  # fmt: skip
    if engine == "ray":
        found["ray_mb"] = round(others)
    house.close()
    return found


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class _Watch:
    """Samples the memory of the processes that this one started."""

    def __init__(self) -> None:
        self._most, self._over = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(1.0):
            command = ["ps", "-o", "rss=", "-g", str(os.getpgrp())]
            said = subprocess.run(command, capture_output=True, text=True, check=False)
            whole = sum(int(line) for line in said.stdout.split()) / 1024
            self._most = max(self._most, whole - _resident_mb())

    def stop(self) -> float:
        self._over.set()
        self._thread.join()
        return self._most


def _hash(house: Any) -> str:  # noqa: ANN401  # the house
    from sqlalchemy import text

    digest = hashlib.sha256()
    query = text("SELECT task_id, value, score FROM prediction ORDER BY task_id")
    with house.db.read() as connection:
        for row in connection.execution_options(yield_per=10_000).execute(query):
            digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()[:16]


def main() -> None:
    """Run what the command line asks for, each engine in a process and session of its own."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tasks", type=int, default=1_000_000)
    asked.add_argument("--engine", choices=("native", "ray", "both"), default="both")
    asked.add_argument("--kind", choices=("network", "function"), default="network")
    asked.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.folder:
        print(json.dumps(run(given.folder, given.engine, given.kind)), flush=True)
        return
    engines = ("native", "ray") if given.engine == "both" else (given.engine,)
    hashes = set()
    for engine in engines:
        with tempfile.TemporaryDirectory(prefix="fairhand-prelabel-") as folder:
            make(Path(folder) / "workspace", given.tasks)
            given_on = ["--engine", engine, "--kind", given.kind]
            place = ["--folder", str(Path(folder) / "workspace")]
            command = [sys.executable, "-m", "benchmarks.prelabel_run", *given_on, *place]
            done = subprocess.run(
                command, capture_output=True, text=True, start_new_session=True, check=False
            )
            if done.returncode:
                raise SystemExit(done.stderr)
            found = json.loads(done.stdout.splitlines()[-1])
            hashes.add(found["sha256"])
            print(json.dumps(found), flush=True)
    if len(engines) > 1:
        print("the same proposals" if len(hashes) == 1 else "DIFFERENT PROPOSALS")


if __name__ == "__main__":
    main()

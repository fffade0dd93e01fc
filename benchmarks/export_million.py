"""Exports of many annotations as jobs: seconds and peak memory, format by format.

    python -m benchmarks.export_million [--annotations 1e6] [--formats jsonl,csv,parquet,coco]

Every annotation is the answer of one task and its consensus: a choice for the tables, a box for
COCO. Each export is a process of its own that does what the job does: write the folder, pack it,
put the archive into a file store. The peak is the operating system's (`VmHWM`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import release_million as world_of
from benchmarks.memory import peak_mib
from fairhand.core.clock import ManualClock
from fairhand.core.settings import Settings
from fairhand.jobs.export import MakeExport
from fairhand.jobs.steps import Services, take_step
from fairhand.storage import migrate
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.ask_export import AskExport, ask_export
from fairhand.use_cases.house import House
from fairhand.use_cases.read_exports import read_export
from tests.stories.quality_world import MORNING, make_quality_world
from tests.stories.release_world import SECRET, SIGNER

_CHUNK = 20_000
_BOXES = json.dumps(
    [{"name": "pet", "kind": "boxes", "title": "Where?", "config": {"labels": [{"value": "cat"}]}}]
)


def fill(folder: Path, annotations: int, *, boxes: bool) -> int:
    """Lay tasks with one answer each down; gives the project."""
    db = Database(f"sqlite:///{folder}/bench.sqlite", pool_size=2)
    migrate.upgrade(db)
    world = make_quality_world(db, tasks=0, people=1)
    for start in range(1, annotations + 1, _CHUNK):
        some = range(start, min(annotations + 1, start + _CHUNK))
        rows = [_row(number, world.project.id, world.people[0], boxes=boxes) for number in some]
        with db.write() as connection:
            connection.execute(world_of._TASK, rows)
            connection.execute(world_of._QUEUE, rows)
            connection.execute(world_of._ANNOTATION, rows)
            connection.execute(
                world_of._CONSENSUS,
                [{**row, "value": row["answer"], "beliefs": "{}"} for row in rows],
            )
    if boxes:
        with db.write() as connection:
            connection.exec_driver_sql("UPDATE project_version SET questions = ?", (_BOXES,))
    db.close()
    return world.project.id


def _row(number: int, project: int, person: int, *, boxes: bool) -> dict[str, object]:
    row = world_of._task(number, project)
    answer: object = row["pet"]
    if boxes:
        left, top = number % 500, number % 300
        box = {"label": "cat", "box": [left, top, left + 40, top + 30]}
        answer = {"size": [480, 640], "boxes": [box]}
    return {
        **row,
        "task": number,
        "person": person,
        "key": str(number),
        "answer": json.dumps(answer),
        "value": json.dumps({"pet": answer}),
        "answers": json.dumps([number]),
    }


def export(folder: Path, project: int, form: str) -> None:
    """Export in this process, and print what it took as JSON."""
    db = Database(f"sqlite:///{folder}/bench.sqlite", pool_size=2)
    house = House(
        settings=Settings(workspace=folder),
        db=db,
        blobs=BlobStore(f"file://{folder}/blobs"),
        signer=SIGNER,
        name="bench",
        secret=SECRET,
        clock=ManualClock(MORNING),
    )
    began = time.perf_counter()
    export_id = ask_export(db, AskExport(1, project, form), MORNING, days=7)
    services, cursor = Services(db, house.blobs, house.clock), None
    for number in range(2):
        cursor = take_step(services, {"export": MakeExport(house)}, export_id, number, cursor)
    made = read_export(db, project, export_id, MORNING)
    said = {
        "format": form,
        "state": made.state,
        "written": made.file.rows,
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mib": round(peak_mib()),
        "archive_mib": (made.file.size_bytes or 0) // 2**20,
    }
    print(json.dumps(said))


def main() -> None:
    """Fill, export in a process of its own each, print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--annotations", type=float, default=1e6)
    asked.add_argument("--formats", default="jsonl,csv,parquet,coco")
    asked.add_argument("--export", help=argparse.SUPPRESS)
    asked.add_argument("--project", type=int, help=argparse.SUPPRESS)
    said = asked.parse_args()
    if said.export:
        export(Path(said.export), said.project, said.formats)
        return
    formats = said.formats.split(",")
    for boxes in (False, True):
        chosen = [one for one in formats if (one == "coco") == boxes]
        if not chosen:
            continue
        with tempfile.TemporaryDirectory() as folder:
            project = fill(Path(folder), int(said.annotations), boxes=boxes)
            for form in chosen:
                command = [sys.executable, "-m", "benchmarks.export_million", "--export", folder]
                command += ["--project", str(project), "--formats", form]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                print(done.stdout.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main()

"""A release of many annotations: seconds, peak memory, and whether a second run gives its bytes.

    python -m benchmarks.release_million [--annotations 1e6] [--split 80/10/10]
        [--engine native] [--verify]

Three people answer each task (a sentence with a pet in it). Both runs are processes of their own
that publish from copies of one workspace; all files are compared but `log.json`, whose event has a
salt of its own. With `--engine` the second run is that engine's and the first the embedded
writer's. The peak is the operating system's (`VmHWM`) of the process that publishes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from sqlalchemy import text

from benchmarks.memory import peak_mib
from fairhand.core.clock import Instant
from fairhand.proof.release.verify import verify_release
from fairhand.storage import migrate
from fairhand.storage.database import Database
from fairhand.use_cases.publish_release import EMBEDDED, PublishRelease, publish_release
from tests.stories.quality_world import MORNING, PETS, make_quality_world
from tests.stories.release_world import SIGNER, make_press

_CHUNK = 20_000
_PEOPLE = 3
_NOON = Instant(MORNING + 9_000_000)
_TASK = text(
    "INSERT INTO task (id, project_id, fingerprint, data, place, created_at) "
    "VALUES (:id, :project, :sha, :data, 'row', :now)"
)
_QUEUE = text(
    "INSERT INTO queue (task_id, project_id, rank, wanted, taken) VALUES (:id, :project, :id, 3, 3)"
)
_ANNOTATION = text(
    "INSERT INTO annotation (id, task_id, person_id, project_id, project_version, revision, value, "
    "client_key, submitted_at, served_at, counted, late, reply) VALUES (:id, :task, :person, "
    ":project, 1, 1, :value, :key, :now, :now, true, false, '{}')"
)
_CONSENSUS = text(
    "INSERT INTO consensus (task_id, question, project_id, value, confidence, method, n_answers, "
    "settled, beliefs, answer_ids, batch, updated_at) VALUES (:id, 'pet', :project, :value, 0.97, "
    "'dawid-skene', 3, true, :beliefs, :answers, 1, :now)"
)


def fill(folder: Path, annotations: int) -> int:
    """Lay the rows down in a fresh workspace; gives its project."""
    db = Database(f"sqlite:///{folder}/bench.sqlite", pool_size=2)
    migrate.upgrade(db)
    world = make_quality_world(db, tasks=0, people=_PEOPLE)
    tasks = -(-annotations // _PEOPLE)
    for start in range(1, tasks + 1, _CHUNK):
        some = range(start, min(tasks + 1, start + _CHUNK))
        with db.write() as connection:
            rows = [_task(number, world.project.id) for number in some]
            connection.execute(_TASK, rows)
            connection.execute(_QUEUE, rows)
            connection.execute(
                _ANNOTATION,
                [
                    {**row, "task": row["id"], "id": number, "person": person, "key": f"{number}"}
                    for row in rows
                    for number, person in zip(_ids(int(row["id"])), world.people, strict=True)
                ],
            )
            connection.execute(
                _CONSENSUS, [{**row, "value": json.dumps(row["pet"])} for row in rows]
            )
    db.close()
    return world.project.id


def _ids(task: int) -> range:
    return range(_PEOPLE * task, _PEOPLE * task + _PEOPLE)


def _task(number: int, project: int) -> dict[str, str | int]:
    pet = PETS[number % len(PETS)]
    words = sha256(b"%d" % number).hexdigest()
    said = f"In street {words[:12]} at number {number} lives a {pet} called {words[12:24]}."
    return {
        "id": number,
        "project": project,
        "sha": words,
        "data": json.dumps({"text": said}),
        "pet": pet,
        "value": json.dumps({"pet": pet}),
        "beliefs": json.dumps({"": {one: 0.97 if one == pet else 0.015 for one in PETS}}),
        "answers": json.dumps(list(_ids(number))),
        "now": MORNING + number,
    }


def publish(folder: Path, project: int, split: str, engine: str) -> None:
    """Publish in this process, and print what it took as JSON."""
    db = Database(f"sqlite:///{folder}/bench.sqlite", pool_size=2)
    splits = {"shares": split} if split else {}
    press = replace(make_press(folder), engine=engine)
    began = time.perf_counter()
    made = publish_release(db, PublishRelease(project, splits=splits), _NOON, press)
    seconds, peak = time.perf_counter() - began, peak_mib()
    files = {
        path.relative_to(made.directory).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in made.directory.rglob("*")
        if path.is_file() and path.name != "log.json"
    }
    print(
        json.dumps(
            {
                "seconds": round(seconds, 1),
                "peak_mib": round(peak),
                "rows": made.stats["rows"],
                "annotations": made.stats["annotations"],
                "mib": made.stats["bytes"] // 2**20,
                "folder": str(made.directory),
                "files": files,
            }
        )
    )


def run(folder: Path, project: int, split: str, engine: str = EMBEDDED) -> dict[str, object]:
    """Publish in a process of its own; gives what it took and the hash of each file."""
    command = [sys.executable, "-m", "benchmarks.release_million", "--publish", str(folder)]
    command += ["--project", str(project), "--split", split, "--engine", engine]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Fill, publish twice, compare, print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--annotations", type=float, default=1e6)
    asked.add_argument("--split", default="", help="part it, as 80/10/10")
    asked.add_argument("--engine", default=EMBEDDED, help="of the second run: native or ray")
    asked.add_argument("--verify", action="store_true", help="verify the first one as well")
    asked.add_argument("--publish", help=argparse.SUPPRESS)
    asked.add_argument("--project", type=int, help=argparse.SUPPRESS)
    said = asked.parse_args()
    if said.publish:
        publish(Path(said.publish), said.project, said.split, said.engine)
        return
    with tempfile.TemporaryDirectory() as name:
        one, other = Path(name) / "one", Path(name) / "other"
        one.mkdir()
        project = fill(one, int(said.annotations))
        shutil.copytree(one, other)
        first = run(one, project, said.split)
        second = run(other, project, said.split, said.engine)
        for made in (first, second):
            print(
                f"{made['annotations']:,} annotations, {made['rows']:,} rows, {made['mib']} MiB: "
                f"{made['seconds']} s, peak {made['peak_mib']} MiB"
            )
        same = first["files"] == second["files"]
        print(f"byte-identical second run: {'yes' if same else 'NO'}")
        if said.verify:
            began = time.perf_counter()
            report = verify_release(Path(str(first["folder"])), SIGNER.verifier)
            print(f"verified in {time.perf_counter() - began:.1f} s: {report.ok}")


if __name__ == "__main__":
    main()

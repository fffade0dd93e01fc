"""A project's tasks as one file of Label Studio's, and the labelling configuration beside it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import orjson

from fairhand.formats.exports.items import Report
from fairhand.storage.database import Database
from fairhand.use_cases.read_studio_tasks import iter_studio_tasks, read_studio_project, their_ids

TASKS: Final = "tasks.json"
CONFIG: Final = "config.xml"


def write_studio_file(
    db: Database, project_id: int, path: Path, progress: Callable[[int], None] = lambda done: None
) -> Report:
    """Write the tasks, one in memory; the report says what Label Studio has no place for."""
    ids, written = their_ids(db, project_id), 0
    with path.open("wb") as file:
        for task in iter_studio_tasks(db, project_id, ids):
            file.write(b",\n" if written else b"[\n")
            try:
                file.write(orjson.dumps(task))
            except TypeError:  # numbers beyond 64 bits, as they came
                file.write(json.dumps(task, ensure_ascii=False).encode())
            written += 1
            progress(written)
        file.write(b"\n]\n" if written else b"[]\n")
    return Report(written, written, ids.left_out or Counter(), [path.name])


def write_studio_folder(
    db: Database, project_id: int, folder: Path, progress: Callable[[int], None]
) -> Report:
    """Write the tasks and the configuration that whoever imports them needs."""
    report = write_studio_file(db, project_id, folder / TASKS, progress)
    config = read_studio_project(db, project_id).config.xml
    (folder / CONFIG).write_text(config, "utf-8", newline="\n")
    report.files.append(CONFIG)
    return report

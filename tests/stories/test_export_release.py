"""A release is exported whole or not at all, and what left it stays out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.storage.database import Database
from fairhand.use_cases.export_release import ExportRelease, export_release
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from tests.stories.quality_world import MORNING
from tests.stories.release_world import make_answered_world, make_press

NOON = Instant(MORNING + 9_000_000)


@pytest.fixture
def folder(sqlite_db: Database, tmp_path: Path) -> Path:
    """A small release of Carmen's."""
    world = make_answered_world(sqlite_db)
    command = PublishRelease(world.project.id)
    return publish_release(sqlite_db, command, NOON, make_press(tmp_path)).directory


def test_a_table_holds_what_the_release_holds(folder: Path, tmp_path: Path) -> None:
    steps: list[int] = []
    command = ExportRelease(folder, "jsonl", tmp_path / "out", progress=steps.append)
    made = export_release(command)
    rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
    lines = [json.loads(line) for line in (tmp_path / "out/labels.jsonl").read_text().splitlines()]
    assert [one["answers"] for one in lines] == [{one["question"]: one["value"]} for one in rows]
    assert made.written == len(rows) == steps[-1]
    assert made.issues() == []


def test_what_cannot_be_exported_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    with pytest.raises(ConflictError, match="Nothing in this release fits COCO"):
        export_release(ExportRelease(folder, "coco", target))
    with pytest.raises(InvalidError, match="no format to export to"):
        export_release(ExportRelease(folder, "excel", target))
    with pytest.raises(InvalidError, match="no question 'mood'"):
        export_release(ExportRelease(folder, "csv", target, "mood"))
    with pytest.raises(NotFoundError, match="is no release"):
        export_release(ExportRelease(tmp_path, "csv", target))
    assert not target.exists()
    assert not list(tmp_path.glob(".out*"))


def test_a_folder_that_holds_something_is_left_alone(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    with pytest.raises(ConflictError, match="something in"):
        export_release(ExportRelease(folder, "csv", target))
    assert [one.name for one in target.iterdir()] == ["mine.txt"]

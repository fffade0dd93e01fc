"""What people answered in another tool leaves in every format, marked as what it is."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairhand.core.errors import ConflictError, InvalidError
from fairhand.core.settings import Settings
from fairhand.formats.exports.items import Report
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.answers_elsewhere import FILE, NOT_ASKED, count_elsewhere
from fairhand.use_cases.ask_export import AskExport, ask_export
from fairhand.use_cases.export_project import ExportProject, export_project, write_project_folder
from fairhand.use_cases.house import House
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from tests.cast import IDLE_CAP_MS, Cast
from tests.stories.test_exports import _read, _run
from tests.stories.test_label_studio_moves import move_in, project_of
from tests.studio import CONFIG, EXPORT, VALUE, annotation, result, task

GOOD = [result("my-mood", "choices", {"choices": ["good"]})]
POOR = [result("my-mood", "choices", {"choices": ["poor"]})]
BY_MODEL: dict[str, Any] = {"parent_prediction": 31}


def moved(cast: Cast, folder: Path, export: list[Any]) -> int:
    project_id = project_of(cast)
    move_in(cast, project_id, folder, export)
    return project_id


def exported(cast: Cast, project_id: int, folder: Path, form: str = "jsonl") -> Report:
    command = ExportProject(project_id, form, folder, b"s" * 32, with_elsewhere=True)
    return export_project(cast.db, command, cast.clock.now)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_who_moved_in_is_told_what_to_ask_for(db: Database, tmp_path: Path) -> None:
    cast = Cast(db)
    project_id = moved(cast, tmp_path, EXPORT)
    assert count_elsewhere(db, project_id) == 1
    command = ExportProject(project_id, "csv", tmp_path / "out", b"s" * 32)
    with pytest.raises(ConflictError, match="1 task was answered in another tool") as refused:
        export_project(db, command, cast.clock.now)
    assert refused.value.code == "answered_elsewhere"
    assert not (tmp_path / "out").exists()


def test_answers_from_elsewhere_leave_marked_as_what_they_are(db: Database, tmp_path: Path) -> None:
    cast = Cast(db)
    project_id = moved(cast, tmp_path, EXPORT)
    report = exported(cast, project_id, tmp_path / "jsonl")
    (line,) = lines(tmp_path / "jsonl/labels.jsonl")
    # Two answered the first question, once each: the newer one stands. The others were said once.
    assert line["answers"] == VALUE | {"my_mood": "good"}
    assert set(line["confidence"].values()) == {None}
    (told,) = lines(tmp_path / "jsonl" / FILE)
    assert told["said"]["my_mood"] == [
        {"value": "poor", "people": 1, "began_as_prediction": 0},
        {"value": "good", "people": 1, "began_as_prediction": 0},
    ]
    assert (told["task_id"], told["source"]) == (line["task_id"], "label-studio")
    assert "b@example.org" not in (tmp_path / "jsonl" / FILE).read_text()
    assert report.notes[0].startswith("1 task was answered in another tool and nobody here")
    assert dict(report.left_out) == {
        "an answer from elsewhere that has a result of 'nights', which is not a question here": 1,
    }
    exported(cast, project_id, tmp_path / "csv", "csv")
    with (tmp_path / "csv/labels.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["my_mood"], row["my_mood_confidence"], row["why"]) == ("good", "", VALUE["why"])


def test_what_most_said_stands_and_what_was_passed_on_says_nothing(
    db: Database, tmp_path: Path
) -> None:
    said = [
        annotation(1, 1, POOR, **BY_MODEL),
        annotation(2, 2, POOR),
        annotation(3, 3, GOOD),
        annotation(4, 4, GOOD, was_cancelled=True),
    ]
    export = [
        task(1, {"review": "One."}, annotations=said),
        task(2, {"review": "Two."}, annotations=[annotation(5, 1, GOOD, was_cancelled=True)]),
        task(3, {"review": "Three."}, predictions=[{"id": 9, "result": GOOD}]),
        task(4, {"review": "Four."}, annotations=[annotation(6, 1, GOOD, ground_truth=True)]),
    ]
    cast = Cast(db)
    project_id = project_of(cast)
    move_in(cast, project_id, tmp_path, export, ground_truth_as_gold=True)
    exported(cast, project_id, tmp_path / "out")
    found = lines(tmp_path / "out/labels.jsonl")
    assert [(one["data"]["review"], one["answers"]) for one in found] == [
        ("One.", {"my_mood": "poor"}),
        ("Four.", {"my_mood": "good"}),  # a known answer was a person's too
    ]
    assert lines(tmp_path / "out" / FILE)[0]["said"]["my_mood"][0] == {
        "value": "poor",
        "people": 2,
        "began_as_prediction": 1,
    }


def test_what_was_answered_here_is_ours_and_the_rest_is_told_or_added(
    db: Database, tmp_path: Path
) -> None:
    both = [task(n, {"review": f"{n}."}, annotations=[annotation(n, 1, POOR)]) for n in range(1, 4)]
    cast = Cast(db)
    project_id = moved(cast, tmp_path, both)
    amina = cast.person("Amina")
    cast.join(amina, project_id)
    got = cast.next(amina, project_id)
    assert got.sheet is not None
    cast.clock.advance(9_000)
    answer = SubmitAnnotation(amina, got.sheet.task.id, cast.key(), {"my_mood": "good"})
    submit_annotation(db, answer, cast.clock.now, signer=cast.signer, idle_cap_ms=IDLE_CAP_MS)
    aggregate_labels(db, project_id, cast.clock.now)
    command = ExportProject(project_id, "jsonl", tmp_path / "ours", b"s" * 32)
    report = export_project(db, command, cast.clock.now)
    assert dict(report.left_out) == {NOT_ASKED: 2}
    exported(cast, project_id, tmp_path / "all")
    found = lines(tmp_path / "all/labels.jsonl")
    assert [one["answers"]["my_mood"] for one in found] == ["good", "poor", "poor"]
    assert [one["confidence"]["my_mood"] is None for one in found] == [False, True, True]
    assert [one["task_id"] for one in found] == sorted(one["task_id"] for one in found)
    assert len(lines(tmp_path / "all" / FILE)) == 2


def test_a_job_makes_the_same_file_and_a_release_holds_none_of_it(
    db: Database, tmp_path: Path
) -> None:
    cast = Cast(db)
    project_id = moved(cast, tmp_path, EXPORT)
    blobs = BlobStore(f"file://{tmp_path / 'blobs'}")
    settings = Settings(workspace=tmp_path)
    house = House(settings, db, blobs, cast.signer, "moved", b"s" * 32, cast.clock)
    asked = AskExport(cast.carmen, project_id, "jsonl", with_elsewhere=True)
    export_id = ask_export(db, asked, cast.clock.now, days=7)
    assert _run(house, export_id).state == "done"
    with pytest.raises(InvalidError, match="answered here alone"):
        ask_export(
            db,
            AskExport(cast.carmen, project_id, "jsonl", release=1, with_elsewhere=True),
            cast.clock.now,
            days=7,
        )


def test_a_folder_of_a_project_as_it_stands_says_that_it_is_no_release(
    db: Database, tmp_path: Path
) -> None:
    cast = Cast(db)
    project_id = moved(cast, tmp_path, EXPORT)
    target = tmp_path / "folder"
    command = ExportProject(project_id, "parquet", target, b"s" * 32, with_elsewhere=True)
    write_project_folder(db, command, cast.clock.now)
    about = json.loads((target / "ABOUT.json").read_bytes())
    assert about["is_release"] is False
    assert about["notes"]
    assert {one.name for one in target.iterdir()} == {"ABOUT.json", FILE, "labels.parquet"}
    with pytest.raises(ConflictError, match="There is something in"):
        write_project_folder(db, command, cast.clock.now)


def test_a_server_makes_label_studios_file_with_its_configuration(
    db: Database, tmp_path: Path
) -> None:
    cast = Cast(db)
    project_id = moved(cast, tmp_path, EXPORT)
    blobs = BlobStore(f"file://{tmp_path / 'blobs'}")
    settings = Settings(workspace=tmp_path)
    house = House(settings, db, blobs, cast.signer, "moved", b"s" * 32, cast.clock)
    asked = AskExport(cast.carmen, project_id, "label-studio")
    export_id = ask_export(db, asked, cast.clock.now, days=7)
    assert _run(house, export_id).state == "done"
    files = _read(house, project_id, export_id, tmp_path)
    assert json.loads("".join(files["tasks.json"])) == EXPORT
    assert "\n".join(files["config.xml"]) == CONFIG.rstrip("\n")
    assert json.loads("".join(files["ABOUT.json"]))["is_release"] is False
    for more in ({"release": 1}, {"question": "my_mood"}, {"with_answers": True}):
        with pytest.raises(InvalidError, match="whole project as it stands"):
            ask_export(db, replace(asked, **more), cast.clock.now, days=7)

"""Exports as durable jobs: what leaves, what stays out, kills, and the end of their days."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast
from zipfile import ZipFile

import pytest
from sqlalchemy import text

from fairhand.core.clock import DAY_MS, Instant, ManualClock
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.core.ids import pseudonym
from fairhand.core.settings import Settings
from fairhand.jobs.export import MakeExport, workshop
from fairhand.jobs.steps import Services, take_step
from fairhand.model.job import Job
from fairhand.proof.release import export_store
from fairhand.storage import job_store
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.ask_export import AskExport, ask_export
from fairhand.use_cases.house import House
from fairhand.use_cases.leave_project import leave_project
from fairhand.use_cases.make_export import is_written, pack_export
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_exports import find_export_blob, list_exports, read_export
from fairhand.use_cases.sweep_exports import clear_drafts, sweep_exports
from tests.stories.quality_world import QualityWorld, make_quality_world
from tests.stories.release_world import SECRET, SIGNER, make_answered_world, make_press


def _house(world: QualityWorld, folder: Path) -> House:
    return House(
        settings=Settings(workspace=folder),
        db=world.db,
        blobs=BlobStore(f"file://{folder / 'blobs'}"),
        signer=SIGNER,
        name="pets",
        secret=SECRET,
        clock=ManualClock(world.now),
    )


def _ask(house: House, project: int, form: str = "jsonl", **asked: Any) -> str:  # noqa: ANN401
    return ask_export(
        house.db,
        AskExport(1, project, form, **asked),
        house.clock(),
        days=house.settings.export_days,
    )


def _step(house: House, export_id: str, number: int, cursor: object) -> object:
    services = Services(house.db, house.blobs, house.clock)
    return take_step(services, {"export": MakeExport(house)}, export_id, number, cursor)


def _run(house: House, export_id: str) -> Job:
    cursor: object = None
    for number in range(3):
        cursor = _step(house, export_id, number, cursor)
        if cursor is None:
            break
    with house.db.read() as connection:
        job = job_store.find_job(connection, export_id)
    assert job is not None
    return job


def _read(house: House, project: int, export_id: str, folder: Path) -> dict[str, list[str]]:
    found = find_export_blob(house.db, project, export_id, house.clock())
    path = folder / "got.zip"
    path.write_bytes(house.blobs.get(found.blob_sha256 or "", check=True))
    with ZipFile(path) as archive:
        return {
            name.partition("/")[2]: archive.read(name).decode().splitlines()
            for name in archive.namelist()
        }


def test_the_project_as_it_stands_leaves_as_a_file_that_says_it_is_no_release(
    db: Database, tmp_path: Path
) -> None:
    world = make_answered_world(db)
    house = _house(world, tmp_path)
    export_id = _ask(house, world.project.id, with_answers=True)
    assert list_exports(db, world.project.id, world.now)[0].state == "making"
    assert _run(house, export_id).state == "done"
    files = _read(house, world.project.id, export_id, tmp_path)
    assert len(files["labels.jsonl"]) == 6
    assert json.loads(files["labels.jsonl"][0])["answers"]["pet"] == "cat"
    assert json.loads("".join(files["ABOUT.json"]))["is_release"] is False
    people = {json.loads(line)["contributor"] for line in files["answers.jsonl"]}
    assert len(files["answers.jsonl"]) == 12
    assert not people & {"1", "2", "3"}
    assert not is_written(workshop(house), export_id)


def test_a_tie_is_told_in_the_file_and_beside_it(db: Database, tmp_path: Path) -> None:
    world = make_quality_world(db, tasks=2, people=2, max_overlap=2)
    world.work(lambda who, number: {"pet": "cow"} if (who, number) == (1, 0) else {"pet": "cat"})
    aggregate_labels(db, world.project.id, world.now)
    house = _house(world, tmp_path)
    export_id = _ask(house, world.project.id)
    assert _run(house, export_id).state == "done"
    files = _read(house, world.project.id, export_id, tmp_path)
    lines = [json.loads(line) for line in files["labels.jsonl"]]
    (split,) = [line for line in lines if "tied" in line]
    assert sorted(split["tied"]["pet"]) == ["cat", "cow"]
    (note,) = json.loads("".join(files["ABOUT.json"]))["notes"]
    assert note.startswith("In 1 task people’s answers are evenly split")
    assert list_exports(db, world.project.id, world.now)[0].file.options["notes"] == [note]


def test_a_release_leaves_by_its_version(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    house = _house(world, tmp_path)
    press = make_press(tmp_path)
    publish_release(db, PublishRelease(world.project.id), world.now, press)
    with pytest.raises(NotFoundError):
        _ask(house, world.project.id, release=9)
    export_id = _ask(house, world.project.id, "csv", release=1)
    assert _run(house, export_id).state == "done"
    files = _read(house, world.project.id, export_id, tmp_path)
    assert len(files["labels.csv"]) == 7
    assert json.loads("".join(files["ABOUT.json"]))["is_release"] is True


def _said_by(world: QualityWorld, person_id: int) -> set[int]:
    """The tasks that somebody answered."""
    with world.db.read() as connection:
        asked = text("SELECT task_id FROM annotation WHERE person_id = :p")
        return set(connection.execute(asked, {"p": person_id}).scalars())


def test_who_withdrew_stays_out_and_files_made_before_are_deleted(
    db: Database, tmp_path: Path
) -> None:
    world = make_answered_world(db)
    house, project, esi = _house(world, tmp_path), world.project.id, world.people[0]
    name = pseudonym(SECRET, project, esi)
    before = _ask(house, project, with_answers=True)
    _run(house, before)
    file = find_export_blob(db, project, before, world.now).blob_sha256 or ""
    assert name in "".join(_read(house, project, before, tmp_path)["answers.jsonl"])

    leave_project(db, esi, project, world.now)

    with pytest.raises(ConflictError, match="took their data back"):
        find_export_blob(db, project, before, world.now)
    assert sweep_exports(db, house.blobs, world.now) == 1
    assert sweep_exports(db, house.blobs, world.now) == 0
    assert not house.blobs.exists(file)
    with pytest.raises(ConflictError, match="took their data back"):
        find_export_blob(db, project, before, world.now)
    after = _ask(house, project, with_answers=True)
    assert _run(house, after).state == "done"
    files = _read(house, project, after, tmp_path)
    left = set(world.tasks) - _said_by(world, esi)
    assert 0 < len(left) < len(world.tasks)
    assert {json.loads(line)["task_id"] for line in files["labels.jsonl"]} == left
    answers = [json.loads(line) for line in files["answers.jsonl"]]
    assert {one["task_id"] for one in answers} == left
    assert name not in {one["contributor"] for one in answers}
    assert sweep_exports(db, house.blobs, world.now) == 0


def test_an_export_made_while_its_like_is_deleted_stays(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    house, project = _house(world, tmp_path), world.project.id
    old = _ask(house, project)
    _run(house, old)
    file = find_export_blob(db, project, old, world.now).blob_sha256
    later = Instant(world.now + 7 * DAY_MS)
    again = _ask(house, project)
    cursor = _step(house, again, 0, None)
    packed = pack_export(workshop(house), again, cast("dict[str, Any]", cursor)["name"])
    assert packed[0] != file
    assert sweep_exports(db, house.blobs, later) >= 1
    assert house.blobs.exists(packed[0])


@pytest.mark.parametrize("killed", ["while writing", "before packing", "after packing"])
def test_an_export_that_was_killed_goes_on_and_makes_one_file(
    db: Database, tmp_path: Path, killed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_answered_world(db)
    house, project = _house(world, tmp_path), world.project.id
    export_id = _ask(house, project)
    draft = tmp_path / "exports" / export_id
    if killed == "while writing":
        draft.mkdir(parents=True)
        (draft / "labels.jsonl").write_bytes(b'{"half": tr')
    cursor = _step(house, export_id, 0, None)
    if killed == "before packing":  # and the disk of another machine goes on
        (draft / "ABOUT.json").unlink()
    if killed == "after packing":
        with monkeypatch.context() as patch:
            patch.setattr("fairhand.jobs.export.lay_ready", _dies)
            with pytest.raises(KeyboardInterrupt):
                _step(house, export_id, 1, cursor)
    assert _step(house, export_id, 1, cursor) is None
    assert len(_read(house, project, export_id, tmp_path)["labels.jsonl"]) == 6
    stored = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert len(stored) == 1


def _dies(*_given: object) -> None:
    raise KeyboardInterrupt


def test_what_fits_nothing_ends_with_the_reason(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    house, project = _house(world, tmp_path), world.project.id
    export_id = _ask(house, project, "coco")
    assert "fits COCO" in (_run(house, export_id).error or "")
    assert read_export(db, project, export_id, world.now).state == "failed"
    with pytest.raises(NotFoundError):
        find_export_blob(db, project, export_id, world.now)
    for wrong in ({"form": "docx"}, {"form": "dicom-seg"}, {"question": "no such"}):
        with pytest.raises(InvalidError):
            _ask(house, project, **wrong)


def test_a_file_is_deleted_when_its_days_are_over(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    house, project = _house(world, tmp_path), world.project.id
    export_id = _ask(house, project)
    _run(house, export_id)
    sha256 = find_export_blob(db, project, export_id, world.now).blob_sha256 or ""
    later = Instant(world.now + 7 * DAY_MS)
    assert sweep_exports(db, house.blobs, Instant(later - 1)) == 0
    assert read_export(db, project, export_id, later).state == "gone"
    assert sweep_exports(db, house.blobs, later) == 1
    assert sweep_exports(db, house.blobs, later) == 0
    assert not house.blobs.exists(sha256)
    with db.read() as connection:
        kept = export_store.load_export(connection, export_id)
    assert kept is not None
    assert kept.state == "gone"


def test_an_export_is_found_in_its_own_project_alone(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    house = _house(world, tmp_path)
    export_id = _ask(house, world.project.id)
    with pytest.raises(NotFoundError):
        read_export(db, world.project.id + 1, export_id, world.now)


def test_folders_of_exports_that_nobody_makes_any_more_go(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    house = _house(world, tmp_path)
    shop = workshop(house)
    assert clear_drafts(db, shop.folder) == 0, "there is no such folder yet"
    under_way, failed = _ask(house, world.project.id), _ask(house, world.project.id, "coco")
    for name in (under_way, f".{under_way}.draft", failed, f".{failed}.draft", "of nobody"):
        (shop.folder / name).mkdir(parents=True)
        (shop.folder / name / "labels.jsonl").write_text("{}")
    with db.write() as connection:
        connection.execute(text("UPDATE job SET state = 'failed' WHERE id = :i"), {"i": failed})
    assert clear_drafts(db, shop.folder) == 3
    assert {one.name for one in shop.folder.iterdir()} == {under_way, f".{under_way}.draft"}

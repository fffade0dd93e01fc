"""A release comes parted: no leaks, its own files, read by other tools, the same bytes again."""

from __future__ import annotations

import base64
import errno
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import update

from fairhand.client.dataset import load_release
from fairhand.client.errors import FairhandError
from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, UnavailableError
from fairhand.proof.release import guard_watch, split_counts
from fairhand.proof.release.manifest import parse_manifest
from fairhand.proof.release.verify import verify_release
from fairhand.storage.database import Database
from fairhand.storage.tables.work import task
from fairhand.use_cases.house import House
from fairhand.use_cases.publish_release import PublishedRelease, PublishRelease, publish_release
from fairhand.use_cases.read_release_diff import diff_json, read_release_diff
from fairhand.work.prelabel import store as assistance
from tests.engines import Templates
from tests.stories.quality_world import MORNING, QualityWorld, make_quality_world
from tests.stories.release_world import SIGNER, make_answered_world, make_press

NOON = Instant(MORNING + 9_000_000)
SENTENCE = "the meter in the cellar shows {} cubic metres of water since the spring of last year"
THREE = {"shares": "60/20/20", "stratify": ["pet"]}


def _twelve_pets(db: Database) -> QualityWorld:
    return make_answered_world(db, tasks=12)


@pytest.fixture
def world(templates: Templates) -> Iterator[QualityWorld]:
    """Twelve tasks, each answered by two of three people."""
    with templates.furnished(_twelve_pets) as (url, first):
        db = Database(url)
        yield replace(first, db=db, _keys=count(1_000))
        db.close()


@pytest.fixture(scope="module")
def made_once(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release in three splits, to look at."""
    with templates.furnished(_twelve_pets) as (url, first):
        db = Database(url)
        folder = release(replace(first, db=db), tmp_path_factory.mktemp("parted"), **THREE)
        db.close()
    return folder


@pytest.fixture
def parted(made_once: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return Path(shutil.copytree(made_once, tmp_path / "parted"))


def publish(world: QualityWorld, folder: Path, **splits: object) -> PublishedRelease:
    command = PublishRelease(world.project.id, splits=splits)
    return publish_release(world.db, command, NOON, make_press(folder))


def release(world: QualityWorld, folder: Path, **splits: object) -> Path:
    return publish(world, folder, **splits).directory


def parts(folder: Path) -> dict[str, int]:
    facts = parse_manifest((folder / "manifest.json").read_bytes()).facts
    return {one["name"]: one["tasks"] for one in (facts.splits or {})["parts"]}


def errors(folder: Path) -> list[str]:
    return [issue.message for issue in verify_release(folder, SIGNER.verifier).issues]


def nothing_is_left(folder: Path) -> bool:
    return not [path for path in (folder / "releases").rglob("*") if path.is_file()]


def show(world: QualityWorld, data: list[dict[str, Any]]) -> None:
    with world.db.write() as connection:
        for number, shown in zip(world.tasks, data, strict=True):
            change = update(task).where(task.c.id == number).values(data=json.dumps(shown))
            connection.execute(change)


def test_a_parted_release_verifies_and_is_read_split_by_split(made_once: Path) -> None:
    assert errors(made_once) == []
    assert sum(parts(made_once).values()) == 12
    assert all(parts(made_once).values())
    found = load_release(made_once)
    assert found.splits == ("train", "validation", "test")
    assert len(found) == len(list(found)) == 12
    for name, tasks in parts(made_once).items():
        assert [row["split"] for row in found.rows(name)] == [name] * tasks
    with pytest.raises(FairhandError, match="no split 'dev'"):
        found.files("dev")
    assert "split: validation\n    path: data/validation-*.parquet" in (
        made_once / "card.md"
    ).read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../secret.parquet", "no file of the release"),
        ("data/../../secret.parquet", "no file of the release"),
        ("/etc/passwd", "no file of the release"),
        ("data\\..\\secret.parquet", "no file of the release"),
        ("data/link.parquet", "leads out of the release"),
    ],
)
def test_a_release_that_names_a_file_elsewhere_is_not_read(
    made_once: Path, tmp_path: Path, name: str, says: str
) -> None:
    folder = tmp_path / "release"
    shutil.copytree(made_once, folder)
    (folder / "data" / "link.parquet").symlink_to(tmp_path / "secret.parquet")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    rows = next(one for one in manifest["files"] if one["path"].startswith("data/"))
    rows["path"] = name
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    for check in (True, False):
        with pytest.raises(FairhandError, match=says):
            load_release(folder, check=check)


@pytest.mark.parametrize("lost", ["facts", "stats", "files"])
def test_a_manifest_that_lacks_something_is_said_to(
    made_once: Path, tmp_path: Path, lost: str
) -> None:
    manifest = json.loads((made_once / "manifest.json").read_text("utf-8"))
    del manifest[lost]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(FairhandError, match="lacks what a manifest says"):
        load_release(tmp_path, check=False)


@pytest.mark.slow
def test_other_tools_load_each_split(made_once: Path, tmp_path: Path) -> None:
    import datasets

    found = load_release(made_once)
    files = {name: str(made_once / f"data/{name}-*.parquet") for name in parts(made_once)}
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "hub"))
    assert {name: len(loaded[name]) for name in loaded} == parts(made_once)
    assert sorted(row["task_id"] for row in found.rows("test")) == sorted(loaded["test"]["task_id"])
    folder = datasets.load_dataset(str(made_once), cache_dir=str(tmp_path / "hub"))
    assert {name: len(folder[name]) for name in folder} == parts(made_once)
    raw = datasets.load_dataset(str(made_once), "annotations", cache_dir=str(tmp_path / "hub"))
    assert len(raw["train"]) == found.manifest["stats"]["annotations"]
    assert found.to_pandas("train")["split"].unique().tolist() == ["train"]
    assert found.to_polars("validation").height == parts(made_once)["validation"]


def test_texts_that_are_nearly_the_same_are_on_one_side(
    world: QualityWorld, tmp_path: Path
) -> None:
    kinds = [f"{place} " * 20 + f"is what was written down as number {place}" for place in range(7)]
    near = [SENTENCE.format(number) for number in range(5)]
    show(world, [{"text": text} for text in (*kinds, *near)])
    folder = release(world, tmp_path, shares="60/40")
    sides = {row["split"] for row in load_release(folder) if "cellar" in row["data"]["text"]}
    assert len(sides) == 1
    facts = parse_manifest((folder / "manifest.json").read_bytes()).facts.splits or {}
    assert facts["near_duplicates"]["tasks"] >= 5
    assert errors(folder) == []


def test_the_same_inputs_give_the_same_bytes_in_every_file(
    world: QualityWorld, tmp_path: Path
) -> None:
    one = release(world, tmp_path / "one", shares="50/50", seed=3)
    other = release(world, tmp_path / "other", shares="50/50", seed=3)
    skipped = {"log.json", "release.intoto.json", "manifest.json", "croissant.json", "card.md"}
    files = {path.relative_to(one) for path in one.rglob("*") if path.is_file()}
    assert files == {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    for name in files:
        if name.name not in skipped and name.suffix != ".md":  # the version stands in these
            assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_by_time_training_ends_before_testing_begins(world: QualityWorld, tmp_path: Path) -> None:
    folder = release(world, tmp_path, shares="75/25", by="time")
    assert parts(folder) == {"train": 9, "test": 3}
    assert errors(folder) == []


def test_by_person_nobody_is_on_two_sides(sqlite_db: Database, tmp_path: Path) -> None:
    world = make_answered_world(sqlite_db, tasks=20, people=5)
    folder = release(world, tmp_path, shares="60/40", by="person")
    sides: dict[str, set[str]] = {}
    for row in load_release(folder):
        for person in row["annotators"] if row["split"] else ():
            sides.setdefault(person, set()).add(row["split"])
    assert {side for one in sides.values() for side in one} == {"train", "test"}
    assert all(len(side) == 1 for side in sides.values())
    assert errors(folder) == []


def test_splits_that_cannot_be_made_leave_nothing_behind(
    world: QualityWorld, tmp_path: Path
) -> None:
    for splits, words in (
        ({"shares": "98/1/1"}, "would be empty"),
        ({"shares": "50/50", "stratify": ["colour"]}, "no question and no field"),
        ({"shares": "50/60"}, "add up to 100"),
    ):
        with pytest.raises(InvalidError, match=words):
            release(world, tmp_path, **splits)
        assert nothing_is_left(tmp_path)
    made = publish(world, tmp_path)
    assert made.version == 1
    assert load_release(made.directory).splits == ()


def test_a_project_without_answers_is_told_so_and_not_that_a_split_is_empty(
    sqlite_db: Database, tmp_path: Path
) -> None:
    world = make_quality_world(sqlite_db, tasks=2)
    with pytest.raises(ConflictError, match="no aggregated answer") as refused:
        release(world, tmp_path, shares="50/50")
    assert refused.value.code == "nothing_to_release"
    assert nothing_is_left(tmp_path)


def test_a_disk_that_fills_while_splits_are_put_apart_leaves_nothing(
    world: QualityWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(row: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(split_counts, "row_bytes", full)
        with pytest.raises(UnavailableError, match="disk is full"):
            release(world, tmp_path, **THREE)
    assert nothing_is_left(tmp_path)
    made = publish(world, tmp_path, **THREE)
    assert made.version == 1
    assert errors(made.directory) == []


def test_slices_are_counted_alike_where_splits_change_the_order(
    world: QualityWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_watch, "MOST_SLICES", 5)
    fields = SimpleNamespace(slice_fields=("place", "many"))
    monkeypatch.setattr(assistance, "load_policy", lambda *_: fields)
    show(world, [{"place": f"p{n % 5}", "many": f"m{n % 6}", "n": n} for n in range(12)])
    folder = release(world, tmp_path, shares="50/50", seed=2)
    assert errors(folder) == []
    guard = parse_manifest((folder / "manifest.json").read_bytes()).facts.guard or {}
    told = {one["slice"].partition(" ")[0] for one in guard["counts"]["tails"]}
    assert told == {"", "place"}


def test_a_release_that_was_changed_is_not_loaded(parted: Path, tmp_path: Path) -> None:
    path = parted / "annotations.parquet"
    kept = path.read_bytes()
    path.write_bytes(kept[:100] + bytes([kept[100] ^ 1]) + kept[101:])
    with pytest.raises(FairhandError, match=r"annotations\.parquet: was changed"):
        load_release(parted)
    path.unlink()
    with pytest.raises(FairhandError, match=r"annotations\.parquet: is missing"):
        load_release(parted)
    path.write_bytes(kept)
    manifest = parted / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"version": 1', b'"version": 2'))
    with pytest.raises(FairhandError, match=r"log\.json: is of another manifest"):
        load_release(parted)
    manifest.unlink()
    with pytest.raises(FairhandError, match="only part of one"):
        load_release(parted)
    with pytest.raises(FairhandError, match="no folder"):
        load_release(tmp_path / "elsewhere")


def test_the_statement_for_other_tools_is_signed_and_of_these_files(parted: Path) -> None:
    path = parted / "release.intoto.json"
    envelope = json.loads(path.read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert {one["name"] for one in statement["subject"]} >= {"manifest.json", "labels.jsonl"}
    signed = base64.b64decode(envelope["signatures"][0]["sig"])
    body = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    encoded = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)
    assert SIGNER.verifier.accepts(signed, encoded)
    statement["predicate"]["version"] = 9
    envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    path.write_text(json.dumps(envelope))
    assert any("did not sign" in message for message in errors(parted))
    path.unlink()
    report = verify_release(parted, SIGNER.verifier)
    assert report.ok
    assert any("missing" in issue.message for issue in report.issues)


def test_two_published_versions_are_compared_with_their_splits(
    world: QualityWorld, tmp_path: Path
) -> None:
    one = publish(world, tmp_path, shares="60/40")
    other = publish(world, tmp_path, shares="60/40", seed=1)
    house = cast(House, SimpleNamespace(db=world.db))
    found = read_release_diff(house, one.release_id, other.release_id)
    assert (found.rows.added, found.rows.removed, found.rows.relabelled) == (0, 0, 0)
    assert found.rows.changed == found.rows.resplit > 0
    assert [(part.name, part.old_rows, part.new_rows) for part in found.splits] == [
        ("train", 7, 7),
        ("test", 5, 5),
    ]
    assert json.dumps(diff_json(found))
    (one.directory / "labels.jsonl").unlink()
    with pytest.raises(ConflictError, match="not in"):
        read_release_diff(house, one.release_id, other.release_id)

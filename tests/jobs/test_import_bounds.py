"""What owners, lists and folders may not do to an import from elsewhere, nor to the server."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.s3.models import s3_backends

from fairhand.compute.backends.linked_files import Within
from fairhand.core.errors import FairhandError, ForbiddenError, Issue
from fairhand.core.source_settings import SourceSettings
from fairhand.formats.server_folder import ServerFolder
from fairhand.model.elsewhere import ElsewhereError, Fetched, Found
from fairhand.storage.buckets import Bucket
from fairhand.storage.database import Database
from fairhand.use_cases.ask_import import Upload
from fairhand.use_cases.ask_import_from import UrlList
from fairhand.use_cases.change_account import ChangeAccount, change_account
from fairhand.use_cases.open_place import opened_place
from fairhand.work.elsewhere.rules import matcher
from tests.buckets import NEVER, flaky_store
from tests.jobs.test_import_source import BUCKET, World


@pytest.fixture
def world(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("SCANS_ID", "x")
    monkeypatch.setenv("SCANS_KEY", "y")
    with flaky_store() as door:
        door.make_bucket(BUCKET)
        yield World(db, tmp_path, door)


@pytest.mark.parametrize(
    ("pattern", "key"), [("*?" * 200 + "!", "a" * 900), ("**/" * 150 + "!", "a/" * 400 + "b")]
)
def test_no_pattern_takes_long(pattern: str, key: str) -> None:
    started = time.monotonic()
    assert not matcher(pattern)(key)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("pattern", "key", "fits"),
    [
        ("*.jpg", "a/B.JPG", True),
        ("*.jpg", "a/b.jpeg", False),
        ("day-?/**/*.csv", "day-1/x.csv", True),
        ("day-?/**/*.csv", "day-1/a/b/x.csv", True),
        ("day-?/**/*.csv", "day-12/x.csv", False),
        ("/a/**", "a/b/c", True),
        ("a/*", "a/b/c", False),
        ("x*y*z/q", "xyyz/q", True),
        ("**/ab/*c", "zab/ab/dc", True),
        ("a.b/*", "axb/c", False),
        ("ß*.png, ж?.png", "Ж1.PNG", True),
    ],
)
def test_patterns_mean_what_they_did(pattern: str, key: str, fits: bool) -> None:
    assert matcher(pattern)(key) is fits


@pytest.mark.parametrize(
    "address", ["%2e%2e/x", "%2E./x", "a/%2e%2e%2fx", "..?x", "a/..#x", "..;/x", "../x"]
)
def test_no_address_climbs_out_of_its_source(address: str) -> None:
    within = Within("https://data.example.org/set", "token")
    assert within.whole("a/b..c/d%20e?f=../g") == "https://data.example.org/set/a/b..c/d%20e?f=../g"
    for one in (address, f"https://data.example.org/set/{address}"):
        with pytest.raises(ElsewhereError):
            within.whole(one)


def test_a_password_in_an_address_is_never_shown() -> None:
    assert Found("https://ann:hush@host.example/x?k=1#t").shown == "https://host.example/x?…"
    assert Found("https://host.example/x#hush").shown == "https://host.example/x?…"
    assert Found("https://host.example/@x").shown == "https://host.example/@x"


def test_a_file_that_goes_while_a_folder_is_listed_is_passed_over(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("x")
    listed = ServerFolder(tmp_path).walk("")
    first = next(listed)
    assert isinstance(first, Found)
    assert first.key == "a.txt"
    (tmp_path / "b.txt").unlink()
    assert [one.key for one in listed if isinstance(one, Found)] == ["c.txt"]


def test_no_source_reads_the_workspace(world: World) -> None:
    home = world.settings.workspace
    (home / "keys").mkdir(parents=True)
    for folder in (home, home / "keys", home.parent):
        source = SourceSettings(url=f"file://{folder}", projects=("*",))
        settings = world.settings.model_copy(update={"sources": {"all": source}})
        with pytest.raises(FairhandError, match="workspace"), opened_place(settings, "all"):
            raise AssertionError


def test_an_import_whose_source_is_taken_away_ends_and_lists_nothing(
    world: World,
) -> None:
    (world.shelf / "a.txt").write_text("A cat.")
    job_id = world.ask("shelf")
    narrowed = world.settings.sources["shelf"].model_copy(update={"owners": ("other@example.org",)})
    world.house = replace(
        world.house, settings=world.settings.model_copy(update={"sources": {"shelf": narrowed}})
    )
    job = world.work(job_id)
    assert job.state == "failed"
    assert world.cast.rows("SELECT count(*) FROM import_run WHERE state = 'running'") == [(0,)]


def test_odd_lines_of_a_list_are_told_and_the_rest_comes_in(world: World) -> None:
    for content, column in (
        (b"https://a.example/\x00x\n", ""),
        (b"u,text\n" + b"https://a.example/" + b"y" * 3_000 + b",long\n", "u"),
    ):
        stored = Upload("list.csv" if column else "list.txt", world.house.blobs.put(content))
        job = world.bring("", urls=UrlList(stored, column))
        assert job.state == "done", job.error
        assert "address" in job.issues[0].message
        assert not world.cast.rows("SELECT key FROM source_object")


def test_an_address_that_its_person_typed_opens_no_source(world: World) -> None:
    stranger = world.cast.person("Dmitri")
    change_account(
        world.house.db,
        ChangeAccount(stranger, "Dmitri", "later@example.org", "GB", ""),
        world.cast.clock(),
    )
    shelf = world.settings.sources["shelf"].model_copy(update={"owners": ("later@example.org",)})
    world.house = replace(
        world.house, settings=world.settings.model_copy(update={"sources": {"shelf": shelf}})
    )
    world.cast.carmen = stranger
    with pytest.raises(ForbiddenError):
        world.ask("shelf")


def test_a_folder_that_may_not_be_read_is_named_and_the_others_come_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b", "c"):
        (world.shelf / folder).mkdir()
        (world.shelf / folder / "cat.txt").write_text(f"A cat in {folder}.")
    scandir = os.scandir

    def shut(path: Path) -> Any:  # noqa: ANN401
        if Path(path).name == "b":  # whoever runs the tests may be root, who reads everything
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("fairhand.formats.server_folder.os.scandir", shut)
    job = world.bring("shelf")
    assert (job.state, world.tasks()) == ("done", 2)
    assert [one.place for one in job.issues] == ["b/"]
    assert "may not read this folder" in job.issues[0].message
    assert world.bring("shelf", prefix="b").state == "failed"
    monkeypatch.undo()
    assert world.bring("shelf").result["added"] == 1, "asked again, what is new comes in"


@pytest.mark.parametrize("odd", ["b/x//cat.txt", "b/x/../cat.txt", "b/x/c\x01at.txt", "b/x//"])
def test_a_key_that_cannot_be_read_is_named_and_the_other_folders_come_in(
    world: World, odd: str
) -> None:
    for key in ("a/1.txt", "b/2.txt", "b/x/3.txt", "b/y/4.txt", "c/5.txt", "6.txt", odd):
        s3_backends[ACCOUNT]["aws"].put_object(BUCKET, key, f"A cat: {key!r}".encode())
    job = world.bring()
    assert (job.state, world.tasks()) == ("done", 5), job.error
    assert [one.place for one in job.issues] == ["b/x/"]
    assert "b/x" in job.issues[0].message
    assert "cannot be read; files in this folder are left out" in job.issues[0].message
    assert world.bring(prefix="b/x").state == "failed"
    shown = world.look()
    assert (shown.new, shown.skipped, shown.is_whole) == (0, {"in already": 5}, True)
    assert [one.place for one in shown.issues] == ["b/x/"]


def test_what_was_listed_before_an_odd_key_is_not_listed_again(world: World) -> None:
    store = s3_backends[ACCOUNT]["aws"]
    for number in range(1_500):
        store.put_object(BUCKET, f"a/{number:04}.txt", b"A cat")
    store.put_object(BUCKET, "b//odd.txt", b"A cat")
    store.put_object(BUCKET, "c/last.txt", b"A dog")
    with opened_place(world.settings, "scans") as place:
        found = list(place.walk(""))
    keys = [one.key for one in found if isinstance(one, Found)]
    assert (len(keys), len(set(keys)), keys[-1]) == (1_501, 1_501, "c/last.txt")
    assert [one.place for one in found if isinstance(one, Issue)] == ["b/"]


def test_a_look_ends_in_time_and_says_how_far_it_came(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        (world.shelf / f"{number:02}.txt").write_text(f"Cat {number}.")
    walk = ServerFolder.walk

    def slow(self: ServerFolder, prefix: str) -> Iterator[Found | Issue]:
        for one in walk(self, prefix):
            time.sleep(0.05)
            yield one

    monkeypatch.setattr(ServerFolder, "walk", slow)
    monkeypatch.setattr("fairhand.use_cases.preview_import_from._LISTED_S", 0.3)
    shown = world.look("shelf")
    assert 1 <= shown.new == shown.looked_at < 20
    assert not shown.is_whole
    assert len(shown.shown) == 3, "some of them are shown all the same"


def test_a_key_that_is_taken_away_half_way_ends_the_job_with_the_reason(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.door.every = NEVER
    for number in range(70):
        world.door.put(BUCKET, f"{number:02}.txt", b"Cat %d" % number)
    fetch = Bucket.fetch

    def refused(self: Bucket, key: str, max_bytes: int) -> Fetched:
        if key >= "40.txt":
            world.door.refuses = b"<Error><Code>InvalidAccessKeyId</Code></Error>"
        return fetch(self, key, max_bytes)

    monkeypatch.setattr(Bucket, "fetch", refused)
    job = world.bring()
    assert job.state == "failed"
    assert "credentials are not accepted" in (job.error or "")
    assert "ask again to go on" in (job.error or "")
    assert 32 <= world.tasks() <= 40
    monkeypatch.setattr(Bucket, "fetch", fetch)
    world.door.refuses = b""
    assert world.bring().state == "done"
    assert world.tasks() == 70


def test_a_bucket_that_goes_half_way_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.door.every = NEVER
    for number in range(40):
        world.door.put(BUCKET, f"{number:02}.txt", b"Cat %d" % number)
    fetch = Bucket.fetch

    def gone(self: Bucket, key: str, max_bytes: int) -> Fetched:
        if key >= "35.txt":
            world.door.refuses = b"<Error><Code>NoSuchBucket</Code></Error>"
        return fetch(self, key, max_bytes)

    monkeypatch.setattr(Bucket, "fetch", gone)
    job = world.bring()
    assert (job.state, world.tasks() >= 32) == ("failed", True)
    assert "no such bucket" in (job.error or "")

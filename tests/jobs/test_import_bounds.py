"""What owners, lists and folders may not do to an import from elsewhere, nor to the server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fairhand.compute.backends.linked_files import Within
from fairhand.core.errors import FairhandError, ForbiddenError
from fairhand.core.source_settings import SourceSettings
from fairhand.formats.server_folder import ServerFolder
from fairhand.model.elsewhere import ElsewhereError, Found
from fairhand.storage.database import Database
from fairhand.use_cases.ask_import import Upload
from fairhand.use_cases.ask_import_from import UrlList
from fairhand.use_cases.change_account import ChangeAccount, change_account
from fairhand.use_cases.open_place import opened_place
from fairhand.work.elsewhere.rules import matcher
from tests.buckets import flaky_store
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
    assert next(listed).key == "a.txt"
    (tmp_path / "b.txt").unlink()
    assert [one.key for one in listed] == ["c.txt"]


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

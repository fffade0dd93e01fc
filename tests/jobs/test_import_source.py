"""Imports from a bucket behind a door that fails, from folders of the server, killed and twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.s3.models import s3_backends
from PIL import Image

from fairhand.core.errors import FairhandError, ForbiddenError
from fairhand.core.settings import Settings
from fairhand.core.source_settings import SourceSettings
from fairhand.jobs.kinds import kinds_of
from fairhand.jobs.steps import Services, take_step
from fairhand.model.elsewhere import Fetched
from fairhand.model.job import Job
from fairhand.storage.blobs import BlobStore
from fairhand.storage.buckets import Bucket
from fairhand.storage.database import Database
from fairhand.use_cases.ask_import_from import AskImportFrom, ask_import_from
from fairhand.use_cases.house import House
from fairhand.use_cases.preview_import_from import Preview, preview_import_from
from tests.buckets import NEVER, Door, flaky_store
from tests.cast import Cast
from tests.jobs.counting import find

BUCKET = "scans"


def picture(number: int) -> bytes:
    made = BytesIO()
    Image.new("RGB", (8, 8), (number % 256, number // 256 % 256, 7)).save(made, "PNG")
    return made.getvalue()


class World:
    """Carmen's house with a bucket `scans` and a folder `shelf` as its sources."""

    def __init__(self, db: Database, folder: Path, door: Door) -> None:
        self.cast, self.door, self.shelf = Cast(db), door, folder / "shelf"
        self.shelf.mkdir()
        bucket = SourceSettings(
            url=f"s3://{BUCKET}",
            endpoint=door.address,
            credentials={"access_key_id": "env:SCANS_ID", "secret_access_key": "env:SCANS_KEY"},
            projects=("*",),
        )
        shelf = SourceSettings(url=f"file://{self.shelf}", owners=("carmen@example.org",))
        self.settings = Settings(
            workspace=folder / "house", sources={"scans": bucket, "shelf": shelf}
        )
        self.house = House(
            self.settings,
            db,
            BlobStore("memory://"),
            self.cast.signer,
            "pets",
            b"s" * 32,
            self.cast.clock,
        )
        self.project = self.cast.project(tasks=0)

    def ask(self, source: str = "scans", **how: Any) -> str:  # noqa: ANN401  # any field
        command = AskImportFrom(self.cast.carmen, self.project, source, **how)
        return ask_import_from(
            self.house.db, self.house.settings.sources, command, self.cast.clock()
        )

    def work(self, job_id: str) -> Job:
        """Take a job's steps, or what is left of them."""
        services = Services(self.house.db, self.house.blobs, self.house.clock)
        number, cursor = 0, None
        while True:
            cursor = take_step(services, kinds_of(self.house), job_id, number, cursor)
            if cursor is None:
                return find(self.house.db, job_id)
            number += 1

    def bring(self, source: str = "scans", **how: Any) -> Job:  # noqa: ANN401
        return self.work(self.ask(source, **how))

    def look(self, source: str = "scans", **how: Any) -> Preview:  # noqa: ANN401
        command = AskImportFrom(self.cast.carmen, self.project, source, **how)
        return preview_import_from(self.house, command)

    def tasks(self) -> int:
        return int(self.cast.rows("SELECT count(*) FROM task")[0][0])

    def events(self, kind: str) -> int:
        return int(self.cast.rows("SELECT count(*) FROM event WHERE kind = :k", k=kind)[0][0])


@pytest.fixture
def world(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("SCANS_ID", "x")
    monkeypatch.setenv("SCANS_KEY", "y")
    # What the server's own store uses must never reach a source.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "not for sources")
    with flaky_store() as door:
        door.make_bucket(BUCKET)
        yield World(db, tmp_path, door)


def test_pictures_texts_and_tables_come_in_though_every_tenth_call_fails(world: World) -> None:
    for number in range(30):
        world.door.put(BUCKET, f"2026/ключ {number} 100%.png", picture(number))
    world.door.put(BUCKET, "2026/", b"")
    world.door.put(BUCKET, "2026/note.txt", b"A cat sat here.")
    world.door.put(BUCKET, "2026/more.jsonl", b'{"text": "one"}\n{"text": "two"}\n{"text": broken')
    world.door.put(BUCKET, "2026/program.exe", b"MZ\x90\x00 not for people")
    world.door.put(BUCKET, "2025/old.png", picture(99))
    job = world.bring(prefix="2026")
    assert job.state == "done", job.error
    assert world.door.failed >= 3
    assert job.result["added"] == world.tasks() == 33
    assert job.result["files"] == {"taken": 32, "refused": 1, "failed": 0}
    told = {issue.place.partition(":")[0] for issue in job.issues}
    assert told == {"2026/program.exe", "2026/more.jsonl"}
    shown = world.cast.rows("SELECT data FROM task WHERE data LIKE '%ключ 7 %'")
    assert '"2026/ключ 7 100%.png"' in shown[0][0]
    assert world.events("import.asked") == world.events("tasks.imported") == 1
    assert "SCANS" not in str(world.cast.rows("SELECT command FROM job"))


def test_asked_again_only_what_is_new_is_fetched_and_what_changed_is_said(world: World) -> None:
    for number in range(4):
        world.door.put(BUCKET, f"{number}.png", picture(number))
    assert world.bring().result["added"] == 4
    world.door.put(BUCKET, "4.png", picture(4))
    world.door.put(BUCKET, "0.png", picture(50))
    again = world.bring()
    assert (again.result["added"], again.result["already_there"]) == (1, 3)
    assert [(one.place, one.severity) for one in again.issues] == [("0.png", "warning")]
    assert "changed" in again.issues[0].message
    taken = world.bring(takes_changed=True)
    assert (taken.result["added"], world.tasks()) == (1, 6)


def test_an_import_that_dies_half_way_goes_on_and_doubles_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        world.door.put(BUCKET, f"{number:02}.png", picture(number))
    world.door.put(BUCKET, "zz.jsonl", b"".join(b'{"text": "%d"}\n' % n for n in range(1_500)))
    job_id, fetch = world.ask(), Bucket.fetch

    class KilledError(BaseException):
        """The process ends here."""

    def dies(self: Bucket, key: str, max_bytes: int) -> Fetched:
        if key == "35.png":
            raise KilledError
        return fetch(self, key, max_bytes)

    monkeypatch.setattr(Bucket, "fetch", dies)
    with pytest.raises(KilledError):
        world.work(job_id)
    assert 0 < world.tasks() < 40
    fetched: list[str] = []

    def counts(self: Bucket, key: str, max_bytes: int) -> Fetched:
        fetched.append(key)
        return fetch(self, key, max_bytes)

    monkeypatch.setattr(Bucket, "fetch", counts)
    before = world.tasks()
    job = world.work(job_id)
    assert job.state == "done", job.error
    assert len(fetched) == 41 - before, "what was in is not fetched again"
    assert (job.result["added"], job.result["already_there"]) == (1_540, 0)
    assert world.tasks() == 1_540


def test_a_table_that_is_cut_off_goes_on_in_its_middle(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fairhand.use_cases import import_from, import_tasks

    rows = b"".join(b'{"text": "row %d"}\n' % number for number in range(2_500))
    world.door.put(BUCKET, "rows.jsonl", rows)
    job_id, taken, take = world.ask(), [0], import_tasks.take_chunk

    class KilledError(BaseException):
        """The process ends here."""

    def dies(*given: Any) -> Any:  # noqa: ANN401
        taken[0] += 1
        if taken[0] == 2:
            raise KilledError
        return take(*given)

    monkeypatch.setattr(import_from, "take_chunk", dies)
    with pytest.raises(KilledError):
        world.work(job_id)
    assert world.tasks() == 1_000
    job = world.work(job_id)
    assert (job.result["added"], job.result["already_there"], world.tasks()) == (2_500, 0, 2_500)
    assert job.result["rows_read"] == 2_500


def test_two_at_once_add_nothing_twice(world: World) -> None:
    for number in range(24):
        world.door.put(BUCKET, f"{number}.png", picture(number))
    jobs = [world.ask(), world.ask(pattern="*.png")]
    done: list[Job] = []
    at_work = [
        threading.Thread(target=lambda one=one: done.append(world.work(one))) for one in jobs
    ]
    for one in at_work:
        one.start()
    for one in at_work:
        one.join()
    assert [job.state for job in done] == ["done", "done"], [job.error for job in done]
    assert sum(job.result["added"] for job in done) == world.tasks() == 24
    world.ask()
    with pytest.raises(FairhandError, match="on its way"):
        world.ask()


def test_an_object_that_vanishes_is_said_and_tried_again_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        world.door.put(BUCKET, f"{number}.png", picture(number))
    fetch = Bucket.fetch

    def too_late(self: Bucket, key: str, max_bytes: int) -> Fetched:
        if key == "1.png":
            world.door.remove(BUCKET, key)
        return fetch(self, key, max_bytes)

    monkeypatch.setattr(Bucket, "fetch", too_late)
    job = world.bring()
    assert job.result["failed"] == [{"key": "1.png", "reason": "is not there any more"}]
    assert (job.state, job.result["added"]) == ("done", 2)
    monkeypatch.undo()
    monkeypatch.setenv("SCANS_ID", "x")
    monkeypatch.setenv("SCANS_KEY", "y")
    world.door.put(BUCKET, "1.png", picture(1))
    assert world.bring().result["added"] == 1


def test_a_bucket_that_is_not_there_ends_the_job_with_the_reason(world: World) -> None:
    wrong = world.settings.sources["scans"].model_copy(update={"url": "s3://nothing-here"})
    world.house = replace(
        world.house, settings=world.settings.model_copy(update={"sources": {"scans": wrong}})
    )
    job = world.bring()
    assert job.state == "failed"
    assert "no such bucket" in (job.error or "")


def test_without_its_credentials_a_source_says_where_they_should_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCANS_KEY")
    job = world.bring()
    assert job.state == "failed"
    assert "environment variable SCANS_KEY" in (job.error or "")
    with pytest.raises(FairhandError, match="like that"):
        world.ask(prefix="a\ud800")


def test_a_source_is_for_those_it_names_alone(world: World, tmp_path: Path) -> None:
    (world.shelf / "cat.txt").write_text("A cat.")
    (world.shelf / "deep").mkdir()
    (world.shelf / "deep" / "dog.txt").write_text("A dog.")
    (tmp_path / "secret.txt").write_text("not for import")
    (world.shelf / "link.txt").symlink_to(tmp_path / "secret.txt")
    (world.shelf / "out").symlink_to(tmp_path)
    assert world.bring("shelf").result["added"] == 2
    stranger = world.cast.person("Dmitri")
    for who, source in ((stranger, "shelf"), (world.cast.carmen, "nothing")):
        with pytest.raises(ForbiddenError):
            ask_import_from(
                world.house.db,
                world.house.settings.sources,
                AskImportFrom(who, world.project, source),
                world.cast.clock(),
            )
    job_id = world.ask("shelf", pattern="*.txt")
    world.house = replace(world.house, settings=world.settings.model_copy(update={"sources": {}}))
    assert world.work(job_id).state == "failed", "a source that was taken away meanwhile"
    world.house = replace(world.house, settings=world.settings)
    with pytest.raises(FairhandError):
        world.ask("shelf", prefix="../")
    assert world.bring("shelf", prefix="out").state == "failed"
    assert world.tasks() == 2


@pytest.mark.slow
def test_twenty_thousand_keys_are_listed_to_the_last_page(world: World) -> None:
    world.door.every = NEVER
    store = s3_backends[ACCOUNT]["aws"]
    for number in range(20_000):
        name = f"many/{number:05}.{'txt' if number % 1_000 == 999 else 'log'}"
        store.put_object(BUCKET, name, b"object %d" % number)
    job = world.bring(prefix="many", pattern="*.txt")
    assert (job.result["added"], job.total) == (20, 20)
    assert "19999" in str(world.cast.rows("SELECT data FROM task ORDER BY id DESC LIMIT 1"))

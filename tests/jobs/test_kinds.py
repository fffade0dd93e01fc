"""Imports, pay periods and releases as durable jobs, on the cast's own workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fairhand.core.settings import Settings
from fairhand.jobs.background import ticks_of
from fairhand.jobs.kinds import kinds_of
from fairhand.jobs.runtime import JobRuntime
from fairhand.jobs.steps import Services, take_step
from fairhand.jobs.ticker import Ticker
from fairhand.model.job import Job, NewJob
from fairhand.storage import job_store
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_up_quality import keep_up_quality
from fairhand.web.shared.job_view import JOB_NAMES
from tests.cast import Cast
from tests.jobs.counting import find, wait_until_over
from tests.jobs.test_ticker import wait_for


@dataclass(frozen=True, slots=True)
class World:
    """Carmen's open house, and a way to ask it for jobs."""

    cast: Cast
    house: House

    def ask(self, job_id: str, kind: str, command: Mapping[str, Any]) -> None:
        with self.house.db.write() as connection:
            job_store.ask(connection, NewJob(job_id, kind, command), self.house.clock())

    def run(self, job_id: str, kind: str, command: Mapping[str, Any]) -> Job:
        """Ask for a job and let a runtime of this process do it."""
        self.ask(job_id, kind, command)
        services = Services(self.house.db, self.house.blobs, self.house.clock)
        runtime = JobRuntime(services, kinds_of(self.house))
        runtime.start()
        try:
            return wait_until_over(self.house.db, job_id)
        finally:
            runtime.stop()

    def take_every_step_twice(self, job_id: str, kind: str, command: Mapping[str, Any]) -> Job:
        """Do a job as if after each step its process had died before taking note of it."""
        self.ask(job_id, kind, command)
        services = Services(self.house.db, self.house.blobs, self.house.clock)
        kinds, number, cursor = kinds_of(self.house), 0, None
        while True:
            following = take_step(services, kinds, job_id, number, cursor)
            assert take_step(services, kinds, job_id, number, cursor) == following
            if following is None:
                return find(self.house.db, job_id)
            number, cursor = number + 1, following

    def import_command(self, project_id: int, source: str) -> dict[str, Any]:
        return {
            "project_id": project_id,
            "source": source,
            "name": "pets.jsonl",
            "options": {"text_column": "text"},
            "person_id": self.cast.carmen,
        }

    def events(self, kind: str) -> int:
        query = "SELECT count(*) FROM event WHERE kind = :kind"
        return int(self.cast.rows(query, kind=kind)[0][0])


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    cast = Cast(db)
    house = House(
        settings=Settings(workspace=tmp_path),
        db=db,
        blobs=BlobStore(f"file://{tmp_path / 'blobs'}"),
        signer=cast.signer,
        name="pets",
        secret=b"the workspace's secret",
        clock=cast.clock,
    )
    return World(cast, house)


def pets(rows: int) -> bytes:
    lines = [f'{{"text": "pet number {number}"}}' for number in range(rows)]
    return "\n".join([*lines, '{"text": broken']).encode()


def test_an_uploaded_file_is_imported_with_its_bad_row_reported(world: World) -> None:
    project_id = world.cast.project(tasks=0)
    source = f"blob:{world.house.blobs.put(pets(2_500))}"
    job = world.run("upload-1", "import_file", world.import_command(project_id, source))
    assert job.state == "done", job.error
    assert job.result["added"] == 2_500
    assert job.result["rejected"] == 1
    assert (job.done, job.total) == (2_501, 2_501)
    assert "2501" in job.issues[0].place


@pytest.mark.parametrize("how", [World.run, World.take_every_step_twice])
def test_an_import_adds_every_row_once_even_when_its_steps_come_again(
    world: World, tmp_path: Path, how: Callable[..., Job]
) -> None:
    path = tmp_path / "pets.jsonl"
    path.write_bytes(pets(30))
    project_id = world.cast.project(tasks=0)
    job = how(world, "import-1", "import_file", world.import_command(project_id, str(path)))
    assert (job.state, job.result["added"]) == ("done", 30)
    assert world.cast.rows("SELECT count(*) FROM task") == [(30,)]
    assert world.cast.rows("SELECT count(*) FROM import_run") == [(1,)]
    assert world.events("tasks.imported") == 1


def test_a_file_that_cannot_be_read_ends_the_job_with_the_reason(world: World) -> None:
    project_id = world.cast.project(tasks=0)
    source = f"blob:{world.house.blobs.put(b'PAR1 but not really')}"
    job = world.run("bad-1", "import_file", world.import_command(project_id, source))
    assert job.state == "failed"
    assert "pets.jsonl" in (job.error or "")


def label_some(world: World) -> int:
    """Amina and Bao answer every pet of a funded project; a minute passes with each."""
    project_id = world.cast.project("Amina", "Bao", tasks=4)
    for name in ("Amina", "Bao"):
        for _ in range(4):
            task_id = world.cast.next_task(world.cast.person(name), project_id)
            world.cast.clock.advance(20_000)
            world.cast.submit(world.cast.person(name), task_id)
    return project_id


@pytest.mark.parametrize("how", [World.run, World.take_every_step_twice])
def test_a_pay_period_closes_with_one_statement_a_person(
    world: World, how: Callable[..., Job]
) -> None:
    world.cast.load_floors()
    label_some(world)
    ends_at = world.cast.clock.advance(1_000)
    command = {"ends_at": ends_at, "closed_by": world.cast.carmen}
    world.cast.clock.advance(1_000)
    job = how(world, "close-1", "close_period", command)
    assert (job.state, job.done) == ("done", 2), job.error
    assert world.cast.rows("SELECT count(*) FROM statement") == [(2,)]
    assert world.events("pay.period_closed") == 1


@pytest.mark.parametrize("how", [World.run, World.take_every_step_twice])
def test_a_release_is_published_once(world: World, tmp_path: Path, how: Callable[..., Job]) -> None:
    world.cast.load_floors()
    project_id = label_some(world)
    keep_up_quality(world.house.db, world.house.clock)
    command = {"project_id": project_id, "directory": str(tmp_path / "v1")}
    job = how(world, "release-1", "publish_release", command)
    assert job.state == "done", job.error
    assert (tmp_path / "v1" / "manifest.json").exists()
    assert job.result["version"] == 1
    assert world.cast.rows("SELECT count(*) FROM release") == [(1,)]


def test_a_kind_that_is_not_known_is_refused_in_words(world: World) -> None:
    job = world.run("odd-1", "make_coffee", {})
    assert (job.state, job.error) == (
        "failed",
        "This version of Fairhand knows no job of kind make_coffee.",
    )


def test_what_comes_round_seals_aggregates_and_reaps(world: World) -> None:
    label_some(world)
    project_id = world.cast.project("Esi", tasks=1)
    world.cast.next_task(world.cast.person("Esi"), project_id)
    world.cast.clock.advance(3_600_000)
    for tick in reversed(ticks_of(world.house)):  # sealing last: it sees what the others logged
        tick.run()
    assert world.cast.rows("SELECT count(*) FROM event WHERE leaf_index IS NULL") == [(0,)]
    assert world.cast.rows("SELECT count(*) FROM annotation WHERE NOT aggregated") == [(0,)]
    assert world.cast.rows("SELECT count(*) FROM lease WHERE state = 'live'") == [(0,)]


def test_the_ticker_seals_a_new_event_by_itself(world: World) -> None:
    ticker = Ticker(world.house.db, ticks_of(world.house)[:1])
    ticker.start()
    unsealed = "SELECT count(*) FROM event WHERE leaf_index IS NULL"
    assert wait_for(lambda: world.cast.rows(unsealed) == [(0,)], 10)
    ticker.stop()


def test_every_kind_of_job_has_words_for_people(world: World) -> None:
    assert JOB_NAMES.keys() == kinds_of(world.house).keys()

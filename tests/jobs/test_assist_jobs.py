"""Training, ranking and proposing as one durable job: each part once, whatever dies in between."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.linear import LinearTrainer
from fairhand.jobs.assist_kinds import assist_kinds
from fairhand.jobs.steps import Services, take_step
from fairhand.model.job import Job
from fairhand.storage import job_store
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.tables.assist import model_version, ranking_round
from fairhand.storage.tables.proof import log_event
from fairhand.storage.tables.work import prediction
from fairhand.work.prelabel import store
from tests.jobs.assist_worker import make_house, run
from tests.stories.assist_world import AssistWorld, make_digits, make_moods

_PATIENCE_S = 120


def queued(db: Database) -> str:
    with db.read() as connection:
        (job_id,) = job_store.list_unfinished(connection)
    return job_id


def job_of(db: Database, job_id: str) -> Job:
    with db.read() as connection:
        job = job_store.find_job(connection, job_id)
    assert job is not None
    return job


def count(db: Database, table: object) -> int:
    with db.read() as connection:
        chosen = select(func.count()).select_from(table)  # type: ignore[arg-type]
        return int(connection.execute(chosen).scalar_one())


def events(db: Database) -> dict[str, int]:
    with db.read() as connection:
        rows = connection.execute(
            select(log_event.c.kind, func.count()).group_by(log_event.c.kind)
        ).all()
    return {row[0]: row[1] for row in rows}


def test_each_part_is_done_once_even_when_every_step_comes_again(
    db: Database, tmp_path: Path
) -> None:
    made = make_moods(db, count=40)
    made.tick()
    made.answer(20)
    house, job_id = make_house(db, made.blobs, tmp_path), queued(db)
    services, kinds = Services(db, made.blobs, house.clock), assist_kinds(house)
    number, cursor = 0, None
    while True:
        following = take_step(services, kinds, job_id, number, cursor)
        assert take_step(services, kinds, job_id, number, cursor) == following
        if following is None:
            break
        number, cursor = number + 1, following

    job = job_of(db, job_id)
    assert job.state == "done", job.error
    assert job.result["promoted"]
    assert 15 <= job.result["ranked"] <= 20
    assert job.result["proposed"] == 20
    assert count(db, model_version) == count(db, ranking_round) == 1
    assert count(db, prediction) == 20
    told = events(db)
    assert (told["model.trained"], told["queue.ranked"], told["assist.proposed"]) == (1, 1, 1)


@pytest.mark.slow
def test_a_job_that_is_killed_twice_goes_on_where_it_stopped(
    db: Database, db_url: str, tmp_path: Path
) -> None:
    blobs_url = f"file://{tmp_path / 'blobs'}"
    made = make_digits(db, count=160, blobs=BlobStore(blobs_url))
    made.tick()
    made.answer(80)
    job_id = queued(db)

    kill_when(lambda: job_of(db, job_id).state == "running", db_url, blobs_url, tmp_path, job_id)
    assert count(db, model_version) == 0, "it died while it learnt"
    kill_when(lambda: count(db, model_version) == 1, db_url, blobs_url, tmp_path, job_id)
    assert not job_of(db, job_id).is_over
    run(make_house(db, BlobStore(blobs_url), tmp_path), job_id)

    assert job_of(db, job_id).state == "done"
    assert count(db, model_version) == 1
    assert count(db, ranking_round) == 1
    with db.read() as connection:
        asked = select(func.count(), func.count(prediction.c.task_id.distinct()))
        rows, tasks = connection.execute(asked).one()
    assert rows == tasks == 80


def kill_when(
    happened: Callable[[], bool], db_url: str, blobs_url: str, folder: Path, job_id: str
) -> None:
    """Let a process do the job, and kill it as soon as something has happened."""
    command = [sys.executable, "-m", "tests.jobs.assist_worker", db_url, blobs_url, str(folder)]
    worker = subprocess.Popen([*command, job_id])
    until = time.monotonic() + _PATIENCE_S
    while not happened():
        assert worker.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until, "it came to nothing"
        time.sleep(0.005)
    worker.send_signal(signal.SIGKILL)
    worker.wait()


def test_a_model_that_fails_is_shown_with_its_reason_and_the_rest_goes_on(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_moods(sqlite_db, count=40)
    made.tick()
    made.answer(20)

    def fail(*_given: object, **_named: object) -> bytes:
        raise AssistantError("Learning needs fairhand[assist]: install it.")

    monkeypatch.setattr(LinearTrainer, "fit_features", fail)
    job_id = queued(sqlite_db)
    run(make_house(sqlite_db, made.blobs, tmp_path), job_id)

    job = job_of(sqlite_db, job_id)
    assert job.state == "done"
    assert job.result["ranked"] >= 15
    assert "install it" in problem_of(made)["message"]
    with sqlite_db.read() as connection:
        policy = store.load_policy(connection, made.project_id)
    assert policy is not None
    assert policy.trained_through > 0, "it waits for more answers before it is tried again"


def test_unticking_in_the_middle_ends_the_job_in_peace(sqlite_db: Database, tmp_path: Path) -> None:
    made = make_moods(sqlite_db, count=40)
    made.tick()
    made.answer(20)
    with sqlite_db.write() as connection:
        policy = store.load_policy(connection, made.project_id)
        assert policy is not None
        connection.exec_driver_sql("UPDATE assist_policy SET is_on = 0")
    job_id = queued(sqlite_db)
    run(make_house(sqlite_db, made.blobs, tmp_path), job_id)

    assert job_of(sqlite_db, job_id).state == "done"
    assert count(sqlite_db, model_version) == 0


def problem_of(made: AssistWorld) -> dict[str, Any]:
    with made.db.read() as connection:
        one = store.find_assistant(connection, made.project_id, "built-in")
    assert one is not None
    return one.problem or {}

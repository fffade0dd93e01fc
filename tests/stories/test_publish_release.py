"""A release is whole or not there, proven by the log, and can be taken up after any kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select, update

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError, UnavailableError
from fairhand.core.ids import pseudonym
from fairhand.model.task import NewTask
from fairhand.proof.release import store
from fairhand.proof.release.verify import verify_release
from fairhand.proof.release.writer import write_release
from fairhand.storage.database import Database
from fairhand.storage.tables.people import consent_grant, person
from fairhand.storage.tables.proof import log_event, release
from fairhand.storage.tables.work import annotation, queue, task
from fairhand.use_cases import publish_release as story
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.publish_release import (
    PublishRelease,
    begin_release,
    finish_release,
    publish_release,
)
from fairhand.work.projects.rules import ProjectPolicy
from fairhand.work.projects.store import add_tasks, list_task_ids
from tests.stories.quality_world import MORNING, PET, QualityWorld, make_quality_world
from tests.stories.release_world import SECRET, SIGNER, agree, make_answered_world, make_press

NOON = Instant(MORNING + 9_000_000)


def publish(db: Database, world: QualityWorld, folder: Path, **changes: object) -> Path:
    command = replace(PublishRelease(world.project.id), **changes)  # type: ignore[arg-type]
    return publish_release(db, command, NOON, make_press(folder)).directory


def contributors(directory: Path) -> set[str]:
    return {
        row["contributor"] for row in pq.read_table(directory / "annotations.parquet").to_pylist()
    }


def errors(directory: Path) -> list[str]:
    return [issue.message for issue in verify_release(directory, SIGNER.verifier).issues]


def test_a_published_release_verifies_offline(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    command = PublishRelease(world.project.id, licence="CC-BY-4.0")
    made = publish_release(db, command, NOON, make_press(tmp_path))
    assert made.directory == tmp_path / "releases" / world.project.slug / "v1"
    assert errors(made.directory) == []
    assert (made.stats["tasks"], made.stats["rows"], made.stats["annotations"]) == (6, 6, 12)
    assert sorted(path.name for path in made.directory.parent.iterdir()) == ["v1"]


def test_the_rows_are_the_consensus_and_people_are_pseudonyms(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    directory = publish(db, world, tmp_path)
    rows = pq.read_table(directory / "data").to_pylist()
    assert [(row["task_id"], row["label"]) for row in rows] == [
        (task_id, agree(0, number)["pet"]) for number, task_id in enumerate(world.tasks)
    ]
    assert {row["answers"] for row in rows} == {2}
    assert contributors(directory) <= {
        pseudonym(SECRET, world.project.id, who) for who in world.people
    }
    everything = b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())
    assert b"Contributor 0" not in everything


def test_a_release_of_a_demo_is_marked_in_the_card_and_in_the_log(
    db: Database, tmp_path: Path
) -> None:
    world = make_answered_world(db)
    directory = publish(db, world, tmp_path)
    assert "**Demo: made for trying out.**" in (directory / "card.md").read_text()
    with db.read() as connection:
        bodies = connection.execute(
            select(log_event.c.body).where(log_event.c.kind == "release.made")
        ).scalars()
        assert ['"mode":"demo"' in str(body) for body in bodies] == [True]


def test_the_same_database_gives_the_same_bytes(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    first = publish(db, world, tmp_path, directory=tmp_path / "first")
    again = publish(db, world, tmp_path, directory=tmp_path / "again")
    for path in [*sorted(first.rglob("*.parquet")), first / "labels.jsonl"]:
        assert path.read_bytes() == (again / path.relative_to(first)).read_bytes()


def test_versions_count_up_and_are_listed_newest_first(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    publish(db, world, tmp_path)
    publish(db, world, tmp_path)
    with db.read() as connection:
        found = store.list_releases(connection, world.project.id)
    assert [one.version for one in found] == [2, 1]
    assert all(errors(Path(one.directory)) == [] for one in found)


def test_esi_who_withdrew_is_in_no_later_release(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    esi = world.people[0]
    before = publish(db, world, tmp_path)
    with db.write() as connection:
        connection.execute(
            update(consent_grant).where(consent_grant.c.person_id == esi).values(withdrawn_at=NOON)
        )
    after = publish(db, world, tmp_path)
    hers = pseudonym(SECRET, world.project.id, esi).encode()
    files = [path.read_bytes() for path in after.rglob("*") if path.is_file()]
    assert not any(hers in content for content in files)
    assert hers.decode() not in contributors(after)
    assert len(pq.read_table(after / "data")) < len(pq.read_table(before / "data"))
    card = (after / "card.md").read_text()
    assert "Annotations withheld because a grant was withdrawn: 4" in card
    assert errors(after) == errors(before) == []


def test_a_task_that_is_held_back_is_counted_and_left_out(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    with db.write() as connection:
        held = update(queue).where(queue.c.task_id == world.tasks[2]).values(held=True)
        connection.execute(held)
    directory = publish(db, world, tmp_path)
    ids = pq.read_table(directory / "data").column("task_id").to_pylist()
    assert ids == world.tasks[:2] + world.tasks[3:]
    assert "- Tasks withheld (in review, or a grant was withdrawn): 1" in (
        (directory / "card.md").read_text().splitlines()
    )


def test_another_projects_tasks_between_its_own_do_not_enter(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_TASKS", store._TASKS.limit(2))  # several pages
    world = make_quality_world(db, tasks=3, people=3, max_overlap=2)
    with db.read() as connection:
        carmen = connection.execute(select(func.min(person.c.id))).scalar_one()
    policy = ProjectPolicy("Others", "to compare", "Look.", (PET,), "GBP", 1_500_000_000)
    other = create_project(db, CreateProject(carmen, policy, mode="demo"), NOON)
    with db.write() as connection:
        for project, name in ((other, "theirs"), (world.project, "ours")) * 2:
            number = len(list_task_ids(connection, project.id))
            new = NewTask({"name": f"{name} {number}"}, f"{name}{number:>058}", f"row {number}")
            add_tasks(connection, project, [new], [None], NOON)
        world.tasks = list_task_ids(connection, world.project.id)
    world.work(agree)
    aggregate_labels(db, world.project.id, world.now)
    rows = pq.read_table(publish(db, world, tmp_path) / "data").to_pylist()
    assert [row["task_id"] for row in rows] == sorted(world.tasks)
    assert len(rows) == 5
    with pytest.raises(ConflictError, match="no aggregated answer"):
        publish_release(db, PublishRelease(other.id), NOON, make_press(tmp_path))


def test_an_empty_project_is_refused_and_keeps_its_first_number(
    db: Database, tmp_path: Path
) -> None:
    world = make_quality_world(db, tasks=2)
    with pytest.raises(ConflictError, match="no aggregated answer"):
        publish(db, world, tmp_path)
    with db.read() as connection:
        assert connection.execute(select(release.c.id)).all() == []
    assert [path for path in (tmp_path / "releases").rglob("*") if path.is_file()] == []


def test_an_unknown_project_and_a_taken_directory_are_refused(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db, tasks=1)
    with pytest.raises(NotFoundError):
        publish_release(db, PublishRelease(99), NOON, make_press(tmp_path))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ConflictError, match="already"):
        publish(db, world, tmp_path, directory=tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_an_empty_directory_may_be_named(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db, tasks=1)
    (tmp_path / "out").mkdir()
    assert errors(publish(db, world, tmp_path, directory=tmp_path / "out")) == []


def test_media_are_copied_when_asked_for(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db, tasks=2)
    sha256 = make_press(tmp_path).blobs.put(b"a picture")
    with db.write() as connection:
        connection.execute(update(task).values(media_sha256=sha256, media_type="image/png"))
    directory = publish(db, world, tmp_path, media="copy")
    [picture] = [path for path in (directory / "media").rglob("*") if path.is_file()]
    assert picture.read_bytes() == b"a picture"
    assert picture.suffix == ".png"
    assert errors(directory) == []


def test_a_missing_picture_stops_a_copying_release_and_leaves_nothing(
    db: Database, tmp_path: Path
) -> None:
    world = make_answered_world(db, tasks=1)
    with db.write() as connection:
        connection.execute(update(task).values(media_sha256="0" * 64, media_type="image/png"))
    with pytest.raises((NotFoundError, UnavailableError)):
        publish(db, world, tmp_path, media="copy", directory=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert errors(publish(db, world, tmp_path, directory=tmp_path / "out")) == []


def test_assisted_and_late_answers_are_told(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db, tasks=2)
    with db.write() as connection:
        connection.execute(update(annotation).values(prediction_shown=True, simulated=True))
    directory = publish(db, world, tmp_path)
    assert {row["assisted"] for row in pq.read_table(directory / "data").to_pylist()} == {2}
    card = (directory / "card.md").read_text()
    assert "- Annotations by simulated contributors: 4 of 4 (100.0 %)" in card
    assert "(simulated) |" in card


def test_the_steps_of_a_job_may_be_taken_twice(db: Database, tmp_path: Path) -> None:
    world = make_answered_world(db)
    press, command = make_press(tmp_path), PublishRelease(world.project.id)
    release_id = begin_release(db, command, NOON, press)
    assert begin_release(db, command, NOON, press) == release_id
    first = finish_release(db, release_id, command, NOON, press)
    assert finish_release(db, release_id, command, NOON, press) == first
    with db.read() as connection:
        made = select(log_event.c.id).where(log_event.c.kind == "release.made")
        assert len(connection.execute(made).all()) == 1


def test_a_draft_that_was_removed_after_its_event_is_said_to_be_lost(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_answered_world(db)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(story, "seal_log", cut)
        with pytest.raises(KeyboardInterrupt):
            publish(db, world, tmp_path)
    draft = tmp_path / "releases" / world.project.slug / ".v1.draft"
    (draft / "manifest.json").unlink()
    with pytest.raises(ConflictError, match="removed before"):
        publish(db, world, tmp_path)
    assert publish(db, world, tmp_path).name == "v2"


_KILLED = """
import os, signal, sys
from pathlib import Path
from fairhand.storage.database import Database
from fairhand.use_cases import publish_release as story
from tests.stories.release_world import make_press
from tests.stories.test_publish_release import NOON

url, folder, project, where = sys.argv[1:]
press = make_press(Path(folder))

def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def after(name):
    real = getattr(story, name)
    def then_kill(*arguments, **named):
        real(*arguments, **named)
        kill()
    setattr(story, name, then_kill)

if where == "while writing":
    from fairhand.proof.release import writer
    writer._write_cards = kill
elif where.startswith("after "):
    after(where.removeprefix("after "))
splits = {"shares": "50/50"}
command = story.PublishRelease(int(project), splits=splits)
story.publish_release(Database(url), command, NOON, press)
"""


@pytest.mark.parametrize(
    ("engine_name", "where"),
    [
        ("sqlite", "while writing"),
        pytest.param("sqlite", "after write_release", marks=pytest.mark.slow),
        ("sqlite", "after _log"),
        ("sqlite", "after seal_log"),
        pytest.param("sqlite", "after place_release", marks=pytest.mark.slow),
        ("postgresql", "after _log"),
        pytest.param("postgresql", "after seal_log", marks=pytest.mark.slow),
    ],
)
def test_killed_at_any_step_it_is_taken_up_and_nothing_is_half_in_place(
    db_url: str, tmp_path: Path, where: str
) -> None:
    db = Database(db_url)
    world = make_answered_world(db)
    root = Path(__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, db_url, str(tmp_path), str(world.project.id), where],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])},
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    final = tmp_path / "releases" / world.project.slug / "v1"
    assert not final.exists() or errors(final) == []
    command = PublishRelease(world.project.id, splits={"shares": "50/50"})
    made = publish_release(db, command, NOON, make_press(tmp_path))
    assert (made.version, made.directory) == (1, final)
    assert errors(final) == []
    with db.read() as connection:
        events = select(log_event.c.id).where(log_event.c.kind == "release.made")
        assert len(connection.execute(events).all()) == 1
    db.close()


def test_who_leaves_while_it_is_written_is_not_in_it(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_answered_world(db)
    esi, write, times = world.people[0], write_release, 0

    def leaves(*arguments: object, **named: object) -> object:
        nonlocal times
        written = write(*arguments, **named)  # type: ignore[arg-type]
        times += 1
        if times == 1:
            with db.write() as connection:
                ended = update(consent_grant).where(consent_grant.c.person_id == esi)
                connection.execute(ended.values(withdrawn_at=NOON))
        return written

    monkeypatch.setattr(story, "write_release", leaves)
    directory = publish(db, world, tmp_path)
    assert times == 2
    assert pseudonym(SECRET, world.project.id, esi) not in contributors(directory)
    assert errors(directory) == []


def test_two_that_were_begun_for_one_place_are_not_taken_for_one_another(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, place = make_answered_world(db), tmp_path / "out"
    press, command = make_press(tmp_path), PublishRelease(world.project.id, place)
    writing = begin_release(db, command, NOON, press)
    place.mkdir()
    (place / "manifest.json").write_text("of somebody else")
    with pytest.raises(ConflictError, match="already"):
        finish_release(db, writing, command, NOON, press)
    with db.read() as connection:
        assert store.list_unfinished(connection, world.project.id) == [], "the number is given back"

    (place / "manifest.json").unlink()

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(story, "seal_log", cut)
        with pytest.raises(KeyboardInterrupt):
            publish(db, world, tmp_path, directory=place)
    (place / "manifest.json").write_text("of somebody else")
    with pytest.raises(ConflictError, match="already"):
        publish(db, world, tmp_path, directory=place)
    (place / "manifest.json").unlink()
    assert errors(publish(db, world, tmp_path, directory=place)) == []

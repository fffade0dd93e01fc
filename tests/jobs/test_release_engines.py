"""A release has the same bytes whoever makes its rows: one process, or Daft's engines."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.release_million import fill, run

from fairhand.compute import engines
from fairhand.core.clock import Instant
from fairhand.core.errors import UnavailableError
from fairhand.proof.release import shards as shard_files
from fairhand.proof.release import writer
from fairhand.proof.release.verify import verify_release
from fairhand.storage.database import Database
from fairhand.storage.tables.people import consent_grant
from fairhand.storage.tables.work import queue
from fairhand.use_cases import publish_release as story
from fairhand.use_cases import release_pieces
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.publish_release import PublishRelease, begin_release, publish_release
from fairhand.use_cases.refit_quality import refit_quality
from tests.stories.quality_world import MORNING, PETS, QualityWorld, make_quality_world
from tests.stories.release_world import SIGNER, make_press

pytest.importorskip("daft", reason="the extra `scale` is not installed")

NOON = Instant(MORNING + 9_000_000)
PARTED = {"shares": "60/20/20", "seed": 3}


def make_world(db: Database, seed: int, tasks: int = 12, people: int = 4) -> QualityWorld:
    """Make a project whose people disagree as a dice says, with something held and withdrawn."""
    dice = random.Random(seed)
    world = make_quality_world(db, tasks=tasks, people=people, max_overlap=people - 1)
    world.work(lambda who, number: {"pet": dice.choice([PETS[number % 3], PETS[0]])})
    aggregate_labels(db, world.project.id, world.now)
    refit_quality(db, world.project.id, world.now)
    with db.write() as connection:
        if seed % 2:
            held = queue.update().where(queue.c.task_id == world.tasks[seed % tasks])
            connection.execute(held.values(held=True))
        if seed % 3 == 0:
            gone = consent_grant.update().where(consent_grant.c.person_id == world.people[0])
            connection.execute(gone.values(withdrawn_at=NOON))
    return world


def draft_of(db: Database, command: PublishRelease, folder: Path, engine: str) -> dict[str, bytes]:
    """Write the draft of a release that is begun once for all engines, and log nothing of it."""
    press = replace(make_press(folder), engine=engine)
    begun = story._load(db, begin_release(db, command, NOON, press))
    draft = folder / engine
    assert story._write(db, begun, command, draft, press) is not None
    files = (path for path in draft.rglob("*") if path.is_file())
    return {str(path.relative_to(draft)): path.read_bytes() for path in files}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("splits", [{}, PARTED])
def test_small_projects_have_the_same_bytes(
    db: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    splits: dict[str, object],
) -> None:
    monkeypatch.setattr(release_pieces, "_TASKS", 5)
    monkeypatch.setattr(writer, "SHARD_ROWS", 4)
    monkeypatch.setattr(shard_files, "GROUP_ROWS", 3)
    world = make_world(db, seed)
    command = PublishRelease(world.project.id, tmp_path / "out", splits=splits)
    here = draft_of(db, command, tmp_path, "embedded")
    there = draft_of(db, command, tmp_path, "native")
    assert there == here
    assert {"manifest.json", "annotations.parquet"} < here.keys()
    assert len([name for name in here if name.startswith("data/")]) >= 2


def test_what_an_engine_wrote_is_published_and_verifies(db: Database, tmp_path: Path) -> None:
    world = make_world(db, 3)
    press = replace(make_press(tmp_path), engine="native")
    made = publish_release(db, PublishRelease(world.project.id), NOON, press)
    assert [issue.message for issue in verify_release(made.directory, SIGNER.verifier).issues] == []
    assert [path.name for path in made.directory.parent.iterdir()] == ["v1"]
    assert not (made.directory / writer.SCRATCH).exists()


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "annotations"), [("native", 20_001), ("ray", 6_000)])
def test_many_annotations_have_the_same_bytes(
    tmp_path: Path, engine: str, annotations: int
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    project = fill(one, annotations)
    shutil.copytree(one, other)
    here, there = run(one, project, "80/20"), run(other, project, "80/20", engine)
    assert there["files"] == here["files"]
    assert here["annotations"] == annotations


_KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from fairhand.storage.database import Database
from fairhand.use_cases import publish_release as story, release_pieces
from tests.stories.release_world import make_press
from tests.jobs.test_release_engines import NOON

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

url, folder, project, where = sys.argv[1:]
if where == "rows":
    release_pieces._read = kill
else:
    story.Engine.map = kill if where == "first" else story.Engine.map
press = replace(make_press(Path(folder)), engine="native")
story.publish_release(Database(url), story.PublishRelease(int(project)), NOON, press)
"""


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("where", ["first", "rows"])
def test_killed_on_the_way_it_is_written_anew_by_any_engine(
    db_url: str, tmp_path: Path, where: str
) -> None:
    db = Database(db_url)
    world = make_world(db, 2)
    root = Path(__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, db_url, str(tmp_path), str(world.project.id), where],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])},
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    folder = tmp_path / "releases" / world.project.slug
    assert not (folder / "v1").exists()
    made = publish_release(db, PublishRelease(world.project.id), NOON, make_press(tmp_path))
    assert [issue.message for issue in verify_release(made.directory, SIGNER.verifier).issues] == []
    assert [path.name for path in folder.iterdir()] == ["v1"], "nothing else is left"


def test_a_piece_that_fails_leaves_nothing_and_gives_the_number_back(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    world = make_world(db, 2)
    press = replace(make_press(tmp_path), engine="native")
    with monkeypatch.context() as patched:
        patched.setattr(release_pieces, "_keep", full)
        with pytest.raises(UnavailableError, match="disk is full"):
            publish_release(db, PublishRelease(world.project.id), NOON, press)
    assert not [path for path in (tmp_path / "releases").rglob("*") if path.is_file()]
    made = publish_release(db, PublishRelease(world.project.id), NOON, press)
    assert made.version == 1


def test_a_missing_extra_is_said_before_a_version_is_taken(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    world = make_world(db, 2)
    press = replace(make_press(tmp_path), engine="native")
    with pytest.raises(UnavailableError, match=r"needs daft: pip install 'fairhand\[scale\]'"):
        publish_release(db, PublishRelease(world.project.id, tmp_path / "out"), NOON, press)
    assert not list(tmp_path.glob("*out*"))

"""A project that was got ready, opened, worked on and released: what the gate is asked about."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fairhand.core.money import MICROS
from fairhand.core.settings import Settings, load_settings
from fairhand.people.accounts.store import load_workspace
from fairhand.people.readiness import store as readiness
from fairhand.proof.log.keys import load_or_create_signer
from fairhand.proof.release.fitness import Finding
from fairhand.proof.release.gate_file import parse_bounds
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.house import House, key_path, open_database, open_house
from fairhand.use_cases.publish_release import (
    Press,
    PublishedRelease,
    PublishRelease,
    publish_release,
)
from fairhand.use_cases.read_fitness import AskFitness, Fitness, read_fitness
from fairhand.use_cases.run_gate import LetThrough, RunGate, run_gate
from tests.cast import LABELS, Cast

RATE = 20 * 100 * MICROS
PEOPLE = ("Amina", "Bao", "Esi")
LICENCE = "CC-BY-4.0"


@dataclass(slots=True)
class GateWorld:
    """Amina, Bao and Esi answered Carmen's pets alike, above the floor; it was released."""

    folder: Path
    db: Database
    cast: Cast
    project: int
    secret: bytes = field(repr=False)
    made: PublishedRelease = field(init=False)

    @property
    def settings(self) -> Settings:
        return load_settings(self.folder)

    def again(self, folder: Path) -> GateWorld:
        """The same world on a copy of its database; its release lies where it lay."""
        shutil.copytree(self.folder / "keys", folder / "keys")
        name = "fairhand.db"
        with (
            closing(sqlite3.connect(self.folder / name)) as mine,
            closing(sqlite3.connect(folder / name)) as theirs,
        ):
            mine.backup(theirs)
        db = Database(load_settings(folder).database_dsn)
        twin = GateWorld(folder, db, self.cast.again(db), self.project, self.secret)
        twin.made = self.made
        return twin

    def house(self) -> House:
        """The workspace, open at the cast's own time."""
        return open_house(self.settings, self.cast.clock)

    def work(self, answer: Callable[[str, int], str]) -> None:
        """Let all answer everything, ten seconds each."""
        for name in PEOPLE:
            person_id = self.cast.person(name)
            while (got := self.cast.next(person_id, self.project)).sheet is not None:
                self.cast.clock.advance(10_000)
                self.cast.submit(person_id, got.sheet.task.id, answer(name, got.sheet.task.id))
        aggregate_labels(self.db, self.project, self.cast.clock.now)

    def publish(self, **changes: Any) -> PublishedRelease:  # noqa: ANN401  # fields
        """Make the next version; from here on it is the one that is asked about."""
        said: dict[str, Any] = {"licence": LICENCE, "published_by": self.cast.carmen}
        command = PublishRelease(self.project, **(said | changes))
        signer = load_or_create_signer(key_path(self.settings), "fairhand/pets")
        blobs = BlobStore(f"file://{self.folder}/blobs")
        press = Press(self.folder / "releases", blobs, signer, self.secret)
        self.made = publish_release(self.db, command, self.cast.clock.now, press)
        return self.made

    def copied(self, name: str = "copy") -> Path:
        """A copy of the release, as it lies on a machine that trains."""
        target = self.folder / name
        shutil.copytree(self.made.directory, target)
        return target

    def set_terms(self, **changes: Any) -> None:  # noqa: ANN401  # fields of the terms
        """Ask for something else before the project counts as ready."""
        with self.db.write() as connection:
            terms = readiness.load_terms(connection, self.project)
            assert terms is not None
            readiness.save_terms(connection, self.project, replace(terms, **changes))

    def fitness(self, purpose: str = "training", **bounds: Any) -> Fitness:  # noqa: ANN401
        """Ask whether training may begin."""
        asked = AskFitness(self.made.release_id, purpose, parse_bounds(bounds))
        return read_fitness(self.db, asked, self.cast.clock.now, self.secret)

    def refusals(self, purpose: str = "training", **bounds: Any) -> dict[str, Finding]:  # noqa: ANN401
        """Everything that refuses, by rule."""
        found = self.fitness(purpose, **bounds).findings
        return {one.rule: one for one in found if one.verdict == "refuse"}

    def run(self, key: str = "run-1", **changes: Any) -> LetThrough:  # noqa: ANN401  # fields
        """Let a training begin."""
        said: dict[str, Any] = {
            "release_id": self.made.release_id,
            "manifest_sha256": self.made.manifest_sha256,
            "key": key,
            "asked_by": self.cast.carmen,
            "by": "Example Lab",
        }
        return run_gate(self.db, RunGate(**(said | changes)), self.cast.clock.now, self.secret)

    def written(self) -> tuple[int, int, int]:
        """Count what letting through writes: runs, lines of the log, uses."""
        counted = (
            "SELECT (SELECT count(*) FROM gate_run),"
            " (SELECT count(*) FROM event WHERE kind = 'gate.passed'),"
            " (SELECT count(*) FROM usage_event)"
        )
        ((runs, lines, uses),) = self.cast.rows(counted)
        return runs, lines, uses


def make_gate_world(folder: Path, tasks: int = 4) -> GateWorld:
    """Build it in an empty folder, which is a workspace that `fairhand -w` opens."""
    db = open_database(load_settings(folder))
    cast = Cast(db)
    cast.load_floors()
    project = cast.project(*PEOPLE, tasks=tasks, rate=RATE, overlap=3)
    cast.set_mode(project, "open")
    with db.read() as connection:
        found = load_workspace(connection)
    assert found is not None
    world = GateWorld(folder, db, cast, project, found[1])
    world.work(lambda _who, task_id: LABELS[task_id % len(LABELS)])
    world.publish()
    return world

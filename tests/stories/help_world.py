"""A ticked project whose proposals help or harm by a known factor, and people who answer it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from fairhand.core.clock import Instant
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.set_assist_policy import SetAssistPolicy, set_assist_policy
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from fairhand.work.assignment.rules import LeaseTerms
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import NewProposed, NewVersion
from tests.stories.quality_world import _SIGNER, IDLE_CAP_MS, PETS, QualityWorld, make_quality_world

CARMEN = 1
_TERMS = LeaseTerms(600_000, 28_800_000, 20)


@dataclass(slots=True)
class HelpWorld:
    """Carmen's ticked project; proposals are right for every task but each `wrong_every`-th."""

    world: QualityWorld
    blobs: BlobStore
    version_id: int
    predictions: dict[int, int]
    proposed: dict[int, str]
    rng: np.random.Generator
    _keys: count[int] = field(default_factory=count)

    @property
    def db(self) -> Database:
        return self.world.db

    @property
    def project_id(self) -> int:
        return self.world.project.id

    def truth(self, task_id: int) -> str:
        return PETS[self.world.tasks.index(task_id) % 3]

    def work(self, answers: int, ratio: float, *, follows: bool = True, plain: float = 20.0) -> int:
        """Let people answer one after another; give how many answers saw a proposal.

        An answer takes `plain` seconds without a proposal, and `ratio` of them with one. Who
        `follows` gives the proposal where they see one; else everybody gives the truth.
        """
        saw = 0
        for turn in range(answers):
            person_id = self.world.people[turn * len(self.world.people) // answers]
            asked = HandOutTask(person_id, self.project_id)
            handed = hand_out_task(
                self.db, asked, self.world.now, terms=_TERMS, idle_cap_ms=IDLE_CAP_MS
            )
            assert handed.sheet is not None
            assert handed.lease is not None
            seen = handed.sheet.prediction
            saw += seen is not None
            spread = float(np.exp(self.rng.normal(0.0, 0.3)))
            seconds = plain * spread * (ratio if seen is not None else 1.0)
            self.world.now = Instant(self.world.now + round(seconds * 1_000))
            value = self.truth(handed.lease.task_id)
            if seen is not None and follows:
                value = self.proposed[handed.lease.task_id]
            command = SubmitAnnotation(
                person_id,
                handed.lease.task_id,
                f"helped-{next(self._keys):08d}",
                {"pet": value},
                prediction_id=None if seen is None else self.predictions[handed.lease.task_id],
                prediction_shown=seen is not None,
            )
            submit_annotation(
                self.db, command, self.world.now, signer=_SIGNER, idle_cap_ms=IDLE_CAP_MS
            )
        return saw

    def tick(self, **wanted: Any) -> None:  # noqa: ANN401  # what a command takes
        command = SetAssistPolicy(CARMEN, self.project_id, is_on=True, **wanted)
        self.world.now = Instant(self.world.now + 1)
        set_assist_policy(self.db, command, self.world.now, blobs=self.blobs)


def make_help_world(
    db: Database, tasks: int, people: int, *, wrong_every: int = 0, blind_permille: int = 300
) -> HelpWorld:
    """Tick assistance, and show a model's proposals for all tasks."""
    world = make_quality_world(db, tasks=tasks, people=people, min_overlap=1, max_overlap=1)
    blobs = BlobStore("memory://")
    command = SetAssistPolicy(
        CARMEN, world.project.id, is_on=True, reorders=False, blind_permille=blind_permille
    )
    set_assist_policy(db, command, world.now, blobs=blobs)
    made = HelpWorld(world, blobs, 0, {}, {}, np.random.default_rng(5))
    for place, task_id in enumerate(world.tasks):
        is_wrong = wrong_every > 0 and place % wrong_every == 0
        made.proposed[task_id] = PETS[(place + is_wrong) % 3]
    with db.write() as connection:
        one = store.list_assistants(connection, world.project.id)[0]
        new = NewVersion(world.project.id, one.id, "pets@1", state="candidate")
        made.version_id = store.add_version(connection, new, world.now)
        store.promote(connection, world.project.id, made.version_id, world.now, None)
        store.save_predictions(
            connection,
            world.project.id,
            made.version_id,
            [
                NewProposed(task_id, {"pet": pet}, "pets@1", 0.8)
                for task_id, pet in made.proposed.items()
            ],
            world.now,
        )
        made.predictions |= {
            one.task_id: one.id
            for one in store.list_predictions(connection, made.version_id, limit=10_000)
        }
    world.now = Instant(world.now + 1_000)
    return made

"""Three projects of hard content and people who agreed to some, for `benchmarks.wellbeing`.

Everything goes through the real stories over SQLite: agreeing to tiers, joining, importing, handing
out, submitting with the time that content could be seen.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from fairhand.core.clock import Instant, ManualClock, parse_iso
from fairhand.core.ids import sha256_hex
from fairhand.people.wellbeing import policy_store
from fairhand.people.wellbeing.disclosure import words_for_tier
from fairhand.people.wellbeing.policy import ExposureTerms
from fairhand.storage.database import Database
from fairhand.storage.schema import whole_metadata
from fairhand.use_cases.agree_to_tier import AgreeToTier, agree_to_tier
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from tests.cast import IDLE_CAP_MS, Cast

BEFORE = parse_iso("2026-11-01T12:00:00Z")
EXPECTED_MS = 12_943  # as told: nine in ten are taken to stay under 2.5 times that
SHARES = {1: 0.70, 2: 0.25, 3: 0.05}
POUNDS = 10_000_000


@dataclass
class HardWorld:
    """A workspace under way."""

    cast: Cast
    people: list[int]
    agreed: list[int]
    projects: dict[int, int]  # tier to project
    dice: random.Random
    answered: int = 0
    doses: dict[int, tuple[int, int]] = field(default_factory=dict)

    def next(self, place: int, now: Instant) -> tuple[int, int, int] | None:
        """Ask in every project that a person may work in; (task, tier, expected dose) or None."""
        tiers = list(range(1, self.agreed[place] + 1))
        weights = [SHARES[tier] for tier in tiers]
        first = self.dice.choices(tiers, weights)[0]
        for tier in [first, *(tier for tier in tiers if tier != first)]:
            command = HandOutTask(self.people[place], self.projects[tier])
            got = hand_out_task(
                self.cast.db, command, now, terms=self.cast.terms, idle_cap_ms=IDLE_CAP_MS
            )
            if got.sheet is not None:
                return (got.sheet.task.id, *self.doses[got.sheet.task.id])
        return None

    def submit(self, place: int, task_id: int, visible_ms: int, now: Instant) -> None:
        """Answer, and say how long the content could be seen."""
        self.answered += 1
        command = SubmitAnnotation(
            self.people[place],
            task_id,
            str(UUID(int=self.answered)),
            {"pet": "cat"},
            visible_ms=visible_ms,
        )
        submit_annotation(
            self.cast.db, command, now, signer=self.cast.signer, idle_cap_ms=IDLE_CAP_MS
        )

    def close(self) -> None:
        """Let the database go."""
        self.cast.db.close()


def make_hard_world(
    folder: Path,
    agreed: Sequence[int],
    tasks: int,
    terms: ExposureTerms | None,
    dice: random.Random,
) -> HardWorld:
    """Make the workspace; `terms` hold in place of the defaults."""
    db = Database(f"sqlite:///{folder / 'workspace.db'}")
    with db.write() as connection:
        whole_metadata().create_all(connection)
    cast = Cast(db, ManualClock(BEFORE))
    people = [cast.person(f"Person {number}") for number in range(len(agreed))]
    for person, highest in zip(people, agreed, strict=True):
        for tier in range(1, highest + 1):
            words = sha256_hex(words_for_tier(tier).encode())
            agree_to_tier(db, AgreeToTier(person, tier, words), BEFORE)
    if terms is not None:
        with db.write() as connection:
            policy_store.add_policy(
                connection,
                terms,
                project_id=0,
                author_id=cast.carmen,
                starts_at=BEFORE,
                proposal_id=None,
                now=BEFORE,
            )
    projects = {}
    for tier, share in SHARES.items():
        projects[tier] = cast.project(tasks=0, overlap=1, tier=tier, funded=POUNDS * 100)
        cast.change("UPDATE project SET expected_ms = :ms", ms=EXPECTED_MS)
        count = (
            round(tasks * share)
            if tier > 1
            else tasks - sum(round(tasks * SHARES[other]) for other in SHARES if other > 1)
        )
        cast.add_tasks(projects[tier], count)
        for person, highest in zip(people, agreed, strict=True):
            if highest >= tier:
                cast.join(person, projects[tier])
    world = HardWorld(cast, people, list(agreed), projects, dice)
    found = cast.rows("SELECT task_id, tier, dose FROM queue")
    world.doses = {task: (tier, dose) for task, tier, dose in found}
    return world

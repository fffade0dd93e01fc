"""No file comes into a campaign without a living grant at that moment."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ForbiddenError
from fairhand.people.consent.grant_store import living_grant
from fairhand.storage.database import Database
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.open_recording import OpenRecording, open_recording
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant
from tests.stories.own_data_world import LEASES, OwnDataWorld
from tests.stories.quality_world import MORNING

RATE = 16_000


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> OwnDataWorld:
    return OwnDataWorld(sqlite_db, tmp_path)


def task_of(world: OwnDataWorld, person_id: int) -> int:
    asked = HandOutTask(person_id, world.project.id)
    got = hand_out_task(world.db, asked, world.now, terms=LEASES, idle_cap_ms=120_000)
    assert got.sheet is not None
    return got.sheet.task.id


def begin(world: OwnDataWorld, person_id: int, task_id: int) -> None:
    asked = OpenRecording(person_id, task_id, "voice", str(uuid.uuid4()), RATE)
    open_recording(world.db, asked, world.now)


def test_nothing_can_be_recorded_after_a_grant_was_ended(world: OwnDataWorld) -> None:
    esi, given = world.join("Esi")
    task_id = task_of(world, esi)
    begin(world, esi, task_id)
    withdraw_grant(world.db, WithdrawGrant(esi, given.grant_ids["voice"]), world.now)
    with pytest.raises(ForbiddenError, match=f"/campaigns/{world.project.id}") as refused:
        begin(world, esi, task_id)
    assert refused.value.code in ("grant_needed", "not_your_task")


def test_nothing_can_be_recorded_after_a_grant_ended_by_itself(world: OwnDataWorld) -> None:
    amina, _ = world.join("Amina", days=1)
    world.now = Instant(MORNING + DAY_MS - 1)
    task_id = task_of(world, amina)
    begin(world, amina, task_id)
    world.now = Instant(MORNING + DAY_MS)
    with pytest.raises(ForbiddenError) as refused:
        begin(world, amina, task_id)
    assert refused.value.code == "grant_needed"


def test_the_living_grant_is_the_one_that_held_at_that_moment(world: OwnDataWorld) -> None:
    amina, first = world.join("Amina", days=30)
    world.now = Instant(MORNING + DAY_MS)
    _, second = world.join(amina, {"voice": ("training", "evaluation")}, days=60)
    with world.db.read() as connection:

        def at(moment: int, modality: str = "voice") -> int | None:
            found = living_grant(
                connection, amina, world.project.id, modality, Instant(MORNING + moment)
            )
            return None if found is None else found.id

        assert at(-1) is None
        assert at(0) == at(DAY_MS - 1) == first.grant_ids["voice"]
        assert at(DAY_MS) == at(61 * DAY_MS - 1) == second.grant_ids["voice"]
        assert at(61 * DAY_MS) is None
        assert at(0, "image") is None

"""A human says keep, ask again or leave out: told with the reason, contestable, never about pay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.people.conduct import store as conduct
from fairhand.people.conduct.store import Decision
from fairhand.people.contributions.intake import Settled
from fairhand.storage.database import Database
from fairhand.use_cases.read_intake import read_intake, read_open_file
from fairhand.use_cases.repair_decision import Why, repair_decision
from fairhand.use_cases.settle_contribution import (
    SettleContribution,
    SettledContribution,
    settle_contribution,
)
from tests.stories.intake_world import IntakeWorld, voice
from tests.stories.quality_world import add_person

WHY = "Both are one recording: the breath before the third word is the same."


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> IntakeWorld:
    """Amina gave something; Esi gave nearly the same, which is held."""
    world = IntakeWorld(sqlite_db, tmp_path)
    world.speak(world.person("Amina"), voice(1))
    world.speak(world.person("Esi"), (voice(1)[3_000:] * 0.7).astype(np.int16))
    world.round()
    return world


def settle(world: IntakeWorld, as_: Settled, why: str = WHY, who: int = 0) -> SettledContribution:
    held = world.given()[-1]
    command = SettleContribution(who or world.carmen, world.project_id, held.id, as_, why)
    return settle_contribution(world.db, command, world.now)


def decision_of(world: IntakeWorld, decision_id: int | None) -> Decision:
    with world.db.read() as connection:
        found = conduct.load_decision(connection, decision_id or 0)
    assert found is not None
    return found


def test_what_is_kept_is_ready_and_nobody_is_told_of_a_decision(world: IntakeWorld) -> None:
    assert settle(world, "keep") == SettledContribution("ready", None)
    assert read_intake(world.db, world.shop.blobs, world.project_id).waiting == 0


@pytest.mark.parametrize(
    ("as_", "kind"), [("ask_again", "redo_asked"), ("leave_out", "answer_not_taken")]
)
def test_what_is_not_kept_is_a_decision_with_its_reason(
    world: IntakeWorld, as_: Settled, kind: str
) -> None:
    done = settle(world, as_)
    assert done.state == "held"
    told = decision_of(world, done.decision_id)
    assert (told.kind, told.reason, told.person_id) == (kind, WHY, world.given()[-1].person_id)
    assert "None" in told.pay_effect
    with world.db.read() as connection:
        counted = connection.execute(
            text("SELECT counted FROM annotation WHERE id = :id"),
            {"id": world.given()[-1].annotation_id},
        ).scalar_one()
    assert not counted, "somebody else is asked"


def test_a_decision_that_is_taken_back_lets_the_contribution_be_used(world: IntakeWorld) -> None:
    done = settle(world, "leave_out")
    decision = decision_of(world, done.decision_id)
    with world.db.write() as connection:
        repaired = repair_decision(
            connection,
            decision,
            Why("They were two takes of one evening.", world.carmen),
            world.now,
        )
    assert repaired["kept"] is True
    assert world.given()[-1].state == "ready"


def test_nobody_settles_what_they_gave_themselves(world: IntakeWorld) -> None:
    with pytest.raises(ForbiddenError, match="Somebody else"):
        settle(world, "keep", who=world.given()[-1].person_id)


def test_a_reason_is_asked_for_and_one_of_three_answers(world: IntakeWorld) -> None:
    with pytest.raises(InvalidError, match="the person reads it"):
        settle(world, "leave_out", "no")
    with pytest.raises(InvalidError, match="Choose one"):
        settle(world, "burn")  # type: ignore[arg-type]


def test_what_is_settled_is_settled(world: IntakeWorld) -> None:
    settle(world, "ask_again")
    with pytest.raises(ConflictError):
        settle(world, "keep")


def test_another_projects_contribution_is_not_there(world: IntakeWorld) -> None:
    command = SettleContribution(world.carmen, world.project_id + 1, 1, "keep", WHY)
    with pytest.raises(NotFoundError):
        settle_contribution(world.db, command, world.now)


def test_no_reviewer_can_wave_through_what_nobody_permitted(world: IntakeWorld) -> None:
    world.speak(add_person(world.db, "Dmitri"), voice(7))
    world.round()
    assert settle(world, "keep").state == "new"
    world.round()
    assert world.given()[-1].state == "held"
    assert world.given()[-1].grant_id is None


def test_reviewers_are_shown_both_files_and_never_an_original(world: IntakeWorld) -> None:
    intake = read_intake(world.db, world.shop.blobs, world.project_id)
    [seen] = intake.listed
    assert (seen.given.id, seen.other and seen.other.id) == (2, 1)
    assert dict(intake.counts) | {"ready": 1, "held": 1} == dict(intake.counts)
    sha256, media_type = read_open_file(world.db, world.project_id, 2)
    assert (sha256, media_type) == (world.given()[1].open_sha256, "audio/wav")


def test_a_project_that_is_no_campaign_has_no_intake(world: IntakeWorld) -> None:
    with pytest.raises(NotFoundError, match="collects nothing"):
        read_intake(world.db, world.shop.blobs, world.project_id + 1)

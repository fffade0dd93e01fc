"""The gate and what people gave of themselves: its purpose, its time, and taking it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.core.clock import DAY_MS, Instant
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Cell
from fairhand.proof.release.fitness import Finding
from fairhand.proof.release.gate_file import parse_bounds
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_fitness import AskFitness, read_fitness
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from fairhand.use_cases.withdraw_grant import (
    WithdrawGrant,
    withdraw_contributions,
    withdraw_grant,
)
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.release_world import SIGNER


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> OwnDataWorld:
    return OwnDataWorld(sqlite_db, tmp_path)


def ask(world: OwnDataWorld, rule: str, purpose: str = "training", groups: float = 1.0) -> Finding:
    """What one rule says of the only release."""
    bounds = parse_bounds({"coverage": {"groups": groups}})
    asked = AskFitness(1, purpose, bounds)
    found = read_fitness(world.db, asked, world.now, b"s" * 32).findings
    return next(one for one in found if one.rule == rule)


def test_what_people_gave_is_trained_on_for_its_purpose_in_its_time_and_until_they_take_it_back(
    world: OwnDataWorld,
) -> None:
    amina, _ = world.join("Amina")
    esi, given = world.join("Esi")
    world.record(amina)
    world.record(esi)
    world.take_in()
    aggregate_labels(world.db, world.project.id, world.now)
    publish_release(world.db, PublishRelease(world.project.id), world.now, world.press())

    assert ask(world, "consent").verdict == "pass"
    assert ask(world, "purpose").words.startswith("People permitted training until")
    refused = ask(world, "purpose", "voice_clone")
    assert (refused.verdict, refused.who) == ("refuse", ("owner",))
    assert refused.words == "People permitted training, and not voice_clone."

    with world.db.write() as connection:
        cell = Cell(0, "Swahili", {"language": "sw"}, 50)
        campaigns.save_cells(connection, world.project.id, [cell], world.now)
    refused = ask(world, "coverage")
    assert refused.words == "0 of 1 groups have reached their target. Asked for: 100%."
    assert refused.link == f"/projects/{world.project.id}/coverage"
    assert ask(world, "coverage", groups=0).verdict == "pass"

    withdraw_contributions(world.db, amina, [1], world.now)
    assert "just taken something back" in ask(world, "consent").words
    settle_withdrawals(world.db, world.shop.blobs, SIGNER, world.now)
    assert ask(world, "consent").words == "1 item of it must not be used any more."
    withdraw_grant(world.db, WithdrawGrant(esi, given.grant_ids["voice"]), world.now)
    assert ask(world, "consent").words == "1 person whose work is in it agrees no more."

    world.now = Instant(world.now + 91 * DAY_MS)
    assert "ended on" in ask(world, "consent").words

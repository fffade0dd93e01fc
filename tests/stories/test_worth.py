"""An owner says what a right answer is worth; the queue asks while one more judgement pays."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.quality import store
from fairhand.storage.database import Database
from fairhand.storage.tables.proof import log_event
from fairhand.use_cases.keep_up_quality import keep_up_quality
from fairhand.use_cases.overlap import judgement_price, overlap_policy
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.refit_quality import refit_quality
from fairhand.use_cases.set_worth import SetWorth, set_worth
from tests.stories.quality_world import PETS, QualityWorld, make_quality_world

POUND = 100_000_000
"""In micros of a penny."""

HARD = 4
"""Every so many tasks one is hard: people disagree about it."""


def answer(who: int, task: int) -> dict[str, Any]:
    """All are right on easy tasks; on hard ones every other person is off by one."""
    slips = task % HARD == 0 and (who + task // HARD) % 2 == 1
    return {"pet": PETS[(task + slips) % 3]}


def world_of(db: Database) -> QualityWorld:
    return make_quality_world(
        db, tasks=48, people=6, min_overlap=2, max_overlap=6, target_confidence=0.999
    )


def worth(world: QualityWorld, micros: int | None) -> None:
    set_worth(world.db, SetWorth(world.people[0], world.project.id, micros), world.now)


def run(world: QualityWorld) -> int:
    """Work and aggregate in turns until nothing is free; give how many answers were asked."""
    answers, came = 0, True
    while came:
        came = False
        for who in range(len(world.people)):
            came |= world.submit_next(who, answer) is not None
        answers += keep_up_quality(world.db, lambda: world.now)
    return answers


def settled(world: QualityWorld) -> list[bool]:
    with world.db.read() as connection:
        return [one.settled for one in store.iter_consensus(connection, world.project.id)]


def logged(db: Database) -> int:
    with db.read() as connection:
        kind = log_event.c.kind == "project.worth_set"
        return int(connection.execute(select(func.count()).where(kind)).scalar_one())


def test_an_adaptive_project_asks_fewer_judgements_and_settles(db: Database) -> None:
    world = world_of(db)
    worth(world, 2 * POUND)
    asked = run(world)
    assert asked < 0.8 * 6 * 48
    assert len(settled(world)) == 48
    assert all(settled(world))
    easy = [world.overlaps()[task][1] for at, task in enumerate(world.tasks) if at % HARD]
    hard = [world.overlaps()[task][1] for at, task in enumerate(world.tasks) if not at % HARD]
    assert sum(hard) / len(hard) > sum(easy) / len(easy)


def test_what_is_worth_less_than_it_costs_is_asked_no_further(db: Database) -> None:
    world = world_of(db)
    worth(world, judgement_price(world.project) // 10)
    assert run(world) == 2 * 48
    assert all(settled(world))
    # Once a right answer is worth more, the next refit asks on.
    worth(world, 1_000 * POUND)
    refit_quality(db, world.project.id, world.now)
    assert run(world) > 0
    worth(world, None)
    assert read_project(db, world.project.id).worth_micros is None


def test_the_price_is_the_pay_for_the_time_a_judgement_takes(db: Database) -> None:
    project = world_of(db).project
    assert judgement_price(project) == 1_500_000_000 * 20 // 3_600
    assert overlap_policy(project).worth_micros is None


def test_an_impossible_worth_is_refused_and_a_possible_one_is_logged(db: Database) -> None:
    world = world_of(db)
    for micros in (0, -5, 10**16):
        with pytest.raises(InvalidError, match="above zero"):
            worth(world, micros)
    with pytest.raises(NotFoundError):
        set_worth(db, SetWorth(world.people[0], 99, POUND), world.now)
    assert logged(db) == 0
    worth(world, POUND)
    assert logged(db) == 1
    assert read_project(db, world.project.id).worth_micros == POUND

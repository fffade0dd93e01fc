"""The order in which replies were shown is checked when an answer comes, and kept with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from fairhand.core.errors import InvalidError
from fairhand.labels.replies import deal, seed_of
from fairhand.storage.database import Database
from fairhand.use_cases.read_place_pull import read_place_pull
from fairhand.use_cases.read_templates import read_template
from tests.stories.quality_world import QualityWorld
from tests.stories.release_world import make_press
from tests.stories.test_every_template import make_world


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> QualityWorld:
    press = make_press(tmp_path)
    made, _ = make_world(sqlite_db, press.blobs, read_template("preference"))
    return made


def verdict(order: list[str]) -> dict[str, Any]:
    return {"better": {"verdict": "tie", "order": order}}


def test_an_order_that_was_not_dealt_to_this_person_is_refused(world: QualityWorld) -> None:
    seen: list[str] = []

    def swapped(who: int, number: int) -> dict[str, Any]:
        seen[:] = deal(seed_of(world.people[who], world.tasks[number]), ["r1", "r2"])
        return verdict(seen[::-1])

    with pytest.raises(InvalidError) as refused:
        world.work(swapped)
    (issue,) = refused.value.issues
    assert "order in which this task was shown" in issue.message
    assert seen


def test_the_order_dealt_is_kept_and_differs_between_people(world: QualityWorld) -> None:
    def told(who: int, number: int) -> dict[str, Any]:
        return verdict(deal(seed_of(world.people[who], world.tasks[number]), ["r1", "r2"]))

    assert world.work(told) == 2 * len(world.tasks)
    with world.db.read() as connection:
        found = connection.execute(text("SELECT person_id, task_id, value FROM annotation")).all()
    kept = {(row[0], row[1]): orjson.loads(row[2])["better"]["order"] for row in found}
    assert all(order == deal(seed_of(*key), order) for key, order in kept.items())
    assert {tuple(order) for order in kept.values()} == {("r1", "r2"), ("r2", "r1")}


def test_an_answer_that_came_another_way_need_not_say_its_order(world: QualityWorld) -> None:
    def silent(_who: int, _number: int) -> dict[str, Any]:
        return {"better": {"verdict": "both_bad"}}

    assert world.work(silent) == 2 * len(world.tasks)


def test_an_owner_reads_whether_the_first_place_pulls(world: QualityWorld) -> None:
    def first(who: int, number: int) -> dict[str, Any]:
        order = deal(seed_of(world.people[who], world.tasks[number]), ["r1", "r2"])
        verdict = {"verdict": "better", "better": order[0], "strength": 1, "order": order}
        return {"better": verdict}

    assert [one.pull for one in read_place_pull(world.db, world.project.id)] == [None]
    world.work(first)
    (found,) = read_place_pull(world.db, world.project.id)
    assert found.name == "better"
    assert found.pull is not None
    assert (found.pull.answers, found.pull.share) == (2 * len(world.tasks), 1.0)
    assert found.pull.is_seen

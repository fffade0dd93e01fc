"""Answers to what was asked before a change of labels: kept, paid, said anew, or asked anew."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from fairhand.core.errors import InvalidError
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.change_labels import ChangeLabels, change_labels
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.read_label_change import read_label_change
from fairhand.use_cases.revise_annotation import ReviseAnnotation, revise_annotation
from tests.cast import IDLE_CAP_MS
from tests.stories.quality_world import TERMS, QualityWorld, make_quality_world

MERGE = {"do": "merge", "question": "pet", "labels": ["cat", "dog"], "into": "small"}
SPLIT = {"do": "split", "question": "pet", "label": "cow", "into": ["bull", "calf"]}
CARMEN = 1


@pytest.fixture
def world(db: Database) -> QualityWorld:
    """Three tasks; each of two people is asked about each."""
    return make_quality_world(db, tasks=3, people=2, max_overlap=2)


def take(world: QualityWorld, who: int) -> int:
    asked = HandOutTask(world.people[who], world.project.id)
    handed = hand_out_task(world.db, asked, world.now, terms=TERMS, idle_cap_ms=IDLE_CAP_MS)
    assert handed.lease is not None
    return handed.lease.task_id


def change(world: QualityWorld, *changes: dict[str, Any], **more: Any) -> int:  # noqa: ANN401
    more.setdefault("version", 1)
    command = ChangeLabels(CARMEN, world.project.id, changes, **more)
    return change_labels(world.db, command, world.now).asked


def rows(world: QualityWorld, query: str) -> list[Any]:
    with world.db.read() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def said(world: QualityWorld, task_id: int) -> list[Any]:
    aggregate_labels(world.db, world.project.id, world.now)
    return rows(world, f"SELECT value FROM consensus WHERE task_id = {task_id}")


def test_an_answer_to_labels_of_before_is_kept_paid_and_said_in_those_of_now(
    world: QualityWorld,
) -> None:
    task = take(world, 0)
    change(world, MERGE)
    annotation = world.submit(0, task, {"pet": "cat"}, version=1)
    kept = f"SELECT project_version, counted, value FROM annotation WHERE id = {annotation}"
    assert rows(world, kept) == [(1, True, '{"pet":"cat"}')]
    paid = f"SELECT count(*) FROM accrual WHERE annotation_id = {annotation}"
    assert rows(world, paid) == [(1,)]
    assert said(world, task) == [('"small"',)]
    assert world.overlaps()[task] == (2, 1)


def test_an_answer_that_says_nothing_now_is_asked_anew_as_the_change_says(
    world: QualityWorld,
) -> None:
    tasks = [take(world, who) for who in (0, 1)]
    assert tasks[0] == tasks[1]
    change(world, SPLIT, people=3)
    world.submit(0, tasks[0], {"pet": "cow"}, version=1)
    assert world.overlaps()[tasks[0]] == (4, 1)
    world.submit(1, tasks[1], {"pet": "cow"}, version=1)
    assert world.overlaps()[tasks[0]] == (5, 2)


def test_a_change_that_asks_nobody_asks_nobody_about_late_answers(world: QualityWorld) -> None:
    task = take(world, 0)
    change(world, SPLIT, ask="none")
    world.submit(0, task, {"pet": "cow"}, version=1)
    assert world.overlaps()[task] == (2, 1)


def test_answers_of_before_and_late_ones_are_asked_about_together(world: QualityWorld) -> None:
    task = take(world, 0)
    world.submit(0, task, {"pet": "cow"})
    assert take(world, 1) == task
    assert read_label_change(world.db, world.project.id, [SPLIT]).costs["touched"].answers == 2
    assert change(world, SPLIT) == 1
    wanted = world.overlaps()[task]
    world.submit(1, task, {"pet": "cow"}, version=1)
    assert (wanted, world.overlaps()[task]) == ((3, 1), (4, 2))


def test_what_never_was_asked_is_refused(world: QualityWorld) -> None:
    task = take(world, 0)
    change(world, MERGE)
    for version, answer in ((3, "small"), (1, "small"), (2, "cat"), (0, "cat"), (None, "cat")):
        with pytest.raises(InvalidError):
            world.submit(0, task, {"pet": answer}, version=version)
    assert world.submit(0, task, {"pet": "small"}, version=2)


def test_a_known_answer_judges_what_was_meant(world: QualityWorld) -> None:
    task = take(world, 0)
    mark_gold(world.db, MarkGold(CARMEN, world.project.id, task, {"pet": "cat"}), world.now)
    change(world, MERGE)
    world.submit(0, task, {"pet": "cat"}, version=1)
    aggregate_labels(world.db, world.project.id, world.now)
    assert rows(world, "SELECT kind FROM decision WHERE kind = 'gold_missed'") == []


def test_an_answer_taken_back_onto_the_desk_speaks_in_the_labels_of_now(
    world: QualityWorld,
) -> None:
    annotation = world.submit(0, take(world, 0), {"pet": "cat"})
    change(world, MERGE)
    command = ReviseAnnotation(world.people[0], annotation)
    again = revise_annotation(world.db, command, world.now, idle_cap_ms=IDLE_CAP_MS)
    assert again.sheet.draft == {"pet": "small"}

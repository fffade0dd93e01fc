"""Gold tasks: known answers come in, are met unseen and once, teach the models, and stay apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import select

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.model.task import NewGold, NewTask
from fairhand.people.accounts import store as accounts
from fairhand.quality import store as quality
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import accrual
from fairhand.storage.tables.work import annotation, lease
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.read_gold import read_gold
from fairhand.use_cases.read_project import read_status
from fairhand.use_cases.refit_quality import refit_quality
from fairhand.use_cases.set_gold_share import SetGoldShare, set_gold_share
from fairhand.use_cases.unmark_gold import UnmarkGold, unmark_gold
from fairhand.work.gold import store as gold
from tests.stories.quality_world import MORNING, PET, PETS, QualityWorld, make_quality_world

CARMEN = 1


@pytest.fixture
def world(db: Database) -> QualityWorld:
    made = make_quality_world(db, tasks=40, people=4)
    with db.write() as connection:
        accounts.create_workspace(connection, "pets", MORNING)
    return made


def make_gold(world: QualityWorld, places: range, percent: float = 30.0) -> list[int]:
    for place in places:
        value = {"pet": PETS[place % 3]}
        mark_gold(world.db, MarkGold(CARMEN, world.project.id, world.tasks[place], value), MORNING)
    set_gold_share(world.db, SetGoldShare(CARMEN, world.project.id, percent), MORNING)
    return [world.tasks[place] for place in places]


def truth(who: int, task: int) -> dict[str, str]:
    return {"pet": PETS[task % 3]}


def handed_out(world: QualityWorld) -> Counter[tuple[int, int]]:
    with world.db.read() as connection:
        rows = connection.execute(select(lease.c.person_id, lease.c.task_id)).all()
    return Counter((row.person_id, row.task_id) for row in rows)


def test_everybody_meets_gold_tasks_and_each_of_them_once(world: QualityWorld) -> None:
    golds = make_gold(world, range(30, 40))
    world.work(truth)
    met = handed_out(world)
    assert max(met.values()) == 1
    per_person = Counter(person for person, task in met if task in golds)
    assert set(per_person) == set(world.people)
    assert 0 < sum(per_person.values()) <= 4 * len(golds)


def test_without_a_share_nobody_meets_a_gold_task(world: QualityWorld) -> None:
    golds = make_gold(world, range(30, 40), percent=0)
    world.work(truth)
    assert not {task for _, task in handed_out(world)} & set(golds)


def test_a_retry_gets_the_same_task(world: QualityWorld) -> None:
    make_gold(world, range(20, 40), percent=50)
    before = handed_out(world)
    for _ in range(3):
        first = world.submit_next(0, truth)
        assert first is not None
    assert sum(handed_out(world).values()) == sum(before.values()) + 3


def test_gold_results_carry_intervals_and_no_order_but_names(world: QualityWorld) -> None:
    make_gold(world, range(20, 40), percent=50)

    def careless(who: int, task: int) -> dict[str, str]:
        return {"pet": PETS[(task + (who == 2)) % 3]}

    world.work(careless)
    state = read_gold(world.db, world.project.id)
    shares = {one.person_id: one.share for one in state.people}
    wrong, right = shares[world.people[2]], shares[world.people[0]]
    assert wrong.right == 0
    assert right.right == right.of > 0
    assert wrong.exact[0] == 0.0 < wrong.exact[1] < 1.0
    assert right.always[0] < right.exact[0] < 1.0
    assert [one.name for one in state.people] == sorted(one.name for one in state.people)
    assert sum(one.answers for one in state.tasks) == sum(one.of for one in shares.values())


def test_gold_teaches_a_refit_who_errs(world: QualityWorld) -> None:
    """Two of four people err alike, so answers alone cannot say who; gold can."""

    def two_err(who: int, task: int) -> dict[str, str]:
        return {"pet": PETS[(task + (who in (0, 1))) % 3]}

    make_gold(world, range(20, 40), percent=50)
    world.work(two_err)
    aggregate_labels(world.db, world.project.id, world.now)
    refit_quality(world.db, world.project.id, world.now)
    world.work(two_err)
    aggregate_labels(world.db, world.project.id, world.now)
    refit_quality(world.db, world.project.id, world.now)
    with world.db.read() as connection:
        found = list(quality.iter_consensus(connection, world.project.id))
    open_tasks = {task: place for place, task in enumerate(world.tasks) if place < 20}
    assert {one.task_id for one in found} <= set(open_tasks)
    answered = [one for one in found if one.n_answers >= 3]
    assert answered
    right = [one.value == PETS[open_tasks[one.task_id] % 3] for one in answered]
    assert sum(right) >= 0.9 * len(right)


def test_a_gold_task_is_left_out_of_progress_and_doubt(world: QualityWorld) -> None:
    before = read_status(world.db, world.project.id, world.now).progress.tasks
    make_gold(world, range(30, 40))
    assert read_status(world.db, world.project.id, world.now).progress.tasks == before - 10


def test_unmarking_brings_a_task_back_with_its_answers(world: QualityWorld) -> None:
    golds = make_gold(world, range(20, 40), percent=50)
    world.work(truth)
    aggregate_labels(world.db, world.project.id, world.now)
    met = next(task for _, task in handed_out(world) if task in golds)
    unmark_gold(world.db, UnmarkGold(CARMEN, world.project.id, met), world.now)
    aggregate_labels(world.db, world.project.id, world.now)
    with world.db.read() as connection:
        assert quality.load_consensus(connection, met)[0].n_answers >= 1
    with pytest.raises(NotFoundError, match="not a gold task"):
        unmark_gold(world.db, UnmarkGold(CARMEN, world.project.id, met), world.now)


def test_an_unmarked_task_that_nobody_met_is_handed_out_like_any_other(world: QualityWorld) -> None:
    make_gold(world, range(39, 40), percent=0)
    assert world.work(truth) == 39 * world.project.min_overlap
    unmark_gold(world.db, UnmarkGold(CARMEN, world.project.id, world.tasks[39]), world.now)
    assert world.work(truth) == world.project.min_overlap


@pytest.mark.parametrize(
    ("value", "place"),
    [({}, "value"), ({"pet": "cow "}, "pet"), ({"colour": "red"}, "colour"), ({"pet": 3}, "pet")],
)
def test_a_known_answer_must_answer_the_question(
    world: QualityWorld, value: dict[str, object], place: str
) -> None:
    command = MarkGold(CARMEN, world.project.id, world.tasks[0], value)
    with pytest.raises(InvalidError) as caught:
        mark_gold(world.db, command, MORNING)
    assert place in [issue.place for issue in caught.value.issues]


def test_a_task_of_another_project_cannot_be_marked(world: QualityWorld) -> None:
    with pytest.raises(NotFoundError):
        mark_gold(world.db, MarkGold(CARMEN, world.project.id, 10**6, {"pet": "cat"}), MORNING)


@pytest.mark.parametrize("percent", [-1.0, 50.1, float("nan"), float("inf")])
def test_a_share_out_of_range_is_refused(world: QualityWorld, percent: float) -> None:
    with pytest.raises(InvalidError):
        set_gold_share(world.db, SetGoldShare(CARMEN, world.project.id, percent), MORNING)


def test_a_column_of_known_answers_makes_gold_tasks_and_is_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "known.csv"
    path.write_text("text,known,why\nmeows,cat,It says so.\nbarks,,\nmoos,horse,\n")
    options = ReadOptions(
        gold_columns={"known": "pet"}, gold_explanation_column="why", questions=[PET]
    )
    first, second, third = read_tasks(path, options)
    assert isinstance(first, NewTask)
    assert first.gold == NewGold({"pet": "cat"}, "It says so.")
    assert first.data == {"text": "meows"}
    assert isinstance(second, NewTask)
    assert second.gold is None
    assert isinstance(third, Issue)
    assert "unusable known answer" in third.message


def test_importing_known_answers_marks_rows_that_are_there_already(
    world: QualityWorld, tmp_path: Path
) -> None:
    row = NewTask({"name": "pet 3"}, f"{3:064d}", "row 3", gold=NewGold({"pet": "cat"}))
    run = start_import(world.db, world.project.id, "known.csv", MORNING)
    blobs = BlobStore(tmp_path.as_uri())
    done = import_tasks(world.db, blobs, ImportTasks(run.id, [row], CARMEN), Instant(MORNING + 1))
    assert (done.added, done.already_there) == (0, 1)
    with world.db.read() as connection:
        assert [one.task_id for one in gold.list_gold(connection, world.project.id)] == [
            world.tasks[3]
        ]


def test_an_answer_to_a_gold_task_is_paid_like_any_other(world: QualityWorld) -> None:
    golds = set(make_gold(world, range(20, 40), percent=50))

    def wrong(who: int, task: int) -> dict[str, str]:
        return {"pet": PETS[(task + 1) % 3]}

    world.work(wrong)
    with world.db.read() as connection:
        found = connection.execute(
            select(
                annotation.c.task_id, accrual.c.rate_micros_per_hour, accrual.c.amount_micros
            ).join_from(accrual, annotation, accrual.c.annotation_id == annotation.c.id)
        ).all()
    of_gold = [row.amount_micros for row in found if row.task_id in golds]
    others = [row.amount_micros for row in found if row.task_id not in golds]
    assert of_gold
    assert min(of_gold) > 0, "wrong answers to gold tasks are paid, too"
    assert median(of_gold) == median(others)
    assert {row.rate_micros_per_hour for row in found} == {world.project.rate_micros_per_hour}


def test_nobody_can_be_wrong_where_there_is_no_one_truth(db: Database, tmp_path: Path) -> None:
    feel = replace(PET, config={**PET.config, "subjective": True})
    world = make_quality_world(db, tasks=2, people=1, questions=(feel,))
    command = MarkGold(CARMEN, world.project.id, world.tasks[0], {"pet": "cat"})
    with pytest.raises(InvalidError) as caught:
        mark_gold(db, command, MORNING)
    assert "no one truth" in caught.value.issues[0].message
    path = tmp_path / "known.csv"
    path.write_text("text,known\nmeows,cat\n")
    (row,) = read_tasks(path, ReadOptions(gold_columns={"known": "pet"}, questions=[feel]))
    assert isinstance(row, Issue)
    assert "no one truth" in row.message

"""What the quality wing keeps comes back as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sqlalchemy.exc import IntegrityError

from fairhand.core.clock import Instant
from fairhand.model.project import Question
from fairhand.quality import store
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.follow import Consensus
from fairhand.quality.online import OnlineModel
from fairhand.quality.written import counts_from, counts_to
from fairhand.storage.database import Connection, Database
from fairhand.storage.tables.work import annotation
from tests.stores.pay_world import MORNING, World, add_task, make_world


def pet_question(*labels: str) -> Question:
    return Question("pet", "choice", "Which pet?", {"labels": [{"value": v} for v in labels]})


PET = pet_question("cat", "dog", "cow")


def answer(
    connection: Connection, world: World, task_id: int, value: str, *, counted: bool = True
) -> int:
    added = connection.execute(
        annotation.insert().values(
            task_id=task_id,
            person_id=world.amina,
            project_id=world.digits,
            project_version=1,
            revision=1,
            value=value,
            client_key=f"key-{task_id}",
            submitted_at=MORNING,
            served_at=MORNING,
            counted=counted,
            late=not counted,
        )
    )
    assert added.inserted_primary_key is not None
    return int(added.inserted_primary_key[0])


def cat(confidence: float, *ids: int) -> Consensus:
    belief = np.array([confidence, 1 - confidence, 0.0])
    return Consensus("pet", "cat", confidence, "dawid-skene", ids, {"": belief})


def test_models_come_back_as_they_were_saved(db: Database) -> None:
    model = OnlineModel(3)
    with db.write() as connection:
        world = make_world(connection)
        for given_class, belief in ((0, [0.9, 0.1, 0.0]), (2, [0.2, 0.3, 0.5])):
            model.learn([(world.amina, given_class)], np.array(belief))
        store.save_models(connection, world.digits, [PET], {("pet", ""): model})
        people = [world.amina, world.carmen]
        loaded = store.load_models(connection, world.digits, [PET], people)["pet", ""]
        others = store.load_models(connection, world.tissue, [PET], people)["pet", ""]
    np.testing.assert_array_equal(loaded.task_counts, model.task_counts)
    np.testing.assert_array_equal(loaded.crowd, model.crowd)
    np.testing.assert_array_equal(loaded.people[world.amina], model.people[world.amina])
    assert world.carmen not in loaded.people
    assert others.crowd.sum() == 0.0


def test_a_question_with_other_classes_starts_anew(db: Database) -> None:
    model = OnlineModel(3)
    model.learn([(1, 0)], np.array([1.0, 0.0, 0.0]))
    with db.write() as connection:
        world = make_world(connection)
        model.people = {world.amina: model.people[1]}
        store.save_models(connection, world.digits, [PET], {("pet", ""): model})
        changed = pet_question("cat", "dog", "cow", "goat")
        loaded = store.load_models(connection, world.digits, [changed], [world.amina])["pet", ""]
    assert loaded.crowd.shape == (4, 4)
    assert loaded.crowd.sum() == 0.0
    assert loaded.people == {}


@given(
    counts=st.integers(1, 6).flatmap(
        lambda k: arrays.arrays(np.float64, (k, k), elements=st.floats(0, 1e6) | st.just(0.0))
    )
)
def test_counts_survive_being_written_up_to_what_is_negligible(counts: Floats) -> None:
    read = counts_from(counts_to(counts), len(counts))
    np.testing.assert_allclose(read, counts, atol=1e-9)


def test_fresh_answers_are_claimed_once_oldest_first(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        tasks = [add_task(connection, world.digits, str(n)) for n in range(5)]
        for task_id in tasks:
            answer(connection, world, task_id, '{"pet":"cat"}')
    with db.write() as connection:
        assert store.list_projects_with_fresh(connection) == [world.digits]
        assert sorted(store.claim_fresh(connection, world.digits, 3)) == tasks[:3]
        assert store.claim_fresh(connection, world.tissue, 3) == []
        assert sorted(store.claim_fresh(connection, world.digits, 3)) == tasks[3:]
        assert not store.has_fresh(connection, world.digits)


def test_judgements_of_many_tasks_are_loaded_whole(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        tasks = [add_task(connection, world.digits, str(n)) for n in range(1_203)]
        for place, task_id in enumerate(tasks):
            answer(connection, world, task_id, '{"pet":"cat"}', counted=place != 7)
        found = store.load_judgements(connection, tasks)
    assert sorted(found) == tasks
    assert [len(one) for one in found.values()] == [1] * len(tasks)
    assert [task for task, (one,) in found.items() if not one.live] == [tasks[7]]


def test_consensus_of_a_later_batch_is_not_overwritten(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        task_id = add_task(connection, world.digits)
        for batch, confidence in ((2, 0.8), (1, 0.6), (2, 0.9)):
            rows = [(task_id, cat(confidence, 1, 2), True)]
            store.save_consensus(
                connection, world.digits, [PET], rows, batch, Instant(MORNING + batch)
            )
        (found,) = store.load_consensus(connection, task_id)
        earlier = store.load_earlier(connection, [task_id], [PET])
    assert found.confidence == 0.9
    assert (found.value, found.n_answers, found.settled) == ("cat", 2, True)
    assert earlier[task_id]["pet"].answer_ids == {1, 2}
    np.testing.assert_allclose(earlier[task_id]["pet"].beliefs[""], [0.9, 0.1, 0.0])


def test_the_least_sure_answers_are_listed_first(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        tasks = [add_task(connection, world.digits, str(n)) for n in range(4)]
        rows = [
            (task_id, cat(confidence, 1), False)
            for task_id, confidence in zip(tasks, (0.9, 0.5, 0.7, 0.6), strict=True)
        ]
        nobody = Consensus("pet", None, 0.0, "dawid-skene", ())
        rows[3] = (tasks[3], nobody, False)
        store.save_consensus(connection, world.digits, [PET], rows, 1, MORNING)
        doubtful = store.list_doubtful(connection, world.digits, 2)
        streamed = list(store.iter_consensus(connection, world.digits))
    assert [one.task_id for one in doubtful] == [tasks[1], tasks[2]]
    assert [one.task_id for one in streamed] == tasks
    assert streamed[3].value is None


def test_marking_tasks_settled_leaves_later_batches_alone(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        tasks = [add_task(connection, world.digits, str(n)) for n in range(2)]
        for batch, task_id in enumerate(tasks, start=1):
            rows = [(task_id, cat(0.5, 1), False)]
            store.save_consensus(connection, world.digits, [PET], rows, batch, MORNING)
        store.settle_tasks(connection, dict.fromkeys(tasks, True), 1)
        states = [one.settled for one in store.iter_consensus(connection, world.digits)]
    assert states == [True, False]


def test_the_database_refuses_a_confidence_that_is_none(db: Database) -> None:
    wrong = Consensus("pet", "cat", float("nan"), "dawid-skene", (1,))
    with db.write() as connection:
        world = make_world(connection)
        task_id = add_task(connection, world.digits)
    with pytest.raises(IntegrityError), db.write() as connection:
        store.save_consensus(connection, world.digits, [PET], [(task_id, wrong, True)], 1, MORNING)

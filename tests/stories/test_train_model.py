"""A model learns from people's answers, is measured on what it never learnt, and takes over."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update

from fairhand.core.errors import ConflictError
from fairhand.storage.database import Database
from fairhand.storage.tables.assist import model_version
from fairhand.storage.tables.work import annotation, prediction
from fairhand.use_cases.prelabel_next import next_batch, prelabel_next, propose
from fairhand.use_cases.train_model import Trained, learn_model, train_model
from fairhand.work.prelabel import learning_store, store
from fairhand.work.prelabel.blind import is_held_out
from tests.rules.segment.scenes import DRAWN
from tests.stories.assist_world import AssistWorld, make_digits, make_discs, make_moods, make_names
from tests.stories.quality_world import MORNING


def train(made: AssistWorld) -> Trained:
    learnt = learn_model(made.db, made.blobs, made.project_id)
    return train_model(made.db, learnt, MORNING, None)


def test_the_first_model_of_texts_is_shown_after_ten_answers(db: Database) -> None:
    made = make_moods(db)
    made.tick()
    made.answer(9)
    assert train(made).version_id is None

    made.answer(6)
    trained = train(made)
    assert trained.promoted, trained.words
    assert "cross-validated" in trained.words
    with db.read() as connection:
        assert store.load_shown(connection, made.project_id).version_id == trained.version_id
        (version,) = store.list_versions(connection, made.project_id)
        (point,) = learning_store.list_points(connection, made.project_id)
    assert version.model.startswith("text-linear@")
    assert version.checkpoint_sha256 is not None
    assert version.data_depth == 0
    assert (point.judgements, point.measure, point.question) == (15, "accuracy", "mood")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mask", "boxes", "polygons"])
def test_things_drawn_on_three_pictures_are_proposed_on_the_next(
    sqlite_db: Database, kind: str
) -> None:
    made = make_discs(sqlite_db, kind)
    made.tick()
    made.answer(2)
    assert train(made).version_id is None

    made.answer(4)
    trained = train(made)
    assert trained.promoted, trained.words
    with sqlite_db.read() as connection:
        (point,) = learning_store.list_points(connection, made.project_id)
        (version,) = store.list_versions(connection, made.project_id)
    assert (point.measure, point.question) == ("iou", "discs")
    assert version.report["rival_score"] == 0.0  # no picture's discs are a guess of another's
    batch = next_batch(made.db, made.blobs, made.project_id)
    assert batch is not None
    prelabel_next(made.db, batch, propose(batch), MORNING)
    with sqlite_db.read() as connection:
        proposed = connection.execute(select(prediction.c.value)).scalars().all()
    assert proposed
    assert all(json.loads(one)["discs"][DRAWN[kind]] for one in proposed)


def test_names_marked_in_twenty_texts_are_proposed_in_the_next(sqlite_db: Database) -> None:
    made = make_names(sqlite_db)
    made.tick()
    made.answer(20)
    trained = train(made)
    assert trained.promoted, trained.words
    batch = next_batch(made.db, made.blobs, made.project_id)
    assert batch is not None
    prelabel_next(made.db, batch, propose(batch), MORNING)
    with sqlite_db.read() as connection:
        found = connection.execute(select(prediction.c.task_id, prediction.c.value)).all()
    right = [json.loads(row.value) == made.truth[row.task_id] for row in found]
    assert len(right) >= 20
    assert sum(right) > 0.8 * len(right)


def test_digits_are_measured_on_held_out_answers_that_never_trained(sqlite_db: Database) -> None:
    made = make_digits(sqlite_db, count=150)
    made.tick()
    done = made.answer(150)
    trained = train(made)

    assert trained.promoted, trained.words
    held = [task_id for task_id in done if is_held_out(task_id, 200)]
    with sqlite_db.read() as connection:
        (version,) = store.list_versions(connection, made.project_id)
    assert version.held_out == len(held) >= 20
    assert version.trained_on == len(done) - len(held)
    assert version.report["basis"] == "held_out"
    assert version.report["score"] > version.report["rival_score"] + 0.3
    assert f"On {len(held)} held-out tasks" in version.verdict


def test_the_same_answers_give_no_second_version(sqlite_db: Database) -> None:
    made = make_moods(sqlite_db)
    made.tick()
    made.answer(20)
    assert train(made).version_id is not None

    again = train(made)
    assert again.version_id is None
    assert "Nothing was answered since version 1" in again.words


def test_a_model_that_is_no_better_than_the_shown_one_stays_out_of_sight(
    sqlite_db: Database,
) -> None:
    made = make_moods(sqlite_db)
    made.tick()
    made.answer(30)
    first = train(made)
    made.answer(20)
    second = train(made)

    assert first.promoted
    assert not second.promoted
    with sqlite_db.read() as connection:
        newest, oldest = store.list_versions(connection, made.project_id)
        assert store.load_shown(connection, made.project_id).version_id == first.version_id
    assert (oldest.state, newest.state) == ("promoted", "refused")
    assert "The model that is shown stays." in newest.verdict


def test_without_the_tick_nothing_is_trained(sqlite_db: Database) -> None:
    made = make_moods(sqlite_db, count=5)
    with pytest.raises(ConflictError):
        train(made)


@pytest.mark.parametrize(("before", "depth"), [(0, 1), (2, 3), (None, None)])
def test_a_model_that_learns_from_taken_over_proposals_is_one_deeper(
    sqlite_db: Database, before: int | None, depth: int | None
) -> None:
    made = make_moods(sqlite_db)
    made.tick()
    made.answer(15)
    first = train(made).version_id
    with sqlite_db.write() as connection:
        connection.execute(update(model_version).values(data_depth=before))
        for row in connection.execute(select(annotation.c.id, annotation.c.task_id)).all():
            values = {"task_id": row.task_id, "project_id": made.project_id, "value": "{}"}
            values |= {"model": "m@1", "model_version_id": first, "created_at": MORNING}
            proposed = connection.execute(prediction.insert().returning(prediction.c.id), values)
            connection.execute(
                update(annotation)
                .where(annotation.c.id == row.id)
                .values(prediction_id=proposed.scalar_one(), prediction_shown=True)
            )
    made.answer(12)
    second = train(made).version_id
    with sqlite_db.read() as connection:
        found = store.load_version(connection, second or 0)
    assert found is not None
    assert found.data_depth == depth

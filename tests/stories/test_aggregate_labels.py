"""Answers become consensus, doubt asks for one more person, and nothing happens twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from fairhand.core.errors import NotFoundError
from fairhand.labels import rle
from fairhand.model.project import Question
from fairhand.quality import store
from fairhand.quality.mask_overlap import layers_iou, layers_of
from fairhand.quality.refit import Ballots, QuestionFit
from fairhand.quality.store import StoredConsensus
from fairhand.storage.database import Database
from fairhand.storage.tables.proof import log_event
from fairhand.storage.tables.quality import annotator_model, consensus
from fairhand.storage.tables.work import annotation
from fairhand.use_cases.aggregate_labels import AggregateResult, aggregate_labels
from fairhand.use_cases.keep_up_quality import keep_up_quality
from fairhand.use_cases.refit_quality import refit_quality
from tests.stories.quality_world import MORNING, PET, PETS, QualityWorld, make_quality_world

NOBODY = 10**9


def truth(who: int, task: int) -> dict[str, Any]:
    return {"pet": PETS[task % 3]}


def two_against_the_rest(who: int, task: int) -> dict[str, Any]:
    return {"pet": PETS[(task + (who in (0, 1))) % 3]}


def aggregate(world: QualityWorld, limit: int = 5_000) -> AggregateResult:
    return aggregate_labels(world.db, world.project.id, world.now, limit)


def consensus_of(world: QualityWorld) -> dict[tuple[int, str], StoredConsensus]:
    with world.db.read() as connection:
        found = list(store.iter_consensus(connection, world.project.id))
    return {(one.task_id, one.question): one for one in found}


def logged(db: Database, kind: str) -> int:
    with db.read() as connection:
        counted = select(func.count()).select_from(log_event).where(log_event.c.kind == kind)
        return int(connection.execute(counted).scalar_one())


def snapshot(db: Database) -> list[Any]:
    with db.read() as connection:
        return [
            connection.execute(select(table).order_by(*table.primary_key)).all()
            for table in (consensus, annotator_model, annotation)
        ]


def test_agreeing_answers_become_consensus_with_a_probability(db: Database) -> None:
    world = make_quality_world(db)
    world.work(truth)
    result = aggregate(world)
    assert (result.answers, result.tasks) == (20, 10)
    found = consensus_of(world)
    assert [found[task, "pet"].value for task in world.tasks] == [PETS[n % 3] for n in range(10)]
    assert all(0.5 < one.confidence <= 1.0 and one.n_answers == 2 for one in found.values())
    assert logged(db, "labels.aggregated") == 1


def test_doubt_opens_one_place_and_certainty_opens_none(db: Database) -> None:
    world = make_quality_world(db, target_confidence=0.95)
    world.work(truth)
    result = aggregate(world)
    settled = {one.task_id for one in consensus_of(world).values() if one.settled}
    assert len(settled) == result.settled == 10 - result.asked_more
    assert result.asked_more > 0, "the first tasks were answered by newcomers"
    for task_id, (wanted, answers) in world.overlaps().items():
        assert wanted == (answers if task_id in settled else answers + 1)


def test_asking_goes_on_until_sure_or_at_the_most_and_never_beyond(db: Database) -> None:
    world = make_quality_world(db, tasks=12, people=6)
    rounds = 0
    while world.work(two_against_the_rest) and rounds < 10:
        aggregate(world)
        rounds += 1
    found = consensus_of(world)
    assert all(one.settled for one in found.values())
    assert all(2 <= one.n_answers <= 4 for one in found.values())
    assert all(one.confidence >= 0.9 or one.n_answers == 4 for one in found.values()), (
        "stopped with doubt left"
    )
    assert all(wanted <= 4 for wanted, _ in world.overlaps().values())
    assert aggregate(world) == AggregateResult()


def test_nothing_new_changes_nothing_and_logs_nothing(db: Database) -> None:
    world = make_quality_world(db, tasks=4)
    world.work(truth)
    aggregate(world)
    before = snapshot(db)
    assert aggregate(world) == AggregateResult()
    assert snapshot(db) == before
    assert logged(db, "labels.aggregated") == 1


def test_small_batches_see_every_answer_once(db: Database) -> None:
    world = make_quality_world(db, tasks=5)
    world.work(truth)
    results = [aggregate(world, limit=3) for _ in range(5)]
    assert [one.answers for one in results] == [3, 3, 3, 1, 0]
    assert [one.more for one in results] == [True, True, True, False, False]
    assert sum(one.n_answers for one in consensus_of(world).values()) == 10


def test_two_at_once_take_turns_and_count_every_answer_once(db: Database) -> None:
    world = make_quality_world(db, tasks=30)
    given = world.work(truth)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(aggregate, world, 7) for _ in range(12)]
        aggregated = sum(run.result().answers for run in runs)
    assert aggregated == given == 60
    with db.read() as connection:
        models = store.load_models(connection, world.project.id, [PET], world.people)
    assert models["pet", ""].crowd.sum() == pytest.approx(60)
    assert sum(one.n_answers for one in consensus_of(world).values()) == 60


def test_a_revision_replaces_the_first_answer_in_consensus_and_models(db: Database) -> None:
    world = make_quality_world(db, tasks=1, people=1, min_overlap=1, max_overlap=1)
    task_id = world.submit_next(0, truth)
    assert task_id is not None
    aggregate(world)
    with db.read() as connection:
        first = connection.execute(select(annotation.c.id)).scalar_one()
    world.submit(0, task_id, {"pet": "cow"}, revises=first)
    aggregate(world)
    found = consensus_of(world)[task_id, "pet"]
    assert (found.value, found.n_answers) == ("cow", 1)
    with db.read() as connection:
        models = store.load_models(connection, world.project.id, [PET], world.people)
    crowd = models["pet", ""].crowd
    assert crowd[:, PETS.index("cat")].sum() == pytest.approx(0.0, abs=1e-6)
    assert crowd[:, PETS.index("cow")].sum() == pytest.approx(1.0)


def test_masks_are_voted_beside_choices(db: Database) -> None:
    def square(who: int, task: int) -> dict[str, Any]:
        bits = np.zeros((24, 24), bool)
        bits[: 8 + 4 * who, :12] = True
        region = {"label": "coat", "counts": rle.encode(bits)}
        return {"pet": "cat", "coat": {"size": [24, 24], "regions": [region]}}

    coat = Question("coat", "mask", "Where is its coat?", {"labels": [{"value": "coat"}]})
    questions = (PET, coat)
    world = make_quality_world(
        db, tasks=2, people=3, questions=questions, size=(24, 24), min_overlap=3, max_overlap=3
    )
    world.work(square)
    aggregate(world)
    found = consensus_of(world)[world.tasks[0], "coat"]
    middle = layers_of(square(1, 0)["coat"])
    overlap = layers_iou(layers_of(found.value), middle)
    assert overlap > 0.97, "the middle square is inside two of three; a corner may be rounded"
    assert found.method == "mask-vote"
    assert found.confidence == pytest.approx((2 / 3 + 2 / 4 + 3 / 4) / 3)


def test_a_refit_learns_who_errs_and_corrects_what_was_settled_early(db: Database) -> None:
    world = make_quality_world(
        db, tasks=30, people=5, min_overlap=5, max_overlap=5, target_confidence=0.95
    )

    def three_wrong_on_some(who: int, task: int) -> dict[str, Any]:
        wrong = who < 2 or (who == 2 and task % 6 == 0)
        return {"pet": PETS[(task + wrong) % 3]}

    world.work(three_wrong_on_some)
    while aggregate(world, limit=40).more:
        pass
    result = refit_quality(db, world.project.id, world.now)
    assert (result.answers, result.tasks) == (150, 30)
    found = consensus_of(world)
    right = [found[task, "pet"].value == PETS[n % 3] for n, task in enumerate(world.tasks)]
    assert np.mean(right) >= 0.98
    assert logged(db, "quality.refitted") == 1
    with db.read() as connection:
        models = store.load_models(connection, world.project.id, [PET], world.people)
        report = store.load_report(connection, world.project.id, [PET])
    assert models["pet", ""].crowd.sum() == pytest.approx(150)
    pet = report.questions[0]
    assert (pet.tasks, pet.answers, pet.share_settled) == (30, 150, 1.0)
    assert pet.alpha is not None
    assert pet.alpha.value is not None
    assert 0 < pet.alpha.value < 0.6
    assert report.answers_per_task == ((5, 30),)


def test_a_refit_can_be_done_again_with_the_same_result(db: Database) -> None:
    world = make_quality_world(db, tasks=8)
    world.work(two_against_the_rest)
    aggregate(world)
    refit_quality(db, world.project.id, world.now)
    first = consensus_of(world)
    refit_quality(db, world.project.id, world.now)
    assert consensus_of(world) == first


def test_a_refit_leaves_newer_consensus_as_it_is(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers that come while a refit is thinking are not lost to its older view."""
    world = make_quality_world(db, tasks=1, people=2, min_overlap=2, max_overlap=2)
    world.submit_next(0, truth)
    aggregate(world)
    slow_fit = Ballots.fit

    def meanwhile(self: Ballots, rng: np.random.Generator) -> list[QuestionFit]:
        world.submit_next(1, truth)
        aggregate(world)
        return slow_fit(self, rng)

    monkeypatch.setattr(Ballots, "fit", meanwhile)
    refit_quality(db, world.project.id, world.now)
    assert consensus_of(world)[world.tasks[0], "pet"].n_answers == 2


def test_a_refit_of_a_project_without_answers_is_quiet(db: Database) -> None:
    world = make_quality_world(db, tasks=1)
    assert refit_quality(db, world.project.id, world.now).answers == 0
    assert consensus_of(world) == {}


def test_keeping_up_takes_in_everything_and_refits_what_has_grown(db: Database) -> None:
    world = make_quality_world(db, tasks=40)
    given = world.work(truth)
    assert keep_up_quality(db, lambda: world.now, step=25) == given
    assert logged(db, "quality.refitted") == 1
    with db.read() as connection:
        assert store.list_projects_with_fresh(connection) == []
    assert keep_up_quality(db, lambda: world.now) == 0


def test_a_project_that_is_not_there_is_named(db: Database) -> None:
    with pytest.raises(NotFoundError, match=str(NOBODY)):
        aggregate_labels(db, NOBODY, MORNING)
    with pytest.raises(NotFoundError, match=str(NOBODY)):
        refit_quality(db, NOBODY, MORNING)

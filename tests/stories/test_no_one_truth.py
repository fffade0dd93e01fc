"""Questions without one truth keep the spread of the answers; grades are read on their scale."""

from __future__ import annotations

from typing import Any

import pytest

from fairhand.model.project import Question
from fairhand.quality import store
from fairhand.quality.store import StoredConsensus
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.refit_quality import refit_quality
from tests.stories.quality_world import QualityWorld, make_quality_world

FEEL = Question(
    "feel",
    "choice",
    "How does it feel?",
    {"labels": [{"value": "rude"}, {"value": "fine"}, {"value": "kind"}], "subjective": True},
)
SEVERAL = Question("feel", "choice", "How?", {**FEEL.config, "multiple": True})
GRADE = Question(
    "grade",
    "choice",
    "How bad?",
    {"labels": [{"value": str(grade)} for grade in range(5)], "ordered": True},
)


def found(world: QualityWorld) -> dict[int, StoredConsensus]:
    with world.db.read() as connection:
        return {one.task_id: one for one in store.iter_consensus(connection, world.project.id)}


def two_views(who: int, task: int) -> dict[str, Any]:
    """Two of four find it rude, always: a lasting difference of view, not noise."""
    return {"feel": "rude" if who < 2 else "fine"}


@pytest.mark.parametrize("is_refitted", [False, True])
def test_a_split_stays_a_split_and_everybody_is_asked(db: Database, is_refitted: bool) -> None:
    world = make_quality_world(db, tasks=6, people=4, questions=(FEEL,), max_overlap=4)
    world.work(two_views)
    while aggregate_labels(db, world.project.id, world.now).answers:
        world.work(two_views)
    if is_refitted:
        refit_quality(db, world.project.id, world.now)
    seen = found(world)
    assert len(seen) == 6
    for one in seen.values():
        assert (one.method, one.n_answers) == ("spread", 4)
        assert one.value == {"rude": 2, "fine": 2}
        assert one.confidence == pytest.approx(2.5 / 5.5)
    assert all(answers == (4, 4) for answers in world.overlaps().values())


def test_unanimity_does_not_end_a_question_without_one_truth(db: Database) -> None:
    world = make_quality_world(db, tasks=4, people=4, questions=(FEEL,), max_overlap=3)
    world.work(lambda who, task: {"feel": "kind"})
    while aggregate_labels(db, world.project.id, world.now).answers:
        world.work(lambda who, task: {"feel": "kind"})
    assert {one.value["kind"] for one in found(world).values()} == {3}


def test_several_labels_are_counted_each_on_their_own(db: Database) -> None:
    world = make_quality_world(db, tasks=2, people=4, questions=(SEVERAL,), max_overlap=4)

    def answer(who: int, task: int) -> dict[str, Any]:
        return {"feel": ["rude", "kind"] if who == 0 else ["kind"]}

    world.work(answer)
    while aggregate_labels(db, world.project.id, world.now).answers:
        world.work(answer)
    refit_quality(db, world.project.id, world.now)
    assert {str(one.value) for one in found(world).values()} == {"{'rude': 1, 'kind': 4}"}


@pytest.mark.parametrize(("ordered", "low", "high"), [(True, 0.7, 1.0), (False, -0.5, 0.45)])
def test_grades_have_an_agreement_that_forgives_near_misses(
    db: Database, ordered: bool, low: float, high: float
) -> None:
    def nearly(who: int, task: int) -> dict[str, Any]:
        return {"grade": str(min(4, task % 4 + (who % 2)))}

    question = Question("grade", "choice", "How bad?", {**GRADE.config, "ordered": ordered})
    world = make_quality_world(
        db, tasks=20, people=4, questions=(question,), min_overlap=4, max_overlap=4
    )
    world.work(nearly)
    aggregate_labels(db, world.project.id, world.now)
    refit_quality(db, world.project.id, world.now)
    with db.read() as connection:
        report = store.load_report(connection, world.project.id, (question,))
    alpha = report.questions[0].alpha
    assert alpha is not None
    assert alpha.value is not None
    assert low < alpha.value < high

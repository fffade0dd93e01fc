"""A refit says where people disagree, who errs how far, which slices differ, what to look at."""

from __future__ import annotations

from typing import Any

import pytest

from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError, InvalidError, NotFoundError
from fairhand.model.task import NewPrediction, NewTask
from fairhand.people.accounts import store as accounts
from fairhand.quality import insight_store
from fairhand.quality.watch.signal import Signal
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.ask_again import AskAgain, ask_again
from fairhand.use_cases.look_at_signal import LookAtSignal, look_at_signal
from fairhand.use_cases.open_project import OpenProject, open_project
from fairhand.use_cases.read_quality import read_quality
from fairhand.use_cases.refit_quality import refit_quality
from fairhand.work.projects import store as projects
from tests.stories.quality_world import MORNING, PETS, QualityWorld, make_quality_world

CARMEN = 1
TASKS = 60


def fill(world: QualityWorld, *, proposals: bool = False) -> None:
    """Give the project tasks of two kinds of weather, with a model's opinion where asked."""
    new = [
        NewTask(
            {"name": f"photo {i}", "weather": "fog" if i % 2 else "sun"},
            f"{1_000 + i:064d}",
            f"row {i}",
            predictions=(NewPrediction({"pet": PETS[i % 3]}, "net@1", 0.97),) if proposals else (),
        )
        for i in range(TASKS)
    ]
    with world.db.write() as connection:
        projects.add_tasks(connection, world.project, new, [None] * TASKS, MORNING)
        world.tasks[:] = projects.list_task_ids(connection, world.project.id, 10_000)


@pytest.fixture
def world(db: Database) -> QualityWorld:
    made = make_quality_world(db, tasks=0, people=4, min_overlap=3, max_overlap=3)
    with db.write() as connection:
        accounts.create_workspace(connection, "pets", MORNING)
    return made


def mistaken_in_fog(who: int, task: int) -> dict[str, Any]:
    """Everybody is right in the sun; in fog each third answer takes the next pet."""
    errs = task % 2 and (who + task // 2) % 3 == 0
    return {"pet": PETS[(task + bool(errs)) % 3]}


def refitted(world: QualityWorld, answer: Any) -> Any:  # noqa: ANN401
    world.work(answer)
    aggregate_labels(world.db, world.project.id, world.now)
    refit_quality(world.db, world.project.id, world.now)
    return read_quality(world.db, world.project.id, named=True)


def test_slices_show_where_agreement_is_worse(world: QualityWorld) -> None:
    fill(world)
    report = refitted(world, mistaken_in_fog).questions[0].report
    alphas = {one["slice"]: one for one in report["slices"] if one["field"] == "weather"}
    assert set(alphas) == {"fog", "sun"}
    assert alphas["sun"]["alpha"] > alphas["fog"]["alpha"] + 0.2
    assert alphas["sun"]["low"] <= alphas["sun"]["alpha"] <= alphas["sun"]["high"]
    assert "name" not in {one["field"] for one in report["slices"]}, "a name sorts nothing"


def test_people_come_by_name_with_an_interval_that_holds_their_accuracy(
    world: QualityWorld,
) -> None:
    fill(world)

    def one_guesses(who: int, task: int) -> dict[str, Any]:
        return {"pet": PETS[task % 3] if who else PETS[(task * 7 + task // 3) % 3]}

    people = refitted(world, one_guesses).questions[0].report["people"]
    assert [one["name"] for one in people] == sorted(one["name"] for one in people)
    for one in people:
        assert 0.0 <= one["low"] < one["accuracy"] < one["high"] <= 1.0
    by_id = {one["person_id"]: one for one in people}
    assert by_id[world.people[0]]["high"] < by_id[world.people[1]]["accuracy"]


def test_without_names_people_are_numbers(world: QualityWorld) -> None:
    fill(world)
    refitted(world, mistaken_in_fog)
    picture = read_quality(world.db, world.project.id, named=False)
    assert picture.questions[0].report is not None
    names = {one["name"] for one in picture.questions[0].report["people"]}
    assert names == {f"Person {person}" for person in world.people}


def test_disputed_answers_come_first_and_can_be_asked_again_once(world: QualityWorld) -> None:
    fill(world)
    picture = refitted(world, mistaken_in_fog)
    first = picture.doubts[0]
    assert len(first.votes) > 1
    before = world.overlaps()[first.task_id]
    asked = AskAgain(CARMEN, world.project.id, (first.task_id, first.task_id, 10**9))
    done = ask_again(world.db, asked, world.now)
    assert (done.opened, done.of) == (1, 2)
    assert world.overlaps()[first.task_id] == (before[0] + 1, before[1])
    assert ask_again(world.db, asked, world.now).opened == 0, "it is open already"
    assert world.work(mistaken_in_fog) == 1


def test_a_closed_project_asks_nobody(world: QualityWorld) -> None:
    fill(world)
    open_project(world.db, OpenProject(CARMEN, world.project.id, "closed"), MORNING)
    with pytest.raises(ForbiddenError):
        ask_again(world.db, AskAgain(CARMEN, world.project.id, (world.tasks[0],)), MORNING)


def test_a_model_as_second_witness_finds_planted_errors(world: QualityWorld) -> None:
    fill(world, proposals=True)
    planted = {4, 17, 31}

    def all_wrong_on_three(who: int, task: int) -> dict[str, Any]:
        return {"pet": PETS[(task + (task in planted)) % 3]}

    found = refitted(world, all_wrong_on_three).questions[0].report["label_errors"]
    places = {world.tasks.index(one["task_id"]) for one in found}
    assert planted <= places
    assert len(places) <= 6
    assert all("a model says" in one["why"] for one in found)


def test_a_signal_is_evidence_that_a_human_sets_aside_and_it_stays_there(
    world: QualityWorld,
) -> None:
    fill(world)

    def one_clicks_the_same(who: int, task: int) -> dict[str, Any]:
        return {"pet": "cat" if who == 3 else PETS[(task * task + task // 3) % 3]}

    signals = refitted(world, one_clicks_the_same).signals
    about = [one for one in signals if world.people[3] in one.signal.people]
    assert about
    assert {one.signal.kind for one in about} <= {"straight_lining", "too_alike", "too_fast"}
    for one in about:
        assert one.signal.otherwise
        assert one.names
    chosen = about[0].signal
    command = LookAtSignal(CARMEN, world.project.id, chosen.id, note=" She has one eye. ")
    look_at_signal(world.db, command, world.now)
    refit_quality(world.db, world.project.id, Instant(world.now + 1))
    later = read_quality(world.db, world.project.id, named=True).signals
    (same,) = [one.signal for one in later if one.signal.id == chosen.id]
    assert (same.state, same.note) == ("set_aside", "She has one eye.")


def test_a_signal_that_is_seen_no_more_goes(world: QualityWorld) -> None:
    seen = Signal("too_fast", (world.people[0],), {"share": 0.5}, 3.0, "Fast.", ("A short task.",))
    with world.db.write() as connection:
        insight_store.save_signals(connection, world.project.id, [("pet", seen)], MORNING)
        assert len(insight_store.list_signals(connection, world.project.id)) == 1
        insight_store.save_signals(connection, world.project.id, [], Instant(MORNING + 1))
        assert insight_store.list_signals(connection, world.project.id) == []


def test_a_signal_of_another_project_is_not_found_and_a_note_has_an_end(
    world: QualityWorld,
) -> None:
    with pytest.raises(NotFoundError):
        look_at_signal(world.db, LookAtSignal(CARMEN, world.project.id, 77), MORNING)
    long = LookAtSignal(CARMEN, world.project.id, 77, note="x" * 2_001)
    with pytest.raises(InvalidError):
        look_at_signal(world.db, long, MORNING)


def test_an_empty_project_has_an_empty_picture(world: QualityWorld) -> None:
    picture = read_quality(world.db, world.project.id, named=True)
    assert picture.doubts == ()
    assert picture.signals == ()
    assert picture.questions[0].report is None
    refit_quality(world.db, world.project.id, MORNING)


def test_in_passing_people_are_looked_into_when_half_as_many_answers_more_are_there(
    world: QualityWorld,
) -> None:
    fill(world)
    refitted(world, mistaken_in_fog)
    first = read_quality(world.db, world.project.id, named=True).questions[0].measured_at
    later = Instant(world.now + 60_000)
    refit_quality(world.db, world.project.id, later, in_passing=True)
    again = read_quality(world.db, world.project.id, named=True).questions[0].measured_at
    assert again == first
    refit_quality(world.db, world.project.id, later)
    asked = read_quality(world.db, world.project.id, named=True).questions[0].measured_at
    assert asked == later

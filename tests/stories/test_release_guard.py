"""A release of an open project is made only where it does not teach models from models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.model.job import NewJob
from fairhand.model.origin import Generated
from fairhand.proof.release import origin_store
from fairhand.proof.release.guard_check import check_guard, counting_for
from fairhand.proof.release.manifest import MANIFEST
from fairhand.proof.release.shape import LABELS
from fairhand.proof.release.verify import verify_release
from fairhand.storage import job_store
from fairhand.storage.database import Database
from fairhand.storage.tables.assist import assistant, model_version
from fairhand.storage.tables.people import consent_grant
from fairhand.storage.tables.proof import log_event, release
from fairhand.storage.tables.quality import consensus
from fairhand.storage.tables.work import annotation, prediction, project, queue
from fairhand.use_cases.ask_release import RELEASE, AskRelease, ask_release
from fairhand.use_cases.guard_release import REFUSED, WARNED
from fairhand.use_cases.publish_release import PublishedRelease, PublishRelease, publish_release
from fairhand.use_cases.read_jobs import list_jobs
from tests.stories.quality_world import MORNING, QualityWorld
from tests.stories.release_world import SIGNER, make_answered_world, make_press

NOON = Instant(MORNING + 9_000_000)


@pytest.fixture
def world(sqlite_db: Database) -> QualityWorld:
    """A project in earnest: ten tasks, each answered by two people who saw no proposal."""
    made = make_answered_world(sqlite_db, tasks=10, people=3)
    with sqlite_db.write() as connection:
        connection.execute(update(project).values(mode="open"))
    return made


def publish(world: QualityWorld, folder: Path, **changes: object) -> PublishedRelease:
    command = replace(PublishRelease(world.project.id), **changes)  # type: ignore[arg-type]
    return publish_release(world.db, command, NOON, make_press(folder))


def guard_of(made: PublishedRelease) -> dict[str, Any]:
    content = json.loads((made.directory / MANIFEST).read_bytes())
    guard: dict[str, Any] = content["facts"]["guard"]
    return guard


def accepted(world: QualityWorld, tasks: Sequence[int], depth: int | None) -> None:
    """Everybody took a model's proposal over as it was, of a model that learned this deep."""
    with world.db.write() as connection:
        author = world.people[0]
        source = connection.execute(
            assistant.insert().values(
                project_id=world.project.id, kind="file", name="yolo", config="{}", state="on",
                author_id=author, created_at=MORNING,
            )
        ).inserted_primary_key[0]  # type: ignore[index]  # fmt: skip
        version = connection.execute(
            model_version.insert().values(
                project_id=world.project.id, assistant_id=source, number=1, model="yolo@1",
                state="promoted", data_depth=depth, created_at=MORNING,
            )
        ).inserted_primary_key[0]  # type: ignore[index]  # fmt: skip
        for task_id in tasks:
            given = connection.execute(
                prediction.insert().values(
                    task_id=task_id, project_id=world.project.id, value='{"pet":"cat"}',
                    model="yolo@1", model_version_id=version, created_at=MORNING,
                )
            ).inserted_primary_key[0]  # type: ignore[index]  # fmt: skip
            connection.execute(
                update(annotation)
                .where(annotation.c.task_id == task_id)
                .values(prediction_id=given, prediction_shown=True, prediction_changed=False)
            )


def generated(world: QualityWorld, tasks: Sequence[int], one: Generated) -> None:
    with world.db.write() as connection:
        known = dict.fromkeys(tasks, one)
        origin_store.declare(connection, world.project.id, known, world.people[0], MORNING)


def refusal(world: QualityWorld, folder: Path, **changes: object) -> ConflictError:
    """The release is refused, nothing of it is logged or left, and its number is free again."""
    with pytest.raises(ConflictError) as told:
        publish(world, folder, **changes)
    with world.db.read() as connection:
        begun = connection.execute(
            select(func.count()).where(release.c.state != "published").select_from(release)
        ).scalar_one()
    assert begun == 0
    assert not list(folder.rglob(".*draft*"))
    return told.value


def test_people_alone_are_let_through_and_the_release_says_so(
    world: QualityWorld, tmp_path: Path
) -> None:
    made = publish(world, tmp_path)
    guard = guard_of(made)
    assert (guard["verdict"], guard["enforced"], guard["loosened"]) == ("pass", True, [])
    assert guard["counts"]["real"] == guard["counts"]["rows"] == 10
    assert verify_release(made.directory, SIGNER.verifier).issues == ()
    assert "## Where its items come from" in (made.directory / "card.md").read_text()
    assert made.stats["guard"] == "pass"
    assert made.stats["real_items"] == 10


def test_depth_two_is_refused(world: QualityWorld, tmp_path: Path) -> None:
    accepted(world, world.tasks[:1], depth=1)
    told = refusal(world, tmp_path)
    assert told.code == REFUSED
    assert [one.place for one in told.issues if one.severity == "error"] == ["guard.depth"]
    assert "answered by people who see no proposal" in told.message


def test_a_real_weight_below_a_half_is_refused(world: QualityWorld, tmp_path: Path) -> None:
    accepted(world, world.tasks[:6], depth=0)
    assert "guard.real_weight" in {one.place for one in refusal(world, tmp_path).issues}


def test_half_is_warned_of_and_published_by_who_accepts_it(
    world: QualityWorld, tmp_path: Path
) -> None:
    accepted(world, world.tasks[:5], depth=0)
    told = refusal(world, tmp_path)
    assert told.code == WARNED
    assert "--accept-warnings" in told.message
    made = publish(world, tmp_path, accept_warnings=True)
    assert (guard_of(made)["verdict"], guard_of(made)["accepted"]) == ("warn", True)
    assert verify_release(made.directory, SIGNER.verifier).issues == ()


def test_an_independent_answer_makes_a_taken_over_one_a_persons(
    world: QualityWorld, tmp_path: Path
) -> None:
    accepted(world, world.tasks, depth=0)
    with world.db.write() as connection:
        first = select(func.min(annotation.c.id)).group_by(annotation.c.task_id)
        connection.execute(
            update(annotation)
            .where(annotation.c.id.in_(first))
            .values(prediction_id=None, prediction_shown=False)
        )
    guard = guard_of(publish(world, tmp_path))
    assert guard["counts"]["answers"] == {"assisted": 10}
    assert guard["counts"]["blind"] == {"tasks": 10, "relabelled": 10, "same": 10}


def test_a_model_of_which_nobody_said_what_it_learned_from_is_told(
    world: QualityWorld, tmp_path: Path
) -> None:
    accepted(world, world.tasks[:1], depth=None)
    told = refusal(world, tmp_path)
    assert {one.place for one in told.issues} == {"guard.known_depth", "guard.verified"}


def test_a_real_item_that_is_gone_is_refused(world: QualityWorld, tmp_path: Path) -> None:
    publish(world, tmp_path)
    with world.db.write() as connection:
        gone = world.tasks[3]
        connection.execute(consensus.delete().where(consensus.c.task_id == gone))
    told = refusal(world, tmp_path)
    assert [one.place for one in told.issues] == ["guard.accumulate"]
    assert f"tasks {gone}" in told.message
    let = {"waived": ["accumulate"], "why": "the picture showed a street sign, not a pet"}
    made = publish(world, tmp_path, guard=let, accept_warnings=True)
    card = (made.directory / "card.md").read_text()
    assert "the picture showed a street sign" in card
    with world.db.read() as connection:
        bodies = connection.execute(
            select(log_event.c.body).where(log_event.c.kind == "release.made")
        ).scalars()
        assert json.loads(list(bodies)[-1])["guard_why"] == let["why"]


def test_what_was_taken_back_is_no_loss_and_what_waits_is_told(
    world: QualityWorld, tmp_path: Path
) -> None:
    publish(world, tmp_path)
    with world.db.write() as connection:
        connection.execute(
            update(consent_grant)
            .where(consent_grant.c.person_id == world.people[0])
            .values(withdrawn_at=NOON)
        )
    guard = guard_of(publish(world, tmp_path))
    parent = guard["counts"]["parent"]
    assert parent["revoked"] > 0
    assert (parent["dropped"], guard["verdict"]) == (0, "pass")
    with world.db.write() as connection:
        kept = connection.execute(
            select(annotation.c.task_id)
            .group_by(annotation.c.task_id)
            .having(func.min(annotation.c.person_id) != world.people[0])
        ).scalars()
        held = next(iter(kept))
        connection.execute(update(queue).where(queue.c.task_id == held).values(held=True))
    assert refusal(world, tmp_path).code == WARNED


def test_a_release_before_that_was_moved_away_is_told(world: QualityWorld, tmp_path: Path) -> None:
    publish(world, tmp_path).directory.rename(tmp_path / "elsewhere")
    told = refusal(world, tmp_path)
    assert "cannot be read" in told.message
    assert "elsewhere" not in told.message


def test_generated_data_need_their_verifier(world: QualityWorld, tmp_path: Path) -> None:
    generated(world, world.tasks[:2], Generated("writer@2"))
    assert [one.place for one in refusal(world, tmp_path).issues] == ["guard.verified"]


def test_verified_generated_data_are_let_through_and_marked_in_every_row(
    world: QualityWorld, tmp_path: Path
) -> None:
    generated(world, world.tasks[:2], Generated("writer@2", 1, "panel", 950))
    made = publish(world, tmp_path)
    rows = [
        json.loads(line) for line in (made.directory / "labels.jsonl").read_bytes().splitlines()
    ]
    assert [(row["data_origin"], row["data_depth"], row["data_model"]) for row in rows[:3]] == [
        ("synthetic", 1, "writer@2"),
        ("synthetic", 1, "writer@2"),
        ("human", 0, None),
    ]
    assert verify_release(made.directory, SIGNER.verifier).issues == ()


def test_a_project_that_judges_models_replies_may_say_so(
    world: QualityWorld, tmp_path: Path
) -> None:
    generated(world, world.tasks, Generated("chat@9", depth=3))
    assert refusal(world, tmp_path).code == REFUSED
    with pytest.raises(InvalidError, match="say why"):
        publish(world, tmp_path, guard={"learns": "answers"})
    bounds = {"learns": "answers", "why": "people judge replies; the judgements are learned"}
    assert guard_of(publish(world, tmp_path, guard=bounds))["verdict"] == "pass"


def test_evaluation_is_drawn_from_what_people_answered_by_themselves(
    world: QualityWorld, tmp_path: Path
) -> None:
    accepted(world, world.tasks[:3], depth=0)
    parts = {"shares": {"train": 0.7, "test": 0.3}, "seed": 3}
    made = publish(world, tmp_path, splits=parts, accept_warnings=True)
    (test,) = [one for one in guard_of(made)["counts"]["splits"] if one["name"] == "test"]
    assert test["rows"] == test["own"] == 3
    again = publish(world, tmp_path, splits=parts, accept_warnings=True)
    assert guard_of(again)["counts"]["parent"]["kept"] == 7
    assert verify_release(again.directory, SIGNER.verifier).issues == ()


def test_a_demo_is_told_and_not_held_back(world: QualityWorld, tmp_path: Path) -> None:
    accepted(world, world.tasks, depth=4)
    with world.db.write() as connection:
        connection.execute(update(project).values(mode="demo"))
    made = publish(world, tmp_path)
    assert (guard_of(made)["verdict"], guard_of(made)["enforced"]) == ("refuse", False)
    assert "held nothing back" in (made.directory / "card.md").read_text()


def test_asking_with_a_bound_that_is_none_is_refused_at_once(world: QualityWorld) -> None:
    for bounds in ({"max_dept": 1}, {"max_depth": 9}):
        with pytest.raises(InvalidError):
            ask_release(world.db, AskRelease(1, world.project.id, guard=bounds), NOON)


def test_a_release_under_way_is_not_asked_for_again_whatever_came_after(
    world: QualityWorld,
) -> None:
    ask_release(world.db, AskRelease(1, world.project.id), NOON)
    with world.db.write() as connection:
        for number in range(60):
            new = NewJob(f"train-{number}", "train_model", {}, world.project.id)
            job_store.ask(connection, new, Instant(NOON + 1 + number))
    with pytest.raises(ConflictError, match="being made"):
        ask_release(world.db, AskRelease(1, world.project.id), NOON)
    (found,) = list_jobs(world.db, world.project.id, 1, RELEASE)
    assert not found.is_over


def test_a_guard_that_was_made_to_look_better_is_found(world: QualityWorld, tmp_path: Path) -> None:
    accepted(world, world.tasks[:4], depth=0)
    made = publish(world, tmp_path, accept_warnings=True)
    guard, counting = guard_of(made), counting_for(guard_of(made))
    for line in (made.directory / "labels.jsonl").read_bytes().splitlines():
        counting.add_row(LABELS.parse(line))
    assert check_guard(guard, counting) == []
    counts = guard["counts"]
    changes: tuple[dict[str, Any], ...] = (
        {"counts": counts | {"real": 10}},
        {"counts": counts | {"depths": {"0": 10}}},
        {"counts": counts | {"proposers": []}},
        {"verdict": "pass"},
        {"findings": []},
        {"bounds": guard["bounds"] | {"min_real": 900, "target_real": 900}},
        {"counts": {}},
    )
    for better in changes:
        assert check_guard(guard | better, counting), better

"""Labels change in mid-project: the preview is what then happens, and old answers are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from fairhand.core.errors import ConflictError, InvalidError
from fairhand.proof.release.shape import LABELS, read_groups
from fairhand.proof.release.verify import verify_release
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.carry_labels import carry_labels
from fairhand.use_cases.change_labels import (
    ChangedLabels,
    ChangeLabels,
    carry_on,
    change_labels,
)
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.keep_labels import keep_labels
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_gold import read_gold
from fairhand.use_cases.read_label_change import read_label_change
from fairhand.use_cases.refit_quality import refit_quality
from fairhand.work.remarks.store import list_examples
from tests.stories.quality_world import PETS, QualityWorld, add_person, make_quality_world
from tests.stories.release_world import SIGNER, agree, make_press
from tests.stories.terminal import Terminal

MERGE = {"do": "merge", "question": "pet", "labels": ["cat", "dog"], "into": "small"}
SPLIT = {"do": "split", "question": "pet", "label": "cow", "into": ["bull", "calf"]}
CARMEN = 1


@pytest.fixture
def world(db: Database) -> QualityWorld:
    """Six tasks, two of each pet, each answered by two people."""
    made = make_quality_world(db, tasks=6, people=2, max_overlap=2)
    made.work(agree)
    aggregate_labels(db, made.project.id, made.now)
    return made


def change(world: QualityWorld, *changes: dict[str, Any], **more: Any) -> ChangedLabels:  # noqa: ANN401
    more.setdefault("version", 1)
    command = ChangeLabels(CARMEN, world.project.id, changes, **more)
    return change_labels(world.db, command, world.now)


def said(world: QualityWorld) -> list[Any]:
    with world.db.read() as connection:
        rows = connection.execute(text("SELECT value FROM consensus ORDER BY task_id")).scalars()
        return [None if one is None else one.strip('"') for one in rows]


def test_the_preview_says_what_then_happens(world: QualityWorld) -> None:
    seen = read_label_change(world.db, world.project.id, [MERGE, SPLIT])
    touched = seen.touched
    assert (touched.answers, touched.answers_mapped, touched.answers_lost) == (12, 8, 4)
    assert {ask: one.tasks for ask, one in seen.costs.items() if ask != "sample"} == {
        "touched": 2, "all": 6, "none": 0
    }  # fmt: skip
    cost = seen.costs["touched"]
    assert cost.answers == 4
    assert 0 < cost.micros_p50 <= cost.micros_p90
    assert said(world) == [PETS[number % 3] for number in range(6)]
    told = change(world, MERGE, SPLIT)
    assert (told.version, told.mapped, told.lost, told.asked) == (2, 8, 4, 2)
    aggregate_labels(world.db, world.project.id, world.now)
    assert said(world) == ["small", "small", None] * 2
    lost = [world.tasks[number] for number in (2, 5)]
    assert [world.overlaps()[one] for one in lost] == [(4, 2), (4, 2)]
    for name in ("Esi", "Farid"):
        person_id = add_person(world.db, name)
        join_project(world.db, JoinProject(person_id, world.project.id), world.now)
        world.people.append(person_id)
    world.work(lambda who, number: {"pet": "calf"})
    aggregate_labels(world.db, world.project.id, world.now)
    refit_quality(world.db, world.project.id, world.now)
    assert said(world) == ["small", "small", "calf"] * 2
    with world.db.read() as connection:
        kept = connection.execute(
            text("SELECT value FROM annotation WHERE project_version = 1 ORDER BY id")
        ).scalars()
        assert sum("cow" in one for one in kept) == 4


def test_a_release_says_old_answers_in_the_labels_of_now(
    world: QualityWorld, tmp_path: Path
) -> None:
    change(world, MERGE, ask="none")
    aggregate_labels(world.db, world.project.id, world.now)
    command = PublishRelease(world.project.id)
    made = publish_release(world.db, command, world.now, make_press(tmp_path))
    rows = [
        row
        for file in sorted((made.directory / "data").rglob("*.parquet"))
        for _, _, group in read_groups(file, LABELS)
        for row in group or ()
        if not isinstance(row, ValueError)
    ]
    assert [row.value for row in rows] == ["small", "small", "cow"] * 2
    assert {row.agreement for row in rows} == {1.0}
    assert verify_release(made.directory, SIGNER.verifier).issues == ()


def test_a_change_is_made_once_and_only_of_what_was_looked_at(world: QualityWorld) -> None:
    change(world, MERGE)
    with pytest.raises(ConflictError, match="at version 2 by now"):
        change(world, SPLIT)
    for wrong in ({"ask": "nobody"}, {"people": 0}, {"people": 10_000}, {"guidelines": " "}):
        with pytest.raises(InvalidError):
            change(world, SPLIT, version=2, **wrong)
    with pytest.raises(InvalidError):
        change(world, version=2)
    told = change(world, version=2, guidelines="Look twice.")
    assert (told.version, told.mapped, told.asked) == (3, 0, 0)


def test_known_answers_follow_the_labels_or_are_known_no_more(world: QualityWorld) -> None:
    for task, pet in ((world.tasks[0], "cat"), (world.tasks[2], "cow")):
        mark_gold(world.db, MarkGold(CARMEN, world.project.id, task, {"pet": pet}), world.now)
    change(world, MERGE, SPLIT)
    gold = read_gold(world.db, world.project.id).tasks
    assert [(one.task.task_id, one.task.value) for one in gold] == [
        (world.tasks[0], {"pet": "small"})
    ]


def test_a_change_of_many_answers_goes_on_where_it_was_left(
    world: QualityWorld, tmp_path: Path
) -> None:
    db, project = world.db, world.project.id
    command = ChangeLabels(CARMEN, project, [MERGE, SPLIT], 1)
    begun = change_labels(db, command, world.now, at_once=0)
    assert (begun.version, begun.mapped, begun.asked, begun.left) == (2, 0, 0, 1)
    carried = carry_labels(db, project, world.now, at_once=2)
    assert carried is not None
    assert (carried.done, carried.tasks, carried.mapped, carried.is_running) == (2, 6, 4, True)
    seen = read_label_change(db, project, [])
    assert seen.carrying is not None
    assert (seen.carrying.version, seen.carrying.done) == (2, 2)
    with pytest.raises(ConflictError, match="still under way"):
        change(world, version=2, guidelines="Look twice.")
    aggregate_labels(db, project, world.now)
    with pytest.raises(ConflictError, match="worked out anew"):
        publish_release(db, PublishRelease(project), world.now, make_press(tmp_path))

    assert keep_labels(db, lambda: world.now) == 1
    assert keep_labels(db, lambda: world.now) == 0

    told = carry_on(db, project, begun, world.now)
    assert (told.mapped, told.lost, told.asked, told.left) == (8, 4, 2, 0)
    aggregate_labels(db, project, world.now)
    assert said(world) == ["small", "small", None] * 2
    assert change(world, version=2, guidelines="Look twice.").left == 0


def test_proposals_and_examples_follow_the_labels(world: QualityWorld) -> None:
    db, project, tasks = world.db, world.project.id, world.tasks
    with db.write() as connection:
        for task, pet in zip(tasks[:3], ("cat", "cow", "owl"), strict=True):
            row = {"t": task, "p": project, "v": f'{{"pet":"{pet}"}}', "now": world.now}
            connection.execute(
                text(
                    "INSERT INTO prediction (task_id, project_id, value, model, created_at) "
                    "VALUES (:t, :p, :v, 'm', :now)"
                ),
                row,
            )
            connection.execute(
                text(
                    "INSERT INTO guideline_example (project_id, task_id, value, is_right, why, "
                    "author_id, added_at) VALUES (:p, :t, :v, true, 'Look.', 1, :now)"
                ),
                row,
            )
    change(world, MERGE, SPLIT)
    with db.read() as connection:
        asked = text("SELECT value FROM prediction ORDER BY id")
        assert list(connection.execute(asked).scalars()) == [
            '{"pet":"small"}',
            "{}",
            '{"pet":"owl"}',
        ]
        shown = [one.value for one in list_examples(connection, project)]
    assert shown == [{"pet": "small"}, {"pet": "owl"}]


def test_the_shell_shows_first_and_then_changes(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "team")
    terminal.init()
    terminal.project()
    steps = ("--add", "mood.odd", "--rename", "mood.glad=Cheerful")
    seen = terminal.ok("project", "change-labels", "moods", *steps, "--preview", "--json").json
    assert (seen["version"], seen["answers"]) == (1, 0)
    made = terminal.ok("project", "change-labels", "moods", *steps, "--json").json
    assert made["version"] == 2
    refused = terminal.run("project", "change-labels", "moods", "--remove", "mood=glad")
    assert refused.code == 2

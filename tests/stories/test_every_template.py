"""Every template is whole: made, filled, answered by two people, settled, released, verified."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.model.project import Project
from fairhand.proof.release.verify import verify_release
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.import_sample import ImportSample, import_sample
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_templates import FOLDER, Template, list_templates
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import ProjectPolicy
from tests.stories.quality_world import MORNING, QualityWorld, add_person
from tests.stories.release_world import SIGNER, make_press

MADE_ELSEWHERE = {"recording", "photo"}
"""Kinds whose answers point at something that the person must have sent before; their journeys in
a browser go the same way."""

WRITTEN = [
    one for one in list_templates() if not MADE_ELSEWHERE & {asked.kind for asked in one.questions}
]


def policy_of(template: Template) -> ProjectPolicy:
    """The template as an owner who changes nothing takes it, two people a task."""
    return ProjectPolicy(
        title=template.title,
        purpose=template.purpose,
        guidelines=template.guidelines,
        questions=template.questions,
        currency="GBP",
        rate_micros_per_hour=1_500_000_000,
        min_overlap=2,
        max_overlap=2,
        target_confidence=template.target_confidence,
        expected_ms=int(template.expected_seconds * 1_000),
    )


def make_world(db: Database, blobs: BlobStore, template: Template) -> tuple[QualityWorld, Project]:
    """A demo project of the template, with its sample, and two people who joined."""
    owner, *people = [add_person(db, name) for name in ("Carmen", "Amina", "Bao")]
    policy = policy_of(template)
    project = create_project(db, CreateProject(owner, policy, "demo"), MORNING)
    run = import_sample(db, blobs, ImportSample(owner, project.id, template.name), MORNING)
    assert run.rejected == 0, run.issues
    assert run.issues == []
    for person_id in people:
        join_project(db, JoinProject(person_id, project.id), MORNING)
    with db.read() as connection:
        tasks = projects.list_task_ids(connection, project.id)
    return QualityWorld(db, project, tasks, people), project


def answers_of(template: Template) -> list[dict[str, Any]]:
    """One good answer to each sample task, as the template ships them."""
    path = FOLDER / template.name / "sample" / "answers.jsonl"
    return [json.loads(line)["value"] for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("template", WRITTEN, ids=lambda one: one.name)
def test_a_template_goes_all_the_way(
    sqlite_db: Database, tmp_path: Path, template: Template
) -> None:
    db = sqlite_db
    press = make_press(tmp_path)
    world, project = make_world(db, press.blobs, template)
    assert 2 <= len(world.tasks) <= 30
    answers = answers_of(template)
    assert len(answers) == len(world.tasks)
    assert world.work(lambda _who, number: answers[number]) == 2 * len(answers)
    aggregate_labels(db, project.id, world.now)
    with db.read() as connection:
        found = connection.execute(
            text("SELECT task_id, question, value FROM consensus WHERE value IS NOT NULL")
        ).all()
    settled = {(row.task_id, row.question): orjson.loads(row.value) for row in found}
    for task_id, answer in zip(world.tasks, answers, strict=True):
        for question in answer:
            assert (task_id, question) in settled, f"{question} of task {task_id} has no consensus"
    now = Instant(MORNING + 9_000_000)
    released = publish_release(db, replace(PublishRelease(project.id)), now, press)
    report = verify_release(released.directory, SIGNER.verifier)
    assert [issue.message for issue in report.issues] == []


@pytest.mark.parametrize("template", list_templates(), ids=lambda one: one.name)
def test_a_template_teaches(template: Template) -> None:
    """Guidelines say how to decide and what to do in doubt; the summary is one sentence."""
    assert template.guidelines.count("## ") >= 2
    assert template.summary.endswith(".")
    assert len(template.summary) < 160
    assert template.sample is not None
    size = sum(path.stat().st_size for path in (FOLDER / template.name).rglob("*"))
    assert size < 400_000

"""A release's cards over the API, and the words of the fair-work vocabulary for anybody."""

from __future__ import annotations

import json

from fairhand.proof.release.fair_work_words import TERMS, camel
from fairhand.use_cases.aggregate_labels import aggregate_labels
from tests.web.test_pages import answer_tasks, run_jobs
from tests.web.world import World


def test_members_fetch_each_card_and_strangers_none(world: World) -> None:
    carmen = world.client("Carmen")
    answer_tasks(world, world.client("Amina"), 2)
    aggregate_labels(world.house.db, world.project, world.cast.clock.now)
    body = {"licence": "CC-BY-4.0", "notes": {"not_for": "Judging people."}}
    assert carmen.post(f"/api/v1/projects/{world.project}/releases", json=body).status_code == 202
    (job,) = run_jobs(world)
    assert job.state == "done", job.error
    (row,) = world.cast.rows("SELECT id FROM release")
    cards = f"/api/v1/releases/{row[0]}/cards"
    croissant = carmen.get(f"{cards}/croissant")
    assert croissant.headers["content-type"] == "application/ld+json"
    assert croissant.json()["license"] == "https://spdx.org/licenses/CC-BY-4.0"
    assert "Judging people." in carmen.get(f"{cards}/datasheet").text
    assert carmen.get(f"{cards}/card").text.startswith("---\n")
    assert "Article 53" in carmen.get(f"{cards}/summary").text
    assert carmen.get(f"{cards}/who").json()["who"]["smallest_group"] == 10
    wrong = carmen.get(f"{cards}/poem")
    assert wrong.status_code == 422
    assert "there are card, croissant, datasheet, summary, who" in wrong.json()["detail"]
    assert world.client("Dmitri").get(f"{cards}/card").status_code == 403


def test_an_unknown_note_is_refused_before_a_job_begins(world: World) -> None:
    body = {"notes": {"motive": "x"}}
    path = f"/api/v1/projects/{world.project}/releases"
    answer = world.client("Carmen").post(path, json=body)
    assert answer.status_code == 422
    assert answer.json()["issues"][0]["place"] == "notes.motive"


def test_anybody_reads_the_words_of_the_vocabulary(world: World) -> None:
    answer = world.client().get("/ns/fair-work")
    assert answer.headers["content-type"] == "application/ld+json"
    told = json.loads(answer.content)
    named = {one["@id"] for one in told["@graph"]}
    assert {f"fw:{camel(name)}" for name in TERMS} <= named
    assert told["@context"]["fw"] == "urn:fairhand:fair-work:1#"

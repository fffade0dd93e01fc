"""Where a project's items come from: a page with pictures, and what data are declared by form."""

from __future__ import annotations

import json

from fairhand.cli import release_origin
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.read_origin import read_origin, read_release_origin
from tests.web.test_pages import answer_tasks, run_jobs
from tests.web.world import World

GENERATED = {
    "synthetic_model": "writer@2",
    "synthetic_depth": "2",
    "synthetic_verifier": "panel",
    "synthetic_precision": "0.97/0.95..0.99",
}


def declared(world: World) -> list[tuple[object, ...]]:
    return [
        tuple(row)
        for row in world.cast.rows(
            "SELECT model, depth, verifier, precision_low FROM task_origin ORDER BY task_id"
        )
    ]


def test_a_project_without_answers_has_nothing_to_tell(world: World) -> None:
    page = world.client("Carmen").get(f"/projects/{world.project}/origin").text
    assert "nothing to tell yet" in page


def test_the_page_tells_the_mix_the_rules_and_what_is_predicted(world: World) -> None:
    answer_tasks(world, world.client("Amina"), 4)
    aggregate_labels(world.house.db, world.project, world.cast.clock.now)
    carmen = world.client("Carmen")
    assert f"/projects/{world.project}/origin" in carmen.get(f"/projects/{world.project}").text
    page = carmen.get(f"/projects/{world.project}/origin").text
    for words in ("100.0", "The guard lets it through", "toy models", "here", "61.8", "arXiv"):
        assert words in page
    report = carmen.get(f"/api/v1/projects/{world.project}/origin").json()
    assert report["guard"]["counts"]["real"] == report["guard"]["counts"]["rows"] > 0
    assert report["outlook"]["settles_at"] == 1.0
    assert report["version"] is None
    told = read_origin(world.house, world.project, world.cast.clock.now)
    words = "\n".join((*release_origin._mix(told), *release_origin._ahead(told)))
    assert "people's (100.0 %)" in words
    assert "After 20 generations: 21 when data are replaced, 1.60 when" in words
    fallen_back = read_origin(world.house, world.project, world.cast.clock.now, most=0)
    assert fallen_back.version is None, "there is no release to show instead"


def test_generated_data_come_in_by_form_and_by_api(world: World) -> None:
    carmen, path = world.client("Carmen"), f"/projects/{world.project}"
    file = {"file": ("made.jsonl", b'{"text": "one"}\n{"text": "two"}')}
    sent = carmen.post(f"{path}/import", data=world.form(carmen, **GENERATED), files=file)
    assert sent.status_code == 303
    more = {"file": ("more.jsonl", b'{"text": "three", "generated_by": "writer@3"}')}
    assert carmen.post(f"/api/v1{path}/import", files=more).status_code == 202
    assert [job.state for job in run_jobs(world)] == ["done", "done"]
    assert declared(world) == [
        ("writer@2", 2, "panel", 950),
        ("writer@2", 2, "panel", 950),
        ("writer@3", 1, None, None),
    ]


def test_rows_that_were_there_are_declared_by_importing_them_again(world: World) -> None:
    carmen, path = world.client("Carmen"), f"/api/v1/projects/{world.project}/import"
    file = {"file": ("made.jsonl", b'{"text": "one"}')}
    for fields in ({}, {"synthetic_model": "writer@2"}, {"synthetic_model": "writer@9"}):
        assert carmen.post(path, files=file, data=fields).status_code == 202
        run_jobs(world)
    assert declared(world) == [("writer@2", 1, None, None)]


def test_a_wrong_declaration_is_refused_with_what_was_typed(world: World) -> None:
    carmen, path = world.client("Carmen"), f"/projects/{world.project}"
    file = {"file": ("made.jsonl", b'{"text": "one"}')}
    for wrong, said in (
        ({"synthetic_precision": "0.97"}, "0.97/0.95..0.99"),
        ({"synthetic_depth": "deep"}, "whole number from 1"),
        ({"synthetic_verifier": ""}, "name the verifier"),
    ):
        fields = world.form(carmen, **(GENERATED | wrong))
        sent = carmen.post(f"{path}/import", data=fields, files=file)
        assert sent.status_code == 422
        assert said in sent.text
        assert 'value="writer@2"' in sent.text
    depth = carmen.post(f"/api/v1{path}/import", files=file, data={"synthetic_depth": "0"})
    assert depth.status_code == 422
    assert run_jobs(world) == []


def test_a_release_that_the_guard_holds_back_says_why_and_takes_an_answer(world: World) -> None:
    carmen, path = world.client("Carmen"), f"/projects/{world.project}"
    world.cast.change("UPDATE project SET mode = 'open' WHERE id = :id", id=world.project)
    answer_tasks(world, world.client("Amina"), 4)
    world.cast.change(
        "INSERT INTO task_origin (task_id, project_id, model, depth, declared_at) "
        "SELECT id, project_id, 'chat@9', 1, 0 FROM task"
    )
    aggregate_labels(world.house.db, world.project, world.cast.clock.now)
    api = f"/api/v1{path}/releases"
    loose = carmen.post(api, json={"guard": {"learns": "answers"}})
    assert (loose.status_code, "say why" in loose.text) == (422, True)
    assert carmen.post(api, json={}).status_code == 202
    (job,) = run_jobs(world)
    assert (job.state, "no verifier" in json.dumps(job.error)) == ("failed", True)
    bounds = {"learns": "answers", "why": "people judge what a model wrote"}
    assert carmen.post(api, json={"guard": bounds}).status_code == 202
    (job,) = run_jobs(world)
    assert job.state == "done", job.error
    said = carmen.get(f"{path}/releases/1").text
    assert "people judge what a model wrote" in said
    told = read_release_origin(world.house, 1)
    assert (told.version, told.before) == (1, ((1, 0.0),))
    large = read_origin(world.house, world.project, world.cast.clock.now, most=0)
    assert large.version == 1

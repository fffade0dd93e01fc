"""Evaluations on pages and over the API: the weak slice is seen, failures become tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fairhand.people.accounts import store as accounts
from tests.stories.evaluation_world import (
    EvaluationWorld,
    make_evaluation_world,
    truth,
    weak_in_swahili,
)
from tests.web.world import World


@pytest.fixture
def pets(world: World) -> EvaluationWorld:
    """A project of Carmen's in which people have answered everything."""
    return make_evaluation_world(world.cast)


def lines_of(pets: EvaluationWorld, folder: Path, said: Any = weak_in_swahili) -> bytes:  # noqa: ANN401
    return pets.write(folder, said).read_bytes()


def send(world: World, pets: EvaluationWorld, content: bytes, who: str = "Carmen") -> Any:  # noqa: ANN401
    client = world.client(who)
    return client.post(
        f"/projects/{pets.project}/assist/evaluations/import",
        data=world.form(client, model="pets@1"),
        files={"file": ("outputs.jsonl", content)},
    )


def test_a_file_sent_on_the_page_leads_to_its_pictures_and_failures(
    world: World, pets: EvaluationWorld, tmp_path: Path
) -> None:
    sent = send(world, pets, lines_of(pets, tmp_path))
    assert sent.status_code == 303
    client = world.client("Carmen")
    page = client.get(sent.headers["location"]).text
    assert "language = sw" in page
    assert "Worse than the rest" in page
    assert "Are its scores to be believed?" in page
    assert "12 tasks, the surest mistakes first" in page
    asked = client.post(f"{sent.headers['location']}/failures", data=world.form(client))
    assert asked.status_code == 303
    assert "12 were made tasks again" in client.get(sent.headers["location"]).text
    listed = client.get(f"/projects/{pets.project}/assist/evaluations").text
    assert "75 % right" in listed.replace("75.0", "75")


def test_what_is_wrong_with_a_file_is_told_row_by_row_beside_the_form(
    world: World, pets: EvaluationWorld
) -> None:
    rows = [{"task_id": one, "prediction": "cow <b>"} for one in pets.tasks]
    sent = send(world, pets, "".join(json.dumps(row) + "\n" for row in rows).encode())
    assert sent.status_code == 422
    assert "48 things are wrong" in sent.text
    assert "outputs.jsonl line 1" in sent.text
    assert "and 28 more" in sent.text
    assert "<b>" not in sent.text
    assert 'value="pets@1"' in sent.text
    nothing = send(world, pets, b"")
    assert "is empty" in nothing.text


def test_auditors_see_and_may_not_change(
    world: World, pets: EvaluationWorld, tmp_path: Path
) -> None:
    content = lines_of(pets, tmp_path)
    assert send(world, pets, content, "Farid").status_code == 403
    place = send(world, pets, content).headers["location"]
    client = world.client("Farid")
    page = client.get(place)
    assert page.status_code == 200
    assert "Ask one more" not in page.text
    assert client.post(f"{place}/failures", data=world.form(client)).status_code == 403
    assert world.client("Dmitri").get(place).status_code == 403
    assert client.get(f"{place}/card.md").text.startswith("# Model card: pets@1")


def test_copies_go_only_where_one_may_bring_tasks_in(
    world: World, pets: EvaluationWorld, tmp_path: Path
) -> None:
    made = world.client("Carmen")
    content = lines_of(pets, tmp_path)
    path = f"/api/v1/projects/{pets.project}/assist/evaluations"
    sent = made.post(
        f"{path}/import", data={"model": "pets@1"}, files={"file": ("o.jsonl", content)}
    )
    assert sent.status_code == 201, sent.text
    number = sent.json()["evaluation_id"]
    with world.house.db.write() as connection:
        here = world.people["an owner elsewhere"]
        accounts.add_role(connection, here, "owner", pets.project, world.cast.clock.now)
    other = world.client("an owner elsewhere")
    address = f"{path}/{number}/failures"
    assert other.post(address, json={"into": world.project}).status_code == 403
    assert other.post(address, json={"into": world.other}).json()["made"] == 12
    assert other.post(address, json={"into": world.other}).json()["made"] == 0


def test_the_api_tells_reports_failures_and_cards(
    world: World, pets: EvaluationWorld, tmp_path: Path
) -> None:
    client = world.client("Carmen")
    path = f"/api/v1/projects/{pets.project}/assist/evaluations"
    files = {"file": ("o.jsonl", lines_of(pets, tmp_path))}
    form = {"model": "pets@1", "slice_field": ["language"], "on": "all"}
    first = client.post(f"{path}/import", data=form, files=files)
    again = client.post(f"{path}/import", data=form, files=files)
    assert (first.status_code, again.status_code) == (201, 200)
    number = first.json()["evaluation_id"]
    assert [one["id"] for one in client.get(path).json()["evaluations"]] == [number]
    report = client.get(f"{path}/{number}").json()["report"]
    assert report["fields"] == ["language"]
    page = client.get(f"{path}/{number}/failures?most=5").json()
    assert (len(page["failures"]), page["next"], page["total"]) == (5, 5, 12)
    assert page["failures"][0]["data"]["language"] == "sw"
    card = client.get(f"{path}/{number}/card").json()
    assert card["model_details"]["name"] == "pets@1"
    assert any("does worse where language = sw" in one for one in card["ethical_considerations"])
    text = client.get(f"{path}/{number}/card?form=markdown").text
    for section in (
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
    ):
        assert f"\n## {section}\n" in text
    one = client.post(f"{path}/{number}/failures", json={"tasks": [page["failures"][0]["task_id"]]})
    assert (one.json()["made"], one.json()["of"]) == (1, 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"version_id": 999}, 404),
        ({"version_id": 0}, 422),
        ({"version_id": "one"}, 422),
        ({"version_id": 1, "question": "planet"}, 422),
        ({"version_id": 1, "extra": 1}, 422),
        ({}, 422),
    ],
    ids=str,
)
def test_versions_that_are_not_there_are_refused(
    world: World, pets: EvaluationWorld, body: dict[str, Any], status: int
) -> None:
    path = f"/api/v1/projects/{pets.project}/assist/evaluations"
    answer = world.client("Carmen").post(path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_projects_evaluation_is_not_found(
    world: World, pets: EvaluationWorld, tmp_path: Path
) -> None:
    pets.evaluate(pets.write(tmp_path, truth))
    client = world.client("Carmen")
    for path in ("", "/failures", "/card"):
        address = f"/api/v1/projects/{world.project}/assist/evaluations/1{path}"
        assert client.get(address).status_code == 404


def test_texts_are_sent_and_their_claims_shown(world: World, pets: EvaluationWorld) -> None:
    rows = [{"task_id": one, "output": "It meows. Does it?"} for one in pets.tasks[:3]]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    client = world.client("Carmen")
    sent = client.post(
        f"/projects/{pets.project}/assist/evaluations/claims/import",
        data=world.form(client, model="writer@1", source_field="text"),
        files={"file": ("texts.jsonl", content)},
    )
    assert sent.status_code == 303, sent.text
    page = client.get(sent.headers["location"]).text
    assert "3 texts make 6 claims" in page
    assert "a project of its own" in page
    number = sent.headers["location"].rsplit("/", 1)[-1]
    address = f"/api/v1/projects/{pets.project}/assist/evaluations/{number}"
    assert client.get(f"{address}/card").status_code == 409
    assert client.get(address).json()["report"]["verdicts"]["supported"] == 0

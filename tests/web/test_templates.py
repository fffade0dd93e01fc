"""Templates: what an owner starts from, in the browser, through the API and the SDK."""

from __future__ import annotations

import re

import pytest

from fairhand.use_cases.read_templates import list_templates
from tests.web.world import World

PAY = {"currency": "GBP", "rate": "15.00", "mode": "draft"}
NAME = "several-questions"


def _filled(page: str) -> dict[str, list[str]]:
    """Read back what the form shows, as a browser would send it."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page):
        found.setdefault(name, []).append(value)
    for name, value in re.findall(
        r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', page, re.S
    ):
        found.setdefault(name, []).append(value.replace("&#34;", '"').replace("&#39;", "'"))
    return found


def test_an_owner_starts_from_a_template_and_gets_tasks_to_try(world: World) -> None:
    client = world.client("Carmen")
    gallery = client.get("/projects/new").text
    assert all(f'href="/projects/new/{one.name}"' in gallery for one in list_templates())
    shown = _filled(client.get(f"/projects/new/{NAME}").text)
    shown["label_lines"][0] = "bill: About money\nother: Anything else"
    made = client.post(f"/projects/new/{NAME}", data={**shown, **PAY, "sample": "yes"})
    assert made.status_code == 303, made.text[-3000:]
    project = client.get(made.headers["location"].replace("/projects", "/api/v1/projects")).json()
    first = project["questions"][0]["config"]["labels"]
    assert [(label["value"], label["title"]) for label in first] == [
        ("bill", "About money"),
        ("other", "Anything else"),
    ]
    assert project["questions"][2]["only_if"] == {"question": "mood", "is": ["upset"]}
    (tasks,) = world.cast.rows(f"SELECT count(*) FROM task WHERE project_id = {project['id']}")
    assert tasks[0] == 8


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("questions", "not json", "These are not questions"),
        ("questions", '[{"name": "a"}]', "kind"),
        ("currency", "pounds", "three letters"),
        ("rate", "", ""),
        ("title", "", "title"),
        ("label_lines", "", "is empty"),
    ],
)
def test_what_is_wrong_with_it_is_said_and_nothing_is_made(
    world: World, field: str, value: str, said: str
) -> None:
    client = world.client("Carmen")
    before = world.cast.rows("SELECT count(*) FROM project")
    shown = _filled(client.get(f"/projects/new/{NAME}").text)
    answer = client.post(f"/projects/new/{NAME}", data={**shown, **PAY, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    place = "questions" if field == "label_lines" else field
    assert f'id="{place}-wrong"' in answer.text
    assert world.cast.rows("SELECT count(*) FROM project") == before


@pytest.mark.parametrize("template", [one.name for one in list_templates()])
def test_every_template_opens_as_a_form_that_makes_its_project(world: World, template: str) -> None:
    client = world.client("Carmen")
    shown = client.get(f"/projects/new/{template}")
    assert shown.status_code == 200
    made = client.post(f"/projects/new/{template}", data={**_filled(shown.text), **PAY})
    assert made.status_code == 303, made.text[-3000:]
    assert client.get(made.headers["location"]).status_code == 200


def test_a_template_that_is_not_there_is_named_with_those_that_are(world: World) -> None:
    answer = world.client("Carmen").get("/api/v1/templates/nothing")
    assert answer.status_code == 404
    assert NAME in answer.json()["detail"]


def test_a_script_makes_the_same_project_with_its_sample(world: World) -> None:
    client = world.client("Carmen")
    ready = client.get(f"/api/v1/templates/{NAME}").json()["project"]
    made = client.post("/api/v1/projects", json={**ready, "currency": "GBP", "rate": "15"})
    assert made.status_code == 201, made.text
    where = f"/api/v1/projects/{made.json()['id']}/sample"
    assert client.post(where, json={"template": NAME}).json() == {"added": 8, "already_there": 0}
    assert client.post(where, json={"template": NAME}).json() == {"added": 0, "already_there": 8}

"""The readiness page and the pilot page, and their API, as those who run a project meet them."""

from __future__ import annotations

import re

from tests.web.world import World

TERMS = {
    "target_alpha": "0.5",
    "people_wanted": "2",
    "qualified_wanted": "0",
    "gold_wanted": "0",
    "skill_gap": "",
}
ANSWERS = ("cat", "dog", "owl", "cat", "dog")


def test_a_lead_goes_from_an_unready_project_to_an_open_one(world: World) -> None:
    cast = world.cast
    client = world.client("Carmen")
    place = cast.project(tasks=8, rate=14 * 100 * 1_000_000)
    page = client.get(f"/projects/{place}/ready").text
    assert "before it can open" in page
    assert "No pilot has been run" in page
    assert 'owner <span class="muted small">(Carmen' in page

    answer = client.post(f"/projects/{place}/ready", data=world.form(client, **TERMS))
    assert answer.status_code == 303
    page = client.get(f"/projects/{place}/pilot").text
    assert "A project cannot open without one" in page

    form = world.form(client, tasks="5", people="2", amount="5.00")
    assert client.post(f"/projects/{place}/pilot", data=form).status_code == 303
    pilot = cast.rows("SELECT project_id FROM pilot")[0][0]
    for name in ("Amina", "Bao"):
        person = world.people[name]
        cast.join(person, pilot)
        for _ in range(5):
            task = cast.next_task(person, pilot)
            cast.clock.advance(21_000)
            cast.submit(person, task, ANSWERS[task % 5])
    page = client.get(f"/projects/{place}/pilot").text
    assert "A go is possible" in page
    assert "A fair price of an answer" in page
    assert "10 of 10" in page
    unit = re.search(r'name="unit" value="([0-9.]+)"', page)
    assert unit is not None
    asked = {"do": "preview", "basis": "piece", "unit": unit[1], "reason": "By the pilot."}
    priced = client.post(f"/projects/{place}/pay", data=world.form(client, **asked))
    assert priced.status_code == 200
    assert f"GBP {unit[1]}" in priced.text

    go = world.form(client, outcome="go", reason="They agree.")
    assert client.post(f"/projects/{place}/pilot/decide", data=go).status_code == 303
    assert "“They agree.”" in client.get(f"/projects/{place}/pilot").text
    assert "the project may open" in client.get(f"/projects/{place}/ready").text
    found = client.get(f"/api/v1/projects/{place}/readiness").json()
    assert found["may_open"] is True
    assert found["ready_for_compute"] is False
    assert [stage["state"] for stage in found["stages"]] == ["done", "done", "done", "missing"]
    opened = client.post(f"/api/v1/projects/{place}/mode", json={"mode": "open"})
    assert opened.json() == {"mode": "open"}
    pilot_page = client.get(f"/projects/{pilot}/ready").text
    assert "This project is a pilot" in pilot_page


def test_what_cannot_be_is_said_beside_its_field(world: World) -> None:
    client = world.client("Carmen")
    wrong = world.form(client, **TERMS | {"target_alpha": "lots"})
    answer = client.post("/projects/1/ready", data=wrong)
    assert answer.status_code == 422
    assert "Give a number from 0 to 1" in answer.text
    assert 'value="lots"' in answer.text
    answer = client.post(
        "/projects/1/pilot", data=world.form(client, tasks="900", people="3", amount="1")
    )
    assert answer.status_code == 422
    assert "Take 5 to 500 tasks." in answer.text
    late = client.post(
        "/projects/1/pilot/decide", data=world.form(client, outcome="go", reason="Yes.")
    )
    assert late.status_code == 409


def test_no_token_says_go(world: World) -> None:
    bearer = world.bearer(world.token("Carmen", "manage"))
    made = bearer.post("/api/v1/projects/1/pilot", json={"tasks": 5, "people": 2})
    assert made.status_code == 201, made.text
    assert made.json()["outcome"] == "running"
    body = {"outcome": "go", "reason": "A script thinks so."}
    assert bearer.post("/api/v1/projects/1/pilot/decide", json=body).status_code == 403
    form = {"outcome": "go", "reason": "A script thinks so."}
    assert bearer.post("/projects/1/pilot/decide", data=form).status_code == 403
    shown = bearer.get("/api/v1/projects/1/pilot").json()
    assert [one["outcome"] for one in shown["pilots"]] == ["running"]
    assert "people" in {one["place"] for one in shown["lacks"]}

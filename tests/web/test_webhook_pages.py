"""Webhooks by page, API, SDK and command."""

from __future__ import annotations

import re
from dataclasses import replace

from fairhand.use_cases.fill_webhooks import fill_webhooks
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.send_deliveries import Post
from tests.small_servers import Answer, serving
from tests.web.world import World


def allowing(world: World, place: str) -> World:
    """The same world, whose operator allows a place within the house."""
    settings = world.house.settings.model_copy(update={"backend_hosts": (place,)})
    return World(
        world.cast,
        replace(world.house, settings=settings),
        world.project,
        world.other,
        world.people,
    )


def test_an_owner_adds_tests_watches_and_removes_a_webhook(world: World) -> None:
    with serving(lambda asked: Answer({"thanks": "<b>yes</b>"})) as server:
        world = allowing(world, server.place)
        carmen, path = world.client("Carmen"), f"/projects/{world.project}/webhooks"
        assert "Nobody is told anything yet" in carmen.get(path).text
        form = world.form(carmen, url=f"{server.url}/hook", events="annotation.submitted")
        page = carmen.post(path, data=form).text
        (secret,) = re.findall(r"whsec_[\w+/=]+", page)
        assert secret not in carmen.get(path).text
        tested = carmen.post(f"{path}/1/test", data=world.form(carmen)).text
        assert "It arrived: 200" in tested
        assert "webhook-signature: v1," in tested
        assert "&lt;b&gt;yes&lt;/b&gt;" in tested
        amina = world.client("Amina")
        task = world.next_task(amina)
        key = "6f1c1a52-0000-4000-8000-000000000001"
        body = {"client_key": key, "value": {"pet": "cat"}}
        amina.post(f"/api/v1/tasks/{task['task_id']}/submit", json=body)
        seal_log(world.house.db, world.house.signer, world.cast.clock.now)
        assert fill_webhooks(world.house.db, world.cast.clock.now) == 1
        assert "on its way" in carmen.get(f"{path}/1/deliveries").text
        post = Post(world.house.db, world.house.vault, world.cast.clock, (server.place,))
        post.send_due(wait_s=10)
        deliveries = carmen.get(f"{path}/1/deliveries").text
        assert "arrived" in deliveries
        assert "annotation.submitted" in deliveries
        again = carmen.post(f"{path}/1", data=world.form(carmen, do="resend", number="1"))
        assert again.status_code == 303
        assert "on its way" in carmen.get(f"{path}/1/deliveries").text
    rotated = carmen.post(f"{path}/1", data=world.form(carmen, do="rotate")).text
    assert re.findall(r"whsec_[\w+/=]+", rotated) != [secret]
    assert carmen.post(f"{path}/1", data=world.form(carmen, do="remove")).status_code == 303
    assert "ended" in carmen.get(path).text


def test_what_is_wrong_is_said_beside_the_field(world: World) -> None:
    carmen, path = world.client("Carmen"), f"/projects/{world.project}/webhooks"
    for url, says in (
        ("http://127.0.0.1/x", "this machine itself"),
        ("nonsense", "begins with http"),
        ("https://me:pw@a.example", "password out"),
        ("https://ä.example/", "plain letters"),
    ):
        refused = carmen.post(path, data=world.form(carmen, url=url))
        assert refused.status_code == 422
        assert says in refused.text
    api = f"/api/v1{path}"
    assert carmen.post(api, json={"url": "https://a.example", "events": ["x"]}).status_code == 422
    assert carmen.post(api, json={"url": 7}).status_code == 422
    assert carmen.post(f"{api}/1", json={"do": "pause"}).status_code == 404
    odd = world.form(carmen, do="resend", number="²")
    assert carmen.post(f"{path}/1", data=odd).status_code == 404
    assert carmen.get(f"{path}/99/deliveries?before=-5").status_code == 404


def test_a_projects_owner_keeps_its_webhooks_and_not_the_workspaces(world: World) -> None:
    carmen, bao = world.client("Carmen"), world.client("Bao")
    api = f"/api/v1/projects/{world.project}/webhooks"
    made = carmen.post(api, json={"url": "https://a.example/hook"}).json()
    assert made["secret"].startswith("whsec_")
    assert made["state"] == "active"
    whole = carmen.post("/api/v1/projects/0/webhooks", json={"url": "https://a.example/all"}).json()
    assert carmen.post(f"{api}/{whole['id']}", json={"do": "pause"}).status_code == 404
    assert carmen.get("/admin/webhooks").headers["location"] == "/projects/0/webhooks"
    assert "whole workspace" in carmen.get("/projects/0/webhooks").text
    assert bao.get(api).status_code == 403
    for place in (api, "/api/v1/projects/0/webhooks"):
        token = world.bearer(world.token("Carmen", "manage", world.other))
        assert token.get(place).status_code == 403
    paused = carmen.post(f"{api}/{made['id']}", json={"do": "pause"}).json()
    assert paused["state"] == "paused"
    assert "secret" not in paused
    assert carmen.get(f"{api}/{made['id']}/deliveries").json() == {"deliveries": [], "before": None}

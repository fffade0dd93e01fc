"""The Sources page, its API and command, and the files that a backend's token opens."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fairhand.client import Client
from fairhand.people.accounts import store as accounts
from fairhand.storage.database import Database
from fairhand.use_cases.add_assistant import AddAssistant, add_assistant
from fairhand.use_cases.backend_access import make_token
from fairhand.use_cases.end_assistant import EndAssistant, end_assistant
from fairhand.work.prelabel.store import Assistant
from tests.small_servers import Answer, SmallServer, serving
from tests.stories.terminal import Terminal
from tests.stories.test_backends import instead, pets
from tests.web.test_segment import coin_world, picture
from tests.web.world import World


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with serving(pets) as running:
        yield running


def connected(world: World, url: str, name: str = "cats") -> Assistant:
    command = AddAssistant(
        world.cast.carmen, world.project, "label_studio", name, {"url": url}, allow_private=True
    )
    return add_assistant(world.house.db, command, world.cast.clock.now)


def token_of(world: World, one: Assistant) -> str:
    with world.house.db.read() as connection:
        workspace = accounts.load_workspace(connection)
    assert workspace is not None
    return make_token(workspace[1], one.id, world.cast.clock.now)


def test_an_owner_connects_tests_and_removes_a_backend(world: World, server: SmallServer) -> None:
    carmen, path = world.client("Carmen"), f"/projects/{world.project}/assist/sources"
    assert "Nobody proposes here yet" in carmen.get(path).text
    form = world.form(carmen, url="http://models.example.org:9090", interactive="yes")
    assert carmen.post(path, data=form).status_code == 303
    page = carmen.get(path).text
    assert "models.example.org:9090" in page
    assert "asked when somebody points at a thing" in page
    one = connected(world, server.url)
    tested = carmen.post(f"{path}/{one.id}/test", data=world.form(carmen)).text
    assert "Every hop works" in tested
    assert "cats@v1" in tested
    turned = world.form(carmen, do="interactive")
    assert carmen.post(f"{path}/{one.id}", data=turned).status_code == 303
    gone = world.form(carmen, do="remove")
    assert carmen.post(f"{path}/{one.id}", data=gone).status_code == 303
    assert f'id="source-{one.id}"' not in carmen.get(path).text


def test_what_fails_is_named_on_the_page_and_on_the_project_page(world: World) -> None:
    carmen = world.client("Carmen")
    with serving(instead("/setup", Answer({"error": "no such tag"}, 500))) as server:
        one = connected(world, server.url)
        path = f"/projects/{world.project}/assist/sources/{one.id}/test"
        page = carmen.post(path, data=world.form(carmen)).text
    assert "It takes the project&#39;s questions: no." in page
    assert "no such tag" in page
    assert page.count("not reached") == 3
    project = carmen.get(f"/projects/{world.project}").text
    assert "Proposals fail, and nobody waits for them" in project
    assert "no such tag" in project


def test_an_address_within_the_house_cannot_be_allowed_from_the_web(
    world: World, server: SmallServer
) -> None:
    carmen, path = world.client("Carmen"), f"/api/v1/projects/{world.project}/assist/sources"
    made = carmen.post(path, json={"url": server.url})
    assert made.status_code == 201
    walked = carmen.post(f"{path}/{made.json()['id']}/test").json()
    assert (walked["ok"], walked["failed"]) == (False, "address")
    assert not server.asked
    for more in ({"allow_private": True}, {"allowed": [server.place]}):
        assert carmen.post(path, json={"url": server.url, **more}).status_code == 422


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "http://", "http://a@b/", "x" * 3_000])
def test_what_is_no_address_is_refused_beside_its_field(world: World, url: str) -> None:
    carmen = world.client("Carmen")
    path = f"/projects/{world.project}/assist/sources"
    answer = carmen.post(path, data=world.form(carmen, url=url))
    assert answer.status_code == 422
    assert 'id="url-wrong"' in answer.text
    assert carmen.post(f"/api/v1{path}", json={"url": url}).status_code == 422


def test_sources_are_listed_changed_and_removed_over_the_api(
    world: World, server: SmallServer
) -> None:
    carmen, path = world.client("Carmen"), f"/api/v1/projects/{world.project}/assist/sources"
    one = connected(world, server.url)
    assert carmen.post(f"{path}/{one.id}/test").json()["model"] == "cats@v1"
    (listed,) = carmen.get(path).json()["sources"]
    assert (listed["name"], listed["state"], listed["model"]) == ("cats", "on", "cats@v1")
    assert "secret" not in str(listed)
    changed = carmen.post(f"{path}/{one.id}", json={"interactive": True, "train": True}).json()
    assert changed == {"id": one.id, "interactive": True, "train": True}
    assert carmen.delete(f"{path}/{one.id}").json()["removed"]
    assert carmen.delete(f"{path}/{one.id}").status_code == 404
    assert carmen.get(path).json()["sources"] == []
    assert world.client("Amina").get(path).status_code == 403


@pytest.fixture
def coins(sqlite_db: Database, tmp_path: Path) -> World:
    return coin_world(sqlite_db, tmp_path)


def test_a_backends_token_opens_its_projects_files_wherever_backends_look(coins: World) -> None:
    one = connected(coins, "http://example.org:9090")
    token = token_of(coins, one)
    (task,) = (row[0] for row in coins.cast.rows(
        "SELECT id FROM task WHERE project_id = :id", id=coins.project))  # fmt: skip
    client = coins.client()
    uri = base64.urlsafe_b64encode(b"s3://bucket/coin.png").decode()
    for path in (
        f"/data/upload/{coins.project}/{task}.png",
        f"/tasks/{task}/resolve/?fileuri={uri}",
    ):
        found = client.get(path, headers={"Authorization": f"Token {token}"})
        assert (found.status_code, found.content) == (200, picture()), path
        assert found.headers["content-type"] == "image/png"
        assert client.get(path).status_code == 401
        assert client.get(path, headers={"Authorization": "Token fhb_1_2_3"}).status_code == 401
    signed = client.get(f"/tasks/{task}/presign/", headers={"Authorization": f"Token {token}"})
    assert (signed.status_code, signed.headers["location"]) == (303, f"/tasks/{task}/resolve/")
    assert client.get(f"/data/upload/{coins.project}/{task}.png?token={token}").status_code == 200


def test_a_backends_token_opens_nothing_else(coins: World) -> None:
    one = connected(coins, "http://example.org:9090")
    token = token_of(coins, one)
    (other,) = (row[0] for row in coins.cast.rows(
        "SELECT min(id) FROM task WHERE project_id <> :id", id=coins.project))  # fmt: skip
    (task,) = (row[0] for row in coins.cast.rows(
        "SELECT id FROM task WHERE project_id = :id", id=coins.project))  # fmt: skip
    client = coins.bearer(token)
    assert client.get(f"/tasks/{other}/resolve").status_code == 404
    assert client.get(f"/data/upload/{coins.other}/{task}.png").status_code == 403
    assert client.get(f"/data/upload/{coins.project}/nothing.png").status_code == 404
    for path in (
        "/api/v1/me", f"/api/v1/projects/{coins.project}", f"/projects/{coins.project}",
        f"/api/v1/projects/{coins.project}/assist/sources", "/earnings", "/api/v1/people",
    ):  # fmt: skip
        assert client.get(path).status_code in (401, 403), path
    body = {"client_key": "6f1c1a52-0000-4000-8000-000000000001", "value": {"worth": "yes"}}
    assert client.post(f"/api/v1/tasks/{task}/submit", json=body).status_code in (401, 403)
    plain = coins.client()
    assert plain.get(f"/tasks/{task}/resolve?token={token}").status_code == 401
    command = EndAssistant(coins.cast.carmen, coins.project, one.id)
    end_assistant(coins.house.db, command, coins.cast.clock.now)
    assert client.get(f"/tasks/{task}/resolve").status_code == 401


def test_a_backend_is_added_tested_listed_and_removed_in_a_terminal(
    tmp_path: Path, server: SmallServer
) -> None:
    terminal = Terminal(tmp_path / "house")
    terminal.init()
    project = terminal.project("Pets")
    refused = terminal.run("assist", "add", server.url, "--project", "pets")
    assert refused.code == 1
    assert "--allow-private" in refused.out
    assert not server.asked
    more = ("-p", str(project), "--name", "cats", "--allow-private", "--json")
    added = terminal.run("assist", "add", server.url, *more)
    assert added.json["failed"] == "setup"  # there are no tasks yet to show it
    assert [hop["ok"] for hop in added.json["hops"]][:3] == [True] * 3
    listed = terminal.ok("assist", "list", "pets", "--json").json["sources"]
    assert [one["name"] for one in listed] == [server.place, "cats"]
    assert terminal.run("assist", "test", "pets", "cats").code == 1
    terminal.ok("assist", "remove", "pets", "cats")
    assert terminal.run("assist", "test", "pets", "cats").code == 2
    assert "cats" not in terminal.ok("assist", "list", "pets").out


def test_sources_are_managed_from_python(world: World, server: SmallServer) -> None:
    browser = world.bearer(world.token("Carmen", "manage"))

    def send(request: httpx.Request) -> httpx.Response:
        answer = browser.request(
            request.method, request.url.raw_path.decode(), content=request.content,
            headers={"content-type": "application/json"},
        )  # fmt: skip
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    with Client("http://house", "fh_x", transport=httpx.MockTransport(send)) as client:
        made = client.sources.add_backend(world.project, "http://models.example.org:9090")
        assert made["name"] == "models.example.org:9090"
        one = connected(world, server.url)
        assert client.sources.test(world.project, one.id)["model"] == "cats@v1"
        assert client.sources.change(world.project, one.id, interactive=True)["interactive"]
        client.sources.remove(world.project, made["id"])
        assert [each["name"] for each in client.sources.list(world.project)] == ["cats"]

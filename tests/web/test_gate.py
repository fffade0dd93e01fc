"""The gate over a server: a training machine with its own token, and the page of the list."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from fairhand.client.transport import Transport
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.leave_project import leave_project
from fairhand.use_cases.manage_tokens import CreateToken, create_token
from fairhand.web.app import create_app
from tests.stories.gate_world import GateWorld, make_gate_world
from tests.stories.terminal import Said, run
from tests.web.world import TestClient

SERVER = "http://testserver"
Gate = Callable[..., Said]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateWorld]:
    made = make_gate_world(tmp_path_factory.mktemp("gate"))
    yield made
    made.db.close()


@pytest.fixture
def world(base: GateWorld, tmp_path: Path) -> Iterator[GateWorld]:
    twin = base.again(tmp_path)
    yield twin
    twin.db.close()


@pytest.fixture
def client(world: GateWorld) -> Iterator[TestClient]:
    house = world.house()
    yield TestClient(create_app(house), raise_server_exceptions=False, follow_redirects=False)
    house.close()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    seen: list[list[str]] = []

    def become(_found: str, command: list[str], _environment: Mapping[str, str]) -> None:
        seen.append(command)
        raise SystemExit(7)

    monkeypatch.setattr(os, "execve", become)
    return seen


@pytest.fixture
def gate(world: GateWorld, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Ask the server from a machine that has a copy and a token to train, and no workspace."""
    monkeypatch.setenv("FAIRHAND_TOKEN", token(world))
    monkeypatch.setattr("fairhand.client.client.Transport", lambda *a, **k: _Behind(client, a[1]))
    copy = str(world.copied())

    def asked(*arguments: str) -> Said:
        return run("gate", "--server", SERVER, "--release", copy, *arguments)

    return asked


class _Behind(Transport):
    """A transport whose server is in this process."""

    def __init__(self, client: TestClient, token: str) -> None:
        self._retries, self._sleep = 0, lambda _seconds: None
        own = TestClient(client.app, base_url=SERVER, raise_server_exceptions=False)
        own.headers["authorization"] = f"Bearer {token}"
        self._http = own  # type: ignore[assignment]  # it speaks like httpx


def token(world: GateWorld, scope: str = "train", project: int = 0) -> str:
    carmen = Actor(world.cast.carmen, "Carmen", "en", {0: {"owner"}}, None)
    command = CreateToken("trainer", scope, project)
    return create_token(world.db, carmen, command, world.cast.clock.now)


def test_a_training_machine_is_let_in_by_its_server_and_the_run_counts_once(
    world: GateWorld,
    gate: Gate,
    started: list[list[str]],
) -> None:
    looked = gate("--json")
    assert (looked.code, looked.json["fit"]) == (0, True), looked.err
    for again in ("", " It had been written down before."):
        said = gate("--key", "ci-9", "--by", "Example Lab", "--", "true", "-x")
        assert said.code == 7, said.err
        assert f"Run 1 is written down.{again}" in said.err
    assert started == [["true", "-x"]] * 2
    assert world.written() == (1, 1, 0)


def test_what_the_server_refuses_is_told_with_names_and_nothing_starts(
    world: GateWorld,
    gate: Gate,
    started: list[list[str]],
) -> None:
    leave_project(world.db, world.cast.people["Esi"], world.project, world.cast.clock.now)
    said = gate("--", "true")
    assert said.code == 1
    assert "agrees no more" in said.out
    assert f"owner (Carmen): {SERVER}/projects/{world.project}/releases/1" in said.out
    assert (started, world.written()) == ([], (0, 0, 0))


def test_a_damaged_copy_is_refused_though_the_server_is_content(
    world: GateWorld,
    gate: Gate,
    started: list[list[str]],
) -> None:
    rows = world.folder / "copy" / "labels.jsonl"
    rows.write_bytes(rows.read_bytes().replace(b"cat", b"dog", 1))
    said = gate("--", "true")
    assert said.code == 1
    assert "content was changed" in said.out
    assert (started, world.written()) == ([], (0, 0, 0))


def test_a_token_of_another_kind_or_a_silent_server_lets_nothing_begin(
    world: GateWorld,
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
    started: list[list[str]],
) -> None:
    monkeypatch.setenv("FAIRHAND_TOKEN", token(world, "read"))
    said = gate("--", "true")
    assert said.code == 1, said.err
    assert "Nothing was started" in said.err
    monkeypatch.delenv("FAIRHAND_TOKEN")
    assert "Set FAIRHAND_TOKEN" in gate("--", "true").err
    monkeypatch.undo()
    monkeypatch.setenv("FAIRHAND_TOKEN", "fh_x")
    silent = run(
        "gate", "--server", "http://127.0.0.1:9", "--release", str(world.folder / "copy"),
        "--", "true",
    )  # fmt: skip
    assert silent.code == 3
    assert "Without a network, give --offline-list." in silent.err
    assert (started, world.written()) == ([], (0, 0, 0))


def test_a_token_to_train_opens_nothing_else(world: GateWorld, client: TestClient) -> None:
    client.headers["authorization"] = f"Bearer {token(world)}"
    number = world.made.release_id
    assert client.get(f"/api/v1/releases/{number}/fitness").json()["fit"] is True
    assert client.get(f"/api/v1/releases/{number}/standing").status_code == 200
    assert client.get(f"/api/v1/releases/{number}/gate").json() == {"runs": []}
    for path in ("/api/v1/people", f"/api/v1/projects/{world.project}/status", "/api/v1/me"):
        assert client.get(path).status_code == 403, path
    assert client.post(f"/api/v1/projects/{world.project}/releases", json={}).status_code == 403
    client.headers["authorization"] = f"Bearer {token(world, project=99)}"
    assert client.get(f"/api/v1/releases/{number}/fitness").status_code in (403, 404)


def test_what_makes_no_sense_is_refused_with_a_clear_answer(
    world: GateWorld, client: TestClient
) -> None:
    client.headers["authorization"] = f"Bearer {token(world, 'manage')}"
    place = f"/api/v1/releases/{world.made.release_id}"
    for query, status in (
        ("bounds=no", 400),
        ("bounds=[]", 400),
        ('bounds={"coverage":{"groups":7}}', 422),
        ('bounds={"qualty":{}}', 422),
    ):
        answer = client.get(f"{place}/fitness?{query}")
        assert answer.status_code == status, query
    body = {"key": "k", "manifest_sha256": world.made.manifest_sha256}
    changes: tuple[tuple[dict[str, object], int], ...] = (
        ({"manifest_sha256": "0" * 64}, 422),
        ({"key": ""}, 422),
        ({"purpose": "no-such"}, 409),
        ({"bounds": {"quality": {"pet": {"confidence": 1}}}}, 409),
    )
    for change, status in changes:
        answer = client.post(f"{place}/gate", json=body | change)
        assert answer.status_code == status, answer.text
    refused = client.post(f"{place}/gate", json=body | {"purpose": "no-such"}).json()
    assert (refused["code"], refused["issues"][0]["place"]) == ("not_fit", "purpose")
    assert world.written() == (0, 0, 0)
    assert client.post(f"{place}/gate", json=body).status_code == 201
    assert client.post(f"{place}/gate", json=body).status_code == 200
    assert client.post(f"{place}/gate", json=body | {"purpose": "evaluation"}).status_code == 409
    assert client.get("/api/v1/releases/999/fitness").status_code == 404
    assert client.get("/api/v1/releases/999/standing").status_code == 404


def test_the_page_shows_every_reason_and_who_can_mend_it(
    world: GateWorld, client: TestClient
) -> None:
    client.headers["authorization"] = f"Bearer {token(world, 'manage')}"
    place = f"/projects/{world.project}/releases/1/gate"
    page = client.get(place).text
    assert "Training may begin, once its copy of the files is checked." in page
    assert re.findall(r"<summary[^>]*>(\d) holds?<", page) == ["4", "3", "4", "2"]
    world.set_terms(people_wanted=50)
    page = client.get(place, params={"purpose": "voice_clone"}).text
    assert "Training may not begin: 3 things are missing." in page
    assert "of 50 take part" in page
    assert "(Carmen)" in page
    assert client.get(place.replace("/1/gate", "/9/gate")).status_code == 404

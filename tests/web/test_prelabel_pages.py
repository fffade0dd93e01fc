"""Runs and described sources over pages, the API, the SDK and the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fairhand.client import Client
from fairhand.jobs.kinds import kinds_of
from fairhand.jobs.steps import Services, take_step
from fairhand.model.job import Job
from fairhand.storage import job_store
from fairhand.use_cases.add_source import AddSource, add_source
from fairhand.use_cases.start_prelabel import StartPrelabel, start_prelabel
from tests import networks
from tests.stories.terminal import Terminal
from tests.web.world import World

WORDS = {
    "name": "tone", "url": "https://api.example.org/v1/", "model": "small", "secret": "MODELS",
    "prompt": "Judge. {{question}}", "currency": "usd", "price_in": "2.50", "price_out": "10",
    "limit": "5.00", "fields": "text",
}  # fmt: skip
LETTERS = networks.texts_of(["row 1", "row 2"])


def add_letters(world: World, name: str = "letters") -> int:
    config = {"input": "text", "labels": ["cat", "dog"]}
    command = AddSource(world.cast.carmen, world.project, "onnx", name, config, LETTERS)
    return add_source(world.house.db, world.house.blobs, command, world.house.clock()).id


def work_off(world: World) -> list[Job]:
    """Do what the background would do."""
    services = Services(world.house.db, world.house.blobs, world.house.clock)
    done = []
    with world.house.db.read() as connection:
        waiting = job_store.list_queued(connection)
    for job_id in waiting:
        number, cursor = 0, take_step(services, kinds_of(world.house), job_id, 0, None)
        while cursor is not None:
            number += 1
            cursor = take_step(services, kinds_of(world.house), job_id, number, cursor)
        with world.house.db.read() as connection:
            found = job_store.find_job(connection, job_id)
        assert found is not None
        done.append(found)
    return done


def test_an_owner_adds_a_network_and_lets_it_propose_for_all_tasks(world: World) -> None:
    client, at = world.client("Carmen"), f"/projects/{world.project}/assist"
    assert "no assistant yet" in client.get(f"{at}/runs").text
    page = client.get(f"{at}/sources/new/onnx").text
    assert "Which animal is it?" in page
    fields = {"name": "letters", "input": "text", "labels": "cat\ndog"}
    files = {"file": ("letters.onnx", LETTERS)}
    sent = client.post(
        f"{at}/sources/new/onnx/import", data=world.form(client, **fields), files=files
    )
    assert (sent.status_code, sent.headers["location"]) == (303, f"{at}/runs"), sent.text
    started = client.post(f"{at}/runs", data=world.form(client, assistant_id="1"))
    assert started.status_code == 303, started.text
    assert "will start in a moment" in client.get(f"{at}/runs").text
    (job,) = work_off(world)
    assert (job.state, job.result["state"], job.done, job.total) == ("done", "done", 5, 5), job
    page = client.get(f"{at}/runs").text
    assert "5 of 5 tasks, 100 %" in page
    assert "letters@1+" in page
    found = world.cast.rows(
        "SELECT t.data, p.value FROM prediction AS p JOIN task AS t ON t.id = p.task_id"
    )
    proposed = {json.loads(data)["text"]: json.loads(value)["pet"] for data, value in found}
    assert len(proposed) == 5
    assert all(pet == ("dog" if text == "row 2" else "cat") for text, pet in proposed.items())
    assert "dog" in proposed.values()


def test_a_network_that_cannot_be_used_is_refused_beside_its_field(world: World) -> None:
    client, at = world.client("Carmen"), f"/projects/{world.project}/assist/sources/new/onnx"
    fields = {"name": "x", "size": "8 x", "labels": "cat\ncow", "channels": "three"}
    files = {"file": ("light.onnx", networks.brightness())}
    sent = client.post(f"{at}/import", data=world.form(client, **fields), files=files)
    assert sent.status_code == 422
    assert "Write a whole number." in sent.text
    sent = client.post(
        f"{at}/import", data=world.form(client, **{**fields, "channels": "3"}), files=files
    )
    assert "must be height and width in pixels" in sent.text
    assert "&#39;cow&#39; is not a label" in sent.text
    evil = {"file": ("x.onnx", networks.with_external_data(LETTERS, "/etc/passwd"))}
    sent = client.post(f"{at}/import", data=world.form(client, name="x"), files=evil)
    assert "external data" in sent.text
    assert world.cast.rows("SELECT count(*) FROM assistant") == [(0,)]


def test_an_owner_describes_an_endpoint_and_its_key_stays_a_name(world: World) -> None:
    client, at = world.client("Carmen"), f"/projects/{world.project}/assist"
    sent = client.post(f"{at}/sources/new/openai", data=world.form(client, **WORDS))
    assert sent.status_code == 303, sent.text
    (config,) = world.cast.rows("SELECT config FROM assistant")[0]
    kept = json.loads(config)
    assert kept["secret"] == "MODELS"
    assert kept["fields"] == ["text"]
    wrong = {**WORDS, "name": "other", "secret": "sk-proj-abc", "url": "file:///etc", "limit": "x"}
    sent = client.post(f"{at}/sources/new/openai", data=world.form(client, **wrong))
    assert sent.status_code == 422
    for words in ("never the key itself", "begins with http", "is not an amount"):
        assert words in sent.text


def test_no_page_and_no_api_takes_code(world: World) -> None:
    client = world.client("Carmen")
    at = f"/api/v1/projects/{world.project}/assist"
    body = {"name": "x", "config": {"function": "os:getcwd"}}
    assert client.post(f"{at}/endpoints", json=body).status_code == 422
    sent = client.post(f"{at}/sources", json={"kind": "function", **body})
    assert sent.status_code in (403, 404, 405, 422)
    assert world.cast.rows("SELECT count(*) FROM assistant") == [(0,)]


def test_a_run_is_stopped_and_goes_on_over_the_api(world: World) -> None:
    one = add_letters(world)
    client, at = world.client("Carmen"), f"/api/v1/projects/{world.project}/assist/runs"
    command = StartPrelabel(world.cast.carmen, world.project, one, "letters@1")
    run = start_prelabel(world.house.db, command, world.house.clock())
    stopped = client.post(f"{at}/{run.id}/stop", json={})
    assert (stopped.status_code, stopped.json()["state"]) == (200, "stopped")
    again = client.post(f"{at}/{run.id}/stop", json={})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    page = client.get(f"/projects/{world.project}/assist/runs").text
    assert f"Go on with run {run.id}" in page
    assert client.post(at, json={"assistant_id": one}).status_code == 202
    twice = client.post(at, json={"assistant_id": one})
    assert (twice.status_code, twice.json()["code"]) == (409, "run_is_held")
    work_off(world)
    (found,) = [each for each in client.get(at).json()["runs"] if each["state"] == "done"]
    assert (found["done"], found["failed"], found["problems"]) == (5, 0, [])


def test_others_may_look_and_not_touch(world: World) -> None:
    one = add_letters(world)
    at = f"/projects/{world.project}/assist"
    bao = world.client("Bao")
    page = bao.get(f"{at}/runs")
    assert page.status_code == 200
    assert "Propose for all tasks" not in page.text
    sent = bao.post(f"{at}/runs", data=world.form(bao, assistant_id=str(one)))
    assert sent.status_code == 403
    assert bao.get(f"{at}/sources/new/onnx").status_code == 403
    assert world.client("Dmitri").get(f"{at}/runs").status_code == 403


def test_a_run_that_cannot_begin_says_why_on_the_page(world: World) -> None:
    client, at = world.client("Carmen"), f"/projects/{world.project}/assist"
    client.post(f"{at}/sources/new/openai", data=world.form(client, **WORDS))
    client.post(f"{at}/runs", data=world.form(client, assistant_id="1"))
    (job,) = work_off(world)
    assert job.state == "failed"
    page = client.get(f"{at}/runs").text
    assert "FAIRHAND_SECRET_MODELS is not meant for api.example.org:443" in page


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "team")
    made.init()
    made.project()
    made.ok("import", "moods", made.file("rows.csv", "text\nwhat a day\noh dear\nhm\n"))
    return made


MODULE = """
import fairhand

@fairhand.assistant("{name}", version="3", question="mood")
def propose(item):
    return ("glad" if "day" in item.data["text"] else "sad", 0.75)
"""


def test_a_function_pre_labels_from_the_terminal(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_models.py").write_text(MODULE.format(name="words"))
    monkeypatch.syspath_prepend(str(tmp_path))
    said: Any = terminal.ok("assist", "run", "moods", "--with", "own_models:propose", "--json")
    assert (said.json["state"], said.json["done"], said.json["model"]) == ("done", 3, "words@3")
    again = terminal.ok("assist", "run", "moods", "--assistant", "words")
    assert "proposed for 0 of 0 tasks" in again.out
    listed: Any = terminal.ok("assist", "runs", "moods", "--json")
    assert [run["done"] for run in listed.json["runs"]] == [0, 3]
    refused = terminal.run("assist", "run", "moods", "--with", "own_models:absent")
    assert refused.code != 0
    assert "own_models has no absent" in refused.err


def test_networks_and_endpoints_are_added_from_the_terminal(
    terminal: Terminal, tmp_path: Path
) -> None:
    path, prompt = tmp_path / "moods.onnx", tmp_path / "prompt.md"
    path.write_bytes(networks.texts_of(["what a day", "oh dear"]))
    prompt.write_text("How does it sound?")
    added = terminal.ok(
        "assist", "add-onnx", "moods", str(path), "--labels", "glad,sad",
        "--config", '{"input": "text"}', "--name", "days",
    )  # fmt: skip
    assert "fairhand assist run moods --assistant days" in added.out
    terminal.ok(
        "assist", "add-openai", "moods", "https://api.example.org/v1", "--model", "m",
        "--prompt", str(prompt), "--name", "judge",
    )  # fmt: skip
    said: Any = terminal.ok("assist", "run", "moods", "--assistant", "days", "--json")
    assert (said.json["state"], said.json["done"]) == ("done", 3)
    unsure = terminal.run("assist", "run", "moods")
    assert "Say which with --assistant. There are: days, judge." in unsure.err


def test_the_sdk_adds_starts_and_looks(world: World, tmp_path: Path) -> None:
    path = tmp_path / "letters.onnx"
    path.write_bytes(LETTERS)
    http = world.client("Carmen")
    client = Client("http://testserver", "fh_none")
    client.close()
    client._http._http = http  # type: ignore[assignment]  # speaks the same words
    one = client.prelabel.add_network(
        world.project, path, name="sdk", input="text", labels=["cat", "dog"]
    )
    client.prelabel.start(world.project, one)
    work_off(world)
    (run,) = client.prelabel.runs(world.project)
    assert client.prelabel.run(world.project, run["id"])["state"] == "done"
    endpoint = client.prelabel.add_endpoint(
        world.project, url="https://api.example.org/v1", model="m", prompt="p"
    )
    assert endpoint != one

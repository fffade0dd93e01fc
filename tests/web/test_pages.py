"""The pages of owners, managers and contributors: they show, they keep what was typed, they do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from PIL import Image

from fairhand.core.clock import HOUR_MS
from fairhand.jobs.kinds import kinds_of
from fairhand.jobs.steps import Services, take_step
from fairhand.model.job import Job
from fairhand.proof.release.verify import verify_release
from fairhand.storage import job_store
from fairhand.use_cases.aggregate_labels import aggregate_labels
from tests.readied import make_ready
from tests.web.world import TestClient, World

PAGE = {"accept": "text/html"}
NEW = {
    "title": "Scanned digits",
    "purpose": "To read forms.",
    "guidelines": "Look closely.",
    "kind": "choice",
    "question": "Which digit is it?",
    "labels": "0\n1\n\n2\n",
    "currency": "gbp",
    "rate": "15.00",
    "min_overlap": "1",
    "max_overlap": "2",
    "target_confidence": "0.9",
    "mode": "demo",
}


def run_jobs(world: World) -> list[Job]:
    """Do what was asked for, as the job runtime does."""
    house = world.house
    services = Services(house.db, house.blobs, house.clock)
    with house.db.read() as connection:
        queued = job_store.list_queued(connection)
    for job_id in queued:
        number, cursor = 0, take_step(services, kinds_of(house), job_id, 0, None)
        while cursor is not None:
            number += 1
            cursor = take_step(services, kinds_of(house), job_id, number, cursor)
    with house.db.read() as connection:
        found = [job_store.find_job(connection, job_id) for job_id in queued]
    return [job for job in found if job is not None]


def answer_tasks(world: World, client: TestClient, number: int) -> None:
    """Answer some tasks, a few seconds each."""
    for _ in range(number):
        task = world.next_task(client)["task_id"]
        world.cast.clock.advance(6_000)
        body = {"client_key": world.cast.key(), "value": {"pet": "cat"}}
        assert client.post(f"/api/v1/tasks/{task}/submit", json=body).status_code == 201


def test_an_owner_makes_a_project_by_form(world: World) -> None:
    client = world.client("Carmen")
    made = client.post("/projects/new", data=world.form(client, **NEW))
    assert made.status_code == 303
    page = client.get(made.headers["location"]).text
    assert "Scanned digits" in page
    assert "DEMO" in page
    assert "There are no tasks yet" in page
    project = client.get(made.headers["location"].replace("/projects", "/api/v1/projects")).json()
    (asked,) = project["questions"]
    assert [label["value"] for label in asked["config"]["labels"]] == ["0", "1", "2"]
    assert (project["rate"], project["currency"], project["mode"]) == ("15.00", "GBP", "demo")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("purpose", " "),
        ("question", ""),
        ("labels", "cat\ncat"),
        ("labels", ""),
        ("kind", "dances"),
        ("currency", "pounds"),
        ("rate", "fifteen"),
        ("rate", "0"),
        ("min_overlap", "9"),
        ("max_overlap", "many"),
        ("target_confidence", "1.5"),
        ("target_confidence", "nan"),
        ("target_confidence", "inf"),
        ("worth", "much"),
        ("worth", "0"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    world: World, field: str, value: str
) -> None:
    client = world.client("Carmen")
    answer = client.post("/projects/new", data=world.form(client, **{**NEW, field: value}))
    assert answer.status_code == 422, answer.text[:500]
    beside = "kind" if field == "kind" else field
    assert f'id="{beside}-wrong"' in answer.text
    assert NEW["guidelines"] in answer.text
    assert 'value="Scanned digits"' in answer.text or field == "title"
    assert world.cast.rows("SELECT count(*) FROM project") == [(2,)]


def test_everything_that_is_wrong_is_said_at_once(world: World) -> None:
    client = world.client("Carmen")
    page = client.post("/projects/new", data=world.form(client, kind="choice")).text
    for field in ("title", "purpose", "question", "labels", "currency", "min_overlap"):
        assert f'id="{field}-wrong"' in page, field


def test_a_file_becomes_tasks_and_its_bad_rows_are_named(world: World) -> None:
    client = world.client("Carmen")
    rows = b'{"text": "one"}\n{broken\n[1, 2]\n{"text": ""}\n{"text": "five"}\n'
    sent = client.post(
        f"/projects/{world.project}/import",
        data=world.form(client, text_column="text"),
        files={"file": ("../../rows.jsonl", rows)},
    )
    assert sent.status_code == 303
    (job,) = run_jobs(world)
    assert (job.state, job.command["name"]) == ("done", "rows.jsonl")
    assert (job.result["added"], job.result["rejected"]) == (2, 3)
    page = client.get(f"/projects/{world.project}").text
    assert "2 tasks added" in page
    assert "3 rows with a problem" in page
    shown = client.get(f"/api/v1/jobs/{job.id}").json()
    assert [issue["place"] for issue in shown["issues"]]
    assert "directory" not in str(shown)


def test_several_images_and_a_zip_of_them_are_the_same_tasks(world: World) -> None:
    client = world.client("Carmen")
    pictures = {f"{shade}.png": _picture(shade) for shade in (10, 90, 200)}
    files = [("file", (name, content)) for name, content in pictures.items()]
    files.append(("file", ("notes.txt", b"not a picture")))
    form = world.form(client)
    refused = client.post(f"/projects/{world.project}/import", data=form, files=files)
    assert refused.status_code == 422
    path = f"/api/v1/projects/{world.project}/import"
    assert client.post(path, files=files[:3]).status_code == 202
    (first,) = run_jobs(world)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("../outside.png", pictures["10.png"])
        packed.writestr("broken.png", pictures["90.png"][:40])
        packed.writestr("notes.txt", "not a picture")
    again = {"file": ("pictures.zip", archive.getvalue())}
    assert client.post(path, files=again).status_code == 202
    (second,) = run_jobs(world)
    assert (first.result["added"], first.result["rejected"]) == (3, 0)
    assert (second.result["added"], second.result["already_there"]) == (0, 1)
    assert {issue.place for issue in second.issues} == {"broken.png", "notes.txt"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", b""),
        ("rows.parquet", b"PAR1 and then nothing"),
        ("rows.bin", b"\x00\x01\x02"),
        ("pictures.zip", b"PK\x03\x04 and then nothing"),
        ("rows.json", b'[{"text": "cut'),
    ],
)
def test_a_file_that_is_none_ends_its_job_with_a_reason(
    world: World, name: str, content: bytes
) -> None:
    client = world.client("Carmen")
    sent = client.post(f"/api/v1/projects/{world.project}/import", files={"file": (name, content)})
    if sent.status_code == 202:
        (job,) = run_jobs(world)
        assert job.state == "failed" or job.issues
        assert job.error is None or "our side" not in job.error
    else:
        assert sent.status_code in (400, 422)
    assert world.cast.rows("SELECT count(*) FROM task WHERE project_id = 1") == [(5,)]


def test_money_is_set_aside_once_per_form(world: World) -> None:
    client = world.client("a manager")
    form = world.form(client, amount="12.50", client_key="a-form-that-was-shown")
    for _ in range(2):
        assert client.post(f"/projects/{world.project}/fund", data=form).status_code == 303
    assert "GBP 1012.50" in client.get(f"/projects/{world.project}").text
    wrong = world.form(client, amount="a lot", client_key="a-form-that-was-shown")
    answer = client.post(f"/projects/{world.project}/fund", data=wrong)
    assert answer.status_code == 422
    assert 'value="a lot"' in answer.text


def test_opening_says_what_the_gate_misses(world: World) -> None:
    client = world.client("Carmen")
    empty = client.post("/projects/new", data=world.form(client, **{**NEW, "guidelines": ""}))
    place = empty.headers["location"]
    answer = client.post(f"{place}/mode", data=world.form(client, mode="open"))
    assert answer.status_code == 409
    assert "Import tasks first." in answer.text
    assert "Set money aside first" in answer.text
    unready = client.post(f"/projects/{world.project}/mode", data=world.form(client, mode="open"))
    assert "No pilot has been run" in unready.text
    make_ready(world.house.db, world.project, world.cast.carmen, world.cast.clock.now)
    opened = client.post(f"/projects/{world.project}/mode", data=world.form(client, mode="open"))
    assert opened.status_code == 303
    assert "DRAFT" not in client.get(f"/projects/{world.project}").text


def test_guidelines_are_versions_and_markdown_is_harmless(world: World) -> None:
    client = world.client("Carmen")
    text = "**Bold** <script>alert(1)</script> [x](javascript:alert(1))"
    form = world.form(client, guidelines=text)
    assert client.post(f"/projects/{world.project}/guidelines", data=form).status_code == 303
    page = client.get(f"/projects/{world.project}").text
    assert "version 2" in page
    assert "<strong>Bold</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_an_invitation_is_shown_once_and_signs_in(world: World) -> None:
    client = world.client("Carmen")
    form = world.form(client, display_name="Zoë", country="gb", role="contributor")
    page = client.post(f"/projects/{world.project}/invite", data=form)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    link = page.text.split("/sign-in/")[1].split('"')[0]
    signed_in = world.client().post("/sign-in", data={"link_token": link})
    assert signed_in.status_code == 303
    assert link not in client.get("/people").text


def test_a_contributor_sees_what_was_earned_and_each_statement(world: World) -> None:
    client = world.client("Amina")
    assert "Nothing earned yet" in client.get("/earnings").text
    answer_tasks(world, client, 4)
    page = client.get("/earnings").text
    assert "top-up to the floor" in page
    assert "answering" in page
    world.cast.clock.advance(HOUR_MS)
    manager = world.client("a manager")
    assert "Amina" in manager.get("/pay").text
    ends_at = "2026-11-21T10:00:00.000Z"
    closed = manager.post("/pay/close", data=world.form(manager, ends_at=ends_at))
    assert closed.status_code == 303
    waiting = manager.get(closed.headers["location"]).text
    assert "Waits to begin" in waiting
    assert {job.state for job in run_jobs(world)} == {"done"}
    assert "Period 1 is closed" in manager.get(f"{closed.headers['location']}/panel").text
    done = manager.get(closed.headers["location"])
    assert (done.status_code, done.headers["location"]) == (303, "/pay/periods/1")
    period = manager.get("/pay/periods/1").text
    assert "Amina" in period
    assert "Nobody was paid less than their floor" in period
    statement = client.get("/earnings/statements/1").text
    assert "SI 2026/357" in statement
    downloaded = client.get("/earnings/statements/1/download")
    assert orjson.loads(downloaded.content)["totals"]["to_pay"] in statement
    again = manager.post("/pay/close", data=world.form(manager, ends_at=ends_at))
    assert again.headers["location"] == closed.headers["location"]


@pytest.mark.parametrize("until", ["2030-01-01T00:00", "never", "9999-12-31T23:59", "\x00"])
def test_a_close_at_an_odd_time_is_refused_and_says_so(world: World, until: str) -> None:
    client = world.client("a manager")
    assert client.get("/pay", params={"until": until}).status_code in (200, 422)
    answer = client.post("/pay/close", data=world.form(client, ends_at=until))
    assert answer.status_code in (400, 422)
    assert world.cast.rows("SELECT count(*) FROM pay_period") == [(0,)]


def test_a_release_is_asked_for_read_fetched_and_verified(world: World, tmp_path: Path) -> None:
    client = world.client("Carmen")
    path = f"/projects/{world.project}/releases"
    nothing = client.post(path, data=world.form(client))
    assert nothing.status_code == 409
    answer_tasks(world, world.client("Amina"), 5)
    aggregate_labels(world.house.db, world.project, world.cast.clock.now)
    assert client.post(path, data=world.form(client, licence="CC-BY-4.0")).status_code == 303
    assert client.post(path, data=world.form(client)).status_code == 409, "one is being made"
    (job,) = run_jobs(world)
    assert job.state == "done", job.error
    page = client.get(f"{path}/1").text
    assert "CC-BY-4.0" in page
    assert "the floor is not known yet" in page
    release = client.get(f"/api/v1/projects/{world.project}/releases").json()["releases"][0]
    shown = client.get(f"/api/v1/releases/{release['id']}").json()
    assert shown["card"].startswith("---")
    _unpack(client.get(f"/releases/{release['id']}/archive").content, tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    assert verify_release(folder).ok
    for name in shown["files"]:
        got = client.get(f"/api/v1/releases/{release['id']}/files/{name}")
        assert got.content == (folder / name).read_bytes(), name
        assert got.headers["content-disposition"].startswith("attachment")
    for name in ("../../keys/log.key", "%2e%2e/%2e%2e/fairhand.db", "/etc/passwd", "none.txt"):
        assert client.get(f"/releases/{release['id']}/files/{name}").status_code == 404
    assert (
        world.client("an owner elsewhere").get(f"/releases/{release['id']}/archive").status_code
        == 404
    )


def test_an_account_is_changed_and_wrong_words_stay_to_be_mended(world: World) -> None:
    client = world.client("Amina")
    good = {"display_name": "Amina O.", "email": "amina@example.org", "country": "ke"}
    assert client.post("/account", data=world.form(client, **good)).status_code == 303
    assert client.get("/api/v1/me").json()["display_name"] == "Amina O."
    bad = {**good, "country": "QQ", "hours_from": "08:00"}
    answer = client.post("/account", data=world.form(client, **bad))
    assert answer.status_code == 422
    assert 'id="country-wrong"' in answer.text
    assert 'id="hours_from-wrong"' in answer.text
    password = world.form(client, new_password="a sentence is fine")
    assert client.post("/account/password", data=password).status_code == 303
    other = world.form(client, current_password="wrong", new_password="another sentence too")
    assert client.post("/account/password", data=other).status_code == 422
    login = {"email": "AMINA@example.org", "password": "a sentence is fine"}
    assert world.client().post("/sign-in", data=login).status_code == 303


def test_a_token_is_shown_once_and_ends_when_told(world: World) -> None:
    client = world.client("Amina")
    made = client.post("/account/tokens", data=world.form(client, label="notebook"))
    secret = made.text.split('value="fh_')[1].split('"')[0]
    assert secret not in client.get("/account").text
    bearer = world.bearer(f"fh_{secret}")
    assert bearer.get("/api/v1/me").status_code == 200
    assert client.post("/account/tokens/1/revoke", data=world.form(client)).status_code == 303
    assert bearer.get("/api/v1/me").status_code == 401


def test_the_panel_is_a_fragment_and_the_page_works_without_it(world: World) -> None:
    client = world.client("Carmen")
    panel = client.get(f"/projects/{world.project}/panel").text
    assert "<html" not in panel
    assert "How far" in panel
    assert "How far" in client.get(f"/projects/{world.project}").text


def test_the_apis_page_names_every_route_of_the_document(world: World) -> None:
    page = world.client().get("/api/docs").text
    document: dict[str, Any] = world.client().get("/api/openapi.json").json()
    for path in document["paths"]:
        assert path in page


@pytest.mark.parametrize("path", ["/nothing", "/projects/999", "/earnings/statements/999"])
def test_a_page_that_is_not_there_says_so_as_a_page(world: World, path: str) -> None:
    answer = world.client("Carmen").get(path, headers=PAGE)
    assert answer.status_code == 404
    assert "<h1>Not Found</h1>" in answer.text


def _picture(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (16, 16), shade).save(out, "PNG")
    return out.getvalue()


def _unpack(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)

"""Imports from elsewhere by page, API, notebook and terminal; and addresses, through the guard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from fairhand.client import Client
from fairhand.client.project import Project
from fairhand.core.source_settings import SourceSettings
from fairhand.jobs.kinds import kinds_of
from fairhand.jobs.steps import Services, take_step
from fairhand.storage.database import Database
from tests.small_servers import Answer, Asked, serving
from tests.stories.terminal import Terminal
from tests.web.live import serving as served
from tests.web.world import World, make_world


def picture(colour: str) -> bytes:
    made = BytesIO()
    Image.new("RGB", (9, 9), colour).save(made, "PNG")
    return made.getvalue()


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    made = make_world(sqlite_db, tmp_path, tasks=0)
    shelf = tmp_path / "shelf"
    (shelf / "2026").mkdir(parents=True)
    (shelf / "2026" / "cat.png").write_bytes(picture("red"))
    (shelf / "2026" / "notes.txt").write_text("Owls hear well.")
    (shelf / "2026" / "empty.txt").write_text("")
    (shelf / "rows.csv").write_text("text\nfirst\nsecond\n")
    source = SourceSettings(
        url=f"file://{shelf}", owners=("carmen@example.org",), projects=("pets-1",)
    )
    return with_sources(made, shelf=source)


def with_sources(world: World, **sources: SourceSettings) -> World:
    before = world.house.settings
    apart = before.workspace if before.sources else before.workspace / "house"
    settings = before.model_copy(update={"sources": sources, "workspace": apart})
    return World(
        world.cast,
        replace(world.house, settings=settings),
        world.project,
        world.other,
        world.people,
    )


def work(world: World) -> None:
    """Do every job that was asked for."""
    services = Services(world.house.db, world.house.blobs, world.house.clock)
    for (job_id,) in world.cast.rows("SELECT id FROM job WHERE state = 'queued'"):
        number, cursor = 0, None
        while True:
            cursor = take_step(services, kinds_of(world.house), job_id, number, cursor)
            if cursor is None:
                break
            number += 1


def count(world: World) -> int:
    return int(world.cast.rows("SELECT count(*) FROM task")[0][0])


def test_an_owner_looks_first_then_imports_and_brings_what_is_new(
    world: World, tmp_path: Path
) -> None:
    carmen, before = world.client("Carmen"), count(world)
    place = f"/projects/{world.project}/import"
    assert "shelf (folder of the server)" in carmen.get(place).text
    form = world.form(carmen, source="shelf", prefix="2026", do="preview")
    looked = carmen.post(f"{place}/from", data=form)
    assert looked.status_code == 200
    assert "2 files would come" in looked.text
    assert "Left out: empty" in looked.text
    assert "data:image/webp;base64," in looked.text
    assert "Owls hear well." in looked.text
    assert world.cast.rows("SELECT count(*) FROM job") == [(0,)], "looking keeps nothing"
    asked = carmen.post(f"{place}/from", data={**form, "do": "import"})
    assert (asked.status_code, asked.headers["location"]) == (303, place)
    work(world)
    assert count(world) == before + 2
    (tmp_path / "shelf" / "2026" / "dog.png").write_bytes(picture("blue"))
    (job_id,) = world.cast.rows("SELECT id FROM job")[0]
    carmen.post(f"{place}/again", data=world.form(carmen, job=job_id))
    work(world)
    assert count(world) == before + 3
    assert "1 task added, 2 already there" in carmen.get(place).text


def test_a_source_is_not_offered_to_other_projects_or_owners(world: World) -> None:
    carmen, other = world.client("Carmen"), world.client("an owner here")
    for who, project in ((carmen, world.other), (other, world.project)):
        assert "shelf" not in who.get(f"/projects/{project}/import").text
        assert who.get(f"/api/v1/projects/{project}/import/sources").json() == {"sources": []}
        for door in ("preview", "from"):
            body = {"source": "shelf", "prefix": "2026"}
            answer = who.post(f"/api/v1/projects/{project}/import/{door}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "no_source")
    amina = world.client("Amina")
    assert amina.get(f"/projects/{world.project}/import").status_code == 403
    assert amina.get("/admin/sources").status_code == 403


def test_the_administrator_sees_sources_and_what_fails_but_no_secret(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_OF_SCANS", "the secret itself")
    scans = SourceSettings(
        url="s3://scans",
        endpoint="http://127.0.0.1:9",
        credentials={"access_key_id": "env:KEY_OF_SCANS", "secret_access_key": "env:NOT_THERE"},
        projects=("*",),
    )
    world = with_sources(world, scans=scans, **world.house.settings.sources)
    carmen = world.client("Carmen")
    page = carmen.get("/admin/sources")
    assert "s3://scans" in page.text
    for path in ("shelf", "scans"):
        checked = carmen.post(f"/admin/sources/{path}/check", data=world.form(carmen))
        page_text = checked.text
        assert checked.status_code == 200
        assert "the secret itself" not in page_text
        assert ("works" in page_text) == (path == "shelf")
    assert "NOT_THERE" in page_text
    monkeypatch.setenv("NOT_THERE", "y")
    hops = carmen.post("/api/v1/sources/scans/check", json={}).json()["hops"]
    assert [(one["hop"], one["ok"]) for one in hops] == [
        ("settings", True),
        ("dns", True),
        ("connection", False),
    ]
    assert carmen.post("/api/v1/sources/none/check", json={}).status_code == 404
    assert "the secret itself" not in json.dumps(carmen.get("/api/v1/sources").json())


@pytest.fixture
def web() -> Iterator[tuple[str, list[Asked]]]:
    """A web server within the house: pictures, a redirect into the house, and one that is busy."""
    seen: list[Asked] = []

    def answer(asked: Asked) -> Answer:
        seen.append(asked)
        path = asked.path.partition("?")[0]
        if path == "/cats/busy.png" and sum(one.path == asked.path for one in seen) == 1:
            return Answer(None, 503)
        if path == "/cats/away.png":
            return Answer(None, 302, headers={"Location": "http://169.254.169.254/latest"})
        if path == "/cats/gone.png":
            return Answer(None, 404)
        colours = {"/cats/red.png": "red", "/cats/busy.png": "blue", "/other/green.png": "green"}
        content = picture(colours[path]) if path in colours else b"<html>no picture</html>"
        return Answer(content, 200)

    with serving(answer) as server:
        yield server.url, seen


def test_addresses_come_through_the_guard_and_what_failed_is_tried_again(
    world: World, web: tuple[str, list[Asked]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATS_TOKEN", "t0p")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    base, seen = web
    cats = SourceSettings(
        url=f"{base}/cats/", credentials={"token": "env:CATS_TOKEN"}, projects=("*",)
    )
    world = with_sources(world, cats=cats)
    carmen, before = world.client("Carmen"), count(world)
    names = ["red.png?sig=secret", "busy.png", "away.png", "gone.png", "page.html"]
    urls = [*names, f"{base}/other/green.png"]
    body = {"source": "cats", "urls": urls}
    place = f"/api/v1/projects/{world.project}/import/from"
    job = carmen.post(place, json=body).json()
    work(world)
    done = carmen.get(job["href"]).json()
    assert done["state"] == "done", done
    assert (done["result"]["added"], count(world)) == (2, before + 2)
    failed = {one["key"]: one["reason"] for one in done["result"]["failed"]}
    assert set(failed) == {"away.png", "gone.png", f"{base}/other/green.png"}
    assert "metadata service" in failed["away.png"]
    assert "404" in failed["gone.png"]
    assert {one.headers.get("Authorization") for one in seen} == {"Bearer t0p"}
    assert "sig=secret" not in json.dumps(done)
    assert "sig=secret" not in str(world.cast.rows("SELECT data, place FROM task"))
    asked = len(seen)
    carmen.post(place, json=body)
    work(world)
    assert {one.path for one in seen[asked:]} == {"/cats/away.png", "/cats/gone.png"}
    assert count(world) == before + 2


def test_addresses_within_the_house_are_refused_unless_they_are_a_source(
    world: World, web: tuple[str, list[Asked]]
) -> None:
    base, seen = web
    carmen, before = world.client("Carmen"), count(world)
    urls = [
        base.replace("http://", "https://") + "/cats/red.png",
        f"{base}/cats/red.png",
        "file:///",
    ]
    carmen.post(
        f"/projects/{world.project}/import/addresses",
        data=world.form(carmen, urls="\n".join(urls)),
    )
    work(world)
    text = carmen.get(f"/projects/{world.project}/import").text
    assert "this machine itself" in text
    assert "An address begins with https://" in text
    assert not seen
    assert count(world) == before
    assert "Try what failed again" in text


def test_a_column_of_addresses_keeps_what_the_row_says(
    world: World, web: tuple[str, list[Asked]]
) -> None:
    base, _ = web
    world = with_sources(world, cats=SourceSettings(url=f"{base}/cats/", projects=("*",)))
    carmen = world.client("Carmen")
    rows = b"picture,caption\nred.png,a red cat\nred.png,the same again\n,no address\n"
    carmen.post(
        f"/projects/{world.project}/import/addresses",
        data=world.form(carmen, url_column="picture", web_source="cats"),
        files={"list": ("cats.csv", rows)},
    )
    work(world)
    found = world.cast.rows("SELECT data FROM task WHERE media_sha256 IS NOT NULL ORDER BY id")
    assert [json.loads(one[0])["caption"] for one in found] == ["a red cat", "the same again"]
    (issues,) = world.cast.rows("SELECT issues FROM job")[0]
    assert "no address" in issues


def test_a_notebook_imports_and_previews(world: World) -> None:
    token = world.token("Carmen", "manage")
    with (
        served(world.house) as address,
        Client(address, token) as client,
    ):
        project = Project(client, client.project(world.project))
        assert project.preview_from("shelf", pattern="*.csv")["new"] == 1
        added = project.import_from("shelf", pattern="*.csv", text_column="text")
        assert (added.added, added.rejected) == (2, 0)
        assert [one["name"] for one in client.importing.sources(world.project)] == ["shelf"]


def test_a_terminal_lists_checks_previews_and_imports(tmp_path: Path) -> None:
    terminal, shelf = Terminal(tmp_path / "house"), tmp_path / "shelf"
    shelf.mkdir()
    (shelf / "a.txt").write_text("A glad word.")
    terminal.init()
    project = terminal.project()
    toml = f"[sources.shelf]\nurl = 'file://{shelf}'\nprojects = ['*']\n"
    (terminal.workspace / "fairhand.toml").write_text(toml)
    assert terminal.ok("sources", "list", "--json").json["sources"][0]["name"] == "shelf"
    assert terminal.ok("sources", "check", "shelf", "--json").json["ok"]
    assert terminal.run("sources", "check", "shelf", "--prefix", "nothing").code == 1
    given = ("import", str(project), "--source", "shelf", "--pattern", "*.txt", "--json")
    assert terminal.ok(*given, "--preview").json["new"] == 1
    assert terminal.ok(*given).json["added"] == 1
    assert terminal.ok(*given).json["already_there"] == 1
    assert terminal.run("import", str(project)).code == 2
    (terminal.workspace / "fairhand.toml").write_text(
        "[sources.shelf]\nurl = 's3://b'\nprojects = ['*']\n"
        "credentials = { access_key_id = 'AKIA-in-clear', secret_access_key = 'env:X' }\n"
    )
    said = terminal.run("sources", "list")
    assert said.code == 2
    assert "env:NAME or file:PATH" in said.err
    assert "AKIA-in-clear" not in said.err + said.out


def test_looking_asks_a_busy_server_once(world: World) -> None:
    with serving(lambda _asked: Answer(None, 503)) as server:
        world = with_sources(world, cats=SourceSettings(url=f"{server.url}/", projects=("*",)))
        body = {"source": "cats", "urls": ["a.png"]}
        place = f"/api/v1/projects/{world.project}/import/preview"
        looked = world.client("Carmen").post(place, json=body).json()
        assert "503" in looked["issues"][0]["message"]
        assert len(server.asked) == 1

"""A project made and filled in one go: from a source or from addresses, by form and by terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.core.source_settings import SourceSettings
from fairhand.storage.database import Database
from tests.stories.terminal import CHOICE, POLICY, Terminal
from tests.web.test_import_page import picture, with_sources, work
from tests.web.world import World, make_world

NEW = {
    "title": "Scanned cats",
    "purpose": "To tell cats from dogs.",
    "guidelines": "Look closely.",
    "kind": "choice",
    "question": "Which pet is it?",
    "labels": "cat\ndog",
    "currency": "GBP",
    "rate": "15.00",
    "min_overlap": "2",
    "max_overlap": "3",
    "target_confidence": "0.9",
    "mode": "draft",
}


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    made = tmp_path / "shelf"
    (made / "2026").mkdir(parents=True)
    (made / "2026" / "cat.png").write_bytes(picture("red"))
    (made / "2026" / "dog.png").write_bytes(picture("blue"))
    (made / "notes.txt").write_text("Owls hear well.")
    return made


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path, shelf: Path) -> World:
    made = make_world(sqlite_db, tmp_path, tasks=0)
    hers = SourceSettings(url=f"file://{shelf}", owners=("carmen@example.org",))
    kept = SourceSettings(url=f"file://{shelf}", projects=("pets-1",))
    return with_sources(made, shelf=hers, kept=kept)


def projects(world: World) -> int:
    return int(world.cast.rows("SELECT count(*) FROM project")[0][0])


@pytest.mark.parametrize("template", ["", "/several-questions"])
def test_a_new_project_takes_its_first_data_from_a_source(world: World, template: str) -> None:
    carmen = world.client("Carmen")
    page = carmen.get(f"/projects/new{template}").text
    assert "shelf (folder of the server)" in page
    assert "kept (" not in page, "it is for one project, and that is another"
    questions = '[{"name": "pet", "kind": "text", "title": "Which pet is it?", "config": {}}]'
    asked = {"questions": questions} if template else {}
    form = world.form(carmen, **NEW, **asked, source="shelf", prefix="2026", pattern="*.png")
    made = carmen.post(f"/projects/new{template}", data=form)
    assert made.status_code == 303, made.text[-2000:]
    assert made.headers["location"].endswith("/import"), "where its progress is seen"
    work(world)
    assert "2 tasks added" in carmen.get(made.headers["location"]).text


@pytest.mark.parametrize(
    ("given", "said", "status"),
    [
        ({"source": "shelf", "prefix": "../etc"}, 'id="prefix-wrong"', 422),
        ({"prefix": "2026"}, 'id="source-wrong"', 422),
        ({"source": "shelf", "urls": "https://example.org/a.png"}, 'id="urls-wrong"', 422),
        ({"source": "kept"}, "no source", 403),
        ({"source": "elsewhere"}, "no source", 403),
        ({"source": "shelf", "prefix": "a\x00"}, "is none", 400),
    ],
)
def test_what_cannot_be_brought_makes_no_project(
    world: World, given: dict[str, str], said: str, status: int
) -> None:
    carmen, before = world.client("Carmen"), projects(world)
    answer = carmen.post("/projects/new", data=world.form(carmen, **NEW, **given))
    assert answer.status_code == status
    assert said in answer.text
    assert projects(world) == before
    assert world.cast.rows("SELECT count(*) FROM job") == [(0,)]


def test_another_owner_is_not_offered_the_source(world: World) -> None:
    other = world.client("an owner here")
    page = other.get("/projects/new").text
    assert "shelf" not in page
    assert "From web addresses" in page
    answer = other.post("/projects/new", data=world.form(other, **NEW, source="shelf"))
    assert answer.status_code == 403


@pytest.fixture
def terminal(tmp_path: Path, shelf: Path) -> Terminal:
    made = Terminal(tmp_path / "house")
    made.init()
    (made.workspace / "fairhand.toml").write_text(
        f"[sources.shelf]\nurl = 'file://{shelf}'\nprojects = ['*']\n"
        f"[sources.gone]\nurl = 'file://{shelf}-gone'\nprojects = ['*']\n"
    )
    return made


CREATE = ("project", "create", "Cats", *CHOICE, *POLICY)


def test_one_command_makes_a_project_and_brings_its_files(terminal: Terminal) -> None:
    where = ("--from-source", "shelf/2026", "--pattern", "*.png")
    said = terminal.ok(*CREATE, *where, "--json").json
    assert said["slug"] == "cats"
    assert said["import"]["added"] == 2
    assert said["import"]["files"] == {"taken": 2, "refused": 0, "failed": 0}
    again = terminal.ok("import", "cats", "--source", "shelf/2026", "--json").json
    assert (again["added"], again["already_there"]) == (0, 2)
    told = terminal.ok(*CREATE, "--slug", "more", "--from-source", "shelf").out
    assert "3 tasks added to more" in told
    assert "Files: 3 taken" in told
    assert "Next:  fairhand project fund more" in told


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (("--from-source", "nowhere"), "nowhere"),
        (("--from-source", "shelf/2027"), "There is no file below '2027'"),
        (("--from-source", "gone"), "No project was made"),
        (("--pattern", "*.png"), "--pattern goes with --from-source"),
        (("--from-source", "shelf/../up"), "without '..'"),
    ],
)
def test_where_nothing_can_come_no_project_is_made(
    terminal: Terminal, where: tuple[str, ...], words: str
) -> None:
    said = terminal.run(*CREATE, *where)
    assert said.code != 0
    assert words in said.err
    assert "Traceback" not in said.err
    assert terminal.ok("project", "list", "--json").json["projects"] == []


def test_addresses_that_fail_leave_the_project_and_say_so(
    terminal: Terminal, tmp_path: Path
) -> None:
    addresses = tmp_path / "addresses.txt"
    addresses.write_text("https://127.0.0.1/cat.png\n")
    said = terminal.ok(*CREATE, "--from-urls", str(addresses), "--json").json
    assert said["import"]["files"]["taken"] == 0
    assert said["import"]["failed"] or said["import"]["issues"]
    both = terminal.run(*CREATE, "--from-urls", str(addresses), "--from", str(tmp_path))
    assert "import the other after it" in both.err

"""Carmen makes files on the exports page: one is refused, asked for again, fetched, looked into."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Locator, Page, expect

from fairhand.core.clock import Instant
from fairhand.model.project import Question
from fairhand.model.task import NewTask
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.read_project import read_project
from fairhand.work.projects.store import list_task_ids
from tests.browser import PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.hall import Hall
from tests.journeys.watch import shot
from tests.stories.quality_world import PET, QualityWorld

pytestmark = [pytest.mark.browser, pytest.mark.slow]
REPLY = Question("reply", "text", "What would you reply?", {}, required=False)
TASKS = 4


def test_files_are_asked_for_watched_fetched_and_explained(
    hall: Hall, visit: Visitors, tmp_path: Path
) -> None:
    people = [hall.person("Amina"), hall.person("Bao")]
    tasks = [
        NewTask({"prompt": f"Which pet is number {at}?"}, f"{at + 70:064x}", f"row {at}")
        for at in range(TASKS)
    ]
    number = hall.project((PET, REPLY), tasks, people, title="Pets that leave")
    carmen = visit(hall.carmen)
    _from_the_project_page(hall, carmen, number)
    _fails_and_says_why(carmen)
    _answer(hall, number, people)
    _asked_again_it_lies_ready(carmen, tmp_path)
    _what_does_not_fit_is_counted(carmen)
    _fits_a_phone(hall, visit, number)


def _from_the_project_page(hall: Hall, page: Page, number: int) -> None:
    page.goto(f"{hall.url}/projects/{number}")
    page.get_by_role("link", name="Exports").first.click()
    expect(page.get_by_role("heading", name="Exports", level=1)).to_be_visible()
    expect(page.get_by_text("Nothing was exported yet")).to_be_visible()


def _ask(page: Page, form: str) -> Locator:
    page.get_by_label("Format").select_option(form)
    page.get_by_role("button", name="Make the file").click()
    return page.locator("#panel tbody tr").first


def _fails_and_says_why(page: Page) -> None:
    """Nobody has answered: there is nothing to write, and the page says so by itself."""
    row = _ask(page, "jsonl")
    expect(row).to_contain_text("was not made", timeout=30_000)
    expect(row).to_contain_text("is answered yet: there is nothing to write")
    shot(page, "exports-failed")


def _answer(hall: Hall, number: int, people: list[int]) -> None:
    world = QualityWorld(hall.house.db, read_project(hall.house.db, number), [], people)
    world.now = hall.clock()
    with world.db.read() as connection:
        world.tasks = list(list_task_ids(connection, number))
    # About the first they differ; why, only one of them says.
    world.work(lambda who, at: {"pet": "cow" if (who, at) == (1, 0) else "cat", "reply": "A cat."})
    hall.clock.ahead_ms += max(0, world.now - hall.clock())
    aggregate_labels(world.db, number, Instant(world.now))


def _asked_again_it_lies_ready(page: Page, folder: Path) -> None:
    page.get_by_role("button", name="Make it again").click()
    row = page.locator("#panel tbody tr").first
    expect(row).to_contain_text("ready", timeout=30_000)
    expect(row.get_by_role("cell", name=str(TASKS), exact=True)).to_be_visible()
    with page.expect_download() as started:
        row.get_by_role("link").first.click()
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    with ZipFile(file) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith("labels.jsonl")]
        lines = [json.loads(line) for line in archive.read(name).splitlines()]
    assert len(lines) == TASKS
    assert {line["answers"]["pet"] for line in lines[1:]} == {"cat"}


def _what_does_not_fit_is_counted(page: Page) -> None:
    """Conversations hold what people wrote; the choices are counted, and the page says why."""
    row = _ask(page, "sft")
    expect(row).to_contain_text("ready", timeout=30_000)
    row.get_by_text(f"{TASKS} left out").click()
    expect(row).to_contain_text(
        f"{TASKS}: an answer of the kind choice: nobody wrote a reply in it"
    )
    shot(page, "exports-rows", full=True)
    row = _ask(page, "coco")
    expect(row).to_contain_text("was not made", timeout=30_000)
    expect(row).to_contain_text("COCO holds what is drawn on pictures")


def _fits_a_phone(hall: Hall, visit: Visitors, number: int) -> None:
    page = visit(hall.carmen, PHONE)
    page.goto(f"{hall.url}/projects/{number}/exports")
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} px wider than the phone"
    shot(page, "exports-phone", full=True)

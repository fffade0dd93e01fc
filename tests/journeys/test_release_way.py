"""Carmen parts a release and shows it; Dmitri reads about it without signing in; Farid compares."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fairhand.core.clock import Instant
from fairhand.model.task import NewTask
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.ask_release import AskRelease, ask_release
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.read_project import read_project
from fairhand.work.projects.store import list_task_ids
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.hall import Hall
from tests.journeys.watch import Watch, shot
from tests.stories.quality_world import PET, PETS, QualityWorld

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SMALL: dict[str, Any] = {**PHONE, "viewport": {"width": 390, "height": 844}}
WORDS = "heron otter badger magpie newt dormouse stoat kestrel hedgehog".split()
BIRTHDAY = "Ten pets for their birthday"


@pytest.fixture
def answered(hall: Hall) -> QualityWorld:
    """Amina and Bao looked at eight pets, and agree."""
    people = [hall.person("Amina"), hall.person("Bao")]
    tasks = [_pet(number) for number in range(8)]
    number = hall.project(PET, tasks, people, title=BIRTHDAY)
    world = QualityWorld(hall.house.db, read_project(hall.house.db, number), [], people)
    _work(hall, world)
    return world


def _pet(number: int) -> NewTask:
    return NewTask({"text": f"{WORDS[number]} in the garden"}, f"{number:064x}", f"row {number}")


def _work(hall: Hall, world: QualityWorld) -> None:
    """Let everybody answer what is free, with the clock of the hall."""
    world.now = hall.clock()
    with world.db.read() as connection:
        world.tasks = list(list_task_ids(connection, world.project.id))
    world.work(lambda _who, at: {"pet": PETS[at % 3]})
    hall.clock.ahead_ms += max(0, world.now - hall.clock())
    aggregate_labels(world.db, world.project.id, Instant(world.now))


def test_a_release_is_parted_shown_read_and_compared(
    hall: Hall, answered: QualityWorld, visit: Visitors, chrome: Browser
) -> None:
    carmen = visit(hall.carmen)
    visit.watch(carmen).expect("status of 422")
    address = _carmen_releases(hall, answered, carmen)
    _dmitri_reads(hall, chrome, address)
    hall.add_tasks(answered.project.id, [_pet(8)])
    _work(hall, answered)
    command = AskRelease(hall.carmen, answered.project.id, "CC-BY-4.0")
    ask_release(hall.house.db, command, hall.clock())
    _farid_compares(hall, answered, visit)


def _carmen_releases(hall: Hall, world: QualityWorld, page: Page) -> str:
    """Gives the address of the public page."""
    page.goto(f"{hall.url}/projects/{world.project.id}")
    page.get_by_role("link", name="Releases: make").click()
    expect(page.get_by_text("There is no release yet.")).to_be_visible()
    page.get_by_label("Licence").fill("CC-BY-4.0")
    page.get_by_label("Shares").fill("50/60")
    page.get_by_role("button", name="Make a release").click()
    expect(page.get_by_role("alert")).to_contain_text("add up to 100")
    page.get_by_label("Shares").fill("50/50")
    shot(page, "release-form", full=True)
    page.get_by_role("button", name="Make a release").click()
    page.get_by_role("link", name="Version 1 is ready").click(timeout=60_000)
    expect(page.get_by_role("img", name="Rows in each split")).to_be_visible()
    page.get_by_role("button", name="Show a public page").click()
    link = page.get_by_role("link", name="/r/")
    expect(link).to_be_visible()
    shot(page, "release-members", full=True)
    return link.inner_text()


def _dmitri_reads(hall: Hall, chrome: Browser, address: str) -> None:
    context = chrome.new_context(**SMALL)
    watch = Watch(hall.url.removeprefix("http://"))
    watch.follow(context)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{BIRTHDAY}, version 1")
    expect(page.get_by_text("Nothing was taken back.")).to_be_visible()
    shot(page, "release-public-phone", full=True)
    with page.expect_download() as loaded:
        page.get_by_role("link", name="Croissant", exact=True).click()
    card = json.loads(loaded.value.path().read_text("utf-8"))
    assert card["name"]
    assert BIRTHDAY in json.dumps(card)
    (number,) = hall.rows("SELECT max(release_id) FROM release_page")[0]
    for path in (f"/releases/{number}/archive", f"/releases/{number}/files/labels.jsonl"):
        assert context.request.get(f"{hall.url}{path}").status == 401, path
    assert context.request.get(f"{address}/labels.jsonl").status == 404
    assert context.request.get(f"{address}/manifest.json").status == 404
    context.close()
    watch.check()


def _farid_compares(hall: Hall, world: QualityWorld, visit: Visitors) -> None:
    command = InvitePerson(None, "Farid", ("auditor",), 0, country="GB")
    farid = invite_person(hall.house.db, command, hall.clock(), link_hours=1).person_id
    page = visit(farid, DESKTOP)
    page.goto(f"{hall.url}/projects/{world.project.id}/releases")
    hall.wait(lambda: len(_published(hall, world)) == 2)
    page.reload()
    page.get_by_role("link", name="Compare version 2 with version 1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("From version 1 to version 2")
    expect(page.locator("#rows + .stat")).to_contain_text("1 came")
    expect(page.get_by_role("button", name="Show a public page")).to_have_count(0)
    shot(page, "release-diff", full=True)


def _published(hall: Hall, world: QualityWorld) -> list[Any]:
    query = "SELECT id FROM release WHERE project_id = :project AND state = 'published'"
    return hall.rows(query, project=world.project.id)

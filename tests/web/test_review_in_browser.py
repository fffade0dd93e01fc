"""A reviewer's task in a browser: marks and choices side by side, with no barrier in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from fairhand.core.errors import Issue
from fairhand.core.money import MICROS
from fairhand.model.task import NewTask
from fairhand.people.accounts import store as accounts
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.web.shared.doors import SESSION_COOKIE
from fairhand.work.projects.rules import ProjectPolicy
from tests import browser as chromium
from tests.cast import PET
from tests.journeys.pictures import STRUCTURES, tissue
from tests.web.test_axe import Scheme, look
from tests.web.test_lesson_in_browser import serving
from tests.web.world import World

pytestmark = pytest.mark.browser

SEEN: tuple[tuple[str, Scheme], ...] = (("desktop", "light"), ("phone", "dark"))
SPILT = (
    "() => [...document.querySelectorAll('.option')]"
    ".filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
)
"""Choices whose words do not fit on their button."""


def open_review(world: World) -> str:
    """Amina and Esi mark one tile and differ, Esi is unsure, and Bao has it open: where it is."""
    cast, (picture,) = world.cast, tissue(1, guessed=True)
    policy = ProjectPolicy(
        title="Tissue",
        purpose="To find what is stained.",
        guidelines="Paint what is brown.",
        questions=(STRUCTURES, PET),
        currency="GBP",
        rate_micros_per_hour=1_500 * MICROS,
        min_overlap=2,
        max_overlap=2,
    )
    command = CreateProject(cast.carmen, policy, lease_ttl_ms=600_000)
    project = create_project(cast.db, command, cast.clock.now).id
    cast.fund(project, 50_000)
    run = start_import(cast.db, project, "tissue", cast.clock.now)
    rows: list[NewTask | Issue] = [replace(picture, predictions=())]
    import_tasks(cast.db, world.house.blobs, ImportTasks(run.id, rows, cast.carmen), cast.clock.now)
    marked = picture.predictions[0].value
    for who, pet in (("Amina", "cat"), ("Esi", "dog")):
        with cast.db.write() as connection:
            accounts.add_role(connection, world.people[who], "contributor", project, cast.clock.now)
        cast.join(world.people[who], project)
        client = world.client(who)
        given = client.post(f"/api/v1/projects/{project}/next", json={})
        assert given.status_code == 200, given.text
        task = given.json()["task"]["task_id"]
        cast.clock.advance(6_000)
        body = {"client_key": cast.key(), "value": {**marked, "pet": pet}}
        sent = client.post(f"/api/v1/tasks/{task}/submit", json=body)
        assert sent.status_code == 201, sent.text
    aggregate_labels(cast.db, project, cast.clock.now)
    with cast.db.write() as connection:
        accounts.add_role(connection, world.people["Bao"], "reviewer", project, cast.clock.now)
    bao = world.client("Bao")
    opened = bao.post(f"/projects/{project}/review/next", data=world.form(bao))
    assert opened.status_code == 303, opened.text
    return str(opened.headers["location"])


def tab_of(world: World, browser: Browser, address: str, device: str, scheme: Scheme) -> Page:
    """A tab in which Bao is signed in."""
    shape = chromium.DESKTOP if device == "desktop" else chromium.PHONE
    context = browser.new_context(**shape, color_scheme=scheme)
    secret, _ = world.session("Bao")
    context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": address}])
    return context.new_page()


def _keep(thrown: list[str]) -> Callable[[Error], None]:
    return lambda error: thrown.append(str(error))


def test_a_task_under_review_puts_no_barrier_up(world: World) -> None:
    try:
        arguments = chromium.launch_arguments()
    except LookupError as absent:
        pytest.skip(str(absent))
    place = open_review(world)
    with serving(world) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**arguments)
        for device, scheme in SEEN:
            page = tab_of(world, browser, address, device, scheme)
            thrown: list[str] = []
            page.on("pageerror", _keep(thrown))
            page.goto(address + place)
            page.wait_for_selector("html[data-ready=tools]")
            assert page.url == address + place
            assert page.locator("figure.still canvas").count() >= 2
            assert page.get_by_role("heading", name="What people answered").count() == 1
            assert look(page) == [], device
            assert thrown == [], device
            for size in ("100%", "200%"):
                page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
                assert page.evaluate(SPILT) == [], f"{device} at {size}"
        browser.close()

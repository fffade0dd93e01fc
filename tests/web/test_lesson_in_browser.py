"""A lesson about outlines in a browser: drawn with the desk's own tool, told how well it fits."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import uvicorn
from playwright.sync_api import Page, sync_playwright

from fairhand.core.errors import Issue
from fairhand.core.money import MICROS
from fairhand.model.task import NewTask
from fairhand.people.learning.rules import CoursePlan, Step
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.draft_course import DraftCourse, draft_course
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.publish_course import publish_course
from fairhand.use_cases.save_course import SaveCourse, save_course
from fairhand.web.shared.doors import SESSION_COOKIE
from fairhand.work.projects.rules import ProjectPolicy
from tests import browser as chromium
from tests.journeys.pictures import STRUCTURES, tissue
from tests.web.test_axe import look
from tests.web.world import World

pytestmark = pytest.mark.browser

WHY = "Brown is what the stain marks; pale pink is not."


@contextmanager
def serving(world: World) -> Iterator[str]:
    """Serve a world's pages; gives their address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(world.app, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def tab(world: World) -> Iterator[tuple[str, Page]]:
    """A tab in which Amina is signed in, and where the pages are."""
    try:
        arguments = chromium.launch_arguments()
    except LookupError as absent:
        pytest.skip(str(absent))
    with serving(world) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**arguments)
        context = browser.new_context(**chromium.DESKTOP)
        secret, _ = world.session("Amina")
        context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": address}])
        yield address, context.new_page()
        browser.close()


def teach_outlines(world: World) -> int:
    """A project of tissue with a live course, that Amina has joined; gives the course."""
    cast, pictures = world.cast, tissue(12, guessed=True)
    policy = ProjectPolicy(
        title="Tissue",
        purpose="To find what is stained.",
        guidelines="# Stain\n\nOutline what is brown.",
        questions=(STRUCTURES,),
        currency="GBP",
        rate_micros_per_hour=1_500 * MICROS,
    )
    command = CreateProject(cast.carmen, policy, lease_ttl_ms=600_000)
    project = create_project(cast.db, command, cast.clock.now).id
    cast.fund(project, 50_000)
    run = start_import(cast.db, project, "tissue", cast.clock.now)
    rows: list[NewTask | Issue] = [replace(one, predictions=()) for one in pictures]
    import_tasks(cast.db, world.house.blobs, ImportTasks(run.id, rows, cast.carmen), cast.clock.now)
    tasks = cast.rows("SELECT id FROM task WHERE project_id = :p ORDER BY id", p=project)
    for (task,), picture in zip(tasks, pictures, strict=True):
        told = MarkGold(cast.carmen, project, task, picture.predictions[0].value, WHY)
        mark_gold(cast.db, told, cast.clock.now)
    made = draft_course(cast.db, DraftCourse(cast.carmen, project), cast.clock.now)
    steps = (Step("example", task_id=tasks[0][0]), Step("practice", task_id=tasks[1][0]))
    pool = tuple(task for (task,) in tasks[2:])
    plan = CoursePlan("Tissue", "tissue", steps, pool, exam_asks=8)
    save_course(cast.db, SaveCourse(cast.carmen, project, made.number, plan), cast.clock.now)
    publish_course(cast.db, project, made.number, cast.carmen, cast.clock.now)
    cast.join(world.people["Amina"], project)
    return made.id


def test_an_outline_is_practised_with_the_desks_tool_and_compared_with_the_known_one(
    world: World, tab: tuple[str, Page]
) -> None:
    address, page = tab
    course = teach_outlines(world)
    page.goto(f"{address}/learn/{course}")
    page.wait_for_selector("html[data-ready=tools]")
    assert page.locator("figure.still canvas").count() == 1
    assert WHY in page.content()
    assert look(page) == []
    page.get_by_role("button", name="Go on").click()
    page.wait_for_selector("html[data-ready=tools]")
    assert WHY not in page.content()
    page.get_by_role("button", name="Answer").click()
    page.get_by_role("alert").get_by_text("Mark something").wait_for()
    assert page.get_by_role("button", name="Click", exact=True).count() == 0
    canvas = page.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 2 + 30)
    page.mouse.up()
    page.get_by_role("button", name="Answer").click()
    page.get_by_text("share").wait_for()
    assert page.locator("figure.still").count() == 2
    assert WHY in page.content()
    assert look(page) == []
    assert world.cast.rows("SELECT count(*) FROM attempt_answer") == [(1,)]

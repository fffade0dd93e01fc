"""Carmen asks in a browser whether training may begin, and follows what is missing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Page, expect, sync_playwright

from fairhand.people.accounts import store as accounts
from fairhand.use_cases.house import House
from fairhand.web.app import create_app
from fairhand.web.shared.doors import SESSION_COOKIE
from tests import browser as chromium
from tests.journeys.watch import Watch, shot
from tests.stories.gate_world import GateWorld, make_gate_world

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def serving(house: House) -> Iterator[str]:
    """Serve a house's pages; gives their address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(house), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GateWorld]:
    made = make_gate_world(tmp_path)
    yield made
    made.db.close()


@pytest.fixture
def tab(world: GateWorld) -> Iterator[Page]:
    """A phone's tab in which Carmen is signed in; nothing on its pages may complain."""
    try:
        arguments = chromium.launch_arguments()
    except LookupError as absent:
        pytest.skip(str(absent))
    house = world.house()
    with world.db.write() as connection:
        secret = accounts.create_session(connection, world.cast.carmen, world.cast.clock.now, 30)
    with serving(house) as host, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**arguments)
        context = browser.new_context(
            base_url=f"http://{host}", viewport={"width": 390, "height": 844}
        )
        context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": f"http://{host}"}])
        watch = Watch(host)
        watch.follow(context)
        yield context.new_page()
        watch.check()
        browser.close()
    house.close()


def test_carmen_sees_what_is_missing_mends_it_and_sees_training_may_begin(
    world: GateWorld, tab: Page
) -> None:
    world.set_terms(people_wanted=50)
    tab.goto(f"/projects/{world.project}/releases/1")
    tab.get_by_role("link", name="What the gate finds now").click()
    expect(tab.get_by_role("heading", name="May training begin?")).to_be_visible()
    expect(tab.get_by_text("Training may not begin: 2 things are missing.")).to_be_visible()
    expect(tab.get_by_text("3 of 50 take part")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    shot(tab, "gate-refuses", full=True)

    tab.get_by_role("link", name="Compute comes last").click()
    expect(tab.get_by_role("heading", name="Readiness")).to_be_visible()
    world.set_terms(people_wanted=2)
    tab.goto(f"/projects/{world.project}/releases/1/gate")
    expect(tab.get_by_text("Training may begin, once its copy")).to_be_visible()

    tab.get_by_label("What it is trained for").select_option("biometric_id")
    tab.get_by_role("button", name="Ask").click()
    expect(tab.get_by_text("Nobody in it permitted biometric_id", exact=False)).to_be_visible()
    shot(tab, "gate-lets-through", full=True)

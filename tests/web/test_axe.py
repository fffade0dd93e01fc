"""axe-core finds no barrier on any page: light and dark, on a desktop and on a phone."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from fairhand.core.clock import iso
from fairhand.quality import insight_store
from fairhand.quality.watch.signal import Signal
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.refit_quality import refit_quality
from fairhand.use_cases.seal_log import seal_log
from fairhand.web.shared.doors import SESSION_COOKIE
from tests import browser as chromium
from tests.engines import Templates
from tests.web.test_pages import answer_tasks, run_jobs
from tests.web.world import World, make_world

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
RUN = (
    "() => axe.run().then(found => found.violations.map("
    "one => `${one.id}: ${one.nodes.map(node => node.target.join(' ')).slice(0, 3).join(', ')}`))"
)
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PAGES: dict[str | None, tuple[str, ...]] = {
    None: ("/sign-in", "/sign-in/none", "/api/docs", "/nothing"),
    "Amina": (
        "/",
        "/earnings",
        "/earnings/statements/1",
        "/log",
        "/account",
        "/work/{project}",
        "/projects",
    ),
    "Dmitri": ("/", "/earnings", "/log"),
    "Carmen": (
        "/projects",
        "/projects/new",
        "/projects/{project}",
        "/projects/{project}/quality",
        "/projects/{other}",
        "/projects/{project}/releases/1",
        "/people",
        "/pay",
        "/pay/periods/1",
        "/projects/999",
    ),
}


@dataclass(frozen=True)
class Served:
    """A workspace with something on every page, and where it is served."""

    world: World
    address: str


@pytest.fixture(scope="module")
def served(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with templates.fresh("sqlite") as url:
        database = Database(url, pool_size=10)
        world = make_world(database, tmp_path_factory.mktemp("axe"), tasks=8)
        _fill(world)
        with_server = _serve(world)
        yield from with_server
        database.close()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    try:
        arguments = chromium.launch_arguments()
    except LookupError as absent:
        pytest.skip(str(absent))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**arguments)
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_no_page_puts_a_barrier_up(
    served: Served, chrome: Browser, device: str, scheme: Scheme
) -> None:
    shape = chromium.DESKTOP if device == "desktop" else chromium.PHONE
    wrong: list[str] = []
    for who, paths in PAGES.items():
        context = chrome.new_context(**shape, color_scheme=scheme)
        if who is not None:
            secret, _ = served.world.session(who)
            context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": served.address}])
        page = context.new_page()
        for path in paths:
            filled = path.format(project=served.world.project, other=served.world.other)
            page.goto(served.address + filled)
            wrong += [f"{who} {filled}: {each}" for each in look(page)]
        context.close()
    assert not wrong, "\n".join(wrong)


def test_a_form_with_something_wrong_puts_no_barrier_up(served: Served, chrome: Browser) -> None:
    context = chrome.new_context(**chromium.PHONE)
    secret, _ = served.world.session("Carmen")
    context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": served.address}])
    page = context.new_page()
    page.goto(f"{served.address}/projects/new")
    page.evaluate("() => { document.querySelector('form.form').noValidate = true; }")
    page.get_by_role("button", name="Make the project").click()
    page.get_by_role("alert").wait_for()
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert look(page) == []
    context.close()


def look(page: Page) -> list[str]:
    """Open everything that folds, and say what is in a person's way."""
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN)
    if page.evaluate(WIDER) > 0:
        found.append("the page is wider than its window")
    return found


def _fill(world: World) -> None:
    """Answers, a settled period, earnings after it, a release, a bad import, a sealed log."""
    amina, carmen = world.client("Amina"), world.client("Carmen")
    answer_tasks(world, amina, 5)
    aggregate_labels(world.house.db, world.project, world.cast.clock.now)
    refit_quality(world.house.db, world.project, world.cast.clock.now)
    gold = {"value": {"pet": "cat"}, "explanation": "It purrs."}
    assert carmen.put(f"/api/v1/projects/{world.project}/gold/1", json=gold).status_code == 200
    seen = Signal("too_fast", (world.people["Amina"],), {"fast": 1.0}, 3.0, "Fast.", ("Ease.",))
    with world.house.db.write() as connection:
        now = world.cast.clock.now
        insight_store.save_signals(connection, world.project, [("pet", seen)], now)
    now = world.cast.clock.advance(60_000)
    assert carmen.post("/api/v1/pay/close", json={"ends_at": iso(now)}).status_code == 200
    assert carmen.post(f"/api/v1/projects/{world.project}/releases", json={}).status_code == 202
    files = {"file": ("rows.jsonl", b'{"text": "good"}\n{bad\n')}
    sent = carmen.post(f"/api/v1/projects/{world.project}/import", files=files)
    assert sent.status_code == 202
    assert {job.state for job in run_jobs(world)} == {"done"}
    answer_tasks(world, amina, 1)
    carmen.post("/api/v1/tokens", json={"label": "notebook"})
    seal_log(world.house.db, world.house.signer, world.cast.clock.now)


def _serve(world: World) -> Iterator[Served]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    yield Served(world, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join()
    listener.close()

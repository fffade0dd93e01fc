"""Two journeys in a browser without script: Kenya gets a floor; Amina disputes a line and is right.

With FAIRHAND_SHOTS set to a folder, each step leaves a picture there.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from fairhand.client import Client
from fairhand.core.clock import HOUR_MS
from fairhand.storage.database import Database
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.web.shared.doors import SESSION_COOKIE
from tests import browser as chromium
from tests.web.world import World, make_world

pytestmark = pytest.mark.browser

KENYA = "ke-cities-hour-2026-05"
WORDS = "On Friday I read the guidelines again for twenty minutes."
Visit = Callable[..., Page]


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    made = make_world(sqlite_db, tmp_path)
    made.people["Wanjiru"] = made.cast.person("Wanjiru", "KE")
    return made


@pytest.fixture
def address(world: World) -> Iterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


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


@pytest.fixture
def visit(world: World, address: str, chrome: Browser) -> Iterator[Visit]:
    """Open a window for somebody; no page of this needs a script."""
    contexts: list[BrowserContext] = []

    def enter(who: str, device: dict[str, Any] = chromium.DESKTOP) -> Page:
        context = chrome.new_context(**device, java_script_enabled=False, base_url=address)
        secret, _ = world.session(who)
        context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": address}])
        contexts.append(context)
        return context.new_page()

    yield enter
    for context in contexts:
        context.close()


def shot(page: Page, name: str) -> None:
    """Leave a picture where somebody wants to look."""
    folder = os.environ.get("FAIRHAND_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_kenya_gets_a_floor_and_wanjiru_can_join(
    world: World, visit: Visit, tmp_path: Path
) -> None:
    notice = tmp_path / "legal-notice-108.pdf"
    notice.write_bytes(b"%PDF-1.7 Legal Notice 108")
    world.cast.change("UPDATE project SET mode = 'open' WHERE id = :id", id=world.project)
    wanjiru = world.client("Wanjiru")
    refused = wanjiru.post(f"/api/v1/projects/{world.project}/join", json={})
    assert refused.status_code == 403
    assert "no approved wage floor" in refused.json()["detail"]

    page = visit("a manager")
    page.goto("/pay/floors")
    shot(page, "floors")
    assert "no floor in force" in page.inner_text("main")
    page.get_by_role("link", name=KENYA).click()
    assert "KES 161.34 an hour." in page.inner_text("main")
    shot(page, "floor-draft")
    page.get_by_label("Evidence").set_input_files(notice)
    page.get_by_label("What you checked").fill("I read Legal Notice 108 of 2026 in the gazette.")
    page.get_by_label("I have read the source myself").check()
    page.get_by_role("button", name="Approve under my name").click()
    assert "approved by a manager" in " ".join(page.inner_text("main").split())
    shot(page, "floor-approved")

    page.goto("/pay/rates")
    assert "people with this floor cannot join" in page.inner_text("main")
    page.get_by_label("One unit of").fill("GBP")
    page.get_by_label("In", exact=True).fill("KES")
    page.get_by_label("Is", exact=True).fill("170.45")
    page.get_by_label("On", exact=True).fill("2026-11-20")
    page.get_by_label("Source", exact=True).fill("Central Bank of Kenya")
    page.get_by_role("button", name="Add this rate").click()
    assert "Rates added: 1;" in page.inner_text("main")
    shot(page, "rates")

    joined = wanjiru.post(f"/api/v1/projects/{world.project}/join", json={})
    assert joined.status_code in (200, 201), joined.text


def test_amina_disputes_a_line_on_her_phone_and_is_right(world: World, visit: Visit) -> None:
    amina = world.client("Amina")
    task = world.next_task(amina)["task_id"]
    world.cast.clock.advance(60_000)
    body = {"client_key": world.cast.key(), "value": {"pet": "cat"}}
    assert amina.post(f"/api/v1/tasks/{task}/submit", json=body).status_code == 201
    statement = _close(world)

    phone = visit("Amina", chromium.PHONE)
    phone.goto(f"/earnings/disputes/new?statement={statement}&line=1")
    shot(phone, "dispute-form")
    world.cast.clock.advance(300_000)
    phone.get_by_label("Minutes").fill("20")
    phone.get_by_label("In your words").fill(WORDS)
    phone.get_by_role("button", name="Send it").click()
    assert "waiting for an answer" in phone.inner_text("main")
    shot(phone, "dispute-open")

    desk = visit("a manager")
    desk.goto("/pay/disputes")
    shot(desk, "dispute-queue")
    desk.get_by_role("link", name="Answer dispute 1").click()
    assert WORDS in desk.inner_text("main")
    shot(desk, "dispute-answer")
    desk.get_by_label("Uphold it in full").check()
    desk.get_by_label("Your reason").fill("The log shows the page open all that time.")
    desk.get_by_role("button", name="Answer under my name").click()
    assert "ledger entry" in desk.inner_text("main")

    phone.goto("/earnings/disputes")
    said = phone.inner_text("main").replace("\u00a0", " ")
    assert "You get GBP 2.00" in said
    assert "The log shows the page open all that time." in said
    shot(phone, "dispute-upheld")
    newest = _close(world)
    document = amina.get(f"/api/v1/pay/statements/{newest}").json()["statement"]
    kinds = {line["kind"]: line for line in document["lines"]}
    assert kinds["correction"]["amount"] == "2.00"
    writing = [line for line in document["lines"] if line["activity"] == "appeal"]
    assert sum(line["paid_ms"] for line in writing) >= 300_000, "writing it was paid"


def test_a_dispute_is_opened_answered_and_taken_back_from_a_notebook(
    world: World, address: str
) -> None:
    amina = world.client("Amina")
    task = world.next_task(amina)["task_id"]
    body = {"client_key": world.cast.key(), "value": {"pet": "cat"}}
    assert amina.post(f"/api/v1/tasks/{task}/submit", json=body).status_code == 201
    statement = _close(world)
    with Client(address, world.token("Amina", "work")) as client:
        opened = client.open_dispute(WORDS, minutes=20, statement_id=statement, line=1)
        other = client.open_dispute(WORDS, amount="1.50", project_id=world.project)
        client.withdraw_dispute(other["id"])
        with Client(address, world.token("a manager", "manage")) as manager:
            assert next(one["id"] for one in manager.dispute_queue()) == opened["id"]
            reason = "The log shows ten minutes of reading."
            manager.decide_dispute(opened["id"], "partly", reason, minutes=10)
        states = {one["id"]: (one["state"], one["granted"]) for one in client.disputes()}
    assert states == {opened["id"]: ("partly", "1.00"), other["id"]: ("withdrawn", None)}


def _close(world: World) -> int:
    now = world.cast.clock.advance(HOUR_MS)
    close_pay_period(world.house.db, ClosePayPeriod(now), now)
    ((number,),) = world.cast.rows("SELECT max(id) FROM statement")
    return int(number)

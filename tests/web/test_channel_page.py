"""Two contributors speak in two browsers, and what the server keeps opens for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from fairhand.people.accounts import store as accounts
from fairhand.use_cases.house import House
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.web.shared.doors import SESSION_COOKIE
from tests import browser as chromium
from tests.web.live import open_carmens_house, serving
from tests.web.world import World

SAID = "They pay for reading now: hold out for it."


@pytest.fixture
def chrome() -> Iterator[Browser]:
    """The system's chromium, for one test: its event loop blocks what comes after."""
    try:
        arguments = chromium.launch_arguments()
    except LookupError as absent:
        pytest.skip(str(absent))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**arguments)
        yield browser
        browser.close()


def signed_in(browser: Browser, house: House, address: str, person: int) -> Page:
    with house.db.write() as connection:
        secret = accounts.create_session(connection, person, house.clock(), 1)
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/channel")
    return page


def join(page: Page, name: str) -> None:
    page.get_by_label("Your name here").fill(name)
    page.get_by_label("Words that seal your key").fill(f"the words of {name}")
    page.get_by_label("The same words again").fill(f"the words of {name}")
    page.get_by_role("button", name="Join").click()
    page.get_by_text("You are in.").wait_for()


@pytest.mark.browser
def test_what_two_contributors_say_opens_for_them_alone(chrome: Browser, tmp_path: Path) -> None:
    with open_carmens_house(tmp_path) as house, serving(house) as address:
        people = [
            invite_person(house.db, InvitePerson(None, name), house.clock(), link_hours=1).person_id
            for name in ("Amina", "Bao")
        ]
        amina, bao = (signed_in(chrome, house, address, one) for one in people)
        join(amina, "swallow")
        join(bao, "heron")
        amina.get_by_label("Its name").fill("Pets")
        amina.get_by_role("button", name="Make it").click()
        amina.get_by_role("button", name="Let heron in").click()
        amina.get_by_text("heron can read from now on.").wait_for()
        amina.get_by_label("Your letter").fill(SAID)
        amina.get_by_role("button", name="Send it sealed").click()
        amina.locator("#letters li").get_by_text(SAID).wait_for()

        bao.reload()
        bao.get_by_label("Your words").fill("the words of swallow")
        bao.get_by_role("button", name="Open").click()
        bao.get_by_text("These are not the words").wait_for()
        bao.get_by_label("Your words").fill("the words of heron")
        bao.get_by_role("button", name="Open").click()
        bao.locator("#letters li").get_by_text(SAID).wait_for()

        with house.db.read() as connection:
            rows = connection.exec_driver_sql("SELECT sealed FROM channel_letter").all()
        assert len(rows) == 1
        assert b"reading" not in bytes(rows[0][0])


@pytest.mark.parametrize("who", ["Carmen", "a manager", "Farid", "an owner here"])
def test_no_door_of_the_channel_opens_for_those_who_manage_or_audit(world: World, who: str) -> None:
    client = world.client(who)

    assert "stays closed to your account" in client.get("/channel").text
    for method, path, body in (
        ("GET", "/api/v1/me/channel", None),
        ("GET", "/api/v1/channels/1/letters", None),
        ("POST", "/api/v1/channels", {"name": "Pets", "keys": {}}),
        ("POST", "/api/v1/channels/1/keys", {"epoch": 1, "keys": {}}),
        (
            "POST",
            "/api/v1/channels/1/letters",
            {"epoch": 1, "client_key": "12345678", "sealed": "A" * 100},
        ),
    ):
        answer = client.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_a_contributor"), path

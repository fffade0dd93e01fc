"""Somebody asks for a licence, gets a release, must delete what Esi took back, and says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fairhand.use_cases.examine_contribution import Shop
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant
from tests.browser import PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.hall import Hall
from tests.journeys.watch import Watch, shot
from tests.stories.licence_world import WORDS, LicenceWorld

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SMALL = {**PHONE, "viewport": {"width": 390, "height": 844}}


@pytest.fixture
def world(hall: Hall, tmp_path: Path) -> LicenceWorld:
    """Amina, Bao and Esi read a sentence each for Carmen's campaign."""
    world = LicenceWorld(hall.house.db, tmp_path)
    world.voices.shop = Shop(hall.house.db, hall.house.blobs, hall.house.vault)
    world.voices.now = hall.clock()
    world.promise(600)
    world.give("Amina", "Bao", "Esi")
    hall.clock.ahead_ms += max(0, world.now - hall.clock())
    return world


def test_a_licence_from_asking_to_deleting(
    hall: Hall, world: LicenceWorld, visit: Visitors, chrome: Browser
) -> None:
    context = chrome.new_context(**SMALL)
    context.set_default_timeout(30_000)
    watch = Watch(hall.url.removeprefix("http://"))
    watch.follow(context)
    page = context.new_page()
    _ask(hall, world, page)
    carmen = visit(world.voices.carmen)
    carmen.goto(f"{hall.url}/projects/{world.project}/licences")
    request = carmen.get_by_role("article").filter(has_text="Sauti AI")
    expect(request).to_contain_text(WORDS)
    expect(request).to_contain_text("GBP 10.00, of which GBP 6.00 (60 %)")
    shot(carmen, "licence-request", full=True)
    request.get_by_role("button", name="Grant").click()
    expect(carmen.get_by_role("row", name=re.compile("Sauti AI"))).to_be_visible()
    fetch = page.get_by_role("link", name="Fetch the release")
    _look_until(page, fetch)
    shot(page, "licence-phone-held", full=True)
    with page.expect_download() as loaded:
        fetch.click()
    assert loaded.value.suggested_filename.endswith(".zip")
    _esi_leaves(hall, world)
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("Delete what was taken"))).to_be_visible()
    shot(page, "licence-phone-notice", full=True)
    page.get_by_label("It is all deleted").check()
    page.get_by_label("Who says so").fill("Ada Muster, data protection")
    page.get_by_role("button", name="Answer").click()
    page.get_by_text("Your receipt").click()
    expect(page.get_by_text("answer attested")).to_be_visible()
    carmen.goto(f"{hall.url}/data/compliance")
    expect(carmen.get_by_role("row", name=re.compile("Sauti AI"))).to_contain_text("1 attested")
    shot(carmen, "licence-board")
    carmen.goto(f"{hall.url}/projects/{world.project}/licences")
    shot(carmen, "licence-office", full=True)
    page.get_by_role("button", name="Make me a release without them").click()
    _look_until(page, fetch)
    page.goto(f"{hall.url}/data/compliance")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    shot(page, "licence-phone-board")
    context.close()
    watch.check()


def _ask(hall: Hall, world: LicenceWorld, page: Page) -> None:
    page.goto(f"{hall.url}/data")
    shot(page, "licence-phone-data")
    page.goto(f"{hall.url}/data/{world.project}")
    page.get_by_label("Receive the files themselves").check()
    page.get_by_label("Where").fill("KE, DE")
    page.get_by_role("button", name="See what there is").click()
    expect(page.get_by_role("status")).to_contain_text("At least 2 items of 2 people")
    expect(page.get_by_role("status")).to_contain_text("GBP 6.00 of it (60 %)")
    shot(page, "licence-phone-offer", full=True)
    page.get_by_label("Name of your organisation").fill("Sauti AI")
    page.get_by_label("How to reach you").fill("data@sauti.example")
    page.get_by_label("Country").fill("DE")
    page.get_by_label("What it is for").fill(WORDS)
    page.get_by_role("button", name="Ask for a licence").click()
    expect(page.get_by_text("A person decides")).to_be_visible()
    shot(page, "licence-phone-asked", full=True)


def _look_until(page: Page, wanted: object) -> None:
    """Reload until it is there: the page runs no script that would."""
    for _ in range(60):
        page.reload()
        if wanted.count():  # type: ignore[attr-defined]
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"it never came: {page.inner_text('main')}")


def _esi_leaves(hall: Hall, world: LicenceWorld) -> None:
    house = hall.house
    command = WithdrawGrant(world.people["Esi"], world.grants["Esi"])
    withdraw_grant(house.db, command, hall.clock())
    settle_withdrawals(house.db, house.blobs, house.signer, hall.clock())

"""On a phone: take one thing back, end a permission, keep a receipt, and be erased."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from fairhand.people.accounts import store as accounts
from fairhand.proof.log.receipt import verify_receipt
from fairhand.use_cases.erase_person import SURE
from fairhand.use_cases.examine_contribution import Shop
from tests.journeys.conftest import Visitors
from tests.journeys.hall import Hall
from tests.journeys.test_voices import SMALL
from tests.journeys.watch import shot
from tests.stories.own_data_world import OwnDataWorld

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def world(hall: Hall, tmp_path: Path) -> OwnDataWorld:
    """A campaign in the hall to which Esi has given three sentences."""
    world = OwnDataWorld(hall.house.db, tmp_path, now=hall.clock(), title="Voices of Lamu")
    world.shop = Shop(hall.house.db, hall.house.blobs, hall.house.vault)
    return world


def test_what_was_given_is_taken_back_and_its_giver_erased(
    hall: Hall, world: OwnDataWorld, visit: Visitors
) -> None:
    esi, given = world.join(hall.person("Esi"), {"voice": ("training", "evaluation")})
    for _ in range(3):
        world.record(esi)
    world.take_in()
    page = visit(esi, SMALL)
    page.goto(f"{hall.url}/given/contributions")
    expect(page.get_by_role("button", name=re.compile("^Take it back"))).to_have_count(3)
    shot(page, "given-things-phone", full=True)
    page.get_by_role("button", name=re.compile("^Take it back")).first.click()
    expect(page.get_by_role("button", name=re.compile("^Take it back"))).to_have_count(2)

    page.goto(f"{hall.url}/given")
    page.get_by_role("button", name=re.compile("^End all")).click()
    expect(page.get_by_role("button", name=re.compile("^End all"))).to_have_count(0)
    shot(page, "given-ended-phone", full=True)

    receipt = page.request.get(f"{hall.url}/log/receipts/{given.event_id}")
    expect(receipt).to_be_ok()
    assert verify_receipt(receipt.text(), hall.house.signer.verifier) == []

    page.goto(f"{hall.url}/account/erase")
    shot(page, "erase-phone", full=True)
    page.get_by_label(re.compile("^To be erased, type")).fill(SURE)
    page.get_by_role("button", name="Erase me").click()
    expect(page.get_by_role("heading", name="You are erased")).to_be_visible()
    shot(page, "erased-phone", full=True)
    with hall.house.db.read() as connection:
        gone = accounts.load_person(connection, esi)
    assert gone is not None
    assert gone.display_name == "Erased person"
    assert verify_receipt(receipt.text(), hall.house.signer.verifier) == []
    page.goto(f"{hall.url}/given")
    expect(page.get_by_role("heading", name="What I gave")).to_have_count(0)

"""An owner makes a campaign, publishes its words, and sees whose voices are missing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.work.projects import store as projects
from tests.browser import PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.hall import Hall
from tests.journeys.watch import shot
from tests.stories.campaign_world import CampaignWorld, first_task
from tests.web.campaigns import CONTROLLER

pytestmark = [pytest.mark.browser, pytest.mark.slow]
IN_PHONES = {"device": "phone", "environment": "quiet_room", "language": "sw"}


def test_a_campaign_from_its_template_to_its_picture(hall: Hall, visit: Visitors) -> None:
    page = visit(hall.carmen)
    page.goto(f"{hall.url}/projects/new")
    page.get_by_role("link", name=re.compile("Voices that are lent")).click()
    page.get_by_label("Currency").fill("GBP")
    page.get_by_label("Pay per hour").fill("15.00")
    page.get_by_label("Title").fill("Voices of Kisumu")
    page.get_by_role("button", name="Make the project").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Campaign")
    expect(page.locator(".notice.warn")).to_contain_text("Nobody can join yet")
    for name, title in (
        ("name", "Name"),
        ("address", "Address"),
        ("contact", "How to reach them"),
        ("jurisdiction", "Under the law of"),
    ):
        page.get_by_label(title, exact=True).fill(CONTROLLER[name])
    page.get_by_label("Law pack").select_option("ke")
    page.get_by_label("Where it may be used").fill("KE, UG")
    shot(page, "campaign-form", full=True)
    page.get_by_role("button", name="See the words").click()
    words = page.get_by_role("region", name="What people would read")
    expect(words).to_contain_text("Oginga Odinga")
    expect(words).to_contain_text("KE and UG")
    shot(page, "campaign-words", full=True)
    words.get_by_role("button", name="Publish these words").click()
    expect(page.locator(".notice.ok")).to_contain_text("Notice 1 is in force")
    project = int(page.url.split("/")[-2])
    give(hall, project)
    page.get_by_role("navigation", name="Campaign").get_by_role("link", name="Coverage").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Coverage")
    row = page.get_by_role("row", name=re.compile("in a quiet room"))
    expect(row).to_contain_text("180 of 300")
    expect(page.get_by_role("row", name=re.compile("From 65 on"))).to_contain_text("hidden")
    expect(page.get_by_role("region", name="Ask next")).to_contain_text("in the street")
    shot(page, "campaign-coverage", full=True)
    page.get_by_text("Of whom how much is needed").click()
    cells = page.get_by_label("One group a line")
    cells.fill(f"{cells.input_value()}\nIn Luo: language=luo: 80")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name=re.compile("In Luo"))).to_be_visible()
    phone = visit(hall.carmen, PHONE)
    for end in ("campaign", "coverage"):
        phone.goto(f"{hall.url}/projects/{project}/{end}")
        expect(phone.get_by_role("heading", level=1)).to_be_visible()
        shot(phone, f"campaign-phone-{end}", full=True)
    phone.goto(f"{hall.url}/campaigns/{project}/biometrics")
    expect(phone.get_by_text("365 days after the person was last here")).to_be_visible()
    shot(phone, "campaign-phone-biometrics", full=True)


def give(hall: Hall, project_id: int) -> None:
    """Two groups that may be shown, and three people of 65 or more."""
    with hall.house.db.read() as connection:
        project = projects.load_project(connection, project_id)
    assert project is not None
    task = first_task(hall.house.db, project_id)
    lent = CampaignWorld(hall.house.db, hall.carmen, project, task)
    earlier = Instant(hall.clock() - 2 * HOUR_MS)
    lent.crowd(31, IN_PHONES, earlier, each=6)
    lent.crowd(17, {"device": "computer", "language": "luo"}, earlier, each=2, noticed=True)
    lent.crowd(3, {"age_band": "65+"}, earlier)

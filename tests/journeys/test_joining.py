"""On a phone: read, understand, permit, record a sentence, see the receipt; or say no to all."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.rules import Campaign
from fairhand.use_cases.publish_notice import PublishNotice, publish_notice
from fairhand.use_cases.read_templates import read_template
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.test_voices import SMALL, project_of, sample_of, speak
from tests.journeys.watch import shot
from tests.stories.own_data_world import voice_terms

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OFFERED = ("training", "evaluation", "raw_release", "generative_training", "voice_clone")


def campaign_of(hall: Hall) -> int:
    """A campaign of voices with its notice in force."""
    asked = read_template("read-aloud").questions
    project = hall.project(asked, sample_of("read-aloud")[:2], title="Voices of Kisumu", overlap=1)
    with hall.house.db.write() as connection:
        campaigns.save_campaign(connection, Campaign(project, ("voice",)))
    terms = voice_terms(offered={"voice": OFFERED}, pay="GBP 15.00 for every hour of your time.")
    publish_notice(hall.house.db, PublishNotice(project, hall.carmen, terms), hall.clock())
    return project


def understand(page: Page) -> None:
    """Answer both questions, the first one wrongly at first."""
    page.get_by_label("I am paid less, or get no other work").check()
    page.get_by_label("End any permission, at any time, and keep what I earned").check()
    page.get_by_role("button", name="Answer, and decide").click()
    expect(page.get_by_text("Not quite.")).to_be_visible()
    shot(page, "join-phone-wrong", full=True)
    page.get_by_label("Nothing: the pay and all other work stay the same").check()
    page.get_by_role("button", name="Answer, and decide").click()
    expect(page.get_by_role("heading", name="Now you decide")).to_be_visible()


def test_somebody_joins_records_and_holds_a_receipt(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = campaign_of(hall)
    page = visit(amina, SMALL)
    # The answer may be there before the last part of its recording: it is sent again.
    visit.watch(page).expect(r"503 .*/submit\)")
    offer = page.get_by_role("region", name="Voices of Kisumu").last
    expect(offer).to_be_visible()
    page.goto(f"{hall.url}/campaigns/{project}")
    shot(page, "join-phone-notice", full=True)
    understand(page)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    page.get_by_label("Train models that recognise, sort or measure").check()
    page.get_by_label("Measure how good models are").check()
    page.get_by_label("For how long").select_option("90")
    page.get_by_text("About you, if you like").click()
    page.get_by_label("Language", exact=True).fill("sw")
    page.get_by_label("Device").select_option("phone")
    shot(page, "join-phone-decide", full=True)
    page.get_by_role("button", name="I permit what I ticked").click()
    expect(page.get_by_role("heading", name="You take part")).to_be_visible()
    shot(page, "join-phone-joined", full=True)
    page.get_by_role("link", name="Start", exact=True).click()
    desk = Desk(page)
    desk.ready()
    speak(page)
    desk.submit()
    (one,) = hall.await_annotations(project, 1)
    assert one.value["voice"]["samples"] > 0
    page.goto(f"{hall.url}/given")
    shot(page, "given-phone", full=True)
    page.get_by_role("link", name=re.compile("^Receipt")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Receipt: what you permitted of your voice"
    )
    shot(page, "receipt-phone", full=True)
    with page.expect_download() as download:
        page.get_by_role("link", name="For machines (JSON-LD)").click()
    written = json.loads(download.value.path().read_bytes())
    record = written["dpv:hasRecordOfActivity"]
    assert record["dpv:hasPurpose"] == ["fairhand:evaluation", "fairhand:training"]
    page.get_by_role("link", name="What I gave").first.click()
    page.get_by_role("button", name=re.compile("^End\\s+Measure how good")).click()
    expect(page.get_by_text(re.compile(r"ended \d+ \w{3} 20"))).to_be_visible()
    desk_page = visit(amina, DESKTOP)
    for path, name in (("/given", "given-desk"), (f"/campaigns/{project}", "join-desk")):
        desk_page.goto(hall.url + path)
        shot(desk_page, name, full=True)


def test_who_refuses_everything_works_on_as_before_without_any_script(
    hall: Hall, visit: Visitors
) -> None:
    esi = hall.person("Esi")
    ordinary = project_of(hall, "read-aloud", esi, 2)
    campaign = campaign_of(hall)
    page = visit(esi, PHONE, java_script_enabled=False)
    page.goto(f"{hall.url}/campaigns/{campaign}")
    page.get_by_role("button", name="No, I do not take part").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your work")
    expect(page.get_by_text("You said no, and nothing followed from it")).to_be_visible()
    expect(page.locator(f'a[href="/campaigns/{campaign}"]')).to_have_count(1)
    expect(page.locator(f'a[href="/work/{ordinary}"]')).to_be_visible()
    shot(page, "join-phone-refused", full=True)

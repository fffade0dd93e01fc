"""Harmful text on a phone: covered, uncovered bit by bit, judged, and its reasons marked."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from fairhand.core.ids import sha256_hex
from fairhand.people.wellbeing.disclosure import words_for_tier
from fairhand.use_cases.agree_to_tier import AgreeToTier, agree_to_tier
from fairhand.use_cases.read_templates import read_template
from tests.browser import PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.hall import Hall
from tests.journeys.texts import Marking, span, text_task
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = "Thanks for the map! But people like you should not cook for others. 🥔"
TITLE = "Comments on a phone"


def hard_project(hall: Hall, amina: int) -> int:
    """The template's questions, at tier 1, and Amina has agreed to see such texts."""
    questions = read_template("toxic-content").questions
    project = hall.project(questions, [text_task("1", WORDS)], [amina], overlap=1, title=TITLE)
    hall.change("UPDATE project SET tier = 1 WHERE id = :p", p=project)
    hall.change("UPDATE queue SET tier = 1, dose = 500 WHERE project_id = :p", p=project)
    sha256 = sha256_hex(words_for_tier(1).encode())
    agree_to_tier(hall.house.db, AgreeToTier(amina, 1, sha256), hall.clock())
    return project


def look(page: Page, way: str) -> None:
    """Choose how hard content is shown, on the page for that."""
    origin = "/".join(page.url.split("/")[:3])
    page.goto(f"{origin}/wellbeing/content")
    page.get_by_label(way).check()
    page.get_by_role("button", name="Keep this").click()


def test_toxic_text_is_judged_on_a_phone(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hard_project(hall, amina)
    page = visit(amina, PHONE)
    look(page, "Blurred")
    desk = Marking(page)
    desk.open(project)
    text = page.locator(".item-text")

    expect(text).to_be_hidden()
    shot(page, "toxic-covered")
    page.get_by_role("button", name="Show it blurred").tap()
    expect(text).to_be_visible()
    page.get_by_role("button", name="Next sentence").tap()
    expect(page.get_by_text("Which words make it so?")).to_have_count(0)
    page.locator("label.option:has(input[value='hurtful'])").tap()
    expect(page.get_by_text("Which words make it so?")).to_be_visible()
    page.locator("label.option:has(input[value='group'])").tap()
    desk.tap(WORDS, "should")
    desk.tap(WORDS, "others")
    desk.label("These words").tap()
    desk.has(1)
    shot(page, "toxic-marked")
    page.get_by_role("button", name="Cover it").tap()
    expect(page.locator(".marks .quote")).to_be_hidden()
    shot(page, "toxic-covered-again")
    desk.submit_button.tap()

    (answer,) = hall.await_annotations(project, 1)
    assert answer.value == {
        "severity": "hurtful",
        "categories": ["group"],
        "reasons": {"spans": [span(WORDS, "should not cook for others", "reason")]},
    }


def test_harmless_text_asks_nothing_more(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hard_project(hall, amina)
    page = visit(amina, PHONE)
    desk = Marking(page)
    desk.open(project)
    page.get_by_role("button", name="Show it").tap()
    page.locator("label.option:has(input[value='rude'])").tap()
    expect(page.get_by_text("Which words make it so?")).to_be_visible()
    page.locator("label.option:has(input[value='harmless'])").tap()
    expect(page.get_by_text("Which words make it so?")).to_have_count(0)
    expect(desk.text).to_have_count(0)
    desk.submit_button.tap()
    (answer,) = hall.await_annotations(project, 1)
    assert answer.value == {"severity": "harmless"}

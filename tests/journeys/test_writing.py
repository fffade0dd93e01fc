"""Writing with one thumb and by keys alone, and a conversation that three people grow."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from fairhand.core.ids import sha256_hex
from fairhand.model.task import NewTask
from fairhand.use_cases.read_templates import read_template
from fairhand.use_cases.set_conversation_terms import (
    SetConversationTerms,
    set_conversation_terms,
)
from fairhand.work.conversations.rules import Terms
from tests import browser
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {**browser.PHONE, "viewport": {"width": 390, "height": 844}}
DARK = {**browser.DESKTOP, "color_scheme": "dark"}
SMALL = Terms(reviews=2, accept_share=0.6, rankings=1, wanted_messages=3, most_depth=1,
              most_replies=2)  # fmt: skip


def sample(name: str, *rows: int) -> list[NewTask]:
    """Take some tasks of a template's sample."""
    path = read_template(name).sample
    assert path is not None
    lines = path.read_text("utf-8").splitlines()
    return [
        NewTask(json.loads(lines[row]), sha256_hex(lines[row].encode()), f"row {row}")
        for row in rows
    ]


def test_writing_on_a_phone(hall: Hall, visit: Visitors) -> None:
    """Written, looked at as it will be drawn, pasted into, undone, sent; then a draft is mended."""
    amina = hall.person("Amina")
    asked = read_template("demonstrations").questions
    project = hall.project(asked, sample("demonstrations", 2, 4), [amina], overlap=1)
    page = visit(amina, PHONE)
    desk = Desk(page)
    desk.open(project)
    expect(page.locator(".turn.assistant")).to_contain_text("Weather is what happens today")
    field = page.get_by_label("What should the assistant answer?")
    field.tap()
    page.keyboard.type("No. 👩‍🌾")
    expect(page.locator(".count")).to_contain_text("7 characters; at least 10 are needed")
    page.get_by_text("Sure", exact=True).tap()
    desk.submit_button.tap()
    expect(desk.notices).to_contain_text("needs at least 10 characters")
    field.tap()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\n\n1. **One** summer is weather.\n2. Many are climate.")
    shot(page, "writing-phone")
    page.get_by_role("button", name="Preview").tap()
    expect(page.locator(".writing .prose li strong")).to_have_text("One")
    shot(page, "writing-phone-preview", full=True)
    page.get_by_role("button", name="Preview").tap()
    expect(field).to_be_focused()
    page.keyboard.press("Control+z")
    expect(field).to_have_value("No. 👩‍🌾")
    page.keyboard.press("Control+Shift+z")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    desk.submit()

    field = page.get_by_label("What should the assistant answer?")
    expect(field).to_have_value(
        json.loads(json.dumps(sample("demonstrations", 4)[0].data))["draft"]
    )
    field.fill("Let it rise until it has grown by half.  \r\n")
    page.get_by_text("I looked it up").tap()
    desk.submit_button.tap()
    first, second = hall.await_annotations(project, 2)
    assert first.value == {
        "reply": "No. 👩‍🌾\n\n1. **One** summer is weather.\n2. Many are climate.",
        "sure": "sure",
    }
    assert second.value["reply"] == "Let it rise until it has grown by half."


def test_writing_by_keys_alone_outlives_a_reload(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    asked = read_template("demonstrations").questions
    project = hall.project(asked, sample("demonstrations", 0), [amina], overlap=1)
    page = visit(amina, DARK)
    desk = Desk(page)
    desk.open(project)
    page.keyboard.press("w")
    page.keyboard.type("Iron it between two sheets of paper.\ns g h ?")
    page.keyboard.press("Control+m")
    expect(page.locator(".writing .prose")).to_contain_text("Iron it")
    page.keyboard.press("Control+m")
    expect(page.get_by_label("What should the assistant answer?")).to_be_focused()
    shot(page, "writing-desk-dark")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.get_by_label("Sure", exact=False).nth(1)).to_be_checked()
    hall.wait(lambda: hall.rows("SELECT 1 FROM draft WHERE person_id = :person", person=amina))
    page.reload()
    desk.ready()
    field = page.get_by_label("What should the assistant answer?")
    expect(field).to_have_value("Iron it between two sheets of paper.\ns g h ?")
    page.keyboard.press("Control+Enter")
    (one,) = hall.await_annotations(project, 1)
    assert one.value["sure"] == "sure"


def test_a_conversation_grows_from_a_prompt_to_ranked_replies(hall: Hall, visit: Visitors) -> None:
    """Three people, one on a phone; nobody sees their own words again, and the owner reads it."""
    people = [hall.person(name) for name in ("Amina", "Bao", "Esi")]
    asked = read_template("conversation-trees").questions
    tasks = sample("conversation-trees", 0)
    project = hall.project(asked, tasks, people, overlap=1, title="A grove")
    house = hall.house
    set_conversation_terms(
        house.db, SetConversationTerms(hall.carmen, project, SMALL), house.clock()
    )
    carmen = visit(hall.carmen)
    amina, bao, esi = (visit(one, PHONE if one == people[2] else browser.DESKTOP) for one in people)

    def answers(number: int) -> None:
        hall.await_annotations(project, number)
        taken = (
            "SELECT count(*) FROM conversation_answer AS c "
            "JOIN annotation AS a ON a.id = c.annotation_id WHERE a.project_id = :project"
        )
        hall.wait(lambda: hall.rows(taken, project=project)[0][0] >= number)

    def write(page: Page, question: str, words: str) -> None:
        Desk(page).open(project)
        page.get_by_label(question).fill(words)
        page.locator("#submit").click()

    def review(page: Page, seen: str) -> None:
        Desk(page).open(project)
        expect(page.locator(".turn").last).to_contain_text(seen)
        page.get_by_text("Yes, keep it").click()
        page.get_by_text("Excellent").click()
        page.locator("#submit").click()

    write(amina, "What would you ask an assistant?", "Why does my rice stick to the pot?")
    answers(1)
    review(bao, "my rice")
    review(esi, "my rice")
    answers(3)
    write(bao, "What should the assistant answer?", "Rinse it first, and do not stir.")
    write(esi, "What should the assistant answer?", "Buy another pot, perhaps.")
    answers(5)
    for page, seen in ((bao, "another pot"), (esi, "Rinse it")):
        review(page, seen)
    answers(7)
    for page in (bao, esi):
        page.close()
    Desk(amina).open(project)
    for _ in range(2):
        expect(amina.locator(".turn")).to_have_count(2)
        amina.get_by_text("Yes, keep it").click()
        amina.get_by_text("Good", exact=True).click()
        shot(amina, "conversation-review")
        before = Desk(amina).task_id
        amina.locator("#submit").click()
        Desk(amina).moved_on(before)
    answers(9)
    Desk(amina).open(project)
    replies = amina.locator(".reply")
    expect(replies).to_have_count(2)
    first_is_best = "Rinse" in (replies.first.text_content() or "")
    amina.keyboard.press("1" if first_is_best else "2")
    amina.keyboard.press("2" if first_is_best else "1")
    shot(amina, "conversation-rank")
    amina.keyboard.press("Control+Enter")
    answers(10)
    amina.close()

    carmen.goto(f"{hall.url}/projects/{project}/conversations")
    expect(carmen.locator(".way .ok strong")).to_have_text("1")
    shot(carmen, "conversations-desk", full=True)
    carmen.get_by_role("link", name="Why does my rice").click()
    read = carmen.locator(".message")
    expect(read).to_have_count(3)
    expect(read.nth(1)).to_contain_text("Rinse it first")
    expect(read.nth(1)).to_contain_text("Best")
    shot(carmen, "conversation-tree", full=True)
    carmen.set_viewport_size({"width": 390, "height": 844})
    assert carmen.evaluate("document.documentElement.scrollWidth") <= 390
    shot(carmen, "conversation-tree-narrow", full=True)

"""Choices on a desk and on a phone: several questions, one of them sometimes, and a taxonomy."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from fairhand.model.task import NewTask
from fairhand.use_cases.read_templates import read_template
from tests.browser import PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def notes(*words: str) -> list[NewTask]:
    """Tasks with these texts."""
    return [NewTask({"text": one}, f"{n:064x}", f"row {n}") for n, one in enumerate(words)]


def test_a_question_comes_and_goes_with_the_answer_before_it(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    template = read_template("several-questions")
    tasks = notes("You charged me twice, I am angry.", "Thank you!", "Where is it?")
    project = hall.project(template.questions, tasks, [amina], overlap=1)
    page = visit(amina, PHONE)
    desk = Desk(page)
    desk.open(project)
    fields = page.locator("#panel .question")
    expect(fields).to_have_count(2)
    desk.choose("bill")
    desk.choose("upset")
    expect(fields).to_have_count(3)
    desk.choose("money")
    shot(page, "choices-phone", full=True)
    desk.choose("pleased")
    expect(fields).to_have_count(2)
    desk.choose("upset")
    expect(page.locator("input[value='money']")).to_be_checked()
    desk.submit()
    desk.choose("other")
    desk.choose("pleased")
    desk.submit()
    first, second = hall.await_annotations(project, 2)
    assert first.value == {"topic": "bill", "mood": "upset", "needs": ["money"]}
    assert second.value == {"topic": "other", "mood": "pleased"}


def test_a_taxonomy_by_search_and_keys_alone(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    template = read_template("taxonomy")
    project = hall.project(template.questions, notes("Golden crown.", "Meow."), [amina], overlap=1)
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    expect(page.get_by_label("Find a label")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("CRANE")
    expect(page.get_by_text("Labels that fit: 1")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Chosen: Animals › Birds › Crowned crane")).to_be_visible()
    shot(page, "taxonomy-desk")
    before = desk.task_id
    page.keyboard.press("Enter")
    desk.moved_on(before)
    page.get_by_text("Animals", exact=True).click()
    page.get_by_text("Mammals", exact=True).click()
    desk.choose("cat")
    desk.submit()
    said = [one.value for one in hall.await_annotations(project, 2)]
    assert said == [{"kind": "crane"}, {"kind": "cat"}]

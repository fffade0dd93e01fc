"""The whole way of a project with assistance: ticked, learnt from the first answers, and helped."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import Page, expect

from fairhand.model.project import Question
from fairhand.model.task import NewTask
from tests.browser import PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ABOUT = Question(
    "about",
    "choice",
    "What is this message about?",
    {"labels": [{"value": "weather", "title": "Weather"}, {"value": "food", "title": "Food"}]},
)
_WORDS = {
    "weather": "rain sun wind storm cloud snow frost thunder fog drizzle heat sky".split(),
    "food": "bread soup rice beans mango fish butter salt stew kitchen supper cheese".split(),
}
FIRST = 10  # no model learns from fewer
TAUGHT = 40
TASKS = 120


def messages(count: int) -> list[NewTask]:
    """Write messages about two things, half of each, every one different."""
    dice = random.Random(4)
    tasks = []
    for number in range(count):
        about = ("weather", "food")[number % 2]
        said = " ".join(dice.sample(_WORDS[about], 4))
        tasks.append(NewTask({"text": f"Day {number}: {said}."}, f"{number:064x}", f"row {number}"))
    return tasks


def truth(page: Page) -> str:
    """Read the message and say what it is about, as any reader can."""
    words = page.locator(".item-text").inner_text().lower()
    return max(_WORDS, key=lambda about: sum(word in words for word in _WORDS[about]))


def test_from_a_tick_to_proposals_that_people_accept(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(ABOUT, messages(TASKS), [amina], overlap=1)

    owner = visit(hall.carmen)
    owner.goto(f"{hall.url}/projects/{project}")
    owner.get_by_role("link", name="Assist").first.click()
    owner.get_by_role("button", name="Switch assistance on").click()
    expect(owner.get_by_role("heading", name="Assistance")).to_contain_text("on")
    shot(owner, "assist-ticked")

    page = visit(amina, PHONE)
    desk = Desk(page)
    desk.open(project)
    suggestion = page.locator(".proposal")
    expect(suggestion).to_have_count(0)  # nobody can know anything yet
    for _ in range(TAUGHT):
        desk.answer(truth(page))
    taught = hall.await_annotations(project, TAUGHT)
    assert not any(one.prediction_shown for one in taught[:FIRST])  # nothing was learnt yet
    early = sum(one.prediction_shown for one in taught)  # a quick model helps before the last one
    hall.wait(lambda: _shown(hall, project), 240)
    hall.wait(lambda: _proposed(hall, project) >= 20, 240)

    helped = blind = accepted = 0
    while helped < 5:
        # An answer that is still on its way would make the page pass over the task it is sent.
        hall.await_annotations(project, TAUGHT + helped + blind)
        page.reload()
        desk.ready()
        if not comes_with_one(page):
            blind += 1
            desk.answer(truth(page))
            continue
        expect(suggestion).to_have_count(1)
        helped += 1
        right = page.locator("label.option:has(.hint) input").get_attribute("value") == truth(page)
        yes = suggestion.get_by_role("button", name="It is right")
        if helped == 1:
            expect(suggestion).to_contain_text("times in 10")
            shot(page, "assist-proposal-phone")
        if yes.count() and right:
            accepted += 1
            before = desk.task_id
            yes.click()
            desk.moved_on(before)
        else:
            desk.answer(truth(page))
    stored = hall.await_annotations(project, TAUGHT + helped + blind)
    assert sum(one.prediction_shown for one in stored) == early + helped

    owner.reload()
    expect(owner.get_by_role("heading", name="What is this message about?")).to_be_visible()
    shot(owner, "assist-curve", full=True)
    owner.get_by_role("link", name="Models").click()
    expect(owner.get_by_text("held-out", exact=False).first).to_be_visible()
    shot(owner, "assist-models", full=True)


def comes_with_one(page: Page) -> bool:
    """Say whether the page was sent a suggestion with its task; it is drawn a moment later."""
    sent = "() => Boolean(JSON.parse(document.getElementById('task').textContent).task?.prediction)"
    return bool(page.evaluate(sent))


def _shown(hall: Hall, project: int) -> bool:
    query = "SELECT model_version_id FROM project WHERE id = :project"
    return hall.rows(query, project=project)[0][0] is not None


def _proposed(hall: Hall, project: int) -> int:
    query = "SELECT COUNT(*) FROM prediction WHERE project_id = :project"
    return int(hall.rows(query, project=project)[0][0])

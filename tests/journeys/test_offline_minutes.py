"""A shift without network pays the same minutes, and what was quiet is asked about once."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import DIGIT, digits
from tests.journeys.test_trouble import NO_NETWORK
from tests.journeys.watch import shot

pytestmark = pytest.mark.browser

HALF_AN_HOUR = 30 * 60_000
EACH = 180_000


def test_minutes_worked_without_network_are_paid_and_the_rest_is_asked_about_once(
    quiet_hall: Hall, visit_quietly: Visitors
) -> None:
    hall, visit = quiet_hall, visit_quietly
    bao = hall.person("Bao")
    project = hall.project(DIGIT, digits(8), [bao])
    page = visit(bao, PHONE)
    visit.watch(page).expect(NO_NETWORK)
    page.clock.install()
    desk = Desk(page)
    desk.open(project)
    button = page.get_by_role("button", name="Take tasks offline")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#offline-count")).to_have_text("8 tasks are on this device.")
    desk.says("You can go without network now")
    shot(page, "offline-taken-along")

    page.context.set_offline(True)
    for value in "1234":
        page.clock.fast_forward(EACH)
        desk.answer(value)
    desk.says("4 saved on this device")
    expect(page.locator("#offline-count")).to_have_text("4 tasks are on this device.")
    hall.clock.ahead_ms += HALF_AN_HOUR  # the journey, as the server's clock sees it

    page.context.set_offline(False)
    hall.await_annotations(project, 4)
    desk.says("Sent")
    paid = hall.paid_ms(bao)
    assert 4 * EACH - 5_000 <= paid <= 4 * EACH + 60_000

    question = page.locator("[data-id=quiet]")
    expect(question).to_contain_text("Was this work?")
    expect(question).to_contain_text("You were quiet for 18 minutes.")
    shot(page, "quiet-question")
    question.get_by_role("button", name="Yes, all of it").click()
    desk.says("18 minutes more are paid.")
    expect(question).to_have_count(0)
    hall.wait(lambda: hall.paid_ms(bao) >= HALF_AN_HOUR)
    assert hall.paid_ms(bao) <= HALF_AN_HOUR + 120_000

    page.goto(f"{hall.url}/earnings/time")
    expect(page.locator("table.stacks")).to_contain_text("your word")
    shot(page, "own-time-after-offline")

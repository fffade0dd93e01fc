"""Marking words: by keys alone, by touch, with emoji and Arabic; suggestions; relations."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from fairhand.model.project import Question
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.hall import Hall
from tests.journeys.test_every_kind import barriers
from tests.journeys.texts import FARMER, NAMES, Marking, span, text_task
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MEETING = f"Neema {FARMER} alikutana na Juma Bakari wa Soko Huru mjini Dodoma. Juma anamjua Neema."
ARABIC = "زارت ليلى 😀 مدينة القاهرة مع أحمد."
SECOND = "Nobody is named here."


def test_spans_and_relations_by_keys_alone(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    tasks = [text_task("1", MEETING), text_task("2", SECOND)]
    project = hall.project(NAMES, tasks, [amina], overlap=1, title="Names by keys")
    page = visit(amina, DESKTOP)
    desk = Marking(page)
    desk.open(project)
    keys = page.keyboard
    if SECOND in desk.text.inner_text():
        keys.press("s")
        desk.moved_on(desk.task_id)
    keys.press("e")
    expect(desk.text).to_be_focused()
    keys.press("ArrowRight")
    desk.says("Neema")
    keys.press("1")
    desk.has(1)
    for _ in range(4):
        keys.press("ArrowRight")
    keys.press("Shift+ArrowRight")
    desk.says("Juma Bakari")
    keys.press("1")
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("Shift+ArrowRight")
    desk.says("Soko Huru")
    keys.press("3")
    desk.has(3)
    shot(page, "spans-by-keys")
    expect(page.get_by_role("button", name="works for")).to_be_visible()
    keys.press("p")
    expect(desk.marks.nth(1)).to_have_attribute("aria-pressed", "true")
    keys.press("4")  # works for
    keys.press("n")
    keys.press("4")
    desk.says("works for")
    keys.press("i")
    desk.says("Soko Huru mjini")
    keys.press("u")
    keys.press("2")
    expect(desk.marks.nth(2)).to_contain_text("Place")
    keys.press("Control+z")
    expect(desk.marks.nth(2)).to_contain_text("Company")
    shot(page, "relations-by-keys")
    assert barriers(page) == []
    before = desk.task_id
    keys.press("Enter")
    desk.moved_on(before)

    (answer,) = hall.await_annotations(project, 1)
    assert answer.value["names"] == {
        "spans": [
            span(MEETING, "Neema", "person"),
            span(MEETING, "Juma Bakari", "person"),
            span(MEETING, "Soko Huru", "firm"),
        ],
        "relations": [{"from": 1, "to": 2, "label": "works for"}],
    }


def test_spans_by_mouse(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(NAMES, [text_task("1", MEETING)], [amina], overlap=1, title="Names")
    page = visit(amina, DESKTOP)
    desk = Marking(page)
    desk.open(project)
    mouse = page.mouse

    desk.label("Place").click()  # ready: what is dragged is marked at once
    mouse.move(*desk.spot(MEETING, "odom"))
    mouse.down()
    mouse.move(*desk.spot(MEETING, "mjini"), steps=4)
    mouse.up()
    desk.has(1)
    mouse.dblclick(*desk.spot(MEETING, "Dodoma"))
    desk.has(2)
    mouse.click(*desk.spot(MEETING, "Neema"))
    page.keyboard.press("Escape")
    mouse.click(*desk.spot(MEETING, "Juma Bakari wa Soko"))
    expect(page.get_by_role("group", name="Selected words")).to_be_visible()
    desk.label("Person").click()
    desk.has(3)
    shot(page, "spans-by-mouse")
    desk.submit_button.click()
    (answer,) = hall.await_annotations(project, 1)
    spans = answer.value["names"]["spans"]
    assert span(MEETING, "mjini Dodoma", "place") in spans
    assert span(MEETING, "Dodoma", "place") in spans


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_spans_by_touch_with_emoji_and_arabic(hall: Hall, visit: Visitors, scheme: str) -> None:
    amina = hall.person("Amina")
    project = hall.project(NAMES, [text_task("1", ARABIC)], [amina], overlap=1, title="Majina")
    page = visit(amina, PHONE, color_scheme=scheme)
    desk = Marking(page)
    desk.open(project)

    desk.tap(ARABIC, "ليلى")
    desk.label("Person").tap()
    desk.has(1)
    desk.tap(ARABIC, "مدينة")
    desk.tap(ARABIC, "القاهرة")
    desk.label("Place").tap()
    desk.has(2)
    desk.tap(ARABIC, "😀")
    desk.label("Company").tap()
    desk.has(3)
    shot(page, f"spans-arabic-{scheme}")
    page.get_by_role("button", name="Remove", exact=True).tap()
    desk.has(2)
    desk.tap(ARABIC, "أحمد")
    desk.label("Person").tap()
    desk.has(3)
    desk.submit_button.tap()
    (answer,) = hall.await_annotations(project, 1)
    assert answer.value["names"]["spans"] == [
        span(ARABIC, "ليلى", "person"),
        span(ARABIC, "مدينة القاهرة", "place"),
        span(ARABIC, "أحمد", "person"),
    ]


def test_suggestions_are_accepted_and_rejected_one_by_one(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    guess = {
        "spans": [
            span(MEETING, "Neema", "person"),
            span(MEETING, "na", "firm"),
            span(MEETING, "Dodoma", "place"),
        ]
    }
    tasks = [text_task("1", MEETING, guess)]
    project = hall.project(NAMES, tasks, [amina], overlap=1, title="Names with suggestions")
    page = visit(amina, DESKTOP)
    desk = Marking(page)
    desk.open(project)
    desk.has(3)
    expect(page.get_by_role("button", name="Accept all")).to_be_visible()
    shot(page, "spans-suggested")
    desk.submit_button.click()
    expect(desk.notices).to_contain_text("3 suggestions wait")
    page.keyboard.press("n")
    page.keyboard.press("y")
    page.keyboard.press("x")
    page.keyboard.press("y")
    desk.has(2)
    desk.submit_button.click()
    (answer,) = hall.await_annotations(project, 1)
    assert answer.value["names"] == {
        "spans": [span(MEETING, "Neema", "person"), span(MEETING, "Dodoma", "place")]
    }
    assert (answer.prediction_shown, answer.prediction_changed) == (True, True)


def test_two_questions_share_one_text_in_a_browser_without_highlights(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    places = Question("places", "spans", "Where?", {"labels": [{"value": "where"}]}, required=False)
    tasks = [text_task("1", MEETING)]
    project = hall.project((NAMES, places), tasks, [amina], overlap=1, title="Old browser")
    page = visit(amina, DESKTOP)
    page.add_init_script("delete globalThis.Highlight")
    desk = Marking(page)
    desk.open(project)
    expect(desk.text).to_be_visible()

    def pick(part: str) -> None:
        page.mouse.click(*desk.spot(MEETING, part))
        expect(page.get_by_role("group", name="Selected words").first).to_be_visible()

    pick("Dodoma")
    desk.label("Place").click()
    expect(desk.text.locator("mark")).to_have_text("Dodoma")
    pick("mjini")
    page.keyboard.press("4")  # the other question's label
    expect(page.get_by_role("button", name="where mjini")).to_be_visible()
    expect(page.get_by_role("group", name="Selected words")).to_have_count(0)
    expect(desk.text.locator("mark")).to_have_count(2)
    shot(page, "spans-two-questions")
    page.keyboard.press("Control+z")
    expect(desk.text.locator("mark")).to_have_count(1)
    page.keyboard.press("Control+y")
    expect(desk.text.locator("mark")).to_have_count(2)
    desk.submit_button.click()
    (answer,) = hall.await_annotations(project, 1)
    assert answer.value == {
        "names": {"spans": [span(MEETING, "Dodoma", "place")]},
        "places": {"spans": [span(MEETING, "mjini", "where")]},
    }

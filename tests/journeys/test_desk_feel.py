"""How the task page feels: one history, movable keys, a guide beside the work, many languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from fairhand.core.words import desk_words
from fairhand.use_cases.answer_remark import AnswerRemark, answer_remark
from fairhand.use_cases.change_examples import AddExample, add_example
from fairhand.use_cases.change_guidelines import ChangeGuidelines, change_guidelines
from fairhand.use_cases.read_guide import list_remarks
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import DIGIT, digits
from tests.journeys.test_small_screens import check_fit
from tests.journeys.test_trouble import NO_NETWORK
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDE_PHONE = {**PHONE, "viewport": {"width": 390, "height": 844}}
HALF = {**DESKTOP, "viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}
"""A desk of 1280 x 800 at a zoom of 200 %."""


def test_one_history_leads_back_through_changes_and_answers_by_keys_alone(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(4), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    first = desk.task_id
    back, again = page.locator("#back"), page.locator("#again")
    expect(again).to_be_hidden()

    page.keyboard.press("3")
    expect(back).to_have_text("Undo")
    page.keyboard.press("8")
    page.keyboard.press("Control+z")
    expect(page.locator("input[value='3']")).to_be_checked()
    page.keyboard.press("Control+z")
    expect(page.locator("#panel input:checked")).to_have_count(0)
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+Shift+z")
    expect(page.locator("input[value='8']")).to_be_checked()
    shot(page, "history-redone")
    page.keyboard.press("Enter")
    desk.moved_on(first)
    expect(back).to_have_text("Undo last")
    hall.await_annotations(project, 1)
    desk.says("Sent")

    second = desk.task_id
    page.keyboard.press("5")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator("#revising")).to_be_visible()
    assert desk.task_id == first
    expect(page.locator("input[value='8']")).to_be_checked()
    expect(again).to_be_visible()
    again.click()
    desk.moved_on(first)
    assert desk.task_id == second
    answers = hall.await_annotations(project, 2)
    assert [(one.task_id, one.value["digit"], one.revision) for one in answers] == [
        (first, "8", 1),
        (first, "8", 2),
    ]


def test_a_key_changes_places_with_another_and_is_kept_on_the_device(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(3), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    first = desk.task_id
    page.keyboard.press("?")
    sheet = page.locator("#shortcuts")
    sheet.get_by_role("button", name=re.compile(r"^Skip \(paid\): S")).click()
    page.keyboard.press("7")
    expect(sheet.get_by_role("status")).to_contain_text("had that key: it is S now")
    shot(page, "shortcut-sheet")
    sheet.get_by_role("button", name="Close").click()
    expect(page.locator("label.option:has(input[value='7']) kbd")).to_have_text("S")
    page.keyboard.press("s")
    expect(page.locator("input[value='7']")).to_be_checked()
    page.keyboard.press("7")
    desk.moved_on(first)
    hall.wait(lambda: hall.rows("SELECT 1 FROM skip WHERE task_id = :task", task=first))

    page.reload()
    desk.ready()
    expect(page.locator("label.option:has(input[value='7']) kbd")).to_have_text("S")
    page.keyboard.press("?")
    sheet.get_by_role("button", name="Every key in its own place").click()
    sheet.get_by_label("Single keys work as shortcuts").uncheck()
    sheet.get_by_role("button", name="Close").click()
    expect(page.locator("label.option:has(input[value='7']) kbd")).to_be_hidden()
    page.keyboard.press("7")
    expect(page.locator("#panel input:checked")).to_have_count(0)


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_the_guide_tells_what_is_new_and_takes_a_question_even_without_network(
    hall: Hall, visit: Visitors, device: str
) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(4), [amina])
    db, now = hall.house.db, hall.clock
    page = visit(amina, DESKTOP if device == "desktop" else WIDE_PHONE)
    visit.watch(page).expect(NO_NETWORK)
    desk = Desk(page)
    desk.open(project)
    task = desk.task_id
    page.locator("#open-guidelines").click()
    drawer = page.locator("#guidelines")
    expect(drawer.locator("#guide-ask form")).to_be_visible()
    hall.wait(lambda: hall.rows("SELECT 1 FROM guideline_reading WHERE person_id = :p", p=amina))
    if device == "desktop":
        desk.choose("4")
        expect(drawer).to_be_visible()
    drawer.get_by_role("button", name="Close").click()

    page.context.set_offline(True)
    page.locator("#unclear").click()
    drawer.get_by_label("Your words").fill("Is a 1 with a foot still a 1?")
    drawer.get_by_role("button", name="Send").click()
    desk.says("1 saved on this device")
    assert desk.task_id == task, "nothing was paused"
    page.context.set_offline(False)
    hall.wait(lambda: list_remarks(db, project))
    desk.says("Your words are with the owner.")

    (asked,) = list_remarks(db, project)
    answer = AnswerRemark(hall.carmen, project, asked.id, "Yes, feet and all.", True)
    answer_remark(db, answer, now())
    words = "# Look closely\n\nThen decide without haste. **Skip** what you cannot tell."
    change_guidelines(db, ChangeGuidelines(hall.carmen, project, words), now())
    other = hall.rows("SELECT MAX(id) FROM task WHERE project_id = :p", p=project)[0][0]
    why = "The loop is open."
    add_example(db, AddExample(hall.carmen, project, other, {"digit": "1"}, False, why), now())

    page.reload()
    desk.ready()
    guide = page.locator("#open-guidelines")
    expect(guide).to_have_class(re.compile("news"))
    guide.click()
    expect(drawer.locator("ins")).to_contain_text(["without haste"])
    expect(drawer).to_contain_text("Yes, feet and all.")
    expect(drawer.locator("figure")).to_contain_text("The loop is open.")
    drawer.locator("figure img").evaluate("image => image.decode()")
    shot(page, f"guide-{device}")
    if device == "phone":
        check_fit(page)
    hall.wait(
        lambda: hall.rows(
            "SELECT 1 FROM guideline_reading WHERE person_id = :p AND version = 2", p=amina
        )
    )


def test_twenty_answers_without_network_across_a_reload_are_stored_once_and_paid(
    hall: Hall, visit: Visitors
) -> None:
    bao = hall.person("Bao")
    project = hall.project(DIGIT, digits(22), [bao])
    page = visit(bao, PHONE)
    visit.watch(page).expect(NO_NETWORK)
    desk = Desk(page)
    desk.open(project)
    page.get_by_role("button", name="Take tasks offline").click()
    expect(page.locator("#offline-count")).to_have_text("20 tasks are on this device.")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.wait_for_function(
        "async () => (await (await caches.open('fairhand-images')).keys()).length >= 20"
    )

    page.context.set_offline(True)
    answered = [desk.answer(str(number % 10)) for number in range(10)]
    page.reload()
    desk.ready()
    desk.says("10 saved on this device")
    answered += [desk.answer(str(number % 10)) for number in range(9)]
    answered.append(desk.task_id)
    desk.choose("9")
    desk.submit_button.click()
    desk.says("20 saved on this device")
    assert hall.annotations(project) == []
    shot(page, "offline-twenty")

    page.context.set_offline(False)
    answers = hall.await_annotations(project, 20)
    assert [one.task_id for one in answers[:20]] == answered
    assert len({one.task_id for one in answers}) == 20
    assert all(one.counted and one.revision == 1 for one in answers)
    desk.says("Sent")
    page.reload()
    desk.ready()
    assert len(hall.annotations(project)) == 20
    accruals = hall.rows("SELECT COUNT(*) FROM accrual WHERE person_id = :p", p=bao)
    assert accruals[0][0] >= 20
    assert hall.paid_ms(bao) > 0


def test_the_task_page_is_read_from_right_to_left_in_arabic(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    hall.change("UPDATE person SET locale = 'ar' WHERE id = :p", p=amina)
    project = hall.project(DIGIT, digits(3), [amina])
    page = visit(amina, {**WIDE_PHONE, "color_scheme": "dark"})
    desk = Desk(page)
    page.goto(f"{hall.url}/work/{project}")
    desk.ready()
    say = desk_words("ar")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("html").get_attribute("lang") == "ar"
    expect(desk.submit_button).to_contain_text(say("Submit"))
    desk.choose("4")
    expect(page.locator("#back")).to_have_text(say("Undo"))
    desk.says(say("Draft saved."))
    shot(page, "arabic-dark-phone")
    page.locator("#unclear").click()
    expect(page.locator("#guide-ask")).to_contain_text(say("Your words"))
    check_fit(page)
    shot(page, "arabic-guide")


def test_at_a_zoom_of_200_per_cent_all_can_be_reached(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(3), [amina])
    page = visit(amina, HALF)
    desk = Desk(page)
    desk.open(project)
    shot(page, "zoom-200")
    check_fit(page)
    for control in ("#submit", "#skip", "#back", "#unclear", "#open-guidelines", "#stage"):
        page.locator(control).scroll_into_view_if_needed()
        expect(page.locator(control)).to_be_in_viewport(ratio=0.5)
    desk.answer("2")
    hall.await_annotations(project, 1)

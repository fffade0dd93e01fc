"""What the task page keeps, and what it does not: answers taken back, tools, hard content."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from fairhand.core.ids import sha256_hex
from fairhand.people.wellbeing.disclosure import words_for_tier
from fairhand.use_cases.agree_to_tier import AgreeToTier, agree_to_tier
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import DIGIT, STRUCTURES, digits, tissue
from tests.journeys.test_hard_words import look
from tests.journeys.test_preferences import asked, sample
from tests.journeys.test_trouble import NO_NETWORK, hold_tasks_offline
from tests.journeys.test_voices import project_of
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SUBMIT = re.compile(r"/tasks/\d+/submit$")
OUTBOX = """
person => new Promise((resolve, reject) => {
  const request = indexedDB.open(`fairhand-${person}`);
  request.onerror = () => reject(request.error);
  request.onsuccess = () => {
    const all = request.result.transaction('outbox').objectStore('outbox').getAll();
    all.onsuccess = () => { request.result.close(); resolve(JSON.stringify(all.result)); };
  };
})
"""


def agree(hall: Hall, person: int) -> None:
    sha256 = sha256_hex(words_for_tier(1).encode())
    agree_to_tier(hall.house.db, AgreeToTier(person, 1, sha256), hall.clock())


def test_an_answer_taken_back_is_still_there_after_the_page_was_closed(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(4), [amina])
    page = visit(amina)
    visit.watch(page).expect(NO_NETWORK)
    desk = Desk(page)
    desk.open(project)
    hold_tasks_offline(page)
    expect(page.locator("#offline-count")).to_contain_text("4 tasks")
    page.route(SUBMIT, lambda _: None)  # the first answer is on its way, and stays there
    desk.answer("3")
    second = desk.answer("8")
    page.locator("#back").click()
    expect(page.locator("input[value='8']")).to_be_checked()
    assert desk.task_id == second
    page.unroute(SUBMIT)
    page.reload()
    desk.ready()
    for _ in range(3):
        if desk.task_id == second:
            break
        desk.answer("1")
    assert desk.task_id == second
    expect(page.locator("input[value='8']")).to_be_checked()


def test_taking_away_a_word_while_writing_takes_back_no_answer(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(4), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    desk.answer("3")
    desk.says("Sent")
    second = desk.task_id
    page.locator("#unclear").click()
    words = page.get_by_label("Your words")
    words.fill("Is this a seven")
    words.press("Control+Backspace")
    expect(words).to_have_value("Is this a ")
    page.wait_for_timeout(200)
    assert desk.task_id == second
    expect(page.locator("#revising")).to_be_hidden()


def test_space_ticks_a_box_also_where_space_plays_a_sound(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = project_of(hall, "who-speaks", amina, 1)
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    nothing = page.get_by_label("There is nothing to mark")
    page.keyboard.press("Tab")
    nothing.focus()
    page.keyboard.press("Space")
    expect(nothing).to_be_checked()
    expect(page.get_by_role("button", name=re.compile("^Play"))).to_be_visible()


def test_tools_that_nobody_has_used_yet_are_there_in_a_tunnel(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(STRUCTURES, tissue(2), [amina])
    page = visit(amina)
    visit.watch(page).expect(NO_NETWORK)
    desk = Desk(page)
    desk.open(project)
    page.wait_for_function(
        """async () => {
          const kept = (await (await caches.open('fairhand-shell')).keys()).map((one) => one.url);
          return ['shape', 'clicks', 'pieces', 'hand', 'guide', 'sheet']
            .every((name) => kept.some((url) => url.includes(`/desk/${name}.js`)));
        }"""
    )
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.keyboard.press("p")
    expect(page.get_by_role("button", name=re.compile("Finish shape"))).to_be_visible()
    page.context.set_offline(False)


def test_hard_talk_is_blurred_piece_by_piece_and_is_never_on_the_device(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(asked("preference"), sample("preference", 2), [amina])
    hall.change("UPDATE project SET tier = 1 WHERE id = :p", p=project)
    hall.change("UPDATE queue SET tier = 1, dose = 500 WHERE project_id = :p", p=project)
    agree(hall, amina)
    page = visit(amina)
    visit.watch(page).expect(NO_NETWORK)
    look(page, "Blurred")
    desk = Desk(page)
    desk.open(project)
    pieces = page.locator(".stage .prose")
    expect(pieces.first).to_be_hidden()
    page.get_by_role("button", name="Show it blurred").click()
    expect(pieces.first).to_be_visible()
    blurred = [str(one.evaluate("node => node.style.filter")) for one in pieces.all()]
    assert blurred == ["blur(0.4em)"] * len(blurred)
    shot(page, "hard-talk-blurred")
    words = pieces.first.text_content() or ""
    pieces.first.locator("..").get_by_role("button", name="Show it", exact=True).click()
    assert pieces.first.evaluate("node => node.style.filter") == ""
    assert pieces.nth(1).evaluate("node => node.inert") is True

    page.route(SUBMIT, lambda _: None)
    page.keyboard.press("1")
    desk.submit()
    kept = json.loads(page.evaluate(OUTBOX, amina))
    assert [one["action"] for one in kept] == ["submit"]
    assert words.strip()[:20] not in json.dumps(kept, ensure_ascii=False)
    page.unroute(SUBMIT)


def blur_of(page: Page) -> tuple[str, bool]:
    """What lies on the canvas: a filter, and whether it can be drawn on."""
    style, inert = page.locator("canvas.mask-canvas").evaluate("it => [it.style.filter, it.inert]")
    return str(style), bool(inert)


def test_what_covers_a_hard_picture_does_not_stay_on_the_next_one(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(STRUCTURES, tissue(3), [amina])
    agree(hall, amina)
    page = visit(amina)
    look(page, "Blurred")
    desk = Desk(page)
    desk.open(project)
    first = desk.task_id
    hall.change("UPDATE queue SET tier = 1, dose = 500 WHERE task_id = :t", t=first)
    page.reload()
    desk.ready()
    assert desk.task_id == first
    page.get_by_role("button", name="Show it blurred").click()
    assert blur_of(page) == ("blur(0.75rem)", False)
    page.get_by_role("button", name="Cover it").click()
    page.locator("#skip").click()
    desk.moved_on(first)
    assert blur_of(page) == ("", False)

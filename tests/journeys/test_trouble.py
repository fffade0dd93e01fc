"""Tunnels, restarts and rules that change while somebody is at work: clear words, nothing lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.browser import PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import DIGIT, digits
from tests.journeys.watch import shot

pytestmark = pytest.mark.browser

NO_NETWORK = r"ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED|ERR_EMPTY_RESPONSE"


def hold_tasks_offline(page: Page) -> None:
    """Ask for a batch of tasks for a journey without network."""
    page.locator("#open-shortcuts").click()
    page.get_by_label("Keep up to 20 tasks on this device").check()
    page.locator("#shortcuts").get_by_role("button", name="Close").click()


def test_answers_given_in_a_tunnel_arrive_once_and_are_paid(hall: Hall, visit: Visitors) -> None:
    bao = hall.person("Bao")
    project = hall.project(DIGIT, digits(8), [bao])
    page = visit(bao, PHONE)
    visit.watch(page).expect(NO_NETWORK)
    desk = Desk(page)
    desk.open(project)
    hold_tasks_offline(page)
    held = "SELECT COUNT(*) FROM lease WHERE person_id = :person AND state = 'live'"
    hall.wait(lambda: hall.rows(held, person=bao)[0][0] >= 6)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.wait_for_function(
        "async () => (await (await caches.open('fairhand-images')).keys()).length >= 6"
    )

    page.context.set_offline(True)
    answered = {desk.answer("1"), desk.answer("2"), desk.answer("3")}
    desk.says("3 saved on this device")
    shot(page, "offline-three-saved")
    page.reload()
    desk.ready()
    desk.says("3 saved on this device")
    shot(page, "offline-after-reload")
    answered |= {desk.answer("4"), desk.answer("5")}
    desk.says("5 saved on this device")
    assert hall.annotations(project) == []

    page.context.set_offline(False)
    answers = hall.await_annotations(project, 5)
    desk.says("Sent")
    shot(page, "offline-back-again")
    assert {one.task_id for one in answers} == answered
    assert [one.value["digit"] for one in answers] == ["1", "2", "3", "4", "5"]
    assert all(one.counted and one.revision == 1 for one in answers)
    hall.wait(lambda: hall.paid_ms(bao) > 0)
    page.reload()
    desk.ready()
    assert len(hall.annotations(project)) == 5
    assert desk.task_id not in answered


def test_a_draft_survives_a_reload(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(2), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    task_id = desk.task_id
    desk.choose("6")
    desk.says("Draft saved")

    page.reload()
    desk.ready()
    assert desk.task_id == task_id
    expect(page.locator("input[value='6']")).to_be_checked()
    page.evaluate(
        "indexedDB.databases().then(all => all.map(b => indexedDB.deleteDatabase(b.name)))"
    )
    other = Desk(visit(amina))
    other.open(project)
    assert other.task_id == task_id
    expect(other.page.locator("input[value='6']")).to_be_checked()


def test_an_answer_given_while_the_server_is_away_arrives_when_it_is_back(
    quiet_hall: Hall, visit_quietly: Visitors
) -> None:
    amina = quiet_hall.person("Amina")
    project = quiet_hall.project(DIGIT, digits(4), [amina])
    page = visit_quietly(amina)
    visit_quietly.watch(page).expect(NO_NETWORK)
    desk = Desk(page)
    desk.open(project)
    page.wait_for_function(
        "() => performance.getEntriesByType('resource').some(e => e.name.endsWith('/next'))"
    )
    first = desk.task_id

    quiet_hall.shut()
    desk.choose("7")
    desk.submit_button.click()
    desk.says("saved on this device")
    shot(page, "server-away")
    quiet_hall.open()

    (answer,) = quiet_hall.await_annotations(project, 1)
    assert (answer.task_id, answer.value["digit"], answer.counted) == (first, "7", True)
    desk.says("Sent")
    page.reload()
    desk.ready()
    assert len(quiet_hall.annotations(project)) == 1


def test_a_session_that_ends_keeps_the_answer_until_one_signs_in_again(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(4), [amina])
    page = visit(amina)
    visit.watch(page).expect("status of 401")
    desk = Desk(page)
    desk.open(project)
    hall.end_sessions(amina)

    desk.choose("5")
    desk.submit_button.click()
    expect(desk.notices).to_contain_text(
        "You are signed out. Your answers are safe on this device."
    )
    shot(page, "signed-out")
    page.get_by_role("button", name="Sign in again").click()
    page.wait_for_url(re.compile("/sign-in"))
    assert hall.annotations(project) == []
    page.goto(hall.link(amina))
    page.get_by_role("button", name="Continue").click()
    desk.open(project)

    (answer,) = hall.await_annotations(project, 1)
    assert answer.value["digit"] == "5"


def test_a_task_whose_time_ran_out_is_taken_in_and_paid_all_the_same(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(3), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    task_id = desk.task_id
    hall.change(
        "UPDATE lease SET expires_at = served_at WHERE person_id = :person AND task_id = :task",
        person=amina,
        task=task_id,
    )
    state = "SELECT state FROM lease WHERE person_id = :person AND task_id = :task"
    hall.wait(lambda: hall.rows(state, person=amina, task=task_id) == [("expired",)])

    desk.answer("9")
    (answer,) = hall.await_annotations(project, 1)
    desk.says("Sent")
    assert (answer.task_id, answer.value["digit"]) == (task_id, "9")
    hall.wait(lambda: hall.paid_ms(amina) > 0)


@pytest.mark.parametrize("cause", ["paused", "without money"])
def test_a_project_that_stops_takes_what_was_begun_and_says_why_there_is_no_more(
    hall: Hall, visit: Visitors, cause: str
) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(6), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    if cause == "paused":
        hall.set_mode(project, "paused")
    else:
        hall.change(
            "UPDATE escrow SET left_micros = 0 WHERE project_id = :project", project=project
        )

    desk.answer("5")
    hall.await_annotations(project, 1)
    for _ in range(3):
        if desk.empty.is_hidden():
            desk.answer("5")
    expect(desk.empty).to_be_visible()
    shot(page, f"project-{cause.replace(' ', '-')}")
    expect(desk.empty).to_contain_text("paused" if cause == "paused" else "money")
    expect(desk.empty.get_by_role("button", name="Ask again")).to_be_visible()


def test_a_task_that_the_server_gave_twice_comes_once(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(3), [amina])
    page = visit(amina)
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/next", lambda route: held.append((route, route.fetch())))
    desk = Desk(page)
    desk.open(project)
    first = desk.task_id
    _let_happen(page, lambda: len(held) == 1)
    desk.choose("1")
    desk.submit_button.click()
    _let_happen(page, lambda: len(held) == 2)
    assert {answer.json()["task"]["task_id"] for _, answer in held} != {first}
    for route, answer in held[:]:
        route.fulfill(response=answer)
        page.wait_for_timeout(300)
    for route, answer in held[2:]:
        route.fulfill(response=answer)
    held.clear()
    page.unroute("**/next")
    desk.ready()

    seen = [first, desk.answer("2"), desk.answer("3")]
    expect(desk.empty).to_contain_text("Nothing to do just now")
    assert len(set(seen)) == 3
    assert len(hall.await_annotations(project, 3)) == 3


def _let_happen(page: Page, done: Callable[[], bool]) -> None:
    for _ in range(100):
        if done():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never happened")

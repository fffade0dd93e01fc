"""Judging replies and search results: by keys alone, with one thumb, on a desk and on a phone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from fairhand.core.ids import sha256_hex
from fairhand.labels.replies import deal, seed_of
from fairhand.model.project import Question
from fairhand.model.task import NewPrediction, NewTask
from fairhand.use_cases.read_templates import read_template
from tests import browser
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk, lift_finger
from tests.journeys.hall import Hall
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {**browser.PHONE, "viewport": {"width": 390, "height": 844}}
DARK = {**browser.DESKTOP, "color_scheme": "dark"}


def sample(name: str, most: int) -> tuple[NewTask, ...]:
    """Take the first tasks of a template's sample."""
    path = read_template(name).sample
    assert path is not None
    lines = path.read_text("utf-8").splitlines()[:most]
    return tuple(
        NewTask(data=json.loads(line), fingerprint=sha256_hex(f"{name}{line}".encode()), place=line)
        for line in lines
    )


def asked(name: str) -> tuple[Question, ...]:
    """Ask what a template asks."""
    return read_template(name).questions


def test_preference_by_keyboard_alone(hall: Hall, visit: Visitors) -> None:
    """One key a verdict, a reason in words, the better reply mended: no mouse at any time."""
    amina = hall.person("Amina")
    project = hall.project(asked("preference"), sample("preference", 2), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    first = desk.task_id
    shown = deal(seed_of(amina, first), ["r1", "r2"])
    replies = page.locator(".reply")
    expect(replies).to_have_count(2)
    left, right = (one.bounding_box() for one in replies.all())
    assert left is not None
    assert right is not None
    assert left["y"] == right["y"], "on a desk replies stand side by side"
    assert left["x"] + left["width"] <= right["x"]

    page.keyboard.press("1")
    expect(page.get_by_label("A is much better")).to_be_checked()
    page.keyboard.press("5")
    expect(page.get_by_label("B is slightly better")).to_be_checked()
    page.keyboard.press("Control+z")
    expect(page.get_by_label("A is much better")).to_be_checked()
    page.keyboard.press("w")
    page.keyboard.type("It is right.\nThe other is not.")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.press("Control+End")
    page.keyboard.type(" Indeed.")
    shot(page, "preference-desk")
    page.keyboard.press("Control+Enter")
    desk.moved_on(first)
    second = desk.task_id
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    desk.moved_on(second)

    one, two = hall.await_annotations(project, 2)
    said = one.value["better"]
    assert (said["verdict"], said["better"], said["strength"]) == ("better", shown[0], 3)
    assert said["reason"] == "It is right.\nThe other is not."
    assert said["edited"].endswith(" Indeed.")
    assert said["order"] == shown
    assert two.value["better"]["verdict"] == "both_bad"


def test_preference_on_a_phone(hall: Hall, visit: Visitors) -> None:
    """One reply under another, and a row of buttons in sight that leads from one to the next."""
    amina = hall.person("Amina")
    project = hall.project(asked("preference"), sample("preference", 1), [amina])
    page = visit(amina, PHONE)
    desk = Desk(page)
    desk.open(project)
    upper, lower = (one.bounding_box() for one in page.locator(".reply").all())
    assert upper is not None
    assert lower is not None
    assert upper["y"] + upper["height"] <= lower["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, "preference-phone")
    tab = page.get_by_role("button", name="Reply B")
    tab.tap()
    expect(page.locator(".reply").nth(1)).to_be_focused()
    expect(page.locator(".reply").nth(1)).to_be_in_viewport()
    expect(tab).to_be_in_viewport()
    shot(page, "preference-phone-b")
    page.get_by_text("They are the same").tap()
    desk.submit_button.tap()
    (one,) = hall.await_annotations(project, 1)
    assert one.value["better"]["verdict"] == "tie"


def drag(page: Page, session: CDPSession, grip: Locator, to: tuple[float, float]) -> None:
    """Drag one finger from the middle of a grip."""
    box = grip.bounding_box()
    assert box
    start = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    points = [
        (start[0] + (to[0] - start[0]) * n / 8, start[1] + (to[1] - start[1]) * n / 8)
        for n in range(9)
    ]
    for at, kind in zip(points, ["touchStart", *["touchMove"] * 8], strict=True):
        touch = [{"x": at[0], "y": at[1]}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touch})
    lift_finger(page, session, points[-1])


def test_ranking_by_touch(hall: Hall, visit: Visitors) -> None:
    """Tapped into an order, dragged into another, tied with a button, taken back with keys."""
    amina = hall.person("Amina")
    tasks = sample("reply-ranking", 2)[1:]
    project = hall.project(asked("reply-ranking"), tasks, [amina])
    page = visit(amina, PHONE)
    desk = Desk(page)
    desk.open(project)
    shown = deal(seed_of(amina, desk.task_id), ["plain", "long", "wrong", "off"])
    rows = page.locator(".rank")
    for letter in "BADC":
        page.locator(".waiting-ranks").get_by_role("button", name=f"Reply {letter}").tap()
    expect(rows).to_have_count(4)
    shot(page, "ranking-phone")

    session = page.context.new_cdp_session(page)
    grip = page.locator(".grip[data-id]").last
    grip.scroll_into_view_if_needed()
    top = rows.first.bounding_box()
    assert top
    drag(page, session, grip, (top["x"] + 60, top["y"] + 3))
    expect(rows.first.locator("strong")).to_have_text("C")
    page.get_by_role("button", name="Reply A: tie with the one above").tap()
    expect(rows.nth(2)).to_have_class("rank tied")
    shot(page, "ranking-phone-tied")
    desk.submit_button.tap()

    (one,) = hall.await_annotations(project, 1)
    a, b, c, d = shown
    assert one.value["order"]["ranks"] == [[c], sorted([a, b]), [d]]
    assert one.value["order"]["order"] == shown


def test_ranking_and_best_worst_by_keys(hall: Hall, visit: Visitors) -> None:
    """Digits name the replies in order; arrows move what has the focus."""
    amina = hall.person("Amina")
    ends = Question("ends", "ranking", "Best and worst", {"mode": "best_worst"})
    project = hall.project((*asked("reply-ranking"), ends), sample("reply-ranking", 1), [amina])
    page = visit(amina, DARK)
    desk = Desk(page)
    page.goto(f"{hall.url}/work/{project}")
    expect(page.locator(".ranks")).to_be_attached()
    shown = deal(seed_of(amina, desk.task_id), ["plain", "long", "wrong"])
    for key in ("3", "1", "2", "ArrowUp", "="):
        page.keyboard.press(key)
    rows = page.locator(".rank")
    expect(rows.nth(1).locator("strong")).to_have_text("B")
    expect(rows.nth(2).locator("strong")).to_have_text("A")
    for letter, group in (("A", "Best"), ("C", "Worst")):
        page.get_by_role("group", name=group, exact=True).get_by_label(letter).check()
    shot(page, "ranking-desk-dark")
    page.keyboard.press("Control+Enter")
    (one,) = hall.await_annotations(project, 1)
    a, b, c = shown
    assert one.value["order"]["ranks"] == [sorted([b, c]), [a]]
    assert (one.value["ends"]["best"], one.value["ends"]["worst"]) == (a, c)


def test_rating_every_reply_by_keys(hall: Hall, visit: Visitors) -> None:
    """Six digits rate two replies by three criteria; the next row is always the marked one."""
    amina = hall.person("Amina")
    project = hall.project(asked("rating-by-criteria"), sample("rating-by-criteria", 1), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    shown = deal(seed_of(amina, desk.task_id), ["a", "b"])
    for digit in "543":
        page.keyboard.press(digit)
    expect(page.locator(".rated").nth(3)).to_have_class("rated next")
    shot(page, "rating-desk")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("3 ratings are missing")
    for digit in "215":
        page.keyboard.press(digit)
    page.keyboard.press("Control+Enter")
    (one,) = hall.await_annotations(project, 1)
    replies = one.value["quality"]["replies"]
    assert replies[shown[0]] == {"helpful": 5, "true": 3, "clear": 1}
    assert replies[shown[1]] == {"helpful": 4, "true": 2, "clear": 5}


@pytest.mark.parametrize("device", ["desk", "phone"])
def test_relevance(hall: Hall, visit: Visitors, device: str) -> None:
    """Documents are graded one after another and their sentences marked, by keys or by thumb."""
    amina = hall.person("Amina")
    project = hall.project(asked("search-relevance"), sample("search-relevance", 3)[2:], [amina])
    page = visit(amina, PHONE if device == "phone" else browser.DESKTOP)
    desk = Desk(page)
    page.goto(f"{hall.url}/work/{project}")
    expect(page.locator(".doc")).to_have_count(3)
    shown = deal(seed_of(amina, desk.task_id), ["b1", "b2", "b3"])
    grade = {"b1": "3", "b2": "1", "b3": "0"}
    knot = page.locator(".sentence", has_text="Tie a knot")
    if device == "desk":
        for name in shown:
            page.keyboard.press(grade[name])
        at = shown.index("b1")
        for _ in range(2):
            page.keyboard.press("p")
        for _ in range(at):
            page.keyboard.press("n")
        page.keyboard.press("m")
        page.keyboard.press("ArrowDown")
        expect(knot).to_be_focused()
        page.keyboard.press(" ")
    else:
        for at, name in enumerate(shown):
            option = (
                page.locator(".doc").nth(at).locator(f"label:has(input[value='{grade[name]}'])")
            )
            option.tap()
        knot.tap()
    expect(knot).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#panel")).to_contain_text("3 of 3 documents graded")
    knot.scroll_into_view_if_needed()
    shot(page, f"relevance-{device}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.submit_button.click()
    (one,) = hall.await_annotations(project, 1)
    said = one.value["relevance"]
    assert said["grades"] == {"b1": 3, "b2": 1, "b3": 0}
    assert said["order"] == shown
    text = sample("search-relevance", 3)[2].data["documents"][0]["text"]
    assert [text[s:e] for s, e in said["passages"]["b1"]] == [
        "Tie a knot on each side of the hole in the tube 🚲."
    ]


def test_a_suggested_verdict_can_be_hidden_and_accepted(hall: Hall, visit: Visitors) -> None:
    """What a model proposes is marked, never chosen; taken as it is, it counts as unchanged."""
    amina = hall.person("Amina")
    value = {"better": {"verdict": "better", "better": "r1", "strength": 2}}
    (task,) = sample("preference", 1)
    guessed = replace(task, predictions=(NewPrediction(value, "judge@1", 0.7),))
    project = hall.project(asked("preference")[:1], [guessed], [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    hint = page.locator(".option:has(.hint)")
    expect(hint).to_have_count(1)
    expect(hint.locator("input")).not_to_be_checked()
    page.keyboard.press("h")
    expect(hint.locator(".hint")).to_be_hidden()
    page.keyboard.press("h")
    hint.click()
    desk.submit_button.click()
    (one,) = hall.await_annotations(project, 1)
    assert one.prediction_shown
    assert not one.prediction_changed

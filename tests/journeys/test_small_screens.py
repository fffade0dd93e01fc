"""Every page fits a small phone, in both reading directions, with targets that a thumb can hit."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import DIGIT, STRUCTURES, digits, tissue
from tests.journeys.watch import shot

pytestmark = pytest.mark.browser

TARGET = 44
_OVERFLOW = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return '';
  const wide = [...document.body.querySelectorAll('*')].filter((node) => {
    const box = node.getBoundingClientRect();
    return box.width && (box.right > root.clientWidth + 1 || box.left < -1);
  });
  return wide.slice(0, 5).map((node) => node.outerHTML.slice(0, 120)).join(' | ') || 'somewhere';
}"""
_SMALL = """(least) => [...document.querySelectorAll('button.primary, a.button.primary, #skip,'
    + '#back, .option, button.tool, .desk-head button, nav a')]
  .filter((node) => node.offsetParent !== null)
  .filter((node) => node.getBoundingClientRect().height < least - 0.5)
  .map((node) => node.outerHTML.slice(0, 100) + ' ' + node.getBoundingClientRect().height)"""


def check_fit(page: Page) -> None:
    """Nothing sticks out at the side, in either direction, and nothing important is tiny."""
    assert page.evaluate(_OVERFLOW) == "", f"{page.url} is wider than the phone"
    assert page.evaluate(_SMALL, TARGET) == [], f"{page.url} has targets below {TARGET} px"
    page.evaluate("() => document.documentElement.setAttribute('dir', 'rtl')")
    assert page.evaluate(_OVERFLOW) == "", f"{page.url} is wider than the phone from right to left"


def check_in_view(page: Page, selector: str) -> None:
    """A control lies inside the window without any scrolling."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 640
    assert page.evaluate("() => scrollY") == 0


def test_the_pages_of_the_menu_fit_a_small_phone(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina with a name that goes on and on")
    project = hall.project(
        DIGIT,
        digits(3),
        [amina, hall.carmen],
        title="A title that is longer than any phone is wide",
    )
    desk = Desk(visit(amina))
    desk.open(project)
    desk.answer("1")
    hall.await_annotations(project, 1)
    page = visit(hall.carmen, PHONE)
    links = page.locator("nav a").evaluate_all("nodes => nodes.map((node) => node.href)")
    assert len(links) >= 5
    paths = [link.removeprefix(hall.url) for link in links]
    for path in [*paths, "/projects/new", f"/projects/{project}", "/account", "/no-such-page"]:
        if path == "/no-such-page":
            visit.watch(page).expect("status of 404")
        page.goto(hall.url + path)
        shot(page, f"phone{path.replace('/', '-')}", full=True)
        assert page.locator("header.site").evaluate("node => node.offsetHeight") < 100
        if path in paths:
            expect(page.locator(".site [aria-current]")).to_be_in_viewport(ratio=1)
        check_fit(page)
        shot(page, f"phone{path.replace('/', '-')}-rtl")


def test_the_pages_of_a_contributor_fit_a_small_phone(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    hall.project(DIGIT, digits(3), title="An offer with quite a long title, to see how it wraps")
    page = visit(amina, PHONE)
    for path in ("/", "/earnings", "/log", "/sign-in"):
        page.goto(hall.url + path)
        shot(page, f"phone-contributor{path.replace('/', '-')}", full=True)
        check_fit(page)


@pytest.mark.parametrize("kind", ["choice", "mask"])
def test_a_task_fits_a_small_phone_with_submit_in_view(
    hall: Hall, visit: Visitors, kind: str
) -> None:
    bao = hall.person("Bao")
    asked: dict[str, Any] = {"choice": (DIGIT, digits(3)), "mask": (STRUCTURES, tissue(3))}
    question, tasks = asked[kind]
    page = visit(bao, PHONE)
    project = hall.project(question, tasks, [bao])
    desk = Desk(page)
    desk.open(project)
    for control in ("#submit", "#skip", "#back", "#stage", ".question legend"):
        check_in_view(page, control)
    shot(page, f"phone-task-{kind}")
    check_fit(page)
    expect(desk.submit_button).to_be_in_viewport(ratio=1)
    shot(page, f"phone-task-{kind}-rtl")
    if kind == "mask":
        assert desk.box()["height"] >= 200, "the picture is too small to draw on"

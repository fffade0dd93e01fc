"""The task page as a person uses it."""

from __future__ import annotations

import re
from itertools import pairwise

from playwright.sync_api import CDPSession, FloatRect, Locator, Page, expect

Point = tuple[float, float]
FINGER_MS = 1_000  # a tap sooner after a drag only stops its fling
REST_MS = 200
SETTLE_MS = 150


def settled_box(target: Locator) -> FloatRect:
    """Where an element is once it has stopped moving: late fonts and sounds shift a page."""
    target.page.wait_for_load_state("networkidle")
    before, now = None, target.bounding_box()
    while before is None or before != now:
        target.page.wait_for_timeout(SETTLE_MS)
        before, now = now, target.bounding_box()
    return before


class Desk:
    """One person's task page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.status = page.locator("#status")
        self.notices = page.locator("#notices")
        self.empty = page.locator("#empty")
        self.canvas = page.locator("canvas.mask-canvas")
        self.submit_button = page.locator("#submit")

    def open(self, project_id: int) -> None:
        """Go to the page of a project and wait for its task."""
        origin = "/".join(self.page.url.split("/")[:3])
        self.page.goto(f"{origin}/work/{project_id}")
        self.ready()

    def ready(self) -> None:
        """Wait until a task can be answered."""
        expect(self.page.locator("#panel .question").first).to_be_visible()

    @property
    def task_id(self) -> int:
        """Which task is on the desk."""
        label = self.page.locator("#desk").get_attribute("aria-label") or ""
        return int(label.rpartition(" ")[2])

    def choose(self, value: str) -> None:
        """Click a label."""
        self.page.locator(f"label.option:has(input[value='{value}'])").click()

    def submit(self) -> None:
        """Press Submit and wait for the next task, or for word that there is none."""
        before = self.task_id
        self.submit_button.click()
        self.moved_on(before)

    def moved_on(self, before: int) -> None:
        """Wait until another task is there, or word that there is none."""
        self.page.wait_for_function(
            "before => document.querySelector('#empty:not([hidden]) button')"
            " || (!document.getElementById('desk').hidden"
            " && document.getElementById('desk').ariaLabel !== 'Task ' + before)",
            arg=before,
        )

    def answer(self, value: str) -> int:
        """Choose and submit; gives the task that was answered."""
        task_id = self.task_id
        self.choose(value)
        self.submit()
        return task_id

    def says(self, words: str | re.Pattern[str]) -> None:
        """Wait for the status line to say something."""
        expect(self.status).to_contain_text(words)

    def box(self) -> FloatRect:
        """Where the canvas lies in the window."""
        found = self.canvas.bounding_box()
        assert found is not None, "there is no canvas"
        return found

    def at(self, x: float, y: float) -> Point:
        """Where a place of the canvas is in the window; x and y from 0 to 1."""
        box = self.box()
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    def stroke(self, *places: Point) -> None:
        """Drag the mouse along places of the canvas."""
        mouse = self.page.mouse
        mouse.move(*self.at(*places[0]))
        mouse.down()
        for place in places[1:]:
            mouse.move(*self.at(*place), steps=6)
        mouse.up()

    def touch_stroke(self, *places: Point) -> None:
        """Drag one finger along places of the canvas, as a touch screen reports it.

        A tap that follows sooner than a finger can is taken for a part of the same gesture.
        """
        session = self.page.context.new_cdp_session(self.page)
        points = [self.at(*place) for place in places]
        _touch(session, "touchStart", points[0])
        for start, end in pairwise(points):
            for step in range(1, 7):
                share = step / 6
                x = start[0] + (end[0] - start[0]) * share
                y = start[1] + (end[1] - start[1]) * share
                _touch(session, "touchMove", (x, y))
        lift_finger(self.page, session, points[-1])
        session.detach()

    def tool(self, name: str) -> Locator:
        """Find a button of the drawing tools."""
        return self.page.locator("button.tool", has_text=re.compile(rf"^{name}"))


def lift_finger(page: Page, session: CDPSession, at: Point) -> None:
    """Let a finger rest before it leaves the screen: lifted as it moves, it would throw the page.

    On a busy machine the throw lasts until after the next tap, which then only stops it.
    """
    page.wait_for_timeout(REST_MS)
    _touch(session, "touchMove", (at[0] + 0.5, at[1]))
    page.wait_for_timeout(REST_MS)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(FINGER_MS)


def _touch(session: CDPSession, kind: str, at: Point) -> None:
    points = [{"x": at[0], "y": at[1], "radiusX": 4, "radiusY": 4, "force": 0.5}]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

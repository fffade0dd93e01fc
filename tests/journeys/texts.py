"""Texts to mark, and the task page of a person who marks them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from fairhand.model.project import Question
from fairhand.model.task import NewPrediction, NewTask
from tests.journeys.desk import Desk

FARMER = "👩🏽‍🌾"

NAMES = Question(
    "names",
    "spans",
    "Mark every name",
    {
        "labels": [
            {"value": "person", "title": "Person"},
            {"value": "place", "title": "Place"},
            {"value": "firm", "title": "Company"},
        ],
        "relations": [
            {"value": "works for", "title": "works for", "from": ["person"], "to": ["firm"]},
            {"value": "knows", "title": "knows", "directed": False},
        ],
    },
)


def text_task(place: str, words: str, guess: Any = None) -> NewTask:  # noqa: ANN401
    """One text to mark, perhaps with what a model suggests."""
    made = (NewPrediction({NAMES.name: guess}, "names@1", 0.7),) if guess else ()
    return NewTask({"text": words}, f"text-{place}", place, predictions=made)


def points(words: str, part: str) -> tuple[int, int]:
    """Where a part of a text lies, in code points."""
    start = words.index(part)
    return start, start + len(part)


def span(words: str, part: str, label: str) -> dict[str, Any]:
    """The span of a part of a text."""
    start, end = points(words, part)
    return {"start": start, "end": end, "label": label}


class Marking(Desk):
    """A task page with a text to mark."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.text = page.locator(".item-text.marking")
        self.marks = page.locator(".marks > li > button")

    def spot(self, words: str, part: str) -> tuple[float, float]:
        """Where the middle of a part of the text is in the window."""
        start = words.index(part)
        units = len(words[:start].encode("utf-16-le")) // 2
        length = len(part.encode("utf-16-le")) // 2
        found = self.text.evaluate(
            """(text, [from, length]) => {
              const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
              let node, at = 0;
              const range = document.createRange();
              while ((node = walker.nextNode())) {
                const end = at + node.length;
                if (from >= at && from < end) range.setStart(node, from - at);
                if (from + length > at && from + length <= end) {
                  range.setEnd(node, from + length - at);
                  break;
                }
                at = end;
              }
              const box = range.getClientRects()[0];
              return [box.left + box.width / 2, box.top + box.height / 2];
            }""",
            [units, length],
        )
        return found[0], found[1]

    def tap(self, words: str, part: str) -> None:
        """Touch a word."""
        self.page.touchscreen.tap(*self.spot(words, part))

    def label(self, title: str) -> Locator:
        """The button of a label."""
        return self.page.get_by_role("group", name="Labels").get_by_role("button", name=title)

    def has(self, number: int) -> None:
        """Wait until so many marks are listed."""
        expect(self.marks).to_have_count(number)

"""Boxes, outlines and key points as people draw them: by keys alone, by mouse, with one finger."""

from __future__ import annotations

import csv
import json
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike
from PIL import Image
from playwright.sync_api import Page, expect

from fairhand.demo.sample import make_task
from fairhand.model.project import Question
from fairhand.model.task import NewPrediction, NewTask
from fairhand.use_cases.read_templates import FOLDER, read_template
from tests.browser import DESKTOP, PHONE
from tests.data import data_dir
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE_390: dict[str, Any] = {**PHONE, "viewport": {"width": 390, "height": 844}}
DARK: dict[str, Any] = {**DESKTOP, "color_scheme": "dark"}


def sample(template: str, guess: bool = False) -> tuple[Question, list[NewTask], list[Any]]:
    """The question of a template, its tasks, and what is right for them."""
    (question,) = read_template(template).questions
    folder = FOLDER / template / "sample"
    lines = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    values = [line["value"] for line in lines]
    rows = [json.loads(line) for line in (folder / "tasks.jsonl").read_text().splitlines()]
    tasks = []
    for row, value in zip(rows, values, strict=True):
        with Image.open(folder / row["image"]) as opened:
            pixels = np.asarray(opened.convert("RGB"))
        guesses = (NewPrediction(value, "finder@1", 0.8),) if guess else ()
        tasks.append(make_task(row["image"], "drawn", pixels, guesses))
    return question, tasks, [value[question.name] for value in values]


def blood(count: int) -> tuple[list[NewTask], list[list[list[float]]]]:
    """Pictures of blood from the data folder, and the boxes of their white cells."""
    folder = data_dir("boxes_bloodcells")
    with (folder / "boxes.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    tasks, truths = [], []
    for name, group in groupby(rows, key=lambda row: row["image"]):
        white = [row for row in group if row["label"] == "WBC"]
        if len(white) != 1 or not (folder / name).is_file():
            continue
        with Image.open(folder / name) as opened:
            pixels = np.asarray(opened.convert("RGB"))
        truths.append(
            [[float(row[side]) for side in ("xmin", "ymin", "xmax", "ymax")] for row in white]
        )
        tasks.append(make_task(name, "BCCD", pixels, ()))
        if len(tasks) == count:
            break
    return tasks, truths


class Paper:
    """The picture on the canvas, fitted: where one of its pixels is in the window."""

    def __init__(self, desk: Desk, width: int, height: int) -> None:
        self.desk, self.width, self.height = desk, width, height

    def at(self, x: float, y: float) -> tuple[float, float]:
        box = self.desk.box()
        scale = min(box["width"] / self.width, box["height"] / self.height)
        left = box["x"] + (box["width"] - self.width * scale) / 2
        top = box["y"] + (box["height"] - self.height * scale) / 2
        return left + x * scale, top + y * scale

    def click(self, x: float, y: float) -> None:
        self.desk.page.mouse.click(*self.at(x, y))

    def tap(self, x: float, y: float) -> None:
        self.desk.page.touchscreen.tap(*self.at(x, y))

    def drag(self, *places: tuple[float, float]) -> None:
        mouse = self.desk.page.mouse
        mouse.move(*self.at(*places[0]))
        mouse.down()
        for place in places[1:]:
            mouse.move(*self.at(*place), steps=5)
        mouse.up()


def near(given: ArrayLike, wanted: ArrayLike, by: float) -> bool:
    return bool(np.allclose(given, wanted, atol=by))


def walk(page: Page, dx: int, dy: int) -> None:
    """Move by arrow keys: tens with Shift."""
    for steps, keys in ((dx, ("ArrowLeft", "ArrowRight")), (dy, ("ArrowUp", "ArrowDown"))):
        key = keys[steps > 0]
        for _ in range(abs(steps) // 10):
            page.keyboard.press(f"Shift+{key}")
        for _ in range(abs(steps) % 10):
            page.keyboard.press(key)


def late_tools(page: Page) -> None:
    """Wait for what is fetched after the page is usable."""
    expect(page.locator("summary", has_text="All that is drawn")).to_be_attached()


def test_boxes_by_keys_alone(hall: Hall, visit: Visitors) -> None:
    question, tasks, _ = sample("boxes")
    amina = hall.person("Amina")
    project = hall.project(question, tasks[:2], [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    late_tools(page)

    page.keyboard.press("3")
    page.keyboard.press("b")
    walk(page, -140, -80)  # the cursor begins in the middle: 240, 180
    for dx, dy in ((0, 0), (-20, 30), (20, 40), (30, -30)):
        walk(page, dx, dy)
        page.keyboard.press("Space")
    desk.says("Platelet added, 1 in all.")
    page.keyboard.press("v")
    walk(page, 5, -3)
    page.keyboard.press("r")
    walk(page, -4, 0)
    shot(page, "boxes-keys")
    desk.says("Arrows: left side")
    page.keyboard.press("b")
    page.keyboard.press("1")
    for dx, dy in ((0, 0), (10, 10), (0, 20), (-30, -10)):
        walk(page, dx, dy)
        page.keyboard.press("Space")
    page.keyboard.press(",")
    page.keyboard.press("Delete")
    page.keyboard.press("z")
    page.keyboard.press("z")
    page.keyboard.press("y")
    before = desk.task_id
    page.keyboard.press("Enter")
    desk.moved_on(before)

    (answer,) = hall.await_annotations(project, 1)
    boxes = {one["label"]: one["box"] for one in answer.value["cells"]["boxes"]}
    assert boxes["platelet"] == [81, 97, 135, 167]
    assert "red" in boxes


def test_boxes_by_touch_on_real_blood(hall: Hall, visit: Visitors) -> None:
    tasks, truths = blood(1)
    question = Question(
        "cells", "boxes", "Put a box around every white cell.", {"labels": [{"value": "WBC"}]}
    )
    bao = hall.person("Bao")
    project = hall.project(question, tasks, [bao])
    page = visit(bao, PHONE_390)
    desk = Desk(page)
    desk.open(project)
    paper = Paper(desk, 640, 480)
    left, top, right, bottom = truths[0][0]
    for x, y in (
        ((left + right) / 2, top),
        (left, top + 60),
        (left + 90, bottom),
        (right, top + 80),
    ):
        paper.tap(x, y)
    desk.says("WBC added, 1 in all.")
    shot(page, "boxes-touch")
    desk.tool("Change").tap()
    expect(page.get_by_text("WBC, 1 of 1")).to_be_visible()
    page.get_by_role("button", name="Move right").tap()
    page.get_by_role("button", name="Move left").tap()
    desk.tool("Undo").tap()
    desk.tool("Redo").tap()
    page.locator("#submit").tap()
    (answer,) = hall.await_annotations(project, 1)
    (box,) = answer.value["cells"]["boxes"]
    assert near(box["box"], truths[0][0], 3.0)


def test_suggested_boxes_are_decided_on_one_by_one(hall: Hall, visit: Visitors) -> None:
    question, tasks, truths = sample("boxes", guess=True)
    farid = hall.person("Farid")
    project = hall.project(question, tasks[:1], [farid])
    page = visit(farid, DARK)
    desk = Desk(page)
    desk.open(project)
    late_tools(page)
    count, panel = len(truths[0]["boxes"]), page.locator("#panel")
    expect(panel).to_contain_text(f"{count} to decide on")
    shot(page, "boxes-suggested-dark")
    desk.submit_button.click()
    expect(desk.notices).to_contain_text(f"{count} suggestions are open")
    page.keyboard.press("t")
    expect(panel).to_contain_text(f"{count - 1} to decide on")
    page.keyboard.press("x")
    page.keyboard.press("z")
    page.keyboard.press("x")
    desk.tool("Take the rest").click()
    desk.submit()
    (answer,) = hall.await_annotations(project, 1)
    assert len(answer.value["cells"]["boxes"]) == count - 1
    assert answer.prediction_shown


def test_polygons_by_mouse(hall: Hall, visit: Visitors) -> None:
    question, tasks, truths = sample("polygons")
    amina = hall.person("Amina")
    project = hall.project(question, tasks[:1], [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    late_tools(page)
    paper = Paper(desk, 480, 360)
    house = truths[0]["polygons"][0]["points"]
    for x, y in house:
        paper.click(x, y)
    paper.click(*house[0])
    desk.says("House added, 1 in all.")

    page.keyboard.press("2")
    for corner in ((300, 200), (360, 200), (300, 240), (360, 240)):  # a bow tie
        paper.click(*corner)
    page.keyboard.press("Enter")
    desk.says("Edges cross.")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    paper.click(360, 240)
    paper.click(300, 240)
    desk.tool("Finish shape").click()
    page.keyboard.press("v")
    paper.drag((360, 240), (380, 260))
    paper.drag((330, 200), (330, 185))  # an edge: a corner more
    page.keyboard.press("i")
    expect(desk.tool("Arrows: corner")).to_be_visible()
    page.keyboard.press("u")
    paper.drag((380, 260), (290, 220))  # would cross
    desk.says("edges may not cross")
    shot(page, "polygons-mouse")
    desk.submit()

    (answer,) = hall.await_annotations(project, 1)
    first, second = answer.value["roofs"]["polygons"]
    assert (first["label"], second["label"]) == ("house", "shed")
    assert len(first["points"]) == len(house)
    assert near(sorted(first["points"]), sorted(list(one) for one in house), 1.5)
    wanted = [(300, 200), (300, 240), (330, 185), (360, 200), (380, 260)]
    assert near(sorted(second["points"]), wanted, 1.5)


def test_key_points_by_touch(hall: Hall, visit: Visitors) -> None:
    question, tasks, truths = sample("keypoints")
    amina = hall.person("Amina")
    project = hall.project(question, tasks[1:2], [amina])
    page = visit(amina, PHONE_390)
    desk = Desk(page)
    desk.open(project)
    paper = Paper(desk, 480, 360)
    points = truths[1]["points"]
    for point in points[:-1]:
        if point["state"] == "hidden":
            desk.tool("Covered").tap()
        paper.tap(*point["at"])
    expect(page.locator("#panel")).to_contain_text("1 points to go")
    shot(page, "keypoints-touch")
    desk.submit_button.tap()
    expect(desk.notices).to_contain_text("Right foot")
    desk.tool("Not in the picture").tap()
    expect(page.locator("#panel")).to_contain_text("All points are answered for")
    page.locator("#submit").tap()
    (answer,) = hall.await_annotations(project, 1)
    given = answer.value["figure"]["points"]
    assert [one["state"] for one in given[:-1]] == [one["state"] for one in points[:-1]]
    assert given[-1] == {"label": "right foot", "state": "absent"}
    for one, known in zip(given[:-1], points[:-1], strict=True):
        assert near(one["at"], known["at"], 2.0)

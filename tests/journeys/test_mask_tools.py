"""Masks beyond the brush: shapes to mend, boxes, layers, things one by one, large pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from fairhand.demo.sample import make_task
from fairhand.labels import rle
from fairhand.model.project import Question
from fairhand.model.task import NewPrediction, NewTask
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Mask = NDArray[np.bool_]
SIDE = 160
LARGE_SIDE = 4_096
LABELS = [{"value": "field", "title": "Field"}, {"value": "pond", "title": "Pond"}]
LAYERS = Question("land", "mask", "Paint fields and ponds", {"labels": LABELS})
THINGS = Question("land", "mask", "Outline each", {"labels": LABELS, "instances": True})


def square(top: int, left: int, side: int, size: int = SIDE) -> Mask:
    """Mark a square of a picture."""
    mask = np.zeros((size, size), bool)
    mask[top : top + side, left : left + side] = True
    return mask


SQUARES = [square(10, 10, 40), square(10, 100, 40), square(100, 50, 40)]


def ground(size: int = SIDE) -> NDArray[np.uint8]:
    """Draw a picture with three bright squares on a soft slope of grey."""
    slope = np.linspace(60, 110, size).astype(np.uint8)
    picture = np.repeat(np.repeat(slope[None, :, None], size, axis=0), 3, axis=2)
    for mask in SQUARES if size == SIDE else ():
        picture[mask] = (210, 190, 90)
    return picture


def land(guess: list[Mask] | None = None) -> NewTask:
    """One task, perhaps with a model's things."""
    regions = [{"label": "field", "counts": rle.encode(mask)} for mask in guess or []]
    value = {"land": {"size": [SIDE, SIDE], "regions": regions}}
    return make_task(
        "land.png", "drawn", ground(), (NewPrediction(value, "squares@1", 0.7),) if guess else ()
    )


def regions_of(value: dict[str, Any]) -> list[tuple[str, Mask]]:
    """Decode what was stored."""
    height, width = value["land"]["size"]
    return [
        (one["label"], np.asarray(rle.decode(one["counts"], height, width), bool))
        for one in value["land"]["regions"]
    ]


def place(x: float, y: float, desk: Desk) -> tuple[float, float]:
    """Give where a pixel's middle lies in the canvas, 0 to 1, the whole picture shown."""
    box = desk.box()
    scale = min(box["width"], box["height"]) / SIDE
    left, top = (box["width"] - SIDE * scale) / 2, (box["height"] - SIDE * scale) / 2
    return (left + (x + 0.5) * scale) / box["width"], (top + (y + 0.5) * scale) / box["height"]


def click(page: Page, desk: Desk, x: float, y: float) -> None:
    """Click on a pixel of the picture."""
    page.mouse.click(*desk.at(*place(x, y, desk)))


def test_a_shape_is_mended_point_by_point_and_opened_again_by_undo(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(LAYERS, [land()], [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)

    page.keyboard.press("p")
    for x, y in ((20, 20), (120, 20), (120, 90)):
        click(page, desk, x, y)
    expect(desk.tool("Finish shape")).to_be_enabled()
    desk.stroke(place(120, 90, desk), place(120, 120, desk))  # drag the last point
    click(page, desk, 20, 120)
    click(page, desk, 70, 20)  # a point between the first two
    page.keyboard.press("m")
    click(page, desk, 70, 60)  # is carried there by a click
    shot(page, "mask-shape")
    desk.tool("Finish shape").click()
    expect(desk.tool("Finish shape")).to_be_disabled()
    page.keyboard.press("z")
    expect(desk.tool("Finish shape")).to_be_enabled()
    click(page, desk, 70, 60)
    page.keyboard.press("Backspace")
    desk.tool("Finish shape").click()
    desk.submit()

    (answer,) = hall.await_annotations(project, 1)
    ((label, mask),) = regions_of(answer.value)
    assert label == "field"
    wanted = np.zeros((SIDE, SIDE), bool)
    wanted[20:120, 20:120] = True
    assert (mask ^ wanted).sum() < 250  # the pointer is as fine as the display
    assert mask[30, 70]


def test_a_models_things_are_kept_removed_and_corrected_one_by_one_by_keys(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    guess = [SQUARES[0], SQUARES[1], square(60, 110, 30)]
    project = hall.project(THINGS, [land(guess)], [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)
    told = page.locator(".mask").get_by_role("status")

    expect(told).to_contain_text("3 of them not looked at yet")
    shot(page, "mask-things")
    listed = page.locator(".things button")
    expect(listed).to_have_count(3)
    page.keyboard.press(".")  # the first
    expect(listed.nth(0)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("k")  # is right
    expect(told).to_contain_text("2 of them")
    expect(listed.nth(1)).to_have_attribute("aria-pressed", "true")
    desk.stroke(place(115, 140, desk), place(125, 140, desk))  # is too small: painted on
    expect(told).to_contain_text("1 of them")
    page.keyboard.press(".")
    expect(listed.nth(2)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("d")
    expect(listed).to_have_count(2)
    page.keyboard.press("z")
    expect(listed).to_have_count(3)
    page.keyboard.press("y")
    expect(listed).to_have_count(2)
    shot(page, "mask-things-checked")
    desk.submit()

    (answer,) = hall.await_annotations(project, 1)
    stored = regions_of(answer.value)
    assert sum(np.array_equal(mask, SQUARES[0]) for _, mask in stored) == 1
    (mended,) = [mask for _, mask in stored if mask[20, 120]]
    assert len(stored) == 2
    assert mended[140, 120]
    assert (mended & SQUARES[1]).sum() == SQUARES[1].sum()
    assert answer.prediction_shown
    assert answer.prediction_changed


def test_a_box_of_two_taps_is_outlined_on_a_phone_and_layers_are_hidden(
    hall: Hall, visit: Visitors
) -> None:
    bao = hall.person("Bao")
    project = hall.project(LAYERS, [land()], [bao])
    page = visit(bao, PHONE)
    desk = Desk(page)
    desk.open(project)

    desk.tool("Box").tap()
    expect(page.get_by_text("click two opposite corners")).to_be_visible()
    page.touchscreen.tap(*desk.at(*place(6, 6, desk)))
    page.wait_for_timeout(400)
    with page.expect_response("**/segment") as answered:
        page.touchscreen.tap(*desk.at(*place(54, 54, desk)))
    asked: Any = answered.value.request.post_data_json
    assert asked["clicks"] == []
    assert all(
        abs(got - drawn) <= 2 for got, drawn in zip(asked["box"], (6, 6, 55, 55), strict=True)
    )
    expect(page.locator("#stage[aria-busy]")).to_have_count(0)
    shot(page, "mask-box-phone")
    page.get_by_text("View and brush").tap()
    layer = page.get_by_role("group", name="Layers").get_by_label("Field")
    layer.uncheck()
    shot(page, "mask-layers-phone")
    layer.check()
    page.locator("#submit").tap()

    (answer,) = hall.await_annotations(project, 1)
    ((_, mask),) = regions_of(answer.value)
    together = (mask | SQUARES[0]).sum()
    assert (mask & SQUARES[0]).sum() / together > 0.8


_READ = """
size => {
  const canvas = document.querySelector('canvas.mask-canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const scale = Math.min(canvas.width, canvas.height) / size;
  const left = (canvas.width - size * scale) / 2, top = (canvas.height - size * scale) / 2;
  const found = [];
  for (let y = 5; y < canvas.height; y += 7) for (let x = 3; x < canvas.width; x += 7) {
    const px = Math.floor((x + 0.5 - left) / scale), py = Math.floor((y + 0.5 - top) / scale);
    if (px < 0 || py < 0 || px >= size || py >= size) continue;
    const at = 4 * (y * canvas.width + x);
    found.push([px, py, data[at] + data[at + 1] + data[at + 2] === 0x72 + 0xb2 ? 1 : 0]);
  }
  return found;
}
"""


def test_sixteen_million_pixels_are_stored_as_they_are_seen(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    task = make_task("wide.png", "drawn", ground(LARGE_SIDE), ())
    project = hall.project(LAYERS, [task], [amina])
    page = visit(amina, DESKTOP)
    visit.watch(page).expect("willReadFrequently")
    desk = Desk(page)
    desk.open(project)

    page.get_by_label("Opacity").fill("100")
    desk.stroke((0.3, 0.3), (0.6, 0.35), (0.5, 0.7))
    page.mouse.move(*desk.at(0.4, 0.5))
    page.mouse.wheel(0, -1200)
    desk.stroke((0.1, 0.2), (0.9, 0.8))
    page.keyboard.press("e")
    desk.stroke((0.1, 0.8), (0.9, 0.2))
    page.keyboard.press("o")
    page.mouse.move(5, 400)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    seen = np.array(page.evaluate(_READ, LARGE_SIDE))
    shot(page, "mask-large")
    desk.submit()

    (answer,) = hall.await_annotations(project, 1)
    ((_, mask),) = regions_of(answer.value)
    assert seen[:, 2].sum() > 100
    assert np.array_equal(mask[seen[:, 1], seen[:, 0]], seen[:, 2] == 1)

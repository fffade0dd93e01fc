"""What is drawn on a picture is what is stored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from fairhand.labels import rle
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import STRUCTURES, tissue
from tests.journeys.watch import shot

pytestmark = pytest.mark.browser

DENSE: dict[str, Any] = {**DESKTOP, "device_scale_factor": 2}
SIDE = 128
COLOURS = {"vessel": (0x00, 0x72, 0xB2), "stained": (0x00, 0x9E, 0x73)}
_READ = """
side => {
  const canvas = document.querySelector('canvas.mask-canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const scale = Math.min(canvas.width, canvas.height) / side;
  const left = (canvas.width - side * scale) / 2, top = (canvas.height - side * scale) / 2;
  const colours = [];
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
    const at = 4 * (Math.floor(top + (y + 0.5) * scale) * canvas.width
      + Math.floor(left + (x + 0.5) * scale));
    colours.push(data[at], data[at + 1], data[at + 2]);
  }
  return colours;
}
"""


def glass(page: Page) -> NDArray[np.float64]:
    """Read the colour of every picture pixel off the display, the whole picture shown."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    return np.array(page.evaluate(_READ, SIDE), dtype=np.float64).reshape(SIDE, SIDE, 3)


def seen(bare: NDArray[np.float64], drawn: NDArray[np.float64]) -> NDArray[np.int64]:
    """Tell the label of each pixel by its colour; hatched pixels let half the picture through."""
    found = np.zeros((SIDE, SIDE), dtype=np.int64)
    for label, colour in enumerate(COLOURS.values(), start=1):
        for cover in (1.0, 0.5):
            wanted = bare * (1 - cover) + np.array(colour) * cover
            found[np.abs(drawn - wanted).max(axis=2) <= 2] = label
    return found


def stored(value: dict[str, Any]) -> NDArray[np.int64]:
    """Decode what the database holds into the same map of labels."""
    shown = np.zeros((SIDE, SIDE), dtype=np.int64)
    for region in value["structures"]["regions"]:
        label = 1 + list(COLOURS).index(region["label"])
        shown[rle.decode(region["counts"], SIDE, SIDE)] = label
    return shown


def test_a_mask_drawn_at_zoom_on_a_dense_display_is_stored_pixel_for_pixel(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    project = hall.project(STRUCTURES, tissue(2), [amina])
    page = visit(amina, DENSE)
    visit.watch(page).expect("willReadFrequently")  # the test's own readings
    desk = Desk(page)
    desk.open(project)

    page.keyboard.press("o")
    bare = glass(page)

    desk.stroke((0.45, 0.4), (0.55, 0.5), (0.5, 0.6))
    page.mouse.move(*desk.at(0.52, 0.48))
    page.mouse.wheel(0, -900)
    page.keyboard.press("2")
    page.keyboard.press("[")
    desk.stroke((0.2, 0.2), (0.8, 0.25), (0.75, 0.7))
    page.keyboard.press("e")
    desk.stroke((0.4, 0.1), (0.45, 0.9))
    page.keyboard.press("1")
    page.keyboard.press("p")
    for corner in ((0.1, 0.6), (0.3, 0.65), (0.2, 0.9)):
        page.mouse.click(*desk.at(*corner))
    desk.tool("Finish shape").click()
    shot(page, "mask-at-zoom-2x")

    page.keyboard.press("o")
    page.get_by_label("Opacity").fill("100")
    page.mouse.move(5, 400)
    on_glass = seen(bare, glass(page))
    shot(page, "mask-whole-2x")
    desk.submit()

    (answer,) = hall.await_annotations(project, 1)
    in_database = stored(answer.value)
    assert np.count_nonzero(in_database == 1) > 200
    assert np.count_nonzero(in_database == 2) > 100
    assert np.array_equal(on_glass, in_database)


def test_a_finger_on_a_dense_phone_draws_what_is_stored(hall: Hall, visit: Visitors) -> None:
    bao = hall.person("Bao")
    project = hall.project(STRUCTURES, tissue(2), [bao])
    page = visit(bao, PHONE)
    visit.watch(page).expect("willReadFrequently")
    desk = Desk(page)
    desk.open(project)
    bare = glass(page)

    page.get_by_text("View and brush").tap()
    page.get_by_label("Opacity").fill("100")
    page.get_by_text("View and brush").tap()
    desk.touch_stroke((0.3, 0.3), (0.6, 0.35), (0.5, 0.6))
    desk.tool("Stained").tap()
    expect(desk.tool("Stained")).to_have_attribute("aria-pressed", "true")
    desk.touch_stroke((0.6, 0.7), (0.7, 0.6))
    shot(page, "mask-phone")
    on_glass = seen(bare, glass(page))
    page.locator("#submit").tap()

    (answer,) = hall.await_annotations(project, 1)
    in_database = stored(answer.value)
    assert set(np.unique(in_database)) == {0, 1, 2}
    assert np.array_equal(on_glass, in_database)


def test_undo_takes_a_stroke_back_and_redo_brings_it_again(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(STRUCTURES, tissue(1), [amina])
    page = visit(amina)
    visit.watch(page).expect("willReadFrequently")
    desk = Desk(page)
    desk.open(project)
    bare = glass(page)

    page.get_by_label("Opacity").fill("100")
    desk.stroke((0.3, 0.3), (0.5, 0.3))
    page.mouse.move(5, 400)
    first = seen(bare, glass(page))
    desk.stroke((0.3, 0.7), (0.5, 0.7))
    page.mouse.move(5, 400)
    both = seen(bare, glass(page))
    page.keyboard.press("Control+z")
    assert np.array_equal(seen(bare, glass(page)), first)
    page.keyboard.press("Control+Shift+z")
    assert np.array_equal(seen(bare, glass(page)), both)
    desk.tool("Undo").click()
    page.keyboard.press("Control+Enter")

    (answer,) = hall.await_annotations(project, 1)
    assert np.array_equal(stored(answer.value), first)


def test_an_empty_picture_must_be_said_to_be_empty(hall: Hall, visit: Visitors) -> None:
    amina = hall.person("Amina")
    project = hall.project(STRUCTURES, tissue(1), [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)

    desk.submit_button.click()
    expect(desk.notices).to_contain_text("Nothing here to mark")
    shot(page, "mask-nothing-said")
    page.get_by_label("Nothing here to mark").check()
    desk.submit()

    (answer,) = hall.await_annotations(project, 1)
    mask = answer.value["structures"]
    assert mask == {"size": [SIDE, SIDE], "regions": [], "nothing": True}

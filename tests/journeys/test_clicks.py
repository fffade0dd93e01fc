"""One click outlines a thing; a second one mends the outline; a tap does the same on a phone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from fairhand.labels import rle
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import STRUCTURES, nuclei_tasks
from tests.journeys.watch import shot

pytestmark = pytest.mark.browser

Mask = NDArray[np.bool_]


def biggest(truth: NDArray[np.int64]) -> Mask:
    """Give the largest nucleus of a picture that does not touch its rim."""
    rim = np.unique(np.r_[truth[0], truth[-1], truth[:, 0], truth[:, -1]])
    sizes = np.bincount(truth.ravel())
    sizes[[0, *rim]] = 0
    return np.asarray(truth == sizes.argmax())


def middle_of(mask: Mask, desk: Desk) -> tuple[float, float]:
    """Give where the middle of a mask lies in the window, the whole picture shown."""
    rows, columns = np.nonzero(mask)
    at = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    height, width = mask.shape
    box = desk.box()
    scale = min(box["width"] / width, box["height"] / height)
    x = box["x"] + box["width"] / 2 + (columns[at] + 0.5 - width / 2) * scale
    y = box["y"] + box["height"] / 2 + (rows[at] + 0.5 - height / 2) * scale
    return float(x), float(y)


def overlap(a: Mask, b: Mask) -> float:
    """Give intersection over union."""
    return float((a & b).sum() / max(1, (a | b).sum()))


def stored(value: dict[str, Any], shape: tuple[int, int]) -> Mask:
    """Decode the one region that was stored."""
    (region,) = value["structures"]["regions"]
    return np.asarray(rle.decode(region["counts"], *shape), bool)


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_click_outlines_a_nucleus_and_undo_takes_it_away(
    hall: Hall, visit: Visitors, device: dict[str, Any]
) -> None:
    amina = hall.person("Amina")
    tasks, truths = nuclei_tasks(1)
    project = hall.project(STRUCTURES, tasks, [amina])
    wanted = biggest(truths[0])
    page = visit(amina, device)
    desk = Desk(page)
    desk.open(project)
    busy: Locator = page.locator("#stage[aria-busy]")

    desk.tool("Click").click()
    point = middle_of(wanted, desk)
    with page.expect_response("**/segment") as answered:
        page.touchscreen.tap(*point) if device is PHONE else page.mouse.click(*point)
    expect(busy).to_have_count(0)
    sent: Any = answered.value.request.post_data_json
    assert set(sent) == {"question", "label", "clicks", "box", "region"}
    assert sent["region"] is None
    shot(page, f"click-outlines-{'phone' if device is PHONE else 'desktop'}")
    desk.tool("Undo").click()
    expect(desk.tool("Undo")).to_be_disabled()
    desk.tool("Redo").click()
    desk.submit_button.click()

    (answer,) = hall.await_annotations(project, 1)
    assert overlap(stored(answer.value, wanted.shape), wanted) > 0.35


def test_without_a_network_a_click_says_so_and_the_brush_goes_on(
    hall: Hall, visit: Visitors
) -> None:
    amina = hall.person("Amina")
    tasks, _ = nuclei_tasks(1)
    project = hall.project(STRUCTURES, tasks, [amina])
    page = visit(amina)
    desk = Desk(page)
    desk.open(project)

    visit.watch(page).expect("net::ERR_")
    page.context.set_offline(True)
    desk.tool("Click").click()
    page.mouse.click(*desk.at(0.5, 0.5))
    expect(desk.status).to_contain_text("No connection")
    page.keyboard.press("b")
    desk.stroke((0.4, 0.4), (0.5, 0.5))
    page.context.set_offline(False)
    desk.submit_button.click()

    (answer,) = hall.await_annotations(project, 1)
    assert len(answer.value["structures"]["regions"]) == 1

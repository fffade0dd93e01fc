"""Pictures that are more than they seem: 16 bits, larger than any display, on the map, scans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.model.project import Question
from fairhand.model.task import NewTask
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import STRUCTURES
from tests.journeys.test_every_kind import barriers
from tests.journeys.watch import shot
from tests.rules.formats.scans import geo_tags, scan, tiff

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FINDING = Question(
    "finding",
    "choice",
    "Is there a bright spot?",
    {"labels": [{"value": "yes"}, {"value": "no"}]},
)
_MIDDLE = """
([x, y]) => {
  const canvas = document.querySelector('canvas.mask-canvas');
  const at = (share, size) => Math.floor(share * size);
  const paint = canvas.getContext('2d');
  return [...paint.getImageData(at(x, canvas.width), at(y, canvas.height), 1, 1).data].slice(0, 3);
}
"""


def files(folder: Path, **contents: bytes) -> list[NewTask]:
    """Import files as from a folder."""
    folder.mkdir()
    for name, content in contents.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    rows = list(read_tasks(folder, ReadOptions()))
    return [row for row in rows if isinstance(row, NewTask)]


def body() -> NDArray[np.int16]:
    """A made-up slice: air, a round of tissue, a brighter spot in it; in Hounsfield units."""
    rows, columns = np.mgrid[0:256, 0:256]
    values = np.full((256, 256), -1_000, np.int16)
    values[np.hypot(rows - 128, columns - 128) < 110] = 40
    values[np.hypot(rows - 128, columns - 128) < 30] = 120
    return values


def land(height: int, width: int) -> NDArray[np.uint8]:
    """Made-up fields as seen from above; one has a colour of its own."""
    rows, columns = np.mgrid[0:height, 0:width]
    fields = ((rows // 300) * 7 + (columns // 400) * 13) % 5
    shades = np.array(
        [[90, 120, 60], [140, 130, 80], [70, 95, 50], [160, 150, 110], [110, 140, 70]]
    )
    picture: NDArray[np.uint8] = shades[fields].astype(np.uint8)
    picture[2_000:2_040, 2_000:2_040] = (250, 30, 30)
    return picture


def grey(page: Page, x: float, y: float) -> list[int]:
    """Read a colour off the display."""
    found: list[int] = page.evaluate(_MIDDLE, [x, y])
    return found


def within(page: Page, x: float, y: float, low: int, high: int) -> None:
    """Wait until a place of the display has a grey between two others."""
    page.wait_for_function(
        f"() => {{ const [red] = ({_MIDDLE})([{x}, {y}]); return red >= {low} && red <= {high}; }}"
    )


def quiet(visit: Visitors, page: Page) -> None:
    """Allow what the test's own look at pixels makes the browser say."""
    visit.watch(page).expect("willReadFrequently")


def test_a_scan_comes_in_and_is_looked_at_through_windows_by_keys(
    hall: Hall, visit: Visitors, tmp_path: Path
) -> None:
    amina = hall.person("Amina")
    tasks = files(tmp_path / "scans", chest_dcm=scan(body(), name="Esi^Mensah", window=(40, 400)))
    project = hall.project(FINDING, tasks, [amina])
    page = visit(amina, DESKTOP)
    quiet(visit, page)
    desk = Desk(page)
    desk.open(project)

    within(page, 0.5, 0.5, 176, 181)  # 120 HU between -160 and 239
    assert "Mensah" not in page.content()
    page.keyboard.press("w")
    level = page.get_by_label("Level")
    expect(level).to_be_focused()
    expect(page.locator(".light output").first).to_have_text("40 HU")
    shot(page, "scan-light-desktop")
    assert barriers(page) == []
    page.get_by_role("button", name="Lung").click()
    within(page, 0.5, 0.5, 248, 255)
    page.get_by_role("button", name="Brain").click()
    within(page, 0.5, 0.5, 255, 255)
    within(page, 0.5, 0.2, 125, 130)  # 40 HU: the middle of 0 to 80
    page.get_by_role("button", name="Negative").click()
    within(page, 0.5, 0.2, 125, 130)
    within(page, 0.5, 0.5, 0, 0)
    page.get_by_role("button", name="As it came").click()
    within(page, 0.5, 0.5, 176, 181)
    level.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".light output").first).not_to_have_text("40 HU")
    page.keyboard.press("Escape")
    expect(page.locator(".light")).to_be_hidden()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    (answer,) = hall.await_annotations(project, 1)
    assert answer.value == {"finding": "yes"}


def test_light_on_a_phone_changes_only_what_is_seen_not_what_is_drawn_on(
    hall: Hall, visit: Visitors, tmp_path: Path
) -> None:
    bao = hall.person("Bao")
    values = (body().astype(np.int32) + 1_000).astype(np.uint16)
    project = hall.project(STRUCTURES, files(tmp_path / "deep", deep_tif=tiff(values)), [bao])
    page = visit(bao, PHONE)
    quiet(visit, page)
    desk = Desk(page)
    desk.open(project)

    page.get_by_role("button", name="Light").tap()
    page.get_by_label("Level").fill("1100")
    page.get_by_label("Width").fill("100")
    within(page, 0.5, 0.5, 175, 182)  # 1120 between 1050 and 1150
    within(page, 0.5, 0.25, 0, 0)
    shot(page, "sixteen-bits-light-phone")
    page.get_by_role("button", name="Light").tap()
    desk.touch_stroke((0.45, 0.45), (0.55, 0.55))
    page.locator("#submit").tap()
    (answer,) = hall.await_annotations(project, 1)
    assert answer.value["structures"]["size"] == [256, 256]


def test_a_large_map_opens_small_and_is_seen_in_every_detail(
    hall: Hall, visit: Visitors, tmp_path: Path
) -> None:
    amina = hall.person("Amina")
    content = tiff(
        land(4_100, 4_200),
        photometric="rgb",
        tile=(512, 512),
        compression="zlib",
        extratags=geo_tags(),
    )
    project = hall.project(FINDING, files(tmp_path / "maps", land_tif=content), [amina])
    page = visit(amina, DESKTOP)
    quiet(visit, page)
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: _length(answer)}))
    desk = Desk(page)
    desk.open(project)
    expect(page.locator(".place")).to_contain_text("EPSG:32737")
    shot(page, "map-whole-desktop")
    opened = {url: size for url, size in sizes.items() if "/media/" in url}
    assert sum(size for url, size in opened.items() if url.endswith("/preview")) <= 60_000

    box = desk.box()
    scale = min(box["width"] / 4_200, box["height"] / 4_100)
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    at = (middle[0] + (2_020 - 2_100) * scale, middle[1] + (2_020 - 2_050) * scale)
    page.mouse.move(*at)
    expect(page.locator(".place")).to_contain_text("EPSG:32737 · 5202")
    with page.expect_response(lambda answer: "/tile/0/3_3" in answer.url):
        for _ in range(8):
            page.mouse.wheel(0, -600)
    share = (at[0] - box["x"]) / box["width"], (at[1] - box["y"]) / box["height"]
    within(page, *share, 250, 250)
    assert grey(page, *share) == [250, 30, 30]
    shot(page, "map-near-desktop")
    tiles = [url for url in sizes if "/tile/" in url]
    assert 0 < len(tiles) < 60
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    hall.await_annotations(project, 1)


def test_a_large_map_is_moved_by_one_finger(hall: Hall, visit: Visitors, tmp_path: Path) -> None:
    bao = hall.person("Bao")
    content = tiff(land(4_100, 4_200), photometric="rgb", compression="zlib", extratags=geo_tags())
    project = hall.project(FINDING, files(tmp_path / "maps", land_tif=content), [bao])
    page = visit(bao, {**PHONE, "viewport": {"width": 390, "height": 844}})
    desk = Desk(page)
    desk.open(project)
    for _ in range(6):
        page.get_by_role("button", name="Zoom in").tap()
    before = page.locator(".place").text_content()
    desk.touch_stroke((0.7, 0.5), (0.3, 0.5))
    expect(page.locator(".place")).not_to_have_text(str(before))
    shot(page, "map-near-phone")
    page.locator("label.option").first.tap()
    page.locator("#submit").tap()
    hall.await_annotations(project, 1)


def _length(answer: Any) -> int:  # noqa: ANN401  # a response
    return int(answer.headers.get("content-length", 0))

"""A photo on the task page: taken on a phone whose network drops, chosen at a desk, taken back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from fairhand.labels.registry import with_defaults
from fairhand.model.project import Question
from fairhand.model.task import NewTask
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.watch import shot
from tests.rules.formats import photographs

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SMALL = {**PHONE, "viewport": {"width": 390, "height": 844}}
DARK = {**DESKTOP, "color_scheme": "dark"}
NO_NETWORK = "ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to fetch|status of 50"
PROMPTS = ("A street sign with a number", "A bus stop", "A shop front")


def photo(path: Path, width: int = 900, height: int = 700, seed: int = 1) -> Path:
    """Write a photo of a phone, large enough for several parts, with place, device and time."""
    noise = np.random.default_rng(seed).integers(0, 90, (height, width, 3)).astype(np.uint8)
    noise[height // 4 : height // 2, width // 4 : width // 2] += 150
    Image.fromarray(noise).save(
        path, "JPEG", quality=95, exif=photographs.exif(), xmp=photographs.XMP
    )
    return path


def project_of(hall: Hall, person: int, tasks: int, **config: object) -> int:
    asked = Question("sign", "photo", "Photograph this", with_defaults("photo", config))
    rows = [NewTask({"prompt": PROMPTS[n]}, f"{n:064x}", f"row {n}") for n in range(tasks)]
    return hall.project(asked, rows, [person], overlap=1)


def pick(page: Page, name: str | re.Pattern[str], path: Path) -> None:
    """Press a button that opens a chooser of files, and choose."""
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name=name).click()
    chosen.value.set_files(path)
    expect(page.get_by_role("img", name="Your photo")).to_be_visible()


def until(page: Page, done: Callable[[], bool]) -> None:
    """Wait for something, while what is routed by this test goes on."""
    for _ in range(1_200):
        if done():
            return
        page.wait_for_timeout(50)
    pytest.fail("still not so after a minute")


def seen(hall: Hall, sha256: str) -> Image.Image:
    """Open the stored file; nothing of the phone is left in it."""
    content = hall.house.blobs.get(sha256)
    assert [one for one in photographs.SECRETS if one in content] == []
    return Image.open(io.BytesIO(content))


def test_a_photo_on_a_phone_survives_a_network_that_is_lost_in_the_middle(
    hall: Hall, visit: Visitors, tmp_path: Path
) -> None:
    amina = hall.person("Amina")
    project = project_of(hall, amina, 2)
    page = visit(amina, SMALL)
    visit.watch(page).expect(NO_NETWORK)
    sent: list[str] = []

    def tunnel(route: Route) -> None:
        """Let the first part pass; at the second one the network is gone."""
        number = route.request.url.rsplit("/", 1)[1]
        sent.append(number)
        if number == "1" and sent.count("1") == 1:
            route.abort("failed")
        else:
            route.continue_()

    page.context.route("**/api/v1/uploads/*/parts/*", tunnel)
    desk = Desk(page)
    desk.open(project)
    expect(page.locator(".frame .prompt")).to_have_text(PROMPTS[0])
    shot(page, "photo-phone-before")
    expect(page.locator("input[capture=environment]")).to_have_count(1)
    path = photo(tmp_path / "sign.jpg")
    assert path.stat().st_size > 300_000
    pick(page, re.compile("Take a photo"), path)
    until(page, lambda: "1" in sent)
    page.context.set_offline(True)
    shot(page, "photo-phone-taken")
    desk.submit()
    desk.says("saved on this device")
    page.context.set_offline(False)
    until(page, lambda: bool(hall.annotations(project)))
    (one,) = hall.annotations(project)
    answer = one.value["sign"]
    assert (answer["width"], answer["height"]) == (900, 700)
    assert seen(hall, answer["sha256"]).size == (900, 700)
    assert sent.count("0") == 1, "what had arrived was not sent again"


def pick_by_key(page: Page, key: str, file: Path) -> None:
    """Press the key until a file is asked for: while a picture is being read, none is."""
    for last in (False, False, True):
        try:
            with page.expect_file_chooser(timeout=15_000 if last else 4_000) as chosen:
                page.keyboard.press(key)
        except PlaywrightTimeout:
            if last:
                raise
            continue
        chosen.value.set_files(file)
        return


def test_photos_at_a_desk_by_keys_are_taken_again_and_undone(
    hall: Hall, visit: Visitors, tmp_path: Path
) -> None:
    amina = hall.person("Amina")
    project = project_of(hall, amina, 2, min_side=300, max_side=800)
    page = visit(amina, DARK)
    desk = Desk(page)
    desk.open(project)
    told = page.locator(".frame [role=status]")
    small = photo(tmp_path / "small.jpg", 320, 200)
    choose = page.get_by_role("button", name=re.compile("Choose a picture"))
    with page.expect_file_chooser() as chosen:
        choose.click()
    chosen.value.set_files(small)
    expect(told).to_contain_text("300 on each side are asked")
    heic = tmp_path / "picture.jpg"
    heic.write_bytes(photographs.heic())
    pick_by_key(page, "f", heic)
    expect(told).to_contain_text("HEIC")
    pick(page, re.compile("Choose a picture"), photo(tmp_path / "huge.jpg", 1_600, 1_200))
    expect(told).to_contain_text("800 × 600")
    expect(page.locator("fieldset [role=status]")).to_contain_text("Your photo has arrived")
    first = page.get_by_role("img", name="Your photo").get_attribute("src")
    pick(page, re.compile("another photo"), photo(tmp_path / "next.jpg", 640, 480, 2))
    expect(page.locator("fieldset [role=status]")).to_contain_text("Taken out of it: the place")
    expect(told).to_be_empty()
    shot(page, "photo-desk-dark")
    page.keyboard.press("Control+z")
    expect(page.get_by_role("img", name="Your photo")).not_to_have_attribute("src", first or "x")
    expect(told).to_contain_text("Another photo")
    desk.submit()
    (one,) = hall.await_annotations(project, 1)
    assert (one.value["sign"]["width"], one.value["sign"]["height"]) == (800, 600)


def test_a_photo_waits_on_the_device_when_the_page_is_closed(
    hall: Hall, visit: Visitors, tmp_path: Path
) -> None:
    amina = hall.person("Amina")
    project = project_of(hall, amina, 1, source="camera")
    page = visit(amina, SMALL)
    desk = Desk(page)
    desk.open(project)
    expect(page.get_by_role("button", name=re.compile("Choose a picture"))).to_be_hidden()
    page.get_by_label("Send photos only on wifi").check()
    pick(page, re.compile("Take a photo"), photo(tmp_path / "sign.jpg"))
    expect(page.get_by_role("button", name="Send now")).to_be_visible()
    page.reload()
    desk.ready()
    expect(page.get_by_role("img", name="Your photo")).to_be_visible()
    expect(page.get_by_role("button", name="Send now")).to_be_visible()
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("fieldset [role=status]")).to_contain_text("has arrived")
    desk.submit()
    assert len(hall.await_annotations(project, 1)) == 1

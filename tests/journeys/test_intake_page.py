"""A reviewer looks at what was noticed of things given: listens to both, says why, goes on."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from fairhand.use_cases.examine_contribution import Shop
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.hall import Hall
from tests.journeys.watch import shot
from tests.stories.intake_world import IntakeWorld, photo, voice

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SMALL = {**PHONE, "viewport": {"width": 390, "height": 844}}
DARK = {**DESKTOP, "color_scheme": "dark"}
_SEEDS = count(1, 10)
"""What is given in one journey is no copy of what is given in another."""
WHY = "The second is the first one again, cut at its beginning."


@pytest.fixture
def world(hall: Hall, tmp_path: Path) -> IntakeWorld:
    """Three things wait: a voice and a picture like another's, and one that is too loud."""
    world = IntakeWorld(hall.house.db, tmp_path)
    world.shop = Shop(hall.house.db, hall.house.blobs, hall.house.vault)
    amina, esi, seed = world.person("Amina"), world.person("Esi"), next(_SEEDS)
    world.speak(amina, voice(seed))
    world.speak(esi, voice(seed)[6_000:])
    world.speak(
        esi, np.clip(voice(seed + 1).astype(np.int32) * 60, -32_767, 32_767).astype(np.int16)
    )
    world.show(amina, photo(seed))
    world.show(esi, photo(seed, quality=60))
    world.round()
    return world


def test_a_reviewer_listens_to_both_and_leaves_one_out(
    hall: Hall, world: IntakeWorld, visit: Visitors
) -> None:
    page = visit(world.carmen, SMALL)
    page.goto(f"{hall.url}/projects/{world.project_id}/intake")
    expect(page.get_by_role("heading", name="3 to look at")).to_be_visible()
    shot(page, "intake-phone")
    first = page.get_by_role("article").filter(
        has=page.locator("audio + audio, .sides > div + div audio")
    )
    expect(first.locator("audio")).to_have_count(2)
    for sound in first.locator("audio").all():
        sound.evaluate("sound => sound.play().then(() => sound.pause())")
    first.get_by_label("Why").fill(WHY)
    shot(page, "intake-phone-why")
    first.get_by_role("button", name="Leave it out").click()
    expect(page.get_by_role("heading", name="2 to look at")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


def test_pictures_lie_side_by_side_at_the_desk(
    hall: Hall, world: IntakeWorld, visit: Visitors
) -> None:
    page = visit(world.carmen, DARK)
    page.goto(f"{hall.url}/projects/{world.project_id}/intake")
    last = page.get_by_role("article").filter(has=page.locator("img"))
    expect(last.locator("img")).to_have_count(2)
    last.scroll_into_view_if_needed()
    for image in last.locator("img").all():
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("one => one.naturalWidth") == 240
    shot(page, "intake-desk")
    last.get_by_role("button", name="Keep it").click()  # without a reason the browser asks for it
    expect(page.get_by_role("heading", name="3 to look at")).to_be_visible()

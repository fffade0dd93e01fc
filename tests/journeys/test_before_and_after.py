"""Amina sees her photo as she gave it and as others see it, marks more, and doubts a picture."""

from __future__ import annotations

from itertools import count
from pathlib import Path

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
_SEEDS = count(5_001, 10)


@pytest.fixture
def world(hall: Hall, tmp_path: Path) -> IntakeWorld:
    """A campaign that hides plates and voices."""
    world = IntakeWorld(
        hall.house.db, tmp_path, anonymise={"plates": "pixelate", "voice": "mcadams"}
    )
    world.shop = Shop(hall.house.db, hall.house.blobs, hall.house.vault)
    return world


def test_a_giver_marks_squares_with_one_thumb_and_sees_what_others_see(
    hall: Hall, world: IntakeWorld, visit: Visitors
) -> None:
    amina = world.person("Amina", "image")
    number = world.show(amina, photo(next(_SEEDS), side=640))
    world.round()
    page = visit(amina, SMALL)
    page.goto(f"{hall.url}/given/contributions/{number}")
    expect(page.get_by_text("Nobody sees anything of it")).to_be_visible()

    page.get_by_role("link", name="Mark what to hide").click()
    for place in ("Row 6, column 5", "Row 6, column 6", "Row 7, column 5", "Row 7, column 6"):
        page.get_by_label(place, exact=True).check()
    shot(page, "hide-phone")
    page.get_by_role("button", name="Hide these").click()
    expect(page.get_by_text("It is being prepared")).to_be_visible()
    world.round()
    page.reload()
    for name in ("What you gave", "What others see"):
        picture = page.get_by_role("img", name=name)
        expect(picture).to_be_visible()
        expect(picture).to_have_js_property("complete", value=True)
        assert picture.evaluate("picture => picture.naturalWidth") > 0
    expect(page.get_by_text("Places you marked")).to_be_visible()
    shot(page, "given-thing-phone")

    page.get_by_label("What still shows?").fill("The sign behind the car.")
    page.get_by_role("button", name="It hides too little").click()
    expect(page.get_by_text("Its giver says that too little is hidden")).to_be_visible()
    assert world.found(number)["hides_too_little"] == "hold"


def test_a_giver_hears_both_sides_of_a_recording_at_a_desk(
    hall: Hall, world: IntakeWorld, visit: Visitors
) -> None:
    amina = world.person("Amina", "voice")
    world.speak(amina, voice(next(_SEEDS)))
    world.round()
    number = max(one.id for one in world.given() if one.person_id == amina)
    page = visit(amina, DARK)
    page.goto(f"{hall.url}/given/contributions/{number}")
    sounds = page.locator("audio")
    expect(sounds).to_have_count(2)
    for sound in sounds.all():
        sound.evaluate("sound => sound.play().then(() => sound.pause())")
    before, after = (page.request.get(f"{page.url}/{side}").body() for side in ("original", "open"))
    assert before != after
    shot(page, "given-voice-desk")

"""Amina looks for copies of herself on her phone; Carmen traces a leak at her desk."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import expect

from fairhand.proof.licensing import mark_store
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.mark_release import mark_release
from fairhand.work.projects.rules import ProjectPolicy
from tests.browser import DESKTOP, PHONE
from tests.journeys.conftest import Visitors
from tests.journeys.hall import Hall
from tests.journeys.watch import shot
from tests.stories.likeness_world import AMINA, Lent, lend, picture, recoded, speech
from tests.stories.quality_world import MORNING, PET, add_person

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SMALL = {**PHONE, "viewport": {"width": 390, "height": 844}}
DARK = {**DESKTOP, "color_scheme": "dark"}
_TIMES = count(1)


@pytest.fixture
def lent(hall: Hall, tmp_path: Path) -> Lent:
    """A campaign of Carmen's with one task, on which what is given hangs."""
    db = hall.house.db
    carmen = add_person(db, "Carmen")
    policy = ProjectPolicy(
        title=f"Pictures that are lent {next(_TIMES)}",
        purpose="To learn.",
        guidelines="Give what is yours.",
        questions=(PET,),
        currency="GBP",
        rate_micros_per_hour=1_500_000_000,
        min_overlap=1,
        max_overlap=1,
    )
    project = create_project(db, CreateProject(carmen, policy, "demo"), MORNING)
    made = lend(db, carmen, project.id, tmp_path, hall.house.clock())
    made.blobs, made.vault = hall.house.blobs, hall.house.vault
    return made


def test_amina_finds_a_copy_and_who_has_it_and_lets_her_voice_be_known(
    hall: Hall, lent: Lent, visit: Visitors, tmp_path: Path
) -> None:
    amina = add_person(hall.house.db, "Amina")
    grant = lent.permit(amina, "voice", "training", "biometric_id")
    for seed in range(3):
        lent.give(amina, speech(*AMINA, seed=seed), "audio/wav", grant)
    given = lent.give(amina, picture(5), "image/jpeg")
    lent.release([given], lent.license("Acme Vision"))
    lent.publish()
    found = tmp_path / "found.jpg"
    found.write_bytes(recoded(picture(5)))
    page = visit(amina, SMALL)

    page.goto(f"{hall.url}/given/find")
    page.get_by_role("button", name="Make one from my recordings there").click()
    expect(page.get_by_role("button", name="Destroy it now")).to_be_visible()
    page.get_by_label("A picture or a recording").set_input_files(found)
    page.get_by_role("button", name="Compare").click()

    expect(page.get_by_role("heading", name="A copy of what you gave")).to_be_visible()
    expect(page.get_by_text("Acme Vision")).to_be_visible()
    shot(page, "find-phone", full=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Destroy it now").click()
    expect(page.get_by_text("It was destroyed.")).to_be_visible()


def test_carmen_traces_a_leak(hall: Hall, lent: Lent, visit: Visitors, tmp_path: Path) -> None:
    amina = add_person(hall.house.db, "Amina")
    grant = lent.permit(amina, "image", "training")
    files = {}
    for seed in range(140):
        files[lent.give(amina, picture(seed, 64), "image/jpeg", grant)] = picture(seed, 64)
    for name in ("Acme Vision", "Beta Labs"):
        lent.license(name)
        with lent.db.write() as connection:
            mark_release(connection, lent.project_id, name, Random(name), MORNING)
    with lent.db.read() as connection:
        left_out = mark_store.left_out(connection, lent.project_id, "Beta Labs")
        pairs = mark_store.list_pairs(connection, lent.project_id)
    places = []
    for pair in pairs:
        for one in {pair.one, pair.other} - left_out:
            places.append(tmp_path / f"{one}.jpg")
            places[-1].write_bytes(recoded(files[one], 70, 0.9))
    page = visit(lent.carmen, DARK)

    page.goto(f"{hall.url}/projects/{lent.project_id}/leaks")
    page.get_by_label("Files that turned up").set_input_files(places)
    page.get_by_role("button", name="Trace").click()

    expect(page.get_by_role("heading", name="It fits Beta Labs")).to_be_visible()
    shot(page, "leaks-desk", full=True)

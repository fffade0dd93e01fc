"""The owner's page on which leaks are traced."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from fairhand.proof.licensing import mark_store as store
from fairhand.use_cases.mark_release import mark_release
from tests.cast import MORNING
from tests.stories.likeness_world import Lent, lend, picture, recoded
from tests.web.world import World

GIVEN = 150
BUYERS = ("Acme", "Beta")


@pytest.fixture
def lent(world: World, tmp_path: Path) -> Lent:
    made = lend(world.house.db, world.cast.carmen, world.project, tmp_path, world.cast.clock.now)
    made.blobs, made.vault = world.house.blobs, world.house.vault
    return made


def sell(lent: Lent, amina: int) -> dict[str, list[bytes]]:
    """Give pictures, mark them for two; gives each one's items of pairs."""
    grant = lent.permit(amina, "image", "training")
    files = {
        lent.give(amina, picture(seed, 48), "image/jpeg", grant): picture(seed, 48)
        for seed in range(GIVEN)
    }
    copies = {}
    for name in BUYERS:
        lent.license(name)
        with lent.db.write() as connection:
            mark_release(connection, lent.project_id, name, Random(name), MORNING)
            left_out = store.left_out(connection, lent.project_id, name)
            pairs = store.list_pairs(connection, lent.project_id)
        held = {one for pair in pairs for one in (pair.one, pair.other)} - left_out
        copies[name] = [files[one] for one in sorted(held)]
    return copies


def test_a_leak_is_traced_on_the_page_and_over_the_api(world: World, lent: Lent) -> None:
    carmen = world.client("Carmen")
    copies = sell(lent, world.people["Amina"])
    leaked = [("file", (f"{n}.jpg", recoded(one, 70))) for n, one in enumerate(copies["Beta"])]

    page = carmen.post(f"/projects/{world.project}/leaks", data=world.form(carmen), files=leaked)
    told = carmen.post(f"/api/v1/projects/{world.project}/leaks", files=leaked).json()

    assert page.status_code == 200, page.text
    assert "It fits Beta" in page.text
    assert told["named"] == ["Beta"]
    assert told["pairs_seen"] == told["pairs"] == GIVEN // 10
    assert told["recipients"][0]["false_alarm"] < 1e-3


def test_without_marks_or_files_the_page_says_so(world: World, lent: Lent) -> None:
    carmen, place = world.client("Carmen"), f"/projects/{world.project}/leaks"

    nothing = carmen.post(place, data=world.form(carmen))
    unmarked = carmen.post(
        place, data=world.form(carmen), files={"file": ("a.jpg", picture(1, 48))}
    )

    assert (nothing.status_code, unmarked.status_code) == (422, 409)
    assert "Choose a file." in nothing.text
    assert "nothing can be traced" in unmarked.text
    assert "No release was made for a licensee yet" in carmen.get(place).text


def test_an_auditor_sees_the_marks_and_traces_nothing(world: World, lent: Lent) -> None:
    farid, place = world.client("Farid"), f"/projects/{world.project}/leaks"

    assert "Files that turned up" not in farid.get(place).text
    assert farid.post(place, data=world.form(farid)).status_code == 403
    assert world.client("Amina").get(place).status_code == 403

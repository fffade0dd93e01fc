"""The page on which reviewers look at what was noticed: who may, what is shown, what is said."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import insert

from fairhand.storage.tables.campaigns import contribution, finding
from tests.stories.intake_world import voice, wave_file
from tests.web.campaigns import give_much, make_campaign
from tests.web.world import TestClient, World

WHY = "The second is the first one again, a little quieter."


@pytest.fixture
def carmen(world: World) -> TestClient:
    return world.client("Carmen")


@pytest.fixture
def campaign(world: World, carmen: TestClient) -> int:
    """A campaign in which something given waits for a look, with a sound to listen to."""
    project = make_campaign(world, carmen)
    give_much(world, project)
    sound = world.house.blobs.put(wave_file(np.asarray(voice(1, 1.0), "<i2")))
    with world.house.db.write() as connection:
        rows = connection.execute(contribution.select().order_by(contribution.c.id.desc()))
        newest = rows.first()
        assert newest is not None
        connection.execute(
            contribution.update()
            .where(contribution.c.id.in_((newest.id, newest.id - 1)))
            .values(open_sha256=sound, state="held")
        )
        connection.execute(
            insert(finding),
            {
                "contribution_id": newest.id, "project_id": project, "kind": "same_as_another",
                "severity": "hold", "words": "It is nearly the same.", "found_at": 1,
                "details": f'{{"other": {newest.id - 1}}}',
            },
        )  # fmt: skip
    return project


def newest(world: World) -> int:
    return int(world.cast.rows("SELECT max(id) FROM contribution")[0][0])


def test_the_page_shows_how_many_wait_and_both_sides(
    world: World, carmen: TestClient, campaign: int
) -> None:
    page = carmen.get(f"/projects/{campaign}/intake?after={newest(world) - 1}").text
    assert "34 to look at" in page
    assert f"/projects/{campaign}/intake/{newest(world)}/file" in page
    assert f"/projects/{campaign}/intake/{newest(world) - 1}/file" in page
    assert "by the same person" in page
    assert page.count('name="settled_as"') == 3


def test_the_file_comes_in_stretches_and_is_run_by_nobody(
    world: World, carmen: TestClient, campaign: int
) -> None:
    place = f"/projects/{campaign}/intake/{newest(world)}/file"
    part = carmen.get(place, headers={"range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"RIFF")
    assert "sandbox" in part.headers["content-security-policy"]
    assert carmen.get(place, headers={"range": "bytes=9999999-"}).status_code == 416


def test_what_is_said_is_kept_and_the_page_goes_on(
    world: World, carmen: TestClient, campaign: int
) -> None:
    place = f"/projects/{campaign}/intake/{newest(world)}"
    said = carmen.post(place, data=world.form(carmen, settled_as="leave_out", why=WHY))
    assert (said.status_code, said.headers["location"]) == (303, f"/projects/{campaign}/intake")
    assert world.cast.rows("SELECT kind, reason FROM decision") == [("answer_not_taken", WHY)]


def test_without_a_reason_it_says_so_beside_the_same_item(
    world: World, carmen: TestClient, campaign: int
) -> None:
    place = f"/projects/{campaign}/intake/{newest(world)}"
    said = carmen.post(place, data=world.form(carmen, settled_as="leave_out", why="no"))
    assert said.status_code == 422
    assert "Say why in 20 to 500 letters" in said.text
    assert f"Contribution {newest(world)}" in said.text


@pytest.mark.parametrize("who", ["Amina", "Dmitri"])
def test_others_see_neither_the_page_nor_a_file(world: World, campaign: int, who: str) -> None:
    client = world.client(who)
    for path in ("", f"/{newest(world)}/file"):
        assert client.get(f"/projects/{campaign}/intake{path}").status_code == 403


def test_no_token_decides_and_the_api_names_nobody(
    world: World, carmen: TestClient, campaign: int
) -> None:
    told = carmen.get(f"/api/v1/projects/{campaign}/intake").json()
    assert told["waiting"] == 34
    assert "person" not in str(told)
    token = {"Authorization": f"Bearer {world.token('Carmen', 'manage')}"}
    place = f"/projects/{campaign}/intake/{newest(world)}"
    sent = world.client().post(place, headers=token, data={"settled_as": "keep", "why": WHY})
    assert sent.status_code == 403


def test_an_ordinary_project_has_no_intake(world: World, carmen: TestClient) -> None:
    assert carmen.get(f"/projects/{world.project}/intake").status_code == 404

"""Each thing somebody gave is shown to them, with where it went, and goes back by one button."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.people.accounts import store as accounts
from fairhand.people.contributions import store as contributions
from fairhand.storage.database import Database
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from fairhand.web.shared.doors import SESSION_COOKIE
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.quality_world import add_person
from tests.stories.release_world import SIGNER
from tests.web.test_revocations import print_release, visitor
from tests.web.world import TestClient


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> OwnDataWorld:
    return OwnDataWorld(sqlite_db, tmp_path)


def signed_in(world: OwnDataWorld, person_id: int) -> TestClient:
    client = visitor(world)
    with world.db.write() as connection:
        secret = accounts.create_session(connection, person_id, world.now, 30)
        actor = accounts.load_actor_by_session(connection, secret, world.now)
    assert actor is not None
    client.cookies.set(SESSION_COOKIE, secret)
    client.headers["x-csrf-token"] = actor.csrf_token or ""
    return client


def test_what_one_gave_is_shown_and_taken_back_by_one_button(world: OwnDataWorld) -> None:
    esi, _ = world.join("Esi")
    amina, _ = world.join("Amina")
    world.record(esi)
    world.take_in()
    print_release(world)
    client, stranger = signed_in(world, esi), signed_in(world, amina)
    page = client.get("/given/contributions").text
    assert "Read in Swahili" in page
    assert "Release 1 of" in page
    with world.db.read() as connection:
        (mine,) = contributions.list_own(connection, esi)
    place = f"/given/contributions/{mine.id}/take-back"
    form = {"csrf_token": client.headers["x-csrf-token"]}
    assert f'action="{place}"' in page
    assert "You gave nothing" in stranger.get("/given/contributions").text
    theirs = {"csrf_token": stranger.headers["x-csrf-token"]}
    assert "You gave no such thing" in stranger.post(place, data=theirs).text

    assert client.post(place, data=form).status_code == 303
    page = client.get("/given/contributions").text
    assert "taken back" in page
    assert "are being told now" in page
    assert f'action="{place}"' not in page
    settle_withdrawals(world.db, world.shop.blobs, SIGNER, world.now)
    assert "It was in" in client.get("/given/contributions").text
    assert client.post(place, data=form).status_code == 409


def test_one_is_erased_by_typing_so_and_is_told_what_stays(world: OwnDataWorld) -> None:
    esi, _ = world.join("Esi")
    world.record(esi)
    world.take_in()
    client = signed_in(world, esi)
    page = client.get("/account/erase").text
    assert "What stays, and why" in page
    assert "17(3)(b)" in page
    form = {"csrf_token": client.headers["x-csrf-token"]}
    slip = client.post("/account/erase", data={**form, "sure": "yes"})
    assert slip.status_code == 422
    assert "Nothing has been erased" in slip.text
    done = client.post("/account/erase", data={**form, "sure": "Erase everything "})
    assert done.status_code == 200
    assert "You are erased" in done.text
    assert client.get("/given").status_code != 200


def test_a_project_is_left_by_oneself_and_what_was_permitted_ends(world: OwnDataWorld) -> None:
    esi, _ = world.join("Esi")
    world.record(esi)
    world.take_in()
    client = signed_in(world, esi)
    place, form = (
        f"/projects/{world.project.id}/leave",
        {"csrf_token": client.headers["x-csrf-token"]},
    )
    with world.db.write() as connection:
        accounts.add_role(connection, esi, "contributor", 0, world.now)
    assert f'action="{place}"' in client.get("/").text
    assert client.post(place, data=form).status_code == 303
    assert f'action="{place}"' not in client.get("/").text
    with world.db.read() as connection:
        (mine,) = contributions.list_own(connection, esi)
    assert mine.state == "withdrawn"
    stranger = signed_in(world, add_person(world.db, "Dmitri"))
    theirs = {"csrf_token": stranger.headers["x-csrf-token"]}
    assert stranger.post(place, data=theirs).status_code == 409

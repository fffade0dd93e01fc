"""Guessing a password comes to an end, for the one who guesses and for nobody else."""

from __future__ import annotations

import pytest

from fairhand.core.clock import MINUTE_MS
from fairhand.use_cases.sign_in import choose_password
from fairhand.web.shared.tries import MOST, Tries
from tests.web.world import TestClient, World

RIGHT = "a sentence is a good password"


@pytest.fixture
def carmen(world: World) -> World:
    """Carmen has a password."""
    choose_password(world.house.db, world.people["Carmen"], RIGHT, world.cast.clock.now)
    return world


def sign_in(client: TestClient, password: str, email: str = "carmen@example.org") -> int:
    """Try; gives the status."""
    data = {"email": email, "password": password}
    return int(client.post("/sign-in", data=data).status_code)


def test_after_ten_wrong_ones_there_is_rest(carmen: World) -> None:
    client = carmen.client()
    assert [sign_in(client, "guess") for _ in range(MOST + 1)] == [401] * MOST + [429]
    assert sign_in(client, RIGHT) == 429
    assert sign_in(client, RIGHT, "CARMEN@example.org ") in (401, 429)
    assert sign_in(client, "guess", "amina@example.org") == 401
    elsewhere = TestClient(carmen.app, follow_redirects=False, client=("198.51.100.7", 50_000))
    assert sign_in(elsewhere, RIGHT) == 303
    carmen.cast.clock.advance(15 * MINUTE_MS)
    assert sign_in(client, RIGHT) == 303


def test_the_right_one_forgets_the_wrong_ones(carmen: World) -> None:
    client = carmen.client()
    for _ in range(3):
        assert [sign_in(client, "guess") for _ in range(MOST - 1)] == [401] * (MOST - 1)
        assert sign_in(client, RIGHT) == 303


def test_a_flood_of_addresses_shuts_nobody_out(carmen: World) -> None:
    tries, now = Tries(), carmen.cast.clock.now
    for number in range(21_000):
        tries.wrong(str(number), now)
    assert len(tries._wrong) <= 20_000
    tries.check("new", now)
    tries.check("new", carmen.cast.clock.advance(16 * MINUTE_MS))
    assert tries._wrong == {}


def test_a_new_password_ends_the_sessions_elsewhere(carmen: World) -> None:
    here, there = carmen.client("Carmen"), carmen.client("Carmen")
    form = {"current_password": RIGHT, "new_password": RIGHT + " too"}
    assert here.post("/account/password", data=carmen.form(here, **form)).status_code == 303
    assert here.get("/api/v1/me").status_code == 200
    assert there.get("/api/v1/me").status_code == 401

"""Guessing a password comes to an end, for the one who guesses and for nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

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
        tries.take(str(number), now)
    assert len(tries._taken) <= 20_000
    tries.take("new", now)
    tries.take("new", carmen.cast.clock.advance(16 * MINUTE_MS))
    assert len(tries._taken) == 1


@pytest.mark.parametrize(
    "typed",
    [
        "car\0men@example.org",
        "\0\0carmen@example.org",
        " carmen@example.org",
        "carmen@example.org\t",
        "CARMEN@EXAMPLE.ORG",
    ],
)
def test_other_letters_of_an_address_give_no_other_tries(carmen: World, typed: str) -> None:
    client = carmen.client()
    assert [sign_in(client, "guess") for _ in range(MOST)] == [401] * MOST
    assert sign_in(client, RIGHT, typed) == 429


def test_who_has_many_addresses_of_one_network_is_one_guesser(carmen: World) -> None:
    def tried(host: str) -> int:
        there = TestClient(carmen.app, follow_redirects=False, client=(host, 50_000))
        return sign_in(there, "guess")

    assert [tried(f"2001:db8:1:2:{n}::{n}") for n in range(MOST + 1)] == [401] * MOST + [429]
    assert tried("2001:db8:1:3::1") == 401
    assert [tried("203.0.113.7") for _ in range(5)] == [401] * 5
    assert [tried("::ffff:203.0.113.7") for _ in range(6)] == [401] * 5 + [429]


def test_one_guess_for_each_of_many_accounts_comes_to_an_end_too(
    carmen: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairhand.use_cases.sign_in.store.password_fits", lambda *_: False)
    client = carmen.client()
    tried = [sign_in(client, "guess", f"p{number}@example.org") for number in range(201)]
    assert tried == [401] * 200 + [429]
    elsewhere = TestClient(carmen.app, follow_redirects=False, client=("198.51.100.7", 50_000))
    assert sign_in(elsewhere, "guess") == 401


def test_many_guesses_at_once_are_no_more(carmen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    began = Barrier(MOST)  # nobody is told anything before the last one is in

    def slow(_stored: str, _password: str) -> bool:
        began.wait(20)
        return False

    monkeypatch.setattr("fairhand.use_cases.sign_in.store.password_fits", slow)
    with ThreadPoolExecutor(16) as pool:
        tried = list(pool.map(lambda _: sign_in(carmen.client(), "guess"), range(16)))
    assert sorted(tried) == [401] * MOST + [429] * 6


def test_the_present_password_is_not_guessed_in_a_session_that_was_left_open(
    carmen: World,
) -> None:
    thief = carmen.client("Carmen")

    def changed(present: str) -> int:
        typed = {"current_password": present, "new_password": "mine from now on"}
        return int(thief.post("/account/password", data=carmen.form(thief, **typed)).status_code)

    assert [changed(f"guess {n}") for n in range(MOST)] == [422] * MOST
    assert changed(RIGHT) == 429
    assert sign_in(thief, RIGHT) == 429, "it is the same account"
    elsewhere = TestClient(carmen.app, follow_redirects=False, client=("198.51.100.7", 50_000))
    assert sign_in(elsewhere, RIGHT) == 303, "and its person is not shut out"


def test_what_was_no_guess_uses_nothing_up(carmen: World) -> None:
    client = carmen.client("Carmen")
    for _ in range(MOST + 1):
        typed = {"current_password": RIGHT, "new_password": "short"}
        answer = client.post("/account/password", data=carmen.form(client, **typed))
        assert answer.status_code == 422


def test_a_new_password_ends_the_sessions_elsewhere(carmen: World) -> None:
    here, there = carmen.client("Carmen"), carmen.client("Carmen")
    form = {"current_password": RIGHT, "new_password": RIGHT + " too"}
    assert here.post("/account/password", data=carmen.form(here, **form)).status_code == 303
    assert here.get("/api/v1/me").status_code == 200
    assert there.get("/api/v1/me").status_code == 401

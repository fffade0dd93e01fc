"""Whoever gets at an account for a moment does not keep it, and strangers learn nothing of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.core.mail_settings import MailSettings
from fairhand.core.settings import Settings
from fairhand.storage.database import Database
from fairhand.use_cases.ask_reset import ask_reset
from fairhand.use_cases.make_reset_link import make_reset_link
from fairhand.use_cases.put_letters import Outbox
from fairhand.use_cases.read_letters import read_outbox
from fairhand.use_cases.renew_link import renew_link
from fairhand.use_cases.send_letters import send_next
from fairhand.use_cases.sign_in import choose_password
from fairhand.web.shared.doors import SESSION_COOKIE
from tests.mail_server import Box, serving
from tests.web.world import TestClient, World, make_world

RIGHT = "a sentence is a good password"
NEW = "another sentence, as good"
MINE = "amina@example.org"


@pytest.fixture
def box() -> Iterator[tuple[Box, int]]:
    made = Box()
    with serving(made) as port:
        yield made, port


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path, box: tuple[Box, int]) -> World:
    """Amina has an address and a password, and letters go out."""
    made = make_world(sqlite_db, tmp_path)
    mail = MailSettings(host="127.0.0.1", port=box[1], security="none", sender="f@example.org")
    settings = Settings(
        workspace=made.house.settings.workspace, public_url="https://work.example", mail=mail
    )
    house = replace(made.house, settings=settings)
    made = World(made.cast, house, made.project, made.other, made.people)
    client = made.client("Amina")
    assert saved(made, client, email=MINE) == 303
    choose_password(house.db, made.people["Amina"], RIGHT, made.cast.clock.now)
    return made


def saved(world: World, client: TestClient, **changed: str) -> int:
    """Save the account's own form; gives the status."""
    form = {"display_name": "Amina", "email": MINE, "country": "GB", **changed}
    return int(client.post("/account", data=world.form(client, **form)).status_code)


def sign_in(world: World, password: str, email: str = MINE) -> int:
    data = {"email": email, "password": password}
    return int(world.client().post("/sign-in", data=data).status_code)


def reset_link(world: World) -> str:
    now, amina = world.cast.clock.now, world.people["Amina"]
    return f"/reset/{make_reset_link(world.house.db, amina, now, hours=1)}"


def test_an_address_is_changed_only_by_who_knows_the_password(
    world: World, box: tuple[Box, int]
) -> None:
    thief = world.client("Amina")  # her browser, left open
    assert saved(world, thief, email="thief@example.org") == 422
    assert saved(world, thief, email="thief@example.org", known_password="guess") == 422
    assert saved(world, thief, display_name="Amina W.") == 303, "what opens no door asks nothing"
    assert saved(world, thief, email="AMINA@example.org") == 303, "it is the same address"
    before = reset_link(world)
    assert read_outbox(world.house) == []
    assert saved(world, thief, email="new@example.org", known_password=RIGHT) == 303
    assert thief.get(before).text.count("This link is over") > 0, "links of the old address end"
    assert send_next(world.house)
    (letter,) = box[0].letters
    assert letter["To"].addresses[0].addr_spec == MINE
    assert "way to sign in" in letter["Subject"]
    assert sign_in(world, RIGHT, "new@example.org") == 303


def test_no_two_fields_of_the_page_have_one_name_for_readers_of_screens(world: World) -> None:
    ids = re.findall(r'\bid="([^"]+)"', world.client("Amina").get("/account").text)
    assert len(ids) == len(set(ids))
    assert {"known_password", "current_password"} <= set(ids)


def test_an_unknown_address_costs_as_much_work_as_a_known_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def counted(stored: str, _password: str) -> bool:
        looked.append(stored)
        return False

    monkeypatch.setattr("fairhand.use_cases.sign_in.store.password_fits", counted)
    assert saved(world, world.client("Bao"), display_name="Bao", email="bao@example.org") == 303
    for email in (MINE, "bao@example.org", "nobody@example.org", "", "\0"):
        answer = world.client().post("/sign-in", data={"email": email, "password": "guess"})
        assert answer.status_code == 401
    assert len(looked) == 5, "Bao has no password, and the others no account"
    parts = {one.rpartition("$")[0].rpartition("$")[0] for one in looked}
    assert len(parts) == 1, "of the same cost"


def test_the_password_is_not_guessed_by_changing_the_address(world: World) -> None:
    thief = world.client("Amina")
    for number in range(9):
        assert saved(world, thief, email="t@example.org", known_password=f"{number}") == 422
        assert saved(world, thief, known_password="anything") == 303, "and forgives nothing"
    assert saved(world, thief, email="t@example.org", known_password="10") == 422
    assert saved(world, thief, email="t@example.org", known_password=RIGHT) == 429


def test_who_has_an_account_is_not_found_out_by_writing_addresses(world: World) -> None:
    curious = world.client("Bao")
    tried = [saved(world, curious, display_name="Bao", email=MINE, country="GB") for _ in range(11)]
    assert tried == [409] * 10 + [429]


def test_a_question_about_a_password_is_answered_before_anybody_looks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time tells nothing: the answer has gone before the account is looked for."""
    happened: list[str] = []
    real = ask_reset

    def looked(db: Database, outbox: Outbox, email: str, now: Instant) -> None:
        happened.append("looked")
        real(db, outbox, email, now)

    async def send(message: Any) -> None:  # noqa: ANN401
        if message["type"] == "http.response.body" and not message.get("more_body"):
            happened.append("answered")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": f"email={MINE}".encode(), "more_body": False}

    headers = [(b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"testserver")]
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/forgot",
        "raw_path": b"/forgot", "query_string": b"", "headers": headers, "scheme": "http",
        "client": ("198.51.100.7", 5), "server": ("testserver", 80), "root_path": "",
    }  # fmt: skip
    monkeypatch.setattr("fairhand.web.desk.forgotten.ask_reset", looked)
    asyncio.run(world.app(scope, receive, send))
    assert happened == ["answered", "looked"]
    assert [one.kind for one in read_outbox(world.house)] == ["reset"]


def test_a_changed_password_ends_links_that_were_on_their_way(world: World) -> None:
    on_its_way, client = reset_link(world), world.client("Amina")
    form = world.form(client, current_password=RIGHT, new_password=NEW)
    assert client.post("/account/password", data=form).status_code == 303
    late = world.client().post(on_its_way, data={"new_password": "the thief's own words"})
    assert late.status_code == 401
    assert sign_in(world, NEW) == 303


def test_of_two_links_one_sets_a_password_and_ends_the_other(world: World) -> None:
    first, second = reset_link(world), reset_link(world)
    assert world.client().post(second, data={"new_password": NEW}).status_code == 303
    for used in (first, second):
        again = world.client().post(used, data={"new_password": "the thief's own words"})
        assert again.status_code == 401
    assert sign_in(world, NEW) == 303


@pytest.mark.parametrize("door", ["reset", "change"])
@pytest.mark.parametrize("wished", [True, False])
def test_tokens_end_with_the_password_where_that_is_wished(
    world: World, door: str, wished: bool
) -> None:
    token, client = world.token("Amina", "manage"), world.client("Amina")
    box = {"end_tokens": "yes"} if wished else {}
    if door == "reset":
        done = world.client().post(reset_link(world), data={"new_password": NEW, **box})
    else:
        form = world.form(client, current_password=RIGHT, new_password=NEW, **box)
        done = client.post("/account/password", data=form)
    assert done.status_code == 303
    assert world.bearer(token).get("/api/v1/me").status_code == (401 if wished else 200)


def test_nothing_opens_the_account_of_who_was_erased(world: World) -> None:
    token, client, elsewhere = world.token("Amina", "work"), *(world.client("Amina"),) * 2
    other = world.client("Amina")
    link, reset = (
        renew_link(world.house.db, world.people["Amina"], world.cast.clock.now, hours=1),
        reset_link(world),
    )
    gone = client.post("/account/erase", data=world.form(client, sure="erase everything"))
    assert gone.status_code == 200, gone.text
    assert elsewhere.get("/api/v1/me").status_code == 401
    assert other.get("/api/v1/me").status_code == 401
    assert world.bearer(token).get("/api/v1/me").status_code == 401
    entered = world.client().post("/sign-in", data={"link_token": link})
    assert SESSION_COOKIE not in entered.cookies
    assert world.client().post(reset, data={"new_password": NEW}).status_code == 401
    assert sign_in(world, RIGHT) == 401
    with pytest.raises(NotFoundError):
        renew_link(world.house.db, world.people["Amina"], world.cast.clock.now, hours=1)


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "\u2028//evil.example",
        "evil.example",
    ],
)
def test_signing_in_leads_to_no_other_site(world: World, to: str) -> None:
    data = {"email": MINE, "password": RIGHT, "next": to}
    entered = world.client().post("/sign-in", data=data)
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    page = world.client().get("/sign-in", params={"next": to}).text
    assert "evil.example" not in page
    assert "javascript:" not in page


@pytest.mark.parametrize("path", ["/sign-in", "/forgot", "/reset/none", "/sign-on/none/prove"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://testserver.evil.example"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_no_door_without_a_session_is_knocked_at_from_another_site(
    world: World, path: str, headers: dict[str, str]
) -> None:
    data = {"email": MINE, "password": RIGHT, "new_password": NEW}
    answer = world.client().post(path, data=data, headers=headers)
    assert answer.status_code == 403
    assert read_outbox(world.house) == []


def test_links_begin_with_our_own_address_whatever_host_is_asked_for(
    world: World, box: tuple[Box, int]
) -> None:
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    answer = world.client().post("/forgot", data={"email": MINE}, headers=headers)
    assert answer.status_code == 200
    assert send_next(world.house)
    said = str(box[0].letters[0])
    assert "https://work.example/reset/" in said
    assert "evil.example" not in said
    owner = world.client("Carmen")
    made = owner.post("/api/v1/people", json={"display_name": "New"}, headers=headers).json()
    assert made["link"].startswith("https://work.example/sign-in/")

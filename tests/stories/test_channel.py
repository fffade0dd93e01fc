"""The server carries what contributors seal for each other; nobody who manages gets even that."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from fairhand.core.errors import ConflictError, FairhandError, ForbiddenError, InvalidError
from fairhand.people.channel.rules import LEAST_ROUNDS, public_key_issues, read_letter
from fairhand.storage.database import Database
from fairhand.use_cases.give_role import GiveRole, give_role
from fairhand.use_cases.join_channel import JoinChannel, join_channel, leave_channel
from fairhand.use_cases.read_channel import read_channels, read_letters
from fairhand.use_cases.send_letter import (
    MakeChannel,
    SendLetter,
    ShareKeys,
    make_channel,
    send_letter,
    share_keys,
)
from tests.cast import Cast


def b64(text: str, size: int = 0) -> str:
    return base64.b64encode(text.encode().ljust(size, b".")).decode()


PUBLIC = {"kty": "EC", "crv": "P-256", "x": b64("x", 32), "y": b64("y", 32)}
WRAPPED = {"salt": b64("s", 16), "rounds": LEAST_ROUNDS, "nonce": b64("n", 12), "sealed": b64("k")}


def sealed(sender: str) -> dict[str, str]:
    return {"from": sender, "nonce": b64("n", 12), "sealed": b64("key", 48)}


def join(cast: Cast, name: str, **other: Any) -> int:  # noqa: ANN401  # keys of any shape
    person = cast.person(name)
    given = {"handle": name.lower(), "public_key": PUBLIC, "wrapped_key": WRAPPED, **other}
    join_channel(cast.db, JoinChannel(person, **given), cast.clock.now)
    return person


def write(cast: Cast, name: str, channel: int, text: str, epoch: int = 1, key: str = "") -> None:
    letter = b64(text, 64)
    command = SendLetter(cast.person(name), channel, epoch, key or f"letter-{text}", letter)
    send_letter(cast.db, command, cast.clock.now)


def heard(cast: Cast, name: str, channel: int) -> list[str]:
    letters = read_letters(cast.db, cast.person(name), channel, 0)
    return [base64.b64decode(one["sealed"]).decode().rstrip(".") for one in letters]


def code_of(call: Callable[[], object]) -> str:
    try:
        call()
    except FairhandError as error:
        return error.code
    return "done"


@pytest.fixture
def cast(sqlite_db: Database) -> Cast:
    return Cast(sqlite_db)


def test_members_let_each_other_in_and_hear_what_is_said_from_then_on(db: Database) -> None:
    cast = Cast(db)
    amina, bao = join(cast, "Amina"), join(cast, "Bao")
    room = make_channel(db, MakeChannel(amina, "Pets", {"amina": sealed("amina")}), cast.clock.now)
    write(cast, "Amina", room, "first")
    write(cast, "Amina", room, "first")  # sent twice, kept once
    assert read_channels(db, bao)["channels"] == []
    assert code_of(lambda: write(cast, "Bao", room, "from outside")) == "not_found"
    assert code_of(lambda: read_letters(db, bao, room, 0)) == "not_found"
    push_in = ShareKeys(bao, room, 1, {"bao": sealed("bao")})
    assert code_of(lambda: share_keys(db, push_in)) == "not_found"
    assert code_of(lambda: share_keys(db, ShareKeys(bao, room, 2, push_in.keys))) == "turned"

    share_keys(db, ShareKeys(amina, room, 1, {"bao": sealed("amina")}))
    write(cast, "Bao", room, "second")

    assert heard(cast, "Amina", room) == heard(cast, "Bao", room) == ["first", "second"]
    assert read_channels(db, bao)["channels"][0]["holders"] == ["amina", "bao"]


def test_whoever_leaves_or_comes_to_manage_hears_nothing_more(cast: Cast) -> None:
    amina, bao, esi = join(cast, "Amina"), join(cast, "Bao"), join(cast, "Esi")
    keys = {name: sealed("amina") for name in ("amina", "bao", "esi")}
    room = make_channel(cast.db, MakeChannel(amina, "Pets", keys), cast.clock.now)
    give_role(cast.db, GiveRole(bao, "manager"), cast.clock.now)

    assert code_of(lambda: read_letters(cast.db, bao, room, 0)) == "not_a_contributor"
    assert code_of(lambda: read_channels(cast.db, bao)) == "not_a_contributor"
    assert read_channels(cast.db, amina)["channels"][0]["turn"]
    assert code_of(lambda: write(cast, "Amina", room, "too soon")) == "turn"
    staying = {name: sealed("amina") for name in ("amina", "esi")}
    again = ShareKeys(amina, room, 2, {**staying, "bao": sealed("amina")})
    assert code_of(lambda: share_keys(cast.db, again)) == "invalid"
    share_keys(cast.db, ShareKeys(amina, room, 2, staying))
    assert code_of(lambda: write(cast, "Esi", room, "old key", epoch=1)) == "turned"
    write(cast, "Esi", room, "among us", epoch=2)
    leave_channel(cast.db, esi, cast.clock.now)
    assert code_of(lambda: read_letters(cast.db, esi, room, 0)) == "not_found"
    assert heard(cast, "Amina", room) == ["among us"]
    with pytest.raises(ConflictError):
        leave_channel(cast.db, esi, cast.clock.now)


def test_nobody_who_owns_manages_or_audits_joins(cast: Cast) -> None:
    for role in ("owner", "manager", "auditor", "reviewer"):
        person = cast.person(f"a {role}")
        give_role(cast.db, GiveRole(person, role), cast.clock.now)
        is_in = code_of(lambda role=role: join(cast, f"a {role}"))  # type: ignore[misc]
        assert is_in == ("done" if role == "reviewer" else "not_a_contributor")
    with pytest.raises(ForbiddenError):
        read_channels(cast.db, cast.carmen)


def test_a_private_key_is_never_taken_and_weak_sealing_is_refused(cast: Cast) -> None:
    assert public_key_issues({**PUBLIC, "d": b64("d", 32)})
    assert public_key_issues({**PUBLIC, "x": b64("short")})
    assert public_key_issues({"kty": "RSA"})
    weak = {**WRAPPED, "rounds": 1_000}
    refused: tuple[dict[str, Any], ...] = (
        {"wrapped_key": weak}, {"public_key": {}}, {"handle": " "}, {"handle": "x" * 99},
    )  # fmt: skip
    for wrong in refused:
        with pytest.raises(InvalidError):
            join(cast, "Amina", **wrong)
    join(cast, "Amina")
    with pytest.raises(ConflictError, match="this name"):
        join(cast, "Bao", handle="amina")
    assert read_letter("not base64!") is None
    assert read_letter(b64("", 20_000)) is None


def test_the_log_says_nothing_of_who_speaks_with_whom(cast: Cast) -> None:
    before = cast.rows("SELECT count(*) FROM event")
    amina = cast.person("Amina")
    joined = cast.rows("SELECT count(*) FROM event")
    join(cast, "Amina")
    keys = {"amina": sealed("amina")}
    room = make_channel(cast.db, MakeChannel(amina, "Pets", keys), cast.clock.now)
    write(cast, "Amina", room, "hello there")

    assert cast.rows("SELECT count(*) FROM event") == joined != before

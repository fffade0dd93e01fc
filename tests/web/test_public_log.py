"""The log's files are there for anybody, and its page says who co-signs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.proof.log import store, witness_store
from fairhand.proof.log.checkpoint import open_checkpoint
from fairhand.proof.log.cosignature import WitnessSigner
from fairhand.proof.log.monitor import watch
from fairhand.proof.log.places import CalledPlace
from fairhand.proof.log.policy import parse_policy
from fairhand.storage.database import Database
from fairhand.use_cases.add_witness import AddWitness, add_witness
from fairhand.use_cases.seal_log import seal_log
from tests.web.world import World, make_world

UNION = WitnessSigner("witness.union.example", Ed25519PrivateKey.from_private_bytes(b"u" * 32))
PAGE = {"accept": "text/html"}


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> World:
    made = make_world(sqlite_db, tmp_path)
    events = [store.NewEvent("annotation.submitted", {"n": n}) for n in range(270)]
    with sqlite_db.write() as connection:
        store.append_many(connection, events, made.cast.clock.now)
    return made


def _cosigned(world: World) -> int:
    db, now = world.house.db, world.cast.clock.now
    number = add_witness(db, AddWitness(UNION.key.vkey, "https://union.example"), now)
    seal_log(db, world.house.signer, now)
    with db.write() as connection:
        latest = store.latest_checkpoint(connection)
        assert latest is not None
        text = open_checkpoint(latest.note, [world.house.signer.verifier]).text()
        line = UNION.cosign(text, now)
        witness_store.keep_line(connection, number, latest.size, line, now)
    return latest.size


def test_dmitri_watches_the_log_without_signing_in(world: World) -> None:
    size = _cosigned(world)
    nobody = world.client()

    def fetch(name: str) -> bytes | None:
        answer = nobody.get(f"/log/c2sp/{name}")
        return answer.content if answer.status_code == 200 else None

    policy = parse_policy(nobody.get("/log/c2sp/policy").text)
    found = watch(CalledPlace(fetch), policy, None, world.cast.clock.now, 60_000)

    assert found.is_well, found.trouble
    assert (found.size, found.witnesses) == (size, (UNION.key.name,))
    assert nobody.get("/log/c2sp/keys").text == world.house.signer.verifier.vkey + "\n"
    assert nobody.get("/log/c2sp/handovers.json").json() == []
    assert "immutable" in nobody.get("/log/c2sp/tile/0/000").headers["cache-control"]


@pytest.mark.parametrize(
    "name",
    [
        "tile/0/001",  # not full yet
        "tile/0/999",
        "tile/9/000",
        "tile/0/000.p/0",
        "tile/0/000.p/257",
        "tile/entries/x999/x999/x999/x999/x999/999",
        "tile/0/..%2f..%2fkeys",
        "%2e%2e/keys/log.key",
        "none",
    ],
)
def test_what_the_log_does_not_have_is_not_there(world: World, name: str) -> None:
    _cosigned(world)
    assert world.client().get(f"/log/c2sp/{name}").status_code == 404


def test_the_page_shows_witnesses_and_what_is_in_the_way(world: World) -> None:
    assert "Nobody outside co-signs" in world.client("Amina").get("/log", headers=PAGE).text
    size = _cosigned(world)
    page = world.client("Amina").get("/log", headers=PAGE).text
    assert UNION.key.name in page
    assert "signed the newest" in page
    assert f"{size:,}" in page
    with world.house.db.write() as connection:
        witness_store.note_trouble(connection, 1, "It did not answer.", world.cast.clock.now)
    assert "It did not answer." in world.client("Farid").get("/log", headers=PAGE).text

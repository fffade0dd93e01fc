"""Somebody is erased: nothing of them can be read any more, and everybody's proofs still hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from fairhand.core.errors import ConflictError, ForbiddenError, NotFoundError, UnavailableError
from fairhand.people.accounts import erasure_store
from fairhand.people.accounts import store as accounts
from fairhand.people.contributions import store as contributions
from fairhand.proof.log import store as log
from fairhand.proof.log.receipt import verify_receipt
from fairhand.proof.revocation import store as revocations
from fairhand.storage.database import Database
from fairhand.storage.tables.base import metadata
from fairhand.use_cases.erase_person import erase_person, finish_erasures
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.settle_withdrawals import settle_withdrawals
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.release_world import SIGNER
from tests.web.test_revocations import print_release

CANARY = "Esi Canary Owusu"


@pytest.fixture
def world(sqlite_db: Database, tmp_path: Path) -> OwnDataWorld:
    return OwnDataWorld(sqlite_db, tmp_path)


def give(world: OwnDataWorld) -> tuple[int, int]:
    amina, _ = world.join("Amina")
    esi, _ = world.join(CANARY)
    world.record(amina)
    world.record(esi)
    world.take_in()
    return amina, esi


def everything(db: Database) -> str:
    with db.read() as connection:
        return "\n".join(
            repr(row)
            for table in metadata.sorted_tables
            for row in connection.execute(table.select())
        )


def test_nothing_of_an_erased_person_is_left_and_all_proofs_hold(world: OwnDataWorld) -> None:
    amina, esi = give(world)
    made = print_release(world)
    seal_log(world.db, SIGNER, world.now)
    with world.db.read() as connection:
        mine = [row.id for row in connection.execute(
            text("SELECT id FROM event WHERE person_id = :p"), {"p": esi})]  # fmt: skip
        receipt = log.load_proof(connection, mine[0])
        (thing,) = contributions.list_own(connection, esi)
    assert receipt is not None
    kept_by_esi = receipt.text()
    recorded = thing.original_sha256
    assert CANARY in everything(world.db)

    done = erase_person(world.db, world.shop.blobs, world.shop.vault, esi, world.now)
    assert {"pay", "the log"} <= {one["what"] for one in done.kept}
    left = everything(world.db)
    assert CANARY not in left
    assert recorded not in left
    for file in (thing.open_sha256, thing.sealed_sha256, recorded):
        assert file is None or not world.shop.blobs.exists(file)
    with world.db.read() as connection, pytest.raises(ConflictError):
        world.shop.vault.load_key(connection, esi)

    settle_withdrawals(world.db, world.shop.blobs, SIGNER, world.now)
    with world.db.read() as connection:
        assert [why for _, why in revocations.iter_revoked(connection, made.release_id)] == [
            "erased"
        ]
    again = print_release(world)
    assert len((again.directory / "items.jsonl").read_bytes().splitlines()) == 1
    seal_log(world.db, SIGNER, world.now)
    with world.db.read() as connection:
        assert list(log.audit(connection, [SIGNER.verifier])) == []
    assert not [
        one for one in verify_receipt(kept_by_esi, SIGNER.verifier) if one.severity == "error"
    ]
    with pytest.raises(ForbiddenError):
        world.record(esi)
    with pytest.raises(NotFoundError):
        erase_person(world.db, world.shop.blobs, world.shop.vault, esi, world.now)
    world.record(amina)


def test_the_only_owner_hands_over_first(world: OwnDataWorld) -> None:
    with world.db.write() as connection:
        accounts.add_role(connection, world.carmen, "owner", 0, world.now)
    with pytest.raises(ConflictError, match="only owner"):
        erase_person(world.db, world.shop.blobs, world.shop.vault, world.carmen, world.now)


def test_every_table_that_names_a_person_says_what_erasure_does_to_it() -> None:
    named = {
        table.name
        for table in metadata.sorted_tables
        if any(key.column.table.name == "person" for key in table.foreign_keys)
    }
    said = (
        {table.name for table, _ in erasure_store.DELETED}
        | {one.table.name for one in erasure_store.EMPTIED}
        | set(erasure_store.STAYS)
    )
    assert named - said == set()


def test_an_erasure_that_is_cut_off_is_taken_up_again(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = OwnDataWorld(sqlite_db, tmp_path)
    esi, _ = world.join("Esi")
    world.record(esi)  # plain: nothing has looked at it yet
    with sqlite_db.read() as connection:
        (plain,) = connection.execute(
            text("SELECT blob_sha256 FROM recording WHERE person_id = :id"), {"id": esi}
        ).scalars()
    blobs = world.shop.blobs

    def cut_off(_self: object, _sha256: str) -> None:
        raise UnavailableError("The file store is away.")

    with monkeypatch.context() as away:
        away.setattr(type(blobs), "delete", cut_off)
        with pytest.raises(UnavailableError):
            erase_person(sqlite_db, blobs, world.shop.vault, esi, world.now)
    assert blobs.exists(plain)
    assert finish_erasures(sqlite_db, blobs, world.now) == 1
    assert not blobs.exists(plain)
    assert finish_erasures(sqlite_db, blobs, world.now) == 0

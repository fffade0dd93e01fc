"""The log changes its key and keeps its name, its history and everybody's receipts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import fairhand.use_cases.rotate_log_key as story
from fairhand.core.clock import ManualClock
from fairhand.core.errors import ConflictError
from fairhand.proof.log import key_store, store
from fairhand.proof.log.checkpoint import open_checkpoint
from fairhand.proof.log.keys import load_or_create_signer, load_signer
from fairhand.proof.log.monitor import watch
from fairhand.proof.log.note import NoteError, Signer
from fairhand.proof.log.places import FolderPlace
from fairhand.proof.log.policy import Policy
from fairhand.proof.log.receipt import verify_receipt
from fairhand.proof.log.rotation import follow, make_handover, read_handover
from fairhand.storage.database import Database
from fairhand.use_cases.retire_log_key import retire_log_key
from fairhand.use_cases.rotate_log_key import rotate_log_key
from tests.stories.log_world import LogWorld, open_log


@pytest.fixture
def world(sqlite_db: Database, clock: ManualClock, tmp_path: Path) -> Iterator[LogWorld]:
    with open_log(sqlite_db, clock, tmp_path / "log") as made:
        made.signer = load_or_create_signer(tmp_path / "log.key", "log.example/carmen")
        made.grow(20)
        yield made


def _key(world: LogWorld) -> Path:
    return world.folder.parent / "log.key"


def _receipt(world: LogWorld, event: int) -> str:
    with world.db.read() as connection:
        found = store.load_proof(connection, event)
    assert found is not None
    return found.text()


def test_both_keys_sign_until_the_old_one_is_retired(world: LogWorld) -> None:
    old = world.signer.verifier
    early = _receipt(world, 3)
    rotated = rotate_log_key(world.db, _key(world), None, world.clock.now)
    world.signer = load_signer(_key(world))
    new = world.signer.verifier
    assert (rotated.old, rotated.new, new.name) == (old.vkey, new.vkey, old.name)
    with pytest.raises(ConflictError, match="Retire that first"):
        rotate_log_key(world.db, _key(world), None, world.clock.now)

    world.grow(5)
    both = _receipt(world, 3)
    assert verify_receipt(both, old) == []
    assert verify_receipt(both, new) == []

    assert retire_log_key(world.db, _key(world), None, world.clock.now) == old.vkey
    world.signer = load_signer(_key(world))
    world.grow(5)
    late = _receipt(world, 3)
    assert verify_receipt(late, new) == []
    assert verify_receipt(late, old) != []
    assert verify_receipt(late, follow([old], [rotated.handover])) == []
    assert verify_receipt(early, [old, new]) == []
    with world.db.read() as connection:
        assert list(store.audit(connection, [old, new])) == []
    with pytest.raises(ConflictError):
        retire_log_key(world.db, _key(world), None, world.clock.now)


def test_a_monitor_that_knows_the_first_key_alone_follows_two_changes(world: LogWorld) -> None:
    first = Policy((world.signer.verifier,))
    keys = [world.signer.verifier]
    world.export()
    before = watch(FolderPlace(world.folder), first, None, world.clock.now)
    for _ in range(2):
        rotate_log_key(world.db, _key(world), None, world.clock.now)
        with pytest.raises(ConflictError, match="not signed by the new key yet"):
            retire_log_key(world.db, _key(world), None, world.clock.now)
        world.signer = load_signer(_key(world))
        world.grow(1)
        retire_log_key(world.db, _key(world), None, world.clock.now)
        world.signer = load_signer(_key(world))
        keys.append(world.signer.verifier)
        world.grow(2)
    world.export()
    after = watch(FolderPlace(world.folder), first, before.seen, world.clock.now)
    assert after.is_well, after.trouble
    assert (after.size, after.kinds["log.key_changed"]) == (30, 2)
    with world.db.read() as connection:
        assert key_store.older_keys(connection, keys[-1]) == keys[:-1]


@pytest.mark.parametrize("step", ["before the log knows it", "before it takes its place"])
def test_a_change_that_was_broken_off_goes_on(
    world: LogWorld, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise OSError("the machine died")

    broken = "make_handover" if step == "before the log knows it" else "put_next"
    with monkeypatch.context() as patch:
        patch.setattr(story, broken, dies)
        with pytest.raises(OSError, match="died"):
            rotate_log_key(world.db, _key(world), None, world.clock.now)
    assert load_signer(_key(world)).verifier == world.signer.verifier
    world.grow(1)

    rotated = rotate_log_key(world.db, _key(world), None, world.clock.now)

    assert load_signer(_key(world)).verifier.vkey == rotated.new
    with world.db.read() as connection:
        assert [row.vkey for row in key_store.list_keys(connection)] == [rotated.old, rotated.new]


def test_a_handover_that_the_old_key_did_not_sign_is_refused(world: LogWorld) -> None:
    stranger = Signer(world.signer.name, Ed25519PrivateKey.from_private_bytes(b"x" * 32))
    good = make_handover(world.signer, stranger, 4, world.clock.now)
    assert read_handover(good, [world.signer.verifier]).from_size == 4
    without_old = "\n".join(line for line in good.split("\n") if not _by(line, world.signer))
    without_new = "\n".join(line for line in good.split("\n") if not _by(line, stranger))
    for bad in (without_old, without_new, good.replace("\n4\n", "\n5\n")):
        with pytest.raises(NoteError):
            read_handover(bad, [world.signer.verifier])
        with pytest.raises(NoteError):
            follow([world.signer.verifier], [bad])
    assert follow([stranger.verifier], [good]) == [stranger.verifier]
    with pytest.raises(NoteError):
        open_checkpoint(good, [world.signer.verifier])


def _by(line: str, signer: Signer) -> bool:
    from fairhand.proof.log.note import encode64

    blob = encode64(signer.verifier.key_id)[:5]
    return line.startswith("— ") and line.split(" ")[2].startswith(blob)

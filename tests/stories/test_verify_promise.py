"""A promise that the log did not keep becomes a file of evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.clock import MINUTE_MS, Instant, parse_iso
from fairhand.proof.log import merkle, tiles
from fairhand.proof.log.checkpoint import Checkpoint, sign_checkpoint
from fairhand.proof.log.cosignature import WitnessSigner
from fairhand.proof.log.missing import look_for
from fairhand.proof.log.note import NoteError
from fairhand.proof.log.places import FolderPlace
from fairhand.proof.log.promise import make_promise
from tests.cast import SIGNER
from tests.stories.terminal import run

THEN = parse_iso("2026-11-21T09:30:00Z")
LATER = Instant(THEN + 2 * MINUTE_MS)
KEY = SIGNER.verifier
UNION = WitnessSigner("union.example", Ed25519PrivateKey.from_private_bytes(b"u" * 32))


@dataclass(frozen=True)
class Log:
    """An exported log of a few hundred leaves."""

    folder: Path
    leaves: list[bytes]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    leaves = [merkle.leaf_hash(b"event %d" % n) for n in range(300)]
    for (level, index), hashes in tiles.grow(0, leaves, lambda _level, _index: b"").items():
        file = tmp_path / "log" / tiles.tile_path(level, index, len(hashes) // 32)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(hashes)
    note = sign_checkpoint(Checkpoint(SIGNER.name, 300, merkle.root(leaves)), SIGNER)
    note += UNION.cosign(note.partition("\n\n")[0] + "\n", LATER)
    (tmp_path / "log/checkpoint").write_text(note, "utf-8")
    return Log(tmp_path / "log", leaves)


def test_a_kept_promise_is_found_and_a_young_one_may_wait(log: Log) -> None:
    place = FolderPlace(log.folder)
    kept = make_promise(SIGNER, log.leaves[277], THEN).as_json()
    found = look_for(kept, place, [KEY], LATER)
    assert (found.state, found.index) == ("kept", 277)
    other = make_promise(SIGNER, merkle.leaf_hash(b"left out"), THEN).as_json()
    assert look_for(other, place, [KEY], THEN).state == "waiting"
    assert look_for(other, place, [KEY], LATER).state == "unproven"
    assert look_for(other, place, [KEY], LATER, [UNION.key]).state == "missing"
    due_later = make_promise(SIGNER, merkle.leaf_hash(b"left out"), LATER).as_json()
    much_later = Instant(LATER + 9 * MINUTE_MS)
    assert look_for(due_later, place, [KEY], much_later, [UNION.key]).state == "unproven"


def test_a_log_that_does_not_hold_together_proves_nothing(log: Log) -> None:
    promise = make_promise(SIGNER, merkle.leaf_hash(b"left out"), THEN).as_json()
    (tile,) = (log.folder / "tile/0").glob("000")
    tile.write_bytes(tile.read_bytes()[:-32] + bytes(32))
    with pytest.raises(NoteError, match="do not lead to its signed root"):
        look_for(promise, FolderPlace(log.folder), [KEY], LATER)


def test_the_command_writes_the_evidence_of_an_omission(log: Log, tmp_path: Path) -> None:
    file = tmp_path / "promise.json"
    promise = make_promise(SIGNER, merkle.leaf_hash(b"left out"), THEN).as_json()
    file.write_text(json.dumps({"promise": promise}), "utf-8")
    command = ("verify", "promise", str(file), "--log", str(log.folder), "--key", KEY.vkey)
    assert run(*command, "--json").json["state"] == "unproven"
    said = run(*command, "--witness", UNION.key.vkey, "--json")
    assert (said.code, said.json["state"]) == (3, "missing")
    kept = json.loads(Path(said.json["evidence"]).read_text("utf-8"))
    assert kept["promise"] == promise
    assert kept["checkpoint"] == (log.folder / "checkpoint").read_text("utf-8")

    file.write_text(json.dumps(make_promise(SIGNER, log.leaves[0], THEN).as_json()), "utf-8")
    assert run(*command).code == 0
    file.write_text(json.dumps(promise | {"by": promise["at"]}), "utf-8")
    assert "was changed" in run(*command).err
    file.write_text("holiday", "utf-8")
    assert "is not a promise" in run(*command).err

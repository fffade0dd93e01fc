"""Sealing takes everything that waits, in as many short steps as it needs."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.clock import ManualClock
from fairhand.proof.log import store
from fairhand.proof.log.checkpoint import open_checkpoint
from fairhand.proof.log.note import Signer
from fairhand.storage.database import Database
from fairhand.use_cases.seal_log import seal_log

SIGNER = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"k" * 32))


def test_all_that_waits_is_sealed_under_one_last_checkpoint(
    db: Database, clock: ManualClock
) -> None:
    with db.write() as connection:
        for number in range(10):
            store.append(connection, "annotation.submitted", {"n": number}, clock.now)
    result = seal_log(db, SIGNER, clock.now, step_size=4)
    assert (result.sealed, result.size) == (10, 10)
    assert open_checkpoint(str(result.note), [SIGNER.verifier]).size == 10
    assert seal_log(db, SIGNER, clock.now).sealed == 0


def test_an_empty_log_has_nothing_to_sign(db: Database, clock: ManualClock) -> None:
    assert seal_log(db, SIGNER, clock.now) == store.SealResult(0, 0, None)

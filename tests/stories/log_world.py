"""A log of some size with witnesses beside it, and a second verifier that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.clock import ManualClock
from fairhand.proof.log import store
from fairhand.proof.log.cosignature import WitnessSigner
from fairhand.proof.log.note import Signer
from fairhand.proof.log.policy import Group, Policy
from fairhand.proof.log.witness import Remembered, answer_checkpoint
from fairhand.storage.database import Database
from fairhand.use_cases.add_witness import AddWitness, add_witness
from fairhand.use_cases.export_log import Exported, export_log
from fairhand.use_cases.gather_cosignatures import gather_cosignatures
from fairhand.use_cases.seal_log import seal_log
from tests.small_servers import Answer, Asked, SmallServer, serving

LOG = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
UNION = WitnessSigner("witness.union.example", Ed25519PrivateKey.from_private_bytes(b"u" * 32))


@dataclass
class Union:
    """The union's witness: what it remembers, behind a real HTTP server."""

    clock: ManualClock
    signer: WitnessSigner = UNION
    remembered: dict[str, Remembered] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Answer:
        logs = {LOG.name: [LOG.verifier]}
        said = answer_checkpoint(asked.body, logs, self.remembered, self.signer, self.clock.now)
        if said.remember is not None:
            self.remembered[said.origin] = said.remember
        return Answer(said.body.encode(), said.status, {"Content-Type": said.media_type})


@dataclass
class LogWorld:
    """A log, what was exported of it, and the union that co-signs it."""

    db: Database
    clock: ManualClock
    folder: Path
    union: Union
    place: SmallServer
    signer: Signer = LOG

    def grow(self, leaves: int, word: str = "n") -> None:
        events = [store.NewEvent("annotation.submitted", {word: n}) for n in range(leaves)]
        with self.db.write() as connection:
            store.append_many(connection, events, self.clock.now)
        seal_log(self.db, self.signer, self.clock.now)

    def join(self) -> int:
        number = add_witness(
            self.db, AddWitness(self.union.signer.key.vkey, self.place.url), self.clock.now
        )
        seal_log(self.db, self.signer, self.clock.now)
        return number

    def cosign(self) -> int:
        return gather_cosignatures(self.db, lambda: self.clock.now, [self.place.place])

    def export(self, folder: Path | None = None) -> Exported:
        return export_log(self.db, [self.signer.verifier], folder or self.folder)

    @property
    def policy(self) -> Policy:
        known = {"union": self.union.signer.key}
        return Policy((self.signer.verifier,), known, {"all": Group(1, ("union",))}, "all")


@contextmanager
def open_log(db: Database, clock: ManualClock, folder: Path) -> Iterator[LogWorld]:
    """Open a world with a log that a witness may join."""
    union = Union(clock)
    with serving(union.answer) as place:
        yield LogWorld(db, clock, folder, union, place)


def accepted_by_aics(
    folder: Path, world: LogWorld, log_key: str, saved: str | None, max_age_s: int
) -> bool:
    """Ask the independent implementation: signature, witness, age, all tiles, leaves, growth."""
    aics = pytest.importorskip("aics_tlog")
    now = world.clock.now // 1000
    note = aics.parse_note((folder / "checkpoint").read_bytes())
    witness = aics.parse_vkey(world.union.signer.key.vkey)
    key = aics.parse_vkey(log_key)
    head = aics.verify_checkpoint(note, key, [witness], 1, max_age_seconds=max_age_s, now=now)
    if not head.ok:
        return False
    reader = aics.FileSystemTileReader(folder)
    try:
        aics.verified.audit_tiles(reader, head.size, head.root)
    except (aics.TileVerificationError, aics.TileMissingError, ValueError):
        return False
    if saved is None:
        return True
    old = aics.verify_checkpoint(aics.parse_note(saved), key)
    proof = aics.consistency_proof_from_tiles(reader, old.size, head.size)
    return bool(aics.verify_consistency(old.size, head.size, old.root, head.root, proof))

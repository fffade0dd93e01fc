"""Whatever is added, sealed, co-signed, withdrawn, erased or rotated: the log stays one log."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from fairhand.core.clock import MINUTE_MS
from fairhand.core.errors import ConflictError
from fairhand.proof.log import key_store, merkle, store, witness_store
from fairhand.proof.log.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from fairhand.proof.log.cosignature import WitnessSigner
from fairhand.proof.log.keys import load_or_create_signer, load_previous, load_signer
from fairhand.proof.log.monitor import Seen, watch
from fairhand.proof.log.note import NoteError, Signer, Verifier
from fairhand.proof.log.places import FolderPlace
from fairhand.proof.log.policy import Policy
from fairhand.proof.log.receipt import (
    Opening,
    Receipt,
    check_dated,
    parse_receipt,
    verify_receipt,
)
from fairhand.proof.log.rotation import follow, link
from fairhand.proof.log.witness import Remembered, answer_checkpoint, ask_witness
from fairhand.storage.database import Database
from fairhand.use_cases.export_log import export_log
from fairhand.use_cases.retire_log_key import retire_log_key
from fairhand.use_cases.rotate_log_key import rotate_log_key
from fairhand.use_cases.seal_log import seal_log
from tests.cast import Cast

WITNESS = WitnessSigner("union.example", Ed25519PrivateKey.from_private_bytes(b"u" * 32))
NAMES = ("Amina", "Bao", "Esi")


class Bench:
    """One log that all examples add to, with what outsiders keep of it."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.cast = Cast(db)
        self.db, self.clock, self.path = db, self.cast.clock, folder / "log.key"
        self.signer = load_or_create_signer(self.path, "log.example/pets")
        self.first = self.signer.verifier
        self.folder = folder / "public"
        self.people = {name: self.cast.person(name) for name in NAMES}
        self.remembered: dict[str, Remembered] = {}
        self.receipts: dict[int, str] = {}
        self.thieves: list[Signer] = []
        self.seen: Seen | None = None
        with db.write() as connection:
            self.witness = witness_store.add_witness(
                connection, WITNESS.key.vkey, "https://union.example", None, self.clock.now
            )

    @property
    def keys(self) -> list[Verifier]:
        """What somebody believes who was given the first key alone."""
        return follow([self.first], self.notes)

    @property
    def notes(self) -> list[str]:
        """How one key handed over to the next, and which were retired."""
        with self.db.read() as connection:
            return key_store.list_handovers(connection)


class Log(RuleBasedStateMachine):
    """Does to the log what may happen to it."""

    bench: Bench

    @rule(name=st.sampled_from(NAMES), count=st.integers(1, 90), withdraws=st.booleans())
    def happens(self, name: str, count: int, withdraws: bool) -> None:
        kind = "grant.withdrawn" if withdraws else "annotation.submitted"
        person = self.bench.people[name]
        events = [store.NewEvent(kind, {"n": n, "person": person}, person) for n in range(count)]
        with self.bench.db.write() as connection:
            store.append_many(connection, events, self.bench.clock.now)

    @rule(step=st.sampled_from((1_000, 37)))
    def is_sealed(self, step: int) -> None:
        self.bench.clock.advance(MINUTE_MS)
        seal_log(self.bench.db, self.bench.signer, self.bench.clock.now, step)

    @rule()
    def is_cosigned(self) -> None:
        bench = self.bench
        with bench.db.read() as connection:
            latest = store.latest_checkpoint(connection)
            (known,) = witness_store.list_witnesses(connection)
        if latest is None or known.cosigned_size == latest.size:
            return

        def post(body: bytes) -> tuple[int, str]:
            logs = {bench.first.name: bench.keys}
            said = answer_checkpoint(body, logs, bench.remembered, WITNESS, bench.clock.now)
            if said.remember is not None:
                bench.remembered[said.origin] = said.remember
            return said.status, said.body

        def prove(old: int) -> list[bytes]:
            with bench.db.read() as connection:
                return store.load_consistency(connection, old, latest.size) if old else []

        line = ask_witness(post, WITNESS.key, latest.note, known.cosigned_size, prove)
        with bench.db.write() as connection:
            now = bench.clock.now
            witness_store.keep_line(connection, bench.witness, latest.size, line, now)

    # What is drawn may not hang on the bench: it outlives the example, and a run must draw alike.
    @rule(place=st.integers(0, 10_000))
    def keeps_a_receipt(self, place: int) -> None:
        with self.bench.db.read() as connection:
            living = [
                event
                for person in self.bench.people.values()
                for event in store.events_of(connection, person)
            ]
            found = store.load_proof(connection, living[place % len(living)]) if living else None
        if found is not None:
            self.bench.receipts[found.index] = found.text()

    @rule(name=st.sampled_from(NAMES))
    def is_erased(self, name: str) -> None:
        with self.bench.db.write() as connection:
            store.erase_bodies(connection, self.bench.people[name])

    @rule()
    def gets_a_new_key(self) -> None:
        try:
            rotate_log_key(self.bench.db, self.bench.path, None, self.bench.clock.now)
        except ConflictError:  # one is under way: end it, once a head is signed with the new key
            with suppress(ConflictError):
                old = load_previous(self.bench.path)
                retire_log_key(self.bench.db, self.bench.path, None, self.bench.clock.now)
                self.bench.thieves.append(old)
        self.bench.signer = load_signer(self.bench.path)

    @rule(place=st.integers(0, 10_000))
    def a_retired_key_is_stolen_and_signs_on(self, place: int) -> None:
        """Whoever stole it signs a log of their own, with an event of today: nobody believes it."""
        bench = self.bench
        bench.clock.advance(1)
        if not bench.thieves:
            return
        thief = bench.thieves[place % len(bench.thieves)]
        opening = Opening("annotation.submitted", bench.clock.now, b"s" * 16, '{"paid":1}')
        root = merkle.leaf_hash(opening.leaf())
        note = sign_checkpoint(Checkpoint(thief.name, 1, root), thief)
        forged = Receipt(0, (), note, opening.leaf(), opening)
        for known in (bench.first, bench.signer.verifier):
            with pytest.raises(NoteError, match="retired before"):
                check_dated(forged, link([known], bench.notes))

    @rule()
    def is_watched(self) -> None:
        bench = self.bench
        if not bench.remembered:
            return
        export_log(bench.db, bench.keys, bench.folder)
        policy = Policy((bench.first,))
        found = watch(FolderPlace(bench.folder), policy, bench.seen, bench.clock.now)
        assert found.is_well, found.trouble
        bench.seen = found.seen

    def teardown(self) -> None:
        bench, keys = self.bench, self.bench.keys
        with bench.db.read() as connection:
            assert list(store.audit(connection, keys)) == []
            notes = [
                row[0]
                for row in connection.exec_driver_sql("SELECT note FROM checkpoint ORDER BY size")
            ]
            heads = [open_checkpoint(note, keys) for note in notes]
            for head in heads:
                newest = heads[-1]
                proof = store.load_consistency(connection, head.size, newest.size)
                assert merkle.verify_consistency(
                    head.size, newest.size, head.root, newest.root, proof
                )
            fresh = [
                store.load_proof(connection, event)
                for person in bench.people.values()
                for event in store.events_of(connection, person)[::23]
            ]
        ways = [link([known], bench.notes) for known in (bench.first, bench.signer.verifier)]
        for receipt in [*bench.receipts.values(), *(one.text() for one in fresh if one)]:
            assert verify_receipt(receipt, keys) == []
            for way in ways:  # under the first key and the newest, whichever signed it
                check_dated(parse_receipt(receipt), way)


def test_every_checkpoint_and_every_receipt_stays_true(sqlite_db: Database, tmp_path: Path) -> None:
    Log.bench = Bench(sqlite_db, tmp_path)
    profile = settings(
        max_examples=5,
        stateful_step_count=18,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Log, settings=profile)
    last = Log()  # whatever chance did, at the end a key is retired and stolen
    for _ in range(4):
        last.happens(NAMES[0], 1, False)
        last.is_sealed(1_000)
        last.gets_a_new_key()
    assert Log.bench.thieves
    last.a_retired_key_is_stolen_and_signs_on(0)
    last.teardown()

"""The log in the database: one insert to append, one sealer, proofs that verify, nothing edited."""

from __future__ import annotations

import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, delete, event, func, select, update
from sqlalchemy.exc import DBAPIError

from fairhand.core.clock import Instant, ManualClock
from fairhand.core.errors import NotFoundError
from fairhand.proof.log import merkle, store
from fairhand.proof.log.checkpoint import open_checkpoint
from fairhand.proof.log.note import Signer
from fairhand.proof.log.promise import make_promise, verify_kept
from fairhand.proof.log.receipt import verify_receipt
from fairhand.storage.database import Database
from fairhand.storage.tables.people import person
from fairhand.storage.tables.proof import checkpoint, log_event, tile

SIGNER = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
AMINA, ESI = 1, 2


@pytest.fixture
def log(db: Database, clock: ManualClock) -> Database:
    """A database in which Amina and Esi are known."""
    rows = [
        {"id": AMINA, "display_name": "Amina", "created_at": clock.now},
        {"id": ESI, "display_name": "Esi", "created_at": clock.now},
    ]
    with db.write() as connection:
        connection.execute(person.insert(), rows)
    return db


def submit(db: Database, count: int, now: Instant, person_id: int = AMINA) -> list[int]:
    """Append `count` events, each in a transaction of its own."""
    made = []
    for number in range(count):
        with db.write() as connection:
            body = {"number": number, "word": f"canary-{person_id}"}
            kind = "annotation.submitted"
            made.append(store.append(connection, kind, body, now, person_id=person_id).id)
    return made


def seal_all(db: Database, now: Instant) -> store.SealResult:
    with db.write() as connection:
        return store.seal(connection, SIGNER, now)


def receipt_of(connection: Connection, event_id: int) -> str:
    receipt = store.load_proof(connection, event_id)
    assert receipt is not None
    return receipt.text()


def test_an_event_is_one_statement(log: Database, clock: ManualClock) -> None:
    statements: list[str] = []

    def remember(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(log.engine, "before_cursor_execute", remember)
    with log.write() as connection:
        store.append(connection, "annotation.submitted", {"a": 1}, clock.now, person_id=AMINA)
    event.remove(log.engine, "before_cursor_execute", remember)
    assert [text.split()[0] for text in statements if "BEGIN" not in text] == ["INSERT"]


def test_an_event_of_a_transaction_that_fails_never_happened(
    log: Database, clock: ManualClock
) -> None:
    def fail_after_append() -> None:
        with log.write() as connection:
            store.append(connection, "annotation.submitted", {"a": 1}, clock.now)
            raise RuntimeError("the power goes")

    with pytest.raises(RuntimeError, match="power"):
        fail_after_append()
    assert seal_all(log, clock.now) == store.SealResult(0, 0, None)


def test_every_sealed_event_has_a_receipt_that_keeps_its_promise(
    log: Database, clock: ManualClock
) -> None:
    with log.write() as connection:
        made = store.append(connection, "annotation.submitted", {"a": 1}, clock.now)
    promise = make_promise(SIGNER, made.leaf_hash, clock.now).as_json()
    submit(log, 5, clock.now)
    seal_all(log, clock.advance(30_000))
    with log.read() as connection:
        text = receipt_of(connection, made.id)
    assert verify_receipt(text, SIGNER.verifier) == []
    assert verify_kept(promise, text, SIGNER.verifier) == []


def test_leaves_are_numbered_in_the_order_of_their_ids(log: Database, clock: ManualClock) -> None:
    made = submit(log, 7, clock.now)
    with log.write() as connection:
        assert store.seal(connection, SIGNER, clock.now, limit=3).size == 3
    assert seal_all(log, clock.now).size == 7
    with log.read() as connection:
        rows = connection.execute(select(log_event.c.id).order_by(log_event.c.leaf_index))
        assert [row.id for row in rows] == made


def test_any_two_checkpoints_are_consistent(log: Database, clock: ManualClock) -> None:
    results = []
    for count in (1, 3, 252, 1, 60, 300):
        with log.write() as connection:
            for number in range(count):
                store.append(connection, "annotation.submitted", {"n": number}, clock.now)
        results.append(seal_all(log, clock.advance(1_000)))
    with log.read() as connection:
        signed = [open_checkpoint(str(item.note), [SIGNER.verifier]) for item in results]
        for place, old in enumerate(signed):
            for new in signed[place:]:
                proof = store.load_consistency(connection, old.size, new.size)
                assert merkle.verify_consistency(old.size, new.size, old.root, new.root, proof)
        hashes = connection.execute(
            select(log_event.c.leaf_hash).order_by(log_event.c.leaf_index)
        ).scalars()
        assert merkle.root(list(hashes)) == signed[-1].root
        assert verify_receipt(receipt_of(connection, 300), SIGNER.verifier) == []


def test_sealing_again_with_nothing_new_signs_nothing(log: Database, clock: ManualClock) -> None:
    submit(log, 2, clock.now)
    first = seal_all(log, clock.now)
    again = seal_all(log, clock.advance(1))
    assert (again.sealed, again.size, again.note) == (0, 2, first.note)
    with log.read() as connection:
        assert connection.execute(select(func.count()).select_from(checkpoint)).scalar_one() == 1


def test_an_event_that_waits_has_no_proof_yet_and_is_counted_as_waiting(
    log: Database, clock: ManualClock
) -> None:
    [event_id] = submit(log, 1, clock.now)
    with log.read() as connection:
        assert store.load_proof(connection, event_id) is None
        assert store.oldest_unsealed(connection) == clock.now
    seal_all(log, clock.now)
    with log.read() as connection:
        assert store.oldest_unsealed(connection) is None


def test_an_unknown_event_is_not_found(log: Database) -> None:
    with log.read() as connection, pytest.raises(NotFoundError, match="no event 99"):
        store.load_proof(connection, 99)


def test_erasing_esi_leaves_no_word_of_hers_and_every_proof_valid(
    log: Database, clock: ManualClock
) -> None:
    [kept] = submit(log, 1, clock.now)
    hers = submit(log, 2, clock.now, person_id=ESI)
    seal_all(log, clock.now)
    with log.read() as connection:
        before = receipt_of(connection, hers[0])
    waiting = submit(log, 1, clock.now, person_id=ESI)
    with log.write() as connection:
        assert list(store.events_of(connection, ESI)) == hers + waiting
        assert store.erase_bodies(connection, ESI) == 3
    seal_all(log, clock.now)
    with log.read() as connection:
        assert list(store.events_of(connection, ESI)) == []
        rows = connection.execute(select(log_event)).all()
        assert "canary-2" not in repr(rows)
        assert verify_receipt(receipt_of(connection, kept), SIGNER.verifier) == []
        [gone] = verify_receipt(receipt_of(connection, hers[0]), SIGNER.verifier)
    assert gone.severity == "warning"
    assert verify_receipt(before, SIGNER.verifier) == []


def test_eight_writers_and_two_sealers_make_one_gapless_log(
    log: Database, clock: ManualClock
) -> None:
    errors: list[BaseException] = []

    def run(work: object) -> None:
        try:
            assert callable(work)
            for _ in range(12):
                work()
        except BaseException as error:
            errors.append(error)

    tasks = [lambda: submit(log, 2, clock.now)] * 8 + [lambda: seal_all(log, clock.now)] * 2
    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert seal_all(log, clock.now).size == 8 * 12 * 2
    with log.read() as connection:
        places = connection.execute(select(log_event.c.leaf_index)).scalars().all()
    assert sorted(place for place in places if place is not None) == list(range(192))


@pytest.mark.parametrize(
    "statement",
    [
        delete(log_event),
        update(log_event).values(at=0),
        update(log_event).values(kind="other"),
        update(log_event).values(leaf=b"{}"),
        update(log_event).values(leaf_hash=bytes(32)),
        update(log_event).values(leaf_index=7),
        update(log_event).values(body="{}", salt=bytes(16)),
        update(log_event).values(person_id=ESI),
        delete(checkpoint),
        update(checkpoint).values(note="another history"),
        delete(tile),
        update(tile).values(hashes=bytes(32), width=1),
    ],
    ids=str,
)
def test_the_database_itself_refuses_to_rewrite_the_log(
    log: Database, clock: ManualClock, statement: object
) -> None:
    submit(log, 1, clock.now)
    seal_all(log, clock.now)
    with pytest.raises(DBAPIError, match="append-only"), log.write() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def audit(db: Database) -> list[str]:
    with db.read() as connection:
        return [f"{one.place}: {one.message}" for one in store.audit(connection, [SIGNER.verifier])]


def test_an_audit_of_an_honest_log_finds_nothing(log: Database, clock: ManualClock) -> None:
    for count in (3, 300, 1_300):
        with log.write() as connection:
            for number in range(count):
                body = {"number": number}
                store.append(connection, "annotation.submitted", body, clock.now, person_id=ESI)
        seal_all(log, clock.now)
    with log.write() as connection:
        store.erase_bodies(connection, ESI)
    assert audit(log) == []


@pytest.mark.parametrize(
    ("table", "column", "found"),
    [
        ("event", "leaf", "event 4: its leaf does not fit its hash"),
        ("event", "leaf_hash", "event 4: its leaf does not fit its hash"),
        ("event", "body", "event 4: its kind, time, body or salt"),
        ("event", "salt", "event 4: its kind, time, body or salt"),
        ("event", "kind", "event 4: its kind, time, body or salt"),
        ("event", "at", "event 4: its kind, time, body or salt"),
        ("tile", "hashes", "tile/0/000: does not hold event 1 at place 0"),
        ("checkpoint", "note", "checkpoint 400: "),
        ("checkpoint", "root", "checkpoint 400: its root is not the one in its signed note"),
    ],
)
def test_an_audit_names_what_somebody_with_the_database_changed(
    sqlite_db: Database, clock: ManualClock, table: str, column: str, found: str
) -> None:
    with sqlite_db.write() as connection:
        for number in range(400):
            store.append(connection, "annotation.submitted", {"number": number}, clock.now)
    seal_all(sqlite_db, clock.now)
    with sqlite_db.write() as connection:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for name in connection.exec_driver_sql(triggers).scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        rows = connection.exec_driver_sql(f"SELECT rowid, {column} FROM {table}").all()
        row = rows[3 if table == "event" else 0]
        old = row[1]
        changed = {
            bytes: lambda: bytes([old[0] ^ 1]) + old[1:],
            str: lambda: chr(ord(old[0]) ^ 1) + old[1:],
            int: lambda: old ^ 1,
        }[type(old)]()
        connection.exec_driver_sql(
            f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (changed, row[0])
        )
    assert any(line.startswith(found) for line in audit(sqlite_db))


def test_an_audit_notices_that_the_newest_events_were_cut_off(
    sqlite_db: Database, clock: ManualClock
) -> None:
    with sqlite_db.write() as connection:
        for number in range(5):
            store.append(connection, "annotation.submitted", {"number": number}, clock.now)
    seal_all(sqlite_db, clock.now)
    with sqlite_db.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER event_is_kept")
        connection.exec_driver_sql("DELETE FROM event WHERE id = 5")
    assert "checkpoint 5: the log holds 4 events only" in audit(sqlite_db)

"""`verify workspace` finds what is wrong in the books, in words, wherever it was done."""

from __future__ import annotations

from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.pay.audit.store import load_ledger_check
from fairhand.pay.books.reader import all_entries
from fairhand.pay.books.rules import GENESIS, block_sha256
from fairhand.pay.ledger import rules
from fairhand.pay.ledger.rules import Posting, owner_key, payable_key
from fairhand.pay.ledger.store import Earning, post_earning, post_entry
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.storage.tables.pay import posting
from fairhand.storage.tables.pay_office import pay_note, payout_batch
from fairhand.use_cases.read_audit import audit_books
from fairhand.use_cases.seal_books import seal_books
from tests.stores.pay_world import MORNING, World, make_world
from tests.stories.test_seal_books import without_guards

LATER = Instant(MORNING + 60_000)
EURO = 100_000_000


def earn(connection: Connection, world: World, amount: int = EURO) -> None:
    earned = Earning(
        kind="accrual",
        idem_key="time:1",
        person_id=world.amina,
        project_id=world.digits,
        activity="annotate",
        started_at=MORNING,
        ended_at=LATER,
        paid_ms=0,
        rate_micros_per_hour=0,
        currency="GBP",
        amount_micros=amount,
    )
    post_earning(connection, earned, LATER)


def found(db: Database) -> list[str]:
    with db.read() as connection:
        return [f"{issue.place}: {issue.message}" for issue in audit_books(connection)]


def test_books_as_they_must_be_have_nothing_to_say(db: Database) -> None:
    with db.write() as connection:
        earn(connection, make_world(connection))
    seal_books(db, LATER)
    assert found(db) == []


def test_money_that_left_without_a_payout_is_found(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        earn(connection, world)
        lines = rules.batching(world.amina, "GBP", EURO)
        post_entry(connection, "payout", "payout:1", None, lines, LATER, LATER)
    assert found(db) == [
        "ledger: accrued not payable or paid: 1",
        "ledger: clearing not on its way: 1",
    ]


def test_money_that_a_person_was_given_past_the_accruals_is_found(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        lines = rules.royalty(world.digits, world.amina, "GBP", EURO)
        post_entry(connection, "gift", "gift:1", None, lines, LATER, LATER)
    assert found(db) == ["ledger: accrued not payable or paid: 1"]


def test_an_exchange_without_its_rate_is_found_and_one_with_it_is_right(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        lines = rules.exchange(
            Posting(owner_key(world.digits), "GBP", -EURO),
            Posting(owner_key(world.digits), "KES", 172 * EURO),
        )
        entry_id = post_entry(connection, "exchange", "fx:1", world.digits, lines, LATER, LATER)
    assert found(db) == ["ledger: exchanges without rate: 1"]
    with db.write() as connection:
        note = {"entry_id": entry_id, "note": "GBP/KES 172, a bank", "made_by": world.carmen}
        connection.execute(pay_note.insert().values(note))
    assert found(db) == []


def test_an_exchange_of_what_is_owed_to_a_person_keeps_their_books_right(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        earn(connection, world)
        lines = rules.exchange(
            Posting(payable_key(world.amina), "GBP", -EURO),
            Posting(payable_key(world.amina), "KES", 172 * EURO),
        )
        entry_id = post_entry(connection, "exchange", "fx:1", None, lines, LATER, LATER)
        note = {"entry_id": entry_id, "note": "GBP/KES 172, a bank", "made_by": world.carmen}
        connection.execute(pay_note.insert().values(note))
    assert found(db) == []


def test_an_entry_that_says_nothing_is_found(db: Database) -> None:
    with db.write() as connection:
        make_world(connection)
        connection.execute(
            text(
                "INSERT INTO entry (kind, idem_key, happened_at, recorded_at) "
                "VALUES ('x', 'nothing', 1, 1)"
            )
        )
    assert found(db) == ["ledger: entries without lines: 1"]


def test_a_batch_that_names_another_total_than_its_payouts_is_found(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        batch = {
            "rail": "cash",
            "currency": "GBP",
            "message_id": "m1",
            "payouts": 0,
            "control_minor": 5,
            "state": "made",
            "file_name": "",
            "file_body": "",
            "file_sha256": "",
            "made_by": world.carmen,
            "made_at": MORNING,
            "client_key": "k1",
        }
        connection.execute(payout_batch.insert().values(batch))
    assert found(db) == ["ledger: batches with wrong totals: 1"]


def test_a_table_that_can_be_edited_is_found(db: Database) -> None:
    with db.write() as connection:
        make_world(connection)
    with without_guards(db, posting.name) as connection:
        assert load_ledger_check(connection).tables_that_can_be_edited == 1


def test_who_rewrites_an_entry_and_every_seal_after_it_is_found_by_the_log(db: Database) -> None:
    with db.write() as connection:
        earn(connection, make_world(connection))
    seal_books(db, LATER)
    with without_guards(db, "posting") as connection:
        connection.execute(text("UPDATE posting SET amount_micros = amount_micros * 2"))
        forged = block_sha256(GENESIS, all_entries(connection))
    with without_guards(db, "ledger_block") as connection:
        connection.execute(text("UPDATE ledger_block SET sha256 = :sha"), {"sha": forged})
    assert "block 1: the log does not say the same of it" in found(db)


def test_a_seal_that_only_the_log_knows_is_found(db: Database) -> None:
    body = {"block": 9, "first": 1, "last": 1, "entries": 1, "sha256": "f" * 64}
    with db.write() as connection:
        log.append(connection, "pay.books_sealed", body, MORNING)
    assert found(db) == ["block 9: the log has it and the books have not"]

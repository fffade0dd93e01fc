"""Whoever redirects money, or rewrites what people agreed to and signed, is named by the log."""

from __future__ import annotations

from pathlib import Path

from fairhand.people.council.contracts import DEFAULT
from fairhand.storage.database import Database
from fairhand.use_cases.apply_signed_policies import apply_signed_policies
from fairhand.use_cases.set_payout_method import SetPayoutMethod, set_payout_method
from tests.cast import Cast
from tests.councils import seat_council
from tests.stores.payout_world import SEPA, PayoutWorld
from tests.stories import test_contracts as contracts
from tests.stories import test_council as councils
from tests.stories.own_data_world import OwnDataWorld
from tests.stories.test_held_conduct import found, tamper


def test_who_puts_another_account_in_the_place_of_somebodys_own_is_found(db: Database) -> None:
    world = PayoutWorld(db)
    for name in ("Amina", "Bao"):
        world.settle(name, 1_234)
        world.method(name)
    world.make()
    for rail in ("sepa", ""):  # Bao changes the account, and then wants none
        details = {**SEPA, "iban": "NL91ABNA0417164300"} if rail else {}
        command = SetPayoutMethod(world.people["Bao"], "EUR", rail, details)
        set_payout_method(db, command, world.now)
    known = found(db)
    assert not [one for one in known if "paid" in one or "payout" in one]
    tamper(
        db,
        "payout_method",
        [
            'UPDATE payout_method SET details = \'{"iban": "NL91ABNA0417164300"}\' WHERE id = 1',
            "UPDATE payout_method SET superseded_at = NULL WHERE id = 2",
            "INSERT INTO payout_method (person_id, rail, currency, details, minimum_minor, "
            "created_at) SELECT person_id, rail, currency, details, minimum_minor, created_at "
            "FROM payout_method WHERE id = 1",
            "UPDATE payout_batch SET file_body = replace(file_body, '12.34', '99.99')",
        ],
    )
    assert found(db) - known == {
        "way of being paid 1: the log has it with other details",
        "way of being paid 2: it holds in the tables, and by the log it does not",
        "way of being paid 4: the tables have it, and the log has not",
        "way of being paid 4: it holds in the tables, and by the log it does not",
        "payout file 1: the log has it with other bytes",
    }


def test_who_rewrites_a_contract_or_its_acceptance_is_found(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    contracts.propose(cast, DEFAULT)
    apply_signed_policies(sqlite_db, cast.clock.now)
    contracts.accept(cast, "Amina")
    assert found(sqlite_db) == set()
    tamper(
        sqlite_db,
        "contract",
        [
            "UPDATE contract SET body = 'All is ours.'",
            "UPDATE contract_acceptance SET at = at + 1",
            "INSERT INTO contract_acceptance (contract_id, person_id, sha256, at) "
            "SELECT id, 1, sha256, created_at FROM contract",
        ],
    )
    assert found(sqlite_db) == {
        "contract 1: the log has it with other words",
        "contract 1, accepted by person 1: the tables have it, and the log has not",
        "contract 1, accepted by person 2: the words or the time are not those that the log has",
    }


def test_who_signs_in_the_place_of_the_council_is_found(sqlite_db: Database) -> None:
    hall = councils.make_hall(sqlite_db)
    seat_council(sqlite_db, hall.people[:3], hall.now)
    made = hall.cut().proposal
    assert made is not None
    assert found(sqlite_db) == set()
    tamper(
        sqlite_db,
        "proposal",
        [
            "UPDATE proposal SET state = 'signed', body = '{}'",
            "INSERT INTO proposal_vote (proposal_id, person_id, sha256, vote, at) "
            f"SELECT id, {hall.people[0]}, sha256, 'sign', 1 FROM proposal",
        ],
    )
    assert found(sqlite_db) == {
        "proposal 1: the log has it with other content",
        "proposal 1: its state is signed in the tables, and waiting in the log",
        f"proposal 1: person {hall.people[0]}'s vote is not the one that the log has",
    }


def test_who_rewrites_what_a_notice_says_is_found(sqlite_db: Database, tmp_path: Path) -> None:
    OwnDataWorld(sqlite_db, tmp_path)
    assert found(sqlite_db) == set()
    tamper(sqlite_db, "notice", ["UPDATE notice SET words = 'All is permitted.', terms = '{}'"])
    assert found(sqlite_db) == {
        "notice 1 of project 1 in 'en': the log has it with other words",
        "notice 1 of project 1 in 'en': the log has it with other terms",
    }

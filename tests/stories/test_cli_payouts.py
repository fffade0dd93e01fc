"""Paying people out from the terminal: make, file, sent, what the bank answers."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from fairhand.core.settings import load_settings
from fairhand.storage.database import Database
from fairhand.use_cases.house import open_house
from tests.stores.bank_files import camt, entry, transaction
from tests.stores.payout_world import DEBTOR, PayoutWorld
from tests.stories.terminal import Terminal

SETTINGS = {"name": DEBTOR.name, "iban": DEBTOR.iban, **DEBTOR.address}


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A workspace where Amina is owed EUR 12.34 on a bank account."""
    made = Terminal(tmp_path / "team")
    made.init()
    house = open_house(load_settings(made.workspace))
    world = PayoutWorld(house.db)
    world.settle("Amina", 1234)
    world.method("Amina")
    house.close()
    return made


def say_who_pays(terminal: Terminal) -> None:
    lines = [f'payout_{name} = "{text}"\n' for name, text in SETTINGS.items()]
    with (terminal.workspace / "fairhand.toml").open("a") as settings:
        settings.writelines(["\n", *lines])


def test_settings_that_are_missing_are_named(terminal: Terminal) -> None:
    said = terminal.run("pay", "payouts", "make", "sepa", "EUR")
    assert said.code == 2
    assert "payout_iban" in said.err
    assert terminal.ok("pay", "payouts", "list", "--json").json["batches"] == []


def test_a_batch_goes_from_made_to_arrived(terminal: Terminal, tmp_path: Path) -> None:
    say_who_pays(terminal)
    made = terminal.ok("pay", "payouts", "make", "sepa", "EUR", "--key", "november", "--json").json
    again = terminal.ok("pay", "payouts", "make", "sepa", "EUR", "--key", "november", "--json").json
    assert made == again
    assert (made["payouts"], made["control"], made["state"]) == (1, "12.34", "made")
    path = tmp_path / "november.xml"
    terminal.ok("pay", "payouts", "file", "1", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert terminal.run("pay", "payouts", "file", "1", str(path)).code == 1, "never overwritten"
    assert "is sent" in terminal.ok("pay", "payouts", "sent", "1").out
    (reference,) = re.findall(r"<EndToEndId>(\w+)<", path.read_text())
    content = camt(
        entry("12.34", transaction(reference, "12.34")) + entry("9.99", transaction("X", "9.99"))
    )
    bank = terminal.file("bank.xml", content)
    read = terminal.ok("pay", "payouts", "read-bank", bank)
    assert "1 payouts arrived" in read.out
    assert "X: no payout has this reference" in read.err
    assert terminal.ok("pay", "payouts", "read-bank", bank, "--json").json["known"] == 2
    listed = terminal.ok("pay", "payouts", "list")
    assert "done" in listed.out
    assert "FR1420041010050500013M02606" not in listed.out


def test_a_payout_is_confirmed_and_returned_by_hand_with_evidence(terminal: Terminal) -> None:
    say_who_pays(terminal)
    terminal.ok("pay", "payouts", "make", "sepa", "EUR")
    assert terminal.run("pay", "payouts", "confirm", "1", "--evidence", "seen").code == 1
    terminal.ok("pay", "payouts", "sent", "1")
    assert terminal.run("pay", "payouts", "cancel", "1").code == 1
    assert terminal.run("pay", "payouts", "confirm", "1", "--evidence", "").code == 2
    terminal.ok("pay", "payouts", "confirm", "1", "--evidence", "statement 3")
    terminal.ok("pay", "payouts", "return", "1", "--evidence", "AC04, closed")
    due = terminal.ok("pay", "payouts", "list", "--json").json["due"]
    assert [(one["amount"], one["standing"]) for one in due] == [("12.34", "ready")]
    made = terminal.ok("pay", "payouts", "make", "sepa", "EUR", "--json").json
    terminal.ok("pay", "payouts", "cancel", str(made["id"]), "--reason", "typo")


def test_the_database_refuses_a_second_payment_under_one_name(sqlite_db: Database) -> None:
    world = PayoutWorld(sqlite_db)
    world.settle("Amina", 100)
    world.method("Amina")
    world.make()
    with sqlite_db.read() as connection:
        indexes = connection.exec_driver_sql("PRAGMA index_list(payout)").all()
        unique = [row[1] for row in indexes if row[2]]
        columns = [connection.exec_driver_sql(f"PRAGMA index_info({n})").all() for n in unique]
    assert ["end_to_end_id"] in [[row[2] for row in index] for index in columns]

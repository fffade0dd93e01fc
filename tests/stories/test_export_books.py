"""Beancount itself accepts our books, and finds in every account what we find there."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.core import data
from sqlalchemy import func, select

from fairhand.core.money import MICROS, exponent
from fairhand.pay.books.beancount import account_name
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import account, posting
from fairhand.use_cases.read_books import export_books
from fairhand.use_cases.seal_books import seal_books
from tests.invariants.ledger_machine import LedgerMachine
from tests.stores.pay_world import MORNING


def lively(db: Database, steps: int = 150) -> LedgerMachine:
    """Books with everything in them: four currencies, payouts, exchanges, corrections, seals."""
    machine = LedgerMachine(db, random.Random(7))
    for _ in range(steps):
        machine.step()
    seal_books(db, machine.now, step_size=40)
    return machine


def written(db: Database) -> str:
    return "".join(export_books(db, "Carmen's books", MORNING))


def load(words: str) -> tuple[list[Any], list[Any]]:
    entries, errors, _ = loader.load_string(words)
    return entries, errors


def test_bean_check_accepts_our_books(sqlite_db: Database, tmp_path: Path) -> None:
    lively(sqlite_db)
    file = tmp_path / "books.beancount"
    file.write_text(written(sqlite_db), "utf-8")
    command = [sys.executable, "-m", "beancount.scripts.check", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_beancount_finds_in_every_account_what_we_find(db: Database) -> None:
    lively(db)
    entries, errors = load(written(db))
    assert errors == []
    theirs: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in data.filter_txns(entries):
        for line in one.postings:
            assert line.units is not None
            assert line.units.number is not None
            theirs[line.account, line.units.currency] += line.units.number
    with db.read() as connection:
        rows = connection.execute(
            select(account.c.key, account.c.currency, func.sum(posting.c.amount_micros))
            .join(posting, posting.c.account_id == account.c.id)
            .group_by(account.c.key, account.c.currency)
        ).all()
    ours = {
        (account_name(key), currency): -Fraction(int(held), MICROS * 10 ** exponent(currency))
        for key, currency, held in rows
    }
    assert {place: Fraction(number) for place, number in theirs.items()} == ours
    assert {currency for _, currency in ours} == {"GBP", "JPY", "KES", "TND"}


def test_every_entry_and_every_seal_is_there_under_its_number(db: Database) -> None:
    machine = lively(db)
    entries, _ = load(written(db))
    numbers = [one.meta["entry"] for one in data.filter_txns(entries)]
    keys = {one.meta["key"] for one in data.filter_txns(entries)}
    seals = [one for one in entries if isinstance(one, data.Custom)]
    assert len(numbers) == len(set(numbers)) == len(keys)
    assert {deed.key for deed in machine.done if deed.name in ("fund", "earn")} <= keys
    assert len(seals) >= 3
    assert any(isinstance(one, data.Balance) for one in entries)


@pytest.mark.parametrize("kind", ["posting", "assertion"])
def test_beancount_refuses_books_in_which_a_millionth_of_a_penny_was_changed(
    sqlite_db: Database, kind: str
) -> None:
    lively(sqlite_db)
    lines = written(sqlite_db).splitlines(keepends=True)
    number = next(
        at
        for at, line in enumerate(lines)
        if "Liabilities:Payable" in line
        and "GBP" in line
        and ((" balance " in line) if kind == "assertion" else line.startswith("  "))
    )
    lines[number] = one_more(lines[number])
    _, errors = load("".join(lines))
    assert errors


def one_more(line: str) -> str:
    """Change the last digit of the amount in a line."""
    head, number, rest = line.rpartition(" ~ ") if " ~ " in line else line.rpartition(" GBP")
    return head[:-1] + str((int(head[-1]) + 1) % 10) + number + rest


def test_empty_books_can_be_exported(sqlite_db: Database) -> None:
    assert load(written(sqlite_db)) == ([], [])

"""Write the books as Beancount: an auditor checks them with tools that are not ours.

Fairhand writes + where an account comes to hold more. Bookkeepers write debit as + and credit as -,
so every amount changes its sign here: what is owed stands below zero, under Liabilities, and what
was put in above, under Assets. Amounts have all their digits (micros are millionths of a minor
unit: 8 for GBP, 6 for JPY, 9 for TND) and are never rounded; every balance is asserted with a
tolerance of 0. People and projects stand under their numbers, never their names.

Transactions stand under the day on which they were written down (UTC), or the day of the entry
before if the clock had jumped back; when something happened is in its metadata. Beancount asserts a
balance at the beginning of a day, so the balances of a block are asserted on the day after its end.

Grammar: Beancount language syntax, https://beancount.github.io/docs/beancount_language_syntax.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from fairhand.core.clock import Instant, iso
from fairhand.core.money import exponent
from fairhand.pay.books.rules import BookEntry

_ACCOUNTS: Final[Mapping[str, str]] = {
    "owner:project": "Assets:Funds:Project-{}",
    "guarantee": "Assets:Guarantee:Operator",
    "escrow:project": "Liabilities:Escrow:Project-{}",
    "payable:person": "Liabilities:Payable:Person-{}",
    "clearing": "Liabilities:Clearing:Payout",
    "paid:person": "Assets:Paid:Person-{}",
    "liability": "Liabilities:Aftercare",
    "equity": "Equity:FX",
}
_WORD: Final = re.compile(r"[^A-Za-z0-9]+", re.ASCII)
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def account_name(key: str) -> str:
    """Name one of our accounts in Beancount's grammar; an unknown one goes under Equity:Other."""
    head, _, number = key.rpartition(":")
    pattern = _ACCOUNTS.get(head)
    if pattern is not None and (number.isdigit() or "{}" not in pattern):
        return pattern.format(number)
    words = [word.capitalize() for word in _WORD.split(key) if word]
    return "Equity:Other:" + "-".join(words or ["Account"])


def amount(micros: int, currency: str) -> str:
    """Write micros with all their digits: `-0.12345678 GBP`, `150.000001 JPY`."""
    digits = exponent(currency) + 6
    sign, value = ("-" if micros < 0 else ""), abs(micros)
    whole, part = divmod(value, 10**digits)
    return f"{sign}{whole}.{part:0{digits}d} {currency}"


def text(words: str) -> str:
    """Write a string as Beancount reads it; a character that no file should hold becomes `%XX`."""
    return '"' + "".join(map(_character, words)) + '"'


def _character(one: str) -> str:
    if one in _ESCAPES:
        return _ESCAPES[one]
    return one if one.isprintable() or one == " " else f"%{ord(one):02X}"


class BeancountWriter:
    """Write entry after entry; keeps only the balances of accounts, however many entries come."""

    def __init__(self, began_at: Instant) -> None:
        self._day = _day(began_at)
        self._began = self._day
        self._held: dict[tuple[str, str], int] = defaultdict(int)
        self._touched: dict[tuple[str, str], None] = {}
        self._block_ended = False

    def header(self, title: str, accounts: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
        """Begin the file: its title, commodities, and every account with its currencies."""
        yield f'option "title" {text(title)}\n'
        opened: dict[str, set[str]] = defaultdict(set)
        for key, currencies in accounts:
            opened[account_name(key)].update(currencies)
        known = sorted({one for currencies in opened.values() for one in currencies})
        yield from (f'option "operating_currency" "{one}"\n' for one in known)
        yield from (f"{self._began} commodity {one}\n" for one in known)
        for name in sorted(opened):
            yield f"{self._began} open {name} {','.join(sorted(opened[name]))}\n"

    def entry(self, entry: BookEntry) -> Iterator[str]:
        """Write one entry as a transaction; a new day may first assert the balances so far."""
        yield from self._go_to(_day(Instant(entry.recorded_at)))
        what = entry.earned.basis if entry.earned else ""
        yield f"{self._day} * {text(entry.kind)} {text(what)}\n"
        yield from _metadata(entry)
        for line in sorted(entry.postings, key=lambda line: (line.account, line.currency)):
            place = (account_name(line.account), line.currency)
            self._held[place] -= line.amount_micros
            self._touched[place] = None
            yield f"  {place[0]}  {amount(-line.amount_micros, line.currency)}\n"

    def seal(self, number: int, sha256: str) -> str:
        """Say that a block of entries ends here; its balances are asserted on the next day."""
        self._block_ended = True
        return f'{self._day} custom "fairhand-seal" {number} "{sha256}"\n'

    def end(self) -> Iterator[str]:
        """Assert the last balances."""
        yield from self._assert()

    def _go_to(self, day: date) -> Iterator[str]:
        if day <= self._day:
            return
        if self._block_ended:
            yield from self._assert()
        self._day = day

    def _assert(self) -> Iterator[str]:
        """Assert what changed since the last time: all else is as it was asserted then."""
        tomorrow = self._day + timedelta(days=1)
        for name, currency in self._touched:
            number, _ = amount(self._held[name, currency], currency).split()
            yield f"{tomorrow} balance {name}  {number} ~ 0 {currency}\n"
        self._touched.clear()
        self._block_ended = False


def _metadata(entry: BookEntry) -> Iterator[str]:
    yield f"  entry: {entry.id}\n  key: {text(entry.idem_key)}\n"
    yield f'  happened: "{iso(Instant(entry.happened_at))}"\n'
    yield f'  recorded: "{iso(Instant(entry.recorded_at))}"\n'
    if entry.project_id is not None:
        yield f"  project: {entry.project_id}\n"
    if entry.corrects_id is not None:
        yield f"  corrects: {entry.corrects_id}\n"
    if entry.earned is not None:
        yield f"  person: {entry.earned.person_id}\n  activity: {text(entry.earned.activity)}\n"
        yield f"  milliseconds: {entry.earned.paid_ms}\n"


def _day(at: Instant) -> date:
    return datetime.fromtimestamp(at // 1_000, UTC).date()

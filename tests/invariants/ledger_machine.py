"""A machine that does with the ledger whatever can be done, in any order, and keeps its own book.

Its book is a dictionary of what every account holds. Every deed is a `Deed`: a name and numbers, so
that it can be done again later, cut off at any statement, or done in another process. The dice
decide everything: the same dice do the same.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event, func, select

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.core.money import MICROS
from fairhand.pay.audit.store import load_ledger_check
from fairhand.pay.books.reader import all_entries
from fairhand.pay.books.rules import ledger_sha256
from fairhand.pay.books.store import audit_chain
from fairhand.pay.ledger import rules
from fairhand.pay.ledger.rules import (
    CLEARING,
    FX,
    GUARANTEE,
    Posting,
    escrow_key,
    owner_key,
    paid_key,
    payable_key,
)
from fairhand.pay.ledger.store import Earning, fund_escrow, post_earning, post_entry
from fairhand.pay.payouts import store as payouts
from fairhand.pay.payouts.rules import TRANSITIONS, State
from fairhand.storage.database import Connection, Database
from fairhand.storage.tables.pay import account, entry, posting
from fairhand.storage.tables.pay_office import (
    pay_note,
    payout,
    payout_batch,
    payout_event,
    payout_method,
)
from fairhand.storage.tables.people import person
from fairhand.use_cases.seal_books import seal_books
from tests.stores.pay_world import MORNING, add_person, add_project

CURRENCIES = ("GBP", "JPY", "KES", "TND")  # exponents 2, 0, 2, 3
PEOPLE = 3
BASES = ("time", "time", "time", "piece", "audio", "premium", "expense", "top_up", "block")
AMOUNTS = (1, 2, 333_333, MICROS - 1, MICROS, MICROS + 1, 7 * MICROS, 1_234_567_891)


class CrashError(Exception):
    """The process would have died here."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One call: what, about whom, how much, under which key."""

    name: str
    key: str
    who: int = 0
    where: int = 0
    amount: int = 0
    word: str = ""
    more: tuple[Any, ...] = ()


@dataclass
class Book:
    """What every account should hold, kept by the simplest means."""

    holds: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    advanced: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    states: dict[str, tuple[int, str, int, State]] = field(default_factory=dict)

    def move(self, source: str, target: str, currency: str, amount: int) -> None:
        self.holds[source, currency] -= amount
        self.holds[target, currency] += amount

    def held(self, key: str, currency: str) -> int:
        return self.holds[key, currency]


class LedgerMachine:
    """Three people, four projects in four currencies, one ledger.

    A `calm` machine does only what succeeds: begun anew with the same dice over a ledger in which
    its first deeds are done already, it goes on where that stopped.
    """

    def __init__(self, db: Database, dice: random.Random, *, calm: bool = False) -> None:
        self.db, self.dice, self.calm = db, dice, calm
        self.now = MORNING
        self.book = Book()
        self.done: list[Deed] = []
        self.counts: Counter[str] = Counter()
        self.steps = self.repeats = 0
        self._number = 0
        self._make_world()

    def step(self) -> None:
        """Do one thing."""
        self.steps += 1
        self.now = Instant(self.now + self.dice.randrange(1, 60_000))
        choices: dict[str, tuple[int, Callable[[], None]]] = {
            "fund": (8, self._fund),
            "earn": (40, self._earn),
            "correct": (4, self._correct),
            "royalty": (4, self._royalty),
            "batch": (8, self._batch),
            "settle": (16, self._settle),
            "exchange": (3, self._exchange),
            "replay": (8, self._replay),
            "seal": (2, self._seal),
        }
        if not self.calm:
            choices |= {
                "crash": (6, self._crash),
                "twist": (4, self._twist),
                "overdraw": (4, self._overdraw),
            }
        names = list(choices)
        (name,) = self.dice.choices(names, [choices[one][0] for one in names])
        self.counts[name] += 1
        choices[name][1]()

    def check(self) -> None:
        """The database says what the book says, and every invariant of the ledger holds."""
        with self.db.read() as connection:
            rows = connection.execute(
                select(account.c.key, account.c.currency, func.sum(posting.c.amount_micros))
                .join(posting, posting.c.account_id == account.c.id)
                .group_by(account.c.key, account.c.currency)
            )
            there = {(key, currency): int(held) for key, currency, held in rows if held}
            assert there == {place: held for place, held in self.book.holds.items() if held}
            found = load_ledger_check(connection)
            assert found.is_right, found
            assert list(audit_chain(connection)) == []

    def check_replays(self, times: int = 3) -> None:
        """Everything done again, several times, in any order, changes nothing at all."""
        before = self.hash()
        again = self.done * times
        self.dice.shuffle(again)
        with self.db.write() as connection:
            for deed in again:
                self._again(connection, deed)
        assert self.hash() == before
        self.repeats += len(again)
        self.check()

    def hash(self) -> str:
        """Name what the ledger says."""
        with self.db.read() as connection:
            return ledger_sha256(all_entries(connection))

    # What is done

    def _fund(self) -> None:
        self._new(Deed("fund", self._key(), where=self._where(), amount=self._amount(40)))

    def _earn(self) -> None:
        basis = self.dice.choice(BASES)
        amount = 0 if self.dice.random() < 0.03 else self._amount(5)
        self._new(Deed("earn", self._key(), self._who(), self._where(), amount, basis))

    def _correct(self) -> None:
        earlier = [deed for deed in self.done if deed.name == "earn"]
        if earlier:
            wrong = self.dice.choice(earlier)
            deed = Deed(
                "earn",
                self._key(),
                wrong.who,
                wrong.where,
                self._amount(5),
                "correction",
                (wrong.key,),
            )
            self._new(deed)

    def _royalty(self) -> None:
        deed = Deed("earn", self._key(), self._who(), self._where(), self._amount(5), rules.ROYALTY)
        self._new(deed)

    def _batch(self) -> None:
        where = self._where()
        currency = CURRENCIES[where]
        paid = []
        for who in range(PEOPLE):
            whole = self.book.held(payable_key(self.people[who]), currency) // MICROS
            if whole and self.dice.random() < 0.7:
                paid.append((who, self.dice.choice((whole, self.dice.randint(1, whole)))))
        if paid:
            self._new(Deed("batch", self._key(), where=where, more=tuple(paid)))

    def _settle(self) -> None:
        moving = [(name, one[3]) for name, one in self.book.states.items() if TRANSITIONS[one[3]]]
        if moving:
            name, state = self.dice.choice(moving)
            after = self.dice.choice(sorted(TRANSITIONS[state]))
            self._new(Deed("settle", name, word=after))

    def _exchange(self) -> None:
        sold, bought = self.dice.sample(range(len(CURRENCIES)), 2)
        deed = Deed("exchange", self._key(), sold, bought, self._amount(9), more=(self._amount(9),))
        self._new(deed)

    def _seal(self) -> None:
        assert seal_books(self.db, self.now, step_size=self.dice.choice((3, 50))).is_settled

    def _replay(self) -> None:
        if self.done:
            with self.db.write() as connection:
                before = _entries(connection)
                self._again(connection, self.dice.choice(self.done))
                assert _entries(connection) == before

    def _twist(self) -> None:
        """A key that comes back with another body is an error, and nothing is changed."""
        earlier = [deed for deed in self.done if deed.name in ("fund", "earn", "exchange")]
        if not earlier:
            return
        deed = self.dice.choice(earlier)
        twisted = Deed(
            deed.name, deed.key, deed.who, deed.where, deed.amount + 1, deed.word, deed.more
        )
        self._refused("idem_key_reused", twisted)

    def _overdraw(self) -> None:
        """More than is owed to a person cannot be paid out."""
        who, where = self._who(), self._where()
        whole = self.book.held(payable_key(self.people[who]), CURRENCIES[where]) // MICROS
        deed = Deed("batch", self._key(), where=where, more=((who, whole + 1),))
        self._refused("account_overdrawn", deed)

    def _crash(self) -> None:
        """The next call is cut off at any of its statements: it never happened."""
        dying = LedgerMachine.__new__(LedgerMachine)
        dying.__dict__ = self.__dict__ | {"_new": self._cut_off}
        dying.dice.choice(
            (dying._fund, dying._earn, dying._batch, dying._exchange, dying._royalty)
        )()

    def _cut_off(self, deed: Deed) -> None:
        last = self.dice.randrange(1, 14)
        try:
            with self.db.write() as connection, _dying_at(connection, last):
                self._do(connection, deed)
                raise CrashError
        except CrashError:
            pass
        with self.db.read() as connection:
            there = connection.execute(
                select(func.count()).select_from(entry).where(entry.c.idem_key == deed.key)
            ).scalar_one()
        assert there == 0

    def _refused(self, code: str, deed: Deed) -> None:
        with pytest.raises(ConflictError) as refused, self.db.write() as connection:
            self._do(connection, deed)
        assert refused.value.code == code, deed

    def _new(self, deed: Deed) -> None:
        with self.db.write() as connection:
            if self.calm:  # somebody may have done it before us
                self._again(connection, deed)
            else:
                self._do(connection, deed)
        self._note(deed)
        self.done.append(deed)

    def _again(self, connection: Connection, deed: Deed) -> None:
        """Do again what was done; a payout that is further already says so."""
        try:
            self._do(connection, deed)
        except ConflictError as error:
            if error.code != "payout_state":
                raise

    # How it is done: the product's own functions

    def _do(self, connection: Connection, deed: Deed) -> None:
        doing: dict[str, Callable[[Connection, Deed], None]] = {
            "fund": self._do_fund,
            "earn": self._do_earn,
            "batch": self._do_batch,
            "settle": self._do_settle,
            "exchange": self._do_exchange,
        }
        doing[deed.name](connection, deed)

    def _do_fund(self, connection: Connection, deed: Deed) -> None:
        fund_escrow(
            connection,
            project_id=self.projects[deed.where],
            currency=CURRENCIES[deed.where],
            amount_micros=deed.amount,
            idem_key=deed.key,
            now=MORNING,
        )

    def _do_earn(self, connection: Connection, deed: Deed) -> None:
        corrects = None
        if deed.more:
            chosen = select(entry.c.id).where(entry.c.idem_key == deed.more[0])
            corrects = connection.execute(chosen).scalar_one()
        earned = Earning(
            kind="accrual",
            idem_key=deed.key,
            person_id=self.people[deed.who],
            project_id=self.projects[deed.where],
            activity="annotate",
            started_at=MORNING,
            ended_at=MORNING,
            paid_ms=0,
            rate_micros_per_hour=0,
            currency=CURRENCIES[deed.where],
            amount_micros=deed.amount,
            basis=deed.word,
            corrects_id=corrects,
        )
        post_earning(connection, earned, MORNING)

    def _do_batch(self, connection: Connection, deed: Deed) -> None:
        if payouts.find_batch(connection, deed.key) is not None:
            return
        currency = CURRENCIES[deed.where]
        batch = {
            "rail": "cash",
            "currency": currency,
            "message_id": deed.key,
            "payouts": len(deed.more),
            "control_minor": sum(minor for _, minor in deed.more),
            "state": "made",
            "file_name": "",
            "file_body": "",
            "file_sha256": "",
            "made_at": MORNING,
            "client_key": deed.key,
        }
        made = connection.execute(payout_batch.insert().returning(payout_batch.c.id), batch)
        batch_id = made.scalar_one()
        for who, minor in deed.more:
            self._add_payout(connection, batch_id, deed.key, who, currency, minor)

    def _add_payout(
        self, connection: Connection, batch_id: int, key: str, who: int, currency: str, minor: int
    ) -> None:
        name = f"{key}/{who}"
        row = {
            "batch_id": batch_id,
            "person_id": self.people[who],
            "method_id": self.methods[who],
            "currency": currency,
            "amount_minor": minor,
            "end_to_end_id": name,
            "state": "pending",
            "state_at": MORNING,
        }
        payout_id = connection.execute(payout.insert().returning(payout.c.id), row).scalar_one()
        lines = rules.batching(self.people[who], currency, minor * MICROS)
        entry_id = post_entry(
            connection, "payout", f"payout:{name}:pending", None, lines, MORNING, MORNING
        )
        event_row = {
            "payout_id": payout_id,
            "state": "pending",
            "at": MORNING,
            "entry_id": entry_id,
        }
        connection.execute(payout_event.insert(), event_row)

    def _do_settle(self, connection: Connection, deed: Deed) -> None:
        one = payouts.find_payouts(connection, [deed.key])[deed.key]
        payouts.move(connection, one, deed.word, MORNING, by_person=None)  # type: ignore[arg-type]

    def _do_exchange(self, connection: Connection, deed: Deed) -> None:
        sold, bought = self.projects[deed.who], self.projects[deed.where]
        lines = rules.exchange(
            Posting(owner_key(sold), CURRENCIES[deed.who], -deed.amount),
            Posting(owner_key(bought), CURRENCIES[deed.where], deed.more[0]),
        )
        entry_id = post_entry(connection, "exchange", deed.key, None, lines, MORNING, MORNING)
        if entry_id is not None:
            note = {"entry_id": entry_id, "note": "as a bank said", "made_by": self.carmen}
            connection.execute(pay_note.insert(), note)

    # What it should have done: the book

    def _note(self, deed: Deed) -> None:
        noting: dict[str, Callable[[Deed], None]] = {
            "fund": self._note_fund,
            "earn": self._note_earn,
            "batch": self._note_batch,
            "settle": self._note_settle,
            "exchange": self._note_exchange,
        }
        noting[deed.name](deed)

    def _note_fund(self, deed: Deed) -> None:
        project, currency = self.projects[deed.where], CURRENCIES[deed.where]
        self.book.move(owner_key(project), escrow_key(project), currency, deed.amount)
        back = min(self.book.advanced[project], self.book.held(escrow_key(project), currency))
        self.book.move(escrow_key(project), GUARANTEE, currency, back)
        self.book.advanced[project] -= back

    def _note_earn(self, deed: Deed) -> None:
        project, currency = self.projects[deed.where], CURRENCIES[deed.where]
        payable = payable_key(self.people[deed.who])
        if deed.word == rules.ROYALTY:
            self.book.move(owner_key(project), payable, currency, deed.amount)
            return
        covered = min(self.book.held(escrow_key(project), currency), deed.amount)
        self.book.move(escrow_key(project), payable, currency, covered)
        self.book.move(GUARANTEE, payable, currency, deed.amount - covered)
        self.book.advanced[project] += deed.amount - covered

    def _note_batch(self, deed: Deed) -> None:
        currency = CURRENCIES[deed.where]
        for who, minor in deed.more:
            self.book.move(payable_key(self.people[who]), CLEARING, currency, minor * MICROS)
            self.book.states[f"{deed.key}/{who}"] = (who, currency, minor * MICROS, "pending")

    def _note_settle(self, deed: Deed) -> None:
        who, currency, micros, before = self.book.states[deed.key]
        after: State = deed.word  # type: ignore[assignment]  # one of TRANSITIONS
        person_id = self.people[who]
        places = {
            "pending": CLEARING,
            "sent": CLEARING,
            "confirmed": paid_key(person_id),
            "returned": payable_key(person_id),
            "cancelled": payable_key(person_id),
        }
        self.book.move(places[before], places[after], currency, micros)
        self.book.states[deed.key] = (who, currency, micros, after)

    def _note_exchange(self, deed: Deed) -> None:
        sold, bought = self.projects[deed.who], self.projects[deed.where]
        self.book.move(owner_key(sold), FX, CURRENCIES[deed.who], deed.amount)
        self.book.move(FX, owner_key(bought), CURRENCIES[deed.where], deed.more[0])

    # The world

    def _make_world(self) -> None:
        with self.db.write() as connection:
            there = list(connection.execute(select(person.c.id).order_by(person.c.id)).scalars())
            if not there:
                carmen = add_person(connection, "Carmen")
                names = ("Amina", "Bao", "Esi")
                people = [add_person(connection, name) for name in names]
                for number, currency in enumerate(CURRENCIES):
                    add_project(connection, carmen, f"project-{number}", currency)
                for who in people:
                    row = {
                        "person_id": who,
                        "rail": "cash",
                        "currency": "GBP",
                        "details": "{}",
                        "created_at": MORNING,
                    }
                    connection.execute(payout_method.insert(), row)
                there = [carmen, *people]
        self.carmen, *self.people = there
        # Numbers are given in this order in an empty database.
        self.projects = list(range(1, len(CURRENCIES) + 1))
        self.methods = list(range(1, PEOPLE + 1))

    def _key(self) -> str:
        self._number += 1
        return f"deed:{self._number}"

    def _who(self) -> int:
        return self.dice.randrange(PEOPLE)

    def _where(self) -> int:
        return self.dice.randrange(len(CURRENCIES))

    def _amount(self, most: int) -> int:
        if self.dice.random() < 0.3:
            return self.dice.choice(AMOUNTS)
        return self.dice.randrange(1, most * 100 * MICROS)


def _entries(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(entry)).scalar_one())


@contextmanager
def _dying_at(connection: Connection, last: int) -> Iterator[None]:
    """Raise before the statement with this number, counted from now."""
    left = [last]

    def count_down(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise CrashError

    event.listen(connection, "before_cursor_execute", count_down)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", count_down)

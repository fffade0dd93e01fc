"""People with settled money and ways to get it, for tests of payouts."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from sqlalchemy import Connection, func, select

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS, Money
from fairhand.pay.ledger.store import Earning, post_earning
from fairhand.pay.payouts import store
from fairhand.pay.payouts.payment import Debtor
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import account, accrual, pay_period, posting, statement
from fairhand.storage.tables.pay_office import payout
from fairhand.use_cases.make_payout_batch import MadeBatch, MakePayoutBatch, make_payout_batch
from fairhand.use_cases.set_payout_method import SetPayoutMethod, set_payout_method
from tests.stores.pay_world import MORNING, add_person, add_project

DEBTOR = Debtor(
    "Stiftung Gute Daten",
    "DE89370400440532013000",
    "COBADEFFXXX",
    {"street": "Hauptstraße", "building": "1", "postcode": "10115", "town": "Berlin"}
    | {"country": "DE"},
)
SEPA = {
    "name": "Aïcha Öztürk",
    "iban": "FR14 2004 1010 0505 0001 3M02 606",
    "street": "Rue de l'Église",
    "building": "7",
    "postcode": "75015",
    "town": "Paris",
    "country": "FR",
}
MOBILE = {"provider": "M-PESA", "phone": "+254 712 345678", "name": "Amina Wanjiru"}
TRANSFER = {
    "name": "Esi Mensah",
    "email": "esi@example.org",
    "type": "sort_code",
    "account": "sortCode: 231470\naccountNumber: 28821822",
}
CASH = {"to": "Bao Nguyen", "place": "The desk in Nairobi"}
DETAILS = {"sepa": SEPA, "mobile": MOBILE, "batch": TRANSFER, "cash": CASH}


@dataclass
class PayoutWorld:
    """Carmen pays; Amina, Bao and Esi are owed."""

    db: Database
    now: Instant = MORNING
    people: dict[str, int] = field(default_factory=dict)
    projects: dict[str, int] = field(default_factory=dict)
    _keys: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        with self.db.write() as connection:
            for name in sorted({"Carmen", "Amina", "Bao", "Esi"} - self.people.keys()):
                self.people[name] = add_person(connection, name)

    def settle(self, name: str, minor: int, currency: str = "EUR", micros: int = 0) -> None:
        """Let somebody earn an amount, and give a statement of it; `micros` are carried."""
        number = next(self._keys)
        with self.db.write() as connection:
            if currency not in self.projects:
                self.projects[currency] = add_project(
                    connection, self.people["Carmen"], currency.lower(), currency
                )
            self._earn(connection, number, name, currency, minor * MICROS + micros)
            period = connection.execute(
                pay_period.insert().values(
                    starts_at=self.now + number, ends_at=self.now + number + 1, opened_at=self.now
                )
            )
            assert period.inserted_primary_key is not None
            to_pay = Money(minor, currency).decimal()
            connection.execute(
                statement.insert().values(
                    person_id=self.people[name],
                    period_id=period.inserted_primary_key[0],
                    currency=currency,
                    paid_ms=0,
                    accrued_micros=minor * MICROS + micros,
                    top_up_micros=0,
                    carry_micros=micros,
                    body=f'{{"totals":{{"to_pay":"{to_pay}"}}}}',
                    sha256="0" * 64,
                    created_at=self.now,
                )
            )

    def _earn(
        self, connection: Connection, number: int, name: str, currency: str, micros: int
    ) -> None:
        earned = Earning(
            kind="accrual",
            idem_key=f"earned:{number}",
            person_id=self.people[name],
            project_id=self.projects[currency],
            activity="annotate",
            started_at=self.now,
            ended_at=self.now,
            paid_ms=0,
            rate_micros_per_hour=0,
            currency=currency,
            amount_micros=micros,
        )
        post_earning(connection, earned, self.now)

    def method(
        self, name: str, rail: str = "sepa", currency: str = "EUR", minimum: int = 0
    ) -> int | None:
        """Let somebody say where their money goes."""
        command = SetPayoutMethod(self.people[name], currency, rail, DETAILS[rail], minimum)
        return set_payout_method(self.db, command, self.now)

    def make(self, rail: str = "sepa", currency: str = "EUR", key: str = "") -> MadeBatch:
        """Let Carmen make a batch, under a new key unless one is given."""
        command = MakePayoutBatch(
            rail, currency, self.people["Carmen"], key or f"batch-key-{next(self._keys)}"
        )
        return make_payout_batch(self.db, command, self.now, debtor=DEBTOR)

    def states(self) -> list[tuple[str, int, str]]:
        """List payouts as person, minor units and state, in the order they were made."""
        names = {person_id: name for name, person_id in self.people.items()}
        with self.db.read() as connection:
            rows = connection.execute(select(payout).order_by(payout.c.id)).all()
        return [(names[row.person_id], row.amount_minor, row.state) for row in rows]

    def balances(self) -> dict[tuple[str, str], int]:
        """Sum every account, in micros."""
        with self.db.read() as connection:
            rows = connection.execute(
                select(account.c.key, account.c.currency, func.sum(posting.c.amount_micros))
                .join_from(account, posting, posting.c.account_id == account.c.id)
                .group_by(account.c.key, account.c.currency)
            )
            return {(key, currency): int(total) for key, currency, total in rows}

    def check(self) -> None:
        """Hold what must hold at every instant, for every person and currency."""
        held = self.balances()
        with self.db.read() as connection:
            earned = connection.execute(
                select(
                    accrual.c.person_id, accrual.c.currency, func.sum(accrual.c.amount_micros)
                ).group_by(accrual.c.person_id, accrual.c.currency)
            ).all()
            on_way = {
                (row[0], row[1]): int(row[2]) * MICROS
                for row in connection.execute(
                    select(payout.c.person_id, payout.c.currency, func.sum(payout.c.amount_minor))
                    .where(payout.c.state.in_(("pending", "sent")))
                    .group_by(payout.c.person_id, payout.c.currency)
                )
            }
            batches = store.list_batches(connection)
            sums = {
                batch.id: [one.amount_minor for one in store.payouts_of_batch(connection, batch.id)]
                for batch in batches
            }
        for who, currency, micros in earned:
            payable = held.get((f"payable:person:{who}", currency), 0)
            paid = held.get((f"paid:person:{who}", currency), 0)
            assert payable >= 0
            assert paid >= 0
            assert int(micros) == payable + on_way.get((who, currency), 0) + paid
        for currency in {key[1] for key in held}:
            clearing = held.get(("clearing:payout", currency), 0)
            assert clearing == sum(n for (_, c), n in on_way.items() if c == currency)
            assert sum(n for (_, c), n in held.items() if c == currency) == 0
        for batch in batches:
            assert (batch.payouts, batch.control_minor) == (
                len(sums[batch.id]),
                sum(sums[batch.id]),
            )

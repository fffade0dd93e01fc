"""What people and those who pay read about payouts; account numbers only as their last four."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.core.money import MICROS
from fairhand.core.settings import Settings
from fairhand.pay.earnings.store import load_earnings
from fairhand.pay.payouts import bank_store, methods_store, store
from fairhand.pay.payouts.bank_store import KeptLine
from fairhand.pay.payouts.files import debtor_issues, name_in_file
from fairhand.pay.payouts.methods import masked, payee_name
from fairhand.pay.payouts.payment import Debtor
from fairhand.pay.payouts.rules import RAILS, Due, Method, Rail, dues, payable_on
from fairhand.pay.payouts.store import Batch, Payout
from fairhand.people.accounts import store as accounts
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class OwnCurrency:
    """Where one person stands in one currency; amounts in minor units."""

    currency: str
    due: Due | None
    method: Method | None
    shown: str
    on_the_way_minor: int


@dataclass(frozen=True, slots=True)
class OwnPayouts:
    """A person's own page: each currency, and every payout with the name that the bank was told."""

    currencies: tuple[OwnCurrency, ...]
    payouts: tuple[PayoutLine, ...]


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """A payout with who gets it and where it goes, masked."""

    payout: Payout
    display_name: str
    rail: Rail
    name: str
    name_in_file: str
    shown: str


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """Somebody whose money would go on a rail, and how the file will name them."""

    due: Due
    name: str
    name_in_file: str
    shown: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a batch would hold (`ready`) and who waits for their own minimum (`waiting`)."""

    rail: Rail
    currency: str
    ready: tuple[PreviewLine, ...]
    waiting: tuple[PreviewLine, ...]
    control_minor: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Whether the books and the payouts agree, and what is still to be found.

    `clearing_micros` and `on_the_way_minor` are by currency; they agree when all is well.
    """

    clearing_micros: dict[str, int]
    on_the_way_minor: dict[str, int]
    missing: tuple[PayoutLine, ...]
    unmatched: tuple[KeptLine, ...]
    matched: tuple[KeptLine, ...]

    @property
    def agrees(self) -> bool:
        """Clearing holds exactly what is on its way."""
        currencies = self.clearing_micros.keys() | self.on_the_way_minor.keys()
        return all(
            self.clearing_micros.get(one, 0) == self.on_the_way_minor.get(one, 0) * MICROS
            for one in currencies
        )


@dataclass(frozen=True, slots=True)
class PayoutOffice:
    """The page of those who pay."""

    dues: tuple[Due, ...]
    batches: tuple[Batch, ...]
    reconciliation: Reconciliation


def debtor_of(settings: Settings) -> Debtor:
    """Say who pays, as the settings name it."""
    parts = ("street", "building", "postcode", "town", "country")
    address = {part: str(getattr(settings, f"payout_{part}")).strip() for part in parts}
    return Debtor(
        settings.payout_name.strip(),
        "".join(settings.payout_iban.split()).upper(),
        settings.payout_bic.strip().upper(),
        {name: text for name, text in address.items() if text},
        settings.payout_source_currency,
    )


def missing_settings(settings: Settings, rail: Rail) -> list[str]:
    """Say what the settings lack before a file of a rail can be made."""
    return [f"{issue.place}: {issue.message}" for issue in debtor_issues(rail, debtor_of(settings))]


def read_own_payouts(db: Database, person_id: int) -> OwnPayouts:
    """Load a person's own methods, what is due to them and what is on its way."""
    with db.read() as connection:
        methods = methods_store.current_methods(connection, person_id)
        due = dues(store.list_owed(connection, [person_id]), methods)
        payouts = store.payouts_of_person(connection, person_id)
        earned = {one.currency for one in load_earnings(connection, person_id).currencies}
        lines = _lines(connection, payouts)
    currencies = earned | {one.currency for one in methods} | {one.currency for one in payouts}
    own = [_own(currency, due, methods, payouts) for currency in sorted(currencies)]
    return OwnPayouts(tuple(own), tuple(reversed(lines)))


def read_payout_office(db: Database, settings: Settings, now: Instant) -> PayoutOffice:
    """Load what could be paid, the batches, and how far the bank's answers agree with them."""
    before = Instant(now - settings.payout_missing_days * DAY_MS)
    with db.read() as connection:
        methods = methods_store.current_methods(connection)
        return PayoutOffice(
            tuple(dues(store.list_owed(connection), methods)),
            tuple(store.list_batches(connection)),
            Reconciliation(
                store.clearing_micros(connection),
                store.on_the_way_minor(connection),
                tuple(_lines(connection, store.list_sent(connection, before))),
                tuple(bank_store.list_lines(connection, matched=False)),
                tuple(bank_store.list_lines(connection, matched=True, most=50)),
            ),
        )


def preview_batch(db: Database, rail: str, currency: str, final: tuple[int, ...] = ()) -> Preview:
    """Say what a batch would hold now, with names as the file will have them."""
    known = next((one for one in RAILS if one == rail), None)
    if known is None:
        raise InvalidError(f"Choose one of {', '.join(RAILS)}.", code="unknown_rail")
    with db.read() as connection:
        methods = methods_store.current_methods(connection)
        found = dues(store.list_owed(connection), methods, final)
    ready = payable_on(found, known, currency)
    waiting = [
        one
        for one in found
        if one.standing == "below_minimum"
        and one.currency == currency
        and one.method is not None
        and one.method.rail == known
    ]
    return Preview(
        known,
        currency,
        tuple(map(_previewed, ready)),
        tuple(map(_previewed, waiting)),
        sum(one.amount_minor for one in ready),
    )


def read_batch(db: Database, batch_id: int) -> tuple[Batch, list[PayoutLine]]:
    """Load a batch with its payouts; raises NotFoundError."""
    with db.read() as connection:
        batch = store.load_batch(connection, batch_id)
        if batch is None:
            raise NotFoundError(f"There is no batch {batch_id}.")
        return batch, _lines(connection, store.payouts_of_batch(connection, batch_id))


def read_payout_file(db: Database, batch_id: int) -> tuple[str, str]:
    """Load a batch's file as it was made: its name and its text; raises NotFoundError."""
    with db.read() as connection:
        found = store.load_file(connection, batch_id)
    if found is None:
        raise NotFoundError(f"There is no batch {batch_id}.")
    return found[0], found[1]


def _own(
    currency: str, found: list[Due], methods: list[Method], payouts: list[Payout]
) -> OwnCurrency:
    method = next((one for one in methods if one.currency == currency), None)
    return OwnCurrency(
        currency,
        next((one for one in found if one.currency == currency), None),
        method,
        masked(method.rail, method.details) if method else "",
        sum(
            one.amount_minor
            for one in payouts
            if one.currency == currency and one.state in ("pending", "sent")
        ),
    )


def _previewed(one: Due) -> PreviewLine:
    assert one.method is not None  # noqa: S101  # chosen by its rail
    rail, details = one.method.rail, one.method.details
    return PreviewLine(one, payee_name(details), name_in_file(rail, details), masked(rail, details))


def _lines(connection: Connection, payouts: list[Payout]) -> list[PayoutLine]:
    methods = methods_store.load_methods(connection, {one.method_id for one in payouts})
    names = accounts.names_of(connection, {one.person_id for one in payouts})
    return [_line(one, methods[one.method_id], names.get(one.person_id, "")) for one in payouts]


def _line(one: Payout, method: Method, display_name: str) -> PayoutLine:
    rail, details = method.rail, method.details
    return PayoutLine(
        one,
        display_name,
        rail,
        payee_name(details),
        name_in_file(rail, details),
        masked(rail, details),
    )

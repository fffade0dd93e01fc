"""A manager makes a payout file: settled money of people on one rail goes into clearing.

Fairhand moves no money by itself: a person carries the file to the bank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue
from fairhand.core.money import Money
from fairhand.pay.payouts import methods_store, store
from fairhand.pay.payouts.files import debtor_issues, write_file
from fairhand.pay.payouts.payment import Debtor, Order, Payment
from fairhand.pay.payouts.rules import (
    BATCH_MAX,
    RAILS,
    Due,
    Rail,
    dues,
    end_to_end_id,
    message_id,
    payable_on,
)
from fairhand.pay.payouts.sepa import schema_errors
from fairhand.pay.payouts.store import Batch
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class MakePayoutBatch:
    """Which rail and currency, by whom; a `client_key` makes one batch, however often it comes.

    `final` names people whose minimum does not hold because this is their final pay. With
    `expected_minor`, the sum that was looked at, the batch is refused when it has changed since.
    """

    rail: str
    currency: str
    made_by: int | None
    client_key: str
    final: tuple[int, ...] = ()
    expected_minor: int | None = None


@dataclass(frozen=True, slots=True)
class MadeBatch:
    """The batch, and whether its key had made it before."""

    batch: Batch
    again: bool


def make_payout_batch(
    db: Database, command: MakePayoutBatch, now: Instant, *, debtor: Debtor
) -> MadeBatch:
    """Make a batch of everybody who can be paid on a rail now, at most BATCH_MAX of them.

    Raises InvalidError when settings are missing or nobody can be paid, ConflictError when the key
    was used for something else or the sum is not the expected one.
    """
    rail = _check(command, debtor)
    people: list[int] = []
    with db.read() as connection:  # looked through and checked where nobody waits for it
        if store.find_batch(connection, command.client_key) is None:
            chosen = _choose(connection, command, rail)
            people = [one.person_id for one in chosen]
            _check_file(rail, _order(command, chosen, now), debtor)
    with db.write() as connection:
        store.lock(connection)
        known = store.find_batch(connection, command.client_key)
        if known is not None:
            return _same(known, command)
        chosen = _choose(connection, command, rail, people)
        order = _order(command, chosen, now)
        if command.expected_minor not in (None, order.control_minor):
            raise ConflictError(
                "What can be paid has changed since you looked. Look again.", code="sum_changed"
            )
        file = write_file(rail, order, debtor)
        batch_id = store.add_batch(
            connection, rail, order, chosen, file, command.client_key, command.made_by, now
        )
        body = {
            "batch": batch_id,
            "rail": rail,
            "currency": command.currency,
            "message_id": order.message_id,
            "payouts": len(order.payments),
            "control": Money(order.control_minor, command.currency).decimal(),
            "file_sha256": file.sha256,
        }
        log.append(connection, "payout.batch_made", body, now, command.made_by)
        made = store.load_batch(connection, batch_id)
    assert made is not None  # noqa: S101  # written above
    return MadeBatch(made, again=False)


def _check(command: MakePayoutBatch, debtor: Debtor) -> Rail:
    rail = next((known for known in RAILS if known == command.rail), None)
    if rail is None:
        message = f"Choose one of {', '.join(RAILS)}."
        raise InvalidError(message, issues=[Issue("rail", message)])
    if not 8 <= len(command.client_key) <= 64:
        message = "Give the batch a key of 8 to 64 characters."
        raise InvalidError(message, issues=[Issue("client_key", message)])
    issues = debtor_issues(rail, debtor)
    if issues:
        raise InvalidError(
            "Say in the settings who pays, then make the file.",
            code="payout_settings",
            issues=issues,
        )
    return rail


def _choose(
    connection: Connection,
    command: MakePayoutBatch,
    rail: Rail,
    people: Sequence[int] | None = None,
) -> list[Due]:
    owed = store.list_owed(connection, people)
    found = dues(owed, methods_store.current_methods(connection), command.final)
    chosen = payable_on(found, rail, command.currency)[:BATCH_MAX]
    if not chosen:
        raise InvalidError(
            f"Nobody can be paid in {command.currency} on this rail now.", code="nobody_to_pay"
        )
    return chosen


def _order(command: MakePayoutBatch, chosen: list[Due], now: Instant) -> Order:
    payments = [
        Payment(
            end_to_end_id(command.client_key, one.person_id, one.currency),
            one.person_id,
            one.currency,
            one.amount_minor,
            one.method.details if one.method else {},
        )
        for one in chosen
    ]
    return Order(message_id(command.client_key), command.currency, payments, now)


def _check_file(rail: Rail, order: Order, debtor: Debtor) -> None:
    if rail != "sepa":
        return
    errors = schema_errors(write_file(rail, order, debtor).body)
    if errors:
        raise InvalidError(
            "The bank would refuse this file.",
            code="file_not_valid",
            issues=[Issue("file", error) for error in errors[:10]],
        )


def _same(known: Batch, command: MakePayoutBatch) -> MadeBatch:
    if (known.rail, known.currency) != (command.rail, command.currency):
        raise ConflictError("This key has made another batch.", code="client_key_reused")
    return MadeBatch(known, again=True)

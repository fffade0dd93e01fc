"""Entries of any shape: they balance, keys are used once, and nobody's account goes below zero."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.pay.ledger import rules
from fairhand.pay.ledger.rules import CLEARING, FX, Posting, owner_key, paid_key, payable_key
from fairhand.pay.ledger.store import (
    Accrued,
    Earning,
    fund_escrow,
    load_escrow,
    post_earning,
    post_entry,
)
from fairhand.storage.database import Connection, Database
from fairhand.storage.tables.pay import accrual, entry
from tests.stores.pay_world import MORNING, World, add_person, balance, make_world

EURO = 100_000_000
LATER = Instant(MORNING + 60_000)


def earn(
    connection: Connection,
    world: World,
    amount: int,
    key: str = "time:1",
    basis: str = "time",
    who: int | None = None,
) -> Accrued:
    return post_earning(
        connection,
        Earning(
            kind="accrual",
            idem_key=key,
            person_id=who or world.amina,
            project_id=world.digits,
            activity="annotate",
            started_at=MORNING,
            ended_at=LATER,
            paid_ms=0,
            rate_micros_per_hour=0,
            currency="GBP",
            amount_micros=amount,
            basis=basis,
            quantity=3,
            unit_micros=7,
        ),
        LATER,
    )


def pay_out(connection: Connection, world: World, amount: int, key: str = "payout:1") -> int | None:
    lines = rules.batching(world.amina, "GBP", amount)
    return post_entry(connection, "payout", key, None, lines, LATER, LATER)


def test_an_earning_says_what_it_was_for(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        earn(connection, world, EURO, basis="piece")
        row = connection.execute(
            select(accrual.c.basis, accrual.c.quantity, accrual.c.unit_micros)
        ).one()
    assert tuple(row) == ("piece", 3, 7)


def test_a_royalty_comes_from_the_owner_and_leaves_escrow_alone(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        fund_escrow(
            connection,
            project_id=world.digits,
            currency="GBP",
            amount_micros=5 * EURO,
            idem_key="fund:1",
            now=MORNING,
        )
        earn(connection, world, EURO, basis="royalty")
        assert load_escrow(connection, world.digits) == 5 * EURO
        assert balance(connection, owner_key(world.digits)) == -6 * EURO
        assert balance(connection, payable_key(world.amina)) == EURO


def test_money_goes_out_comes_back_and_goes_out_again(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        earn(connection, world, 3 * EURO)
        assert pay_out(connection, world, 2 * EURO) is not None
        assert balance(connection, CLEARING) == 2 * EURO
        back = rules.returning(world.amina, "GBP", 2 * EURO)
        post_entry(connection, "return", "return:1", None, back, LATER, LATER)
        assert balance(connection, payable_key(world.amina)) == 3 * EURO
        assert pay_out(connection, world, 3 * EURO, "payout:2") is not None
        arrived = rules.confirming(world.amina, "GBP", 3 * EURO)
        post_entry(connection, "confirm", "confirm:2", None, arrived, LATER, LATER)
        assert balance(connection, CLEARING) == balance(connection, payable_key(world.amina)) == 0
        assert balance(connection, paid_key(world.amina)) == 3 * EURO
        late = rules.returning(world.amina, "GBP", EURO, was_confirmed=True)
        post_entry(connection, "return", "return:2", None, late, LATER, LATER)
        assert balance(connection, paid_key(world.amina)) == 2 * EURO


def test_more_than_is_owed_is_never_paid_out(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        earn(connection, world, EURO)
    with pytest.raises(ConflictError, match="cannot be taken"), db.write() as connection:
        pay_out(connection, world, EURO + 1)
    with db.read() as connection:
        assert connection.execute(select(func.count()).select_from(entry)).scalar_one() == 1


def test_two_payouts_at_once_cannot_take_the_same_money(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        earn(connection, world, 5 * EURO)
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def take(number: int) -> None:
        start.wait()
        try:
            with db.write() as connection:
                pay_out(connection, world, 2 * EURO, f"payout:{number}")
            outcomes.append("paid")
        except ConflictError:
            outcomes.append("refused")

    threads = [threading.Thread(target=take, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["paid", "paid", "refused", "refused"]
    with db.read() as connection:
        assert balance(connection, payable_key(world.amina)) == EURO


def test_many_lines_in_two_currencies_each_balance(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        people = [add_person(connection, f"Contributor {number}") for number in range(900)]
        lines = [
            line for who in people for line in rules.royalty(world.digits, who, "KES", who * 11)
        ]
        lines += rules.exchange(
            Posting("owner:project:1", "EUR", -EURO), Posting("owner:project:1", "KES", 15 * EURO)
        )
        written = post_entry(connection, "royalty", "royalty:1", world.digits, lines, LATER, LATER)
        assert written is not None
        assert balance(connection, payable_key(people[-1])) == people[-1] * 11
        assert balance(connection, FX) == EURO - 15 * EURO
        assert (
            post_entry(connection, "royalty", "royalty:1", world.digits, lines, LATER, LATER)
            is None
        )


def test_an_entry_that_does_not_balance_or_moves_nothing_is_refused(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        for lines in ([], [Posting("a", "EUR", 1), Posting("b", "GBP", -1)]):
            with pytest.raises(ValueError, match="does not balance"):
                post_entry(connection, "x", "x:1", world.digits, lines, LATER, LATER)


def test_a_used_key_with_another_body_is_an_error_in_every_kind_of_entry(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        earn(connection, world, 4 * EURO)
        pay_out(connection, world, EURO)
        assert pay_out(connection, world, EURO) is None
        with pytest.raises(ConflictError, match="used for something else"):
            pay_out(connection, world, EURO + 1)
        with pytest.raises(ConflictError, match="used for something else"):
            earn(connection, world, 5 * EURO)
        with pytest.raises(ConflictError, match="used for something else"):
            pay_out(connection, world, EURO, "time:1")


def test_an_entry_that_moves_escrow_cannot_overdraw_it(db: Database) -> None:
    with db.write() as connection:
        world = make_world(connection)
        post_entry(
            connection,
            "funding",
            "f:1",
            world.digits,
            rules.funding(world.digits, "GBP", EURO),
            LATER,
            LATER,
        )
        assert load_escrow(connection, world.digits) == EURO
    lines = rules.repayment(world.digits, "GBP", EURO + 1)
    with pytest.raises(ConflictError, match="does not hold that much"), db.write() as connection:
        post_entry(connection, "repayment", "r:1", world.digits, lines, LATER, LATER)
    with db.read() as connection:
        assert load_escrow(connection, world.digits) == EURO

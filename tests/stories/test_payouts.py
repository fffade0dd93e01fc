"""Paying people out: nothing is paid twice, nothing is lost, what comes back is payable again."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from fairhand.core.errors import ConflictError, FairhandError, InvalidError, NotFoundError
from fairhand.core.money import MICROS
from fairhand.pay.payouts import bank_store, store
from fairhand.pay.payouts.payment import Debtor
from fairhand.pay.payouts.sepa import schema_errors
from fairhand.storage.database import Database
from fairhand.use_cases.cancel_payout_batch import CancelPayoutBatch, cancel_payout_batch
from fairhand.use_cases.decide_payout import DecidePayout, decide_payout
from fairhand.use_cases.import_bank_file import BankFileRead, ImportBankFile, import_bank_file
from fairhand.use_cases.make_payout_batch import MakePayoutBatch, make_payout_batch
from fairhand.use_cases.mark_batch_sent import MarkBatchSent, mark_batch_sent
from fairhand.use_cases.set_payout_method import SetPayoutMethod, set_payout_method
from tests.stores.bank_files import camt, entry, pain_002, report, transaction
from tests.stores.payout_world import DEBTOR, SEPA, PayoutWorld


@pytest.fixture
def world(db: Database) -> PayoutWorld:
    """Amina is owed EUR 12.34 and Bao EUR 5.00; both have a bank account."""
    made = PayoutWorld(db)
    made.settle("Amina", 1234, micros=777_777)
    made.settle("Bao", 500)
    made.method("Amina")
    made.method("Bao")
    return made


def sent(world: PayoutWorld) -> int:
    """Make a batch and send it."""
    batch_id = world.make().batch.id
    assert mark_batch_sent(world.db, MarkBatchSent(batch_id, None), world.now)
    return batch_id


def references(world: PayoutWorld, batch_id: int) -> list[str]:
    with world.db.read() as connection:
        return [one.end_to_end_id for one in store.payouts_of_batch(connection, batch_id)]


def read(world: PayoutWorld, content: bytes, name: str = "bank.xml") -> BankFileRead:
    return import_bank_file(world.db, ImportBankFile(name, content, None), world.now)


def log_bodies(world: PayoutWorld) -> str:
    with world.db.read() as connection:
        return str(connection.execute(text("SELECT kind, body FROM event")).all())


def test_a_batch_holds_what_is_settled_and_its_file_says_the_same(world: PayoutWorld) -> None:
    made = world.make()
    assert (made.batch.payouts, made.batch.control_minor, made.again) == (2, 1734, False)
    assert world.states() == [("Amina", 1234, "pending"), ("Bao", 500, "pending")]
    with world.db.read() as connection:
        file = store.load_file(connection, made.batch.id)
    assert file is not None
    assert schema_errors(file[1]) == []
    assert "<CtrlSum>17.34</CtrlSum>" in file[1]
    held = world.balances()
    assert held["clearing:payout", "EUR"] == 1734 * MICROS
    assert held[f"payable:person:{world.people['Amina']}", "EUR"] == 777_777, "carried, not paid"
    world.check()


def test_twice_the_same_click_makes_one_batch(world: PayoutWorld) -> None:
    first = world.make(key="the same key")
    again = world.make(key="the same key")
    assert (again.batch, again.again) == (first.batch, True)
    assert len(world.states()) == 2
    with pytest.raises(ConflictError):
        world.make("mobile", key="the same key")


def test_what_is_in_a_batch_is_not_paid_again(world: PayoutWorld) -> None:
    world.make()
    with pytest.raises(InvalidError) as refused:
        world.make()
    assert refused.value.code == "nobody_to_pay"
    world.settle("Amina", 100)
    assert world.make().batch.control_minor == 100
    world.check()


def test_two_managers_at_once_pay_nobody_twice(world: PayoutWorld) -> None:
    def make(number: int) -> str:
        try:
            world.make(key=f"manager number {number}")
        except FairhandError as refused:
            return refused.code
        return "made"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(make, range(6)))
    assert outcomes == ["made"] + ["nobody_to_pay"] * 5
    assert len(world.states()) == 2
    world.check()


def test_the_same_key_from_six_threads_makes_one_batch(world: PayoutWorld) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: world.make(key="one and the same"), range(6)))
    assert len({one.batch.id for one in made}) == 1
    assert sum(not one.again for one in made) == 1
    world.check()


def test_sending_and_cancelling_at_once_does_one_of_the_two(world: PayoutWorld) -> None:
    batch_id = world.make().batch.id
    acts: list[Callable[[], bool]] = [
        lambda: mark_batch_sent(world.db, MarkBatchSent(batch_id, None), world.now),
        lambda: cancel_payout_batch(world.db, CancelPayoutBatch(batch_id, None), world.now),
    ] * 3

    def attempt(act: Callable[[], bool]) -> bool:
        try:
            return act()
        except ConflictError:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, acts)) == 1
    assert len({state for _, _, state in world.states()}) == 1
    world.check()


def test_the_sum_that_was_looked_at_is_the_sum_that_is_paid(world: PayoutWorld) -> None:
    command = MakePayoutBatch("sepa", "EUR", None, "looked at it", expected_minor=1733)
    with pytest.raises(ConflictError) as refused:
        make_payout_batch(world.db, command, world.now, debtor=DEBTOR)
    assert refused.value.code == "sum_changed"
    assert world.states() == []


def test_settings_that_lack_who_pays_are_named(world: PayoutWorld) -> None:
    with pytest.raises(InvalidError) as refused:
        make_payout_batch(
            world.db, MakePayoutBatch("sepa", "EUR", None, "a long key"), world.now, debtor=Debtor()
        )
    assert "payout_iban" in {issue.place for issue in refused.value.issues}


def test_a_cancelled_batch_gives_its_money_back_and_is_not_sent(world: PayoutWorld) -> None:
    batch_id = world.make().batch.id
    assert cancel_payout_batch(world.db, CancelPayoutBatch(batch_id, None, "typo"), world.now)
    assert not cancel_payout_batch(world.db, CancelPayoutBatch(batch_id, None), world.now)
    with pytest.raises(ConflictError):
        mark_batch_sent(world.db, MarkBatchSent(batch_id, None), world.now)
    assert world.balances()["clearing:payout", "EUR"] == 0
    assert world.make().batch.control_minor == 1734
    world.check()


def test_a_sent_batch_cannot_be_cancelled(world: PayoutWorld) -> None:
    batch_id = sent(world)
    assert not mark_batch_sent(world.db, MarkBatchSent(batch_id, None), world.now)
    with pytest.raises(ConflictError):
        cancel_payout_batch(world.db, CancelPayoutBatch(batch_id, None), world.now)


def test_a_payout_by_hand_needs_evidence_and_what_came_back_is_payable_again(
    world: PayoutWorld,
) -> None:
    batch_id = sent(world)
    with world.db.read() as connection:
        amina, bao = store.payouts_of_batch(connection, batch_id)
    for evidence in ("", "  ", "x" * 501):
        with pytest.raises(InvalidError):
            decide_payout(world.db, DecidePayout(amina.id, "confirmed", evidence, None), world.now)
    confirm = DecidePayout(amina.id, "confirmed", "statement 17", None)
    assert decide_payout(world.db, confirm, world.now)
    assert not decide_payout(world.db, confirm, world.now)
    returned = DecidePayout(bao.id, "returned", "account closed", None)
    assert decide_payout(world.db, returned, world.now)
    with world.db.read() as connection:
        batch = store.load_batch(connection, batch_id)
    assert batch is not None
    assert batch.state == "done"
    assert world.balances()["clearing:payout", "EUR"] == 0
    again = world.make()
    assert (again.batch.payouts, again.batch.control_minor) == (1, 500)
    assert references(world, again.batch.id) != [bao.end_to_end_id], "a new payment, a new name"
    world.check()
    with pytest.raises(NotFoundError):
        decide_payout(world.db, DecidePayout(999, "returned", "none", None), world.now)


def test_a_pending_payout_cannot_be_confirmed_by_hand(world: PayoutWorld) -> None:
    world.make()
    with pytest.raises(ConflictError):
        decide_payout(world.db, DecidePayout(1, "confirmed", "I think so", None), world.now)


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_statement_confirms_and_returns_and_twice_changes_nothing(
    world: PayoutWorld, version: str
) -> None:
    amina, bao = references(world, sent(world))
    entries = entry("12.34", transaction(amina, "12.34", version))
    entries += entry("5.00", transaction(bao, "5.00", version))
    entries += entry("5.00", transaction(bao, "5.00", version, reason="AC04"), direction="CRDT")
    result = read(world, camt(entries, version=version))
    assert (result.lines, result.matched, result.unmatched) == (3, 3, 0)
    assert (result.confirmed, result.returned) == (2, 1)
    assert world.states() == [("Amina", 1234, "confirmed"), ("Bao", 500, "returned")]
    world.check()
    before = log_bodies(world)
    again = read(world, camt(entries, version=version), "the same.xml")
    assert (again.known, again.matched, again.confirmed) == (3, 0, 0)
    assert log_bodies(world) == before
    assert world.make().batch.control_minor == 500


def test_the_same_file_from_four_threads_is_taken_once(world: PayoutWorld) -> None:
    amina, _ = references(world, sent(world))
    content = camt(entry("12.34", transaction(amina, "12.34")))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: read(world, content), range(4)))
    assert sum(result.confirmed for result in results) == 1
    world.check()


def test_a_report_refuses_and_accepts_by_transaction(world: PayoutWorld) -> None:
    amina, bao = references(world, sent(world))
    accepted = read(world, pain_002(report(amina, "ACCP") + report(bao, "RJCT", reason="AC01")))
    assert (accepted.matched, accepted.returned, accepted.confirmed) == (2, 1, 0)
    assert world.states() == [("Amina", 1234, "sent"), ("Bao", 500, "returned")]
    with world.db.read() as connection:
        bao_now = store.find_payouts(connection, [bao])[bao]
    assert bao_now.reason == "AC01"
    settled = read(world, pain_002(report(amina, "ACSC")))
    assert settled.confirmed == 1
    world.check()


def test_an_answer_about_a_file_that_nobody_marked_as_sent_marks_it(world: PayoutWorld) -> None:
    batch_id = world.make().batch.id
    amina, _ = references(world, batch_id)
    assert read(world, pain_002(report(amina, "ACSC"))).confirmed == 1
    assert [state for _, _, state in world.states()] == ["confirmed", "sent"]
    with pytest.raises(ConflictError):
        cancel_payout_batch(world.db, CancelPayoutBatch(batch_id, None), world.now)
    world.check()


def test_one_booking_of_the_whole_batch_confirms_all_of_it(world: PayoutWorld) -> None:
    batch_id = sent(world)
    with world.db.read() as connection:
        batch = store.load_batch(connection, batch_id)
    assert batch is not None
    wrong = read(world, camt(entry("17.33", "", batch=batch.message_id)))
    assert (wrong.matched, wrong.unmatched) == (0, 1)
    right = read(world, camt(entry("17.34", "", batch=batch.message_id)))
    assert (right.matched, right.confirmed) == (1, 2)
    assert world.balances()["clearing:payout", "EUR"] == 0
    world.check()


def test_a_refused_batch_comes_back_as_a_whole(world: PayoutWorld) -> None:
    batch_id = sent(world)
    with world.db.read() as connection:
        batch = store.load_batch(connection, batch_id)
    assert batch is not None
    result = read(world, pain_002("", group="RJCT", message=batch.message_id))
    assert result.returned == 2
    assert world.make().batch.control_minor == 1734
    world.check()


def test_what_does_not_fit_is_listed_and_changes_nothing(world: PayoutWorld) -> None:
    amina, bao = references(world, sent(world))
    entries = entry("12.35", transaction(amina, "12.35"))
    entries += entry("800.00", transaction("RENT-NOVEMBER", "800.00"))
    entries += entry("5.00", transaction(bao, "5.00")) * 2
    result = read(world, camt(entries))
    assert (result.matched, result.unmatched, result.confirmed) == (1, 3, 1)
    with world.db.read() as connection:
        unmatched = bank_store.list_lines(connection, matched=False)
    reasons = " ".join(line.reason for line in unmatched)
    assert "EUR 12.35" in reasons
    assert "no payout has this reference" in reasons
    assert "paid twice" in reasons
    world.check()


def test_a_return_days_after_the_confirmation_makes_the_money_payable(world: PayoutWorld) -> None:
    amina, _ = references(world, sent(world))
    read(world, camt(entry("12.34", transaction(amina, "12.34"))))
    late = transaction(amina, "12.34", reason="MS03")
    assert read(world, camt(entry("12.34", late, direction="CRDT"))).returned == 1
    assert world.make().batch.control_minor == 1234
    world.check()


def test_a_results_table_of_mobile_money_is_taken(db: Database) -> None:
    world = PayoutWorld(db)
    world.settle("Esi", 50_000, "KES")
    world.method("Esi", "mobile", "KES")
    batch_id = world.make("mobile", "KES").batch.id
    mark_batch_sent(db, MarkBatchSent(batch_id, None), world.now)
    (reference,) = references(world, batch_id)
    table = f"Reference,Status,Amount,Currency\n{reference},Completed,500.00,KES\n".encode()
    assert read(world, table, "results.csv").confirmed == 1
    world.check()


def test_a_method_is_superseded_and_a_batch_keeps_the_one_it_was_made_with(
    world: PayoutWorld,
) -> None:
    world.make()
    world.method("Amina", "mobile")
    with world.db.read() as connection:
        rows = connection.execute(
            text("SELECT rail, superseded_at IS NULL FROM payout_method WHERE person_id = :who"),
            {"who": world.people["Amina"]},
        ).all()
    assert [(rail, bool(current)) for rail, current in rows] == [("sepa", False), ("mobile", True)]
    world.settle("Amina", 100)
    assert world.make("mobile").batch.control_minor == 100


def test_whoever_has_no_method_keeps_their_money_and_it_never_expires(world: PayoutWorld) -> None:
    world.settle("Esi", 4_000)
    assert world.make().batch.payouts == 2
    world.now = type(world.now)(world.now + 5 * 365 * 86_400_000)
    world.method("Esi")
    assert world.make().batch.control_minor == 4_000
    ended = SetPayoutMethod(world.people["Esi"], "EUR", "")
    assert set_payout_method(world.db, ended, world.now) is None
    world.settle("Esi", 1)
    with pytest.raises(InvalidError):
        world.make()
    world.check()


def test_a_persons_own_minimum_holds_and_final_pay_ignores_it(world: PayoutWorld) -> None:
    world.method("Amina", minimum=5_000)
    assert world.make().batch.payouts == 1
    command = MakePayoutBatch("sepa", "EUR", None, "her last pay", (world.people["Amina"],))
    made = make_payout_batch(world.db, command, world.now, debtor=DEBTOR)
    assert made.batch.control_minor == 1234


def test_simulated_people_are_never_paid(world: PayoutWorld) -> None:
    with world.db.write() as connection:
        connection.execute(
            text("UPDATE person SET is_simulated = :yes WHERE id = :who"),
            {"yes": True, "who": world.people["Amina"]},
        )
    assert world.make().batch.control_minor == 500


def test_no_account_number_and_no_name_is_in_the_log(world: PayoutWorld) -> None:
    batch_id = sent(world)
    amina, _ = references(world, batch_id)
    read(world, camt(entry("12.34", transaction(amina, "12.34"))))
    bodies = log_bodies(world)
    assert "payout.batch_made" in bodies
    assert "payout.confirmed" in bodies
    for secret in ("FR1420041010050500013M02606", SEPA["name"], SEPA["postcode"]):
        assert secret not in bodies


@pytest.mark.parametrize(
    "command",
    [
        SetPayoutMethod(1, "EUR", "carrier pigeon", {}),
        SetPayoutMethod(1, "euro", "sepa", SEPA),
        SetPayoutMethod(1, "EUR", "sepa", SEPA, -1),
        SetPayoutMethod(1, "EUR", "sepa", SEPA, 10**18),
        SetPayoutMethod(1, "KES", "sepa", SEPA),
        SetPayoutMethod(1, "EUR", "sepa", {}),
    ],
)
def test_a_method_that_cannot_work_is_refused(world: PayoutWorld, command: SetPayoutMethod) -> None:
    with pytest.raises(InvalidError) as refused:
        set_payout_method(world.db, command, world.now)
    assert refused.value.issues


@pytest.mark.parametrize("seed", range(3))
def test_through_any_sequence_nothing_is_lost_and_nothing_paid_twice(
    db: Database, seed: int
) -> None:
    dice = random.Random(seed)
    world = PayoutWorld(db)
    for name in ("Amina", "Bao", "Esi"):
        world.method(name)
    for _ in range(40):
        _act(world, dice)
    world.check()
    with db.read() as connection:
        for one in store.list_owed(connection):
            assert one.held_minor <= one.settled_minor


def _act(world: PayoutWorld, dice: random.Random) -> None:
    batches = max(1, len(world.states()))
    name, batch_id = dice.choice(["Amina", "Bao", "Esi"]), dice.randint(1, batches)
    payout_id = dice.randint(1, max(1, len(world.states())))
    acts: list[Callable[[], object]] = [
        lambda: world.settle(name, dice.randint(1, 9_999), micros=dice.randint(0, 999_999)),
        lambda: world.make(key=f"one of few keys {dice.randint(1, 12)}"),
        lambda: mark_batch_sent(world.db, MarkBatchSent(batch_id, None), world.now),
        lambda: cancel_payout_batch(world.db, CancelPayoutBatch(batch_id, None), world.now),
        lambda: decide_payout(
            world.db, DecidePayout(payout_id, "confirmed", "seen it", None), world.now
        ),
        lambda: decide_payout(
            world.db, DecidePayout(payout_id, "returned", "came back", None), world.now
        ),
    ]
    with contextlib.suppress(ConflictError, InvalidError, NotFoundError):
        dice.choice(acts)()

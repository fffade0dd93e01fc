"""The close of a pay period: nobody below the floor, nobody twice, and a preview that holds."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import Table, func, select, update

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant, parse_iso
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.core.money import MICROS, micros_for
from fairhand.pay.audit.store import load_ledger_check
from fairhand.pay.floors.store import load_held
from fairhand.pay.fx.reader import ReadRate, read_rates
from fairhand.pay.fx.store import save_rates
from fairhand.pay.ledger.batch import post_earnings
from fairhand.pay.ledger.store import Earning, fund_escrow, load_escrow, post_earning
from fairhand.pay.overview.period import to_floor
from fairhand.pay.overview.period_store import load_parts
from fairhand.pay.statement.store import ToSettle
from fairhand.storage.database import Connection, Database
from fairhand.storage.tables.pay import accrual, entry, period_entry, posting, statement
from fairhand.storage.tables.pay_office import floor_ratchet, pay_dispute, pay_policy
from fairhand.storage.tables.proof import log_event
from fairhand.use_cases import close_pay_period as closing
from fairhand.use_cases.ask_close import AskClose, ask_close
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors
from fairhand.use_cases.read_pay_office import (
    preview_close,
    preview_some,
    read_pay_office,
    read_period,
)
from tests.stores.pay_world import GBP_12, World, add_person, add_project, hear, make_world

OCTOBER = parse_iso("2026-10-01T00:00:00Z")
NOVEMBER = parse_iso("2026-11-01T00:00:00Z")
DECEMBER = parse_iso("2026-12-01T00:00:00Z")
NOON = parse_iso("2026-10-07T12:00:00Z")
ON_TOP = ("block", "cancellation", "premium", "overtime", "expense", "royalty")


@dataclass
class Pay:
    """Posts earnings in a world, each under a key of its own."""

    db: Database
    world: World
    keys: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))

    def earning(self, who: int, basis: str = "time", **more: Any) -> Earning:  # noqa: ANN401
        """An hour at the project's rate, unless told otherwise."""
        paid_ms = more.pop("paid_ms", HOUR_MS if basis in ("time", "piece", "audio") else 0)
        rate = more.pop("rate", GBP_12)
        at = more.pop("at", NOON)
        return Earning(
            kind="accrual",
            idem_key=f"test:{next(self.keys)}",
            person_id=who,
            project_id=more.pop("project", self.world.digits),
            activity="annotate",
            started_at=Instant(at - paid_ms),
            ended_at=at,
            paid_ms=paid_ms,
            rate_micros_per_hour=rate,
            currency=more.pop("currency", "GBP"),
            amount_micros=more.pop("micros", micros_for(rate, paid_ms)),
            basis=basis,
            **more,
        )

    def post(self, *earnings: Earning) -> list[int]:
        with self.db.write() as connection:
            return [one.entry_id for one in post_earnings(connection, earnings, OCTOBER)]

    def close(self, ends_at: Instant = NOVEMBER) -> closing.ClosedPayPeriod:
        return close_pay_period(self.db, ClosePayPeriod(ends_at), ends_at)

    def documents(self) -> list[dict[str, Any]]:
        """All statements, oldest first."""
        with self.db.read() as connection:
            bodies = connection.execute(select(statement.c.body).order_by(statement.c.id)).scalars()
            return [json.loads(body) for body in bodies]

    def assert_right(self) -> None:
        """The books balance, and every settled earning was settled once."""
        with self.db.read() as connection:
            check = load_ledger_check(connection)
            assert check.is_right, check
            top_ups = select(func.count(), func.count(func.distinct(entry.c.idem_key))).where(
                entry.c.kind.in_(("top_up", "extra"))
            )
            many, keys = connection.execute(top_ups).one()
            assert many == keys


@pytest.fixture
def pay(db: Database) -> Pay:
    with db.write() as connection:
        world = make_world(connection)
    load_wage_floors(db, LoadWageFloors(), OCTOBER)
    return Pay(db, world)


def count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def rates(csv: str) -> tuple[ReadRate, ...]:
    return read_rates(f"base,quote,rate,as_of,source_title\n{csv}".encode()).rates


def test_many_earnings_are_posted_as_one_after_another_would_be(pay: Pay) -> None:
    world = pay.world
    kinds = ("time", "piece", "royalty", "premium", "expense")
    earnings = [
        pay.earning(who, kinds[number % 5], micros=(number % 7) * 1_000_000 + number % 3)
        for number, who in enumerate((world.amina, world.carmen) * 20)
    ]
    with pay.db.write() as connection:
        for name in ("many", "one"):
            fund_escrow(
                connection,
                project_id=add_project(connection, world.carmen, name),
                currency="GBP",
                amount_micros=30_000_000,  # runs out on the way
                idem_key=name,
                now=OCTOBER,
            )
        of_many, of_one = world.tissue + 1, world.tissue + 2
        mine = [_in(one, of_many, "many") for one in earnings]
        other = [_in(one, of_one, "one") for one in earnings]
        posted = post_earnings(connection, mine, OCTOBER)
        assert post_earnings(connection, mine, OCTOBER) == posted
        assert post_earnings(connection, [mine[3], mine[3]], OCTOBER) == [posted[3]] * 2
        singly = [post_earning(connection, one, OCTOBER) for one in other]
        assert [one.amount_micros for one in posted] == [one.amount_micros for one in singly]
        assert load_escrow(connection, of_many) == load_escrow(connection, of_one) == 0
        assert _lines(connection, [one.entry_id for one in posted]) == _lines(
            connection, [one.entry_id for one in singly]
        )
        with pytest.raises(ConflictError):
            post_earnings(connection, [_in(earnings[1], of_one, "many")], OCTOBER)
    pay.assert_right()


def _in(one: Earning, project_id: int, prefix: str) -> Earning:
    values = {name: getattr(one, name) for name in one.__slots__}
    return Earning(**values | {"project_id": project_id, "idem_key": f"{prefix}:{one.idem_key}"})


def _lines(connection: Connection, entries: list[int]) -> list[list[int]]:
    return [
        sorted(
            connection.execute(
                select(posting.c.amount_micros).where(posting.c.entry_id == entry_id)
            ).scalars()
        )
        for entry_id in entries
    ]


def crowd(pay: Pay, people: int, seed: int) -> list[int]:
    """People with every basis mixed in, at rates around the floor."""
    dice = random.Random(seed)
    with pay.db.write() as connection:
        known = [add_person(connection, f"Person {number}") for number in range(people)]
        earnings = []
        for who in known:
            for _ in range(dice.randint(1, 6)):
                basis = dice.choice(("time", "time", "piece", "audio", "correction", *ON_TOP))
                is_work = basis in ("time", "piece", "audio", "correction")
                paid_ms = dice.randint(1, 3 * HOUR_MS) if is_work else 0
                rate = round(GBP_12 * dice.lognormvariate(-0.1, 0.4))
                micros = micros_for(rate, paid_ms) if basis == "time" else dice.randint(0, 10**9)
                earnings.append(
                    pay.earning(
                        who,
                        basis,
                        paid_ms=paid_ms,
                        rate=rate if is_work else 0,
                        micros=micros,
                        project=dice.choice((pay.world.digits, pay.world.tissue)),
                        at=Instant(dice.randint(OCTOBER, NOVEMBER - 1)),
                    )
                )
        post_earnings(connection, earnings, OCTOBER)
    return known


def test_nobody_is_paid_below_the_floor_whatever_comes_on_top(pay: Pay) -> None:
    crowd(pay, 300, seed=5)
    closed = pay.close()
    assert closed.people == closed.statements == 300
    with pay.db.read() as connection:
        parts = load_parts(connection, closed.period_id or 0)
    least = {
        part.person_id: to_floor([one for one in parts if one.person_id == part.person_id])
        for part in parts
    }
    ratios = [ratio for ratio in least.values() if ratio is not None]
    assert len(ratios) > 200
    assert min(ratios) >= 1
    assert sum(ratio == 1 for ratio in ratios) < len(ratios) / 2  # lifted, not levelled down
    for document in pay.documents():
        for project in document["floor"]["projects"]:
            lines = [
                line
                for line in document["lines"]
                if line["counts_for_floor"] and line["project"]["id"] == project["project_id"]
            ]
            due = sum(
                max(Fraction(line["floor_per_hour"]), Fraction(line["rate_per_hour"]))
                * line["paid_ms"]
                for line in lines
            ) / Fraction(HOUR_MS)
            assert Fraction(project["due_minor_units"]) == due * 100
            got = sum(Fraction(line["amount"]) for line in lines) + Fraction(project["top_up"])
            assert got >= due
    page = read_period(pay.db, closed.period_id or 0)
    assert [one.below for one in page.sums] == [0]
    assert sum(page.sums[0].counts) == len(ratios)
    pay.assert_right()


def test_a_preview_is_what_the_close_does(pay: Pay) -> None:
    crowd(pay, 40, seed=9)
    with pay.db.write() as connection:
        hear(connection, pay.world.amina, pay.world.tissue, "read", 0)
        hear(connection, pay.world.amina, pay.world.tissue, "heartbeat", 90)
    ends_at = parse_iso("2026-11-22T00:00:00Z")
    preview = preview_close(pay.db, ends_at)
    some = preview_some(pay.db, ends_at)
    assert (len(some.lines), some.more_after) == (41, None)
    assert list(some.lines) == preview
    pay.close(ends_at)
    made = {(one["person"]["id"], one["currency"]): one["totals"] for one in pay.documents()}
    assert len(made) == len(preview) == 41
    for one in preview:
        totals = made[one.person_id, one.currency]
        assert Fraction(totals["gross"]) * 100 * MICROS == one.gross_micros
        assert Fraction(totals["top_up"]) * 100 == one.top_up_minor
        assert totals["paid_ms"] == one.paid_ms
    assert preview_close(pay.db, ends_at) == []


def test_batches_of_one_and_of_many_write_the_same_statements(
    pay: Pay, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(pay, 25, seed=3)
    monkeypatch.setattr(closing, "PEOPLE_AT_ONCE", 4)
    people = [ToSettle(number, number) for number in range(1, 11)]
    assert closing.in_batches(people) == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]
    monkeypatch.setattr(closing, "ENTRIES_AT_ONCE", 6)
    assert closing.in_batches(people) == [[1, 2, 3], [4], [5], [6], [7], [8], [9], [10]]
    assert closing.in_batches([]) == []
    closed = pay.close()
    assert closed.people == 25
    with pay.db.read() as connection:
        assert count(connection, period_entry) == count(connection, accrual)
        kinds = select(func.count()).where(log_event.c.kind == "pay.statement_made")
        assert connection.execute(kinds).scalar_one() == 25
    pay.assert_right()


def test_two_closes_at_once_settle_nobody_twice(pay: Pay, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(pay, 60, seed=4)
    monkeypatch.setattr(closing, "PEOPLE_AT_ONCE", 7)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: _close_or_wait(pay), range(4)))
    assert len({one.period_id for one in done}) == 1
    assert sum(one.statements for one in done) == 60
    with pay.db.read() as connection:
        assert count(connection, statement) == 60
        assert count(connection, period_entry) == count(connection, accrual)
    pay.assert_right()


def _close_or_wait(pay: Pay) -> closing.ClosedPayPeriod:
    while True:
        try:
            return pay.close()
        except ConflictError:  # somebody else was opening the period just then
            continue


def test_what_comes_late_has_its_own_line_and_a_correction_names_its_dispute(pay: Pay) -> None:
    amina = pay.world.amina
    pay.post(pay.earning(amina, rate=2 * GBP_12))
    pay.close()
    late = pay.earning(amina, rate=2 * GBP_12, at=Instant(NOVEMBER - 1))
    fresh = pay.earning(amina, rate=2 * GBP_12, at=Instant(NOVEMBER + DAY_MS))
    righted = pay.earning(amina, "correction", paid_ms=60_000, rate=2 * GBP_12, at=late.ended_at)
    entries = pay.post(late, fresh, righted)
    with pay.db.write() as connection:
        connection.execute(pay_dispute.insert().values(_dispute(pay, entries[2])))
    pay.close(DECEMBER)
    first, second = pay.documents()
    lines = second["lines"]
    assert [(line["kind"], line["late_from_earlier_period"]) for line in lines] == [
        ("time", False),
        ("time", True),
        ("correction", True),
    ]
    assert lines[2]["corrects"] == {
        "statement_sha256": second["previous_sha256"],
        "line": 1,
        "dispute": 1,
    }
    assert lines[2]["why"] == "The minute was worked."
    assert (first["totals"]["gross"], second["totals"]["corrections"]) == ("24.00", "0.40")
    pay.assert_right()


def _dispute(pay: Pay, entry_id: int) -> dict[str, Any]:
    return {
        "person_id": pay.world.amina,
        "project_id": pay.world.digits,
        "statement_id": 1,
        "line": 1,
        "kind": "time",
        "activity": "annotate",
        "currency": "GBP",
        "message": "A minute is missing.",
        "client_key": "one",
        "opened_at": NOVEMBER,
        "answer_by": NOVEMBER + 7 * DAY_MS,
        "state": "upheld",
        "reason": "The minute was worked.",
        "entry_id": entry_id,
    }


def test_two_currencies_are_two_statements_and_a_floor_is_turned_upwards(pay: Pay) -> None:
    amina = pay.world.amina
    with pay.db.write() as connection:
        nairobi = add_project(connection, pay.world.carmen, "nairobi", "KES", 10 * MICROS)
        save_rates(connection, rates("GBP,KES,170.003,2026-10-01,A bank\n"), None, OCTOBER)
    shillings = pay.earning(amina, rate=160_000 * MICROS, project=nairobi, currency="KES")
    pay.post(pay.earning(amina), shillings)
    assert pay.close().statements == 2
    pounds, kenya = pay.documents()
    assert (pounds["totals"]["top_up"], kenya["currency"]) == ("0.71", "KES")
    (floor,) = kenya["floor"]["floors"]
    assert floor["in_currency"] == {
        "per_hour": "2160.74",
        "rate": "170.003",
        "as_of": "2026-10-01",
        "source_title": "A bank",
    }
    assert kenya["totals"]["top_up"] == "560.74"
    pay.assert_right()


def test_a_floor_that_was_held_is_never_lowered(pay: Pay) -> None:
    amina, digits = pay.world.amina, pay.world.digits
    pay.post(pay.earning(amina))
    pay.close()
    with pay.db.read() as connection:
        held = load_held(connection, amina)[digits, "GBP"]
    assert (held.minor_per_hour, held.since) == (1_271, NOVEMBER)
    with pay.db.write() as connection:
        better = {"minor_per_hour": 1_500, "floor_row": "a better row"}
        connection.execute(update(floor_ratchet).values(better))
    pay.post(pay.earning(amina, at=Instant(NOVEMBER + DAY_MS)))
    pay.close(DECEMBER)
    document = pay.documents()[-1]
    assert document["totals"]["top_up"] == "3.00"
    assert document["floor"]["floors"][0]["row"] == "a better row"
    with pay.db.read() as connection:
        assert load_held(connection, amina)[digits, "GBP"].minor_per_hour == 1_500
        assert count(connection, floor_ratchet) == 1
        settled = select(period_entry.c.floor_minor_per_hour).order_by(period_entry.c.entry_id)
        assert list(connection.execute(settled).scalars()) == [1_271, None, 1_500, None]


def test_premiums_and_overtime_are_paid_on_top_with_their_reason(pay: Pay) -> None:
    amina, digits = pay.world.amina, pay.world.digits
    with pay.db.write() as connection:
        connection.execute(pay_policy.insert().values(_policy(digits)))
    pay.post(*(pay.earning(amina, at=Instant(NOON + n * HOUR_MS)) for n in range(10)))
    (preview,) = preview_close(pay.db, NOVEMBER)
    pay.close()
    (document,) = pay.documents()
    premium = next(line for line in document["lines"] if line["kind"] == "premium")
    assert (premium["amount"], premium["counts_for_floor"]) == ("15.00", False)
    assert premium["why"].startswith("Hazard premium")
    assert (premium["quantity"], premium["unit_amount"]) == (10 * HOUR_MS, "1.50")
    assert document["totals"]["top_up"] == "7.10"
    assert Fraction(document["totals"]["gross"]) * 100 * MICROS == preview.gross_micros
    assert rows_settled(pay) == rows_earned(pay)
    assert pay.close().statements == 0
    pay.assert_right()


def _policy(project_id: int) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "version": 1,
        "basis": "time",
        "rate_micros_per_hour": GBP_12,
        "hazard_micros_per_hour": 150 * MICROS,
        "valid_from": 0,
        "created_at": 0,
    }


def rows_settled(pay: Pay) -> int:
    with pay.db.read() as connection:
        return count(connection, period_entry)


def rows_earned(pay: Pay) -> int:
    with pay.db.read() as connection:
        return count(connection, accrual)


def test_asking_for_a_close_twice_is_asking_once(pay: Pay) -> None:
    command = AskClose(NOVEMBER, pay.world.carmen)
    first = ask_close(pay.db, command, NOVEMBER)
    assert ask_close(pay.db, command, NOVEMBER) == first
    assert ask_close(pay.db, AskClose(OCTOBER, pay.world.carmen), NOVEMBER) != first
    with pytest.raises(InvalidError, match="before it ends"):
        ask_close(pay.db, AskClose(DECEMBER, pay.world.carmen), NOVEMBER)
    pay.post(pay.earning(pay.world.amina))
    pay.close()
    with pytest.raises(InvalidError, match="next one"):
        ask_close(pay.db, AskClose(OCTOBER, pay.world.carmen), NOVEMBER)


def test_what_is_owed_counts_what_is_settled_pending_and_on_its_way(pay: Pay) -> None:
    amina = pay.world.amina
    pay.post(pay.earning(amina))
    pay.close()
    pay.post(pay.earning(amina, at=Instant(NOVEMBER + DAY_MS)))
    with pay.db.write() as connection:
        hear(connection, amina, pay.world.digits, "read", 0)
        hear(connection, amina, pay.world.digits, "heartbeat", 90)
    office = read_pay_office(pay.db, Instant(NOVEMBER + 2 * DAY_MS))
    (mine,) = office.owed
    assert (mine.payable_micros, mine.unsettled_micros) == (2_471 * MICROS, 1_200 * MICROS)
    assert mine.pending_micros == 30 * MICROS
    assert mine.micros == 2_501 * MICROS
    (total,) = office.owed_sums()
    assert (total.micros, total.currency) == (mine.micros, "GBP")
    by_day = {one.day: one.micros for one in office.spend}
    assert by_day[Instant(NOVEMBER + DAY_MS - (NOVEMBER % DAY_MS))] == 1_200 * MICROS

"""What a project pays changes: raises at once, cuts after notice, prices that right themselves."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from fairhand.core.clock import DAY_MS, MINUTE_MS, Instant
from fairhand.core.errors import FairhandError, InvalidError, NotFoundError
from fairhand.core.money import MICROS, micros_for
from fairhand.pay.policies import store
from fairhand.pay.policies.repricing import share_of
from fairhand.pay.policies.rules import Policy
from fairhand.storage.database import Database
from fairhand.use_cases.apply_policies import apply_policies
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.reprice_projects import reprice_projects, work_since
from fairhand.use_cases.set_pay_policy import SetPayPolicy, set_pay_policy
from tests.cast import GBP_6, Cast
from tests.councils import agree, newcomers, seat_council

PENCE = MICROS
GBP_13 = 1_300 * PENCE
GBP_15 = 1_500 * PENCE


@pytest.fixture
def cast(db: Database) -> Cast:
    return Cast(db)


@pytest.fixture
def paying(cast: Cast) -> int:
    """A project of 30 tasks that pays GBP 15 an hour, above the floor where Amina lives.

    A council sits that signs every cut.
    """
    cast.load_floors()
    seat_council(cast.db, newcomers(cast.db, 1, cast.clock.now), cast.clock.now)
    return cast.project("Amina", tasks=30, overlap=1, rate=GBP_15)


def change(cast: Cast, project_id: int, **asked: Any) -> Policy:  # noqa: ANN401  # fields of the command
    command = SetPayPolicy(cast.carmen, project_id, "Because of the season.")
    made = set_pay_policy(cast.db, replace(command, **asked), cast.clock.now)
    if made.proposal is not None:  # a cut: the council signs it
        agree(cast.db, made.proposal.id, cast.clock.now)
    return made.policy


def known(cast: Cast, project_id: int) -> list[Policy]:
    with cast.db.read() as connection:
        return store.list_policies(connection, project_id)


def hot(cast: Cast, project_id: int) -> tuple[Any, ...]:
    return cast.rows(
        "SELECT pay_basis, rate_micros_per_hour, unit_micros, wait_block_ms FROM project "
        "WHERE id = :id",
        id=project_id,
    )[0]


def events(cast: Cast, kind: str) -> list[dict[str, Any]]:
    rows = cast.rows("SELECT body FROM event WHERE kind = :kind ORDER BY id", kind=kind)
    return [json.loads(row[0]) for row in rows]


def answer(cast: Cast, project_id: int, name: str = "Amina", seconds: int = 60) -> int:
    """Do one task; give what was earned, in micros."""
    person = cast.person(name)
    task_id = cast.next_task(person, project_id)
    cast.clock.advance(seconds * 1000)
    return int(cast.submit(person, task_id).reply["paid"]["micros"])


def test_every_project_has_a_first_version_from_its_creation(cast: Cast, paying: int) -> None:
    (first,) = known(cast, paying)

    assert (first.version, first.basis, first.rate_micros_per_hour) == (1, "time", GBP_15)
    assert first.created_by == cast.carmen
    assert cast.rows("SELECT count(*) FROM pay_policy")[0][0] == 1


def test_a_project_from_before_policies_has_one_made_from_its_columns(
    cast: Cast, paying: int
) -> None:
    """An update must not need the history to be written first."""
    old = cast.rows("SELECT max(id) FROM project")[0][0] + 1
    cast.change(
        "INSERT INTO project (id, slug, title, mode, version, purpose, owner_id, currency, "
        "rate_micros_per_hour, min_overlap, max_overlap, target_confidence, lease_ttl_ms, "
        "expected_ms, created_at) SELECT :id, 'old', 'Old', mode, version, purpose, owner_id, "
        "currency, rate_micros_per_hour, min_overlap, max_overlap, target_confidence, "
        "lease_ttl_ms, expected_ms, created_at FROM project WHERE id = :other",
        id=old,
        other=paying,
    )
    assert [policy.version for policy in known(cast, old)] == [1]

    change(cast, old, rate_micros_per_hour=GBP_15 + PENCE)

    assert [policy.rate_micros_per_hour for policy in known(cast, old)] == [
        GBP_15,
        GBP_15 + PENCE,
    ]


def test_a_raise_holds_at_once_and_reaches_the_next_answer(cast: Cast, paying: int) -> None:
    change(cast, paying, basis="piece", unit_micros=50 * PENCE)

    assert hot(cast, paying) == ("piece", GBP_15, 50 * PENCE, 900_000)
    assert answer(cast, paying) == 50 * PENCE
    assert events(cast, "pay.policy_set")[0]["lowers"] == []


def test_a_cut_without_notice_is_refused_and_changes_nothing(cast: Cast, paying: int) -> None:
    with pytest.raises(InvalidError, match="told 7 days before"):
        change(cast, paying, rate_micros_per_hour=GBP_13)

    assert len(known(cast, paying)) == 1
    assert hot(cast, paying)[1] == GBP_15
    assert events(cast, "pay.policy_set") == []


def test_a_cut_holds_only_when_its_day_has_come(cast: Cast, paying: int) -> None:
    begins = Instant(cast.clock.now + 7 * DAY_MS)
    change(cast, paying, rate_micros_per_hour=GBP_13, valid_from=begins)
    assert answer(cast, paying) == micros_for(GBP_15, MINUTE_MS)

    cast.clock.now = Instant(begins - 1)
    assert apply_policies(cast.db, cast.clock.now) == 0
    cast.clock.advance(1)
    assert apply_policies(cast.db, cast.clock.now) == 1

    assert apply_policies(cast.db, cast.clock.now) == 0
    answer(cast, paying)
    rates = cast.rows("SELECT rate_micros_per_hour FROM accrual ORDER BY entry_id")
    assert [rate for (rate,) in rates] == [GBP_15, GBP_13]
    assert events(cast, "pay.policy_applied") == [{"project": paying, "version": 2}]
    assert events(cast, "pay.policy_set") == []
    (signed,) = events(cast, "policy.applied")
    assert (signed["told"], signed["lowers"]) == (1, ["the hourly guarantee"])


def test_a_task_that_was_handed_out_before_a_cut_keeps_its_old_terms(
    cast: Cast, paying: int
) -> None:
    begins = Instant(cast.clock.now + 7 * DAY_MS)
    change(cast, paying, rate_micros_per_hour=GBP_13, valid_from=begins)
    amina = cast.person("Amina")
    cast.clock.now = Instant(begins - 30_000)
    task_id = cast.next_task(amina, paying)
    cast.clock.advance(60_000)
    apply_policies(cast.db, cast.clock.now)

    paid = cast.submit(amina, task_id).reply["paid"]["micros"]

    assert paid == micros_for(GBP_15, MINUTE_MS)
    assert answer(cast, paying) == micros_for(GBP_13, MINUTE_MS)


def test_time_before_a_cut_is_paid_by_the_terms_before_it(cast: Cast, paying: int) -> None:
    begins = Instant(cast.clock.now + 7 * DAY_MS)
    change(cast, paying, rate_micros_per_hour=GBP_13, valid_from=begins)
    amina = cast.person("Amina")
    cast.clock.now = Instant(begins - 30_000)
    task_id = cast.next_task(amina, paying)
    cast.clock.advance(20_000)
    cast.draft(amina, task_id, None)

    cast.clock.advance(15_000)
    apply_policies(cast.db, cast.clock.now)

    rows = cast.rows("SELECT paid_ms, rate_micros_per_hour FROM accrual")
    assert rows == [(20_000, GBP_15)]


def test_a_raise_reaches_a_task_that_is_on_the_desk(cast: Cast, paying: int) -> None:
    amina = cast.person("Amina")
    task_id = cast.next_task(amina, paying)
    cast.clock.advance(60_000)
    change(cast, paying, rate_micros_per_hour=2 * GBP_15)

    paid = cast.submit(amina, task_id).reply["paid"]["micros"]

    assert paid == micros_for(2 * GBP_15, MINUTE_MS)


def test_the_guarantee_may_not_be_below_the_floor_of_those_who_take_part(
    cast: Cast, paying: int
) -> None:
    begins = Instant(cast.clock.now + 8 * DAY_MS)

    with pytest.raises(
        InvalidError, match=r"below the floor of GBP 12\.71 an hour of people in GB"
    ):
        change(cast, paying, rate_micros_per_hour=1_270 * PENCE, valid_from=begins)

    change(cast, paying, rate_micros_per_hour=1_271 * PENCE, valid_from=begins)


def test_what_is_not_a_policy_is_refused_with_every_reason(cast: Cast, paying: int) -> None:
    with pytest.raises(InvalidError) as refused:
        change(cast, paying, basis="piece", cancel_permille=1001, reason="")

    assert {issue.place for issue in refused.value.issues} == {"unit", "cancel", "reason"}
    with pytest.raises(NotFoundError):
        change(cast, 999, rate_micros_per_hour=GBP_15)


def test_a_change_that_is_sent_twice_makes_one_version(cast: Cast, paying: int) -> None:
    first = change(cast, paying, rate_micros_per_hour=GBP_15 + PENCE)
    cast.clock.advance(1000)
    again = change(cast, paying, rate_micros_per_hour=GBP_15 + PENCE)

    assert again == first
    assert len(events(cast, "pay.policy_set")) == 1


def test_two_managers_at_once_make_two_versions_and_lose_none(cast: Cast, paying: int) -> None:
    rates = [GBP_15 + number * PENCE for number in range(1, 7)]

    def one(rate: int) -> int | str:
        try:
            return change(cast, paying, rate_micros_per_hour=rate).version
        except FairhandError as error:
            return error.code

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(one, rates))

    made = sorted(number for number in done if isinstance(number, int))
    assert made == list(range(2, 2 + len(made)))
    assert len(known(cast, paying)) == 1 + len(made)
    assert hot(cast, paying)[1] == max(rates)  # a lower one after a higher one is a cut


# --- row 24: top-up over a tenth of base pay reprices, upwards ---


@pytest.fixture
def too_cheap(cast: Cast, paying: int) -> int:
    """Pieces at 10 p that take a minute: GBP 6 an hour where GBP 15 is guaranteed."""
    change(cast, paying, basis="piece", unit_micros=10 * PENCE, reprices_itself=True)
    cast.clock.advance(1)
    for _ in range(20):
        answer(cast, paying, seconds=100)
    return paying


def test_top_up_over_a_tenth_of_base_pay_raises_the_price(cast: Cast, too_cheap: int) -> None:
    (new,) = reprice_projects(cast.db, cast.clock.now)

    # 100 seconds at GBP 15 an hour are 41.67 pence, and prices are whole pence.
    assert new.unit_micros == 42 * PENCE
    assert new.rate_micros_per_hour == GBP_15
    assert (new.version, new.created_by) == (3, None)
    assert hot(cast, too_cheap)[:3] == ("piece", GBP_15, 42 * PENCE)
    (event,) = events(cast, "pay.repriced")
    assert event["top_up_permille"] == 3167
    assert event["was"]["unit"] == 10 * PENCE
    assert event["now"]["unit"] == 42 * PENCE


def test_the_new_price_reaches_new_items_and_leaves_what_was_earned(
    cast: Cast, too_cheap: int
) -> None:
    before = cast.rows("SELECT entry_id, amount_micros FROM accrual ORDER BY entry_id")
    reprice_projects(cast.db, cast.clock.now)

    assert cast.rows("SELECT entry_id, amount_micros FROM accrual ORDER BY entry_id") == before
    assert answer(cast, too_cheap, seconds=100) == 42 * PENCE


def test_a_new_price_is_judged_by_its_own_time(cast: Cast, too_cheap: int) -> None:
    reprice_projects(cast.db, cast.clock.now)

    assert reprice_projects(cast.db, cast.clock.now) == []
    for _ in range(9):
        answer(cast, too_cheap, seconds=100)
    with cast.db.read() as connection:
        present = store.list_policies(connection, too_cheap)[-1]
        share = share_of(work_since(connection, present, cast.clock.now))
    assert share.permille == 0
    assert reprice_projects(cast.db, cast.clock.now) == []


def test_a_project_that_does_not_reprice_itself_keeps_its_price(cast: Cast, too_cheap: int) -> None:
    change(cast, too_cheap, reprices_itself=False)

    assert reprice_projects(cast.db, cast.clock.now, [too_cheap]) == []


def test_a_price_that_is_right_stays(cast: Cast, paying: int) -> None:
    change(cast, paying, basis="piece", unit_micros=42 * PENCE, reprices_itself=True)
    for _ in range(20):
        answer(cast, paying, seconds=100)

    assert reprice_projects(cast.db, cast.clock.now) == []


def test_a_floor_that_rose_over_the_rate_raises_an_hourly_price(cast: Cast) -> None:
    """Work at GBP 6 where the floor is 12.71: the next hour is offered at the floor."""
    cast.load_floors()
    project_id = cast.project("Amina", tasks=40, overlap=1, rate=GBP_6)
    for _ in range(31):
        answer(cast, project_id)
    with cast.db.write() as connection:
        first = store.list_policies(connection, project_id)[0]
        # Written as an owner would have before the floor rose over it.
        store.add_policy(connection, replace(first, version=2, reprices_itself=True))

    (new,) = reprice_projects(cast.db, cast.clock.now)

    assert new.rate_micros_per_hour == 1_271 * PENCE


# --- what a close makes of it ---


def test_a_close_pays_the_guarantee_the_premium_the_expense_and_the_minimum_block(
    cast: Cast, paying: int
) -> None:
    """Two minutes of pieces at 10 p: 13 more minutes of the block, premium and data, top-up."""
    change(
        cast,
        paying,
        basis="piece",
        unit_micros=10 * PENCE,
        hazard_micros_per_hour=300 * PENCE,
        data_micros_per_hour=60 * PENCE,
        min_block_ms=15 * MINUTE_MS,
    )
    cast.clock.advance(1)
    answer(cast, paying)
    answer(cast, paying)
    cast.clock.advance(DAY_MS)

    close_pay_period(cast.db, ClosePayPeriod(cast.clock.now), cast.clock.now)

    rows = cast.rows(
        "SELECT basis, sum(paid_ms), sum(amount_micros), sum(quantity) FROM accrual "
        "WHERE activity <> 'top_up' GROUP BY basis ORDER BY basis"
    )
    assert [(basis, int(ms), int(micros), int(many)) for basis, ms, micros, many in rows] == [
        ("block", 0, micros_for(GBP_15, 13 * MINUTE_MS), 13 * MINUTE_MS),
        ("expense", 0, micros_for(60 * PENCE, 2 * MINUTE_MS), 2 * MINUTE_MS),
        ("piece", 2 * MINUTE_MS, 20 * PENCE, 2),
        ("premium", 0, micros_for(300 * PENCE, 2 * MINUTE_MS), 2 * MINUTE_MS),
    ]
    top_up = cast.rows("SELECT sum(amount_micros) FROM accrual WHERE activity = 'top_up'")
    assert int(top_up[0][0]) == 30 * PENCE  # 50 p guaranteed for two minutes, 20 p earned


# --- nothing takes back what was earned ---


def test_no_story_lowers_or_removes_an_accrual(cast: Cast, too_cheap: int) -> None:
    """The table refuses it whoever asks; and no state of a submit is unpaid."""
    before = cast.rows("SELECT entry_id, amount_micros FROM accrual ORDER BY entry_id")
    for statement in (
        "UPDATE accrual SET amount_micros = 0",
        "DELETE FROM accrual",
        "UPDATE pay_policy SET rate_micros_per_hour = 1",
        "DELETE FROM pay_policy",
    ):
        with pytest.raises(Exception, match="never edited"):
            cast.change(statement)
    assert cast.rows("SELECT entry_id, amount_micros FROM accrual ORDER BY entry_id") == before
    unpaid = (
        "SELECT count(*) FROM annotation AS n WHERE NOT EXISTS "
        "(SELECT 1 FROM accrual AS a WHERE a.annotation_id = n.id)"
    )
    assert cast.rows(unpaid) == [(0,)]

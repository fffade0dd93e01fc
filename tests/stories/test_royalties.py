"""Royalties from promise to statement: uses, shares, withdrawal, on both engines."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.core.money import MICROS, Money
from fairhand.pay.earnings.store import load_earnings, load_statement
from fairhand.pay.royalties.rules import SplitKey, Terms
from fairhand.people.consent import store as consent
from fairhand.storage.database import Database
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.read_audit import audit_workspace
from fairhand.use_cases.read_royalties import read_own_royalties, read_royalty_office, read_usage
from fairhand.use_cases.record_usage import (
    RecordedUsage,
    RecordUsage,
    preview_usage,
    record_usage,
)
from fairhand.use_cases.set_royalty_terms import SetRoyaltyTerms, set_royalty_terms
from tests.cast import Cast

HALF: dict[SplitKey, int] = {"seconds": 500, "equal": 500}


@pytest.fixture
def cast(db: Database) -> Cast:
    """Carmen's workspace on either engine."""
    return Cast(db)


def promise(cast: Cast, project: int, share: int = 150, run_fee: int = 1_000) -> Terms:
    terms = Terms(0, share, run_fee, 0, 0, HALF, cast.clock.now)
    return set_royalty_terms(cast.db, SetRoyaltyTerms(project, cast.carmen, terms), cast.clock.now)


def worked(cast: Cast) -> int:
    """Amina works three times as long as Esi in a project that promises royalties."""
    project = cast.project("Amina", "Esi", tasks=6, overlap=2)
    promise(cast, project)
    for name, seconds in (("Amina", 30), ("Esi", 10)):
        for _ in range(4):
            task = cast.next_task(cast.people[name], project)
            cast.clock.advance(seconds * 1_000)
            cast.submit(cast.people[name], task)
    cast.clock.advance(1_000)
    return project


def training_run(cast: Cast, project: int, key: str = "run-1", **more: object) -> RecordUsage:
    given: dict[str, object] = {
        "project_id": project,
        "recorded_by": cast.carmen,
        "key": key,
        "kind": "training_run",
        "licensee": "Example Lab",
        "happened_at": cast.clock.now,
    }
    return RecordUsage(**{**given, **more})  # type: ignore[arg-type]  # as the tests say


def use(cast: Cast, command: RecordUsage) -> RecordedUsage:
    return record_usage(cast.db, command, cast.clock.now)


def amounts(cast: Cast, usage_id: int) -> dict[str, int]:
    _, people = read_usage(cast.db, usage_id)
    return {one.display_name: one.amount_micros for one in people}


def assert_books_are_right(cast: Cast) -> None:
    issues = audit_workspace(cast.db, cast.signer.verifier)
    assert [issue for issue in issues if issue.place != "log"] == []


def test_a_training_run_owes_everybody_their_share_at_once(cast: Cast) -> None:
    project = worked(cast)
    made = use(cast, training_run(cast, project))
    assert (made.pool_micros, made.people, made.again) == (1_000 * MICROS, 2, False)
    assert amounts(cast, made.usage_id) == {"Amina": 625 * MICROS, "Esi": 375 * MICROS}
    with cast.db.read() as connection:
        mine = load_earnings(connection, cast.people["Amina"]).currencies[0]
    assert mine.payable_micros == mine.accrued_micros + mine.top_up_micros
    assert_books_are_right(cast)


def test_a_share_comes_with_the_next_statement_and_never_helps_to_reach_the_floor(
    cast: Cast,
) -> None:
    cast.load_floors()
    project = worked(cast)
    use(cast, training_run(cast, project))
    cast.clock.advance(DAY_MS)
    close_pay_period(cast.db, ClosePayPeriod(cast.clock.now), cast.clock.now)
    with cast.db.read() as connection:
        row = load_earnings(connection, cast.people["Amina"]).statements[0]
        found = load_statement(connection, row.id)
    assert found is not None
    body = json.loads(found.body)
    lines = [line for line in body["lines"] if line["kind"] == "royalty"]
    assert [(line["amount"], line["counts_for_floor"]) for line in lines] == [("6.25", False)]
    assert body["totals"]["royalties"] == "6.25"
    assert row.top_up_micros > 0, "GBP 6 an hour is below the floor, whatever royalties came"


def test_the_same_key_counts_once_and_another_use_under_it_is_refused(cast: Cast) -> None:
    project = worked(cast)
    first = use(cast, training_run(cast, project))
    again = use(cast, training_run(cast, project))
    assert (again.usage_id, again.again) == (first.usage_id, True)
    with pytest.raises(ConflictError, match="used for another use"):
        use(cast, training_run(cast, project, quantity=2))
    assert len(read_royalty_office(cast.db, cast.clock.now).usages) == 1


def test_two_at_once_with_one_key_pay_once(cast: Cast) -> None:
    project = worked(cast)
    command = training_run(cast, project)

    def attempt(_number: int) -> int | None:
        try:
            return use(cast, command).usage_id
        except ConflictError:
            return None

    with ThreadPoolExecutor(4) as pool:
        found = {usage for usage in pool.map(attempt, range(4)) if usage is not None}
    assert len(found) == 1
    assert len(read_own_royalties(cast.db, cast.people["Amina"])) == 1
    assert_books_are_right(cast)


def test_who_has_withdrawn_earns_nothing_more_and_keeps_what_came_before(cast: Cast) -> None:
    project = worked(cast)
    before = use(cast, training_run(cast, project, "run-1"))
    cast.clock.advance(1_000)
    with cast.db.write() as connection:
        consent.leave(connection, cast.people["Esi"], project, cast.clock.now)
    cast.clock.advance(1_000)
    after = use(cast, training_run(cast, project, "run-2"))
    assert amounts(cast, before.usage_id)["Esi"] == 375 * MICROS
    assert amounts(cast, after.usage_id) == {"Amina": 1_000 * MICROS}
    assert [one.usage_id for one in read_own_royalties(cast.db, cast.people["Esi"])] == [
        before.usage_id
    ]


def test_with_nobody_to_give_it_to_the_pool_is_held(cast: Cast) -> None:
    project = cast.project("Amina", tasks=1)
    promise(cast, project)
    cast.clock.advance(1_000)
    made = use(cast, training_run(cast, project))
    assert (made.people, made.held_micros) == (0, 1_000 * MICROS)
    assert_books_are_right(cast)


def test_a_licence_gives_a_share_of_its_revenue(cast: Cast) -> None:
    project = worked(cast)
    sold = training_run(cast, project, kind="licence", revenue=Money(20_000, "GBP"))
    assert use(cast, sold).pool_micros == 3_000 * MICROS


def test_measured_value_goes_to_those_who_answered_that_task(cast: Cast) -> None:
    project = cast.project("Amina", "Esi", tasks=2, overlap=1)
    terms = Terms(0, 150, 1_000, 0, 0, {"equal": 800, "value": 200}, cast.clock.now)
    set_royalty_terms(cast.db, SetRoyaltyTerms(project, cast.carmen, terms), cast.clock.now)
    tasks = {}
    for name in ("Amina", "Esi"):
        tasks[name] = cast.next_task(cast.people[name], project)
        cast.clock.advance(5_000)
        cast.submit(cast.people[name], tasks[name])
    cast.clock.advance(1_000)
    values = {tasks["Amina"]: 3, tasks["Esi"]: -7}
    made = use(cast, training_run(cast, project, values=values))
    assert amounts(cast, made.usage_id) == {"Amina": 600 * MICROS, "Esi": 400 * MICROS}


def test_the_preview_is_what_happens(cast: Cast) -> None:
    project = worked(cast)
    command = training_run(cast, project)
    seen = preview_usage(cast.db, command, cast.clock.now)
    made = use(cast, command)
    expected = {share.person_id: share.amount_micros for share in seen.shares}
    _, people = read_usage(cast.db, made.usage_id)
    assert {one.person_id: one.amount_micros for one in people} == expected


def test_a_promise_may_rise_and_never_fall(cast: Cast) -> None:
    project = cast.project(tasks=1)
    promise(cast, project, share=150)
    assert promise(cast, project, share=200).version == 2
    with pytest.raises(InvalidError, match="may rise and never fall"):
        promise(cast, project, share=199)


def test_uses_that_cannot_be_are_refused(cast: Cast) -> None:
    project = worked(cast)
    bare = cast.project(tasks=1)
    with pytest.raises(ConflictError, match="promised no royalties"):
        use(cast, training_run(cast, bare))
    with pytest.raises(NotFoundError):
        use(cast, training_run(cast, 10**9))
    for more, place in (
        ({"happened_at": Instant(cast.clock.now + DAY_MS)}, "happened_at"),
        ({"licensee": "  "}, "licensee"),
        ({"release_id": 10**9}, "release_id"),
        ({"kind": "licence", "revenue": Money(5, "EUR")}, "revenue"),
        ({"quantity": 10**12}, "quantity"),
    ):
        with pytest.raises(InvalidError) as refused:
            use(cast, training_run(cast, project, "new", **more))
        assert place in [issue.place for issue in refused.value.issues]

"""Money is laid aside for care, is the person's alone to use, and the books show sums."""

from __future__ import annotations

import pytest

from fairhand.core.clock import DAY_MS, MINUTE_MS
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.core.money import Money
from fairhand.pay.audit.store import load_ledger_check
from fairhand.people.wellbeing.care_rules import care_micros
from fairhand.people.wellbeing.policy import ExposureTerms
from fairhand.people.wellbeing.policy_store import add_policy
from fairhand.storage.database import Database
from fairhand.use_cases.lay_aside_aftercare import lay_aside_aftercare
from fairhand.use_cases.read_own_care import OwnCare, read_own_care
from fairhand.use_cases.use_aftercare import UseAftercare, use_aftercare
from tests.cast import Cast
from tests.stories.test_own_limits import agree, answer, hard

A_MINUTE = care_micros(3_000, 100, 6 * 100 * 1_000_000)
"""Three severity-minutes at tier 2, a tenth of a minute's pay each, at GBP 6 an hour."""


@pytest.fixture
def cast(db: Database) -> Cast:
    return Cast(db)


def seen(cast: Cast, *people: str, minutes: int = 1) -> int:
    """These people look at a minute of tier 2 each, as often as asked; gives the project."""
    project = hard(cast, 40, 2)
    for name in people:
        who = cast.person(name)
        if name != "Amina":
            cast.join(who, project)
        agree(cast, who, 1, 2)
        for _ in range(minutes):
            answer(cast, who, cast.next_task(who, project), MINUTE_MS)
    return project


def care(cast: Cast, who: str = "Amina") -> OwnCare:
    return read_own_care(cast.db, cast.person(who), cast.clock.now)


def test_what_was_seen_is_laid_aside_once_and_can_be_used_when_its_month_has_ended(
    cast: Cast,
) -> None:
    seen(cast, "Amina", minutes=5)
    assert lay_aside_aftercare(cast.db, cast.clock.now) == 0
    assert care(cast).funds == []

    for _ in range(2):
        lay_aside_aftercare(cast.db, cast.clock.advance(DAY_MS))
    (fund,) = care(cast).funds
    assert (fund.coming_micros, fund.usable_micros) == (5 * A_MINUTE, 0)
    assert lay_aside_aftercare(cast.db, cast.clock.advance(10 * DAY_MS)) == 1
    (fund,) = care(cast).funds
    assert (fund.coming_micros, fund.usable_micros) == (0, 5 * A_MINUTE)

    ((entries, people),) = cast.rows(
        "SELECT count(*), sum(CASE WHEN a.key LIKE '%person%' THEN 1 ELSE 0 END) FROM entry AS e "
        "JOIN posting AS p ON p.entry_id = e.id JOIN account AS a ON a.id = p.account_id "
        "WHERE e.kind = 'aftercare'"
    )
    assert (entries, people) == (2, 0)


def test_what_a_policy_lays_nothing_aside_for_is_looked_at_once(cast: Cast) -> None:
    seen(cast, "Amina")
    with cast.db.write() as connection:
        add_policy(
            connection,
            ExposureTerms(aftercare_permille=0),
            project_id=0,
            author_id=cast.carmen,
            starts_at=cast.clock.now,
            proposal_id=None,
            now=cast.clock.now,
        )
    lay_aside_aftercare(cast.db, cast.clock.advance(DAY_MS))
    assert lay_aside_aftercare(cast.db, cast.clock.advance(40 * DAY_MS)) == 0
    assert care(cast).funds == []
    assert cast.rows("SELECT micros FROM aftercare") == [(0,)]


def test_a_sum_over_ten_people_goes_into_the_books_at_once(cast: Cast) -> None:
    names = ["Amina", *(f"P{number}" for number in range(9))]
    seen(cast, *names)

    assert lay_aside_aftercare(cast.db, cast.clock.advance(DAY_MS + 60 * MINUTE_MS)) == 1
    ((micros,),) = cast.rows(
        "SELECT sum(p.amount_micros) FROM posting AS p JOIN account AS a ON a.id = p.account_id "
        "WHERE a.key = 'liability:aftercare'"
    )
    assert micros == 10 * A_MINUTE


def test_what_is_taken_is_owed_at_once_and_the_books_stay_right(cast: Cast) -> None:
    seen(cast, "Amina", minutes=5)
    lay_aside_aftercare(cast.db, cast.clock.advance(DAY_MS))
    lay_aside_aftercare(cast.db, cast.clock.advance(10 * DAY_MS))
    amina = cast.person("Amina")
    take = UseAftercare(amina, "first", Money(10, "GBP"))

    assert use_aftercare(cast.db, take, cast.clock.now)
    assert not use_aftercare(cast.db, take, cast.clock.now)
    mine = care(cast)
    assert [one.micros for one in mine.used] == [10_000_000]
    assert mine.funds[0].usable_micros == 5 * A_MINUTE - 10_000_000
    with pytest.raises(InvalidError, match="at most"):
        use_aftercare(cast.db, UseAftercare(amina, "second", Money(10, "GBP")), cast.clock.now)
    with cast.db.read() as connection:
        assert load_ledger_check(connection).is_right


def test_it_can_be_used_for_two_years_after_the_last_hard_item_when_one_has_left(
    cast: Cast,
) -> None:
    seen(cast, "Amina", minutes=5)
    lay_aside_aftercare(cast.db, cast.clock.advance(DAY_MS))
    lay_aside_aftercare(cast.db, cast.clock.advance(10 * DAY_MS))
    amina = cast.person("Amina")
    cast.change("UPDATE enrolment SET state = 'left'")
    assert care(cast).until is not None

    cast.clock.advance(700 * DAY_MS)
    assert use_aftercare(cast.db, UseAftercare(amina, "one", Money(5, "GBP")), cast.clock.now)
    cast.clock.advance(40 * DAY_MS)
    with pytest.raises(ConflictError, match="24 months"):
        use_aftercare(cast.db, UseAftercare(amina, "two", Money(5, "GBP")), cast.clock.now)

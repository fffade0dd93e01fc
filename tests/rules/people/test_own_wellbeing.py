"""A person's own limits, breaks and care, as rules: whatever is asked, the stricter holds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, MINUTE_MS, Instant
from fairhand.people.wellbeing.care_rules import Fund, care_micros, kept_until, parts_of
from fairhand.people.wellbeing.disclosure import SORTS, words_for_tier
from fairhand.people.wellbeing.own_rules import (
    OwnLimits,
    break_offer,
    change_limits,
    check_limits,
    effective,
    highest,
    minutes_of,
    next_tier,
)
from fairhand.people.wellbeing.rules import Limits

NOW = Instant(1_800_000_000_000)
CAP = Limits()
limits = st.builds(
    Limits,
    st.integers(0, CAP.hour),
    st.integers(0, CAP.day),
    st.integers(0, CAP.chronic),
)


def low(*every: Limits) -> Limits:
    return CAP.within(*every)


@settings(max_examples=40)
@given(st.lists(st.tuples(limits, st.integers(-2 * DAY_MS, 2 * DAY_MS)), min_size=1, max_size=6))
def test_nothing_gets_higher_within_a_day_even_when_the_clock_jumps_back(
    wishes: list[tuple[Limits, int]],
) -> None:
    own, now, latest = OwnLimits(), NOW, NOW
    for wanted, step in wishes:
        now = Instant(now + step)
        latest = max(latest, now)
        before = effective(own, CAP, max(now, own.changed_at))
        own = change_limits(own, wanted, CAP, now)
        assert effective(own, CAP, own.changed_at) == low(before, wanted)
        assert own.next_at is None or own.next_at <= latest + DAY_MS
        assert effective(own, CAP, Instant(own.changed_at + DAY_MS)) == wanted


def test_asking_again_for_what_waits_does_not_begin_the_day_anew() -> None:
    first = change_limits(OwnLimits(), Limits(1_000, 2_000, 3_000), CAP, NOW)
    higher = Limits(5_000, 2_000, 3_000)
    asked = change_limits(first, higher, CAP, NOW)
    again = change_limits(asked, higher, CAP, Instant(NOW + DAY_MS // 2))

    assert again.next_at == asked.next_at == NOW + DAY_MS


def test_a_cap_that_is_lowered_later_holds_at_once() -> None:
    own = change_limits(OwnLimits(), Limits(15_000, 50_000, 300_000), CAP, NOW)

    assert effective(own, Limits(4_000, 60_000, 100_000), NOW) == Limits(4_000, 50_000, 100_000)
    assert [issue.place for issue in check_limits(Limits(20_001, -1, 0), CAP)] == ["hour", "day"]


def test_only_tiers_that_follow_each_other_may_be_shown() -> None:
    assert [highest(agreed) for agreed in ([], [1], [1, 2], [2, 3], [1, 3])] == [0, 1, 2, 0, 1]
    assert [next_tier(agreed) for agreed in ([], [1], [1, 2, 3], [2])] == [1, 2, None, 1]
    assert len({words_for_tier(tier) for tier in SORTS}) == 3


def moments(*minutes: int) -> list[Instant]:
    return [Instant(NOW + minute * MINUTE_MS) for minute in minutes]


def test_a_break_is_offered_after_long_work_and_not_after_a_rest() -> None:
    rules = {"after_ms": 60 * MINUTE_MS, "rest_ms": 10 * MINUTE_MS}
    steady = moments(*range(0, 62, 2))
    now = Instant(NOW + 62 * MINUTE_MS)

    assert break_offer(steady, Instant(0), now, **rules).is_due
    assert not break_offer(steady, steady[20], now, **rules).is_due
    assert not break_offer(steady, Instant(0), Instant(now + 9 * MINUTE_MS), **rules).is_due
    assert not break_offer([], Instant(0), now, **rules).is_due
    paused = [at for at in steady if not 20 <= (at - NOW) // MINUTE_MS <= 32]
    assert break_offer(paused, Instant(0), now, **rules).hard_ms == 28 * MINUTE_MS


def test_care_is_a_share_of_a_minutes_pay_and_is_taken_from_the_fullest_first() -> None:
    assert care_micros(60_000, 100, 600_000_000) == 60_000_000
    assert care_micros(1, 1, 1) == 1
    funds = [Fund(1, "", "GBP", 300, 0), Fund(2, "", "GBP", 500, 900)]
    assert parts_of(600, funds) == [(2, 500), (1, 100)]
    assert parts_of(801, funds) == []
    assert kept_until(NOW, takes_part=True) is None
    assert kept_until(NOW, takes_part=False) == NOW + 730 * DAY_MS
    assert [minutes_of(dose) for dose in (0, 12_500, 3_334, 20_000)] == ["0", "12.5", "3.334", "20"]

"""Hours and rest: a full day, a full week, and what rest ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.pay.paid_time.hours import Limits, Worked, rest_due, since_rest

NIGHT = 11 * HOUR_MS


def worked(from_h: float, to_h: float, paid_h: float | None = None) -> Worked:
    paid = to_h - from_h if paid_h is None else paid_h
    return Worked(
        Instant(round(from_h * HOUR_MS)), Instant(round(to_h * HOUR_MS)), round(paid * HOUR_MS)
    )


def at(hour: float) -> Instant:
    return Instant(round(hour * HOUR_MS))


def test_ten_paid_hours_without_a_nights_rest_call_for_eleven_hours_of_it() -> None:
    due = rest_due([worked(8, 13), worked(14, 19)], Limits(), at(19))
    assert due is not None
    assert (due.until, due.why, due.since_rest_ms) == (at(30), "day", 10 * HOUR_MS)
    assert rest_due([worked(8, 13), worked(14, 18.9)], Limits(), at(19)) is None


def test_a_night_off_begins_the_day_anew() -> None:
    work = [worked(8, 17), worked(28, 36)]
    assert since_rest(work, NIGHT) == 8 * HOUR_MS
    assert rest_due(work, Limits(), at(36)) is None


def test_a_short_night_does_not() -> None:
    assert since_rest([worked(8, 17), worked(27, 30)], NIGHT) == 12 * HOUR_MS


def test_sixty_hours_in_seven_days_call_for_rest_too() -> None:
    week = [worked(24 * day + 8, 24 * day + 17) for day in range(7)]
    due = rest_due(week, Limits(), at(24 * 6 + 17))
    assert due is not None
    assert due.why == "week"
    assert rest_due(week, Limits(), at(24 * 8)) is None  # the first days lie more than a week back


def test_what_was_finished_during_a_rest_does_not_call_for_the_next() -> None:
    work = [worked(8, 18), worked(19, 20), worked(29.5, 31)]
    assert rest_due(work, Limits(), at(31)) is not None
    assert rest_due(work, Limits(), at(31), rested_at=at(29)) is None


def test_a_law_of_the_place_may_be_stricter() -> None:
    strict = Limits(stop_day_ms=8 * HOUR_MS, rest_ms=12 * HOUR_MS)
    due = rest_due([worked(8, 16)], strict, at(16))
    assert due is not None
    assert due.until == at(28)


@given(
    st.lists(
        st.tuples(st.integers(0, 6 * DAY_MS), st.integers(0, 10 * HOUR_MS)).map(
            lambda pair: Worked(Instant(pair[0]), Instant(pair[0] + pair[1]), pair[1])
        ),
        max_size=12,
    )
)
def test_time_since_rest_is_never_more_than_all_time(work: list[Worked]) -> None:
    total = sum(one.paid_ms for one in work)
    assert 0 <= since_rest(work, NIGHT) <= total
    assert since_rest(work, 10 * DAY_MS) == total

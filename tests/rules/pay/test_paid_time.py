"""Paid time: one stream per person, gaps capped and never dropped."""

from __future__ import annotations

import itertools
import random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import Instant
from fairhand.pay.paid_time.rules import (
    MIN_IDLE_CAP_MS,
    EventKind,
    PaidSpan,
    TimeEvent,
    paid_spans,
    total_paid_ms,
)

CAP = MIN_IDLE_CAP_MS
WORKING: list[EventKind] = [kind for kind in get_args(EventKind) if kind not in ("stop", "claim")]


def heard(project: int, kind: EventKind, second: float, cap: int = CAP) -> TimeEvent:
    return TimeEvent(project, kind, Instant(round(second * 1000)), cap)


streams = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(WORKING), st.integers(0, 400_000)), max_size=30
).map(
    lambda steps: [
        TimeEvent(project, kind, Instant(at), CAP)
        for (project, kind, _), at in zip(
            steps, itertools.accumulate(step[2] for step in steps), strict=True
        )
    ]
)


def measure_of_union(events: list[TimeEvent]) -> int:
    """Length of the union of [event, event + cap] up to the last event: an independent sum."""
    total, covered_to = 0, events[0].at if events else 0
    end = max((event.at for event in events), default=0)
    for event in sorted(events, key=lambda event: event.at):
        until = min(event.at + CAP, end)
        total += max(0, until - max(event.at, covered_to))
        covered_to = max(covered_to, until)
    return total


@given(streams)
def test_paid_time_is_the_union_over_projects_and_tabs(events: list[TimeEvent]) -> None:
    assert total_paid_ms(events) == measure_of_union(events)


@given(streams)
def test_two_projects_at_once_never_pay_more_than_the_time_that_passed(
    events: list[TimeEvent],
) -> None:
    passed = events[-1].at - events[0].at if events else 0
    assert total_paid_ms(events) <= passed


@given(streams, st.integers(1, 3))
def test_work_in_another_project_never_takes_time_away(
    events: list[TimeEvent], project: int
) -> None:
    alone = [event for event in events if event.project_id == project]
    assert total_paid_ms(events) >= total_paid_ms(alone)


@given(streams, st.data())
def test_paid_time_only_grows_as_events_come_in(
    events: list[TimeEvent], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(events)))
    assert total_paid_ms(events[:cut]) <= total_paid_ms(events)


@given(streams, st.data())
def test_one_more_event_in_between_never_pays_less(
    events: list[TimeEvent], data: st.DataObject
) -> None:
    without = data.draw(st.integers(0, max(0, len(events) - 2)))
    assert total_paid_ms(events[:without] + events[without + 1 :]) <= total_paid_ms(events)


@given(streams, st.integers(CAP, 10 * CAP))
def test_a_longer_cap_never_pays_less(events: list[TimeEvent], cap: int) -> None:
    longer = [TimeEvent(event.project_id, event.kind, event.at, cap) for event in events]
    assert total_paid_ms(longer) >= total_paid_ms(events)


@given(st.lists(st.integers(-(10**9), 10**9), max_size=20))
def test_a_clock_that_jumps_never_pays_a_negative_or_uncapped_gap(jumps: list[int]) -> None:
    times = list(itertools.accumulate(jumps, initial=10**12))
    events = [TimeEvent(1, "heartbeat", Instant(at), CAP) for at in times]
    steps = [max(0, min(b - a, CAP)) for a, b in itertools.pairwise(times)]
    spans = paid_spans(events)
    assert sum(span.paid_ms for span in spans) == sum(steps)
    assert all(span.started_at <= span.ended_at and span.paid_ms > 0 for span in spans)


@pytest.mark.parametrize(
    ("kind_of_work", "median_s"),
    [("digits", 4.0), ("relevance", 25.0), ("tissue masks", 90.0), ("expert reading", 240.0)],
)
def test_true_work_is_never_paid_less_and_at_most_a_fifth_more(
    kind_of_work: str, median_s: float
) -> None:
    """Log-normal tasks, a sign of life every 30 s, and someone is called away twice an hour."""
    dice = random.Random(kind_of_work)
    for _ in range(10):
        events, truth = day_of_work(dice, median_s)
        error = total_paid_ms(events) / (truth * 1000) - 1
        assert -1e-6 <= error <= 0.20, f"{kind_of_work}: {error:+.1%}"


def day_of_work(dice: random.Random, median_s: float) -> tuple[list[TimeEvent], float]:
    """Play six hours of true work: what the server hears, and the true seconds."""
    now, truth, events = 0.0, 0.0, [heard(1, "next", 0)]
    while truth < 6 * 3600:
        seconds = median_s * dice.lognormvariate(0, 0.8)
        events += [heard(1, "heartbeat", now + at) for at in range(30, int(seconds), 30)]
        now, truth = now + seconds, truth + seconds
        events.append(heard(1, "submit", now))
        if dice.random() < seconds / 1800:
            now += dice.uniform(200, 3600)
        events.append(heard(1, "next", now))
    return events, truth


def test_a_gap_above_the_cap_is_cut_to_the_cap_and_not_to_nothing() -> None:
    events = [heard(1, "next", 0), heard(1, "submit", 10_000)]
    assert paid_spans(events) == [
        PaidSpan(1, "annotate", CAP, Instant(10_000_000 - CAP), Instant(10_000_000))
    ]


def test_a_pause_that_the_person_asks_for_is_the_only_unpaid_time() -> None:
    events = [
        heard(1, "session_start", 0),
        heard(1, "next", 5),
        heard(1, "stop", 20),
        heard(1, "session_start", 3620),
        heard(1, "next", 3621),
        heard(1, "submit", 3631),
    ]
    assert total_paid_ms(events) == 20_000 + 11_000


def test_reading_waiting_and_skipping_are_paid_under_their_own_names() -> None:
    events = [
        heard(1, "read", 0),
        heard(1, "wait", 60),
        heard(1, "wait", 90),
        heard(1, "next", 100),
        heard(1, "skip", 110),
        heard(1, "next", 112),
        heard(1, "submit", 120),
    ]
    paid = [(span.activity, span.paid_ms) for span in paid_spans(events)]
    assert paid == [("read", 60_000), ("wait", 40_000), ("annotate", 20_000)]


def test_time_belongs_to_the_project_that_testifies_to_it() -> None:
    events = [
        heard(1, "next", 0),
        heard(2, "next", 5),  # five seconds in project 1 before turning to project 2
        heard(1, "submit", 20),  # and yet it was project 1 that was worked on
        heard(2, "submit", 25),
    ]
    paid = [(span.project_id, span.paid_ms) for span in paid_spans(events)]
    assert paid == [(1, 5_000), (1, 15_000), (2, 5_000)]


def test_a_heartbeat_while_reading_or_waiting_keeps_the_activity() -> None:
    events = [heard(1, "read", 0), heard(1, "heartbeat", 30), heard(1, "heartbeat", 60)]
    assert [(span.activity, span.paid_ms) for span in paid_spans(events)] == [("read", 60_000)]


def test_a_cap_below_two_minutes_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 120000"):
        total_paid_ms([heard(1, "next", 0, cap=100_000)])


def test_nothing_heard_is_nothing_paid() -> None:
    assert paid_spans([]) == []

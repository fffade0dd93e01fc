"""What the cap cuts is remembered: offline work and people's word take it back, never more."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import Instant
from fairhand.pay.paid_time.rules import (
    BREAK_MS,
    MIN_IDLE_CAP_MS,
    NEW_STRETCH_MS,
    WAIT_BLOCK_MS,
    Activity,
    Clock,
    EventKind,
    TimeEvent,
    credit,
    idle_cap_for,
    new_clock,
    paid_spans,
    total_paid_ms,
)

CAP = MIN_IDLE_CAP_MS
SIGNS: list[EventKind] = ["next", "heartbeat", "draft", "submit", "skip", "read", "train", "fault"]
ANY: list[EventKind] = [*SIGNS, "session_start", "wait", "break", "stop", "claim", "appeal"]


def heard(
    kind: EventKind,
    second: float,
    worked_s: float | None = None,
    project: int = 1,
    activity: Activity | None = None,
) -> TimeEvent:
    worked = None if worked_s is None else round(worked_s * 1000)
    return TimeEvent(project, kind, Instant(round(second * 1000)), CAP, worked, activity)


def clock_after(events: list[TimeEvent]) -> Clock:
    clock = new_clock(events[0])
    for event in events:
        clock = credit(clock, event).clock
    return clock


def stream_of(kinds: list[EventKind]) -> st.SearchStrategy[list[TimeEvent]]:
    """Streams in which time only goes on; worked_ms may be anything a device could claim."""
    steps = st.tuples(
        st.integers(1, 3),
        st.sampled_from(kinds),
        st.integers(0, 5_000_000),
        st.none() | st.integers(0, 10_000_000),
    )
    return st.lists(steps, max_size=25).map(
        lambda steps: [
            TimeEvent(project, kind, Instant(at), CAP, worked, "read" if kind == "claim" else None)
            for (project, kind, _, worked), at in zip(
                steps, itertools.accumulate(step[2] for step in steps), strict=True
            )
        ]
    )


@given(stream_of(ANY))
def test_nothing_that_is_said_pays_more_than_the_time_that_passed(events: list[TimeEvent]) -> None:
    passed = events[-1].at - events[0].at if events else 0
    assert total_paid_ms(events) <= passed


@given(stream_of(ANY))
def test_what_is_taken_back_is_never_more_than_what_was_cut(events: list[TimeEvent]) -> None:
    clock = new_clock(events[0]) if events else None
    cut = back = 0
    for event in events:
        assert clock is not None
        credited = credit(clock, event)
        cut, back = cut + credited.gap.cut_ms, back + credited.gap.back_ms
        clock = credited.clock
        assert clock.cut_ms == cut - back >= 0
        assert clock.pending_ms >= 0
        assert 0 <= credited.gap.left_ms <= clock.cut_ms


@given(stream_of([*SIGNS, "session_start", "appeal", "claim"]))
def test_every_millisecond_is_paid_or_waits_to_be_claimed(events: list[TimeEvent]) -> None:
    heard_at = [event.at for event in events if event.kind != "claim"]
    passed = heard_at[-1] - heard_at[0] if heard_at else 0
    if events and events[0].kind != "claim":
        assert total_paid_ms(events) + clock_after(events).cut_ms == passed


@given(stream_of(ANY))
def test_a_stream_counts_the_same_heard_one_by_one_as_at_once(events: list[TimeEvent]) -> None:
    paid, clock = 0, new_clock(events[0]) if events else None
    for event in events:
        assert clock is not None
        credited = credit(clock, event)
        clock = credited.clock
        paid += credited.gap.paid_ms
    assert paid == total_paid_ms(events)
    assert all(span.started_at <= span.ended_at for span in paid_spans(events))


@given(stream_of(SIGNS), st.data())
def test_one_more_sign_of_life_never_pays_less(
    events: list[TimeEvent], data: st.DataObject
) -> None:
    without = data.draw(st.integers(0, max(0, len(events) - 2)))
    if events:
        # What a device says about its own task may not vanish with the sign: only signs do.
        events[without] = replace(events[without], worked_ms=None)
    assert total_paid_ms(events[:without] + events[without + 1 :]) <= total_paid_ms(events)


@given(stream_of(SIGNS), st.integers(0, 10_000_000))
def test_a_device_that_measured_more_is_never_paid_less(events: list[TimeEvent], more: int) -> None:
    longer = [
        replace(event, worked_ms=(event.worked_ms or 0) + more)
        if event.kind in ("submit", "skip")
        else event
        for event in events
    ]
    assert total_paid_ms(longer) >= total_paid_ms(events)


def test_twenty_tasks_done_without_network_are_paid_for_their_minutes() -> None:
    """Ninety seconds each over half an hour, sent in one second when the train is out."""
    events = [heard("next", 0)]
    events += [heard("submit", 1800 + number / 20, worked_s=90) for number in range(20)]
    paid = total_paid_ms(events)
    assert 20 * 90_000 - 2_000 <= paid <= 20 * 90_000 + CAP
    assert paid <= 1_801_000


def test_offline_work_is_never_paid_beyond_the_time_that_was_cut() -> None:
    events = [heard("next", 0)]
    events += [heard("submit", 600 + number / 20, worked_s=3600) for number in range(20)]
    assert total_paid_ms(events) == events[-1].at


def test_time_that_signs_of_life_have_paid_is_not_paid_again_by_what_the_device_measured() -> None:
    """An hour away was cut; five minutes at a task with signs each minute take none of it back."""
    events = [heard("next", 0), heard("next", 3600)]
    events += [heard("heartbeat", 3600 + at) for at in (60, 120, 180, 240)]
    events += [heard("submit", 3900, worked_s=300)]
    assert total_paid_ms(events) == CAP + 300_000
    assert clock_after(events).cut_ms == 3_600_000 - CAP


def test_a_gap_is_told_with_what_it_lost_and_only_then() -> None:
    clock = clock_after([heard("next", 0)])
    assert credit(clock, heard("submit", 60)).gap.left_ms == 0
    assert credit(clock, heard("submit", 960)).gap.left_ms == 840_000
    assert credit(clock, heard("submit", 960, worked_s=960)).gap.left_ms == 0
    assert credit(clock, heard("submit", 960, worked_s=500)).gap.left_ms == 460_000


def test_a_claim_pays_in_its_own_activity_and_leaves_the_task_on_the_desk() -> None:
    events = [heard("next", 0), heard("submit", 960), heard("next", 961)]
    before = clock_after(events)
    credited = credit(before, heard("claim", 960, worked_s=840, activity="read"))
    assert credited.over is not None
    assert (credited.over.activity, credited.over.paid_ms) == ("read", 840_000)
    assert (credited.over.started_at, credited.over.ended_at) == (120_000, 960_000)
    assert credited.clock == replace(before, cut_ms=before.cut_ms - 840_000)


def test_a_claim_for_more_than_was_cut_pays_what_was_cut() -> None:
    events = [heard("next", 0), heard("submit", 300), heard("claim", 300, worked_s=9999)]
    assert total_paid_ms(events) == 300_000
    assert total_paid_ms([*events, heard("claim", 300, worked_s=9999)]) == 300_000


def test_waiting_is_paid_up_to_its_promise_however_quiet_it_is() -> None:
    promised = WAIT_BLOCK_MS / 1000
    assert total_paid_ms([heard("wait", 0, promised), heard("next", 600)]) == 600_000
    assert total_paid_ms([heard("wait", 0, promised), heard("next", 6000)]) == WAIT_BLOCK_MS
    polled = [heard("wait", at, promised) for at in range(0, 3000, 30)]
    assert total_paid_ms(polled) == WAIT_BLOCK_MS
    assert clock_after(polled).cut_ms == 0


def test_two_projects_without_work_are_one_stretch_of_waiting() -> None:
    polled = [heard("wait", at, 900, project=1 + at // 10 % 2) for at in range(0, 3600, 10)]
    assert total_paid_ms(polled) == WAIT_BLOCK_MS


def test_who_comes_back_after_an_hour_waits_anew() -> None:
    later = 900 + NEW_STRETCH_MS / 1000
    events = [heard("wait", 0, 900), heard("wait", 900, 900), heard("wait", later, 900)]
    assert total_paid_ms([*events, heard("next", later + 300)]) == WAIT_BLOCK_MS + 300_000


def test_waiting_that_was_heard_before_there_were_promises_counts_by_the_cap_as_it_did() -> None:
    old = [heard("wait", at) for at in range(0, 3000, 30)]
    assert total_paid_ms(old) == 2_970_000
    assert total_paid_ms([heard("wait", 0), heard("wait", 600)]) == CAP


def test_a_project_that_promises_nothing_pays_no_waiting() -> None:
    assert total_paid_ms([heard("wait", 0, 0), heard("wait", 60, 0), heard("next", 90)]) == 0


def test_a_break_is_paid_up_to_a_quarter_of_an_hour_and_its_rest_is_not_cut() -> None:
    promised = BREAK_MS / 1000
    short = [heard("break", 0, promised), heard("session_start", 700)]
    assert [(span.activity, span.paid_ms) for span in paid_spans(short)] == [("break", 700_000)]
    long = [heard("break", 0, promised), heard("session_start", 4000)]
    assert total_paid_ms(long) == BREAK_MS
    assert clock_after(long).cut_ms == 0


def test_a_second_break_after_work_has_a_promise_of_its_own() -> None:
    events = [heard("break", 0, 900), heard("next", 900), heard("submit", 960)]
    events += [heard("break", 961, 900), heard("next", 1861)]
    assert total_paid_ms(events) == 1_861_000


def test_nothing_is_cut_while_a_person_has_stopped() -> None:
    events = [heard("next", 0), heard("stop", 10), heard("next", 20_000)]
    assert clock_after(events).cut_ms == 0
    assert total_paid_ms(events) == 10_000


@pytest.mark.parametrize("kind", ["train", "qualify", "appeal", "fault", "read"])
def test_all_that_a_working_day_asks_for_is_paid_under_its_own_name(kind: EventKind) -> None:
    events = [heard(kind, 0), heard("heartbeat", 60), heard("next", 100), heard("submit", 110)]
    spans = [(span.activity, span.paid_ms) for span in paid_spans(events)]
    assert spans == [(kind, 100_000), ("annotate", 10_000)]


def test_the_cap_in_force_is_never_below_the_settings() -> None:
    assert idle_cap_for(120_000, None) == 120_000
    assert idle_cap_for(120_000, 600_000) == 600_000
    assert idle_cap_for(900_000, 600_000) == 900_000

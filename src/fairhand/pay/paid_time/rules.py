"""What counts as paid time: pay what the day cost, not what the mouse did.

All events of one person, over every tab, device and project, are one stream in the order in which
the server heard them. The gap between two neighbours is paid once: min(gap, cap), never dropped. A
pause ends only with a `stop` that the person sends. A clock that goes backwards gives a gap of 0.

Where a gap belongs: `heartbeat`, `draft`, `submit` and `skip` testify to the time before them, so
their gap is their own project's; `session_start`, `next`, `read`, `wait` and `stop` end what was
done before, so their gap stays with the project and activity in which the person was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from fairhand.core.clock import Instant

EventKind = Literal[
    "session_start", "next", "heartbeat", "draft", "submit", "skip", "read", "wait", "stop"
]
Activity = Literal["annotate", "read", "wait", "train", "qualify", "appeal", "fault", "top_up"]

MIN_IDLE_CAP_MS: Final = 120_000
"""A cap below two minutes cuts real thinking time (facts: cap 100 s loses 9-45 %)."""

_OPENS: Final[dict[str, Activity]] = {
    "session_start": "read",
    "next": "annotate",
    "read": "read",
    "wait": "wait",
}


@dataclass(frozen=True, slots=True)
class TimeEvent:
    """One thing the server heard from a person."""

    project_id: int
    kind: EventKind
    at: Instant
    idle_cap_ms: int = MIN_IDLE_CAP_MS


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a person's stream stands: place, last event, and paid time without an accrual yet."""

    project_id: int
    activity: Activity
    running: bool
    last_at: Instant
    pending_ms: int
    pending_since: Instant


@dataclass(frozen=True, slots=True)
class PaidSpan:
    """A stretch of paid time in one project and activity; `paid_ms` leaves out what was capped."""

    project_id: int
    activity: Activity
    paid_ms: int
    started_at: Instant
    ended_at: Instant


@dataclass(frozen=True, slots=True)
class Credited:
    """The clock after an event, and the span that is over and must get its accrual now."""

    clock: Clock
    over: PaidSpan | None


def new_clock(event: TimeEvent) -> Clock:
    """Start a stream: nothing is owed for the time before its first event."""
    return Clock(
        project_id=event.project_id,
        activity=_OPENS.get(event.kind, "annotate"),
        running=False,
        last_at=event.at,
        pending_ms=0,
        pending_since=event.at,
    )


def paid_gap(clock: Clock, event: TimeEvent) -> int:
    """Milliseconds paid between the last event and this one: capped, never dropped or negative."""
    if event.idle_cap_ms < MIN_IDLE_CAP_MS:
        raise ValueError(f"an idle cap is at least {MIN_IDLE_CAP_MS} ms, not {event.idle_cap_ms}")
    return max(0, min(event.at - clock.last_at, event.idle_cap_ms)) if clock.running else 0


def credit(clock: Clock, event: TimeEvent) -> Credited:
    """Add one event to a stream; time of another project or activity is closed off first."""
    gap = paid_gap(clock, event)
    if event.kind in _OPENS:
        return _enter(_stay(clock, event, gap), event.project_id, _OPENS[event.kind])
    if event.kind == "stop":
        return _halt(_stay(clock, event, gap))
    activity = _testified(clock, event)
    if (event.project_id, activity) == (clock.project_id, clock.activity):
        return Credited(_stay(clock, event, gap), None)
    moved = Clock(event.project_id, activity, clock.running, clock.last_at, 0, clock.last_at)
    return Credited(_stay(moved, event, gap), span_of(clock))


def span_of(clock: Clock) -> PaidSpan | None:
    """Give what is pending as a span, or None when nothing is."""
    if clock.pending_ms == 0:
        return None
    return PaidSpan(
        clock.project_id,
        clock.activity,
        clock.pending_ms,
        started_at=min(clock.pending_since, clock.last_at),
        ended_at=clock.last_at,
    )


def paid_spans(events: Iterable[TimeEvent]) -> list[PaidSpan]:
    """Replay a whole stream of one person into its paid spans (the auditor's way to recompute)."""
    spans: list[PaidSpan] = []
    clock: Clock | None = None
    for event in events:
        credited = credit(clock or new_clock(event), event)
        clock = credited.clock
        if credited.over is not None:
            spans.append(credited.over)
    last = span_of(clock) if clock is not None else None
    return [*spans, last] if last is not None else spans


def total_paid_ms(events: Iterable[TimeEvent]) -> int:
    """Sum a stream's paid milliseconds."""
    return sum(span.paid_ms for span in paid_spans(events))


def _testified(clock: Clock, event: TimeEvent) -> Activity:
    if event.kind == "heartbeat" and event.project_id == clock.project_id:
        return clock.activity
    return "annotate"


def _stay(clock: Clock, event: TimeEvent, gap: int) -> Clock:
    since = clock.pending_since if clock.pending_ms else Instant(event.at - gap)
    return Clock(
        clock.project_id,
        clock.activity,
        running=True,
        last_at=event.at,
        pending_ms=clock.pending_ms + gap,
        pending_since=min(since, event.at),
    )


def _enter(clock: Clock, project_id: int, activity: Activity) -> Credited:
    if (project_id, activity) == (clock.project_id, clock.activity):
        return Credited(clock, None)
    return Credited(
        Clock(project_id, activity, True, clock.last_at, 0, clock.last_at), span_of(clock)
    )


def _halt(clock: Clock) -> Credited:
    still = Clock(clock.project_id, clock.activity, False, clock.last_at, 0, clock.last_at)
    return Credited(still, span_of(clock))

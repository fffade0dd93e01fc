"""What counts as paid time: pay what the day cost, not what the mouse did.

All events of one person, over every tab, device and project, are one stream in the order in which
the server heard them. The gap between two neighbours is paid once: min(gap, cap). What the cap cuts
off is remembered, never dropped: answers that were given without network and the person's own word
("I was reading") take it back, and never more than it. A pause ends only with a `stop` that the
person sends. A clock that goes backwards gives a gap of 0.

Where a gap belongs: `heartbeat`, `draft`, `submit` and `skip` testify to the time before them, so
their gap is their own project's; `session_start`, `next`, `read`, `wait`, `break` and the other
openings, and `stop`, end what was done before, so their gap stays with the project and activity in
which the person was.

Waiting and breaks are not cut by the cap: they are paid up to what was promised when they began,
for each stretch, however quiet the person is meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from fairhand.core.clock import HOUR_MS, MINUTE_MS, Instant

EventKind = Literal[
    "session_start",
    "next",
    "heartbeat",
    "draft",
    "submit",
    "skip",
    "read",
    "wait",
    "stop",
    "train",
    "qualify",
    "appeal",
    "fault",
    "break",
    "claim",
]
Activity = Literal[
    "annotate", "read", "wait", "train", "qualify", "appeal", "fault", "break", "top_up"
]

MIN_IDLE_CAP_MS: Final = 120_000
"""A cap below two minutes cuts real thinking time (facts: cap 100 s loses 9-45 %)."""

WAIT_BLOCK_MS: Final = 15 * MINUTE_MS
"""How much of one stretch of waiting is paid unless its project promises otherwise."""

BREAK_MS: Final = 15 * MINUTE_MS
"""How much of one break is paid."""

NEW_STRETCH_MS: Final = HOUR_MS
"""Who waits again after this long a silence waits anew, with a new promise."""

_OPENS: Final[dict[str, Activity]] = {
    "session_start": "read",
    "next": "annotate",
    "read": "read",
    "wait": "wait",
    "train": "train",
    "qualify": "qualify",
    "appeal": "appeal",
    "fault": "fault",
    "break": "break",
}
_PROMISED: Final = ("wait", "break")
_USED_UP: Final = -1


@dataclass(frozen=True, slots=True)
class TimeEvent:
    """One thing the server heard from a person.

    `worked_ms` says of a submit or skip how long the person's device saw them at it, of a claim how
    long they say they worked, and of a wait or break how much of it is promised. `activity` is a
    claim's own. The `at` of a claim is where the cut ended that it is about.
    """

    project_id: int
    kind: EventKind
    at: Instant
    idle_cap_ms: int = MIN_IDLE_CAP_MS
    worked_ms: int | None = None
    activity: Activity | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a person's stream stands: place, last event, and paid time without an accrual yet.

    `cut_ms` is what caps have cut off and nothing has taken back yet. `stretch_ms` is, in a wait or
    break, what is left of the promise (0: nothing was promised and the cap rules; below 0: it is
    used up), and in any other activity what was paid since it was entered or a task was answered.
    """

    project_id: int
    activity: Activity
    running: bool
    last_at: Instant
    pending_ms: int
    pending_since: Instant
    cut_ms: int = 0
    stretch_ms: int = 0


@dataclass(frozen=True, slots=True)
class PaidSpan:
    """A stretch of paid time in one project and activity; `paid_ms` leaves out what was capped."""

    project_id: int
    activity: Activity
    paid_ms: int
    started_at: Instant
    ended_at: Instant


@dataclass(frozen=True, slots=True)
class Gap:
    """What became of the time before an event: where it belongs, how much is paid, how much cut.

    `back_ms` is what the event took back of earlier or present cuts; it is a part of `paid_ms`.
    """

    project_id: int
    activity: Activity
    paid_ms: int
    cut_ms: int
    back_ms: int = 0

    @property
    def left_ms(self) -> int:
        """What this very gap lost to the cap after what was taken back, in milliseconds."""
        return max(0, self.cut_ms - self.back_ms)


@dataclass(frozen=True, slots=True)
class Credited:
    """The clock after an event, the span that is over and must get its accrual now, and the gap."""

    clock: Clock
    over: PaidSpan | None
    gap: Gap


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


def measure_gap(clock: Clock, event: TimeEvent) -> Gap:
    """Say what of the time between the last event and this one is paid and what the cap cuts."""
    if event.idle_cap_ms < MIN_IDLE_CAP_MS:
        raise ValueError(f"an idle cap is at least {MIN_IDLE_CAP_MS} ms, not {event.idle_cap_ms}")
    project_id, activity = _whose(clock, event)
    passed = max(0, event.at - clock.last_at) if clock.running else 0
    if activity in _PROMISED:
        most = max(0, clock.stretch_ms) if clock.stretch_ms else event.idle_cap_ms
        return Gap(project_id, activity, min(passed, most), 0)
    paid = min(passed, event.idle_cap_ms)
    cut = passed - paid
    back = min(_unheard(clock, event, paid), clock.cut_ms + cut)
    return Gap(project_id, activity, paid + back, cut, back)


def credit(clock: Clock, event: TimeEvent) -> Credited:
    """Add one event to a stream; time of another project or activity is closed off first."""
    if event.kind == "claim":
        return _claim(clock, event)
    gap = measure_gap(clock, event)
    if (gap.project_id, gap.activity) == (clock.project_id, clock.activity):
        here, over = clock, None
    else:
        here, over = _moved(clock, gap.project_id, gap.activity), span_of(clock)
    stayed = _stay(here, event, gap)
    if event.kind in _OPENS:
        return _enter(clock, stayed, event, gap)
    if event.kind == "stop":
        return Credited(_halted(stayed), span_of(stayed), gap)
    return Credited(stayed, over, gap)


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


def idle_cap_for(settings_ms: int, learned_ms: int | None) -> int:
    """Give the cap in force: what a project has learned, never below what the settings say."""
    return settings_ms if learned_ms is None else max(settings_ms, learned_ms)


def _whose(clock: Clock, event: TimeEvent) -> tuple[int, Activity]:
    """Say to which project and activity the time before an event belongs."""
    if event.kind in _OPENS or event.kind == "stop":
        return clock.project_id, clock.activity
    # Who shows a sign of life at a task waits no more.
    keeps = event.kind == "heartbeat" and clock.activity != "wait"
    if keeps and event.project_id == clock.project_id:
        return clock.project_id, clock.activity
    return event.project_id, "annotate"


def _unheard(clock: Clock, event: TimeEvent, paid: int) -> int:
    """Work on a task that its device measured and that no gap since the last answer has paid."""
    if event.worked_ms is None or event.kind not in ("submit", "skip", "draft"):
        return 0
    is_here = (event.project_id, "annotate") == (clock.project_id, clock.activity)
    return max(0, event.worked_ms - paid - (clock.stretch_ms if is_here else 0))


def _moved(clock: Clock, project_id: int, activity: Activity) -> Clock:
    return Clock(project_id, activity, clock.running, clock.last_at, 0, clock.last_at, clock.cut_ms)


def _stay(clock: Clock, event: TimeEvent, gap: Gap) -> Clock:
    since = clock.pending_since if clock.pending_ms else Instant(event.at - gap.paid_ms)
    return Clock(
        clock.project_id,
        clock.activity,
        running=True,
        last_at=event.at,
        pending_ms=clock.pending_ms + gap.paid_ms,
        pending_since=min(since, event.at),
        cut_ms=clock.cut_ms + gap.cut_ms - gap.back_ms,
        stretch_ms=_stretch(clock, event, gap),
    )


def _stretch(clock: Clock, event: TimeEvent, gap: Gap) -> int:
    if clock.activity not in _PROMISED:
        return 0 if event.kind in ("submit", "skip") else clock.stretch_ms + gap.paid_ms
    if clock.stretch_ms <= 0:
        return clock.stretch_ms
    return clock.stretch_ms - gap.paid_ms or _USED_UP


def _enter(before: Clock, clock: Clock, event: TimeEvent, gap: Gap) -> Credited:
    activity = _OPENS[event.kind]
    stretch = _promise(before, clock, event) if activity in _PROMISED else 0
    if (event.project_id, activity) == (clock.project_id, clock.activity):
        return Credited(replace(clock, stretch_ms=stretch), None, gap)
    entered = replace(_moved(clock, event.project_id, activity), running=True, stretch_ms=stretch)
    return Credited(entered, span_of(clock), gap)


def _promise(before: Clock, clock: Clock, event: TimeEvent) -> int:
    """What a wait or break may still be paid: what is left of the same stretch, or a new promise.

    Waiting in two projects at once is one stretch: it does not pay twice.
    """
    silence = event.at - before.last_at
    same = clock.activity == _OPENS[event.kind] and clock.stretch_ms != 0
    if same and silence < NEW_STRETCH_MS:
        return clock.stretch_ms
    if event.worked_ms is None:
        return 0
    return event.worked_ms or _USED_UP


def _claim(clock: Clock, event: TimeEvent) -> Credited:
    """Pay what a person says they worked while caps cut it, in an activity of its own."""
    paid = min(max(0, event.worked_ms or 0), clock.cut_ms)
    activity = event.activity or "read"
    gap = Gap(event.project_id, activity, paid, 0, paid)
    if paid == 0:
        return Credited(clock, None, gap)
    started = Instant(event.at - paid)
    over = PaidSpan(event.project_id, activity, paid, started, event.at)
    return Credited(replace(clock, cut_ms=clock.cut_ms - paid), over, gap)


def _halted(clock: Clock) -> Clock:
    return replace(_moved(clock, clock.project_id, clock.activity), running=False)

"""How long a quiet stretch may be in a project before it is cut, learned from its own gaps; pure.

The cap is 1.5 * exp(median + 2.33 * MAD) of the logarithms of gaps, between two minutes and an hour
(facts 3.1): 2.33 is the 99th percentile of a bell curve, so MAD is scaled by 1.4826 to be its
standard deviation (Rousseeuw and Croux 1993). Of a hundred thoughtful pauses about one is longer
than that before the factor 1.5, and it is cut and asked about, not lost. Medians do not move when
somebody goes to lunch.

A gap is thinking between two things that a person did at tasks of one project. Heartbeats do not
divide it: they say that somebody is there, and a learned cap is for where they do not come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median
from typing import Final

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.core.systems import automated
from fairhand.pay.paid_time.rules import MIN_IDLE_CAP_MS

MAX_IDLE_CAP_MS: Final = HOUR_MS
GAPS_LEAST: Final = 30
"""A project with fewer gaps keeps the cap of the settings."""
GAPS_MOST: Final = 2_000
CHANGED_BY: Final = 0.10
_FACTOR: Final = 1.5
_SPREADS: Final = 2.33
_MAD_TO_SIGMA: Final = 1.4826
_SHORTEST_MS: Final = 1_000
"""Answers that arrive in a burst after a time without network are no pauses."""
_BEGINS: Final = frozenset(("next", "read", "draft", "submit", "skip"))
_ENDS: Final = frozenset(("draft", "submit", "skip"))


@dataclass(frozen=True, slots=True)
class Heard:
    """What the learning needs of a time event."""

    person_id: int
    project_id: int
    kind: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Fit:
    """A learned cap with what it was learned from; milliseconds."""

    cap_ms: int
    gaps: int
    median_ms: int


def gaps_by_project(events: Iterable[Heard]) -> dict[int, list[int]]:
    """Find the pauses between what people did, by project, in the order in which they ended."""
    last: dict[int, Heard] = {}
    gaps: dict[int, list[int]] = defaultdict(list)
    for event in events:
        if event.kind in ("heartbeat", "claim"):
            continue
        before = last.get(event.person_id)
        last[event.person_id] = event
        if before is None or event.kind not in _ENDS or before.kind not in _BEGINS:
            continue
        gap = event.at - before.at
        if before.project_id == event.project_id and gap >= _SHORTEST_MS:
            gaps[event.project_id].append(gap)
    return gaps


def learn_cap(gaps_ms: Sequence[int]) -> Fit | None:
    """Learn a project's cap from its latest gaps in milliseconds; None while they are too few."""
    latest = gaps_ms[-GAPS_MOST:]
    if len(latest) < GAPS_LEAST:
        return None
    logs = [log(gap) for gap in latest]
    middle = median(logs)
    spread = _MAD_TO_SIGMA * median(abs(one - middle) for one in logs)
    cap = _FACTOR * exp(min(middle + _SPREADS * spread, log(MAX_IDLE_CAP_MS)))
    return Fit(
        max(MIN_IDLE_CAP_MS, min(round(cap), MAX_IDLE_CAP_MS)), len(latest), round(exp(middle))
    )


@automated(
    "pay.idle_cap",
    title="How long thinking counts as work",
    effect="pays",
    purpose="Learns for each project how long people think between two actions; a longer quiet "
    "stretch is paid up to that cap.",
    reads=("gaps between actions at the desk, of the whole project",),
    parameters=(
        ("least gaps", GAPS_LEAST, "before anything is learnt"),
        ("factor", _FACTOR, "times a long but usual pause"),
        ("longest", f"{MAX_IDLE_CAP_MS // 60_000} minutes", "no cap is longer"),
    ),
    oversight="Nothing is dropped: the cap is paid. Who worked longer claims it, and a human "
    "answers within seven days; silence grants it.",
)
def changed_caps(
    gaps: Mapping[int, Sequence[int]], in_force: Mapping[int, int | None]
) -> dict[int, Fit]:
    """Give the projects whose cap moved by more than a tenth from the one in force."""
    changed = {}
    for project_id, found in sorted(gaps.items()):
        fit = learn_cap(found)
        now = in_force.get(project_id) or MIN_IDLE_CAP_MS
        if fit is not None and abs(fit.cap_ms - now) > CHANGED_BY * now:
            changed[project_id] = fit
    return changed

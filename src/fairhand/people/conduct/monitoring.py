"""What watches those who decide: answers by rubber stamp, and less work for who appealed.

Pure; times in milliseconds. A monitor speaks to people and changes nothing by itself. Nothing is
said of fewer than `K` people, and nothing of one person but a reviewer's own reviews.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.model.system import automated

K: Final = 10
"""The fewest people of whom a figure is told."""

MOST_CONFIRMED: Final = 0.98
LEAST_REVIEWS: Final = 30
"""Of a reviewer who confirms nine in ten, thirty in a row come once in twenty-four times."""
LEAST_TIMED: Final = 10
SHORTEST_MS: Final = 30_000
REVIEWS_MS: Final = 90 * DAY_MS

WINDOW_MS: Final = 30 * DAY_MS
BEFORE_MS: Final = 90 * DAY_MS
"""Earlier work is measured over three months, or since somebody began: one month is mostly luck."""
PEERS: Final = 8
FARTHEST: Final = math.log(2.0)
"""A peer was offered at most twice, and at least half, as much before."""
LEVEL: Final = 0.04
"""Under 0.05, so that the normal approximation keeps false alarms at most one in twenty."""
WORRYING: Final = 0.2


@dataclass(frozen=True, slots=True)
class Review:
    """One finding on an appeal: whose, whether it confirmed the decision, and how long it took."""

    reviewer_id: int
    confirmed: bool
    took_ms: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """A reviewer's findings in figures, and why they are worth a look; no reason: they are not."""

    reviewer_id: int
    reviews: int
    confirmed: int
    median_ms: int
    reasons: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of decisions that were confirmed."""
        return self.confirmed / self.reviews


@dataclass(frozen=True, slots=True)
class Offered:
    """How many tasks somebody was offered in a project in 30 days, before and after some day.

    `before` is for 30 days of the 90 before it, or of those since they began.
    """

    person_id: int
    project_id: int
    before: float
    after: int


@dataclass(frozen=True, slots=True)
class MatchedSet:
    """Somebody who contested a decision, and peers who did not, alike in what they had before."""

    contested: Offered
    peers: tuple[Offered, ...]


@dataclass(frozen=True, slots=True)
class Retaliation:
    """Whether people who contest a decision are offered less work afterwards.

    `drop` is the share of work that is missing against peers (below 0: they were offered more),
    None below `K` people. `chance` is how often such a drop comes about where contesting changes
    nothing.
    """

    people: int
    peers: int
    unmatched: int
    drop: float | None
    chance: float | None

    @property
    def is_found(self) -> bool:
        """Tell whether people must look at it."""
        return self.chance is not None and self.chance <= LEVEL

    @property
    def is_worrying(self) -> bool:
        """Tell whether more than a fifth of the work is missing."""
        return self.is_found and self.drop is not None and self.drop > WORRYING


@automated(
    "monitor.rubber_stamp",
    title="Answers by rubber stamp",
    effect="flags",
    purpose="Sees who confirms nearly every decision that is appealed, or looks for a moment only.",
    reads=("findings on appeals", "how long a reviewer had the evidence open"),
    parameters=(
        ("confirmed", f"over {MOST_CONFIRMED:.0%}", "of a reviewer's findings"),
        ("median time", f"under {SHORTEST_MS // 1000} s", "from seeing the evidence to a finding"),
        ("least findings", LEAST_REVIEWS, f"for the share; {LEAST_TIMED} for the time"),
    ),
    oversight="An owner looks at it and closes it with a note. Nobody is judged by it.",
)
def find_rubber_stamps(reviews: Sequence[Review]) -> list[Stamp]:
    """Sum up each reviewer's findings, by number; see `Stamp.reasons` for whom to look at."""
    found = []
    for reviewer in sorted({one.reviewer_id for one in reviews}):
        own = [one for one in reviews if one.reviewer_id == reviewer]
        confirmed = sum(one.confirmed for one in own)
        median = int(statistics.median(one.took_ms for one in own))
        reasons = []
        if len(own) >= LEAST_REVIEWS and confirmed > MOST_CONFIRMED * len(own):
            reasons.append(f"confirmed {confirmed} of {len(own)} decisions")
        if len(own) >= LEAST_TIMED and median < SHORTEST_MS:
            reasons.append(f"looked for {median / 1000:.0f} s in the middle of {len(own)} reviews")
        found.append(Stamp(reviewer, len(own), confirmed, median, tuple(reasons)))
    return found


def match_peers(
    contested: Sequence[tuple[Offered, Sequence[Offered]]], most: int = PEERS
) -> list[MatchedSet]:
    """Give each who contested the nearest in earlier work out of those who could be their peers.

    Everybody is a peer once at most, so that the sets are independent; whoever has nobody within a
    factor of two has a set without peers. Those with the most work choose first, in turns.
    """
    taken: set[int] = set()
    near = [_by_distance(mine, others) for mine, others in contested]
    peers: list[list[Offered]] = [[] for _ in contested]
    order = sorted(range(len(contested)), key=lambda place: (-contested[place][0].before, place))
    for _ in range(most):
        for place in order:
            found = next((one for one in near[place] if one.person_id not in taken), None)
            if found is not None:
                taken.add(found.person_id)
                peers[place].append(found)
    return [MatchedSet(mine, tuple(own)) for (mine, _), own in zip(contested, peers, strict=True)]


@automated(
    "monitor.retaliation",
    title="Less work for who contested a decision",
    effect="flags",
    purpose="Compares the work offered to people in the 30 days after they contested a decision "
    "with that of peers who had as much before and contested nothing.",
    reads=("how many tasks were offered, by person and project", "who appealed or disputed, when"),
    parameters=(
        ("peers", PEERS, "at most for each, in the same project, each used once"),
        ("level", LEVEL, "how often it may be wrong in a month where nothing is the matter"),
        ("least people", K, "below it nothing is said"),
    ),
    oversight="What it finds goes to the council and the owner; it names nobody.",
)
def judge_retaliation(sets: Sequence[MatchedSet]) -> Retaliation:
    """Test whether those who contested were offered less, one-sided.

    Each set is aligned by its mean log ratio of work after to work before, all aligned values are
    ranked, and the ranks of those who contested are summed. Where contesting changes nothing,
    everybody in a set is as likely to be the one: that gives the sum's mean and variance exactly,
    and its distribution is near normal (J. L. Hodges, E. L. Lehmann: Rank methods for combination
    of independent experiments, 1962). People who leave make one rank of it, not a large number.
    """
    matched = [one for one in sets if one.peers]
    unmatched = len(sets) - len(matched)
    people, peers = len(matched), sum(len(one.peers) for one in matched)
    if people < K:
        return Retaliation(people, peers, unmatched, None, None)
    logs = [[_log_ratio(one) for one in (each.contested, *each.peers)] for each in matched]
    aligned = [[value - statistics.fmean(each) for value in each] for each in logs]
    ranks = _ranks([value for each in aligned for value in each])
    total = mean = variance = 0.0
    at = 0
    for each in aligned:
        own = ranks[at : at + len(each)]
        at += len(each)
        total += own[0]
        middle = statistics.fmean(own)
        mean += middle
        variance += statistics.fmean([(rank - middle) ** 2 for rank in own])
    chance = 1.0 if variance == 0.0 else _normal_tail((mean - total) / math.sqrt(variance))
    shifts = [each[0] - statistics.median(each[1:]) for each in logs]
    return Retaliation(people, peers, unmatched, 1.0 - math.exp(statistics.median(shifts)), chance)


def month_of(now: Instant) -> int:
    """Number the months of 30 days in which a test is made once."""
    return int(now // WINDOW_MS)


def _by_distance(mine: Offered, others: Sequence[Offered]) -> Iterator[Offered]:
    """Give those within a factor of two, the nearest first; each is looked at once."""
    log = math.log(mine.before + 0.5)
    far = [(abs(math.log(one.before + 0.5) - log), one.person_id, one) for one in others]
    return iter(
        [one for distance, _, one in sorted(far, key=itemgetter(0, 1)) if distance <= FARTHEST]
    )


def _log_ratio(one: Offered) -> float:
    return math.log((one.after + 0.5) / (one.before + 0.5))


def _ranks(values: Sequence[float]) -> list[float]:
    """Rank values from 1; equal ones share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            ranks[place] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def _normal_tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2.0))

"""The router with budgets: limits on hard content held, and work done all the same.

    python -m benchmarks.wellbeing            # the rules over a month, then the real stories
    python -m benchmarks.wellbeing --rules    # 1,000 people, 1,000,000 hard tasks, the rules alone
    python -m benchmarks.wellbeing --stories  # 20,000 tasks through the stories, on SQLite
    python -m benchmarks.wellbeing --quick    # both, fifty times smaller

Each is run with the limits and without them, with the same people, tasks and dice. A breach is an
item that was shown although its expected dose did not fit a limit, or a tier that the person had
not agreed to, or a hard item on a day of recovery; breaches are counted by other code than that
which keeps the limits, from the list of what was shown. Visible times are log-normal, so one item
can last longer than expected: what that came to over a limit is told too.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import exp
from pathlib import Path

import numpy as np

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant, parse_iso
from fairhand.people.wellbeing.policy import DEFAULT, ExposureTerms, dose_of
from fairhand.people.wellbeing.rules import Budget, Dose, Limits, hard_run, tier_today

START = parse_iso("2026-11-02T00:00:00Z")
BOUNDLESS = Limits(10**12, 10**12, 10**12)
TIERS = (1, 2, 3)
TIER_SHARES = (0.70, 0.25, 0.05)
AGREED_SHARES = (0.3, 0.4, 0.3)  # who agreed up to tier 1, 2, 3
VISIBLE_MS, SPREAD = 15_000, 0.6  # the median, and the s of the log-normal
EXPECTED_MS = round(VISIBLE_MS * exp(1.2816 * SPREAD))  # nine in ten stay under it
WORK_MS = 30_000  # the answer, besides looking
SHIFT_MS = 6 * HOUR_MS
RETRY_MS = 10 * MINUTE_MS


@dataclass
class Shown:
    """One item that was shown."""

    at: int
    tier: int
    expected: int
    seen: int


@dataclass
class Person:
    """Somebody who comes on five days of seven for six hours."""

    agreed: int
    comes_at: int
    budget: Budget = field(default_factory=Budget)
    shown: list[Shown] = field(default_factory=list)
    hard_days: set[int] = field(default_factory=set)

    def next_shift(self, now: int) -> int:
        """Say when this person works: now, or when the next shift begins."""
        while True:
            day = now // DAY_MS
            begins = day * DAY_MS + self.comes_at
            if day % 7 < 5 and now < begins + SHIFT_MS:
                return max(now, begins)
            now = (day + 1) * DAY_MS


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    done: int
    wanted: int
    last_at: int
    breaches: int
    over: int
    most_over: float
    seconds: float
    waited: int

    def row(self, name: str) -> str:
        days = (self.last_at - START) / DAY_MS
        return (
            f"{name:<22}{self.done:>10,} of {self.wanted:>9,} done, the last after {days:5.2f} "
            f"days; breaches {self.breaches}; longer than expected and so over a limit "
            f"{self.over} (most {self.most_over:.2f} sm); asked at a limit {self.waited:,}; "
            f"{self.seconds:.1f} s"
        )


def make_people(number: int, dice: random.Random) -> list[Person]:
    """People who agreed to different tiers and come at different hours."""
    return [
        Person(dice.choices(TIERS, AGREED_SHARES)[0], dice.randrange(0, 18 * HOUR_MS))
        for _ in range(number)
    ]


def run_rules(people: int, tasks: int, days: int, terms: ExposureTerms, seed: int) -> Outcome:
    """Hand out tasks that arrive over the days, by the rules alone."""
    dice = random.Random(seed)
    crowd = make_people(people, dice)
    arrivals = _arrivals(tasks, days, dice)
    free: dict[int, deque[int]] = {tier: deque() for tier in TIERS}
    expected = {tier: dose_of(tier, EXPECTED_MS, terms) for tier in TIERS}
    heap = [(person.next_shift(START), place) for place, person in enumerate(crowd)]
    heapq.heapify(heap)
    end, began = START + days * DAY_MS, time.perf_counter()
    done, waited, last_at = 0, 0, int(START)
    coming = next(arrivals, None)
    while heap and heap[0][0] < end:
        now, place = heapq.heappop(heap)
        while coming is not None and coming[0] <= now:
            free[coming[1]].append(coming[2])
            coming = next(arrivals, None)
        person = crowd[place]
        tier, at_limit = _choose(person, free, expected, terms, now)
        if tier is None:
            waited += at_limit
            heapq.heappush(heap, (person.next_shift(now + RETRY_MS), place))
            continue
        free[tier].popleft()
        visible = dice.lognormvariate(0, SPREAD) * VISIBLE_MS
        seen = dose_of(tier, round(visible), terms)
        person.budget.add(Dose(Instant(now), expected[tier]))
        person.budget.settle(seen)
        person.shown.append(Shown(now, tier, expected[tier], seen))
        if tier >= terms.rotation_tier:
            person.hard_days.add(now // DAY_MS)
        done, last_at = done + 1, now + round(visible) + WORK_MS
        heapq.heappush(heap, (person.next_shift(last_at), place))
    seconds = time.perf_counter() - began
    found = [check(person.shown, person.agreed, terms) for person in crowd]
    return Outcome(
        done,
        tasks,
        last_at,
        sum(one[0] for one in found),
        sum(one[1] for one in found),
        max((one[2] for one in found), default=0.0) / 1_000,
        seconds,
        waited,
    )


def _arrivals(tasks: int, days: int, dice: random.Random) -> Iterator[tuple[int, int, int]]:
    """Tasks that come evenly over the first nine tenths of the time, each with its tier."""
    step = days * DAY_MS * 0.9 / tasks
    for number in range(tasks):
        yield START + round(number * step), dice.choices(TIERS, TIER_SHARES)[0], number


def _choose(
    person: Person,
    free: dict[int, deque[int]],
    expected: dict[int, int],
    terms: ExposureTerms,
    now: int,
) -> tuple[int | None, bool]:
    """The tier of the oldest task that this person may have; and whether a limit is in the way."""
    run = hard_run(person.hard_days, now // DAY_MS) if person.agreed >= terms.rotation_tier else 0
    most = tier_today(person.agreed, run, terms.rotation_tier, terms.rotation_days)
    left = person.budget.load(Instant(now)).left(terms.limits)
    agreed = [tier for tier in TIERS if tier <= person.agreed and free[tier]]
    fits = [tier for tier in agreed if tier <= most and expected[tier] <= left]
    return min(fits, key=lambda tier: free[tier][0], default=None), bool(agreed)


def check(shown: list[Shown], agreed: int, terms: ExposureTerms) -> tuple[int, int, float]:
    """Count breaches from the list of what was shown, by sums of its own; and what came over."""
    if not shown:
        return 0, 0, 0.0
    at = np.array([one.at for one in shown], dtype=np.int64)
    seen = np.array([one.seen for one in shown], dtype=np.int64)
    expected = np.array([one.expected for one in shown], dtype=np.int64)
    tier = np.array([one.tier for one in shown])
    total = np.concatenate([[0], np.cumsum(seen)])
    wrong, over, most = np.zeros(len(at), dtype=bool), 0, 0.0
    for window, limit in ((HOUR_MS, terms.limits.hour), (DAY_MS, terms.limits.day)):
        since = np.searchsorted(at, at - window, side="right")
        before = total[np.arange(len(at))] - total[since]
        wrong |= before + expected > limit
        beyond = np.maximum(before + seen - limit, 0)
        over, most = over + int((beyond > 0).sum()), max(most, float(beyond.max()))
    carried, last = 0.0, at[0]
    for place in range(len(at)):
        carried *= 2.0 ** (-float(at[place] - last) / terms.half_life_ms)
        wrong[place] |= carried + expected[place] > terms.limits.chronic + 1e-6
        carried, last = carried + float(seen[place]), at[place]
        over += carried > terms.limits.chronic
        most = max(most, carried - terms.limits.chronic)
    wrong |= tier > agreed
    days = sorted(set((at[tier >= terms.rotation_tier] // DAY_MS).tolist()))
    longest = 0
    for _, group in itertools.groupby(enumerate(days), key=lambda pair: pair[1] - pair[0]):
        longest = max(longest, len(list(group)))
    return int(wrong.sum()) + (longest > terms.rotation_days), over, most


def run_stories(
    people: int, tasks: int, days: int, terms: ExposureTerms | None, seed: int
) -> Outcome:
    """The same through the real stories: hand out, submit, limits, shelter, pay and log.

    As many tasks are asked for as would have come by then, evenly over nine tenths of the days.
    """
    from benchmarks.wellbeing_world import make_hard_world  # only where it is asked for

    dice = random.Random(seed)
    crowd = make_people(people, dice)
    with tempfile.TemporaryDirectory(prefix="fairhand-wellbeing-") as folder:
        world = make_hard_world(Path(folder), [one.agreed for one in crowd], tasks, terms, dice)
        held = terms or DEFAULT
        heap = [(person.next_shift(START), place) for place, person in enumerate(crowd)]
        heapq.heapify(heap)
        done, waited, last_at, began = 0, 0, int(START), time.perf_counter()
        while done < tasks and heap:
            now, place = heapq.heappop(heap)
            person = crowd[place]
            if now >= START + days * DAY_MS:
                break
            come = tasks * (now - START) // round(days * DAY_MS * 0.9)
            got = world.next(place, Instant(now)) if done < come else None
            if got is None:
                waited += done < come
                heapq.heappush(heap, (person.next_shift(now + RETRY_MS), place))
                continue
            task_id, tier, expected = got
            visible = max(1, round(dice.lognormvariate(0, SPREAD) * VISIBLE_MS))
            last_at = now + visible + WORK_MS
            world.submit(place, task_id, visible, Instant(last_at))
            person.shown.append(Shown(now, tier, expected, dose_of(tier, visible, held)))
            done += 1
            heapq.heappush(heap, (person.next_shift(last_at), place))
        seconds = time.perf_counter() - began
        world.close()
    found = [check(person.shown, person.agreed, held) for person in crowd]
    return Outcome(
        done,
        tasks,
        last_at,
        sum(one[0] for one in found),
        sum(one[1] for one in found),
        max((one[2] for one in found), default=0.0) / 1_000,
        seconds,
        waited,
    )


def report(name: str, kept: Outcome, free: Outcome) -> bool:
    """Print both runs and what the limits cost; say whether the bars hold."""
    print(kept.row(f"{name}, with limits"))
    print(free.row(f"{name}, without"))
    more = kept.done / max(1, free.done) * (free.last_at - START) / max(1, kept.last_at - START)
    print(f"{name}: throughput with limits is {more:.4f} of that without\n")
    return kept.breaches == 0 and more >= 0.95


def main() -> int:
    """Run what is asked for; exit code 1 when a limit was passed or too little was done."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rules", action="store_true")
    parser.add_argument("--stories", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--story-people", type=int, default=50)
    parser.add_argument("--story-tasks", type=int, default=20_000)
    parser.add_argument("--story-days", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    both = options.rules == options.stories
    small = 50 if options.quick else 1
    unlimited = replace(DEFAULT, limits=BOUNDLESS, rotation_days=10_000)
    good = True
    if options.rules or both:
        size = (options.people // small, options.tasks // small, options.days)
        kept = run_rules(*size, DEFAULT, options.seed)
        good &= report("rules", kept, run_rules(*size, unlimited, options.seed))
    if options.stories or both:
        count = (
            max(6, options.story_people // small),
            options.story_tasks // small,
            options.story_days,
        )
        kept = run_stories(*count, None, options.seed)
        wide = replace(DEFAULT, limits=BOUNDLESS, rotation_days=7)
        good &= report("stories", kept, run_stories(*count, wide, options.seed))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

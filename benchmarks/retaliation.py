"""How surely the retaliation monitor sees a planted cut of work, and how often it cries wolf.

    python benchmarks/retaliation.py            # 2,000 worlds each
    python benchmarks/retaliation.py --quick    # 300 worlds each

Each world has 50 people who contested a decision and 400 who did not, in four projects. What
somebody is offered in a month follows their own pace (log-normal, sigma 0.8), what they make of
the month (log-normal, sigma 0.35 each month), chance (Poisson), and one in twelve leaves in the
second month. In a world with a cut everybody who contested is offered a fifth less.
"""

from __future__ import annotations

import json
import math
import sys

import numpy as np

from fairhand.people.conduct.monitoring import (
    Offered,
    Retaliation,
    judge_retaliation,
    match_peers,
)

CONTESTED, OTHERS, PROJECTS = 50, 400, 4


def world(rng: np.random.Generator, cut: float, contested: int = CONTESTED) -> Retaliation:
    """Make a world and let the monitor judge it."""
    people = contested + OTHERS
    pace = rng.lognormal(math.log(120), 0.8, people)
    months = rng.lognormal(0, 0.35, (3, people)).sum(axis=0)
    before = rng.poisson(pace * months) / 3
    left = np.where(rng.random(people) < 1 / 12, rng.random(people), 1.0)
    kept = np.where(np.arange(people) < contested, 1 - cut, 1.0)
    after = rng.poisson(pace * rng.lognormal(0, 0.35, people) * left * kept)
    project = rng.integers(1, PROJECTS + 1, people)
    rows = [
        Offered(place, int(project[place]), float(before[place]), int(after[place]))
        for place in range(people)
    ]
    others: dict[int, list[Offered]] = {}
    for one in rows[contested:]:
        others.setdefault(one.project_id, []).append(one)
    pairs = [(one, others.get(one.project_id, [])) for one in rows[:contested]]
    return judge_retaliation(match_peers(pairs))


def measure(worlds: int, seed: int = 7) -> dict[str, float]:
    """Count how many worlds are found, with a planted cut of a fifth and without any."""
    rng = np.random.default_rng(seed)
    with_cut = [world(rng, 0.2) for _ in range(worlds)]
    without = [world(rng, 0.0) for _ in range(worlds)]
    drops = [one.drop for one in with_cut if one.drop is not None]
    return {
        "worlds": worlds,
        "people": CONTESTED,
        "power": sum(one.is_found for one in with_cut) / worlds,
        "false_alarms": sum(one.is_found for one in without) / worlds,
        "median_drop_seen": float(np.median(drops)),
    }


if __name__ == "__main__":
    print(json.dumps(measure(300 if "--quick" in sys.argv else 2_000), indent=2))

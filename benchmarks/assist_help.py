"""How often help is switched off, by how much it helps; how often the carried-on curve is right.

    python -m benchmarks.assist_help

Simulated projects, looked at every 50 answers as the rule does while work goes on. Prints Markdown.
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from fairhand.quality.assistance.curve import CurvePoint, fit_curve
from fairhand.quality.assistance.helps import judge_help

RATIOS = (0.7, 0.9, 0.98, 1.0, 1.1, 1.3, 1.58, 2.4)
PEOPLE = (1, 3, 8, 30)
_PLACES = (20, 40, 60, 90, 130, 190, 280, 400)
_HELD_OUT = 150


def off_after(ratio: float, people: int, seed: int, answers: int = 1_500) -> int | None:
    """Say after how many answers assistance is switched off; None when it stays."""
    rng = np.random.default_rng(seed)
    person, shown = rng.integers(0, people, answers), rng.random(answers) > 0.1
    pace = rng.normal(2.5, 0.4, people)
    effect = math.log(ratio) + rng.normal(0.0, 0.1 if people >= 5 else 0.0, people)
    seconds = np.exp(pace[person] + shown * effect[person] + rng.normal(0.0, 0.6, answers))
    for until in range(50, answers + 1, 50):
        if judge_help(person[:until], shown[:until], seconds[:until]).switches_off:
            return until
    return None


def curve_holds(seed: int) -> tuple[bool, bool]:
    """Say whether the intervals at twice the judgements hold the score, and its gain."""
    rng = np.random.default_rng(seed)
    ceiling, power = rng.uniform(0.7, 0.99), rng.uniform(0.25, 0.9)
    fall, shared = (ceiling - rng.uniform(0.3, 0.6)) * 20**power, rng.normal()
    points = []
    for n in _PLACES:
        score = ceiling - fall * n**-power
        error = math.sqrt(score * (1 - score) / _HELD_OUT)
        seen = float(np.clip(score + error * (shared + rng.normal()) / math.sqrt(2), 0, 1))
        error = max(0.01, math.sqrt(seen * (1 - seen) / _HELD_OUT))
        points.append(CurvePoint(n, seen, max(0, seen - 1.96 * error), min(1, seen + 1.96 * error)))
    found = fit_curve(points, rng)
    assert found is not None  # eight points, far apart
    (_, low, high), (_, least, most) = found.at(800), found.gain(400)
    truth = ceiling - fall * 800**-power
    gain = truth - (ceiling - fall * 400**-power)
    return low <= truth <= high, least <= gain <= most


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=100, help="simulated projects a row")
    projects = parser.parse_args().projects
    print("| proposals take | people | switched off | after answers, median |\n|---|---|---|---|")
    for ratio in RATIOS:
        for people in PEOPLE:
            found = [off_after(ratio, people, seed) for seed in range(projects)]
            off = [one for one in found if one is not None]
            middle = f"{np.median(off):.0f}" if off else ""
            print(f"| {ratio} × | {people} | {len(off)} of {projects} | {middle} |", flush=True)
    held = np.array([curve_holds(seed) for seed in range(2 * projects)])
    score, gain = held.mean(axis=0)
    print(f"\nTwice the judgements: score held {score:.0%}, gain held {gain:.0%} (aim: 90 %).")


if __name__ == "__main__":
    main()

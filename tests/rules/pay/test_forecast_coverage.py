"""Whole projects are played out, and what they cost is held against what was forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from fairhand.model.project import Question
from fairhand.pay.forecast.answers import Stopping, TaskGroup, measure_stops
from fairhand.pay.forecast.pace import measure_pace
from fairhand.pay.forecast.rules import Inputs, Terms, make_forecast
from fairhand.quality.redundancy import OverlapPolicy
from fairhand.quality.stopping_before import stop_chances

Floats = NDArray[np.float64]
POLICY = OverlapPolicy(2, 5, 0.95)
PET = Question("pet", "choice", "Which?", {"labels": [{"value": one} for one in "abc"]})
GBP_12, FLOOR = 1_200_000_000, 1_271_000_000
TASKS = 300


@dataclass(frozen=True)
class Lived:
    """One project as it really went: each answer's task, person and time, in order."""

    task: NDArray[np.int64]
    person: NDArray[np.int64]
    ms: Floats
    other: float
    guess_ms: float

    def cost(self, terms: Terms, since: int) -> float:
        """What the answers from one on cost, everybody lifted to floor and guarantee."""
        who, at = np.unique(self.person[since:], return_inverse=True)
        ms = np.bincount(at, self.ms[since:], len(who))
        hours, given = ms * (1 + self.other) / 3_600_000, np.bincount(at, minlength=len(who))
        base = hours * GBP_12 if terms.basis == "time" else (
            given * terms.unit_micros + ms * self.other / 3_600_000 * GBP_12
        )  # fmt: skip
        return float(np.maximum(base, max(GBP_12, FLOOR) * hours).sum())


def live(rng: np.random.Generator, people: int = 12) -> Lived:
    """Play a project: people unlike in pace and activity, skewed times, tasks unlike in doubt."""
    right = rng.beta(*(8 * (chance := rng.uniform(0.75, 0.93)), 8 * (1 - chance)), TASKS)
    table = np.full((3, 3), (1 - chance) / 2) + np.eye(3) * (chance - (1 - chance) / 2)
    said, answers = np.zeros((TASKS, 3)), np.zeros(TASKS, dtype=np.int64)
    open_, rounds = np.ones(TASKS, dtype=bool), []
    while open_.any():
        asked = np.flatnonzero(open_)
        given = np.where(rng.random(len(asked)) < right[asked], 0, rng.integers(1, 3, len(asked)))
        said[asked] += np.log(table[:, given].T)
        answers[asked] += 1
        rounds.append(asked)
        sure = (np.exp(said - said.max(1, keepdims=True)).sum(1) ** -1 >= 0.95) & (answers >= 2)
        open_ &= ~(sure | (answers >= 5))
    # The queue hands tasks out in order: a block of tasks is finished before the next begins.
    task = np.concatenate(rounds)
    task = task[np.argsort(task // 25, kind="stable")]
    active = rng.lognormal(0, 0.7, people)
    person = rng.choice(people, len(task), p=active / active.sum())
    median = 20_000 * np.exp(rng.normal(0, 0.4))
    pace, skew = rng.normal(0, rng.uniform(0.2, 0.6), people), rng.uniform(0.4, 0.9)
    drift = rng.normal(0, 0.1) * np.linspace(-0.5, 0.5, len(task))
    ms = median * np.exp(pace[person] + skew * rng.standard_normal(len(task)) + drift)
    return Lived(task, person, ms, float(0.15 * np.exp(rng.normal(0, 0.5))), 20_000.0)


def known_after(lived: Lived, seen: int, terms: Terms, assumed: tuple[tuple[float, ...], ...]) -> (
    Inputs
):  # fmt: skip
    """Gather what the product would know after so many answers."""
    had = np.bincount(lived.task[:seen], minlength=TASKS)
    ends = np.bincount(lived.task, minlength=TASKS)
    wanted = np.where(had < 2, 2, np.minimum(had + 1, ends))
    kinds, counts = np.unique(np.stack([had, wanted]), axis=1, return_counts=True)
    groups = tuple(
        TaskGroup(int(count), int(a), int(w)) for (a, w), count in zip(kinds.T, counts, strict=True)
    )
    pace, _ = measure_pace(lived.guess_ms, lived.person[:seen], lived.ms[:seen].astype(np.int64))
    answer_ms = int(lived.ms[:seen].sum())
    return Inputs(
        currency="GBP",
        groups=groups,
        stopping=Stopping(assumed, *measure_stops(groups, 2, 5)),
        pace=pace,
        terms=terms,
        people=12,
        floors=(FLOOR,),
        answer_ms=answer_ms,
        other_ms=round(answer_ms * lived.other),
    )


def coverage(projects: int, seen: int, basis: Literal["time", "piece"], seed: int) -> Floats:
    """Say how often what was still to pay stayed under p10, p50 and p90."""
    rng = np.random.default_rng(seed)
    terms = Terms(basis, GBP_12, 0 if basis == "time" else GBP_12 * 25 // 3_600)
    assumed = stop_chances([PET], POLICY, np.random.default_rng(1))
    hits = np.zeros(3)
    for _ in range(projects):
        lived = live(rng)
        inputs = known_after(lived, seen, terms, assumed)
        money = make_forecast(inputs, np.random.default_rng(7)).money
        cost = lived.cost(terms, seen)
        hits += (cost <= money.p10, cost <= money.p50, cost <= money.p90)
    return hits / projects


@pytest.mark.parametrize(
    ("seen", "basis"),
    [
        (40, "time"),
        pytest.param(0, "time", marks=pytest.mark.slow),
        pytest.param(200, "time", marks=pytest.mark.slow),
        pytest.param(100, "piece", marks=pytest.mark.slow),
    ],
)
def test_nine_in_ten_projects_cost_no_more_than_was_said(
    seen: int, basis: Literal["time", "piece"]
) -> None:
    low, half, most = coverage(200, seen, basis, seed=11)

    assert 0.85 <= most <= 0.95
    assert 0.3 <= half <= 0.65
    assert low <= 0.2

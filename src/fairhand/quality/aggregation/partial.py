"""The engine in pieces: any number of partitions of the answers, one shared set of tables.

A task's answers lie in one partition. Everybody who works on a partition needs the tables alone
and gives back expected counts, which are sums: so partitions may be swept anywhere, in any order
and number, and the sum of what they give is what one sweep over everything would have given.
(J. Dean, S. Ghemawat: MapReduce, OSDI 2004; Chu et al.: Map-reduce for machine learning on
multicore, NIPS 2006, for EM.)

    fit = PartialFit.begin(DawidSkeneFamily(), workers=100_000, classes=4)
    while fit.change > 1e-6 and fit.iterations < 20:
        fit = fit.step(reduce(add, (fit.map(partition) for partition in partitions)))
    posteriors = [fit.posterior(partition) for partition in partitions]

Whoever drives this has given people and classes codes that all partitions share; task codes are
each partition's own, from nought.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.engine import (
    Family,
    Grouped,
    Learned,
    QuickFamily,
    check_size,
    group,
    sweep,
)
from fairhand.quality.aggregation.people_fit import by_class


@dataclass(frozen=True, slots=True)
class PartialCounts:
    """What a partition gives: expected counts, expected tasks of each state, log evidence."""

    counts: Floats
    state_counts: Floats
    log_likelihood: float

    def __add__(self, other: PartialCounts) -> PartialCounts:
        """Join what two partitions give."""
        return PartialCounts(
            self.counts + other.counts,
            self.state_counts + other.state_counts,
            self.log_likelihood + other.log_likelihood,
        )


def partition_of(task: Codes, worker: Codes, label: Codes, workers: int, classes: int) -> Grouped:
    """Group a partition's answers; `task` may be any integers, `worker` and `label` shared codes.

    The tasks are in ascending order of their integers. Raises ValueError for codes out of range.
    """
    if len(worker) and not (worker.min() >= 0 and worker.max() < workers):
        raise ValueError(f"a person's code lies outside 0 to {workers - 1}")
    if len(label) and not (label.min() >= 0 and label.max() < classes):
        raise ValueError(f"a label's code lies outside 0 to {classes - 1}")
    names, own = np.unique(task, return_inverse=True)
    codes = AnswerCodes(
        own.astype(np.intp), worker, label, tuple(names), tuple(range(workers)),
        tuple(range(classes)),
    )  # fmt: skip
    return group(codes)


@dataclass(frozen=True, slots=True)
class PartialFit:
    """The shared part of a fit after some iterations; small, and the same for all partitions."""

    family: Family
    learned: Learned
    workers: int
    classes: int
    iterations: int = 0
    log_likelihood: float = float("-inf")
    change: float = float("inf")

    @classmethod
    def begin(cls, family: Family, workers: int, classes: int) -> PartialFit:
        """Give what is believed before anybody has answered.

        Raises ValueError when tables for everybody would be too large.
        """
        check_size(workers, classes, len(family.states(classes)))
        return cls(family, family.start(workers, classes), workers, classes)

    def map(self, partition: Grouped, offset: Floats | None = None) -> PartialCounts:
        """Sweep one partition under the shared tables; `offset` as in `engine.run`."""
        posterior, found = self._sweep(partition, offset)
        return PartialCounts(found.counts, posterior.sum(axis=0), found.log_likelihood)

    def step(self, found: PartialCounts) -> PartialFit:
        """Learn from the sum over all partitions.

        `change` is then the largest change of a chance in the shared tables and shares.
        """
        family = self.family
        learn = family.learn_tables if isinstance(family, QuickFamily) else family.learn
        learned = learn(found.counts, found.state_counts)
        return replace(
            self,
            learned=learned,
            iterations=self.iterations + 1,
            log_likelihood=found.log_likelihood,
            change=_distance(learned, self.learned),
        )

    def posterior(self, partition: Grouped, offset: Floats | None = None) -> Floats:
        """Give the probabilities of a partition's tasks, tasks x classes."""
        posterior, _ = self._sweep(partition, offset)
        return by_class(posterior, self.family.states(self.classes), self.classes)

    def _sweep(self, partition: Grouped, offset: Floats | None) -> tuple[Floats, PartialCounts]:
        if (partition.workers, partition.classes) != (self.workers, self.classes):
            raise ValueError(
                f"the partition was coded for {partition.workers} people and "
                f"{partition.classes} classes, the fit for {self.workers} and {self.classes}"
            )
        posterior = np.zeros((partition.tasks, len(self.family.states(self.classes))))
        found = sweep(partition, self.learned, posterior, offset)
        return posterior, PartialCounts(found.counts, np.zeros(0), found.log_likelihood)


def _distance(one: Learned, other: Learned) -> float:
    tables = np.abs(_chances(one) - _chances(other)).max(initial=0.0)
    shares = np.abs(np.exp(one.log_shares) - np.exp(other.log_shares)).max(initial=0.0)
    return float(max(tables, shares))


def _chances(learned: Learned) -> Floats:
    return np.exp(learned.log_tables) if learned.tables is None else learned.tables

"""Tasks that are hard for everybody: each class has an easy and a hard state.

After J. Whitehill, P. Ruvolo, T. Wu, J. Bergsma, J. Movellan: Whose vote should count more, NIPS
2009 (GLAD), which gives a task a difficulty and a person one ability. Here difficulty is a hidden
state of two levels, summed over rather than point-estimated, and a person keeps a whole confusion
matrix: their own on easy tasks; on hard tasks one that leans strongly on how the whole crowd errs
there. So five people who make the same mistake on a hard task are no longer five witnesses, which
is what makes plain Dawid-Skene far too sure.

One ability a person and levels of difficulty (GLAD itself, difficulty summed over) was measured
beside this on eleven public sets: it falls to 79-80 % of tasks right where this has 84-85 %,
because it cannot see that people mix up particular classes. This form was chosen among a dozen on
those same sets, so its lead over plain Dawid-Skene there is not established elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.confusion import (
    ConfusionPriors,
    class_shares,
    crowd_confusion,
    newcomer,
    person_confusion,
)
from fairhand.quality.aggregation.engine import Learned, Run, group, run
from fairhand.quality.aggregation.estimator import PeopleModel
from fairhand.quality.aggregation.inspection import inspect
from fairhand.quality.aggregation.known import Gold, Past, gold_offset, past_counts
from fairhand.quality.aggregation.past import WithPast
from fairhand.quality.aggregation.people_fit import PeopleFit, people_fit, table_accuracy
from fairhand.quality.systems import aggregator

LEVELS = 2


@dataclass(frozen=True, slots=True)
class DifficultyPriors:
    """What is assumed of easy and of hard tasks.

    `crowd` answers a true class stand for the assumed accuracy; a person's own table leans on the
    crowd's by `easy` and by `hard` answers a true class.
    """

    easy_accuracy: float = 0.85
    hard_accuracy: float = 0.5
    crowd: float = 3.0
    easy: float = 3.0
    hard: float = 30.0
    tasks: float = 1.0

    def level(self, level: int) -> ConfusionPriors:
        """Give the priors of one level: 0 easy, 1 hard."""
        if level == 0:
            return ConfusionPriors(self.easy_accuracy, self.crowd, self.easy, self.tasks)
        return ConfusionPriors(self.hard_accuracy, self.crowd, self.hard, self.tasks)


@dataclass(frozen=True, slots=True)
class DifficultyFit(PeopleFit):
    """Labels, people, and how likely each task is a hard one."""

    hard: Floats


@dataclass(frozen=True, slots=True)
class DifficultyFamily:
    """State `class * 2 + level`; level 1 is hard."""

    priors: DifficultyPriors = field(default_factory=DifficultyPriors)

    @property
    def name(self) -> str:
        """The method's name as results show it."""
        return "difficulty"

    def states(self, classes: int) -> Codes:
        """An easy and a hard state a class."""
        return np.repeat(np.arange(classes), LEVELS)

    def start(self, workers: int, classes: int) -> Learned:
        """Everybody is a newcomer, better on easy tasks."""
        tables = [newcomer(classes, self.priors.level(level)).T for level in range(LEVELS)]
        flat = np.log(np.stack(tables, axis=-1)).reshape(classes, classes * LEVELS)
        shares = np.full(classes * LEVELS, -np.log(max(classes * LEVELS, 1)))
        return Learned(np.broadcast_to(flat, (workers, *flat.shape)), shares)

    def learn(self, counts: Floats, state_counts: Floats) -> Learned:
        """Shrink each person's counts to the crowd's, level by level."""
        tables = np.empty_like(counts)
        for level in range(LEVELS):
            priors = self.priors.level(level)
            by_truth = counts[:, :, level::LEVELS].transpose(0, 2, 1)
            crowd = crowd_confusion(by_truth.sum(axis=0), priors)
            people = person_confusion(by_truth, crowd, priors)
            tables[:, :, level::LEVELS] = people.transpose(0, 2, 1)
        shares = class_shares(state_counts, self.priors.level(0))
        return Learned(np.log(tables, out=tables), np.log(shares))


@aggregator("difficulty", "skill of the person against difficulty of the task")
@dataclass(frozen=True, slots=True)
class Difficulty(PeopleModel[DifficultyFit]):
    """The estimator and its settings."""

    max_iterations: int = 100
    tolerance: float = 1e-5
    priors: DifficultyPriors = field(default_factory=DifficultyPriors)

    def fit_codes(
        self, codes: AnswerCodes, *, gold: Gold | None = None, people: Past | None = None
    ) -> DifficultyFit:
        """Fit answers that are codes already."""
        grouped = group(codes)
        family = DifficultyFamily(self.priors)
        past = past_counts(codes, people)
        found = run(
            grouped,
            WithPast.of(family, past),
            offset=gold_offset(codes, gold, family.states(grouped.classes)),
            max_iterations=self.max_iterations,
            tolerance=self.tolerance,
        )
        shares = np.exp(found.learned.log_shares)
        accuracy = _accuracy(found, self.priors, past)
        warnings = inspect(grouped, codes.workers)
        fit = people_fit(codes, found, family.name, shares, accuracy, warnings)
        return DifficultyFit(
            **{known.name: getattr(fit, known.name) for known in fields(fit)},
            hard=found.posterior[:, 1::LEVELS].sum(axis=1),
        )


def _accuracy(found: Run, priors: DifficultyPriors, past: Floats | None) -> tuple[Floats, Floats]:
    """Mix each person's accuracy on easy and on hard tasks as they come."""
    shares = np.exp(found.learned.log_shares)
    means, errors = [], []
    for level in range(LEVELS):
        tables = np.exp(found.learned.log_tables[:, :, level::LEVELS]).transpose(0, 2, 1)
        weights = priors.level(level).person + found.counts[:, :, level::LEVELS].sum(axis=1)
        if past is not None:
            weights += past.sum(axis=2) / LEVELS
        mean, error = table_accuracy(tables, weights, shares[level::LEVELS])
        means.append(mean)
        errors.append(error)
    return means[0] + means[1], np.hypot(errors[0], errors[1])

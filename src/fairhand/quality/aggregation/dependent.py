"""Kinds of tasks inside each class, on which people err alike.

Y. Li, B. Rubinstein, T. Cohn: Exploiting worker correlation for label aggregation in crowdsourcing,
ICML 2019 (their EBCC): the answers of several people to one task are not independent given its
class, because a class has kinds (a plain and a puzzling bluebird) and people confuse the same
kinds. Here each class has an easy and a hard kind, begun at an accuracy of 0.9 and 0.55; each
person's row for a kind leans on the crowd's row, shifted by the person's skill. Fitted by
expectation maximisation rather than variationally, with the spreads learned in rounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Floats
from fairhand.quality.aggregation.engine import Run, group, run
from fairhand.quality.aggregation.estimator import PeopleModel
from fairhand.quality.aggregation.inspection import inspect
from fairhand.quality.aggregation.known import Gold, Past, gold_offset, past_counts
from fairhand.quality.aggregation.layered import Layered
from fairhand.quality.aggregation.past import WithPast
from fairhand.quality.aggregation.people_fit import PeopleFit, people_fit, table_accuracy
from fairhand.quality.systems import aggregator

_ROUNDS, _SHORT = 3, 10


@aggregator("dependent", "kinds of tasks in each class, on which people err alike")
@dataclass(frozen=True, slots=True)
class Dependent(PeopleModel[PeopleFit]):
    """The estimator and its settings; `kinds` are the accuracies that each class's kinds begin at.

    Raises ValueError for no kind, or an accuracy outside 0 and 1.
    """

    kinds: tuple[float, ...] = (0.9, 0.55)
    max_iterations: int = 100
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        if not self.kinds or not all(0.0 < kind < 1.0 for kind in self.kinds):
            raise ValueError("kinds must name at least one accuracy, each between 0 and 1")

    def fit_codes(
        self, codes: AnswerCodes, *, gold: Gold | None = None, people: Past | None = None
    ) -> PeopleFit:
        """Fit answers that are codes already."""
        grouped = group(codes)
        past = past_counts(codes, people)
        family = Layered(kinds=self.kinds)
        offset = gold_offset(codes, gold, family.states(grouped.classes))
        for _ in range(_ROUNDS):
            found = run(grouped, WithPast.of(family, past), offset=offset, max_iterations=_SHORT)
            family = family.learn_spread(found.counts)
        found = run(
            grouped,
            WithPast.of(family, past),
            offset=offset,
            max_iterations=self.max_iterations,
            tolerance=self.tolerance,
        )
        shares = np.exp(found.learned.log_shares)
        warnings = inspect(grouped, codes.workers)
        accuracy = _accuracy(found, family, shares, len(codes.classes))
        return people_fit(codes, found, "dependent", shares, accuracy, warnings)


def _accuracy(found: Run, family: Layered, shares: Floats, classes: int) -> tuple[Floats, Floats]:
    """Give people's accuracy and its error; kinds are joined by their frequency."""
    tables = np.exp(found.learned.log_tables).transpose(0, 2, 1)
    seen = found.counts.sum(axis=1) + (family.tables or 0.0)
    kinds = len(family.kinds)
    by_class = shares.reshape(classes, kinds).sum(axis=1)
    weight = shares.reshape(classes, kinds) / np.maximum(by_class, 1e-300)[:, None]
    joined = (tables.reshape(-1, classes, kinds, classes) * weight[:, :, None]).sum(axis=2)
    return table_accuracy(joined, seen.reshape(-1, classes, kinds).sum(axis=2), by_class)

"""Dawid-Skene for ordered classes: grades, severities, relevance.

A. P. Dawid, A. M. Skene: Maximum likelihood estimation of observer error-rates using the EM
algorithm. Applied Statistics 28(1), 1979; here a person's table is tied by bias, spread, lapses
and habit on the scale (`ordinal_tables`), and the result also says where on the scale a task lies.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFit, confusion_fit
from fairhand.quality.aggregation.engine import Learned, group, run
from fairhand.quality.aggregation.estimator import PeopleModel
from fairhand.quality.aggregation.inspection import inspect
from fairhand.quality.aggregation.known import Gold, Past, gold_offset, past_counts
from fairhand.quality.aggregation.ordinal_tables import (
    OrdinalPeople,
    OrdinalPriors,
    newcomer_scale,
    ordinal_tables,
)
from fairhand.quality.aggregation.past import WithPast
from fairhand.quality.aggregation.result import names_of
from fairhand.quality.systems import aggregator

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class OrdinalFit(DawidSkeneFit):
    """What Dawid-Skene gives, and the scale: `expected` and `median` per task, people's habits.

    `scale` are the classes' values: the classes themselves where they are numbers, else
    0, 1, 2... `expected[i]` is the posterior mean of task i on that scale, `expected_error[i]`
    its standard deviation; `medians` the posterior medians, which err least in absolute terms.
    `bias` (steps of the scale; above zero: answers too high) with its standard error
    `bias_error`, `spread` (steps) and `lapse` (share of answers from habit) belong to `workers`.
    """

    scale: Floats
    expected: Floats
    expected_error: Floats
    medians: tuple[Any, ...]
    bias: Floats
    bias_error: Floats
    spread: Floats
    lapse: Floats


@dataclass(frozen=True, slots=True)
class OrdinalFamily:
    """Everybody has a bias, a spread, lapses and a habit on the scale."""

    strength: OrdinalPriors = field(default_factory=OrdinalPriors)

    @property
    def name(self) -> str:
        """The method's name as results show it."""
        return "ordinal-dawid-skene"

    def states(self, classes: int) -> Codes:
        """One state a class."""
        return np.arange(classes)

    def start(self, workers: int, classes: int) -> Learned:
        """Everybody errs less the further off."""
        matrix = newcomer_scale(classes, self.strength.decay).T
        tables = np.broadcast_to(np.log(matrix), (workers, classes, classes))
        return Learned(tables, np.full(classes, -np.log(max(classes, 1))))

    def learn(self, counts: Floats, state_counts: Floats) -> Learned:
        """Fit everybody's table on the scale."""
        people = ordinal_tables(counts.transpose(0, 2, 1), self.strength)
        leaned = state_counts + self.strength.tasks / max(len(state_counts), 1)
        shares = np.log(leaned / max(leaned.sum(), np.finfo(float).tiny))
        return Learned(np.log(people.tables.transpose(0, 2, 1)), shares)


@aggregator("ordinal", "grades in an order, with bias and spread a person")
@dataclass(frozen=True, slots=True)
class OrdinalDawidSkene(PeopleModel[OrdinalFit]):
    """The estimator and its settings; deterministic, never NaN.

    `fit(..., classes=[...])` names the classes from lowest to highest; without it they stand in
    the order of their values.
    """

    max_iterations: int = 100
    tolerance: float = 1e-4
    strength: OrdinalPriors = field(default_factory=OrdinalPriors)

    def fit_codes(
        self, codes: AnswerCodes, *, gold: Gold | None = None, people: Past | None = None
    ) -> OrdinalFit:
        """Fit answers that are codes already; `codes.classes` runs from lowest to highest."""
        grouped = group(codes)
        past = past_counts(codes, people)
        found = run(
            grouped,
            WithPast.of(OrdinalFamily(self.strength), past),
            offset=gold_offset(codes, gold, np.arange(grouped.classes)),
            max_iterations=self.max_iterations,
            tolerance=self.tolerance,
        )
        counts = found.counts.transpose(0, 2, 1)
        if past is not None:
            counts = counts + past
        weights = self.strength.person + counts.sum(axis=2)
        warnings = (*inspect(grouped, codes.workers), *_order_warning(codes))
        base = confusion_fit(codes, found, "ordinal-dawid-skene", weights, warnings)
        return _on_scale(base, ordinal_tables(counts, self.strength))


def _order_warning(codes: AnswerCodes) -> tuple[str, ...]:
    texts = len(codes.classes) > 2 and all(isinstance(name, str) for name in codes.classes)
    if not texts or codes.classes != tuple(sorted(codes.classes)):
        return ()
    return (
        f"the classes are words and stand in the order of the alphabet ({codes.classes[0]} lowest,"
        f" {codes.classes[-1]} highest); name them from lowest to highest with classes=[...]",
    )


def _on_scale(base: DawidSkeneFit, people: OrdinalPeople) -> OrdinalFit:
    scale = scale_of(base.classes)
    expected = base.probabilities @ scale
    second = base.probabilities @ scale**2
    below = np.cumsum(base.probabilities, axis=1)
    middle = (below >= 0.5 - _ROUNDING).argmax(axis=1) if below.size else np.zeros(0, np.intp)
    return OrdinalFit(
        **{one.name: getattr(base, one.name) for one in fields(base)},
        scale=scale,
        expected=expected,
        expected_error=np.sqrt(np.maximum(second - expected**2, 0.0)),
        medians=names_of(base.classes, middle),
        bias=people.bias,
        bias_error=people.bias_error,
        spread=people.spread,
        lapse=people.lapse,
    )


def scale_of(classes: tuple[Any, ...]) -> Floats:
    """Give the classes as numbers: themselves, or their places when they are not all numbers."""
    if all(isinstance(name, int | float) and not isinstance(name, bool) for name in classes):
        return np.array(classes, dtype=np.float64)
    return np.arange(len(classes), dtype=np.float64)

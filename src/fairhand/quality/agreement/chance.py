"""Percent agreement, Fleiss' kappa and Gwet's AC1: each task counts the same.

J. L. Fleiss: Measuring nominal scale agreement among many raters (1971); for tasks with unequal
numbers of answers as in K. L. Gwet: Handbook of Inter-Rater Reliability (2014), over the tasks
with two answers or more. K. L. Gwet: Computing inter-rater reliability and its variance in the
presence of high agreement (2008) for AC1, which stays high where nearly all labels are one class.
"""

from __future__ import annotations

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Floats
from fairhand.quality.agreement.scale import scale_of
from fairhand.quality.agreement.sums import sums_of

BY_TASK = ("percent", "fleiss", "ac1")


def figures_by_task(
    codes: AnswerCodes, measure: str, rng: np.random.Generator, resamples: int
) -> Floats:
    """Give one of `BY_TASK` in the sample (first entry) and in each resample of its tasks."""
    sums = sums_of(codes, scale_of("nominal", codes.classes), rng, resamples, by_task=True)
    if sums.tasks == 0:
        return np.full(1, np.nan)
    unlike = sums.observed / sums.size
    if measure == "percent":
        return 1 - unlike
    if measure == "fleiss":
        return _beyond(unlike, sums.chance)
    others = max(len(codes.classes) - 1, 1)
    return _beyond(unlike, 1 - sums.chance / others)


def _beyond(unlike: Floats, chance: Floats) -> Floats:
    """One minus disagreement over disagreement by chance; NaN where there can be none."""
    ratio = np.full_like(unlike, np.nan)
    np.divide(unlike, chance, out=ratio, where=chance > 0)
    return 1 - ratio

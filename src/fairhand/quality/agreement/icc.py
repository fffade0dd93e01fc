"""Intraclass correlation of numbers that the same people gave to every task.

P. E. Shrout, J. L. Fleiss: Intraclass correlations: uses in assessing rater reliability (1979),
ICC(2,1) for one person's number and ICC(2,k) for the mean of all: tasks and people are both drawn
at random, and a person who always gives more disagrees with the others.
"""

from __future__ import annotations

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Floats
from fairhand.quality.agreement.scale import numbers_of
from fairhand.quality.agreement.sums import resampled


def icc_figures(
    codes: AnswerCodes, rng: np.random.Generator, resamples: int, *, of_mean: bool
) -> Floats:
    """Give ICC(2,1), or ICC(2,k) `of_mean`, in the sample (first entry) and in each resample.

    Raises ValueError unless every person answered every task once.
    """
    table = _table(codes)
    people = table.shape[1]
    if min(table.shape) < 2:
        return np.full(1, np.nan)
    table = table - table.mean()
    sums = table.sum(axis=1)
    rows = np.column_stack([np.ones(len(table)), sums**2, (table**2).sum(axis=1), table])
    drawn = resampled(rows, rng, resamples)
    n, by_task, squares, columns = drawn[:, 0], drawn[:, 1], drawn[:, 2], drawn[:, 3:]
    whole = columns.sum(axis=1) ** 2 / (n * people)
    of_tasks = by_task / people - whole
    of_people = (columns**2).sum(axis=1) / n - whole
    rest = (squares - whole - of_tasks - of_people) / ((n - 1) * (people - 1))
    tasks, raters = of_tasks / (n - 1), of_people / (people - 1)
    below = tasks + (raters - rest) / n * (1 if of_mean else people)
    below += 0 if of_mean else (people - 1) * rest
    ratio: Floats = np.full_like(below, np.nan)
    np.divide(tasks - rest, below, out=ratio, where=below > 1e-12 * squares)
    return ratio


def _table(codes: AnswerCodes) -> Floats:
    """Numbers, tasks x people; ValueError names the first gap or repetition."""
    tasks, people = len(codes.tasks), len(codes.workers)
    values = numbers_of(codes.classes, "icc")
    cells = np.bincount(codes.task * people + codes.worker, minlength=tasks * people)
    if (cells != 1).any():
        task, person = divmod(int((cells != 1).argmax()), people)
        raise ValueError(
            f"an intraclass correlation needs one answer of everybody to every task; "
            f"{codes.workers[person]!r} gave {cells[task * people + person]} to "
            f"{codes.tasks[task]!r}: use metric='interval', which needs no full table"
        )
    table = np.empty((tasks, people))
    table[codes.task, codes.worker] = values[codes.label]
    return table

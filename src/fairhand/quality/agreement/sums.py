"""The three sums that every measure of this room is made of, and resamples of them.

Resampled are tasks, as answers to one task depend on each other. Where few kinds of vote occur,
kinds are drawn (one multinomial draw a resample): the same distribution as drawing the tasks one
by one. Elsewhere each task is reduced to three numbers first; more than 4,096 tasks are put into
4,096 blocks at random, and blocks are drawn, and chance is followed to first order: both differ
from the full resample by far less than its own noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Floats
from fairhand.quality.agreement.kinds import MOST_KINDS, Kinds, kinds_of
from fairhand.quality.agreement.scale import Scale, midranks


@dataclass(frozen=True, slots=True)
class Sums:
    """One entry per resample; the first is the sample itself.

    `observed`: mean difference of an answer from the others to its task, summed over answers.
    `chance`: mean difference of two answers drawn from all, with replacement. `size`: answers.
    Where `each task counts the same`, an answer's weight is one over the answers to its task.
    """

    observed: Floats
    chance: Floats
    size: Floats
    tasks: int
    answers: int


def sums_of(
    codes: AnswerCodes,
    scale: Scale,
    rng: np.random.Generator,
    resamples: int,
    *,
    by_task: bool = False,
) -> Sums:
    """Reduce answers to sums; `by_task` counts each task the same, however many answered it."""
    kinds = kinds_of(codes)
    if kinds is None:
        return _of_many(codes, scale, rng, resamples, by_task)
    return _of_kinds(kinds, scale, rng, resamples, by_task)


def draws(times: Floats, rng: np.random.Generator, resamples: int) -> Floats:
    """Rows of how often each unit is in a sample; the first row is the sample itself."""
    total = times.sum()
    if total == 0 or resamples == 0:
        return times[np.newaxis, :]
    drawn = rng.multinomial(int(total), times / total, size=resamples)
    return np.vstack([times, drawn.astype(np.float64)])


def percentiles(figures: Floats) -> tuple[float, float] | None:
    """95 % interval of resampled figures; None where none of them is defined."""
    known = figures[~np.isnan(figures)]
    if known.size == 0:
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def _of_kinds(
    kinds: Kinds, scale: Scale, rng: np.random.Generator, resamples: int, by_task: bool
) -> Sums:
    times = draws(kinds.times.astype(np.float64), rng, resamples)
    size = kinds.votes.sum(axis=1)
    weight = 1 / np.maximum(size, 1) if by_task else np.ones_like(size)
    totals = times @ (kinds.votes * weight[:, np.newaxis])
    whole = totals.sum(axis=1)
    per_pair = weight / (size - 1)
    if scale.metric == "ordinal":
        observed, chance = _ranked(kinds.votes, times, totals, per_pair)
    else:
        gaps = scale.differences(totals[0])
        unlike = ((kinds.votes @ gaps) * kinds.votes).sum(axis=1)
        observed = times @ (unlike * per_pair)
        chance = ((totals @ gaps) * totals).sum(axis=1) / np.maximum(whole, 1e-100) ** 2
    return Sums(observed, chance, whole, kinds.tasks, kinds.answers)


def _ranked(
    votes: Floats, times: Floats, totals: Floats, per_pair: Floats
) -> tuple[Floats, Floats]:
    """Ordinal differences: every resample has ranks of its own."""
    ranks = midranks(totals)
    size = votes.sum(axis=1, keepdims=True)
    unlike = 2 * (size * (votes @ (ranks**2).T) - (votes @ ranks.T) ** 2)
    observed = np.einsum("bk,kb,k->b", times, np.maximum(unlike, 0.0), per_pair)
    shares = totals / np.maximum(totals.sum(axis=1, keepdims=True), 1e-100)
    mean = (shares * ranks).sum(axis=1, keepdims=True)
    return observed, 2 * (shares * (ranks - mean) ** 2).sum(axis=1)


def _of_many(
    codes: AnswerCodes, scale: Scale, rng: np.random.Generator, resamples: int, by_task: bool
) -> Sums:
    size = np.bincount(codes.task, minlength=len(codes.tasks))
    kept = size[codes.task] >= 2
    place = np.cumsum(size >= 2) - 1
    task, label, size = place[codes.task[kept]], codes.label[kept], size[size >= 2]
    weight = 1 / size if by_task else np.ones(len(size))
    totals: Floats = np.bincount(label, weight[task], len(codes.classes)).astype(np.float64)
    shares = totals / max(totals.sum(), 1e-100)
    unlike = scale.within(task, label, totals, len(size))
    afar = np.bincount(task, scale.to_all(shares)[label], len(size))
    rows = np.column_stack([unlike / (size - 1) * weight, afar * weight, size * weight])
    sums = resampled(rows, rng, resamples)
    chance = sums[:, 1] / np.maximum(sums[:, 2], 1e-100)
    chance[1:] = 2 * chance[1:] - chance[0]
    return Sums(sums[:, 0], chance, sums[:, 2], len(size), len(task))


def resampled(rows: Floats, rng: np.random.Generator, resamples: int) -> Floats:
    """Sums of the rows (tasks x figures) in the sample and in each resample of it."""
    whole = rows.sum(axis=0)
    if len(rows) > MOST_KINDS:
        block = rng.permutation(len(rows)) % MOST_KINDS
        rows = np.column_stack([np.bincount(block, column, MOST_KINDS) for column in rows.T])
    sums = draws(np.ones(len(rows)), rng, resamples) @ rows
    sums[0] = whole
    return sums

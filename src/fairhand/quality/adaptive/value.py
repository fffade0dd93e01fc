"""What more answers are worth, in money, before they are asked for.

The expected value of sample information (H. Raiffa, R. Schlaifer: Applied Statistical Decision
Theory, 1961): a label is worth `worth` where it is right. One more answer can change the label;
averaged over all answers that may come, by how likely they are, it raises the chance to be right
from `max p` to `E[max p after]`. What this is worth, less its price, decides.

One answer alone often changes nothing where three would: the value of a single answer is then
nought, and a rule that looks one answer ahead would stop too soon. `expected_gain` therefore looks
ahead over all the answers a task may still get, from people as they are: a crowd of few experts
and many guessers is worth more than its average.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairhand.quality.adaptive.dependence import Dependence, Evidence
from fairhand.quality.adaptive.lookahead_kernel import look_ahead
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFit

MOST_AHEAD = 40
"""Farther ahead than this many answers nothing is reckoned: the last ones add next to nothing."""

FUTURES = 64
_SEED = 20261122


def value_of_one_more(
    posterior: ArrayLike, table: ArrayLike, *, worth: float, price: float
) -> float | Floats:
    """Give the money one more answer is expected to earn, less its price.

    `posterior` has a probability per class (in its last axis), `table` is P(given | truth) of
    whoever is asked (classes x classes; more axes in front for several people). Exact: the sum
    over every answer that may be given. `worth` and `price` are in the same unit.
    """
    belief, tables = np.asarray(posterior, dtype=float), np.asarray(table, dtype=float)
    joint = belief[..., :, None] * tables
    gain = joint.max(axis=-2).sum(axis=-1) - belief.max(axis=-1)
    value = worth * np.maximum(gain, 0.0) - price
    return float(value) if np.ndim(value) == 0 else value


def expected_gain(
    evidence: Evidence,
    dependence: Dependence,
    fit: DawidSkeneFit,
    more: NDArray[np.int64],
    *,
    futures: int = FUTURES,
    seed: int = _SEED,
) -> Floats:
    """Give by how much `more` answers to each task raise the chance that its label is right.

    Averaged over `futures` in which people of the fit come by as often as they have so far; the
    futures are the same for all tasks and drawn from a fixed `seed`. What was said so far is
    doubted as much as the answers allow (`dependence.high`); what is to come is expected to depend
    as it does at best guess. A task with no answers to come gains nothing.
    """
    gain = np.zeros(len(more))
    ahead = np.minimum(more, MOST_AHEAD).astype(np.int64)
    given = fit.counts.sum(axis=(1, 2))
    if not (given > 0).any() or not (ahead > 0).any():
        return gain
    rng = np.random.default_rng(seed)
    shape = (futures, int(ahead.max()))
    people = rng.choice(len(fit.workers), size=shape, p=given / given.sum())
    chances = rng.random((futures, shape[1] + 1))
    # Even spacing of the first draw takes most of the noise out of which class is the true one.
    chances[:, 0] = (rng.permutation(futures) + 0.5) / futures
    look_ahead(
        evidence.log_prior,
        evidence.log_evidence,
        evidence.answers,
        ahead,
        dependence.high,
        dependence.rho,
        np.ascontiguousarray(fit.confusion),
        np.log(np.maximum(fit.confusion, 1e-300)),
        people.astype(np.int64),
        chances,
        gain,
    )
    return gain

"""Which tasks need nobody more: the set that costs the data set the least, by its own reckoning.

A threshold on confidence wastes judgements on tasks that no number of answers will settle, and
has to be guessed. Instead each task is asked what all the answers it may still get would change:
`loss`, the expected drop in right labels when it stops now. Tasks stop in the order of loss per
judgement saved, as long as their losses together stay under what the owner allows for the whole
data set: a bound that is set before the first answer and means the same for every data set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.adaptive.dependence import Dependence, Evidence
from fairhand.quality.adaptive.value import expected_gain
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFit

MOST_LOSS = 0.002
"""Right labels given up at most, as a share of all tasks, by the model's own reckoning.

The reckoning is optimistic: replays of eleven public crowds at this setting lost half a point on
average and up to two. It was chosen with those replays in view, so expect no better elsewhere.
"""

_IN_EARNEST = 0.05
_DISBELIEVED = 0.1


@dataclass(frozen=True, slots=True)
class StopPlan:
    """Who needs nobody more (`stop`, per task), and in which order to ask the others.

    `loss` is the chance of a right label each task gives up by stopping now; `rate` is that loss
    per judgement it may still get. `claimed_loss` is the sum over stopped tasks as a share of all.
    `least_rate` is the rate below which tasks stop: the price of a judgement as a share of the
    worth of a right label at which the same tasks would stop.
    """

    stop: NDArray[np.bool_]
    loss: Floats
    rate: Floats
    claimed_loss: float
    least_rate: float

    def ask_first(self) -> NDArray[np.intp]:
        """Give the tasks to ask about, the one where a judgement gains most first."""
        order = np.argsort(-self.rate, kind="stable")
        found: NDArray[np.intp] = order[~self.stop[order]]
        return found


def plan_stops(
    evidence: Evidence,
    dependence: Dependence,
    fit: DawidSkeneFit,
    more: NDArray[np.int64],
    *,
    most_loss: float = MOST_LOSS,
) -> StopPlan:
    """Choose the tasks that stop, so that the data set loses at most `most_loss` right labels.

    `more` is how many judgements each task may still get; `fit` knows the
    people. Raises ValueError for a loss outside 0 to 1.
    """
    if not 0.0 <= most_loss <= 1.0:
        raise ValueError("most_loss is a share of the tasks: between 0 and 1")
    loss = expected_gain(evidence, dependence, fit, more)
    rate = loss / np.maximum(more, 1)
    order = np.argsort(np.where(more > 0, rate, -1.0), kind="stable")
    allowed = np.cumsum(loss[order]) <= most_loss * len(loss)
    stop = np.zeros(len(loss), dtype=bool)
    stop[order[allowed]] = True
    return _plan((stop & has_told_apart(fit)) | (more <= 0), loss, rate)


def stop_by_price(
    evidence: Evidence,
    dependence: Dependence,
    fit: DawidSkeneFit,
    more: NDArray[np.int64],
    *,
    worth: float,
    price: float,
) -> StopPlan:
    """Choose the tasks that stop because a judgement costs more than it is expected to earn."""
    if worth < 0.0 or price < 0.0:
        raise ValueError("worth and price must not be below zero")
    loss = expected_gain(evidence, dependence, fit, more)
    rate = loss / np.maximum(more, 1)
    stop = (rate * worth < price) & has_told_apart(fit)
    return _plan(stop | (more <= 0), loss, rate)


def has_told_apart(fit: DawidSkeneFit) -> bool:
    """Say whether the fit believes in every class that people give in earnest.

    With very few answers a person, the likeliest story may be that every task is of one class and
    some people just say otherwise. It is perfectly sure of itself and worth nothing: until more
    answers have come, no task stops by it.
    """
    given, believed = fit.counts.sum(axis=(0, 1)), fit.task_counts
    if not given.sum() > 0.0:
        return False
    said, held = given / given.sum(), believed / believed.sum()
    return not bool(((said >= _IN_EARNEST) & (held < _DISBELIEVED * said)).any())


def _plan(stop: NDArray[np.bool_], loss: Floats, rate: Floats) -> StopPlan:
    claimed = float(loss[stop].sum() / len(loss)) if len(loss) else 0.0
    going = rate[~stop]
    return StopPlan(stop, loss, rate, claimed, float(going.min()) if len(going) else np.inf)

"""The compiled look ahead: how answers still to come would move each task's probabilities."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.compiled import kernel


@kernel
def look_ahead(  # noqa: C901  # one loop nest; a call inside would not be compiled
    log_prior: Floats,
    log_evidence: Floats,
    answers: NDArray[np.int64],
    more: NDArray[np.int64],
    doubt: float,
    rho: float,
    tables: Floats,
    log_tables: Floats,
    people: NDArray[np.int64],
    chances: Floats,
    gain: Floats,
) -> None:
    """Fill `gain`: what `more` answers add on average to the chance that a task's label is right.

    In each future (a row of `people` and `chances`) the truth is drawn from the task's posterior
    and each person answers by their table (people x truth x given). All tasks share the futures.
    What was said weighs as if answers depended on each other by `doubt`, what is to come by `rho`.
    """
    tasks, classes = log_prior.shape
    futures = people.shape[0]
    now = np.empty(classes)
    said = np.empty(classes)
    for task in range(tasks):
        gain[task] = 0.0
        if more[task] <= 0 or classes < 2:
            continue
        power = 1.0 / (1.0 + max(answers[task] - 1, 0) * doubt)
        later = 1.0 / (1.0 + (answers[task] + more[task] - 1) * rho)
        peak = -1e300
        best = 0
        for truth in range(classes):
            now[truth] = log_prior[task, truth] + power * log_evidence[task, truth]
            if now[truth] > peak:
                peak = now[truth]
                best = truth
        mass = 0.0
        for truth in range(classes):
            now[truth] = max(math.exp(now[truth] - peak), 1e-300)
            mass += now[truth]
        gained = 0.0
        for future in range(futures):
            left = chances[future, 0] * mass
            real = 0
            while real < classes - 1 and left > now[real]:
                left -= now[real]
                real += 1
            for truth in range(classes):
                said[truth] = 0.0
            for step in range(more[task]):
                person = people[future, step]
                left = chances[future, step + 1]
                given = 0
                while given < classes - 1 and left > tables[person, real, given]:
                    left -= tables[person, real, given]
                    given += 1
                for truth in range(classes):
                    said[truth] += log_tables[person, truth, given]
            top = -1e300
            for truth in range(classes):
                said[truth] = math.log(now[truth]) + later * said[truth]
                top = max(top, said[truth])
            total = 0.0
            for truth in range(classes):
                total += math.exp(said[truth] - top)
            gained += (1.0 - math.exp(said[best] - top)) / total
        gain[task] = min(gained / futures, 1.0 - 1.0 / mass)

"""The compiled walk into the future: every task asked on until it stops, many times over."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.compiled import kernel


@kernel
def walk_ahead(  # noqa: C901  # one loop nest; a call inside would not be compiled
    log_prior: Floats,
    log_evidence: Floats,
    answers: NDArray[np.int64],
    more: NDArray[np.int64],
    rho: float,
    tables: Floats,
    log_tables: Floats,
    people: NDArray[np.int64],
    chances: Floats,
    levels: Floats,
    asked: NDArray[np.int64],
    right: Floats,
) -> None:
    """Add up, over all tasks, judgements `asked` and `right` labels at each level of confidence.

    One future: `people` and `chances` are tasks x steps (chances one wider). A task stops at the
    first step at which it is as sure as the level (ascending), or when it has had `more`.
    """
    tasks, classes = log_prior.shape
    weight = np.empty(classes)
    said = np.empty(classes)
    for task in range(tasks):
        power = 1.0 / (1.0 + max(answers[task] - 1, 0) * rho)
        peak = -1e300
        for truth in range(classes):
            said[truth] = log_evidence[task, truth]
            weight[truth] = log_prior[task, truth] + power * said[truth]
            peak = max(peak, weight[truth])
        mass = 0.0
        for truth in range(classes):
            weight[truth] = math.exp(weight[truth] - peak)
            mass += weight[truth]
        left = chances[task, 0] * mass
        real = 0
        while real < classes - 1 and left > weight[real]:
            left -= weight[real]
            real += 1
        level = 0
        for step in range(more[task] + 1):
            if step > 0:
                person = people[task, step - 1]
                left = chances[task, step]
                given = 0
                while given < classes - 1 and left > tables[person, real, given]:
                    left -= tables[person, real, given]
                    given += 1
                power = 1.0 / (1.0 + (answers[task] + step - 1) * rho)
                for truth in range(classes):
                    said[truth] += log_tables[person, truth, given]
            peak = -1e300
            best = 0
            for truth in range(classes):
                weight[truth] = log_prior[task, truth] + power * said[truth]
                if weight[truth] > peak:
                    peak = weight[truth]
                    best = truth
            mass = 0.0
            for truth in range(classes):
                mass += math.exp(weight[truth] - peak)
            sure = 1.0 / mass
            while level < levels.shape[0] and (sure >= levels[level] or step == more[task]):
                asked[level] += step
                right[level] += 1.0 if best == real else 0.0
                level += 1

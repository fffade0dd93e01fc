"""The compiled fold: new answers taken into a model of any size, touching only their tasks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.compiled import kernel


@kernel
def fold_answers(  # noqa: C901  # one loop nest; a call inside would not be compiled
    touched: NDArray[np.int64],
    last: NDArray[np.int64],
    old_last: NDArray[np.int64],
    before: NDArray[np.int64],
    cell: NDArray[np.int64],
    counts: Floats,
    row_totals: Floats,
    crowd: Floats,
    task_counts: Floats,
    beliefs: Floats,
    newcomer: Floats,
    strengths: Floats,
    rho: float,
) -> None:
    """Work out the `touched` tasks anew, in their order; what they teach replaces what they taught.

    A task's answers are a chain: `last[task]` is its newest, `before[answer]` the one it follows,
    -1 the end. From `old_last` on they are in the counts already. `strengths` are those of the
    person's prior, the crowd's and the tasks'. All but the first five change in place.
    """
    classes = beliefs.shape[1]
    person_strength, crowd_strength, task_strength = strengths[0], strengths[1], strengths[2]
    weight = np.empty(classes)
    said = np.empty(classes)
    for which in range(touched.shape[0]):
        task = touched[which]
        # Out with the old share.
        if old_last[which] >= 0:
            for truth in range(classes):
                task_counts[truth] = max(task_counts[truth] - beliefs[task, truth], 0.0)
        answer = old_last[which]
        while answer >= 0:
            person, given = cell[answer] // classes, cell[answer] % classes
            for truth in range(classes):
                own = beliefs[task, truth]
                counts[person, truth, given] = max(counts[person, truth, given] - own, 0.0)
                row_totals[person, truth] = max(row_totals[person, truth] - own, 0.0)
                crowd[truth, given] = max(crowd[truth, given] - own, 0.0)
            answer = before[answer]
        # The posterior from everything else.
        answers = 0
        for truth in range(classes):
            said[truth] = 0.0
        answer = last[task]
        while answer >= 0:
            person, given = cell[answer] // classes, cell[answer] % classes
            answers += 1
            for truth in range(classes):
                crowd_total = crowd_strength
                for other in range(classes):
                    crowd_total += crowd[truth, other]
                habit = (
                    crowd[truth, given] + crowd_strength * newcomer[truth, given]
                ) / crowd_total
                leaned = counts[person, truth, given] + person_strength * habit
                said[truth] += math.log(leaned / (row_totals[person, truth] + person_strength))
            answer = before[answer]
        power = 1.0 / (1.0 + max(answers - 1, 0) * rho)
        peak = -1e300
        for truth in range(classes):
            weight[truth] = math.log(task_counts[truth] + task_strength / classes)
            weight[truth] += power * said[truth]
            peak = max(peak, weight[truth])
        mass = 0.0
        for truth in range(classes):
            weight[truth] = math.exp(weight[truth] - peak)
            mass += weight[truth]
        # In with the new share.
        for truth in range(classes):
            beliefs[task, truth] = weight[truth] / mass
            task_counts[truth] += beliefs[task, truth]
        answer = last[task]
        while answer >= 0:
            person, given = cell[answer] // classes, cell[answer] % classes
            for truth in range(classes):
                own = beliefs[task, truth]
                counts[person, truth, given] += own
                row_totals[person, truth] += own
                crowd[truth, given] += own
            answer = before[answer]

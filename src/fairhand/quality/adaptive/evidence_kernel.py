"""The compiled look at every task's evidence, its own share taken out of what it rests on."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.compiled import kernel


@kernel
def weigh_tasks(  # noqa: C901  # one loop nest; a call inside would not be compiled
    starts: NDArray[np.int64],
    cell: NDArray[np.int64],
    counts: Floats,
    row_totals: Floats,
    crowd: Floats,
    strength: float,
    beliefs: Floats,
    task_counts: Floats,
    task_prior: float,
    rhos: Floats,
    log_prior: Floats,
    log_evidence: Floats,
    heldout: Floats,
    in_order: bool,
) -> None:
    """Fill `log_prior` and `log_evidence` (tasks x classes) and `heldout` (tasks x rhos).

    `counts` is people x truth x given. Held out is the log probability of each of a task's
    answers given its others (`in_order`: given those before it), summed; zero where there are none.
    """
    tasks, classes = beliefs.shape
    longest = 1
    for task in range(tasks):
        longest = max(longest, starts[task + 1] - starts[task])
    evidence = np.empty((longest, classes))
    weight = np.empty(classes)
    before = np.empty(classes)
    for task in range(tasks):
        first = starts[task]
        answers = starts[task + 1] - first
        for truth in range(classes):
            left = max(task_counts[truth] - beliefs[task, truth], 0.0)
            log_prior[task, truth] = math.log(left + task_prior / classes)
            log_evidence[task, truth] = 0.0
        for place in range(answers):
            person = cell[first + place] // classes
            given = cell[first + place] % classes
            for truth in range(classes):
                own = beliefs[task, truth]
                said = max(counts[person, truth, given] - own, 0.0)
                total = max(row_totals[person, truth] - own, 0.0)
                likely = math.log((said + strength * crowd[truth, given]) / (total + strength))
                evidence[place, truth] = likely
                log_evidence[task, truth] += likely
        for which in range(rhos.shape[0]):
            heldout[task, which] = 0.0
            for truth in range(classes):
                before[truth] = 0.0
            for place in range(answers):
                others = place if in_order else answers - 1
                if others == 0:
                    for truth in range(classes):
                        before[truth] += evidence[place, truth]
                    continue
                power = 1.0 / (1.0 + (others - 1) * rhos[which])
                peak = -1e300
                for truth in range(classes):
                    said = before[truth]
                    if not in_order:
                        said = log_evidence[task, truth] - evidence[place, truth]
                    weight[truth] = log_prior[task, truth] + power * said
                    peak = max(peak, weight[truth])
                    before[truth] += evidence[place, truth]
                mass = 0.0
                foreseen = 0.0
                for truth in range(classes):
                    share = math.exp(weight[truth] - peak)
                    mass += share
                    foreseen += share * math.exp(evidence[place, truth])
                heldout[task, which] += math.log(foreseen / mass)

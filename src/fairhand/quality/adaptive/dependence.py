"""Do people's mistakes go together? Learned from the answers alone, and taken off what they prove.

Dawid-Skene takes answers to one task for independent given the truth. Where an item fools most
people at once, ten answers prove less than ten, and its posterior is far too sure. Two things are
put right here.

First, nobody's answer to a task counts towards their own record while that task is weighed: a
task never confirms itself (the cavity of expectation propagation, T. Minka, 2001).

Second, n answers weigh as much as n / (1 + (n - 1) rho) independent ones, L. Kish's design effect
for clustered samples (Survey Sampling, 1965): the log evidence is divided by 1 + (n - 1) rho. The
`rho` is the one under which each answer is best foreseen from the other answers to its task, so
neither gold nor a guess is needed. What the whole crowd gets wrong alike stays invisible to any
such estimate: only gold shows it, see `trust`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.adaptive.evidence_kernel import weigh_tasks
from fairhand.quality.aggregation.codes import AnswerCodes, Floats
from fairhand.quality.aggregation.confusion import ConfusionPriors, crowd_confusion
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFit
from fairhand.quality.aggregation.engine import COMPILED_FROM, Grouped, group

RHOS: Floats = np.array([0.0, 0.02, 0.04, 0.07, 0.1, 0.14, 0.19, 0.25, 0.33, 0.45, 0.6, 0.8, 1.0])
"""The dependences that are tried: from none to answers that are all one answer."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What each task's answers say, its own share taken out of everybody's record.

    `log_prior` and `log_evidence` are tasks x classes, `answers` per task; `heldout` (tasks x
    `RHOS`) is how well its answers are foreseen from one another under each dependence.
    """

    log_prior: Floats
    log_evidence: Floats
    answers: NDArray[np.int64]
    heldout: Floats

    def probabilities(self, rho: float) -> Floats:
        """Give the posteriors when answers depend on each other by `rho`, tasks x classes."""
        power = 1.0 / (1.0 + np.maximum(self.answers - 1, 0) * rho)
        return normalise(self.log_prior + power[:, None] * self.log_evidence)


@dataclass(frozen=True, slots=True)
class Dependence:
    """How far answers to one task depend on each other: 0 not at all, 1 entirely.

    `low` and `high` are the dependences that foresee the answers within two standard errors (over
    tasks) as well as `rho` does. `mean_answers` is the mean over tasks with two answers or more.
    """

    rho: float
    low: float
    high: float
    mean_answers: float

    @property
    def noticed(self) -> bool:
        """Whether the answers themselves rule out that mistakes are independent."""
        return self.low > 0.0

    @property
    def effective_answers(self) -> float:
        """How many independent answers the mean task's answers are worth."""
        return self.mean_answers / (1.0 + max(self.mean_answers - 1.0, 0.0) * self.rho)

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence where mistakes go together."""
        if not self.noticed:
            return ()
        return (
            f"people's mistakes go together: {self.mean_answers:.1f} answers to a task weigh as "
            f"much as {self.effective_answers:.1f} independent ones",
        )


def weigh_evidence(
    codes: AnswerCodes,
    fit: DawidSkeneFit,
    priors: ConfusionPriors | None = None,
    *,
    in_order: bool = False,
) -> Evidence:
    """Weigh every task's answers anew, without what the task itself taught about people.

    `fit` must come from the same codes. Where answers decided whether another was asked for, how
    many a task has already tells how they agree. Then put the rows in the order in which they
    came and say `in_order`: each answer is foreseen from those before it alone, which stopping
    cannot bend (A. P. Dawid: Statistical theory, the prequential approach, 1984).
    Raises ValueError when the fit comes from other answers.
    """
    if fit.tasks != codes.tasks or fit.workers != codes.workers or fit.classes != codes.classes:
        raise ValueError("the fit must come from these answers: tasks, people and classes differ")
    grouped = group(codes)
    weigh = _weigh_small if len(codes) < COMPILED_FROM else _weigh_large
    return weigh(grouped, fit, priors or ConfusionPriors(), in_order=in_order)


def _weigh_large(
    grouped: Grouped, fit: DawidSkeneFit, priors: ConfusionPriors, *, in_order: bool
) -> Evidence:
    counts = np.ascontiguousarray(fit.counts)
    tasks, classes = fit.probabilities.shape
    log_prior, log_evidence = np.zeros((tasks, classes)), np.zeros((tasks, classes))
    heldout = np.zeros((tasks, len(RHOS)))
    weigh_tasks(
        grouped.starts,
        grouped.cell.astype(np.int64, copy=False),
        counts,
        counts.sum(axis=2),
        crowd_confusion(counts.sum(axis=0), priors),
        priors.person,
        np.ascontiguousarray(fit.probabilities),
        fit.task_counts,
        priors.tasks,
        RHOS,
        log_prior,
        log_evidence,
        heldout,
        in_order,
    )
    return Evidence(log_prior, log_evidence, np.diff(grouped.starts), heldout)


def _weigh_small(
    grouped: Grouped, fit: DawidSkeneFit, priors: ConfusionPriors, *, in_order: bool
) -> Evidence:
    """Do the same in NumPy, for work that is over before a compiler would be loaded."""
    answers = np.diff(grouped.starts)
    task = np.repeat(np.arange(grouped.tasks), answers)
    person, given = np.divmod(grouped.cell, max(grouped.classes, 1))
    own = fit.probabilities[task]
    crowd = crowd_confusion(fit.counts.sum(axis=0), priors)
    said = np.maximum(fit.counts[person, :, given] - own, 0.0) + priors.person * crowd[:, given].T
    total = np.maximum(fit.counts.sum(axis=2)[person] - own, 0.0) + priors.person
    each = np.log(said / total)
    left = np.maximum(fit.task_counts - fit.probabilities, 0.0)
    log_prior = np.log(left + priors.tasks / max(grouped.classes, 1))
    upto = np.vstack([np.zeros((1, each.shape[1])), np.cumsum(each, axis=0)])
    log_evidence = upto[grouped.starts[1:]] - upto[grouped.starts[:-1]]
    if in_order:
        others = np.arange(len(task)) - grouped.starts[task]
        before = upto[:-1] - upto[grouped.starts[task]]
    else:
        others, before = answers[task] - 1, log_evidence[task] - each
    heldout = np.zeros((grouped.tasks, len(RHOS)))
    rows = np.flatnonzero(others > 0)
    for which, rho in enumerate(RHOS.tolist() if len(rows) else ()):
        power = 1.0 / (1.0 + (others[rows] - 1) * rho)
        shares = normalise(log_prior[task[rows]] + power[:, None] * before[rows])
        foreseen = np.log((shares * np.exp(each[rows])).sum(axis=1))
        heldout[:, which] = np.bincount(task[rows], weights=foreseen, minlength=grouped.tasks)
    return Evidence(log_prior, log_evidence, answers, heldout)


def measure_dependence(evidence: Evidence) -> Dependence:
    """Find the dependence that foresees each answer best from the others to its task."""
    several = evidence.answers >= 2
    if not several.any():
        return Dependence(0.0, 0.0, 1.0, float(evidence.answers.mean()) if len(several) else 0.0)
    heldout = evidence.heldout[several]
    best = int(heldout.sum(axis=0).argmax())
    lost = heldout[:, [best]] - heldout
    error = lost.std(axis=0) / np.sqrt(len(lost))
    as_good = np.flatnonzero(lost.mean(axis=0) <= 2.0 * error)
    return Dependence(
        float(RHOS[best]),
        float(RHOS[min(as_good.min(), best)]),
        float(RHOS[max(as_good.max(), best)]),
        float(evidence.answers[several].mean()),
    )


def normalise(log_weights: Floats) -> Floats:
    """Turn log weights (tasks x classes) into probabilities."""
    if log_weights.size == 0:
        return np.zeros_like(log_weights)
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    shares: Floats = weights / weights.sum(axis=1, keepdims=True)
    return shares

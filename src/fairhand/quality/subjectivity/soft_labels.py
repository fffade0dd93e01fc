"""How people split on each task, with intervals; no label is picked.

The shares of a task's answers are Dirichlet-distributed around the crowd's shares, and how tightly
is learned from all tasks by maximum likelihood (T. P. Minka: Estimating a Dirichlet distribution,
2000): where tasks are alike a task borrows much from the others, where they differ little. Keeping
the distribution rather than a majority is A. M. Davani, M. Díaz, V. Prabhakaran: Dealing with
disagreements, TACL 10 (2022); keeping the groups is L. Aroyo et al.: DICES dataset, NeurIPS (2023).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats, encode
from fairhand.quality.frames import Column, answer_columns
from fairhand.quality.watch.anonymity import LEAST_PEOPLE, merge_small_groups
from fairhand.quality.watch.answers import count_votes
from fairhand.quality.watch.intervals import LEVEL, clustered_share, exact_interval
from fairhand.quality.watch.search import best_of

NOT_SAID = "not said"
_CONCENTRATIONS = np.geomspace(0.05, 1_000.0, 400)
_UNKNOWN_CONCENTRATION = 2.0


@dataclass(frozen=True, slots=True)
class GroupShares:
    """One group's answers: shares per class with intervals, and per task.

    `low` and `high` hold with the level asked for, people (not answers) being what was drawn.
    `entropy` is that of `shares` in bits. `task_shares` (tasks x classes) is smoothed like those of
    everybody, and NaN where nobody of the group answered.
    """

    name: Any
    people: int
    answers: int
    shares: Floats
    low: Floats
    high: Floats
    entropy: float
    task_shares: Floats


@dataclass(frozen=True, slots=True)
class SoftLabels:
    """Shares per task (tasks x classes) that sum to one, with an interval for each.

    `entropy` is the expected entropy of each task's shares in bits: 0 when people surely agree,
    log2(classes) when they split evenly. `answers` counts the people who answered each task once.
    `concentration` is how many answers each task borrows from the crowd. `groups` holds groups of
    `k` people or more; smaller ones are joined as "other".
    """

    tasks: tuple[Any, ...]
    classes: tuple[Any, ...]
    shares: Floats
    low: Floats
    high: Floats
    entropy: Floats
    answers: NDArray[np.intp]
    concentration: float
    groups: tuple[GroupShares, ...]
    warnings: tuple[str, ...]


def soft_labels(
    task: object,
    worker: Column | None = None,
    label: Column | None = None,
    *,
    classes: Sequence[Any] | None = None,
    group_of: Mapping[Any, Hashable] | None = None,
    k: int = LEAST_PEOPLE,
    level: float = LEVEL,
) -> SoftLabels:
    """Keep how people split: three columns or one table (task, worker, label).

    `classes` fixes the classes and their order; `group_of` says which group a person says to belong
    to. Answers of one person to one task are one voice, shared among what they said. Raises
    ValueError for a missing value, a label outside `classes`, unlike lengths or k below 2.
    """
    codes = encode(*answer_columns(task, worker, label, ("task", "worker", "label")), classes)
    voice = voices(codes)
    votes = weighted_votes(codes, voice)
    mean = (votes.sum(axis=0) + 0.5) / (votes.sum() + 0.5 * max(1, votes.shape[1]))
    concentration, warnings = _concentration(count_votes(codes), mean)
    alpha = votes + concentration * mean
    low, high = _interval(alpha, level)
    groups, hidden = _groups(codes, voice, group_of, k, level, concentration * mean)
    return SoftLabels(
        tasks=codes.tasks,
        classes=codes.classes,
        shares=alpha / alpha.sum(axis=1, keepdims=True),
        low=low,
        high=high,
        entropy=_expected_entropy(alpha),
        answers=np.rint(votes.sum(axis=1)).astype(np.intp),
        concentration=concentration,
        groups=groups,
        warnings=(*warnings, *hidden),
    )


def voices(codes: AnswerCodes) -> Floats:
    """Weight of each answer: one over how many this person gave to this task."""
    if not len(codes):
        return np.zeros(0)
    keys = codes.task * len(codes.workers) + codes.worker
    _, place, times = np.unique(keys, return_inverse=True, return_counts=True)
    found: Floats = 1.0 / times[place.reshape(-1)]
    return found


def weighted_votes(codes: AnswerCodes, weight: Floats) -> Floats:
    """Sum the weights by task and class."""
    wide = len(codes.classes)
    cells = np.bincount(codes.task * wide + codes.label, weight, len(codes.tasks) * wide)
    return cells.reshape(len(codes.tasks), wide).astype(np.float64)


def _concentration(votes: Floats, mean: Floats) -> tuple[float, tuple[str, ...]]:
    """Likeliest number of borrowed answers, when tasks have answers to compare."""
    kinds, times = np.unique(votes[votes.sum(axis=1) >= 2], axis=0, return_counts=True)
    if votes.shape[1] < 2 or not len(kinds):
        return _UNKNOWN_CONCENTRATION, (
            "No task has two answers: how far people differ is assumed, not known.",
        )

    def likelihood(concentration: float) -> float:
        prior = concentration * mean
        total = special.gammaln(prior.sum()) - special.gammaln(kinds.sum(axis=1) + prior.sum())
        each = (special.gammaln(kinds + prior) - special.gammaln(prior)).sum(axis=1)
        return float((times * (total + each)).sum())

    return best_of(_CONCENTRATIONS, likelihood), ()


def _interval(alpha: Floats, level: float) -> tuple[Floats, Floats]:
    """Each class's own interval: the beta marginal of the Dirichlet."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1; it is {level}")
    rest = alpha.sum(axis=1, keepdims=True) - alpha
    tail = (1.0 - level) / 2.0
    if alpha.shape[1] < 2:
        return np.ones_like(alpha), np.ones_like(alpha)
    return special.betaincinv(alpha, rest, tail), special.betaincinv(alpha, rest, 1.0 - tail)


def _expected_entropy(alpha: Floats) -> Floats:
    """Mean entropy in bits under a Dirichlet (D. H. Wolpert, D. R. Wolf, Phys. Rev. E 52, 1995)."""
    total = alpha.sum(axis=1)
    share = alpha / total[:, np.newaxis]
    nats = special.digamma(total + 1.0) - (share * special.digamma(alpha + 1.0)).sum(axis=1)
    found: Floats = np.maximum(0.0, nats) / np.log(2.0)
    return found


def _groups(
    codes: AnswerCodes,
    voice: Floats,
    group_of: Mapping[Any, Hashable] | None,
    k: int,
    level: float,
    prior: Floats,
) -> tuple[tuple[GroupShares, ...], tuple[str, ...]]:
    if group_of is None:
        return (), ()
    merged = merge_small_groups({who: group_of.get(who, NOT_SAID) for who in codes.workers}, k)
    if not merged or None in merged.values():
        return (), (f"Fewer than {k} people answered: nothing is shown of groups.",)
    names = sorted({str(name) for name in merged.values()})
    member = np.array([names.index(str(merged[who])) for who in codes.workers], dtype=np.intp)
    return tuple(
        _group(codes, voice, name, member == place, level, prior)
        for place, name in enumerate(names)
    ), ()


def _group(
    codes: AnswerCodes,
    voice: Floats,
    name: str,
    members: NDArray[np.bool_],
    level: float,
    prior: Floats,
) -> GroupShares:
    own = members[codes.worker]
    worker, label, weight = codes.worker[own], codes.label[own], voice[own]
    votes = weighted_votes(codes, np.where(own, voice, 0.0))
    shares = votes.sum(axis=0) / max(weight.sum(), 1e-12)
    low, high = _people_interval(worker, label, shares, level)
    alpha = votes + prior
    task_shares = alpha / alpha.sum(axis=1, keepdims=True)
    task_shares[votes.sum(axis=1) == 0] = np.nan
    return GroupShares(
        name=name,
        people=int(members.sum()),
        answers=round(float(weight.sum())),
        shares=shares,
        low=low,
        high=high,
        entropy=float(special.entr(shares).sum() / np.log(2.0)),
        task_shares=task_shares,
    )


def _people_interval(
    worker: Codes, label: Codes, shares: Floats, level: float
) -> tuple[Floats, Floats]:
    """Exact intervals at the number of independent answers that these people amount to."""
    low, high = np.zeros_like(shares), np.ones_like(shares)
    for code in range(len(shares)):
        if len(label):
            worth = clustered_share((label == code).astype(np.float64), worker).worth
            least, most = exact_interval(shares[code] * worth, worth, level)
            low[code], high[code] = float(least), float(most)
    return low, high

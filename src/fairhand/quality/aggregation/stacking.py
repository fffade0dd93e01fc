"""Several models at once, each as far as it foretells answers it has not seen.

Y. Yao, A. Vehtari, D. Simpson, A. Gelman: Using stacking to average Bayesian predictive
distributions, Bayesian Analysis 2018. A third of each task's answers is held out in turn; a model
learned from the rest says how likely each held-out answer of that person on that task was. The
weights maximise the log likelihood of all held-out answers under the mixture of the models. No
known truth is needed, and a model that is sure of the wrong class pays for it, because its
foretelling of the next answer fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.doubt import WithDoubt, offset_of, to_classes, vote_split
from fairhand.quality.aggregation.engine import Learned, Run, group, run
from fairhand.quality.aggregation.folds import deal_folds, sample_tasks
from fairhand.quality.aggregation.layered import Layered
from fairhand.quality.aggregation.majority import vote_counts
from fairhand.quality.aggregation.past import WithPast
from fairhand.quality.systems import aggregator

FOLDS = 3
MOST_HELD_OUT = 60_000
"""Answers foretold at most; of larger sets a sample of tasks is held out."""

SOFTENED = 0.4
"""Each candidate also enters with its posteriors raised to this power: less sure of itself."""

_ROUNDS = 3
_SHORT, _LONG, _HELD = 10, 40, 20
_TOLERANCE = 2e-3
_LEAST = 1e-9
_EVEN_ANSWERS = 5.0
_STEPS = 150


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model of people among those that are stacked.

    `absent` is the weight of a class nobody gave (see `doubt`); `spread` says whether to learn
    how far people differ.
    """

    name: str
    family: Layered
    guess: float | None
    absent: float
    spread: bool


def _candidates() -> tuple[Candidate, ...]:
    found = []
    for absent, words in ((0.4, ""), (1.0, ", absent labels allowed")):
        found += [
            Candidate(f"crowd{words}", Layered(skill=None, tables=None), None, absent, False),
            Candidate(f"tables{words}", Layered(skill=None, tables=3.0), 10.0, absent, False),
            Candidate(f"skill{words}", Layered(tables=None), 10.0, absent, True),
            Candidate(f"skill and tables{words}", Layered(), None, absent, True),
        ]
    return tuple(found)


CANDIDATES = _candidates()


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside the answers.

    `known` (tasks x classes) holds log weights: a classifier's log probabilities, or minus
    infinity where a gold answer rules a class out. `past` (people x true class x given class)
    holds counts of earlier answers.
    """

    known: Floats | None = None
    past: Floats | None = None


NOTHING = Beside()


@dataclass(frozen=True, slots=True)
class Score:
    """How a candidate foretold held-out answers, and its weight in the mixture.

    `held_out` is the mean log likelihood of an answer in nats; `behind` how far that is below the
    best candidate's, with standard error. `softened` is the part of the weight that went to its
    softened posteriors.
    """

    name: str
    held_out: float
    behind: float
    behind_error: float
    weight: float
    softened: float


@dataclass(frozen=True, slots=True)
class Stacked:
    """The mixture: tasks x classes, and how each candidate did.

    `held_out` is the mixture's own mean log likelihood of a held-out answer, over `foretold`
    answers; `doubtful` the share of tasks on which answers say little.
    """

    probabilities: Floats
    scores: tuple[Score, ...]
    held_out: float
    foretold: int
    doubtful: float


@dataclass(frozen=True, slots=True)
class _Fitted:
    """One candidate, fitted: what the folds need of it, and what it says, sharp and softened."""

    family: Layered
    sharp: Floats
    soft: Floats
    doubtful: float


@aggregator(
    "auto",
    "several models of people, each weighed by how well it foretells held-out answers",
    [
        ("folds", FOLDS, "parts of the answers that are held out in turn"),
        ("softened", SOFTENED, "how much less sure of itself each model may also be"),
    ],
)
def stack(
    codes: AnswerCodes,
    beside: Beside = NOTHING,
    candidates: Sequence[Candidate] = CANDIDATES,
) -> Stacked:
    """Fit every candidate, weigh them by held-out answers and mix their probabilities."""
    codes = in_task_order(codes)
    fitted = [_fit(codes, beside, one) for one in candidates]
    foretold = held_out(codes, beside, candidates, [one.family for one in fitted])
    weights = stack_weights(foretold.reshape(len(foretold), 2 * len(fitted))).reshape(-1, 2)
    mixed = np.zeros((len(codes.tasks), len(codes.classes)))
    for (sharp, soft), one in zip(weights, fitted, strict=True):
        mixed += sharp * one.sharp + soft * one.soft
    return Stacked(
        probabilities=mixed,
        scores=_scores(candidates, foretold, weights),
        held_out=_mean(np.log((foretold * weights).sum(axis=(1, 2)))),
        foretold=len(foretold),
        doubtful=float(weights.sum(axis=1) @ [one.doubtful for one in fitted]),
    )


def in_task_order(codes: AnswerCodes) -> AnswerCodes:
    """Sort answers by task, so that every part of them is grouped without sorting again."""
    if bool((codes.task[1:] >= codes.task[:-1]).all()):
        return codes
    return _part(codes, np.argsort(codes.task, kind="stable"))


def _part(codes: AnswerCodes, rows: Codes | NDArray[np.bool_]) -> AnswerCodes:
    return replace(codes, task=codes.task[rows], worker=codes.worker[rows], label=codes.label[rows])


def _fit(codes: AnswerCodes, beside: Beside, one: Candidate) -> _Fitted:
    """Fit a candidate, learning in rounds how far people differ."""
    family, begin = one.family, None
    for _ in range(_ROUNDS if one.spread else 0):
        found = _run(codes, beside, replace(one, family=family), begin, _SHORT)
        family, begin = family.learn_spread(found.counts[:, :, :-1]), found.learned
    found = _run(codes, beside, replace(one, family=family), begin, _LONG)
    split = vote_split(vote_counts(codes), beside.known)
    return _Fitted(
        family=family,
        sharp=to_classes(found.posterior, split, found.state_class),
        soft=to_classes(soften(found.posterior), split, found.state_class),
        doubtful=float(found.posterior[:, -1].mean()) if len(codes.tasks) else 0.0,
    )


def _run(
    codes: AnswerCodes, beside: Beside, one: Candidate, begin: Learned | None, most: int
) -> Run:
    family = WithDoubt(WithPast.of(one.family, beside.past), one.guess, begin)
    states = family.states(len(codes.classes))
    return run(
        group(codes),
        family,
        offset=offset_of(vote_counts(codes), beside.known, one.absent, states),
        max_iterations=most,
        tolerance=_TOLERANCE,
    )


def soften(posterior: Floats) -> Floats:
    """Raise probabilities to a power below one: a model less sure of itself."""
    raised: Floats = posterior**SOFTENED
    raised /= raised.sum(axis=1, keepdims=True)
    return raised


def held_out(
    codes: AnswerCodes,
    beside: Beside,
    candidates: Sequence[Candidate],
    families: Sequence[Layered],
) -> Floats:
    """Give each candidate's probability of each held-out answer, answers x candidates x 2.

    The last axis is sharp and softened. `families` hold how far people were found to differ.
    """
    fold = deal_folds(codes, FOLDS)
    chosen = sample_tasks(codes, MOST_HELD_OUT)
    parts = [np.zeros((0, len(candidates), 2))]
    for turn in range(FOLDS):
        out = (fold == turn) & chosen
        rest, asked = _part(codes, ~out), _part(codes, out)
        told = np.empty((len(asked), len(candidates), 2))
        for place, (one, family) in enumerate(zip(candidates, families, strict=True)):
            found = _run(rest, beside, replace(one, family=family), None, _HELD)
            told[:, place] = _foretell(found, asked)
        parts.append(told)
    return np.concatenate(parts)


def _foretell(found: Run, asked: AnswerCodes) -> Floats:
    tables = np.exp(found.learned.log_tables[asked.worker, asked.label])
    sharp = (tables * found.posterior[asked.task]).sum(axis=1)
    soft = (tables * soften(found.posterior)[asked.task]).sum(axis=1)
    both: Floats = np.maximum(np.stack([sharp, soft], axis=1), _LEAST)
    return both


def stack_weights(foretold: Floats) -> Floats:
    """Maximise the log likelihood of the mixture by EM; a few answers' worth of evenness."""
    weights: Floats = np.full(foretold.shape[1], 1.0 / foretold.shape[1])
    for _ in range(_STEPS):
        share = 1.0 / (foretold @ weights)
        weights = weights * (share @ foretold) + _EVEN_ANSWERS / len(weights)
        weights /= weights.sum()
    return weights


def _scores(
    candidates: Sequence[Candidate], foretold: Floats, weights: Floats
) -> tuple[Score, ...]:
    logs = np.log(foretold[:, :, 0])
    best = int(logs.sum(axis=0).argmax())
    behind = logs - logs[:, [best]]
    return tuple(
        Score(
            name=one.name,
            held_out=_mean(logs[:, place]),
            behind=-_mean(behind[:, place]),
            behind_error=float(behind[:, place].std() / len(behind) ** 0.5) if len(behind) else 0.0,
            weight=float(weights[place].sum()),
            softened=float(weights[place, 1]),
        )
        for place, one in enumerate(candidates)
    )


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0

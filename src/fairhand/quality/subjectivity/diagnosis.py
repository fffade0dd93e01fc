"""Is there one truth that people miss now and then, or do tasks split people?

Two accounts predict each answer from the others' answers to that task. "One truth": the task has
one class, and everybody errs in their own way (A. P. Dawid, A. M. Skene 1979). "A split of its
own": the task has its own shares, and people lean their own way. Which predicts better, by how
much a task, and whether beyond the spread between tasks, is the comparison of expected log
predictive density (A. Vehtari, A. Gelman, J. Gabry: Practical Bayesian model evaluation using
leave-one-out cross-validation, Stat. Comput. 27, 2017).

A task that splits people may be hard or a matter of opinion; answers alone cannot tell these
apart. Asking the same people again can: who guesses changes, who has an opinion stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats, encode
from fairhand.quality.frames import Column, answer_columns
from fairhand.quality.watch.answers import Expected, expect, sum_by, take_answers
from fairhand.quality.watch.intervals import clustered_share, exact_interval
from fairhand.quality.watch.search import best_of

Reading = Literal["one_truth", "own_split", "cannot_tell"]

_CHUNK = 200_000
_PRIOR = 5.0
_LEAN_PRIOR = 2.0
_SPLIT_PRIOR = 2.0
_LEAST = 1e-9
_CLEAR = 2.0
_LEAST_TASKS = 20
_LEAST_REPEATS = 20
_EXPONENTS = np.linspace(0.2, 3.0, 57)
Share = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class SubjectivityCheck:
    """What the answers say of the question; never a label.

    `gain` is how much better (natural log units an answer, with its 95 % interval) a split of its
    own predicts than one truth. `all_pairs` is how often two people disagree on a task and
    `reliable_pairs` how often two of the more reliable half do, judged on other tasks: careless
    answers vanish there, opinions stay. `repeats` is how often a person asked again says the same
    (None without 20 repeats). Shares are (value, low, high).
    """

    reading: Reading
    answers: int
    tasks: int
    gain: float
    gain_low: float
    gain_high: float
    all_pairs: Share | None
    reliable_pairs: Share | None
    repeats: Share | None
    sentence: str
    warnings: tuple[str, ...]


def check_subjectivity(
    task: object, worker: Column | None = None, label: Column | None = None
) -> SubjectivityCheck:
    """Compare the two accounts on three columns or one table (task, worker, label), categorical.

    Tasks with one answer say nothing and are left out. Raises ValueError for a missing value or
    unlike lengths.
    """
    columns = answer_columns(task, worker, label, ("task", "worker", "label"))
    repeats = _repeats(encode(*columns))
    codes, _, _ = take_answers(*columns)
    codes = _answered_twice(codes)
    tasks = len(np.unique(codes.task))
    if tasks < _LEAST_TASKS or len(codes.classes) < 2:
        return _too_little(codes, tasks, repeats)
    expected = expect(codes)
    truth = _sharpened(_one_truth(expected), codes.label)
    split = _sharpened(_own_split(expected), codes.label)
    gain, half = _mean_and_half(split - truth, codes.task)
    reading: Reading = "cannot_tell"
    if abs(gain) > half / 1.96 * _CLEAR:
        reading = "own_split" if gain > 0 else "one_truth"
    pairs, reliable = _pair_disagreement(expected)
    return SubjectivityCheck(
        reading=reading,
        answers=len(codes),
        tasks=tasks,
        gain=gain,
        gain_low=gain - half,
        gain_high=gain + half,
        all_pairs=pairs,
        reliable_pairs=reliable,
        repeats=repeats,
        sentence=_sentence(reading, pairs, repeats),
        warnings=_warnings(codes, tasks),
    )


def _answered_twice(codes: AnswerCodes) -> AnswerCodes:
    keep = np.bincount(codes.task, minlength=len(codes.tasks))[codes.task] >= 2
    return AnswerCodes(
        codes.task[keep], codes.worker[keep], codes.label[keep],
        codes.tasks, codes.workers, codes.classes,
    )  # fmt: skip


def _one_truth(expected: Expected) -> Floats:
    """Log chances of each answer: consensus of the others through the person's table without it."""
    codes = expected.codes
    wide = len(codes.classes)
    consensus = expected.consensus(codes.task, codes.label)
    cell = codes.worker * wide + codes.label
    tables = np.stack(
        [sum_by(cell, consensus[:, true], len(codes.workers) * wide) for true in range(wide)]
    )
    tables = tables.reshape(wide, len(codes.workers), wide).transpose(1, 0, 2)
    tables = tables + _PRIOR * np.exp(expected.log_table)
    sizes = tables.sum(axis=2)
    found = np.empty((len(codes), wide))
    for start in range(0, len(codes), _CHUNK):
        part = slice(start, start + _CHUNK)
        who, label, belief = codes.worker[part], codes.label[part], consensus[part]
        share = belief / (sizes[who] - belief)
        chance = np.einsum("rc,rcl->rl", share, tables[who])
        chance[np.arange(len(who)), label] -= (share * belief).sum(axis=1)
        found[part] = np.log(np.maximum(chance, _LEAST))
    return found


def _own_split(expected: Expected) -> Floats:
    """Log chances of each answer: shares of the others, and how the person leans elsewhere."""
    codes = expected.codes
    rows, wide = np.arange(len(codes)), len(codes.classes)
    others = expected.votes[codes.task]
    others[rows, codes.label] -= 1.0
    shares = others + _SPLIT_PRIOR * expected.marginal
    shares /= shares.sum(axis=1, keepdims=True)
    people = len(codes.workers)
    due = np.stack([sum_by(codes.worker, shares[:, code], people) for code in range(wide)], axis=1)
    said = sum_by(codes.worker * wide + codes.label, np.ones(len(codes)), people * wide)
    said_elsewhere = said.reshape(people, wide)[codes.worker]
    said_elsewhere[rows, codes.label] -= 1.0
    lean = (said_elsewhere + _LEAN_PRIOR) / (due[codes.worker] - shares + _LEAN_PRIOR)
    found: Floats = np.log(shares + _LEAST) + np.log(lean)
    return found


def _sharpened(log_chance: Floats, label: Codes) -> Floats:
    """Log chance of the answer given, at the one exponent that suits the account best."""
    rows = np.arange(len(label))

    def scores(exponent: float) -> Floats:
        powered = exponent * log_chance
        found: Floats = powered[rows, label] - special.logsumexp(powered, axis=1)
        return found

    return scores(best_of(_EXPONENTS, lambda exponent: float(scores(exponent).sum())))


def _mean_and_half(gain: Floats, task: Codes) -> tuple[float, float]:
    """Mean gain an answer, and half of its 95 % interval from the spread between tasks."""
    mean = float(gain.mean())
    sums = np.bincount(task, gain - mean)
    return mean, 1.96 * float(np.sqrt((sums**2).sum())) / len(gain)


def _pair_disagreement(expected: Expected) -> tuple[Share | None, Share | None]:
    """Disagreement on every second task, of all and of who did better on the other tasks."""
    codes = expected.codes
    people = len(codes.workers)
    consensus = expected.consensus(codes.task, codes.label)
    agree = consensus[np.arange(len(codes)), codes.label]
    judging = codes.task % 2 == 0
    sums = sum_by(codes.worker[judging], agree[judging], people)
    size = np.bincount(codes.worker[judging], minlength=people)
    skill = (sums + 2.0 * float(agree.mean())) / (size + 2.0)
    better = skill >= np.median(skill[size > 0]) if size.any() else size >= 0
    everybody = np.ones(people, dtype=np.bool_)
    return _disagreement(codes, ~judging, everybody), _disagreement(codes, ~judging, better)


def _disagreement(
    codes: AnswerCodes, rows: NDArray[np.bool_], people: NDArray[np.bool_]
) -> Share | None:
    """How often two of these people disagree on a task, over these rows; None without a pair."""
    kept = rows & people[codes.worker]
    wide = len(codes.classes)
    cells = np.bincount(
        codes.task[kept] * wide + codes.label[kept], minlength=len(codes.tasks) * wide
    )
    votes = cells.reshape(-1, wide).astype(np.float64)
    size = votes.sum(axis=1)
    votes, size = votes[size >= 2], size[size >= 2]
    if not len(size):
        return None
    unlike = 1.0 - (votes * (votes - 1.0)).sum(axis=1) / (size * (size - 1.0))
    return _with_interval(unlike, np.arange(len(size)))


def _with_interval(value: Floats, cluster: Codes) -> Share:
    found = clustered_share(value, cluster)
    low, high = exact_interval(*found.counts)
    return found.share, float(low), float(high)


def _repeats(codes: AnswerCodes) -> Share | None:
    """How often a person who answered a task again said the same as just before."""
    if len(codes) == 0:
        return None
    keys = codes.task * len(codes.workers) + codes.worker
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    if len(again) < _LEAST_REPEATS:
        return None
    before, after = order[again], order[again + 1]
    same = (codes.label[before] == codes.label[after]).astype(np.float64)
    return _with_interval(same, codes.worker[after])


def _too_little(codes: AnswerCodes, tasks: int, repeats: Share | None) -> SubjectivityCheck:
    why = (
        f"Only {tasks} tasks have two answers; {_LEAST_TASKS} are needed."
        if tasks < _LEAST_TASKS
        else "Only one label was ever given."
    )
    return SubjectivityCheck(
        "cannot_tell", len(codes), tasks, 0.0, -np.inf, np.inf, None, None, repeats,
        "The answers cannot tell whether there is one truth.", (why,),
    )  # fmt: skip


def _warnings(codes: AnswerCodes, tasks: int) -> tuple[str, ...]:
    found = []
    if len(codes) < 3 * tasks:
        found.append("Most tasks have two answers: with five or more the reading is far surer.")
    if len(np.unique(codes.worker)) < 10:
        found.append("Fewer than ten people answered: their ways weigh more than the question's.")
    return tuple(found)


def _sentence(reading: Reading, pairs: Share | None, repeats: Share | None) -> str:
    said = {
        "one_truth": "One truth that people miss in their own ways explains the answers best.",
        "own_split": (
            "Tasks split people in ways of their own: they are hard, or a matter of opinion. "
            "Keep the shares, and ask some people again to tell which."
        ),
        "cannot_tell": "Both accounts explain the answers equally well: keep the shares.",
    }[reading]
    if repeats is None or pairs is None:
        return said
    stays = repeats[1] > 1.0 - pairs[0]
    return said + (
        " Asked again, people keep to their answers more than they share each other's."
        if stays
        else " Asked again, people change their answers about as often as they differ."
    )

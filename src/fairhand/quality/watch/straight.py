"""Answers that do not depend on the task, and answers that repeat themselves in time.

For each person two accounts of their answers are compared: "given without looking", drawn from
one set of shares whatever the task, and "given by looking", drawn from shares that depend on what
the others say of the task, and expected to be like the crowd's. Their ratio is the Bayes factor
for independence in a table of counts (E. Gunel, J. M. Dickey, Biometrika 61, 1974), an e-value
against looking; spam as answers independent of the truth is V. C. Raykar, S. Yu: Eliminating
spammers and ranking annotators, JMLR 13 (2012). How much the answers tell of the consensus is
given as mutual information in bits (bias taken off: G. A. Miller 1955). Repetition is the number
of times an answer is the one before it, against what the tasks would make likely.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.aggregation.result import winners
from fairhand.quality.frames import Column
from fairhand.quality.systems import ANSWERS, watcher
from fairhand.quality.watch.answers import Expected, expect, left_out, sum_by, take_answers
from fairhand.quality.watch.corrections import benjamini_hochberg, e_benjamini_hochberg, sum_tails
from fairhand.quality.watch.signal import (
    Signal,
    in_order,
    percent,
    strength_of_chance,
    strength_of_evidence,
)

LEAST_ANSWERS = 20
_CROWD_PRIOR = 8.0
"""Answers of each true class that a person who looks is expected to share with the crowd."""
_MATERIAL = 0.2
"""Repeats above what the tasks explain, as a share of the answers, that are worth a word."""
_OTHERWISE = (
    "Nearly all their tasks may truly have one answer.",
    "They may have met a misunderstanding that makes one label fit everything.",
    "The device may have failed to show the data, or a label may be hard to reach on it.",
)


@dataclass(frozen=True, slots=True)
class Attention:
    """How far one person's answers follow the tasks.

    `bits` is the mutual information of answers and the others' consensus, of `most_bits` that
    fit in the consensus. `log_without_looking` is the natural logarithm of the Bayes factor for
    answers that do not depend on the task. `repeats` answers were the one before them, where
    `expected_repeats` were to be expected; `repeat_chance` is the exact chance of so many.
    """

    person: Any
    answers: int
    bits: float
    most_bits: float
    log_without_looking: float
    repeats: int
    expected_repeats: float
    repeat_chance: float


@dataclass(frozen=True, slots=True)
class Straightness:
    """Everybody with enough answers, by name, and signals."""

    people: tuple[Attention, ...]
    signals: tuple[Signal, ...]
    warnings: tuple[str, ...]


def find_straight_lining(
    task: object,
    worker: Column | None = None,
    label: Column | None = None,
    *,
    order: ArrayLike | None = None,
    least_answers: int = LEAST_ANSWERS,
    false_share: float = 0.01,
) -> Straightness:
    """Look for answers given without looking, in three columns or one table.

    `order` says when each answer was given (any numbers that grow); without it the rows are taken
    to be in order. Of the people pointed out at most `false_share` on average look at their
    tasks like everybody else. Raises ValueError for a missing value or unlike lengths.
    """
    codes, rows, repeated = take_answers(task, worker, label)
    when = _order(order, rows, repeated)
    found = straightness_of(
        expect(codes), when, least_answers=least_answers, false_share=false_share
    )
    return replace(found, warnings=(*left_out(repeated), *found.warnings))


@watcher(
    "straight_lining",
    "Sees whose answers do not depend on the task.",
    (*ANSWERS, "the order of a person's answers"),
    [
        ("least answers", LEAST_ANSWERS, "below this nobody is looked at"),
        ("share", _MATERIAL, "the least share of answers without looking that is worth a word"),
    ],
)
def straightness_of(
    expected: Expected,
    when: Floats,
    *,
    least_answers: int = LEAST_ANSWERS,
    false_share: float = 0.01,
) -> Straightness:
    """Do as `find_straight_lining` does with answers of which it is known what to expect.

    `when` holds a number for each answer that grows with time.
    """
    codes = expected.codes
    if len(codes) == 0 or len(codes.classes) < 2:
        return Straightness((), (), ("With one label nobody can be told apart.",))
    people = _attention(expected, when, least_answers)
    return Straightness(people, _signals(people, false_share), ())


def _order(order: ArrayLike | None, rows: Codes, repeated: int) -> Floats:
    if order is None:
        return rows.astype(np.float64)
    given = np.asarray(order, dtype=np.float64)
    if given.ndim != 1 or len(given) != len(rows) + repeated:
        raise ValueError("order must hold one number for each answer")
    if not np.isfinite(given).all():
        raise ValueError(f"order is missing in row {int((~np.isfinite(given)).argmax())}")
    return given[rows]


def _attention(expected: Expected, when: Floats, least: int) -> tuple[Attention, ...]:
    codes = expected.codes
    wide = len(codes.classes)
    consensus = expected.others
    seen = winners(consensus)
    cell = (codes.worker * wide + seen) * wide + codes.label
    tables = np.bincount(cell, minlength=len(codes.workers) * wide**2)
    counts = tables.reshape(len(codes.workers), wide, wide).astype(np.float64)
    log_ratio = _log_without_looking(counts, _seen_as(consensus, seen, codes))
    bits, most = _information(counts)
    repeats, likely, tails = _repeats(expected, when)
    answers = counts.sum(axis=(1, 2))
    return tuple(
        Attention(
            person=codes.workers[who],
            answers=int(answers[who]),
            bits=float(bits[who]),
            most_bits=float(most[who]),
            log_without_looking=float(log_ratio[who]),
            repeats=int(repeats[who]),
            expected_repeats=float(likely[who]),
            repeat_chance=float(tails[who]),
        )
        for who in np.flatnonzero(answers >= max(2, least)).tolist()
    )


def _seen_as(consensus: Floats, seen: Codes, codes: AnswerCodes) -> Floats:
    """The crowd's answers (shares) to tasks that the others see as each class."""
    wide = len(codes.classes)
    counts = np.bincount(seen * wide + codes.label, minlength=wide**2).reshape(wide, wide) + 0.5
    shares: Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _log_without_looking(counts: Floats, crowd: Floats) -> Floats:
    wide = counts.shape[1]
    without = _log_marginal(counts.sum(axis=1), np.full(wide, 0.5))
    looking = _log_marginal(counts, _CROWD_PRIOR * crowd + 0.05).sum(axis=1)
    found: Floats = without - looking
    return found


def _log_marginal(counts: Floats, prior: Floats) -> Floats:
    """Log probability of answers in their order under a Dirichlet prior on their shares."""
    total = special.gammaln(prior.sum(axis=-1)) - special.gammaln(
        counts.sum(axis=-1) + prior.sum(axis=-1)
    )
    found: Floats = total + (special.gammaln(counts + prior) - special.gammaln(prior)).sum(axis=-1)
    return found


def _information(counts: Floats) -> tuple[Floats, Floats]:
    """Mutual information of answer and consensus per person, and its most; both in bits."""
    size = np.maximum(counts.sum(axis=(1, 2)), 1.0)
    joint = counts / size[:, np.newaxis, np.newaxis]
    given, seen = joint.sum(axis=1), joint.sum(axis=2)
    bits = (special.entr(given) + special.entr(seen)).sum(axis=1) - special.entr(joint).sum((1, 2))
    used = ((given > 0).sum(axis=1) - 1) * ((seen > 0).sum(axis=1) - 1)
    bias = used / (2.0 * size)
    most: Floats = special.entr(seen).sum(axis=1) / np.log(2.0)
    return np.maximum(0.0, bits - bias) / np.log(2.0), most


def _repeats(expected: Expected, when: Floats) -> tuple[Floats, Floats, Floats]:
    """Count repeats in time, those that the tasks explain, and the exact tail; per person."""
    codes = expected.codes
    people = len(codes.workers)
    turn = np.lexsort((when, codes.worker))
    before, after = turn[:-1], turn[1:]
    own = codes.worker[before] == codes.worker[after]
    before, after = before[own], after[own]
    chance = expected.chance
    likely = (chance[before] * chance[after]).sum(axis=1)
    same = codes.label[before] == codes.label[after]
    who = codes.worker[after]
    repeats, due = sum_by(who, same, people), sum_by(who, likely, people)
    starts = np.concatenate([[0], np.cumsum(np.bincount(who, minlength=people))]).astype(np.intp)
    tails = sum_tails(likely, starts, repeats.astype(np.intp))
    return repeats, due, tails


def _signals(people: tuple[Attention, ...], false_share: float) -> tuple[Signal, ...]:
    blind = e_benjamini_hochberg([one.log_without_looking for one in people])
    stuck = benjamini_hochberg([one.repeat_chance for one in people])
    found = []
    for one, log_e, chance in zip(people, blind.tolist(), stuck.tolist(), strict=True):
        many = one.repeats - one.expected_repeats >= _MATERIAL * one.answers
        repeats = chance <= false_share and many
        if log_e >= -np.log(false_share) or repeats:
            strength = max(
                strength_of_evidence(log_e), strength_of_chance(chance) if repeats else 0.0
            )
            found.append(_signal(one, strength))
    return in_order(found)


def _signal(one: Attention, strength: float) -> Signal:
    told = one.bits / one.most_bits if one.most_bits > 0 else 0.0
    evidence = {
        "answers": float(one.answers),
        "bits": one.bits,
        "most_bits": one.most_bits,
        "log_without_looking": one.log_without_looking,
        "repeats": float(one.repeats),
        "expected_repeats": one.expected_repeats,
    }
    sentence = (
        f"{one.person}: {one.answers} answers tell {percent(told)} % of what the others say of the "
        f"tasks, and {one.repeats} times an answer was the one before it, "
        f"where {one.expected_repeats:.0f} times would be expected."
    )
    return Signal("straight_lining", (one.person,), evidence, strength, sentence, _OTHERWISE)

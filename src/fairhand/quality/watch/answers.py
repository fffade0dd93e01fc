"""What an answer would be expected to be: from what others said of the task, and the person's ways.

The consensus of a task leaves out the person in question, so that nobody vouches for themselves.
It is the model of A. P. Dawid and A. M. Skene (1979) with one error table for the whole crowd: with
a table each, fitted to the end, people who always agree with one another would be taken for the
best. One step with a table each follows, as careful people are the better witnesses. An answer's
chances are a logarithmic pool of two opinions (C. Genest, J. V. Zidek: Combining probability
distributions, Statistical Science 1, 1986): the consensus seen through the person's own error
table, and the shares of the others' answers to this very task, which know that it is a hard one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats, encode
from fairhand.quality.frames import Column, answer_columns
from fairhand.quality.watch.search import climb

_OWN_PRIOR = 5.0
"""Answers of each true class that a person's table borrows from the crowd's."""
_SHARE_PRIOR = 2.0
"""Answers that a task's shares borrow from the crowd's."""
_ROUNDS = 15
_LEAST = 1e-9
_TINY = 1e-300
_HEAVIEST = 3.0
"""No opinion is believed more than three times over."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Answers, and all that is needed to say what was to be expected of each.

    `votes` (tasks x classes) counts answers; `log_table` (true x given) is the crowd's error
    table. Two tables have a row an answer (x classes): `others` is the consensus of all other
    answers to its task by the crowd's table, `chance` what its person would give, going by these
    and by how good each of them is; each row of either sums to one.
    """

    codes: AnswerCodes
    votes: Floats
    log_prior: Floats
    log_table: Floats
    marginal: Floats
    others: Floats
    chance: Floats

    def consensus(self, task: Codes, *without: Codes) -> Floats:
        """Class probabilities (rows x classes) of each row's task, leaving out given answers.

        Each of `without` holds a label a row that is taken out of the votes.
        """
        votes = self.votes[task]
        rows = np.arange(len(task))
        for label in without:
            votes[rows, label] -= 1.0
        return _posterior(votes, self.log_prior, self.log_table)


def expect(codes: AnswerCodes) -> Expected:
    """Learn what to expect of each answer; a person answers each task once in `codes`."""
    votes = count_votes(codes)
    log_prior, log_table = _crowd_table(votes)
    rows = np.arange(len(codes))
    others = votes[codes.task]
    others[rows, codes.label] -= 1.0
    consensus = _posterior(others, log_prior, log_table)
    own = _own_tables(codes, consensus, np.exp(log_table))
    weighed = _weighed(codes, own, log_prior)
    own = _own_tables(codes, weighed, np.exp(log_table))
    marginal = (votes.sum(axis=0) + 1.0) / (votes.sum() + votes.shape[1])
    opinions = _opinions(own, codes.worker, weighed, others, marginal)
    chance = _pooled(opinions, _fit_pool(opinions, codes.label))
    return Expected(codes, votes, log_prior, log_table, marginal, consensus, chance)


def take_answers(
    task: object, worker: Column | None, label: Column | None
) -> tuple[AnswerCodes, Codes, int]:
    """Read answers; of a person's answers to one task keep the first.

    Gives the codes, the row each answer came from, and how many were left out.
    """
    columns = answer_columns(task, worker, label, ("task", "worker", "label"))
    codes = encode(*columns)
    keys = codes.task * max(1, len(codes.workers)) + codes.worker
    first = np.sort(np.unique(keys, return_index=True)[1])
    kept = AnswerCodes(
        codes.task[first], codes.worker[first], codes.label[first],
        codes.tasks, codes.workers, codes.classes,
    )  # fmt: skip
    return kept, first, len(codes) - len(first)


def count_votes(codes: AnswerCodes) -> Floats:
    """Count the answers of each task by class (tasks x classes)."""
    wide = len(codes.classes)
    cells = np.bincount(codes.task * wide + codes.label, minlength=len(codes.tasks) * wide)
    return cells.reshape(len(codes.tasks), wide).astype(np.float64)


def sum_by(group: Codes, value: NDArray[Any], groups: int) -> Floats:
    """Sum values by group."""
    return np.bincount(group, weights=value, minlength=groups).astype(np.float64)


def left_out(repeated: int) -> tuple[str, ...]:
    """Say that repeated answers were left out, when they were."""
    if not repeated:
        return ()
    return (f"{repeated} answers were left out: the person had answered that task before.",)


def _posterior(votes: Floats, log_prior: Floats, log_table: Floats) -> Floats:
    return _shares(votes @ log_table.T + log_prior)


def _shares(log_odds: Floats) -> Floats:
    """Turn rows of log odds into shares that sum to one; the odds are overwritten."""
    log_odds -= log_odds.max(axis=1, keepdims=True, initial=-np.inf)
    found: Floats = np.exp(log_odds, out=log_odds)
    found /= found.sum(axis=1, keepdims=True)
    return found


def _crowd_table(votes: Floats) -> tuple[Floats, Floats]:
    """One table for everybody by expectation maximisation, begun at the shares of the votes."""
    kinds, times = np.unique(votes, axis=0, return_counts=True)
    classes = votes.shape[1]
    belief = (kinds + 1e-3) / (kinds + 1e-3).sum(axis=1, keepdims=True)
    agree = np.eye(classes) + 0.1  # a class is called by its own name, until shown otherwise
    log_prior, log_table = np.zeros(classes), np.zeros((classes, classes))
    for _ in range(_ROUNDS):
        weighted = belief * times[:, np.newaxis]
        table = weighted.T @ kinds + agree
        log_table = np.log(table / table.sum(axis=1, keepdims=True))
        prior = weighted.sum(axis=0) + 1.0
        log_prior = np.log(prior / prior.sum())
        belief = _posterior(kinds, log_prior, log_table)
    return log_prior, log_table


def _weighed(codes: AnswerCodes, own: Floats, log_prior: Floats) -> Floats:
    """Consensus of all other answers to each answer's task, each heard as its person deserves.

    One step from the crowd's table and no more: repeated to the end, it would take people who
    always agree with one another for the best. Without it, two careful people whom a careless one
    contradicts would be found alike for being right.
    """
    heard = np.log(own)[codes.worker, :, codes.label]
    log_odds = log_prior - heard
    for true in range(heard.shape[1]):
        log_odds[:, true] += sum_by(codes.task, heard[:, true], len(codes.tasks))[codes.task]
    return _shares(log_odds)


def _own_tables(codes: AnswerCodes, consensus: Floats, table: Floats) -> Floats:
    people, classes = len(codes.workers), len(codes.classes)
    own = np.empty((people, classes, classes))
    cell = codes.worker * classes + codes.label
    for true in range(classes):
        own[:, true, :] = np.bincount(
            cell, weights=consensus[:, true], minlength=people * classes
        ).reshape(people, classes)
    own += _OWN_PRIOR * table
    found: Floats = own / own.sum(axis=2, keepdims=True)
    return found


def _opinions(
    own: Floats, person: Codes, consensus: Floats, votes: Floats, marginal: Floats
) -> tuple[Floats, Floats]:
    """Logarithms of both opinions, each rows x classes."""
    seen = np.full_like(consensus, _LEAST)
    for true in range(seen.shape[1]):  # all tables of all rows at once could fill the memory
        seen += consensus[:, true, np.newaxis] * own[person, true]
    shares = votes + _SHARE_PRIOR * marginal
    shares /= shares.sum(axis=1, keepdims=True)
    return np.log(seen), np.log(shares + _LEAST)


def _pooled(opinions: tuple[Floats, Floats], pool: Floats) -> Floats:
    return _shares(pool[0] * opinions[0] + pool[1] * opinions[1])


def _fit_pool(opinions: tuple[Floats, Floats], label: Codes) -> Floats:
    """Weights that make the answers likeliest, pulled weakly to the first opinion alone."""
    alone = np.array([1.0, 0.0])
    if len(label) == 0 or opinions[0].shape[1] < 2:
        return alone
    rows = np.arange(len(label))
    given = np.stack([opinion[rows, label] for opinion in opinions])

    def look(pool: Floats) -> tuple[float, Floats, Floats]:
        chance = _pooled(opinions, pool)
        value = float(np.log(chance[rows, label] + _TINY).sum())
        weighted = [chance * opinion for opinion in opinions]
        mean = np.stack([each.sum(axis=1) for each in weighted])
        second = [[float(np.vdot(each, opinion)) for opinion in opinions] for each in weighted]
        off = pool - alone
        slope = (given - mean).sum(axis=1) - off
        return value - 0.5 * float(off @ off), slope, np.array(second) - mean @ mean.T + np.eye(2)

    return climb(look, alone, low=0.0, high=_HEAVIEST)


def names(codes: AnswerCodes, people: NDArray[np.intp]) -> tuple[Any, ...]:
    """Name people by code."""
    return tuple(codes.workers[person] for person in people.tolist())

"""Tasks on which answers say little: one more hidden state beside the classes.

Some tasks are unclear. On them people do not err each in their own way; they guess, alike, and a
model that takes their answers for independent evidence becomes sure of what nobody knows. Here a
task is clear, and then of a class, or doubtful, and then answers come from the crowd's habit of
guessing (leaning to a person's own) whatever the truth. For a doubtful task the best guess at the
truth is the vote itself, so its share goes to the classes as the votes fell. Such dependence of
answers given the class is the subject of Y. Li, B. Rubinstein, T. Cohn: Exploiting worker
correlation for label aggregation in crowdsourcing, ICML 2019; a single shared state of guessing
is the smallest model of it.

A label that nobody gave can be true, but the more answers there are the seldomer it is: each
answer was a chance to name it. `absent` is the weight left to such a class by each answer, beside
one that was given, before anything is learned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.aggregation.engine import Family, Learned

BEGIN_DOUBTFUL = 0.2
VOTE_PRIOR = 0.1
"""Votes added to each class when a doubtful task's share is split among the classes."""


@dataclass(frozen=True, slots=True)
class WithDoubt:
    """A family with one more state, the last, in which answers do not depend on the truth.

    `guess` is the strength, in answers, with which a person's guessing leans to the crowd's; None
    is everybody guesses as the crowd does.
    """

    family: Family
    guess: float | None = 10.0
    begin: Learned | None = None

    @property
    def name(self) -> str:
        """The family's."""
        return self.family.name

    def states(self, classes: int) -> Codes:
        """The family's, and one of no class (-1)."""
        return np.append(self.family.states(classes), -1)

    def start(self, workers: int, classes: int) -> Learned:
        """Begin with any answer as likely as another on a doubtful task."""
        if self.begin is not None:
            return self.begin
        inner = self.family.start(workers, classes)
        guess = np.full((workers, classes), 1.0 / max(classes, 1))
        return _join(inner, guess, BEGIN_DOUBTFUL)

    def learn(self, counts: Floats, state_counts: Floats) -> Learned:
        """Learn from clear tasks as the family does, and guessing from doubtful ones."""
        inner = self.family.learn(counts[:, :, :-1], state_counts[:-1])
        guessed = counts[:, :, -1]
        crowd = guessed.sum(axis=0) + 1.0
        crowd /= max(crowd.sum(), 1.0)
        guess = np.broadcast_to(crowd, guessed.shape)
        if self.guess is not None:
            given = guessed.sum(axis=1, keepdims=True)
            guess = (guessed + self.guess * crowd) / (given + self.guess)
        doubtful = (state_counts[-1] + 1.0) / (state_counts.sum() + 2.0)
        return _join(inner, guess, float(doubtful))


def _join(inner: Learned, guess: Floats, doubtful: float) -> Learned:
    tables = np.concatenate([inner.log_tables, np.log(guess)[:, :, None]], axis=2)
    shares = np.append(inner.log_shares + np.log1p(-doubtful), np.log(doubtful))
    return Learned(tables, shares, inner.log_prior)


def vote_split(votes: Floats, known: Floats | None) -> Floats:
    """Split a doubtful task among the classes as votes fell (tasks x classes), knowing `known`.

    `known` holds log weights of the classes from elsewhere: a classifier, or a gold answer.
    """
    split: Floats = votes + VOTE_PRIOR
    split = split / split.sum(axis=1, keepdims=True)
    if known is not None:
        split = split * np.exp(known)
    return split


def offset_of(votes: Floats, known: Floats | None, absent: float, states: Codes) -> Floats:
    """Give the engine's log weights (tasks x states): `absent` classes, and what is known."""
    given = votes > 0.0
    by_class = np.where(given, 0.0, np.log(absent) * votes.sum(axis=1, keepdims=True))
    if known is not None:
        by_class = by_class + known
    # The evidence of a doubtful task sums over the classes it may yet be of.
    doubtful = np.log(vote_split(votes, known).sum(axis=1, keepdims=True))
    joined: Floats = np.concatenate([by_class, doubtful], axis=1)[:, states]
    return joined


def to_classes(posterior: Floats, split: Floats, states: Codes) -> Floats:
    """Sum the states of each class, and share out the doubtful one."""
    found: Floats = split / split.sum(axis=1, keepdims=True) * posterior[:, -1:]
    for state, code in enumerate(states[:-1].tolist()):
        found[:, code] += posterior[:, state]
    return found

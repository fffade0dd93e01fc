"""Majority vote: the baseline that every other aggregator has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, Floats, encode
from fairhand.quality.aggregation.result import Aggregation, names_of, winners
from fairhand.quality.frames import answer_columns
from fairhand.quality.systems import aggregator


@aggregator("majority", "the label given most often, everybody weighing the same")
@dataclass(frozen=True, slots=True)
class MajorityVote:
    """The label given most often; of labels given equally often, the first class.

    `probabilities` are the shares of the votes: how people voted, not how likely it is true.
    """

    def fit(
        self,
        task: object,
        worker: Sequence[Any] | NDArray[Any] | None = None,
        label: Sequence[Any] | NDArray[Any] | None = None,
        *,
        classes: Sequence[Any] | None = None,
        columns: tuple[str, str, str] = ("task", "worker", "label"),
    ) -> Aggregation:
        """Vote on answers given as one table, or as three columns of one length."""
        return self.fit_codes(encode(*answer_columns(task, worker, label, columns), classes))

    def fit_codes(self, codes: AnswerCodes) -> Aggregation:
        """Vote on answers that are codes already."""
        shares = vote_shares(codes)
        return Aggregation(
            tasks=codes.tasks,
            classes=codes.classes,
            workers=codes.workers,
            labels=names_of(codes.classes, winners(shares)),
            probabilities=shares,
            method="majority",
        )


def vote_counts(codes: AnswerCodes) -> Floats:
    """Count the votes of each class, tasks x classes."""
    n, k = len(codes.tasks), len(codes.classes)
    cells = np.bincount(codes.task * k + codes.label, minlength=n * k)
    return cells.reshape(n, k).astype(np.float64)


def vote_shares(codes: AnswerCodes) -> Floats:
    """Give each class's share of a task's votes; equal shares where nobody voted."""
    votes = vote_counts(codes)
    total = votes.sum(axis=1, keepdims=True)
    even = np.full_like(votes, 1.0 / max(votes.shape[1], 1))
    shares: Floats = np.divide(votes, total, out=even, where=total > 0)
    return shares

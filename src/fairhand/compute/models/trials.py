"""Learn and try out a model for one question; features are made once, whatever is tried.

Features that are known already may be given, a row for each example.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import (
    Example,
    Features,
    NotEnoughError,
    Predictor,
    Proposal,
)
from fairhand.compute.models.builtin import BuiltIn
from fairhand.compute.models.linear import embed_readable
from fairhand.model.project import Question

Rows = NDArray[np.int64]

_FOLDS: Final = 5
_FOLDS_OF_DRAWINGS: Final = 3
_TRIAL: Final = "trial"


class Trial:
    """The examples of one question, and the model that may learn from any of them."""

    def __init__(
        self,
        question: Question,
        model: BuiltIn,
        examples: Sequence[Example],
        seed: int,
        features: Features | None = None,
    ) -> None:
        self.question = question
        self.model = model
        self.examples = examples
        self.seed = seed
        self._features = features

    @property
    def _learns_from_features(self) -> bool:
        return hasattr(self.model.trainer, "fit_features")

    def features(self) -> Features:
        """Give the features of all examples, a row each; zeros stand for what cannot be read."""
        if self._features is None:
            items = [example.item for example in self.examples]
            self._features, _ = embed_readable(self.model.embedder, items)
        return self._features

    def learn(self, rows: Rows, version: str) -> bytes:
        """Learn from some of the examples; raises NotEnoughError when they are too few."""
        chosen = [self.examples[row] for row in rows]
        trainer: Any = self.model.trainer
        asked = {"seed": self.seed, "version": version}
        if self._learns_from_features:
            learnt = trainer.fit_features(self.question, self.features()[rows], chosen, **asked)
        else:
            learnt = trainer.fit(self.question, chosen, **asked)
        return bytes(learnt)

    def propose(self, learnt: bytes, rows: Rows, version: str = _TRIAL) -> list[Proposal]:
        """Say what a model that learnt this proposes for some of the examples."""
        items = [self.examples[row].item for row in rows]
        predictor: Any = self.model.trainer.load(self.question, learnt, version=version)
        items = [self.examples[row].item for row in rows]
        if self._learns_from_features and hasattr(predictor, "predict_features"):
            proposals: list[Proposal] = predictor.predict_features(self.features()[rows], items)
            return proposals
        plain: Predictor = predictor
        return plain.predict(items)

    def cross_validate(self, usable: Rows, asked: Rows) -> list[Proposal]:
        """Propose for `asked` by models that learnt from `usable`, each without its own fold.

        Folds go by task, the same in every call, so that two calls can be compared pair by pair. A
        fold without enough to learn from proposes nothing.
        """
        folds = _FOLDS if self._learns_from_features else _FOLDS_OF_DRAWINGS
        folds = max(2, min(folds, len(usable)))
        proposals = [Proposal(None)] * len(asked)
        for fold in range(folds):
            own = np.flatnonzero(self._fold(asked, folds) == fold)
            if not own.size:
                continue
            try:
                learnt = self.learn(usable[self._fold(usable, folds) != fold], _TRIAL)
            except NotEnoughError:
                continue
            for place, proposal in zip(own, self.propose(learnt, asked[own]), strict=True):
                proposals[place] = proposal
        return proposals

    def _fold(self, rows: Rows, folds: int) -> Rows:
        """Give each example's fold: by the order of its task, so that folds are even."""
        tasks = np.array([example.item.task_id for example in self.examples], dtype=np.int64)
        order = np.empty(len(tasks), np.int64)
        order[np.argsort(tasks, kind="stable")] = np.arange(len(tasks))
        return order[rows] % folds

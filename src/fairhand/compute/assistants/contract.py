"""What an assistant is given, and what it gives back: plain values, no database, no clock.

A `Predictor` proposes answers; a `Trainer` makes predictors from people's answers. What was learnt
is bytes that hold no code (never a pickle), so that a file from elsewhere cannot run anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fairhand.core.errors import FairhandError
from fairhand.model.project import Question

Features = NDArray[np.float32]
"""Items by dimensions, a row for each item."""


@dataclass(frozen=True, slots=True)
class Item:
    """A task as a model sees it. `media` reads its file when it is called, and only then."""

    task_id: int
    data: Mapping[str, Any]
    media: Callable[[], bytes] | None = None
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """An item with what people answered, by question name, and how much that answer weighs."""

    item: Item
    value: Mapping[str, Any]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a model proposes for one item.

    `value` maps question names to answers, as an annotation does; None: it has nothing to propose.
    `score` is the calibrated probability that people would say the same. `probabilities` maps, for
    questions with labels, each label to its probability. `details` is kept with the prediction:
    cost, hash of the prompt, whatever explains it later.
    """

    value: dict[str, Any] | None
    score: float | None = None
    probabilities: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    model: str | None = None  # name@version, where a server says it of itself
    cost_micros: int = 0
    cost_currency: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class Predictor(Protocol):
    """Proposes answers: as many proposals as items, in their order."""

    @property
    def model(self) -> str:
        """Name and version, as `text-linear@3f2a…`."""

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Propose an answer for every item; raises AssistantError when that cannot be done."""


class Embedder(Protocol):
    """Turns items into features, so that near things lie near each other."""

    @property
    def name(self) -> str:
        """Name and version; features of different names never meet."""

    def embed(self, items: Sequence[Item]) -> Features:
        """Give float32 features, a row for each item."""


class Trainer(Protocol):
    """Learns from people's answers to one question."""

    @property
    def name(self) -> str:
        """The name that its predictors carry before their version."""

    def fit(
        self, question: Question, examples: Sequence[Example], *, seed: int, version: str
    ) -> bytes:
        """Learn; raises NotEnoughError when there is too little to learn from."""

    def load(self, question: Question, learnt: bytes, *, version: str) -> Predictor:
        """Make a predictor of what was learnt; raises AssistantError on bytes that are none."""


class AssistantError(FairhandError):
    """An assistant failed; `hop` names where: address, connect, answer, shape, value."""

    code = "assistant_failed"
    status = 502

    def __init__(self, message: str, *, hop: str = "answer", code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.hop = hop


class NotEnoughError(AssistantError):
    """There is too little to learn from yet: `message` says what is missing."""

    code = "not_enough_yet"
    status = 409

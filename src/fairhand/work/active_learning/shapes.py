"""What a choice is made from, and what it says: plain values, no database, no clock.

N are the items that could be asked next, M the items that people have answered already, D the
dimensions of their features, C the classes, H the heads (models of the same answers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Phase = Literal["coverage", "uncertainty", "random"]


@dataclass(frozen=True, slots=True)
class Pool:
    """The items that could be asked next, and what is known of them and of those answered.

    `features` are N x D, near things near each other, in any unit. `probabilities` are N x C, a
    row's sum 1, by the model of the moment; None before there is one. `labelled_features` are
    M x D and `labels` M class numbers (-1: answered, and of no class). `classes` is C where there
    are no probabilities to count it from.

    `seconds` (N) is how long a person takes to answer each by hand, `acceptance` (N) how probably
    the proposal will be accepted, and `seconds_to_accept` (N) how long accepting takes; without
    both of these, every item counts as answered by hand. `slices` names, by attribute
    (`language`), each item's value; `labelled_slices` the same of the M. `held_out` (N) marks
    items that are kept from training: no strategy chooses them. `heads` are H x N x C, for `bald`.
    """

    features: Floats
    probabilities: Floats | None = None
    labelled_features: Floats | None = None
    labels: NDArray[np.integer[Any]] | None = None
    classes: int | None = None
    seconds: NDArray[np.floating[Any]] | None = None
    acceptance: NDArray[np.floating[Any]] | None = None
    seconds_to_accept: NDArray[np.floating[Any]] | None = None
    slices: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    labelled_slices: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    held_out: NDArray[np.bool_] | None = None
    heads: Floats | None = None

    @property
    def size(self) -> int:
        """Count the items that could be asked next."""
        return len(self.features)

    @property
    def answered(self) -> int:
        """Count the items that people have answered."""
        return 0 if self.labelled_features is None else len(self.labelled_features)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to choose; every default is the safe one.

    `quotas` are the coverage that the owner asks for: by attribute and value, the least share of
    all answered items ({"language": {"sw": 0.3}}). `holdout_share` is the share of a batch that is
    drawn by chance from the items held out (from all, where none is marked). `cost_aware` weighs
    what an item may teach by the minutes that it takes, where they are known. `explore_share` is a
    share of the batch drawn by chance all the same, for those who want one.
    """

    strategy: str = "auto"
    quotas: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    holdout_share: float = 0.0
    explore_share: float = 0.0
    cost_aware: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """What to ask next, the most wanted first, and why.

    `indices` are row numbers of the pool, each once. `reasons` says for each, in a word, what
    chose it: `coverage`, `uncertainty`, `quota:language=sw`, `explore` or `holdout`. `strategy`
    is the strategy that chose, by name, also where `auto` chose it. Those under `holdout` are
    for measuring, and must not train.
    """

    indices: Indices
    strategy: str
    phase: Phase
    reasons: tuple[str, ...]

    @property
    def held_out(self) -> Indices:
        """Give those of the choice that are kept from training."""
        kept = np.array([why == "holdout" for why in self.reasons], bool)
        held: Indices = self.indices[kept]
        return held


@dataclass(frozen=True, slots=True)
class Field:
    """What a strategy sees: the pool, the rows it may choose from, and what each is worth.

    `rows` are row numbers of the pool in rising order; None stands for all of them, so that a
    million numbers are not written down for nothing. `weights` (N, mean about 1) is how much more
    an item teaches in a minute than others that are as uncertain; None: all the same.
    """

    pool: Pool
    rows: Indices | None = None
    weights: Floats | None = None


Pick = Callable[[Field, int, np.random.Generator], Indices]
"""A strategy: chooses a number of rows of the pool, the most wanted first, each once."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """A named way to choose: what it is in a few words, and what it cannot do without."""

    pick: Pick
    words: str
    phase: Phase
    needs: tuple[Literal["probabilities", "heads"], ...] = ()

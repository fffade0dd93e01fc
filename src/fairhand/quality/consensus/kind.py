"""How answers of one question kind become a consensus.

A kind is either *modelled*, where what is known of people weighs their answers (its parts each
have a set of classes), or *voted*, where the answers alone decide. A new kind is one file with
one of the two, and one line in the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.labels.kind import Config
from fairhand.quality.aggregation.codes import Floats


@dataclass(frozen=True, slots=True)
class Part:
    """One categorical judgement inside an answer; `read` gives its class code, None for none."""

    name: str
    classes: tuple[str, ...]
    read: Callable[[Any], int | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The consensus answer and how sure it is."""

    value: Any
    confidence: float


Counts = Mapping[str, Floats]
"""Part name to how many people gave each of its classes."""

Beliefs = Mapping[str, Floats]
"""Part name to the probability of each of its classes."""


@dataclass(frozen=True, slots=True)
class Modelled:
    """A kind whose answers are weighed by what is known of the people who gave them.

    Where a question has no one truth (`is_subjective`) nobody is weighed: `spread` writes the
    answers down as they were given.
    """

    method: str
    parts: Callable[[Config], tuple[Part, ...]]
    settle: Callable[[Config, Beliefs], Verdict]
    is_subjective: Callable[[Config], bool]
    spread: Callable[[Config, Counts], Any]


@dataclass(frozen=True, slots=True)
class Voted:
    """A kind whose answers are joined as they are.

    `likeness` says how alike two answers are, 0 to 1, and 1 for the same; `measure` names it. An
    answer that is `enough` like a known one is right.
    """

    method: str
    settle: Callable[[Config, Sequence[Any]], Verdict]
    likeness: Callable[[Any, Any], float]
    measure: str
    enough: float = 0.5


ConsensusKind = Modelled | Voted

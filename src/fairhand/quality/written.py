"""How beliefs and models are written as JSON, and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from fairhand.labels.answers import Asked
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Beliefs, Modelled

ModelKey = tuple[str, str]
"""Question and part."""

_NEGLIGIBLE = 1e-9
"""A probability or count this small is not written; readers take what is absent for zero."""


def classes_by_part(questions: Sequence[Asked]) -> dict[ModelKey, tuple[str, ...]]:
    """Give the classes of every part of the modelled questions."""
    return {
        (question.name, part.name): part.classes
        for question in questions
        if isinstance(kind := KINDS[question.kind], Modelled)
        for part in kind.parts(question.config)
    }


def to_json(value: Any) -> str:  # noqa: ANN401  # JSON
    """Write JSON text."""
    return orjson.dumps(value).decode()


def beliefs_to(question: str, beliefs: Beliefs, classes: Mapping[ModelKey, tuple[str, ...]]) -> str:
    """Name each class's probability, part by part."""
    named = {
        part: {
            name: float(chance)
            for name, chance in zip(classes[question, part], belief, strict=True)
            if chance > _NEGLIGIBLE
        }
        for part, belief in beliefs.items()
    }
    return to_json(named)


def belief_from(classes: tuple[str, ...], named: Mapping[str, float]) -> Floats:
    """Put named probabilities into the order of the classes."""
    return np.array([named.get(name, 0.0) for name in classes])


def counts_to(counts: Floats) -> str:
    """Write the columns of the classes that were given; most people give few of many."""
    given = np.flatnonzero(counts.max(axis=0, initial=0.0) > _NEGLIGIBLE)
    return to_json({str(code): counts[:, code].tolist() for code in given.tolist()})


def counts_from(written: str, classes: int) -> Floats:
    """Read the columns that `counts_to` has written."""
    counts = np.zeros((classes, classes))
    for code, column in orjson.loads(written).items():
        counts[:, int(code)] = column
    return counts

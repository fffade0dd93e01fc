"""Scores of labels: accuracy, F1 by label and over labels, and which is taken for which.

F1 over labels is the mean of each label's own F1 (C. J. van Rijsbergen: Information Retrieval,
1979; the mean of F1 and not the F1 of means, as J. Opitz, S. Burst: Macro F1 and macro F1, 2019).
Its interval is a bootstrap over tasks (B. Efron, 1979), drawn on the counts of equal tasks, which
is the same draw and costs nothing per task.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.evaluation.judged import Estimate, Floats, wilson

RESAMPLES = 1_000
_CHUNK_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How one label does; `given` counts the model's, `true` people's. None: nothing to divide."""

    label: str
    true: int
    given: int
    precision: float | None
    precision_low: float
    precision_high: float
    recall: float | None
    recall_low: float
    recall_high: float
    f1: float


@dataclass(frozen=True, slots=True)
class LabelScores:
    """Scores over labels; `confusion` has a row for each true label, None for several labels."""

    macro_f1: Estimate
    labels: tuple[LabelScore, ...]
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...] | None


def score_labels(
    classes: Sequence[str],
    truths: Sequence[Any],
    predicted: Sequence[Any],
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
) -> LabelScores:
    """Score predicted labels against true ones; each is a label or a set of labels.

    Labels that nobody gave, neither people nor the model, are left out of the mean. Raises
    ValueError for nothing to score.
    """
    if not truths:
        raise ValueError("there is nothing to score")
    known = {label: at for at, label in enumerate(classes)}
    said = _one_hot(known, truths)
    given = _one_hot(known, predicted)
    patterns, counts = np.unique(np.hstack([said, given]), axis=0, return_counts=True)
    size = len(classes)
    hits = patterns[:, :size] & patterns[:, size:]
    parts = (hits, patterns[:, :size], patterns[:, size:])
    both, true, claimed = ((counts @ part.astype(np.float64)) for part in parts)
    seen = (true + claimed) > 0
    f1 = _f1(both, true, claimed)
    macro = float(f1[seen].mean()) if seen.any() else 0.0
    low, high = _bootstrap(parts, counts, rng, resamples)
    several = any(not isinstance(one, str) for one in (*truths, *predicted))
    return LabelScores(
        Estimate(macro, min(low, macro), max(high, macro), len(truths)),
        tuple(
            _label(label, both[at], true[at], claimed[at], f1[at])
            for at, label in enumerate(classes)
            if seen[at]
        ),
        tuple(label for at, label in enumerate(classes) if seen[at]),
        None if several else _confusion(said, given, seen),
    )


def _one_hot(known: dict[str, int], answers: Sequence[Any]) -> Any:  # noqa: ANN401  # booleans
    table = np.zeros((len(answers), len(known)), dtype=np.bool_)
    for at, answer in enumerate(answers):
        labels: Collection[str] = (answer,) if isinstance(answer, str) else answer
        for label in labels:
            table[at, known[label]] = True
    return table


def _f1(both: Floats, true: Floats, claimed: Floats) -> Floats:
    total = true + claimed
    found: Floats = np.where(total > 0, 2 * both / np.maximum(total, 1e-300), 0.0)
    return found


def _bootstrap(
    parts: Sequence[Any],
    counts: NDArray[np.int64],
    rng: np.random.Generator,
    resamples: int,
) -> tuple[float, float]:
    total = int(counts.sum())
    step = max(1, _CHUNK_CELLS // max(1, len(counts)))
    found: list[Floats] = []
    for start in range(0, resamples, step):
        drawn = rng.multinomial(total, counts / total, size=min(step, resamples - start))
        both, true, claimed = (drawn @ part.astype(np.float64) for part in parts)
        seen = (true + claimed) > 0
        scores = np.where(seen, _f1(both, true, claimed), 0.0)
        found.append(scores.sum(axis=1) / np.maximum(seen.sum(axis=1), 1))
    low, high = np.quantile(np.concatenate(found), (0.025, 0.975))
    return float(low), float(high)


def _label(label: str, both: float, true: float, claimed: float, f1: float) -> LabelScore:
    return LabelScore(
        label,
        int(true),
        int(claimed),
        both / claimed if claimed else None,
        *wilson(both, claimed),
        both / true if true else None,
        *wilson(both, true),
        float(f1),
    )


def _confusion(said: Any, given: Any, seen: Any) -> tuple[tuple[int, ...], ...]:  # noqa: ANN401
    table = said.astype(np.int64).T @ given.astype(np.int64)
    kept = table[np.ix_(seen, seen)]
    return tuple(tuple(int(one) for one in row) for row in kept)

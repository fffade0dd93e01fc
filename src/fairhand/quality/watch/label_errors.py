"""Labels that a model trained on the others would not have given: candidates for a second look.

Confident learning: C. G. Northcutt, L. Jiang, I. L. Chuang: Confident learning: estimating
uncertainty in dataset labels, JAIR 70 (2021). The probabilities must be out of fold: of a model
that has not seen the label it judges. A row counts as confidently of a class when its probability
reaches that class's mean probability among the rows labelled so; counting given against confident
class gives the confident joint, and its calibrated form the share of each class that is labelled
as another. A candidate is asked again; nothing is changed by being one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairhand.quality.aggregation.codes import Codes, Floats
from fairhand.quality.watch.label_error_loops import (
    Probabilities,
    judge_rows,
    self_confidence_sums,
)

Method = Literal["noise_rate", "off_diagonal", "both"]
Order = Literal["self_confidence", "margin"]

_MOST_CLASSES = 32_000


@dataclass(frozen=True, slots=True)
class LabelErrors:
    """What confident learning says of each row; probabilities in 0..1, rows in the order given.

    `candidates` are row numbers, the most doubtful first. `self_confidence` is the probability of
    the given label; `margin` that probability less the best other one (-1..1); `best` the
    number of the most probable class. `thresholds` are per class (NaN where no row has it).
    `joint[i, j]` estimates the share of all rows that are labelled i and truly j;
    `share_wrong` is what lies off its diagonal.
    """

    classes: tuple[Any, ...]
    candidates: NDArray[np.intp]
    self_confidence: Floats
    margin: Floats
    best: Codes
    thresholds: Floats
    joint: Floats
    share_wrong: float
    warnings: tuple[str, ...]

    @property
    def suggested(self) -> tuple[Any, ...]:
        """The most probable class of each candidate, in the order of `candidates`."""
        return tuple(self.classes[code] for code in self.best[self.candidates].tolist())


def find_label_errors(
    given: ArrayLike | Sequence[Any],
    probabilities: ArrayLike,
    *,
    classes: Sequence[Any] | None = None,
    method: Method = "noise_rate",
    order: Order = "self_confidence",
) -> LabelErrors:
    """Find rows whose label is probably wrong.

    `probabilities` (rows x classes, each row sums to one; float16, float32 or float64) are out of
    fold. `given` holds class numbers, or names out of `classes`. `noise_rate` takes, of the rows
    labelled i, as many with the largest margin for j as the joint says are truly j;
    `off_diagonal` takes the rows counted off the diagonal of the confident joint; `both` what both
    take. Raises ValueError for rows that are no probabilities and for labels out of range.
    """
    table = _table(probabilities)
    names, label = _labels(given, table.shape[1], classes, len(table))
    thresholds, counts = _thresholds(table, label)
    judged = judge_rows(table, label, thresholds)
    joint = _calibrated(judged.joint, counts)
    wrong = _wrong(method, table, label, joint, judged.confident, judged.margin)
    score = judged.self_confidence if order == "self_confidence" else judged.margin
    rows = np.flatnonzero(wrong)
    rows = rows[np.lexsort((rows, judged.margin[rows], score[rows]))]
    return LabelErrors(
        classes=names,
        candidates=rows,
        self_confidence=judged.self_confidence,
        margin=judged.margin,
        best=judged.best,
        thresholds=np.where(counts > 0, thresholds, np.nan),
        joint=joint,
        share_wrong=float(joint.sum() - np.trace(joint)),
        warnings=_warnings(table, counts, names),
    )


def combine_opinions(consensus: ArrayLike, classifier: ArrayLike) -> Floats:
    """Join people's consensus with a classifier's out-of-fold probabilities (rows x classes).

    The classifier is first made as sure as it deserves: one exponent over its log odds (C. Guo et
    al.: On calibration of modern neural networks, ICML 2017) that explains the consensus best.
    The two then multiply, as two witnesses who saw the task apart, with the classes' shares taken
    out once. Feed the result to `find_label_errors` to see labels that both together doubt.
    """
    people, model = _shares(consensus), _shares(classifier)
    if people.shape != model.shape:
        raise ValueError(f"the tables differ in shape: {people.shape} and {model.shape}")
    if not len(people):
        return people
    log_model = np.log(np.maximum(model, 1e-7))
    sharpness = _best_exponent(people, log_model)
    prior = (people.sum(axis=0) + 1.0) / (len(people) + people.shape[1])
    return _softmax(np.log(np.maximum(people, 1e-12)) + sharpness * log_model - np.log(prior))


def _shares(probabilities: ArrayLike) -> Floats:
    table = _table(probabilities)
    self_confidence_sums(table, np.zeros(len(table), dtype=np.intp))  # refuses what is none
    return table.astype(np.float64)


def _best_exponent(people: Floats, log_model: Floats) -> float:
    """Minimise the cross-entropy, a convex function of the exponent, by Newton's method."""
    exponent = 1.0
    for _ in range(30):
        chance = _softmax(exponent * log_model)
        mean = (chance * log_model).sum(axis=1)
        slope = float((people * log_model).sum() - mean.sum()) - (exponent - 1.0)
        curve = float((chance * log_model**2).sum() - (mean**2).sum()) + 1.0
        step = float(np.clip(slope / curve, -0.5, 0.5))
        exponent = max(0.0, exponent + step)
        if abs(step) < 1e-6:
            break
    return exponent


def _softmax(log_odds: Floats) -> Floats:
    odds = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
    found: Floats = odds / odds.sum(axis=1, keepdims=True)
    return found


def _table(probabilities: ArrayLike) -> Probabilities:
    table = np.asarray(probabilities)
    if table.ndim != 2 or table.shape[1] < 1:
        raise ValueError("probabilities must be a table of rows x classes")
    if table.shape[1] > _MOST_CLASSES:
        raise ValueError(f"there may be {_MOST_CLASSES} classes at most")
    kept: Probabilities = np.ascontiguousarray(
        table, dtype=np.float32 if table.dtype in (np.float16, np.float32) else np.float64
    )
    return kept


def _labels(
    given: ArrayLike | Sequence[Any], wide: int, classes: Sequence[Any] | None, size: int
) -> tuple[tuple[Any, ...], Codes]:
    if len(np.shape(given)) != 1 or len(given) != size:  # type: ignore[arg-type]
        raise ValueError(f"given must hold one label for each of {size} rows")
    if classes is None:
        codes = np.asarray(given)
        if codes.dtype.kind not in "iu" and size:
            raise ValueError("given must hold class numbers; or name the classes with classes=")
        names: tuple[Any, ...] = tuple(range(wide))
    else:
        names = tuple(classes)
        place = {name: code for code, name in enumerate(names)}
        if len(names) != wide or len(place) != wide:
            raise ValueError(f"classes must name each of {wide} columns once")
        labels = given.tolist() if isinstance(given, np.ndarray) else given
        codes = np.array([place.get(label, -1) for label in labels])  # type: ignore[union-attr]
    bad = (codes < 0) | (codes >= wide)
    if bad.any():
        raise ValueError(f"the label of row {int(bad.argmax())} is not one of {wide} classes")
    return names, codes.astype(np.intp)


def _thresholds(table: Probabilities, label: Codes) -> tuple[Floats, Floats]:
    sums = self_confidence_sums(table, label)
    counts = np.bincount(label, minlength=table.shape[1]).astype(np.float64)
    # A class that nothing is labelled as has no threshold that could be reached.
    return np.where(counts > 0, sums / np.maximum(counts, 1.0), np.inf), counts


def _calibrated(confident: Floats, counts: Floats) -> Floats:
    """The joint of given and true class, each row at its true share (the paper's equation 3)."""
    joint = confident.copy()
    # A class of which no row is sure says nothing of its errors: take its labels as they are.
    silent = joint.sum(axis=1) == 0
    joint[silent, silent] = 1.0
    joint *= (counts / joint.sum(axis=1))[:, np.newaxis]
    found: Floats = joint / max(1.0, counts.sum())
    return found


def _wrong(
    method: Method,
    table: Probabilities,
    label: Codes,
    joint: Floats,
    confident: Codes,
    margin: Floats,
) -> NDArray[np.bool_]:
    off: NDArray[np.bool_] = (confident >= 0) & (confident != label)
    off &= margin < 0
    if method == "off_diagonal":
        return off
    by_rate = _by_noise_rate(table, label, joint, np.flatnonzero(margin < 0))
    if method == "both":
        return by_rate & off
    if method != "noise_rate":
        raise ValueError(f"method is noise_rate, off_diagonal or both; not {method!r}")
    return by_rate


def _by_noise_rate(
    table: Probabilities, label: Codes, joint: Floats, doubtful: Codes
) -> NDArray[np.bool_]:
    """Of the rows labelled i, the n_ij with the largest margin for j over i, for every j.

    Only `doubtful` rows can be among them: those where some class is ahead of i at all.
    """
    wrong = np.zeros(len(label), dtype=np.bool_)
    many = np.rint(joint * len(label)).astype(np.intp)
    order = doubtful[np.argsort(label[doubtful].astype(np.int16), kind="stable")]
    edges = np.searchsorted(label[order], np.arange(len(joint) + 1))
    for i in range(len(joint)):
        rows = order[edges[i] : edges[i + 1]]
        chances = np.ascontiguousarray(table[rows].T)
        for j in np.flatnonzero(many[i]).tolist():
            if j == i:
                continue
            ahead = chances[j] - chances[i]
            some = np.flatnonzero(ahead > 0)
            if len(some) > many[i, j]:
                some = some[np.argpartition(-ahead[some], many[i, j] - 1)[: many[i, j]]]
            wrong[rows[some]] = True
    return wrong


def _warnings(table: Probabilities, counts: Floats, names: tuple[Any, ...]) -> tuple[str, ...]:
    found = []
    rare = [str(names[code]) for code in np.flatnonzero((counts > 0) & (counts < 5)).tolist()]
    if rare:
        found.append(f"Fewer than five rows are labelled {', '.join(rare)}: little is known there.")
    if table.shape[1] < 2:
        found.append("With one class no label can be wrong.")
    return tuple(found)

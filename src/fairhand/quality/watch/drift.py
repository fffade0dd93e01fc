"""Has a person's or the crowd's share of right answers changed? Watched at all times, honestly.

The evidence against "one unchanging share" is an e-process: the probability of the answers under
"changed once, at an unknown place, between unknown shares" over the largest that any unchanging
share gives them (L. Wasserman, A. Ramdas, S. Balakrishnan: Universal inference, PNAS 117, 2020;
A. Ramdas, J. Ruf, M. Larsson, W. Koolen: Testing exchangeability: fork-convex hulls,
supermartingales and e-processes, Int. J. Approx. Reason. 141, 2022). Looking after every answer it
passes 1/a with probability a at most while nothing changes. Where the change lies is the posterior
over places, as in P. Fearnhead: Exact Bayesian inference for multiple changepoint problems,
Stat. Comput. 16 (2006), for one change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fairhand.quality.aggregation.codes import Codes, Floats, encode
from fairhand.quality.frames import Column
from fairhand.quality.systems import ANSWERS, watcher
from fairhand.quality.watch.corrections import e_benjamini_hochberg
from fairhand.quality.watch.intervals import exact_interval
from fairhand.quality.watch.signal import Signal, in_order, percent, strength_of_evidence

_PRIOR_ANSWERS = 4.0
"""Answers that the first share borrows from everybody else's."""
_CROWD_WINDOWS = 100
_OTHERWISE = (
    "The tasks may have become harder, or of another kind.",
    "The guidelines or the gold answers may have changed in between.",
    "They may be tired or unwell; ask how they are before anything else.",
)


@dataclass(frozen=True, slots=True)
class Window:
    """Answers start..stop-1 in time: so many right, and the exact 95 % interval of the share."""

    start: int
    stop: int
    right: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Drift:
    """One person's (or, as None, the crowd's) right answers over time.

    `log_evidence` is the natural logarithm of the e-value against an unchanging share. The
    likeliest change comes before answer `change` (0-based), with probability 95 % between
    `change_low` and `change_high`; `before` and `after` are right and number on either side.
    """

    person: Any
    answers: int
    log_evidence: float
    change: int
    change_low: int
    change_high: int
    before: tuple[int, int]
    after: tuple[int, int]
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Everybody by name, the crowd as a whole, signals about falls (never about rises)."""

    people: tuple[Drift, ...]
    crowd: Drift
    signals: tuple[Signal, ...]
    warnings: tuple[str, ...]


@watcher(
    "drift",
    "Sees who agrees with others less, or more, than they did before.",
    (*ANSWERS, "the order of a person's answers"),
    [("prior answers", _PRIOR_ANSWERS, "how firmly people are taken to stay as they are")],
)
def find_drift(
    worker: Column,
    right: ArrayLike,
    *,
    order: ArrayLike | None = None,
    window: int = 50,
    false_share: float = 0.05,
) -> DriftReport:
    """Look for people whose share of right answers changed: two columns of one length.

    `right` is true where an answer was right, or agreed with the consensus of the others. `order`
    says when each was given (numbers that grow); without it rows are in order. `window` is the
    number of answers in each windowed estimate; the crowd has a hundred windows at most. Of the
    people pointed out at most `false_share` on average did not change, however often one looks.
    The crowd's own figure is pooled over people who differ, so it also moves when who works
    changes. Raises ValueError for a missing value, an outcome other than true and false, or unlike
    lengths.
    """
    outcome = _outcomes(right, len(worker))
    if window < 2:
        raise ValueError(f"a window needs at least 2 answers; it has {window}")
    codes = encode(np.zeros(len(worker), dtype=np.intp), worker, outcome.astype(np.intp))
    turn = np.lexsort((_moments(order, len(worker)), codes.worker))
    edges = np.searchsorted(codes.worker[turn], np.arange(len(codes.workers) + 1))
    total, size = int(outcome.sum()), len(outcome)
    people = []
    for who, name in enumerate(codes.workers):
        own = outcome[turn[edges[who] : edges[who + 1]]]
        rest = size - len(own)
        typical = (total - int(own.sum())) / rest if rest else 0.5
        people.append(_drift(name, own, typical, window))
    in_time = outcome[np.argsort(_moments(order, size), kind="stable")]
    crowd = _drift(None, in_time, 0.5, max(window, -(-size // _CROWD_WINDOWS)))
    warnings = () if size else ("There are no answers yet.",)
    return DriftReport(tuple(people), crowd, _signals(people, crowd, false_share), warnings)


def log_evidence_of_change(right: NDArray[np.bool_], typical: float = 0.5) -> Floats:
    """Evidence at each place of a change: its sum (in logs) is the e-value against no change.

    Entry k < n is for a change before answer k (entry 0 stands for "not yet"). `typical` is the
    share to expect before the change; it must not be taken from these answers.
    """
    size = len(right)
    if size == 0:
        return np.zeros(1)
    sums = np.concatenate([[0], np.cumsum(right)]).astype(np.float64)
    place = np.arange(1, size)
    a, b = 0.5 + _PRIOR_ANSWERS * typical, 0.5 + _PRIOR_ANSWERS * (1.0 - typical)
    first = _log_marginal(sums[place], place, a, b)
    second = _log_marginal(sums[size] - sums[place], size - place, 0.5, 0.5)
    log_weight = _log_weights(place)
    not_yet = np.log1p(-min(1.0 - 1e-12, float(np.exp(log_weight).sum())))
    whole = _log_marginal(sums[size:], np.array([size]), a, b)
    share = sums[size] / size
    best = special.xlogy(sums[size], share) + special.xlogy(size - sums[size], 1.0 - share)
    found: Floats = np.concatenate([not_yet + whole, log_weight + first + second]) - best
    return found


def _log_weights(place: Codes) -> Floats:
    """Prior of the place of a change: 1 / ((j+1)(j+2)) on 2^j..2^(j+1)-1, even within.

    It sums to one over all numbers, so it need not know how many answers there will be.
    """
    octave = np.floor(np.log2(place))
    found: Floats = -np.log((octave + 1.0) * (octave + 2.0)) - octave * np.log(2.0)
    return found


def _log_marginal(right: Floats, of: NDArray[Any], a: float, b: float) -> Floats:
    found: Floats = special.betaln(right + a, of - right + b) - special.betaln(a, b)
    return found


def _drift(name: object, right: NDArray[np.bool_], typical: float, window: int) -> Drift:
    log_evidence = log_evidence_of_change(right, typical)
    places = log_evidence[1:]
    if len(places):
        change = int(places.argmax()) + 1
        belief = np.cumsum(np.exp(places - special.logsumexp(places)))
        low, high = (int(np.searchsorted(belief, at)) + 1 for at in (0.025, 0.975))
    else:
        change = low = high = len(right)
    return Drift(
        person=name,
        answers=len(right),
        log_evidence=float(special.logsumexp(log_evidence)),
        change=change,
        change_low=min(low, len(right)),
        change_high=min(high, len(right)),
        before=(int(right[:change].sum()), change),
        after=(int(right[change:].sum()), len(right) - change),
        windows=_windows(right, window),
    )


def _windows(right: NDArray[np.bool_], window: int) -> tuple[Window, ...]:
    """Estimates of stretches of `window` answers; a last short stretch stands for itself."""
    starts = np.arange(0, len(right), window)
    sizes = np.minimum(window, len(right) - starts)
    sums = np.add.reduceat(right.astype(np.intp), starts) if len(right) else sizes
    low, high = exact_interval(sums, sizes)
    rows = zip(starts.tolist(), sizes.tolist(), sums.tolist(), low, high, strict=True)
    return tuple(
        Window(start, start + size, right_of, float(least), float(most))
        for start, size, right_of, least, most in rows
    )


def _signals(people: list[Drift], crowd: Drift, false_share: float) -> tuple[Signal, ...]:
    adjusted = e_benjamini_hochberg([one.log_evidence for one in people])
    return in_order(
        _signal(one, crowd, float(evidence))
        for one, evidence in zip(people, adjusted, strict=True)
        if evidence >= -np.log(false_share) and _share(one.after) < _share(one.before)
    )


def _share(part: tuple[int, int]) -> float:
    return part[0] / part[1] if part[1] else 0.0


def _signal(one: Drift, crowd: Drift, evidence: float) -> Signal:
    (right, of), (right_after, of_after) = one.before, one.after
    return Signal(
        kind="drift",
        people=(one.person,),
        evidence={
            "answers": float(one.answers),
            "change": float(one.change),
            "change_low": float(one.change_low),
            "change_high": float(one.change_high),
            "before": _share(one.before),
            "after": _share(one.after),
            "crowd_before": _share(crowd.before),
            "crowd_after": _share(crowd.after),
        },
        strength=strength_of_evidence(evidence),
        sentence=(
            f"{one.person}: {right} right of the first {of} answers ({percent(_share(one.before))} "
            f"%), {right_after} of the {of_after} since ({percent(_share(one.after))} %); the "
            f"change lies between answers {one.change_low} and {one.change_high}."
        ),
        what_would_explain_it_otherwise=_OTHERWISE,
    )


def _outcomes(right: ArrayLike, size: int) -> NDArray[np.bool_]:
    values = np.asarray(right)
    if values.shape != (size,):
        raise ValueError(f"right must hold one outcome for each of {size} answers")
    if values.dtype.kind not in "biuf" or not np.isin(values, (0, 1)).all():
        raise ValueError("right must hold true and false (or 1 and 0) only")
    return values.astype(np.bool_)


def _moments(order: ArrayLike | None, size: int) -> Floats:
    if order is None:
        return np.arange(size, dtype=np.float64)
    moments = np.asarray(order, dtype=np.float64)
    if moments.shape != (size,):
        raise ValueError(f"order must hold one number for each of {size} answers")
    if not np.isfinite(moments).all():
        raise ValueError(f"order is missing in row {int((~np.isfinite(moments)).argmax())}")
    return moments

"""Answers that came faster than people usually need for that very task; fast and right is fine.

The logarithm of a time is a task's part, a person's part and chance (W. J. van der Linden: A
lognormal model for response times on test items, J. Educ. Behav. Stat. 31, 2006), fitted robustly
(P. J. Huber 1964: what is far off counts only so much) and shrunk, as a task with three answers
says little. An answer is implausibly fast when fewer than one in `one_in` would be, going by
everybody else on that task: a person's own speed is no excuse here, and no fault either. What such
answers are worth is told by their agreement with other people's, beside the rest of that person's
(S. L. Wise, X. Kong: Response time effort, Appl. Meas. Educ. 18, 2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats, encode
from fairhand.quality.frames import Column, answer_columns
from fairhand.quality.systems import ANSWERS, watcher
from fairhand.quality.watch.corrections import benjamini_hochberg
from fairhand.quality.watch.intervals import difference_interval, exact_interval
from fairhand.quality.watch.signal import Signal, between, in_order, percent, strength_of_chance

_NORMAL_MAD = 1.4826
"""Median absolute deviation of a normal distribution, as a standard deviation."""
_HUBER = 1.5
_ROUNDS = 12
_LEAST_REST = 10
_OTHERWISE = (
    "They may have done many such tasks: practice makes fast, and fast and right is fine.",
    "The task may have been shown before (a retry, an undo, a suggestion that was right).",
    "The clock may have stopped, or the answer may have been thought out before it was opened.",
)


@dataclass(frozen=True, slots=True)
class Pace:
    """One person: how many answers were implausibly fast, and what these are worth.

    `typical` is their time as a multiple of what others need for the same tasks. `low` and `high`
    are the exact 95 % interval of the fast share. `agreement_fast` and `agreement_rest` are the
    mean agreement with other people, and `difference` the 95 % interval of fast less rest; None
    without labels. Who has fewer than ten other answers is compared with everybody's.
    """

    person: Any
    answers: int
    fast: int
    low: float
    high: float
    typical: float
    agreement_fast: float | None
    agreement_rest: float | None
    difference: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class PaceReport:
    """Everybody by name; which rows were implausibly fast; signals."""

    people: tuple[Pace, ...]
    fast: NDArray[np.bool_]
    signals: tuple[Signal, ...]
    warnings: tuple[str, ...]


@watcher(
    "too_fast",
    "Sees who answers much faster than others do on the same tasks, and agrees with them less.",
    (*ANSWERS, "seconds from showing a task to its answer"),
    [("least answers", _LEAST_REST, "below this nobody is looked at")],
)
def find_too_fast(
    task: object,
    worker: Column | None = None,
    seconds: Column | None = None,
    *,
    agreement: ArrayLike | None = None,
    one_in: float = 1_000.0,
    least_share: float = 0.05,
    margin: float = 0.1,
    false_share: float = 0.01,
) -> PaceReport:
    """Look at how fast answers came: three columns or one table (task, worker, seconds).

    `seconds` are above zero. `agreement` says of each answer how far others agree with it, 0..1
    (`agreement_with_others` gives it). A signal needs evidence that more than `least_share` of a
    person's answers were implausibly fast, and is withheld when these agree with others as well as
    the rest does, within `margin`. Of the people pointed out at most
    `false_share` on average have a fast share of `least_share` or less. Raises ValueError for a
    time that is missing or not above zero, and names the row.
    """
    tasks, people, times = answer_columns(task, worker, seconds, ("task", "worker", "seconds"))
    log_time = _log_times(times)
    codes = encode(tasks, people, np.zeros(len(log_time), dtype=np.intp))
    agree = _agreement(agreement, len(codes))
    warnings = _warnings(codes)
    residual = paces(codes, log_time)
    centre, spread = _centre_and_spread(residual)
    fast = residual < centre + spread * float(special.ndtri(1.0 / one_in))
    found = _people(codes, residual, fast, agree)
    return PaceReport(found, fast, _signals(found, least_share, margin, false_share), warnings)


def agreement_with_others(
    task: object, worker: Column | None = None, label: Column | None = None
) -> Floats:
    """Share of other people's answers to the same task that are the same; one number a row.

    Three columns or one table (task, worker, label). NaN where nobody else answered.
    """
    codes = encode(*answer_columns(task, worker, label, ("task", "worker", "label")))
    wide = max(1, len(codes.classes))
    cell = codes.task * wide + codes.label
    own = codes.task * max(1, len(codes.workers)) + codes.worker
    same = np.bincount(cell)[cell] if len(codes) else np.zeros(0)
    size = np.bincount(codes.task)[codes.task] if len(codes) else np.zeros(0)
    # A person's other answers to the task are no second opinion.
    others = size - _times(own)
    agreeing = same - _times(own * wide + codes.label)
    found: Floats = np.full(len(codes), np.nan)
    np.divide(agreeing, others, out=found, where=others > 0)
    return found


def _times(keys: Codes) -> Codes:
    """How often each row's key occurs."""
    _, kind, times = np.unique(keys, return_inverse=True, return_counts=True)
    return times[kind.reshape(-1)]


def paces(codes: AnswerCodes, log_time: Floats) -> Floats:
    """Logarithm of each time over what everybody else needs for that task, own speed not taken off.

    Task and person parts are fitted in turn; each task's part leaves the answer itself out.
    """
    middle = float(np.median(log_time)) if len(log_time) else 0.0
    task_part, person_part = np.zeros(len(codes.tasks)), np.zeros(len(codes.workers))
    centred = log_time - middle
    without_own = np.zeros(len(codes))
    for _ in range(_ROUNDS):
        rest = centred - task_part[codes.task] - person_part[codes.worker]
        bounded = _bounded(rest)
        noise = max(1e-4, float(np.mean(bounded**2))) if len(rest) else 1.0
        person_part, _ = _part(codes.worker, person_part, bounded, noise)
        rest = centred - task_part[codes.task] - person_part[codes.worker]
        task_part, without_own = _part(codes.task, task_part, _bounded(rest), noise)
    residual: Floats = centred - without_own
    return residual


def _part(group: Codes, part: Floats, rest: Floats, noise: float) -> tuple[Floats, Floats]:
    """Each group's shrunken mean (best linear prediction), and the same without each own row."""
    size = np.bincount(group, minlength=len(part)).astype(np.float64)
    value = rest + part[group]
    total = np.bincount(group, weights=value, minlength=len(part))
    mean = total / np.maximum(size, 1.0)
    many = size >= 2
    between_groups = float(np.var(mean[many])) if many.any() else 0.0
    own_noise = noise * float(np.mean(1.0 / size[many])) if many.any() else 0.0
    prior = noise / max(between_groups - own_noise, 0.01 * noise)
    without_own = (total[group] - value) / (size[group] - 1.0 + prior)
    return total / (size + prior), without_own


def _bounded(rest: Floats) -> Floats:
    """Pull what is far off back to 1.5 robust standard deviations."""
    centre, spread = _centre_and_spread(rest)
    return np.clip(rest, centre - _HUBER * spread, centre + _HUBER * spread)


def _centre_and_spread(rest: Floats) -> tuple[float, float]:
    if len(rest) == 0:
        return 0.0, 1.0
    centre = float(np.median(rest))
    # The slower half is wider (breaks, distraction) and the faster half is what is judged here.
    below = centre - rest[rest <= centre]
    return centre, max(1e-3, _NORMAL_MAD * float(np.median(below)))


def _log_times(times: Column) -> Floats:
    seconds = np.asarray(times, dtype=np.float64)
    bad = ~(np.isfinite(seconds) & (seconds > 0))
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(f"seconds must be above zero; row {row} has {times[row]!r}")
    return np.log(seconds)


def _agreement(agreement: ArrayLike | None, size: int) -> Floats | None:
    if agreement is None:
        return None
    agree = np.asarray(agreement, dtype=np.float64)
    if agree.shape != (size,):
        raise ValueError(f"agreement must hold one number for each of {size} answers")
    if ((agree < 0) | (agree > 1)).any():
        raise ValueError("agreement lies between 0 and 1 (NaN where nobody else answered)")
    return agree


def _warnings(codes: AnswerCodes) -> tuple[str, ...]:
    if len(codes.workers) < 5:
        return ("Fewer than five people: what others usually need is hardly known.",)
    sizes = np.bincount(codes.task)
    if np.median(sizes) < 2:
        return ("Most tasks have one answer: times are compared with the whole, not by task.",)
    return ()


def _people(
    codes: AnswerCodes, residual: Floats, fast: NDArray[np.bool_], agree: Floats | None
) -> tuple[Pace, ...]:
    if len(codes) == 0:
        return ()
    order = np.argsort(codes.worker, kind="stable")
    edges = np.searchsorted(codes.worker[order], np.arange(1, len(codes.workers)))
    middle = float(np.median(residual))
    known = np.zeros(len(codes), dtype=np.bool_) if agree is None else np.isfinite(agree)
    value = np.zeros(len(codes)) if agree is None else np.where(known, agree, 0.0)
    everybody = _sum_and_count(value, known & ~fast)
    found = []
    for who, rows in enumerate(np.split(order, edges)):
        own, quick = known[rows], fast[rows]
        rest = _sum_and_count(value[rows], own & ~quick)
        sums = (
            _sum_and_count(value[rows], own & quick),
            rest if rest[1] >= _LEAST_REST else everybody,
        )
        found.append(_pace(codes.workers[who], residual[rows] - middle, quick, sums))
    return tuple(found)


Sum = tuple[float, int]


def _sum_and_count(value: Floats, part: NDArray[np.bool_]) -> Sum:
    return float(value[part].sum()), int(part.sum())


def _pace(name: object, residual: Floats, fast: NDArray[np.bool_], sums: tuple[Sum, Sum]) -> Pace:
    low, high = map(float, exact_interval(int(fast.sum()), len(fast)))
    (sum_fast, n_fast), (sum_rest, n_rest) = sums
    both = n_fast > 0 and n_rest > 0
    return Pace(
        person=name,
        answers=len(fast),
        fast=int(fast.sum()),
        low=low,
        high=high,
        typical=float(np.exp(np.median(residual))),
        agreement_fast=sum_fast / n_fast if n_fast else None,
        agreement_rest=sum_rest / n_rest if n_rest else None,
        difference=difference_interval(*sums) if both else None,
    )


def _signals(
    people: tuple[Pace, ...], least_share: float, margin: float, false_share: float
) -> tuple[Signal, ...]:
    chances = [float(special.bdtrc(one.fast - 1, one.answers, least_share))
               if one.fast else 1.0 for one in people]  # fmt: skip
    adjusted = benjamini_hochberg(chances)
    return in_order(
        _signal(one, float(chance))
        for one, chance in zip(people, adjusted, strict=True)
        if chance <= false_share and not _fast_and_right(one, margin)
    )


def _fast_and_right(one: Pace, margin: float) -> bool:
    if one.agreement_fast is None or one.agreement_rest is None:
        return False
    return one.agreement_fast >= one.agreement_rest - margin


def _signal(one: Pace, chance: float) -> Signal:
    evidence = {
        "answers": float(one.answers),
        "fast": float(one.fast),
        "low": one.low,
        "high": one.high,
        "typical": one.typical,
    }
    sentence = (
        f"{one.person}: {one.fast} of {one.answers} answers ({between(one.low, one.high)}) came "
        "faster than almost anybody answers these tasks."
    )
    if one.agreement_fast is not None and one.agreement_rest is not None and one.difference:
        evidence |= {"agreement_fast": one.agreement_fast, "agreement_rest": one.agreement_rest}
        low, high = one.difference
        sentence += (
            f" Others agree with {percent(one.agreement_fast)} % of these and with "
            f"{percent(one.agreement_rest)} % of the rest "
            f"(a difference of {100 * low:+.0f} to {100 * high:+.0f} points)."
        )
    elif one.agreement_fast is not None:
        sentence += f" Others agree with {percent(one.agreement_fast)} % of these."
    return Signal(
        "too_fast", (one.person,), evidence, strength_of_chance(chance), sentence, _OTHERWISE
    )

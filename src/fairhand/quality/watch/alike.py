"""People whose answers are more alike than their own ways and the tasks explain.

Two people who are often right agree often; that says nothing. What says something is giving the
same answer where it was unlikely: the same mistake, the same rare choice. For each pair the tasks
count on which one gave an answer that the other, going by their own error table and by everything
that was said of that very task by anybody but them, had less than an even chance of giving. The
first of the two is among those heard: where one witness contradicts them, the witness may be the
one who erred, and then two people are alike for being right. How often the other gave the answer
all the same has an exact tail (Poisson-binomial); of both directions the weaker is taken.
Real crowds share more than any model knows (a picture with a misleading title), so the tails are
set against the bulk of all pairs (B. Efron: Large-scale simultaneous hypothesis testing: the choice
of a null hypothesis, JASA 99, 2004) and then corrected for their number (Benjamini and Hochberg
1995). The idea of testing for copying on wrong answers is that of L. Frary et al. (1977) and of
X. L. Dong, L. Berti-Equille, D. Srivastava: Integrating conflicting data: the role of source
dependence, VLDB (2009).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats
from fairhand.quality.frames import Column
from fairhand.quality.systems import ANSWERS, watcher
from fairhand.quality.watch.answers import Expected, expect, left_out, sum_by, take_answers
from fairhand.quality.watch.corrections import benjamini_hochberg, sum_tails
from fairhand.quality.watch.search import climb
from fairhand.quality.watch.signal import Signal, in_order, strength_of_chance

LEAST_SHARED = 10
_MOST_ROWS = 40_000_000
_PAIR_WEIGHT = 30.0
_FLOOR = 1e-6
_STEEPEST = 50.0
_BULK = 50
"""Directions of pairs (two each) needed before the bulk of them can say what is usual."""
_OTHERWISE = (
    "They may have been taught by the same person, or read the same example in the guidelines.",
    "The tasks they share may be of one kind that misleads many people.",
    "It may be one person with two accounts, or a household with one device: ask before judging.",
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people: `same` unlikely answers given alike of `unlikely` ones, where `expected` were.

    `shared` tasks in common, of which `agree` were answered alike. `chance` is the probability of
    so much likeness by coincidence, `adjusted` the same with all pairs allowed for.
    """

    first: Any
    second: Any
    shared: int
    agree: int
    unlikely: int
    same: int
    expected: float
    chance: float
    adjusted: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """All pairs with enough tasks in common, by name, and signals about groups of them."""

    pairs: tuple[Pair, ...]
    signals: tuple[Signal, ...]
    warnings: tuple[str, ...]


def find_alike(
    task: object,
    worker: Column | None = None,
    label: Column | None = None,
    *,
    least_shared: int = LEAST_SHARED,
    false_share: float = 0.05,
) -> Likeness:
    """Compare all pairs of people with at least `least_shared` tasks in common.

    Three columns or one table (task, worker, label), categorical. Of the pairs behind the signals
    at most `false_share` on average are coincidence. A task counts for a pair only when somebody
    else answered it, too. Raises ValueError for a missing value or unlike lengths.
    """
    codes, _, repeated = take_answers(task, worker, label)
    found = likeness_of(expect(codes), least_shared=least_shared, false_share=false_share)
    return replace(found, warnings=(*left_out(repeated), *found.warnings))


@watcher(
    "too_alike",
    "Sees who gives the same answers as somebody else more often than the tasks explain.",
    ANSWERS,
    [("shared tasks", LEAST_SHARED, "below this a pair is not looked at")],
)
def likeness_of(
    expected: Expected, *, least_shared: int = LEAST_SHARED, false_share: float = 0.05
) -> Likeness:
    """Do as `find_alike` does with answers of which it is known what was to be expected."""
    codes = expected.codes
    if len(codes) == 0 or len(codes.classes) < 2:
        return Likeness((), (), ("With fewer than two labels nobody can be alike.",))
    warnings: list[str] = []
    rows = _Rows.of(codes, least_shared, warnings)
    if rows.pair.size == 0:
        warnings.append(f"No two people have {least_shared} tasks in common that others answered.")
        return Likeness((), (), tuple(warnings))
    pairs = _tested(expected, rows, warnings)
    signals = _signals(pairs, false_share, partial(_onlookers, codes, rows), warnings)
    return Likeness(pairs, signals, tuple(warnings))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Every (pair, task): which answers `one` and `two`; `pair` counts in the order of `key`."""

    one: Codes
    two: Codes
    pair: Codes
    key: Codes

    @staticmethod
    def of(codes: AnswerCodes, least_shared: int, warnings: list[str]) -> _Rows:
        one, two = (np.concatenate(side) for side in zip(*_blocks(codes, warnings), strict=True))
        swap = codes.worker[one] > codes.worker[two]
        one, two = np.where(swap, two, one), np.where(swap, one, two)
        keys = codes.worker[one] * len(codes.workers) + codes.worker[two]
        key, pair, times = np.unique(keys, return_inverse=True, return_counts=True)
        enough = times >= max(1, least_shared)
        renumbered = np.cumsum(enough) - 1
        kept = enough[pair]
        return _Rows(one[kept], two[kept], renumbered[pair[kept]].astype(np.intp), key[enough])


def _blocks(codes: AnswerCodes, warnings: list[str]) -> Iterator[tuple[Codes, Codes]]:
    """Yield the pairs of answers to one task, for tasks of like size at a time."""
    order = np.argsort(codes.task, kind="stable")
    sizes = np.bincount(codes.task, minlength=len(codes.tasks))
    starts = np.cumsum(sizes) - sizes
    sizes = np.where(sizes >= 3, sizes, 0)  # of two answers to a task nobody else is a witness
    rows = float((sizes * (sizes - 1) / 2).sum())
    if rows > _MOST_ROWS:
        keep = np.random.default_rng(0).random(len(sizes)) < _MOST_ROWS / rows
        sizes = np.where(keep, sizes, 0)
        warnings.append(f"Compared on {keep.mean():.0%} of the tasks, drawn by chance: too many.")
    yield np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    for size in np.unique(sizes[sizes > 0]).tolist():
        grid = order[starts[sizes == size][:, np.newaxis] + np.arange(size)]
        left, right = np.triu_indices(size, 1)
        yield grid[:, left].ravel(), grid[:, right].ravel()


def _tested(expected: Expected, rows: _Rows, warnings: list[str]) -> tuple[Pair, ...]:
    codes = expected.codes
    chance_two = expected.chance[rows.two, codes.label[rows.one]]
    chance_one = expected.chance[rows.one, codes.label[rows.two]]
    same = codes.label[rows.one] == codes.label[rows.two]
    raise_to = _seen_chance(rows, (chance_two, chance_one), same)
    sides = [_side(rows, raise_to(side), same) for side in (chance_two, chance_one)]
    worse = np.argmax([side.tail for side in sides], axis=0)
    raw = np.maximum(sides[0].tail, sides[1].tail)
    bulk = np.concatenate([side.middle[side.expected >= 1.0] for side in sides])
    tails = _against_bulk(raw, bulk, warnings)
    adjusted = benjamini_hochberg(tails)
    shared = np.bincount(rows.pair, minlength=len(rows.key))
    agree = np.bincount(rows.pair, weights=same, minlength=len(rows.key))
    people = len(codes.workers)
    return tuple(
        Pair(
            first=codes.workers[key // people],
            second=codes.workers[key % people],
            shared=int(shared[place]),
            agree=int(agree[place]),
            unlikely=int(sides[worse[place]].unlikely[place]),
            same=int(sides[worse[place]].same[place]),
            expected=float(sides[worse[place]].expected[place]),
            chance=float(tails[place]),
            adjusted=float(adjusted[place]),
        )
        for place, key in enumerate(rows.key.tolist())
    )


def _seen_chance(
    rows: _Rows, sides: tuple[Floats, Floats], same: NDArray[np.bool_]
) -> Callable[[Floats], Floats]:
    """Learn from all pairs how likely an unlikely answer really is once somebody has given it.

    One answer off the consensus says that the task is a hard one, which no error table knows, so
    a second like it is likelier than the table would say. A logistic curve over the logit of the
    chance; a pair weighs as `_PAIR_WEIGHT` rows at most, so that no two people can set the rule.
    Chances are raised, never lowered.
    """
    chance, pair, hit = np.concatenate(sides), np.tile(rows.pair, 2), np.tile(same, 2)
    rare = chance < 0.5
    times = np.bincount(pair[rare], minlength=len(rows.key))
    weight = np.minimum(1.0, _PAIR_WEIGHT / np.maximum(times, 1))[pair[rare]]
    curve = _logistic(special.logit(np.clip(chance[rare], _FLOOR, 0.5)), hit[rare], weight)

    def raised(side: Floats) -> Floats:
        logit = special.logit(np.clip(side, _FLOOR, 1.0 - _FLOOR))
        higher: Floats = np.maximum(side, special.expit(curve[0] + curve[1] * logit))
        return higher

    return raised


def _logistic(x: Floats, hit: NDArray[np.bool_], weight: Floats) -> Floats:
    """Fit expit(a + b x), pulled weakly towards a = 0, b = 1."""
    design = np.stack([np.ones_like(x), x])
    alone = np.array([0.0, 1.0])

    def look(found: Floats) -> tuple[float, Floats, Floats]:
        logit = found @ design
        chance, off = special.expit(logit), found - alone
        value = weight @ special.log_expit(np.where(hit, logit, -logit)) - 0.5 * (off @ off)
        slope = design @ (weight * (hit - chance)) - off
        return (
            float(value),
            slope,
            (design * (weight * chance * (1 - chance))) @ design.T + np.eye(2),
        )

    return climb(look, alone, low=-_STEEPEST, high=_STEEPEST)


@dataclass(frozen=True, slots=True)
class _Side:
    tail: Floats
    unlikely: Codes
    same: Codes
    expected: Floats
    middle: Floats
    """Tails that count half of what happened (mid-p): around one half where nothing is alike."""


def _side(rows: _Rows, chance: Floats, same: NDArray[np.bool_]) -> _Side:
    """Exact tails of one direction, over the answers that were less than evens."""
    rare = np.flatnonzero(chance < 0.5)
    rare = rare[np.argsort(rows.pair[rare], kind="stable")]
    pairs = len(rows.key)
    pair, p = rows.pair[rare], chance[rare]
    unlikely = np.bincount(pair, minlength=pairs)
    alike = np.bincount(pair, weights=same[rare], minlength=pairs).astype(np.intp)
    expected = sum_by(pair, p, pairs)
    starts = np.concatenate([[0], np.cumsum(unlikely)]).astype(np.intp)
    tail = sum_tails(p, starts, alike)
    middle = (tail + sum_tails(p, starts, alike + 1)) / 2.0
    return _Side(tail, unlikely, alike, expected, middle)


def _against_bulk(tails: Floats, bulk: Floats, warnings: list[str]) -> Floats:
    """Widen the tails as far as the bulk of the pairs is wider than coincidence makes it.

    Shift and spread are those of the middle half of the pairs, so that few colluders do not
    hide themselves; neither ever makes a tail smaller.
    """
    if len(bulk) < _BULK:
        warnings.append("Too few pairs to tell what likeness is usual here: read with more doubt.")
        return tails
    low, middle, high = np.quantile(_normal(bulk), [0.25, 0.5, 0.75])
    spread = max(1.0, float(high - low) / 1.349)
    widened: Floats = special.ndtr(-(_normal(tails) - max(0.0, float(middle))) / spread)
    return np.maximum(widened, tails)


def _normal(tails: Floats) -> Floats:
    """The standard normal number with each tail above it."""
    found: Floats = -special.ndtri(np.clip(tails, 1e-300, 1 - 1e-12))
    return found


def _signals(
    pairs: tuple[Pair, ...],
    false_share: float,
    onlookers: Callable[[Sequence[Pair]], int],
    warnings: list[str],
) -> tuple[Signal, ...]:
    """Make signals of groups, unless a group is too large a part of those who could tell.

    No consensus is safe from a third or more of its voices (L. Lamport, R. Shostak, M. Pease: The
    Byzantine generals problem, ACM TOPLAS 4, 1982): such a group may be the honest ones beside a
    larger ring, or a crowd that this account does not fit, and so may any other group then.
    """
    groups = _groups([pair for pair in pairs if pair.adjusted <= false_share])
    largest = max(groups, key=lambda one: len(_people(one)), default=[])
    if any(2 * len(_people(group)) > onlookers(group) for group in groups):
        warnings.append(
            f"{len(_people(largest))} people look alike, and they are over a third of those who "
            "answered the tasks in question: who is the rule and who the exception cannot be told, "
            "so there is no signal about anybody."
        )
        return ()
    return in_order(_signal(group) for group in groups)


def _onlookers(codes: AnswerCodes, rows: _Rows, group: Sequence[Pair]) -> int:
    """Count who else answered the tasks that these pairs have in common."""
    code = {name: place for place, name in enumerate(codes.workers)}
    keys = [code[pair.first] * len(codes.workers) + code[pair.second] for pair in group]
    common = np.isin(rows.key, keys)[rows.pair]
    theirs = np.zeros(len(codes.tasks), dtype=np.bool_)
    theirs[codes.task[rows.one[common]]] = True
    who = np.unique(codes.worker[theirs[codes.task]])
    return len(who) - len(_people(group))


def _people(group: Sequence[Pair]) -> set[Any]:
    return {name for pair in group for name in (pair.first, pair.second)}


def _groups(pairs: list[Pair]) -> list[list[Pair]]:
    """Join pairs that have a person in common."""
    leader: dict[Any, Any] = {}

    def lead(person: object) -> object:
        while leader.setdefault(person, person) != person:
            leader[person] = leader[leader[person]]
            person = leader[person]
        return person

    for pair in pairs:
        leader[lead(pair.first)] = lead(pair.second)
    groups: dict[Any, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(lead(pair.first), []).append(pair)
    return list(groups.values())


def _signal(group: list[Pair]) -> Signal:
    people = sorted(_people(group), key=str)
    evidence = {
        "pairs": float(len(group)),
        "shared": float(sum(pair.shared for pair in group)),
        "agree": float(sum(pair.agree for pair in group)),
        "unlikely": float(sum(pair.unlikely for pair in group)),
        "same": float(sum(pair.same for pair in group)),
        "expected": sum(pair.expected for pair in group),
    }
    sentence = (
        f"{', '.join(map(str, people))}: where one gave an answer that the other was unlikely to "
        f"give, the other gave it too {evidence['same']:.0f} times of {evidence['unlikely']:.0f}; "
        f"{evidence['expected']:.1f} would be expected."
    )
    strength = strength_of_chance(min(pair.adjusted for pair in group))
    return Signal("too_alike", tuple(people), evidence, strength, sentence, _OTHERWISE)

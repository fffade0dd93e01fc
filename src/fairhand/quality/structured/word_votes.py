"""Which word stands in a slot, weighed by how well each person and each transcript does.

The model of one slot: it truly holds one word, or none. Where it holds a word, a person writes
it, writes another, or leaves it out; where it holds none, a person may put one in. These rates
are the person's, shrunk to the crowd's, and then the transcript's own, shrunk to the person's
(a noisy recording, a hurried evening), all found by expectation-maximisation (Dawid & Skene 1979;
Dempster, Laird & Rubin 1977). How often a slot is empty at all is learned with them, so ROVER's
tuned null-word bias is not needed.

Which wrong word a person writes follows an urn (Ewens 1972): the next wrong word repeats an
earlier one with a chance that grows with its count, else it is new. Under it the size of the
vocabulary cancels out, and an agreement counts for less where people often share a mistake.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.compiled import kernel
from fairhand.quality.structured.weave import Floats, Ints

OMITTED, RIGHT, WRONG, SILENT, INSERTED = range(5)

_NOVELTY = 20.0  # of 21 independent wrong words, 20 differ: few independent slips coincide
_CROWD_WORDS = 50.0  # what is believed of an unknown crowd weighs as much as 50 places
_UNKNOWN = np.array([0.06, 0.88, 0.06, 0.8, 0.2])  # OMITTED, RIGHT, WRONG; SILENT, INSERTED
_EMPTY = 0.2
_PERSON_WORDS = 20.0  # the crowd's rates weigh as much as 20 words of a person's own
_TEXT_WORDS = 30.0  # a person's rates weigh as much as 30 words of one transcript


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of all tasks; `candidate` numbers each cell's word within its slot, -1: none.

    Slots where all say the same are alike: a task's first stands for all of them. `times` is how
    many slots a slot stands for, 0 for one that another stands for.
    """

    candidate: NDArray[np.int32]
    times: Floats
    widths: Ints
    edges: Ints
    tasks: Ints


@dataclass(frozen=True, slots=True)
class Rates:
    """Per text the chances of OMITTED, RIGHT, WRONG where a word is, of INSERTED where none is.

    `empty` is the share of slots that hold no word.
    """

    at_word: Floats
    at_none: Floats
    empty: float


@dataclass(frozen=True, slots=True)
class Beliefs:
    """Per cell the probability of its word, per slot that of no word at all."""

    cell: Floats
    none: Floats


@dataclass(frozen=True, slots=True)
class Votes:
    """What was learned: `decided` by the model, `honest` for people who share mistakes.

    `counts` are, per text, how often it was OMITTED, RIGHT, WRONG, SILENT, INSERTED;
    `shared` is the chance that two wrong words in one slot are the same.
    """

    decided: Beliefs
    honest: Beliefs
    counts: Floats
    shared: float


def vote_words(slots: Slots, person: Ints, voice: Floats, passes: int) -> Votes:
    """Learn everybody's rates in some passes, then settle each slot.

    `person` is each text's author, `voice` what the text counts (a half where one wrote two).
    The honest probabilities use the measured chance r of a shared mistake: as the urn's, and in
    the design effect 1 + (n - 1) * r (Kish 1965), by which the evidence of n texts is divided.
    """
    texts = len(person)
    rates = Rates(np.tile(_UNKNOWN[:3], (texts, 1)), np.full(texts, _UNKNOWN[INSERTED]), _EMPTY)
    counts = np.zeros((texts, 5))
    repeats = np.zeros(2)
    for _ in range(passes):
        decided = _believe(slots, rates, voice, _NOVELTY, 0.0)
        count_slots(
            slots.candidate, slots.times, slots.edges, slots.tasks, slots.widths,
            decided.cell, decided.none, voice, counts, repeats,
        )  # fmt: skip
        rates = _rates(counts, person)
    shared = float((1.0 + repeats[0]) / (1.0 + _NOVELTY + repeats[1]))
    honest = _believe(slots, rates, voice, 1.0 / shared - 1.0, shared)
    return Votes(decided, honest, counts, shared)


def _rates(counts: Floats, person: Ints) -> Rates:
    """Shrink each person's rates to the crowd's, and each text's to its person's."""
    crowd: Floats = counts.sum(axis=0)
    own = np.stack([np.bincount(person, column) for column in counts.T], axis=1).astype(np.float64)
    theirs = _shrink(own, _PERSON_WORDS, _shrink(crowd[None], _CROWD_WORDS, _UNKNOWN))
    each = _shrink(counts, _TEXT_WORDS, theirs[person])
    at_word = np.clip(each[:, :3], 0.005, 0.99)
    at_word /= at_word.sum(axis=1, keepdims=True)
    empty = (crowd[SILENT:].sum() + _CROWD_WORDS * _EMPTY) / (crowd.sum() + _CROWD_WORDS)
    return Rates(at_word, np.clip(each[:, INSERTED], 0.005, 0.99), float(empty))


def _shrink(counts: Floats, weight: float, towards: Floats) -> Floats:
    """Give the chances at a word (three) and at none (two), each with a prior of some words."""
    shrunk = counts + weight * towards
    shrunk[:, :3] /= shrunk[:, :3].sum(axis=1, keepdims=True)
    shrunk[:, 3:] /= shrunk[:, 3:].sum(axis=1, keepdims=True)
    return shrunk


def _believe(slots: Slots, rates: Rates, voice: Floats, novelty: float, shared: float) -> Beliefs:
    logs = voice[:, None] * np.log(
        np.column_stack([rates.at_word, 1.0 - rates.at_none, rates.at_none])
    )
    most = int(np.diff(slots.tasks).max())
    steps = np.arange(most)
    repeat = np.concatenate([[0.0], np.cumsum(np.log(np.maximum(steps, 1.0)))])
    rise = np.concatenate([[0.0], np.cumsum(np.log(novelty + steps))])
    beliefs = Beliefs(np.zeros(len(slots.candidate)), np.empty(int(slots.widths.sum())))
    believe_slots(
        slots.candidate, slots.times, slots.edges, slots.tasks, slots.widths, logs, repeat, rise,
        np.log([1.0 - rates.empty, rates.empty]), shared, beliefs.cell, beliefs.none,
    )  # fmt: skip
    return beliefs


@kernel
def number_slot(key: NDArray[np.int32], cells: Ints, candidate: NDArray[np.int32]) -> bool:
    """Number the distinct words of a slot 0, 1, ...; say whether all texts have one word."""
    distinct = 0
    silent = False
    for x in range(len(cells)):
        candidate[x] = -1
        if cells[x] < 0:
            silent = True
            continue
        for y in range(x):
            if cells[y] >= 0 and key[cells[y]] == key[cells[x]]:
                candidate[x] = candidate[y]
                break
        if candidate[x] < 0:
            candidate[x] = distinct
            distinct += 1
    return distinct == 1 and not silent


@kernel
def number_candidates(
    key: NDArray[np.int32],
    cells: Ints,
    edges: Ints,
    tasks: Ints,
    widths: Ints,
    candidate: NDArray[np.int32],
    times: Floats,
) -> None:
    """Number the words of all slots, and find those that are alike."""
    at = 0
    for task in range(len(tasks) - 1):
        count = tasks[task + 1] - tasks[task]
        stands = -1
        for slot in range(widths[task]):
            a = edges[task] + slot * count
            times[at] = 1.0
            if number_slot(key, cells[a : a + count], candidate[a : a + count]):
                if stands < 0:
                    stands = at
                else:
                    times[at] = 0.0
                    times[stands] += 1.0
            at += 1


@kernel
def score_slot(
    candidate: NDArray[np.int32], logs: Floats, repeat: Floats, rise: Floats, score: Floats
) -> int:
    """Add up each candidate's evidence into `score`, that of no word after them.

    Gives the number of candidates. `repeat[n]` is log (n - 1)!, `rise[n]` the log of the urn's
    n factors novelty, novelty + 1, ...
    """
    others, none, spoken, distinct = 0.0, 0.0, 0, 0
    for text in range(len(candidate)):
        distinct = max(distinct, candidate[text] + 1)
    counts = np.zeros(distinct, np.int64)
    score[: distinct + 1] = 0.0
    for text in range(len(candidate)):
        own = candidate[text]
        if own < 0:
            others += logs[text, OMITTED]
            none += logs[text, SILENT]
            continue
        spoken += 1
        counts[own] += 1
        others += logs[text, WRONG]
        none += logs[text, INSERTED]
        score[own] += logs[text, RIGHT] - logs[text, WRONG]
    for own in range(distinct):
        urn = rise[1] + repeat[counts[own]] + rise[spoken - counts[own]]
        score[own] += others - urn
    score[distinct] = none - rise[spoken]
    return distinct


@kernel
def believe_slot(
    candidate: NDArray[np.int32],
    score: Floats,
    distinct: int,
    worth: float,
    cell: Floats,
) -> float:
    """Turn the scores of a slot into its cells' probabilities; gives that of no word."""
    top = np.max(score[: distinct + 1])
    total = 0.0
    for own in range(distinct + 1):
        score[own] = np.exp(worth * (score[own] - top))
        total += score[own]
    for text in range(len(candidate)):
        cell[text] = score[candidate[text]] / total if candidate[text] >= 0 else 0.0
    return score[distinct] / total  # type: ignore[no-any-return]


@kernel
def believe_slots(
    candidate: NDArray[np.int32],
    times: Floats,
    edges: Ints,
    tasks: Ints,
    widths: Ints,
    logs: Floats,
    repeat: Floats,
    rise: Floats,
    prior: Floats,
    shared: float,
    cell: Floats,
    none: Floats,
) -> None:
    """Weigh the evidence of every slot; `prior` is log P(a word), log P(none)."""
    score = np.empty(len(repeat) + 1)
    at = 0
    for task in range(len(tasks) - 1):
        first, last = tasks[task], tasks[task + 1]
        count = last - first
        worth = 1.0 / (1.0 + (count - 1) * shared)
        stands, like = -1, 0
        for slot in range(widths[task]):
            a = edges[task] + slot * count
            b = a + count
            if times[at] == 0.0:
                cell[a:b] = cell[like : like + count]
                none[at] = none[stands]
            else:
                distinct = score_slot(candidate[a:b], logs[first:last], repeat, rise, score)
                score[:distinct] += prior[0]
                score[distinct] += prior[1]
                none[at] = believe_slot(candidate[a:b], score, distinct, worth, cell[a:b])
                if times[at] > 1.0:
                    stands, like = at, a
            at += 1


@kernel
def count_slot(
    candidate: NDArray[np.int32],
    cell: Floats,
    none: float,
    voice: Floats,
    counts: Floats,
    repeats: Floats,
) -> None:
    """Count what every text did in one slot; `voice` is what each counts there."""
    for text in range(len(candidate)):
        right = cell[text]
        if candidate[text] < 0:
            counts[text, OMITTED] += voice[text] * (1.0 - none)
            counts[text, SILENT] += voice[text] * none
            continue
        counts[text, RIGHT] += voice[text] * right
        counts[text, WRONG] += voice[text] * max(0.0, 1.0 - none - right)
        counts[text, INSERTED] += voice[text] * none
        for other in range(text):
            if candidate[other] == candidate[text]:
                repeats += 1.0 - right
            elif candidate[other] >= 0:
                repeats[1] += max(0.0, 1.0 - right - cell[other])


@kernel
def count_slots(
    candidate: NDArray[np.int32],
    times: Floats,
    edges: Ints,
    tasks: Ints,
    widths: Ints,
    cell: Floats,
    none: Floats,
    voice: Floats,
    counts: Floats,
    repeats: Floats,
) -> None:
    """Count what every text did, and how many of the pairs of wrong words are alike."""
    counts[:] = 0.0
    repeats[:] = 0.0
    one = np.empty(2)
    at = 0
    for task in range(len(tasks) - 1):
        first, last = tasks[task], tasks[task + 1]
        for slot in range(widths[task]):
            if times[at] > 0.0:
                a = edges[task] + slot * (last - first)
                b = a + last - first
                one[:] = 0.0
                loud = times[at] * voice[first:last]
                count_slot(candidate[a:b], cell[a:b], none[at], loud, counts[first:last], one)
                repeats += times[at] * one
            at += 1

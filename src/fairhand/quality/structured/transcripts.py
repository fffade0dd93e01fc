"""One transcript out of several people's, word by word, in the words that people wrote.

The texts of a recording are laid side by side (`weave`), then every slot is settled by what is
known of its authors (`word_votes`). No gold is needed and nothing is tuned to a data set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from fairhand.quality.aggregation.codes import AnswerCodes, encode
from fairhand.quality.compiled import kernel
from fairhand.quality.frames import answer_columns
from fairhand.quality.structured.weave import Floats, Ints, lay_side_by_side
from fairhand.quality.structured.word_votes import (
    INSERTED,
    OMITTED,
    RIGHT,
    WRONG,
    Slots,
    Votes,
    number_candidates,
    vote_words,
)
from fairhand.quality.structured.words import Normalise, Unit, Words, split_words, write_words

_PASSES = 4
_GIANT = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a transcript: the word that stands there ("" for none), and what else may.

    `alternatives` are the others with their probabilities, likeliest first; "" is no word.
    """

    text: str
    probability: float
    alternatives: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class PersonErrors:
    """How often a person's words differ from the consensus, with a 95 % interval.

    The consensus, not the truth: where all make the same mistake nobody is seen to make it.
    """

    person: Any
    words: float
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Transcripts:
    """The consensus of every task, in the order of `tasks`.

    `confidence` is one minus the word error rate to be expected of a text, never below 0.
    `shared_mistakes` is the chance that two people who err at one place write the same word.
    """

    tasks: tuple[Any, ...]
    texts: tuple[str, ...]
    confidence: Floats
    shared_mistakes: float
    warnings: tuple[str, ...]
    _work: _Work

    def places(self, task: object) -> tuple[Place, ...]:
        """Show a task's words one by one, also the places left empty that some filled.

        Raises KeyError for a task that is not there.
        """
        if task not in self.tasks:
            raise KeyError(task)
        return self._work.places(self.tasks.index(task))

    def people(self) -> tuple[PersonErrors, ...]:
        """Give everybody's share of words that differ from the consensus, in names' order."""
        return self._work.people()


def join_transcripts(
    task: object,
    worker: object | None = None,
    text: object | None = None,
    *,
    columns: tuple[str, str, str] = ("task", "worker", "text"),
    normalise: Normalise = "speech",
    unit: Unit = "words",
) -> Transcripts:
    """Join several people's transcripts of each task into one.

    Takes three sequences of one length, or a table with the named columns. `normalise` says
    which words are the same ("speech": case and punctuation do not matter; "case"; "none"; or a
    function that gives a word's key); the output is always spelled as somebody wrote it. A mark
    that stands alone is no word under "speech". `unit="characters"` is for scripts written
    without spaces. Raises ValueError for no rows, columns of unlike length, and a missing text.
    """
    tasks, workers, texts = answer_columns(task, worker, text, columns)
    checked = _texts(texts)
    codes = encode(tasks, workers, np.zeros(len(checked), np.int64))
    order = _order(codes, checked)
    words = split_words([checked[row] for row in order], normalise, unit)
    work = _settle(codes, order, words)
    return Transcripts(
        codes.tasks,
        tuple(write_words(words, chosen) for chosen in work.chosen_spellings()),
        work.confidence(),
        work.votes.shared,
        tuple(_warnings(codes, work)),
        work,
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything a result is read from: words, slots and beliefs; texts are in sorted order."""

    people_names: tuple[Any, ...]
    person: Ints
    voice: Floats
    words: Words
    cells: Ints
    slots: Slots
    votes: Votes
    chosen: Ints  # per slot the cell whose spelling stands there, -1 for none

    def slot_edges(self) -> Ints:
        """Where each task's slots begin."""
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(self.slots.widths)])

    def chosen_spellings(self) -> list[list[int]]:
        """List each task's spelling codes."""
        filled = self.chosen >= 0
        codes = self.words.spelling[self.cells[self.chosen[filled]]].tolist()
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(filled)])
        return [codes[a:b] for a, b in pairwise(before[self.slot_edges()].tolist())]

    def confidence(self) -> Floats:
        """One minus the errors to be expected in each task's text over its words."""
        filled = self.chosen >= 0
        sure = np.where(filled, self.votes.honest.cell[self.chosen], self.votes.honest.none)
        task = np.repeat(np.arange(len(self.slots.widths)), self.slots.widths)
        errors = np.bincount(task, 1.0 - sure, len(self.slots.widths))
        length = np.bincount(task, filled, len(self.slots.widths))
        expected: Floats = np.clip(1.0 - errors / np.maximum(length, 1.0), 0.0, 1.0)
        return expected

    def places(self, task: int) -> tuple[Place, ...]:
        first, last = self.slot_edges()[task : task + 2].tolist()
        return tuple(self._place(task, slot, slot - first) for slot in range(first, last))

    def _place(self, task: int, slot: int, row: int) -> Place:
        texts = int(self.slots.tasks[task + 1] - self.slots.tasks[task])
        begin = int(self.slots.edges[task]) + row * texts
        beliefs = self.votes.honest
        chosen = int(self.chosen[slot])
        stands = int(self.slots.candidate[chosen]) if chosen >= 0 else -1
        found = {-1: ("", float(beliefs.none[slot]))}
        for cell in range(begin, begin + texts):
            found.setdefault(
                int(self.slots.candidate[cell]), (self._spelling(cell), float(beliefs.cell[cell]))
            )
        _, probability = found.pop(stands)
        others = sorted(found.values(), key=lambda other: (-other[1], other[0]))
        text = self._spelling(chosen) if chosen >= 0 else ""
        return Place(text, probability, tuple(others))

    def _spelling(self, cell: int) -> str:
        return self.words.spellings[int(self.words.spelling[self.cells[cell]])]

    def people(self) -> tuple[PersonErrors, ...]:
        counts = np.stack(
            [np.bincount(self.person, each, len(self.people_names)) for each in self.votes.counts.T]
        )
        wrong = counts[[OMITTED, WRONG, INSERTED]].sum(axis=0)
        right = counts[RIGHT]
        rate = (wrong + 0.5) / (wrong + right + 1.0)
        low, high = beta.ppf([[0.025], [0.975]], wrong + 0.5, right + 0.5)  # Jeffreys
        table = zip(self.people_names, wrong + right, rate, low, high, strict=True)
        return tuple(PersonErrors(name, *map(float, row)) for name, *row in table)


def _texts(column: Sequence[Any] | NDArray[Any]) -> list[str]:
    texts: list[Any] = column.tolist() if isinstance(column, np.ndarray) else list(column)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            missing = text is None or text != text  # NaN
            raise ValueError(f"the text in row {row} is {'missing' if missing else 'no text'}")
    if not texts:
        raise ValueError("there is no transcript to join")
    return texts


def _order(codes: AnswerCodes, texts: list[str]) -> list[int]:
    """Order the rows by task, then by what was written, so that names and order never matter."""
    rows = np.argsort(codes.task, kind="stable").tolist()
    edges = _task_edges(codes).tolist()
    return [row for a, b in pairwise(edges) for row in sorted(rows[a:b], key=texts.__getitem__)]


def _task_edges(codes: AnswerCodes) -> Ints:
    counts = np.bincount(codes.task, minlength=len(codes.tasks))
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])


def _settle(codes: AnswerCodes, order: list[int], words: Words) -> _Work:
    tasks = _task_edges(codes)
    person = codes.worker[order].astype(np.int64)
    cells, widths, edges = lay_side_by_side(words.key, words.starts, tasks)
    candidate = np.empty(len(cells), np.int32)
    times = np.empty(int(widths.sum()))
    number_candidates(words.key, cells, edges, tasks, widths, candidate, times)
    slots = Slots(candidate, times, widths, edges, tasks)
    voice = _voices(codes.task[order], person, len(codes.workers))
    votes = vote_words(slots, person, voice, _PASSES)
    chosen = np.empty(int(widths.sum()), np.int64)
    trust = voice * (votes.counts[:, RIGHT] + 1.0) / (votes.counts.sum(axis=1) + 2.0)
    choose_cells(
        candidate, words.spelling, cells, edges, tasks, widths,
        votes.decided.cell, votes.decided.none, trust, chosen,
    )  # fmt: skip
    return _Work(codes.workers, person, voice, words, cells, slots, votes, chosen)


def _voices(task: NDArray[np.intp], person: Ints, people: int) -> Floats:
    """Share one voice among the texts of a person who wrote several to one task."""
    _, which, counts = np.unique(task * people + person, return_inverse=True, return_counts=True)
    voices: Floats = 1.0 / counts[which]
    return voices


@kernel
def choose_cells(
    candidate: NDArray[np.int32],
    spelling: NDArray[np.int32],
    cells: Ints,
    edges: Ints,
    tasks: Ints,
    widths: Ints,
    cell: Floats,
    none: Floats,
    trust: Floats,
    chosen: Ints,
) -> None:
    """Find each slot's likeliest word, in the spelling that its authors trust most."""
    at = 0
    for task in range(len(tasks) - 1):
        first, count = tasks[task], tasks[task + 1] - tasks[task]
        for slot in range(widths[task]):
            begin = edges[task] + slot * count
            best = begin + np.argmax(cell[begin : begin + count])
            chosen[at] = -1
            most = 0.0
            if cell[best] > none[at]:
                for text in range(count):
                    if candidate[begin + text] != candidate[best]:
                        continue
                    weight = 0.0
                    for other in range(count):
                        if (
                            candidate[begin + other] == candidate[best]
                            and spelling[cells[begin + other]] == spelling[cells[begin + text]]
                        ):
                            weight += trust[first + other]
                    if weight > most + 1e-9:
                        most, chosen[at] = weight, begin + text
            at += 1


def _warnings(codes: AnswerCodes, work: _Work) -> list[str]:
    per_task = Counter(np.bincount(codes.task).tolist())
    per_person = np.bincount(codes.worker)
    found = []
    if per_task[1]:
        found.append(f"{per_task[1]} tasks have one transcript, which stands unchecked")
    if len(per_person) > 2 and per_person.max() > _GIANT * len(codes):
        found.append(
            f"{codes.workers[int(per_person.argmax())]!r} wrote more than half of the transcripts: "
            "the consensus leans on one person"
        )
    if len(codes.workers) == 1:
        found.append("all transcripts are one person's: there is nobody to compare with")
    if (work.voice < 1.0).any():
        found.append("a person's several transcripts of one task share one voice")
    if not np.diff(work.words.starts).all():
        found.append(f"{int((np.diff(work.words.starts) == 0).sum())} transcripts hold no word")
    right = work.votes.counts[:, RIGHT].sum()
    if len(codes.workers) > 1 and right < 0.5 * work.votes.counts[:, : WRONG + 1].sum():
        found.append("people agree on fewer than half of the words: trust no text unseen")
    return found

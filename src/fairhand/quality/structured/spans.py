"""One set of spans out of several people's, each with the probability that it is just so.

Every label is a question of its own, so spans of different labels may overlap. The model is in
`span_model`; what is read are whole spans, not letters: a consensus span begins and ends where
somebody's does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, encode
from fairhand.quality.frames import answer_columns
from fairhand.quality.structured.span_model import Readings, read_sequences
from fairhand.quality.structured.span_segments import (
    BEGIN,
    INSIDE,
    Marks,
    Sequences,
    cut_texts,
    merge,
    read_marks,
)

_PASSES = 8
_SAME = 0.5  # two spans are about one thing when they share half of what they cover
_GIANT = 0.5


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is a `label`, just so, with this probability.

    `share` is how many of the task's people marked it, or something of this label that shares
    at least half of what the two cover (IoU).
    """

    start: int
    end: int
    label: Any
    probability: float
    share: float


@dataclass(frozen=True, slots=True)
class SpanConsensus:
    """The consensus of every task, in the order of `tasks`, spans by their start.

    `left_out` holds spans that somebody marked and the consensus has not, likeliest first.
    """

    tasks: tuple[Any, ...]
    spans: tuple[tuple[Span, ...], ...]
    left_out: tuple[tuple[Span, ...], ...]
    warnings: tuple[str, ...]


def join_spans(
    task: object,
    worker: object | None = None,
    spans: object | None = None,
    *,
    columns: tuple[str, str, str] = ("task", "worker", "spans"),
    texts: Mapping[Any, str] | None = None,
) -> SpanConsensus:
    """Join several people's spans of each text into one set.

    Takes three sequences of one length, or a table with the named columns. An answer is a list of
    `{"start", "end", "label"}` or `(start, end, label)` in code points; an empty list says that
    there is nothing to mark. `texts` (task to text), where given, is only used to check that no
    span leaves its text. Raises ValueError, with the row, for an answer that is no such list,
    for a person with two answers to a task, and for no rows.
    """
    names, workers, answers = answer_columns(task, worker, spans, columns)
    marks = [read_marks(row, answer) for row, answer in enumerate(answers)]
    if not marks:
        raise ValueError("there are no spans to join")
    codes = encode(names, workers, np.zeros(len(marks), np.int64))
    _check(codes, marks, texts)
    found = cut_texts(codes, marks)
    read = read_sequences(found, len(codes.workers), _PASSES)
    chosen: list[list[Span]] = [[] for _ in codes.tasks]
    others: list[list[Span]] = [[] for _ in codes.tasks]
    answered = _answers(codes, marks)
    at = 0
    for i, task_code in enumerate(found.task.tolist()):
        one = _OneSequence(found, read, i, at, answered[task_code])
        chosen[task_code] += one.chosen()
        others[task_code] += one.left_out()
        at += int(found.lengths[i])
    return SpanConsensus(
        codes.tasks,
        tuple(tuple(sorted(each, key=lambda s: (s.start, s.end, str(s.label)))) for each in chosen),
        tuple(tuple(sorted(each, key=lambda s: (-s.probability, s.start))) for each in others),
        tuple(_warnings(codes, marks)),
    )


@dataclass(frozen=True, slots=True)
class _OneSequence:
    """One label in one text: its segments begin at `at` in the readings."""

    found: Sequences
    read: Readings
    number: int
    at: int
    answers: Sequence[Marks]

    @property
    def label(self) -> Any:  # noqa: ANN401
        return self.found.labels[self.found.label[self.number]]

    def chosen(self) -> list[Span]:
        return [self._span(a, b) for a, b in self._chosen()]

    def left_out(self) -> list[Span]:
        place = {cut: at for at, cut in enumerate(self.found.cuts[self.number])}
        marked = {(place[start], place[end]) for spans in self._theirs() for start, end in spans}
        return [self._span(a, b) for a, b in sorted(marked - set(self._chosen()))]

    def _chosen(self) -> list[tuple[int, int]]:
        states = self.read.state[self.at : self.at + int(self.found.lengths[self.number])].tolist()
        spans: list[tuple[int, int]] = []
        for segment, state in enumerate(states):
            if state == BEGIN:
                spans.append((segment, segment + 1))
            elif state == INSIDE:
                spans[-1] = (spans[-1][0], segment + 1)
        return spans

    def _span(self, first: int, end: int) -> Span:
        """Build the span of some segments; its probability is that of just this path."""
        chance = float(self.read.chance[self.at + first, BEGIN])
        for segment in range(first, end):
            on = float(self.read.go_on[self.at + segment, min(1, segment - first)])
            chance *= on if segment < end - 1 else 1.0 - on
        cuts = self.found.cuts[self.number]
        start, stop = cuts[first], cuts[end]
        agree = [any(_overlap((start, stop), s) >= _SAME for s in own) for own in self._theirs()]
        return Span(start, stop, self.label, chance, sum(agree) / len(agree))

    def _theirs(self) -> list[list[tuple[int, int]]]:
        return [merge(mark for mark in marks if mark[2] == self.label) for marks in self.answers]


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, shared / (one[1] - one[0] + other[1] - other[0] - shared))


def _answers(codes: AnswerCodes, marks: Sequence[Marks]) -> list[list[Marks]]:
    answers: list[list[Marks]] = [[] for _ in codes.tasks]
    for task, mark in zip(codes.task.tolist(), marks, strict=True):
        answers[task].append(mark)
    return answers


def _check(codes: AnswerCodes, marks: Sequence[Marks], texts: Mapping[Any, str] | None) -> None:
    seen: set[tuple[int, int]] = set()
    for row, pair in enumerate(zip(codes.task.tolist(), codes.worker.tolist(), strict=True)):
        if pair in seen:
            raise ValueError(
                f"row {row} is a second answer of {codes.workers[pair[1]]!r} to "
                f"{codes.tasks[pair[0]]!r}; keep one (their last)"
            )
        seen.add(pair)
        task = codes.tasks[pair[0]]
        far = max((end for _, end, _ in marks[row]), default=0)
        if texts is not None and task not in texts:
            raise ValueError(f"texts has no text for task {task!r} (row {row})")
        if texts is not None and far > len(texts[task]):
            raise ValueError(
                f"row {row} has a span up to {far}, and the text of {task!r} has "
                f"{len(texts[task])} code points (were they counted as bytes or UTF-16?)"
            )


def _warnings(codes: AnswerCodes, marks: Sequence[Marks]) -> list[str]:
    found = []
    per_task: NDArray[np.intp] = np.bincount(codes.task)
    if (per_task == 1).any():
        found.append(f"{int((per_task == 1).sum())} tasks have one answer, which stands unchecked")
    if len(codes.workers) == 1:
        found.append("all answers are one person's: there is nobody to compare with")
    per_person = np.bincount(codes.worker)
    if len(per_person) > 2 and per_person.max() > _GIANT * len(codes):
        giant = codes.workers[int(per_person.argmax())]
        found.append(f"{giant!r} gave more than half of the answers: the consensus leans on them")
    nested = sum(_overlaps_itself(answer) for answer in marks)
    if nested:
        found.append(f"{nested} answers have overlapping spans of one label, which were united")
    return found


def _overlaps_itself(marks: Marks) -> bool:
    labels = {mark[2] for mark in marks}
    return any(
        len(merge(own)) < len(own)
        for own in ([mark for mark in marks if mark[2] == label] for label in labels)
    )

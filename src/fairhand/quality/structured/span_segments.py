"""People's spans as sequences: a text is cut wherever anybody began or ended a span.

Between two such cuts everybody says one thing, so a long span is one judgement and not as many
as it has letters; the cost grows with the marks and not with the text. Offsets are code points,
as in `text[start:end]`, whatever the script.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes

OUT, BEGIN, INSIDE = range(3)

Mark = tuple[int, int, Hashable]
Marks = frozenset[Mark]


@dataclass(frozen=True, slots=True)
class Sequences:
    """One sequence per task and label that somebody used there.

    Sequence i has `lengths[i]` segments; `cuts[i]` are their edges. What `people[i]` said of
    segment s stands in `said` at `edges[i] + s * len(people[i])`: OUT, BEGIN or INSIDE, and three
    more just behind a part of their span. `idle` (people x labels) is in how many texts a person
    answered where nobody used a label: each is one segment that all read as outside.
    `idle_texts` is how many such texts a label has.
    """

    task: NDArray[np.int64]
    label: NDArray[np.int64]
    labels: tuple[Any, ...]
    cuts: list[list[int]]
    lengths: NDArray[np.int64]
    people: NDArray[np.int64]
    people_edges: NDArray[np.int64]
    edges: NDArray[np.int64]
    said: NDArray[np.int8]
    idle: NDArray[np.float64]
    idle_texts: NDArray[np.int64]


def read_marks(row: int, spans: object) -> Marks:
    """Read one answer: spans as {"start", "end", "label"} or (start, end, label).

    Raises ValueError that names the row for anything else, and for a span that holds nothing.
    """
    if spans is None or isinstance(spans, str | bytes) or not isinstance(spans, Iterable):
        raise ValueError(
            f"row {row} has no list of spans; an empty list says that there is nothing to mark"
        )
    return frozenset(_read_mark(row, span) for span in spans)


def _read_mark(row: int, span: Any) -> Mark:  # noqa: ANN401
    try:
        if isinstance(span, Mapping):
            start, end, label = span["start"], span["end"], span["label"]
        else:
            start, end, label = span
        start, end = int(start), int(end)
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"row {row} has a span without start, end and label: {span!r}") from None
    if not 0 <= start < end:
        raise ValueError(f"row {row} has a span from {start} to {end}: nothing is inside")
    return start, end, label


def cut_texts(codes: AnswerCodes, marks: Sequence[Marks]) -> Sequences:
    """Cut every task for every label that somebody used there."""
    rows: dict[int, list[int]] = defaultdict(list)
    for row in np.argsort(codes.task, kind="stable").tolist():
        rows[int(codes.task[row])].append(row)
    used = sorted({mark[2] for answer in marks for mark in answer}, key=_type_then_text)
    number = {label: place for place, label in enumerate(used)}
    found = [
        (task, label, answers)
        for task, answers in rows.items()
        for label in sorted({number[mark[2]] for row in answers for mark in marks[row]})
    ]
    cuts: list[list[int]] = []
    said: list[NDArray[np.int8]] = []
    people: list[NDArray[np.int64]] = []
    for _, label, answers in found:
        theirs = [merge([m for m in marks[row] if number[m[2]] == label]) for row in answers]
        cut = sorted({0, *(edge for spans in theirs for span in spans for edge in span)})
        cuts.append([*cut, cut[-1] + 1])  # behind the last mark there is one more outside
        said.append(np.array([_states(cuts[-1], spans) for spans in theirs]).T.reshape(-1))
        people.append(codes.worker[answers].astype(np.int64))
    answered = np.bincount(codes.worker, minlength=len(codes.workers)).astype(np.float64)
    idle = np.repeat(answered[:, None], max(1, len(used)), axis=1)
    for (_, label, _), readers in zip(found, people, strict=True):
        idle[readers, label] -= 1.0
    return Sequences(
        task=np.array([task for task, _, _ in found], np.int64),
        label=np.array([label for _, label, _ in found], np.int64),
        labels=tuple(used),
        cuts=cuts,
        lengths=np.array([len(cut) - 1 for cut in cuts], np.int64),
        people=np.concatenate(people) if people else np.empty(0, np.int64),
        people_edges=_edges(people),
        edges=_edges(said),
        said=np.concatenate(said) if said else np.empty(0, np.int8),
        idle=idle,
        idle_texts=len(rows)
        - np.bincount([label for _, label, _ in found], minlength=max(1, len(used))),
    )


def merge(spans: Iterable[Mark]) -> list[tuple[int, int]]:
    """Unite one person's spans of a label where they overlap; spans that only touch stay two."""
    united: list[tuple[int, int]] = []
    for start, end, _ in sorted(spans, key=lambda span: span[:2]):
        if united and start < united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def _states(cuts: list[int], spans: list[tuple[int, int]]) -> NDArray[np.int8]:
    """Say of each segment whether a person is outside, begins a span there, or goes on.

    Three are added where the person was in a span just before: what people say next depends on it.
    """
    states = np.zeros(len(cuts) - 1, np.int8)
    place = {cut: at for at, cut in enumerate(cuts)}
    for start, end in spans:
        states[place[start] : place[end]] = INSIDE
        states[place[start]] = BEGIN
    states[1:] += (3 * (states[:-1] != OUT)).astype(np.int8)
    return states


def _edges(parts: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum([len(part) for part in parts])]).astype(
        np.int64
    )


def _type_then_text(label: object) -> tuple[str, str]:
    return type(label).__name__, str(label)

"""Counting a release's rows as they stream past: the writer and the verifier count alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fairhand.proof.release.rules import (
    AnnotationRow,
    PersonFacts,
    QuestionFacts,
    ReleaseFacts,
    ReleaseRow,
    ReleaseStats,
)

MOST_LABELS = 200
"""Labels counted one by one per question; a question with more is open-ended and not counted."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LABELLED_KINDS = frozenset("choice spans boxes polygons mask keypoints segments".split())


@dataclass(slots=True)
class _Question:
    rows: int = 0
    sure_rows: int = 0
    confidence: float = 0.0
    labels: Counter[str] = field(default_factory=Counter)


class RowCounter(Protocol):
    """Counts something else about the same rows."""

    def add_row(self, row: ReleaseRow) -> None:
        """Count a row."""


@dataclass(slots=True)
class Counting:
    """Counts in bounded memory: per question, per person, and in all; `also` count along."""

    also: tuple[RowCounter, ...] = ()
    tasks: int = 0
    rows: int = 0
    annotations: int = 0
    assisted: int = 0
    simulated: int = 0
    _last_task: int | None = None
    _questions: dict[str, _Question] = field(default_factory=dict)
    _people: Counter[str] = field(default_factory=Counter)
    _simulated_people: set[str] = field(default_factory=set)
    _media: set[bytes] = field(default_factory=set)

    def add_row(self, row: ReleaseRow) -> None:
        """Count a row; rows come in the order of their tasks."""
        for other in self.also:
            other.add_row(row)
        self.rows += 1
        self.tasks += row.task_id != self._last_task
        self._last_task = row.task_id
        question = self._questions.setdefault(row.question, _Question())
        question.rows += 1
        if row.confidence is not None:
            question.sure_rows += 1
            question.confidence += row.confidence
        if row.media_sha256 is not None:
            self._media.add(bytes.fromhex(row.media_sha256))
        for label in labels_of(row):
            if label in question.labels or len(question.labels) <= MOST_LABELS:
                question.labels[label] += 1

    def add_annotation(self, row: AnnotationRow) -> None:
        """Count an annotation."""
        self.annotations += 1
        self.assisted += row.assisted
        self.simulated += row.simulated
        self._people[row.contributor] += 1
        for sha256, _ in item_files(row.value):
            self._media.add(bytes.fromhex(sha256))
        if row.simulated:
            self._simulated_people.add(row.contributor)

    def result(self, facts: ReleaseFacts) -> ReleaseStats:
        """Write the counts up in a fixed order."""
        everybody = sorted(set(self._people) | set(facts.paid_minutes))
        return ReleaseStats(
            tasks=self.tasks,
            rows=self.rows,
            annotations=self.annotations,
            assisted_annotations=self.assisted,
            simulated_annotations=self.simulated,
            media_files=len(self._media),
            questions=tuple(
                self._facts_of(question.name, question.kind) for question in facts.questions
            ),
            people=tuple(
                PersonFacts(
                    name,
                    self._people[name],
                    facts.paid_minutes.get(name),
                    name in self._simulated_people or name in facts.simulated_people,
                )
                for name in everybody
            ),
        )

    def _facts_of(self, name: str, kind: str) -> QuestionFacts:
        seen = self._questions.get(name, _Question())
        mean = round(seen.confidence / seen.sure_rows, 6) if seen.sure_rows else None
        labels = seen.labels if len(seen.labels) <= MOST_LABELS else {}
        return QuestionFacts(name, kind, seen.rows, mean, dict(sorted(labels.items())))


def item_files(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The files of contributions in an annotation's value: SHA-256 and media type of each."""
    items = (one for one in value.values() if isinstance(one, dict) and "item" in one)
    return [
        (one["sha256"], str(one.get("media_type", "")))
        for one in items
        if isinstance(one.get("sha256"), str) and _SHA256.fullmatch(one["sha256"])
    ]


def labels_of(row: ReleaseRow) -> list[str]:
    """Give the labels in an answer: of a choice, of several choices, or of regions."""
    value = row.value if row.kind in _LABELLED_KINDS else None
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    if isinstance(value, dict) and isinstance(value.get("regions"), list):
        regions = (item for item in value["regions"] if isinstance(item, dict))
        return sorted({str(item["label"]) for item in regions if "label" in item})
    return []

"""Tasks, predictions and annotations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Any, Literal

from fairhand.core.clock import Instant
from fairhand.model.origin import Generated


@dataclass(frozen=True, slots=True)
class Media:
    """A file in the blob store that belongs to a task.

    `details` says what else is known of it: `duration_ms` and `rate` of a sound, `bits`, `window`
    and `geo` of a picture.
    """

    sha256: str
    content_type: str
    size_bytes: int
    width: int | None = None
    height: int | None = None
    details: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewTask:
    """One row of an import: `data` is what is shown, `fingerprint` finds it again.

    `media_bytes` travels with the row until it is stored, a large file as the open `media_file`,
    which whoever stores it closes; `place` names the row in its file.
    `generated` is None for people's data.
    """

    data: dict[str, Any]
    fingerprint: str
    place: str
    media_bytes: bytes | None = None
    media: Media | None = None
    predictions: tuple[NewPrediction, ...] = ()
    gold: NewGold | None = None
    media_file: IO[bytes] | None = None
    generated: Generated | None = None
    foreign: Foreign | None = None


@dataclass(frozen=True, slots=True)
class NewPrediction:
    """A model's proposed answers that came with an import; `value` maps question to answer.

    `answer` is its place among the foreign answers of its task, where it was made from one.
    """

    value: dict[str, Any]
    model: str
    score: float | None = None
    answer: int | None = None


@dataclass(frozen=True, slots=True)
class ForeignAnswer:
    """An answer as another tool wrote it, kept whole so that it goes out as it came."""

    kind: Literal["annotation", "prediction", "draft"]
    original: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Foreign:
    """What another tool said of a task beside its data.

    `details` holds its id there and whatever else came with it, and what was `added` to or
    `changed` in its data here.
    """

    source: str
    details: dict[str, Any]
    answers: tuple[ForeignAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class NewGold:
    """A known answer that came with an import; it makes the row a gold task."""

    value: dict[str, Any]
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One unit of data to be judged."""

    id: int
    project_id: int
    data: dict[str, Any]
    media: Media | None
    created_at: Instant


@dataclass(frozen=True, slots=True)
class Prediction:
    """A model's proposed answers for one task."""

    id: int
    task_id: int
    value: dict[str, Any]
    model: str
    score: float | None
    created_at: Instant


@dataclass(frozen=True, slots=True)
class Annotation:
    """One person's submitted answers for one task; immutable, corrected by a new revision."""

    id: int
    task_id: int
    person_id: int
    project_id: int
    revision: int
    value: dict[str, Any]
    submitted_at: Instant
    counted: bool
    late: bool
    assisted: bool

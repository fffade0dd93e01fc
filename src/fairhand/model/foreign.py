"""A task with everything that is said of it, as other tools want to read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fairhand.core.clock import Instant

BY_PEOPLE = "label-studio-annotation"
"""What made a proposal that is a person's own answer, given in another tool from nothing."""


@dataclass(frozen=True, slots=True)
class ForeignProject:
    """What another tool said of a project; `config` is its labelling configuration."""

    project_id: int
    source: str
    config: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as another tool wrote it, and what became of it here."""

    id: int
    task_id: int
    kind: str
    original: dict[str, Any]
    prediction_id: int | None
    annotation_id: int | None
    at: Instant


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What a person of ours answered; `first_id` stays while revisions follow one another."""

    id: int
    first_id: int
    task_id: int
    person_id: int
    value: dict[str, Any]
    submitted_at: Instant
    served_at: Instant
    first_at: Instant
    prediction_id: int | None


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A task that a person of ours skipped."""

    lease_id: int
    task_id: int
    person_id: int
    served_at: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class MadePrediction:
    """A model's proposed answers."""

    id: int
    task_id: int
    value: dict[str, Any]
    model: str
    score: float | None
    at: Instant


@dataclass(frozen=True, slots=True)
class WholeTask:
    """One task and all that is said of it; `details` is None for a task of our own."""

    id: int
    project_id: int
    data: dict[str, Any]
    media_type: str | None
    created_at: Instant
    details: dict[str, Any] | None
    kept: list[KeptAnswer] = field(default_factory=list)
    given: list[GivenAnswer] = field(default_factory=list)
    passed_on: list[PassedOn] = field(default_factory=list)
    predictions: list[MadePrediction] = field(default_factory=list)

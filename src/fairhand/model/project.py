"""Projects and what they ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fairhand.core.clock import Instant

Mode = Literal["draft", "demo", "open", "paused", "closed"]
"""`draft` and `demo` may be tried before the gate is green, and are marked so everywhere."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a task. `config` is validated by the kind's file in `labels`."""

    name: str
    kind: str
    title: str
    config: dict[str, Any]
    required: bool = True
    only_if: dict[str, Any] | None = None
    """Asked only where this holds (`labels.conditions`); None: always."""


@dataclass(frozen=True, slots=True)
class ProjectVersion:
    """Questions and guidelines as they were at one moment; never edited, only followed."""

    project_id: int
    version: int
    questions: tuple[Question, ...]
    guidelines: str
    created_at: Instant


@dataclass(frozen=True, slots=True)
class Project:
    """One labelling effort: policy and current version."""

    id: int
    slug: str
    title: str
    mode: Mode
    version: int
    purpose: str
    currency: str
    rate_micros_per_hour: int
    min_overlap: int
    max_overlap: int
    target_confidence: float
    lease_ttl_ms: int
    expected_ms: int
    tier: int
    created_at: Instant
    queue_epoch: int = 0
    gold_permille: int = 0
    worth_micros: int | None = None
    archived_at: Instant | None = None

"""Durable jobs: long work that goes on where it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue

JobState = Literal["queued", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class NewJob:
    """What somebody asks for; asking twice with the same id is asking once."""

    id: str
    kind: str
    command: Mapping[str, Any]
    project_id: int | None = None
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job and how far it is; `total` is None while nobody knows how much there is."""

    id: str
    kind: str
    command: Mapping[str, Any]
    project_id: int | None
    person_id: int | None
    state: JobState
    done: int
    total: int | None
    issues: tuple[Issue, ...]
    result: Any
    error: str | None
    created_at: Instant
    updated_at: Instant

    @property
    def is_over(self) -> bool:
        """True when nothing will change any more."""
        return self.state in ("done", "failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step did: `next` is where the next step starts, None when the job is done.

    `issues` are those of this step; `done` and `total` count the whole job so far.
    """

    next: Any = None
    done: int = 0
    total: int | None = None
    issues: tuple[Issue, ...] = ()
    result: Any = None

"""The nouns of a release and what may enter it.

A release is a function of its inputs: rows in a fixed order, facts, and the given moment. Nothing
here reads a clock, a database or a dice, so the same inputs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any

from fairhand.core.clock import HOUR_MS, MINUTE_MS
from fairhand.core.money import MICROS, Money
from fairhand.model.project import Mode, Question

FORMAT = "fairhand.release/v1"
TRIAL_MODES: tuple[Mode, ...] = ("draft", "demo")


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """The aggregated answer to one question about one task."""

    task_id: int
    question: str
    kind: str
    value: Any
    confidence: float | None
    probabilities: dict[str, float] | None
    method: str
    answers: int
    assisted: int
    simulated: int
    mode: str
    data: dict[str, Any]
    media_sha256: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class AnnotationRow:
    """One person's answers about one task, by pseudonym; the day and not the moment is told."""

    annotation_id: int
    task_id: int
    contributor: str
    day: str
    revision: int
    value: dict[str, Any]
    counted: bool
    late: bool
    assisted: bool
    changed: bool
    model: str | None
    simulated: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree on a question: alpha with its interval, or None with the reason."""

    question: str
    alpha: float | None
    low: float | None
    high: float | None
    measure: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PersonPay:
    """What one person's paid time in the project came to.

    `floor_micros` is what the floor asks for the same time; None while it is not known.
    """

    contributor: str
    paid_ms: int
    amount_micros: int
    floor_micros: int | None


@dataclass(frozen=True, slots=True)
class PayFacts:
    """Pay per hour over people, without saying who: the least, the median and the floor's."""

    currency: str
    people: int
    paid_minutes: int
    min_per_hour: str
    median_per_hour: str
    floor_min_per_hour: str | None
    floor_max_per_hour: str | None
    at_or_above_floor: int
    below_floor: int
    floor_unknown: int


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What one contributor gave, by pseudonym."""

    contributor: str
    annotations: int
    paid_minutes: int | None
    simulated: bool


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """One question in numbers; `labels` counts the values of a choice."""

    name: str
    kind: str
    rows: int
    mean_confidence: float | None
    labels: dict[str, int]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is not in the release, counted so that nobody mistakes it for all there was."""

    tasks_without_answer: int = 0
    tasks_withheld: int = 0
    annotations_withheld: int = 0


@dataclass(frozen=True, slots=True)
class ReleaseStats:
    """The counts that the card shows; all but pay and agreement follow from the rows."""

    tasks: int
    rows: int
    annotations: int
    assisted_annotations: int
    simulated_annotations: int
    media_files: int
    questions: tuple[QuestionFacts, ...]
    people: tuple[PersonFacts, ...]


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """Everything about a release that is not a row: given, not computed from the files."""

    project_id: int
    slug: str
    title: str
    purpose: str
    mode: Mode
    version: int
    created_at: str
    licence: str
    questions: tuple[Question, ...]
    agreement: tuple[Agreement, ...] = ()
    pay: PayFacts | None = None
    paid_minutes: dict[str, int] = field(default_factory=dict)
    simulated_people: tuple[str, ...] = ()
    gaps: Gaps = Gaps()
    log_origin: str = ""
    log_vkey: str = ""
    media_copied: bool = False


def may_enter(*, answers: int, held: bool, withdrawn_answers: int) -> bool:
    """Say whether a task's answer may be released.

    It may when somebody answered, nothing holds the task back, and nobody whose answer counted has
    withdrawn their grant since.
    """
    return answers > 0 and not held and withdrawn_answers == 0


def pay_facts(currency: str, people: Sequence[PersonPay]) -> PayFacts | None:
    """Sum up pay per hour; None when no time was paid."""
    paid = [person for person in people if person.paid_ms > 0]
    if not paid:
        return None
    hourly = sorted(_per_hour(person.amount_micros, person.paid_ms) for person in paid)
    known = [person for person in paid if person.floor_micros is not None]
    floors = sorted(_per_hour(person.floor_micros or 0, person.paid_ms) for person in known)
    above = sum(person.amount_micros >= (person.floor_micros or 0) for person in known)
    return PayFacts(
        currency=currency,
        people=len(paid),
        paid_minutes=sum(minutes(person.paid_ms) for person in paid),
        min_per_hour=_decimal(hourly[0], currency),
        median_per_hour=_decimal(median_low(hourly), currency),
        floor_min_per_hour=_decimal(floors[0], currency) if floors else None,
        floor_max_per_hour=_decimal(floors[-1], currency) if floors else None,
        at_or_above_floor=above,
        below_floor=len(known) - above,
        floor_unknown=len(paid) - len(known),
    )


def minutes(paid_ms: int) -> int:
    """Whole minutes, the half rounded up."""
    return (paid_ms + MINUTE_MS // 2) // MINUTE_MS


def is_trial(facts: ReleaseFacts) -> bool:
    """Say whether the project was only tried out: its gate was not green when this was made."""
    return facts.mode in TRIAL_MODES


def is_simulated(stats: ReleaseStats) -> bool:
    """Say whether the release must carry the notice that it is not human data."""
    return stats.simulated_annotations > 0


def _per_hour(micros: int, paid_ms: int) -> int:
    """Micros an hour, rounded down so that pay never looks better than it was."""
    return micros * HOUR_MS // paid_ms


def _decimal(micros: int, currency: str) -> str:
    return Money(micros // MICROS, currency).decimal()

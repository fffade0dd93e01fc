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

FORMAT = "fairhand.release/v2"
TRIAL_MODES: tuple[Mode, ...] = ("draft", "demo")


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """The aggregated answer to one question about one task.

    `annotators` are those whose answers are behind it, by pseudonym; `agreement` is the mean
    likeness of their answers to this one by the measure of its kind, 0 to 1; None where answers of
    the kind cannot disagree. `origin` and `depth` are `model.origin`'s, of the answer;
    `data_origin` and `data_depth` those of what was asked about, and `data_model` what generated
    that. `models` names those whose proposals became the answer as they were; `depth_known` is
    false where nobody said what one of them learned from, so that `depth` is the least it can be.
    `split` is None in a release without splits. `review` says, of an answer that stands because a
    reviewer said so, in which review, by whom (a pseudonym), on which day and why it was looked at.
    """

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
    annotators: tuple[str, ...] = ()
    agreement: float | None = None
    origin: str = "human"
    depth: int = 0
    data_origin: str = "human"
    data_depth: int = 0
    licence: str = ""
    models: tuple[str, ...] = ()
    depth_known: bool = True
    data_model: str | None = None
    split: str | None = None
    review: dict[str, Any] | None = None


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
    origin: str = "human"
    depth: int = 0
    split: str | None = None


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
class ModelFacts:
    """A model whose proposals people had in view, and how it did when it was last measured here.

    `measure` is "accuracy" or "iou"; `value` None: it was never measured. `weak` names the slices
    in which it is worse than in the rest.
    """

    model: str
    annotations: int
    question: str = ""
    measure: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    tasks: int = 0
    held_out: bool = False
    weak: tuple[str, ...] = ()


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
class OwnDataFacts:
    """What a campaign's release is for: the terms that every grant in it was asked about.

    `policy` is the same as an ODRL offer or agreement. `revocations` is where the signed list of
    items that left again is kept; whoever holds a copy must look there.
    """

    modalities: tuple[str, ...]
    purposes: tuple[str, ...]
    territory: tuple[str, ...]
    starts: str
    ends: str
    recipient: str
    revocations: str
    policy: dict[str, Any]
    supersedes: int | None = None


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """Everything about a release that is not a row: given, not computed from the files.

    `splits` says how rows were parted, `guard` what the synthetic-data guard found, `fair_work`
    under which conditions the work was done, `who` which groups of people did it, and `roots` the
    Merkle roots of its rows, by file. `notes` are the owner's own
    words, by question of `notes.NOTES`.
    """

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
    models: tuple[ModelFacts, ...] = ()
    own_data: OwnDataFacts | None = None
    # JSON objects, each in the form that its own module writes; None: not part of this release.
    splits: dict[str, Any] | None = None
    guard: dict[str, Any] | None = None
    fair_work: dict[str, Any] | None = None
    who: dict[str, Any] | None = None
    roots: dict[str, Any] | None = None
    notes: dict[str, str] = field(default_factory=dict)
    # How many of its media have content credentials beside them, and how many cannot.
    credentials: dict[str, int] | None = None
    # The version of Fairhand that wrote the cards: another one may say the same in other words.
    made_with: str | None = None


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

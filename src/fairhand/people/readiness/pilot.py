"""Pilots: what is asked of one, what it found, the price that follows, and go or no-go; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.core.errors import Issue

Outcome = Literal["running", "go", "no_go"]

TARGET_ALPHA: Final = 0.667
"""The least Krippendorff (2004) lets stand for tentative conclusions; 0.8 is what he asks for."""
PEOPLE_WANTED: Final = 3
GOLD_WANTED: Final = 5
TASKS_DEFAULT: Final = 30
FEWEST_TASKS, MOST_TASKS = 5, 500
FEWEST_PEOPLE, MOST_PEOPLE = 2, 50
LEAST_ANSWERED: Final = 0.9
"""The share of the answers a pilot asked for that must be there before a go: skips are free."""
FEW_ANSWERS: Final = 3
"""Of a person, below which their pace says nothing about a price."""
SLOWEST: Final = 5
"""One in five: the slowest fifth of the people, one at least, sets the price."""
TIME_MARGIN: Final = 2
"""A pilot's own money covers twice the guessed time: newcomers read, wait and are slower."""
_REASON: Final = (3, 2_000)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an owner asks of a project before it opens; lowering one is named and logged."""

    target_alpha: float = TARGET_ALPHA
    people_wanted: int = PEOPLE_WANTED
    qualified_wanted: int = 2
    gold_wanted: int = GOLD_WANTED
    skills_wanted: tuple[int, ...] = ()
    skill_gap: str = ""
    changed_by: int | None = None
    changed_at: Instant | None = None


def check_terms(terms: Terms) -> list[Issue]:
    """List what is wrong with the terms, all at once."""
    issues = []
    if not 0 <= terms.target_alpha <= 1:
        issues.append(Issue("target_alpha", "Ask for an agreement from 0 to 1, as 0.667."))
    if not FEWEST_PEOPLE <= terms.people_wanted <= MOST_PEOPLE:
        many = f"{FEWEST_PEOPLE} to {MOST_PEOPLE}"
        issues.append(Issue("people_wanted", f"Ask {many} people to the pilot."))
    for place, wanted in (
        ("qualified_wanted", terms.qualified_wanted),
        ("gold_wanted", terms.gold_wanted),
    ):
        if not 0 <= wanted <= 10_000:
            issues.append(Issue(place, "Ask for 0 to 10,000."))
    if len(terms.skill_gap) > _REASON[1]:
        issues.append(Issue("skill_gap", f"Keep it under {_REASON[1]:,} characters."))
    return issues


@dataclass(frozen=True, slots=True)
class Pilot:
    """One pilot: a small paid project of its own, of the project that it tests."""

    project_id: int
    of_project_id: int
    version: int
    people_wanted: int
    tasks: int
    target_alpha: float
    outcome: Outcome
    evidence: Mapping[str, Any]
    started_by: int
    started_at: Instant
    decided_by: int | None = None
    decided_at: Instant | None = None
    reason: str = ""

    @property
    def answers_wanted(self) -> int:
        """How many answers it asks for: every task of every person."""
        return self.tasks * self.people_wanted


def is_stale(pilot: Pilot, version: int) -> bool:
    """Say whether questions or guidelines changed since: it tested what nobody works by now."""
    return pilot.version != version


@dataclass(frozen=True, slots=True)
class StartTerms:
    """A pilot that somebody wants to start, and what there is to start it with."""

    tasks: int
    people: int
    free_tasks: int
    guidelines: str
    running: int | None
    is_itself_pilot: bool
    is_closed: bool


def check_start(asked: StartTerms) -> list[Issue]:
    """List what keeps a pilot from starting."""
    issues = []
    if asked.is_itself_pilot:
        issues.append(Issue("project", "This is a pilot already; a pilot needs none."))
    if asked.is_closed:
        issues.append(Issue("project", "This project is closed."))
    if asked.running is not None:
        issues.append(
            Issue(
                "project",
                f"Pilot {asked.running} is running. Decide on it first: go, or no-go if it tests "
                "guidelines that have changed.",
            )
        )
    if not FEWEST_TASKS <= asked.tasks <= MOST_TASKS:
        issues.append(Issue("tasks", f"Take {FEWEST_TASKS} to {MOST_TASKS} tasks."))
    elif asked.tasks > asked.free_tasks:
        issues.append(
            Issue(
                "tasks",
                f"{asked.tasks:,} are asked for, and only {asked.free_tasks:,} are there besides "
                "gold: import more, or ask for fewer.",
            )
        )
    if not FEWEST_PEOPLE <= asked.people <= MOST_PEOPLE:
        issues.append(Issue("people", f"Ask {FEWEST_PEOPLE} to {MOST_PEOPLE} people."))
    if not asked.guidelines.strip():
        issues.append(Issue("guidelines", "Write guidelines first: the pilot tests them."))
    return issues


def cost_of(tasks: int, people: int, expected_ms: int, rate_micros_per_hour: int) -> int:
    """Give the micros that a pilot needs set aside: all answers at twice the guessed time."""
    spent = TIME_MARGIN * tasks * people * expected_ms * rate_micros_per_hour
    return -(-spent // HOUR_MS)


@dataclass(frozen=True, slots=True)
class Agreed:
    """How far people agreed on one question, with its 95 % interval.

    `measure` is alpha, or iou for outlines. `value` is None where it cannot be told; `why` says
    why. A subjective question has no one truth, so that it is shown and never asked for.
    """

    question: str
    title: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    tasks: int
    is_subjective: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class PersonPace:
    """What one person did in a pilot: answers, and all paid time that they took."""

    person_id: int
    answers: int
    paid_ms: int


@dataclass(frozen=True, slots=True)
class Price:
    """A unit price by which the slowest fifth still reach the floor.

    `unit_micros` an answer; `slow_ms` and `usual_ms` are paid milliseconds an answer, of the
    slowest fifth together and of the person in the middle; `people` is how many were measured.
    """

    unit_micros: int
    slow_ms: int
    usual_ms: int
    floor_micros_per_hour: int
    people: int


def price_of(paces: Sequence[PersonPace], floor_micros_per_hour: int) -> Price | None:
    """Price an answer by the pace of the slowest fifth, reading and waiting included.

    None while nobody has answered enough to have a pace, or no floor and no rate is known.
    """
    known = sorted(
        (one for one in paces if one.answers >= FEW_ANSWERS),
        key=lambda one: (one.paid_ms / one.answers, one.person_id),
    )
    if not known or floor_micros_per_hour <= 0:
        return None
    slowest = known[-max(1, len(known) // SLOWEST) :]
    paid_ms, answers = sum(one.paid_ms for one in slowest), sum(one.answers for one in slowest)
    middle = known[(len(known) - 1) // 2]
    return Price(
        unit_micros=-(-paid_ms * floor_micros_per_hour // (answers * HOUR_MS)),
        slow_ms=-(-paid_ms // answers),
        usual_ms=-(-middle.paid_ms // middle.answers),
        floor_micros_per_hour=floor_micros_per_hour,
        people=len(known),
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """What a pilot found so far; money in micros of the project's currency."""

    people: int
    answers: int
    agreed: tuple[Agreed, ...]
    p50_ms: int | None
    p90_ms: int | None
    price: Price | None
    cost_p50_micros: int | None = None
    cost_p90_micros: int | None = None

    @property
    def lowest(self) -> Agreed | None:
        """The question that people agreed on least, of those that have one truth."""
        asked = [one for one in self.agreed if not one.is_subjective]
        unknown = [one for one in asked if one.value is None]
        return next(iter(unknown), min(asked, key=lambda one: one.value or 0.0, default=None))


def check_go(pilot: Pilot, found: Measured, version: int) -> list[Issue]:
    """List what a go lacks; a warning is something to think of that stops nobody."""
    issues = []
    if is_stale(pilot, version):
        issues.append(
            Issue(
                "version",
                f"The guidelines are at version {version} and this pilot tested version "
                f"{pilot.version}. Decide no-go and start a pilot of the new ones.",
            )
        )
    if found.people < pilot.people_wanted:
        issues.append(
            Issue("people", f"{found.people} of {pilot.people_wanted} people have taken part.")
        )
    least = -(-pilot.answers_wanted * int(LEAST_ANSWERED * 100) // 100)
    if found.answers < least:
        issues.append(
            Issue("answers", f"{found.answers:,} answers are there; a go needs {least:,} at least.")
        )
    for one in found.agreed:
        issues += _check_agreed(one, pilot.target_alpha)
    return issues


def _check_agreed(one: Agreed, target: float) -> list[Issue]:
    place = f"agreement.{one.question}"
    if one.is_subjective:
        return []
    if one.value is None:
        why = one.why or "there is too little to compare"
        return [Issue(place, f"“{one.title}”: agreement cannot be told, because {why}.")]
    if one.value < target:
        message = (
            f"“{one.title}”: people agree at {one.value:.2f}, and {target:.2f} is asked for. "
            "Make the guidelines clearer where people differ, and test them again."
        )
        return [Issue(place, message)]
    if one.low is not None and one.low < target:
        message = (
            f"“{one.title}”: {one.value:.2f} is enough, but the interval begins at {one.low:.2f}: "
            "with more tasks it would be surer."
        )
        return [Issue(place, message, "warning")]
    return []


def check_reason(reason: str) -> list[Issue]:
    """List what is wrong with the reason of a decision."""
    if _REASON[0] <= len(reason.strip()) <= _REASON[1]:
        return []
    return [Issue("reason", f"Give a reason, in {_REASON[0]} to {_REASON[1]:,} characters.")]


def evidence_of(found: Measured, currency: str, guidelines_sha256: str) -> dict[str, Any]:
    """Write down what a decision saw, as JSON keeps it."""
    price = found.price
    return {
        "people": found.people,
        "answers": found.answers,
        "agreement": [
            {
                "question": one.question,
                "measure": one.measure,
                "value": _rounded(one.value),
                "low": _rounded(one.low),
                "high": _rounded(one.high),
                "tasks": one.tasks,
                "subjective": one.is_subjective,
            }
            for one in found.agreed
        ],
        "p50_ms": found.p50_ms,
        "p90_ms": found.p90_ms,
        "currency": currency,
        "price": None
        if price is None
        else {
            "unit_micros": price.unit_micros,
            "slow_ms": price.slow_ms,
            "usual_ms": price.usual_ms,
            "floor_micros_per_hour": price.floor_micros_per_hour,
            "people": price.people,
        },
        "cost_p50_micros": found.cost_p50_micros,
        "cost_p90_micros": found.cost_p90_micros,
        "guidelines_sha256": guidelines_sha256,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

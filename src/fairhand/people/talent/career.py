"""The way to more responsibility: what a step asks, how far somebody is, what it adds; pure.

A step is open to everybody who meets what it asks, and it asks for nothing but skills, answers and
days: no score of a person, and no opinion. Reaching it makes nobody reviewer or trainer by itself:
a human asks them, and they may say no.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import Issue

CareerRole = Literal["contributor", "reviewer", "trainer"]
ROLES: Final = get_args(CareerRole)
MOST_PERMILLE: Final = 2_000
MOST_NEEDED: Final = 1_000_000
_MOST_SKILLS: Final = 20


@dataclass(frozen=True, slots=True)
class Needs:
    """What a step asks for: skills that were shown, answers given, days with the workspace."""

    skills: tuple[int, ...] = ()
    answers: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its role, what it asks, and how many thousandths it adds to the hourly rate.

    Project 0 is the whole workspace.
    """

    id: int
    project_id: int
    role: CareerRole
    title: str
    needs: Needs
    pay_permille: int
    set_at: Instant
    ended_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What somebody has done so far: skills that hold, answers, since when, roles with dates."""

    skills: frozenset[int]
    answers: int
    since: Instant
    roles: tuple[tuple[str, int, Instant], ...]  # role, project (0: everywhere), given at


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that a step asks and somebody has not yet: how much they have, and how much it is.

    `what` is skill, answers or days; a skill is named by `skill_id`.
    """

    what: str
    have: int
    want: int
    skill_id: int = 0


@dataclass(frozen=True, slots=True)
class Reached:
    """A step with where somebody stands before it."""

    step: Step
    holds_since: Instant | None
    missing: tuple[Missing, ...]

    @property
    def state(self) -> str:
        """`held`, `ready` when nothing is missing, else `ahead`."""
        if self.holds_since is not None:
            return "held"
        return "ahead" if self.missing else "ready"


def step_issues(
    role: str, title: str, needs: Needs, pay_permille: int, known: Collection[int]
) -> list[Issue]:
    """List what is wrong with a step that somebody wants to set."""
    issues = []
    if role not in ROLES:
        issues.append(Issue("role", f"Choose one of {', '.join(ROLES)}."))
    if not 1 <= len(title.strip()) <= 200:
        issues.append(Issue("title", "Give a title of 1 to 200 characters."))
    if not 0 <= pay_permille <= MOST_PERMILLE:
        issues.append(Issue("pay", f"A step adds 0 to {MOST_PERMILLE // 10} % to the hour."))
    for place, number in (("answers", needs.answers), ("days", needs.days)):
        if not 0 <= number <= MOST_NEEDED:
            issues.append(Issue(place, f"Give 0 to {MOST_NEEDED:,}."))
    if set(needs.skills) - set(known) or len(needs.skills) > _MOST_SKILLS:
        issues.append(Issue("skills", "Choose skills that the workspace knows, 20 at most."))
    return issues


def missing(needs: Needs, record: Record, now: Instant) -> tuple[Missing, ...]:
    """List what somebody lacks for a step, skills first."""
    found = [Missing("skill", 0, 1, skill) for skill in needs.skills if skill not in record.skills]
    if record.answers < needs.answers:
        found.append(Missing("answers", record.answers, needs.answers))
    days = max(0, now - record.since) // DAY_MS
    if days < needs.days:
        found.append(Missing("days", days, needs.days))
    return tuple(found)


def held_since(step: Step, roles: Sequence[tuple[str, int, Instant]]) -> Instant | None:
    """Say since when somebody holds a step: the later of getting the role and of setting it.

    A role that is given everywhere holds in every project. A step that has ended is open to nobody
    new; whoever held it keeps it.
    """
    given = [
        at
        for role, project_id, at in roles
        if role == step.role and project_id in (0, step.project_id)
    ]
    if not given or (step.ended_at is not None and min(given) >= step.ended_at):
        return None
    return Instant(max(min(given), step.set_at))


def path_of(steps: Sequence[Step], record: Record, now: Instant) -> list[Reached]:
    """Lay the steps out in the order in which they pay; ended ones where somebody holds them."""
    ordered = sorted(
        steps, key=lambda one: (ROLES.index(one.role), one.pay_permille, one.project_id, one.id)
    )
    path = []
    for one in ordered:
        since = held_since(one, record.roles)
        if since is None and one.ended_at is None:
            path.append(Reached(one, None, missing(one.needs, record, now)))
        elif since is not None:
            path.append(Reached(one, since, ()))
    return path


def needs_json(needs: Needs) -> dict[str, Any]:
    """Write what a step asks."""
    return {"skills": list(needs.skills), "answers": needs.answers, "days": needs.days}


def read_needs(value: dict[str, Any]) -> Needs:
    """Read what a step asks."""
    return Needs(tuple(value["skills"]), value["answers"], value["days"])

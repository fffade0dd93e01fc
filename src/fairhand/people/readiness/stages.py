"""The nouns of readiness: what is looked at, a line of a checklist, a stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from fairhand.core.clock import Instant
from fairhand.people.readiness.pilot import Pilot, Terms

State = Literal["done", "missing", "not_yet"]
StageName = Literal["workforce", "pipeline", "talent", "compute"]

TITLES: Final[dict[StageName, str]] = {
    "workforce": "Workforce: people who are paid, qualified and willing",
    "pipeline": "Pipeline: guidelines that were tested, gold, and money",
    "talent": "Talent: the skills that the work needs",
    "compute": "Compute: bought last",
}
PACE_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Pace:
    """How often something happened lately: `events` since `since`."""

    events: int
    since: Instant


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill that is asked for, and how many of the people who take part have shown it."""

    name: str
    people: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the checklists look at; money in micros of the project's currency.

    A pace is None where nothing happened lately. `cost_p50_micros` is None where no forecast was
    made for the purpose.
    """

    project_id: int
    version: int
    mode: str
    terms: Terms
    tasks: int = 0
    guidelines: str = ""
    people: int = 0
    people_pace: Pace | None = None
    without_floor: int = 0
    below_floor: tuple[str, ...] = ()
    without_consent: int = 0
    has_course: bool = False
    qualified: int = 0
    qualified_pace: Pace | None = None
    gold: int = 0
    gold_pace: Pace | None = None
    escrow_micros: int = 0
    cost_p50_micros: int | None = None
    pilot: Pilot | None = None
    pilot_people: int = 0
    pilot_answers: int = 0
    pilot_pace: Pace | None = None
    skills: tuple[Skill, ...] = ()
    deciders: int = 0
    settled_tasks: int = 0
    releases: int = 0


@dataclass(frozen=True, slots=True)
class When:
    """When something will be reached at the pace of late; `at` None: it cannot be said."""

    at: Instant | None
    words: str


CANNOT_BE_SAID: Final = When(None, "When cannot be said yet.")


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a checklist.

    `who` are the roles that can mend it, `link` is where. Only items that block keep a project
    from opening; the others are advice.
    """

    key: str
    title: str
    state: State
    detail: str
    who: tuple[str, ...]
    link: str
    when: When | None = None
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage and its checklist; done when everything that blocks in it is."""

    name: StageName
    title: str
    items: tuple[Item, ...]

    @property
    def state(self) -> State:
        """Say how far the stage is."""
        open_items = [one.state for one in self.items if one.blocks and one.state != "done"]
        if not open_items:
            return "done"
        return "missing" if "missing" in open_items else "not_yet"

    @property
    def missing(self) -> tuple[Item, ...]:
        """What keeps the stage from being done."""
        return tuple(one for one in self.items if one.blocks and one.state != "done")

"""The four stages of readiness, each a checklist computed from facts; pure.

Workforce, pipeline, talent, compute, in this order: buying compute comes last. An item is `done`
when the facts say so, `missing` when somebody can mend it now, and `not_yet` when it waits for
another item.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import Issue
from fairhand.people.readiness.pilot import is_stale
from fairhand.people.readiness.stages import (
    CANNOT_BE_SAID,
    TITLES,
    Facts,
    Item,
    Pace,
    Stage,
    State,
    When,
)

_FEWEST_EVENTS: Final = 2
_FARTHEST_MS: Final = 365 * DAY_MS


def when_reached(have: int, wanted: int, pace: Pace | None, now: Instant) -> When:
    """Say when `wanted` will be there if it goes on at the pace of late.

    A pace needs two events at least; a pause counts against it, because its time runs to now.
    """
    if pace is None or pace.events < _FEWEST_EVENTS or now <= pace.since:
        return CANNOT_BE_SAID
    left_ms = (wanted - have) * (now - pace.since) // pace.events
    if left_ms > _FARTHEST_MS:
        return When(None, "At the pace of late it would take more than a year.")
    days = -(-left_ms // DAY_MS)
    words = "within a day" if days <= 1 else f"in about {days} days"
    return When(Instant(now + left_ms), f"At the pace of late {words}.")


def stages_of(facts: Facts, now: Instant) -> tuple[Stage, ...]:
    """Compute the four checklists in their order."""
    before = (
        Stage("workforce", TITLES["workforce"], _workforce(facts, now)),
        Stage("pipeline", TITLES["pipeline"], _pipeline(facts, now)),
        Stage("talent", TITLES["talent"], _talent(facts)),
    )
    return (*before, Stage("compute", TITLES["compute"], _compute(facts, before)))


def opening_issues(stages: Sequence[Stage]) -> list[Issue]:
    """List what keeps a project from opening: everything that blocks before compute."""
    return [
        Issue(item.key, f"{item.title}: {item.detail}")
        for stage in stages
        if stage.name != "compute"
        for item in stage.missing
    ]


def is_ready_to_open(stages: Sequence[Stage]) -> bool:
    """Say whether the stages before compute are done."""
    return not opening_issues(stages)


def is_ready_for_compute(stages: Sequence[Stage]) -> bool:
    """Say whether compute may be bought: every stage is done, this one last.

    `fairhand gate` asks this before a training command starts.
    """
    return bool(stages) and all(stage.state == "done" for stage in stages)


def _state(is_done: bool, is_possible: bool = True) -> State:
    if is_done:
        return "done"
    return "missing" if is_possible else "not_yet"


def _page(facts: Facts, tail: str = "") -> str:
    return f"/projects/{facts.project_id}{tail}"


def _workforce(facts: Facts, now: Instant) -> tuple[Item, ...]:
    terms, people = facts.terms, max(facts.people, facts.pilot_people)
    has_people = people >= terms.people_wanted
    return (
        Item(
            "people",
            "People take part",
            _state(has_people),
            f"{people:,} of {terms.people_wanted:,} take part.",
            ("owner", "manager"),
            _page(facts, "#do"),
            None
            if has_people
            else when_reached(people, terms.people_wanted, facts.people_pace, now),
        ),
        Item(
            "floors",
            "A wage floor is known where everybody lives",
            _state(not facts.without_floor),
            f"{facts.without_floor} people live where no wage floor is active."
            if facts.without_floor
            else "Nobody works here without one.",
            ("owner", "manager"),
            "/pay/floors",
        ),
        Item(
            "pay",
            "Pay is at or above every floor",
            _state(not facts.below_floor),
            " ".join(facts.below_floor) or "The hourly guarantee reaches them all.",
            ("owner", "manager"),
            _page(facts, "/pay"),
        ),
        _consent(facts),
        _qualified(facts, now),
    )


def _consent(facts: Facts) -> Item:
    is_anybody = max(facts.people, facts.pilot_people) > 0
    said = "Each agreement is kept with its exact words."
    if not is_anybody:
        said = "Nobody takes part yet."
    elif facts.without_consent:
        said = f"{facts.without_consent} people take part without an agreement that holds."
    return Item(
        "consent",
        "Everybody has agreed to the words that say what their work is for",
        _state(is_anybody and not facts.without_consent, is_anybody),
        said,
        ("contributor",),
        _page(facts),
    )


def _qualified(facts: Facts, now: Instant) -> Item:
    wanted, have = facts.terms.qualified_wanted, facts.qualified
    is_done = have >= wanted
    said = f"{have:,} of {wanted:,} have passed its course."
    if not wanted:
        said = "The owner asks for nobody who has passed a course."
    elif not facts.has_course:
        said = f"{wanted:,} are asked for, and no course is published yet."
    return Item(
        "qualified",
        "People have learnt the work and passed",
        _state(is_done, facts.has_course or bool(facts.gold)),
        said,
        ("contributor",) if facts.has_course else ("owner", "trainer"),
        _page(facts, "/courses"),
        None if is_done else when_reached(have, wanted, facts.qualified_pace, now),
    )


def _pipeline(facts: Facts, now: Instant) -> tuple[Item, ...]:
    has_words = bool(facts.guidelines.strip())
    gold, wanted = facts.gold, facts.terms.gold_wanted
    return (
        Item(
            "tasks",
            "Tasks are imported",
            _state(facts.tasks > 0),
            f"{facts.tasks:,} tasks." if facts.tasks else "Import tasks first.",
            ("owner",),
            _page(facts, "#do"),
        ),
        Item(
            "guidelines",
            "Guidelines are written",
            _state(has_words),
            f"Version {facts.version} holds."
            if has_words
            else "People cannot guess what you mean.",
            ("owner",),
            _page(facts, "#do"),
        ),
        Item(
            "gold",
            "Gold tasks are made",
            _state(gold >= wanted, facts.tasks > 0),
            f"{gold:,} of {wanted:,} tasks with a known answer and its explanation.",
            ("owner", "reviewer"),
            _page(facts, "/quality#gold"),
            None if gold >= wanted else when_reached(gold, wanted, facts.gold_pace, now),
        ),
        _pilot(facts, now),
        Item(
            "escrow",
            "Money for the work is set aside",
            _state(facts.escrow_micros > 0 or _is_over(facts)),
            _escrow_words(facts),
            ("owner", "manager"),
            _page(facts, "#do"),
        ),
        _forecast(facts),
    )


def _is_over(facts: Facts) -> bool:
    """Say whether the work is done: what was set aside for it may be used up then."""
    return facts.mode == "closed" and facts.settled_tasks > 0


def _escrow_words(facts: Facts) -> str:
    if facts.escrow_micros > 0:
        return "It is there before work is handed out."
    if _is_over(facts):
        return "The work is done, and what was set aside for it was used."
    return "Set money aside first: work is handed out only when funded."


def _pilot(facts: Facts, now: Instant) -> Item:
    pilot, link = facts.pilot, _page(facts, "/pilot")
    title = "The guidelines were agreed on in a paid pilot"
    could_start = bool(facts.tasks and facts.guidelines.strip())
    if pilot is None:
        said = "No pilot has been run: a few people answer a sample, paid, and are compared."
        return Item("pilot", title, _state(False, could_start), said, ("owner",), link)
    if is_stale(pilot, facts.version):
        said = (
            f"The guidelines changed since: the pilot tested version {pilot.version}, and version "
            f"{facts.version} holds. Test them again."
        )
        return Item("pilot", title, "missing", said, ("owner",), link)
    if pilot.outcome == "go":
        return Item("pilot", title, "done", "A named person said go.", ("owner",), link)
    if pilot.outcome == "no_go":
        said = "The last pilot ended in no-go. Mend what it showed, and test again."
        return Item("pilot", title, "missing", said, ("owner",), link)
    have, wanted = facts.pilot_answers, pilot.answers_wanted
    if have >= wanted:
        said = "Every answer is there. Somebody has to look at it and decide."
        return Item("pilot", title, "missing", said, ("owner",), link)
    said = f"It is running: {have:,} of {wanted:,} answers are there."
    when = when_reached(have, wanted, facts.pilot_pace, now)
    return Item("pilot", title, "missing", said, ("contributor", "owner"), link, when)


def _forecast(facts: Facts) -> Item:
    cost = facts.cost_p50_micros
    is_covered = cost is not None and facts.escrow_micros >= cost
    said = "No forecast was made."
    if cost is not None:
        said = (
            "What is set aside covers what it will likely cost."
            if is_covered
            else "What is set aside covers less than half of the futures that are forecast."
        )
    return Item(
        "forecast",
        "The cost is forecast and covered",
        _state(is_covered, facts.tasks > 0),
        said,
        ("owner", "manager"),
        _page(facts, "/forecast"),
        blocks=False,
    )


def _talent(facts: Facts) -> tuple[Item, ...]:
    lacking = [one.name for one in facts.skills if not one.people]
    gap = facts.terms.skill_gap.strip()
    said = "No further skill is asked for."
    if lacking and gap:
        said = f"Nobody has shown {', '.join(lacking)}; the owner names the gap: {gap}"
    elif lacking:
        said = (
            f"Nobody who takes part has shown {', '.join(lacking)}: find people, or name the gap."
        )
    elif facts.skills:
        said = "Somebody has shown each of them."
    return (
        Item(
            "skills",
            "The skills are there, or the gap is named",
            _state(not lacking or bool(gap)),
            said,
            ("owner", "manager"),
            "/people/talent" if lacking else _page(facts, "/ready#terms"),
        ),
        Item(
            "deciders",
            "Somebody else can answer an appeal",
            _state(facts.deciders >= 2),
            f"{'1 named person' if facts.deciders == 1 else 'Nobody'} may decide or review here; "
            "two are needed, so that nobody reviews what they decided."
            if facts.deciders < 2
            else f"{facts.deciders} named people may decide or review here.",
            ("owner",),
            "/people",
            blocks=False,
        ),
    )


def _compute(facts: Facts, before: Sequence[Stage]) -> tuple[Item, ...]:
    is_ready = all(stage.state == "done" for stage in before)
    open_stages = ", ".join(stage.name for stage in before if stage.state != "done")
    has_worked = facts.mode in ("open", "paused", "closed") and facts.settled_tasks > 0
    return (
        Item(
            "before",
            "The three stages before are done",
            _state(is_ready, is_possible=False),
            "Everything before is done." if is_ready else f"Still open: {open_stages}.",
            ("owner",),
            _page(facts, "/ready"),
        ),
        Item(
            "answers",
            "People have answered, and answers are settled",
            _state(has_worked, is_ready),
            f"{facts.settled_tasks:,} tasks are settled."
            if has_worked
            else "Open the project, and let people work first.",
            ("owner",),
            _page(facts, "/quality"),
        ),
        Item(
            "release",
            "There is a release that a training could be held to",
            _state(facts.releases > 0, is_ready and has_worked),
            "A release is made: buy compute for what it can carry."
            if facts.releases
            else "Make a release before anything is trained.",
            ("owner",),
            _page(facts, "#releases"),
        ),
    )

"""What holds a project up, told from facts: the first thing to mend first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fairhand.core.clock import DAY_MS, Instant, iso

Place = Literal[
    "import", "fund", "mode", "ready", "invite", "quality", "review", "questions", "disputes",
    "sources", "close", "tasks"
]  # fmt: skip
"""Where a hold-up is mended; doors know the address."""

ALL_KEPT_BACK: Final = "Every task is set aside or gold: take some back, or import more."
SETTLE_AFTER_DAYS: Final = 31
"""Pay that waits longer than this for the close of a period is due."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a project just now."""

    mode: str
    tasks: int
    finished: int
    answers: int
    contributors: int
    left_micros: int
    missing: Sequence[str]  # what the opening gate still asks for
    doubtful: int
    stuck: int  # tasks that want an answer which nobody who takes part can give
    wishes: int
    remarks: int
    disputes: int
    answer_by: Instant | None
    failing_sources: Sequence[str]
    failed_import: str
    missing_money: str  # what nine in ten futures need beyond the escrow, in words
    unsettled_since: Instant | None
    kept_back: int = 0  # tasks that nobody is asked about: gold ones, and those set aside


@dataclass(frozen=True, slots=True)
class HoldUp:
    """One thing that keeps a project from going on; `stops` where nothing moves before it ends."""

    place: Place
    words: str
    stops: bool = False


def what_holds_up(facts: Facts, now: Instant) -> list[HoldUp]:
    """List what holds a project up: what stops it first, then what people wait for, then the rest.

    A project that is closed waits only for what it owes.
    """
    rules = _ALWAYS if facts.mode == "closed" else (*_STOPS, *_ALWAYS, *_SLOWS)
    return [found for rule in rules if (found := rule(facts, now)) is not None]


def _no_tasks(facts: Facts, now: Instant) -> HoldUp | None:
    if facts.tasks:
        return None
    if facts.kept_back:
        return HoldUp("tasks", ALL_KEPT_BACK, stops=True)
    return HoldUp("import", "There are no tasks yet: import some.", stops=True)


def _no_money(facts: Facts, now: Instant) -> HoldUp | None:
    if facts.left_micros > 0 or (facts.tasks and facts.finished >= facts.tasks):
        return None
    words = "No money is set aside: tasks are handed out once the project is funded."
    return HoldUp("fund", words, stops=True)


def _not_open(facts: Facts, now: Instant) -> HoldUp | None:
    if facts.mode == "paused":
        return HoldUp("mode", "The project is paused: open it when work may go on.", stops=True)
    said = [words for words in facts.missing if "money aside" not in words.casefold()]
    if facts.mode != "draft" or not said or not facts.tasks:
        return None
    more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
    return HoldUp("ready", f"The gate to paid work is not green: {said[0]}{more}", stops=True)


def _nobody(facts: Facts, now: Instant) -> HoldUp | None:
    if facts.contributors or facts.answers or not facts.tasks:
        return None
    return HoldUp("invite", "Nobody has joined yet: invite people.", stops=True)


def _nobody_answers(facts: Facts, now: Instant) -> HoldUp | None:
    if facts.answers or not facts.contributors or not facts.tasks:
        return None
    joined = _many(facts.contributors, "person has", "people have")
    return HoldUp("ready", f"{joined} joined and nobody has answered yet: see who may work.")


def _stuck(facts: Facts, now: Instant) -> HoldUp | None:
    if not facts.stuck:
        return None
    wanting = _many(facts.stuck, "task wants", "tasks want")
    words = f"{wanting} one more answer, and everybody who takes part has had them: invite more."
    return HoldUp("invite", words, stops=True)


def _disputes(facts: Facts, now: Instant) -> HoldUp | None:
    if not facts.disputes or facts.answer_by is None:
        return None
    waiting = _many(facts.disputes, "question about pay waits", "questions about pay wait")
    day = iso(facts.answer_by)[:10]
    end = "whose time is over" if facts.answer_by <= now else f"the first until {day}"
    return HoldUp("disputes", f"{waiting} for an answer, {end}; silence upholds the person.")


def _close(facts: Facts, now: Instant) -> HoldUp | None:
    since = facts.unsettled_since
    if since is None or now - since < SETTLE_AFTER_DAYS * DAY_MS:
        return None
    return HoldUp("close", f"Pay of {iso(since)[:10]} and later is not settled: close the period.")


def _remarks(facts: Facts, now: Instant) -> HoldUp | None:
    if not facts.remarks:
        return None
    waiting = _many(facts.remarks, "remark about", "remarks about")
    return HoldUp("questions", f"{waiting} tasks or guidelines: nobody has answered yet.")


def _wishes(facts: Facts, now: Instant) -> HoldUp | None:
    if not facts.wishes:
        return None
    return HoldUp("review", f"{_many(facts.wishes, 'answer waits', 'answers wait')} for a review.")


def _sources(facts: Facts, now: Instant) -> HoldUp | None:
    if not facts.failing_sources:
        return None
    names = ", ".join(facts.failing_sources[:3])
    return HoldUp("sources", f"Proposals fail, and nobody waits for them: {names}.")


def _import(facts: Facts, now: Instant) -> HoldUp | None:
    if not facts.failed_import:
        return None
    return HoldUp("import", f"The last import failed: {facts.failed_import[:200]}")


def _doubts(facts: Facts, now: Instant) -> HoldUp | None:
    if not facts.doubtful:
        return None
    tasks = _many(facts.doubtful, "task has", "tasks have")
    return HoldUp("quality", f"{tasks} all their answers and are still in doubt.")


def _short(facts: Facts, now: Instant) -> HoldUp | None:
    if not facts.missing_money or facts.left_micros <= 0:
        return None
    return HoldUp("fund", facts.missing_money)


def _many(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


_Rule = Callable[[Facts, Instant], HoldUp | None]
_STOPS: Final[tuple[_Rule, ...]] = (
    _no_tasks,
    _no_money,
    _not_open,
    _nobody,
    _stuck,
)
_ALWAYS: Final[tuple[_Rule, ...]] = (_disputes, _close, _remarks, _wishes)
_SLOWS: Final[tuple[_Rule, ...]] = (_import, _sources, _nobody_answers, _doubts, _short)

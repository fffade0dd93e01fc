"""What may be done with many tasks at once, by name; each is told by the story of that name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue
from fairhand.storage.database import Database
from fairhand.use_cases.ask_again import AskAgain, ask_again
from fairhand.use_cases.change_overlap import ChangeOverlap, change_overlap, check_wanted
from fairhand.use_cases.set_aside_tasks import SetAsideTasks, set_aside_tasks
from fairhand.use_cases.take_back_tasks import TakeBackTasks, take_back_tasks

ACTS: Final = {
    "set_aside": "Set aside",
    "take_back": "Take back",
    "ask_again": "Ask one more person",
    "overlap": "Change how many answer",
}
AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class TaskAct:
    """What is done, by whom, where; `wanted` is how many are to answer, for `overlap` alone."""

    person_id: int
    project_id: int
    act: str
    wanted: int = 0

    def check(self) -> None:
        """Raise InvalidError for an act that there is not, or a number that cannot be."""
        issues = []
        if self.act not in ACTS:
            issues = [Issue("act", f"There is no act {self.act!r}; there are {', '.join(ACTS)}.")]
        elif self.act == "overlap":
            issues = check_wanted(self.wanted)
        if issues:
            raise InvalidError(issues[0].message, issues=issues)


@dataclass(frozen=True, slots=True)
class Done:
    """How many tasks changed, of how many it was asked for."""

    changed: int
    of: int


def act_on_tasks(db: Database, act: TaskAct, task_ids: Sequence[int], now: Instant) -> Done:
    """Do something with up to a thousand tasks; doing it twice changes nothing more."""
    act.check()
    if not task_ids or len(set(task_ids)) > AT_ONCE:
        issue = Issue("tasks", f"Choose between one and {AT_ONCE:,} tasks.")
        raise InvalidError(issue.message, issues=[issue])
    person, place = act.person_id, act.project_id
    if act.act == "ask_again":
        asked = ask_again(db, AskAgain(person, place, task_ids), now)
        return Done(asked.opened, asked.of)
    if act.act == "set_aside":
        acted = set_aside_tasks(db, SetAsideTasks(person, place, task_ids), now)
    elif act.act == "take_back":
        acted = take_back_tasks(db, TakeBackTasks(person, place, task_ids), now)
    else:
        acted = change_overlap(db, ChangeOverlap(person, place, task_ids, act.wanted), now)
    return Done(len(acted.tasks), acted.of)

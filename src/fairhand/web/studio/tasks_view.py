"""What the task browser's pages show, ready for their templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request

from fairhand.model.job import Job
from fairhand.model.project import Question
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.act_on_tasks import ACTS
from fairhand.use_cases.ask_task_act import ACT_ON_TASKS
from fairhand.use_cases.house import House
from fairhand.use_cases.read_jobs import list_jobs
from fairhand.use_cases.read_tasks import TaskPage, read_choices, read_tasks
from fairhand.use_cases.read_views import read_views
from fairhand.web.shared.answer_words import answer_words, even_words, tie_words
from fairhand.web.shared.task_rows import joint_of, words_of
from fairhand.work.tasks.browse_store import Joint, TaskRow
from fairhand.work.tasks.rules import (
    AGREEMENTS,
    ORDERS,
    STATES,
    TaskQuery,
    parse_cursor,
    query_texts,
)
from fairhand.work.tasks.view_store import SavedView

DOUBTFUL: Final = 0.8
NOTICES: Final = {
    "set_aside": "set aside",
    "take_back": "taken back",
    "ask_again": "asked once more",
    "overlap": "changed",
}
_ASIDE_WORDS: Final = {"waiting": "", "agreed": "ok", "in_doubt": "warn", "set_aside": "bad"}


@dataclass(frozen=True, slots=True)
class Line:
    """A task as a line of the list."""

    row: TaskRow
    words: str
    state: str
    tone: str
    answer: str | None
    sure: float | None
    is_doubtful: bool
    is_even: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view as a tab."""

    view: SavedView | None
    name: str
    href: str
    is_open: bool
    is_own: bool


def address(project_id: int, query: TaskQuery, **more: str) -> str:
    """Write the address of a list."""
    said = urlencode(query_texts(query) | more)
    return f"/projects/{project_id}/tasks{'?' if said else ''}{said}"


def page(
    house: House, actor: Actor, request: Request, project_id: int, query: TaskQuery
) -> dict[str, Any]:
    """Gather a page of the list with its filters, tabs and what is under way."""
    after = request.query_params.get("after", "")
    found = read_tasks(house.db, actor, project_id, query, parse_cursor(after), counts=not after)
    choices = read_choices(house.db, actor, project_id)
    asked = {one.name: one for one in found.questions}
    labels = {
        name: [
            (str(label["value"]), str(label.get("title") or label["value"]))
            for label in one.config.get("labels", ())
        ]
        for name, one in asked.items()
    }
    return {
        "project": found.project,
        "page": found,
        "lines": _lines(found),
        "query": query,
        "texts": query_texts(query),
        "said": urlencode(query_texts(query)),
        "filters": _count_filters(query),
        "states": STATES,
        "orders": ORDERS,
        "agreements": AGREEMENTS,
        "questions": found.questions,
        "asked": [(one.name, one.title) for one in found.questions],
        "labels": labels.get(found.question, []),
        "runs": choices.runs,
        "people": choices.people,
        "tabs": _tabs(house, actor, project_id, query),
        "count": _count_words(found, bool(after)),
        "further": None
        if found.after is None
        else address(project_id, query, after=found.after.text()),
        "is_first": not after,
        "notice": _notice(request, project_id),
        "jobs": _jobs(house, actor, project_id),
        "acts": ACTS,
        "may_edit": may(actor, "project.edit", project_id) and found.project.archived_at is None,
    }


def _lines(page: TaskPage) -> list[Line]:
    words = words_of(page.rows)
    questions = {one.name: one for one in page.questions}
    lines = []
    for row in page.rows:
        joint = joint_of(row, page.question)
        answer = None
        if joint is not None and joint.value is not None:
            asked = questions[page.question]
            answer = _joint_words(asked, joint)
        sure = None if joint is None else joint.confidence
        lines.append(
            Line(
                row,
                words[row.id],
                STATES[row.state],
                _ASIDE_WORDS.get(row.state, ""),
                answer,
                sure,
                sure is not None and sure < page.project.target_confidence,
                joint is not None and bool(joint.even),
            )
        )
    return lines


def _joint_words(asked: Question, joint: Joint) -> str:
    if joint.even:
        return even_words(asked, joint.even, joint.value)
    is_split = joint.tied and not isinstance(joint.value, list)
    return tie_words(asked, joint.tied) if is_split else answer_words(asked, joint.value)


def _count_words(page: TaskPage, is_later: bool) -> str:
    count = page.count
    if count is None:
        return "" if is_later else f"looked at {page.looked:,} tasks"
    if count.is_exact:
        return "1 task" if count.tasks == 1 else f"{count.tasks:,} tasks"
    return f"more than {count.tasks:,} tasks" if count.tasks else "not counted to the end"


def _count_filters(query: TaskQuery) -> int:
    return len(query_texts(query).keys() - {"order", "q"})


def _tabs(house: House, actor: Actor, project_id: int, query: TaskQuery) -> list[Tab]:
    said = query_texts(query)
    tabs = [Tab(None, "All", f"/projects/{project_id}/tasks", not said, False)]
    for view in read_views(house.db, project_id, actor.person_id):
        href = f"/projects/{project_id}/tasks?{urlencode(view.query)}"
        own = view.person_id == actor.person_id
        tabs.append(Tab(view, view.name, href, view.query == said, own))
    return tabs


def _notice(request: Request, project_id: int) -> Mapping[str, Any] | None:
    """Say what was done just now, and what undoes it."""
    act, changed, of, at = (request.query_params.get(f"did_{name}", "") for name in _DID)
    if act not in NOTICES or not (changed + of).isdigit():
        return None
    undo = at if act == "set_aside" and at.isdigit() and int(changed) else ""
    return {"words": NOTICES[act], "changed": int(changed), "of": int(of), "undo": undo}


_DID: Final = ("act", "changed", "of", "at")


def _jobs(house: House, actor: Actor, project_id: int) -> list[Job]:
    """Find what is being done with many tasks, and what was done last."""
    if not may(actor, "job.view", project_id):
        return []
    found = list_jobs(house.db, project_id, 20, ACT_ON_TASKS)
    return [one for one in found if not one.is_over] or found[:1]

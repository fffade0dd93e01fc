"""What the task browser shows: a page of a project's tasks, counted as far as that is cheap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from fairhand.core.errors import ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.model.project import Project, Question
from fairhand.people.accounts import store as accounts
from fairhand.people.accounts.rules import Actor, may
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects
from fairhand.work.tasks import browse_store as store
from fairhand.work.tasks.browse_store import Count, Run, TaskRow, Walk
from fairhand.work.tasks.rules import Cursor, TaskQuery, is_blind

PAGE_ROWS: Final = 50
MOST_ROWS: Final = 500
_PIECE: Final = 500


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A stretch of a list; `after` is where it goes on.

    `looked` says how many tasks were looked at for it, and `stopped` that there may be more
    further on than this look has reached. `count` is None where it would cost too much.
    """

    project: Project
    questions: tuple[Question, ...]
    question: str
    rows: tuple[TaskRow, ...]
    after: Cursor | None
    looked: int
    stopped: bool
    count: Count | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: imports, and people where the viewer may know them."""

    runs: tuple[Run, ...]
    people: Mapping[int, str]


def read_tasks(
    db: Database,
    actor: Actor,
    project_id: int,
    query: TaskQuery,
    after: Cursor | None = None,
    rows: int = PAGE_ROWS,
    *,
    counts: bool = True,
) -> TaskPage:
    """Find a page of tasks.

    Raises NotFoundError for an unknown project, ForbiddenError where a contributor is asked for
    by who may not list people, InvalidError for a question that the project does not ask.
    """
    with db.read() as connection:
        project, questions, walk = begin_walk(db, connection, actor, project_id, query)
        limit = max(1, min(rows, MOST_ROWS))
        found = store.find_tasks(connection, walk, after, limit)
        shown = store.load_rows(connection, project_id, walk.target, found.ids)
        shown = _blinded(connection, actor, walk, shown)
        count = None
        if counts and after is None and not found.stopped:
            whole = Count(len(shown), is_exact=True)
            count = whole if found.after is None else store.count_tasks(connection, walk)
    return TaskPage(
        project,
        questions,
        walk.question,
        tuple(shown),
        found.after,
        found.looked,
        found.stopped,
        count,
    )


def count_closed(db: Database, actor: Actor, project_id: int, query: TaskQuery) -> Count | None:
    """Count the finished steps of conversations that fit: nobody is asked about those again."""
    with db.read() as connection:
        _, _, walk = begin_walk(db, connection, actor, project_id, query)
        return store.count_tasks(connection, replace(walk, is_closed=True))


def begin_walk(
    db: Database, connection: Connection, actor: Actor, project_id: int, query: TaskQuery
) -> tuple[Project, tuple[Question, ...], Walk]:
    """Make ready to look through a project's tasks as somebody who may see them."""
    project = projects.load_project(connection, project_id)
    if project is None:
        raise NotFoundError(f"There is no project {project_id}.")
    if query.person is not None and not may(actor, "people.list", project_id):
        raise ForbiddenError("Your account may not look at one person's tasks here.")
    questions = version_of(db, connection, project.id, project.version).questions
    names = [one.name for one in questions]
    if query.question and query.question not in names:
        issue = Issue("question", f"There is no question {query.question!r} here.")
        raise InvalidError(issue.message, issues=[issue])
    asked = query.question or next(iter(names), "")
    blind = actor.person_id if store.takes_part(connection, actor.person_id, project_id) else None
    return project, questions, Walk(project_id, project.target_confidence, asked, query, blind)


def _blinded(
    connection: Connection, actor: Actor, walk: Walk, rows: list[TaskRow]
) -> list[TaskRow]:
    """Take others' answers from the rows that the viewer may still be asked about."""
    if walk.blind is None:
        return rows
    ids = tuple(row.id for row in rows)
    answered = store.list_answered(connection, actor.person_id, ids)
    return [_blind(row) if _is_blind(row, row.id in answered) else row for row in rows]


def _is_blind(row: TaskRow, has_answered: bool) -> bool:
    return is_blind(takes_part=True, has_answered=has_answered)


def _blind(row: TaskRow) -> TaskRow:
    """A row that tells nothing of others, nor that it is gold: states and counts would."""
    return replace(
        row, joint=(), state="waiting", answers=0, at_work=0, assisted=False, is_blind=True
    )


def read_choices(db: Database, actor: Actor, project_id: int) -> Choices:
    """List what the filters offer."""
    with db.read() as connection:
        runs = store.list_runs(connection, project_id)
        people: Mapping[int, str] = {}
        if may(actor, "people.list", project_id):
            people = accounts.names_of(connection, store.list_people(connection, project_id))
    return Choices(tuple(runs), dict(sorted(people.items(), key=lambda one: (one[1], one[0]))))


def iter_tasks(
    db: Database, actor: Actor, project_id: int, query: TaskQuery
) -> Iterator[list[TaskRow]]:
    """Stream every task that fits, in pieces, each read from the database by itself."""
    after: Cursor | None = None
    while True:
        with db.read() as connection:
            _, _, walk = begin_walk(db, connection, actor, project_id, query)
            found = store.find_tasks(connection, walk, after, _PIECE, store.WITHOUT_END)
            rows = store.load_rows(connection, project_id, walk.target, found.ids)
            rows = _blinded(connection, actor, walk, rows)
        if rows:
            yield rows
        after = found.after
        if after is None:
            return

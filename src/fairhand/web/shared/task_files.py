"""Lists of tasks as files to take away, streamed piece by piece."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response, StreamingResponse

from fairhand.core.errors import InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_tasks import iter_tasks, read_tasks
from fairhand.web.shared.task_rows import as_csv, as_lines
from fairhand.work.tasks.rules import TaskQuery

_FORMATS: Final = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


def export_of(
    house: House, actor: Actor, project_id: int, query: TaskQuery, format_name: str
) -> Response:
    """Stream the list of all tasks that fit."""
    if format_name not in _FORMATS:
        issue = Issue("format", "Choose csv or jsonl.")
        raise InvalidError(issue.message, issues=[issue])
    first = read_tasks(house.db, actor, project_id, query, rows=1, counts=False)
    pieces = iter_tasks(house.db, actor, project_id, query)
    write = as_csv if format_name == "csv" else as_lines
    return StreamingResponse(
        write(pieces, first.question),
        media_type=_FORMATS[format_name],
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="tasks-{project_id}.{format_name}"',
        },
    )

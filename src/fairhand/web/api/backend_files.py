"""Files for model servers, at the addresses where Label Studio ML backends look for them.

Each is opened by the short-lived token that a backend is given at /setup: as a header, or within
the address for programs that fetch an address as it is.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import NotFoundError
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_task_file import read_task_file
from fairhand.web.shared.doors import guard

router = APIRouter(tags=["media"], include_in_schema=False)

_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/data/upload/{project_id}/{name}")
@guard("task.read")
def upload(house: House, actor: Actor, project_id: int, name: str) -> Response:
    """Give the file of a task, named by the task's number."""
    number = name.partition(".")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        raise NotFoundError("There is no such file for you to read.")
    return _give(house, actor, int(number), project_id)


@router.get("/tasks/{task_id}/resolve")
@router.get("/tasks/{task_id}/resolve/")
@guard("task.read")
def resolve(house: House, actor: Actor, task_id: int) -> Response:
    """Give the file of a task, wherever its data say that it lies."""
    return _give(house, actor, task_id)


@router.get("/tasks/{task_id}/presign")
@router.get("/tasks/{task_id}/presign/")
@guard("task.read")
def presign(house: House, actor: Actor, request: Request, task_id: int) -> Response:
    """Lead to the file of a task."""
    read_task_file(house.db, house.blobs, actor, task_id)
    return RedirectResponse(f"/tasks/{task_id}/resolve/", status_code=303)


def _give(house: House, actor: Actor, task_id: int, project_id: int | None = None) -> Response:
    shown = read_task_file(house.db, house.blobs, actor, task_id, project_id)
    return Response(shown.content, media_type=shown.content_type, headers=_HEADERS)

"""Calls of Label Studio's API that are answered elsewhere here: each says where.

Nothing is taken in half: what such a call would set up is refused whole (405), so that no script
goes on as if it were there.
"""

from __future__ import annotations

from typing import Any, Final

from fairhand.core.errors import FairhandError, NotFoundError
from fairhand.interop.label_studio.doors import Call, door
from fairhand.people.accounts.rules import Action
from fairhand.use_cases.read_studio_tasks import read_studio_project, read_studio_task

_SNAPSHOTS: Final = (
    "Snapshots are not made over this API. `projects.exports.as_json` gives the project as it "
    "stands; for other formats, or a file that lies ready, make an export on the project's page, "
    "with `fairhand exports make`, or over /api/v1/projects/{id}/exports."
)
_BACKENDS: Final = (
    "Model servers are connected on the project's page under Assistance, or with `fairhand assist "
    "add`: what they may see is settled there."
)
_WEBHOOKS: Final = (
    "Webhooks are added on the project's page, or with `fairhand webhook add`: they are signed and "
    "arrive in order, and their messages are ours."
)
_STORAGES: Final = (
    "Storages are not connected; bring tasks in with `fairhand import`, or on the project's page."
)
_VIEWS: Final = "Views are saved on the page of a project's tasks."


class NotHereError(FairhandError):
    """This API lists such things and makes none."""

    code = "not_here"
    status = 405


def _refused(method: str, path: str, action: Action, words: str) -> None:
    """Open a door that says where to go instead."""

    def answer(call: Call, **_numbers: int) -> Any:  # noqa: ANN401  # JSON
        raise NotHereError(words)

    answer.__name__ = f"refuse_{method.lower()}"
    answer.__doc__ = words
    door(method, path, action)(answer)


@door("GET", "/api/projects/{project_id:int}/exports/", "export.make")
def list_snapshots(call: Call, project_id: int) -> Any:  # noqa: ANN401  # JSON
    """List no snapshots: a project is exported in one call."""
    read_studio_project(call.house.db, project_id)
    return []


@door("GET", "/api/tasks/{task_id:int}/drafts", "task.read")
def list_drafts(call: Call, task_id: int) -> Any:  # noqa: ANN401  # JSON
    """List the drafts that came with a task; those of people here are theirs alone."""
    task = read_studio_task(call.house.db, task_id)
    call.need("task.read", task.project_id)
    return [one.original for one in task.kept if one.kind == "draft"]


@door("GET", "/api/projects/{project_id:int}/exports/{number:int}", "export.make")
def show_snapshot(call: Call, project_id: int, number: int) -> Any:  # noqa: ANN401  # JSON
    """Say that there is no such snapshot, and what to do."""
    read_studio_project(call.house.db, project_id)
    raise NotFoundError(_SNAPSHOTS)


_SNAPSHOT: Final = "/api/projects/{project_id:int}/exports/{number:int}"
_refused("POST", "/api/projects/{project_id:int}/exports/", "export.make", _SNAPSHOTS)
_refused("GET", f"{_SNAPSHOT}/download", "export.make", _SNAPSHOTS)
_refused("POST", f"{_SNAPSHOT}/convert", "export.make", _SNAPSHOTS)
_refused("DELETE", _SNAPSHOT, "export.make", _SNAPSHOTS)
_refused("POST", "/api/ml/", "project.edit", _BACKENDS)
_refused("POST", "/api/webhooks/", "project.edit", _WEBHOOKS)
_refused("POST", "/api/dm/views/", "task.read", _VIEWS)
for _kind in ("s3", "s3s", "gcs", "azure", "redis", "localfiles"):
    _refused("POST", f"/api/storages/{_kind}/", "project.import", _STORAGES)
_refused(
    "POST",
    "/api/tasks/{task_id:int}/drafts",
    "work",
    "Drafts are kept by the task page, each person's own; over this API, send the whole answer.",
)

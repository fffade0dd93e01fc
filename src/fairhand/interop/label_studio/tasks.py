"""Tasks over Label Studio's API: bring in, list, show, change, set aside, and export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from starlette.responses import Response

from fairhand.core.errors import ConflictError, Issue, NotFoundError
from fairhand.formats.label_studio.export import task_json
from fairhand.formats.label_studio.reading import row_of
from fairhand.formats.options import ReadOptions, Row
from fairhand.formats.tasks import to_tasks
from fairhand.interop.label_studio.doors import Call, door, invalid, number_in, streamed
from fairhand.model.foreign import WholeTask
from fairhand.model.task import NewTask
from fairhand.people.accounts.rules import Action
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.read_studio_tasks import (
    StudioProject,
    count_studio_project,
    iter_studio_tasks,
    read_studio_page,
    read_studio_project,
    read_studio_task,
    task_ids_of,
)
from fairhand.use_cases.set_aside_tasks import SetAsideTasks, set_aside_tasks
from fairhand.work.projects.store import ImportRun

_FORMATS: Final = (("JSON", "JSON"), ("JSON_MIN", "JSON-MIN"))
_NO_PAGE = "Invalid page."


def task_of(call: Call, task_id: int, action: Action) -> tuple[WholeTask, StudioProject]:
    """Find a task and its project, where one may do this there."""
    task = read_studio_task(call.house.db, task_id)
    call.need(action, task.project_id)
    return task, read_studio_project(call.house.db, task.project_id)


@door("POST", "/api/projects/{project_id:int}/import", "project.import", 201)
def bring_in(call: Call, project_id: int) -> Any:  # noqa: ANN401  # JSON
    """Take in tasks with their annotations and predictions; the same data again adds nothing."""
    given = call.json()
    items = given if isinstance(given, list) else [given]
    if not items:
        raise invalid("non_field_errors", "There is no task in it.")
    run, ids = _import(call, project_id, items)
    if run.rejected:
        wrong = "; ".join(f"{one['place']} {one['message']}" for one in run.issues[:5])
        if not any(ids):
            raise invalid("non_field_errors", wrong)
    counts = [_sizes(one) for one in items]
    return {
        "task_count": len([one for one in ids if one]),
        "annotation_count": sum(one[0] for one in counts),
        "prediction_count": sum(one[1] for one in counts),
        "duration": 0.0,
        "file_upload_ids": [],
        "could_be_tasks_list": False,
        "found_formats": [],
        "data_columns": [],
        "task_ids": [one for one in ids if one],
        "warnings": run.issues[:100],
    }


def _sizes(item: object) -> tuple[int, int]:
    if not isinstance(item, dict) or "data" not in item:
        return 0, 0
    found = (item.get("annotations"), item.get("predictions"))
    first, second = (len(one) if isinstance(one, list) else 0 for one in found)
    return first, second


def _import(call: Call, project_id: int, items: list[Any]) -> tuple[ImportRun, list[int | None]]:
    house = call.house
    project = read_studio_project(house.db, project_id)
    options = ReadOptions(
        questions=project.config.questions,
        label_config=project.config.xml,
        max_payload_bytes=house.settings.max_payload_bytes,
        max_image_pixels=house.settings.max_image_pixels,
    )
    rows = list(to_tasks(_rows(items, options), options))
    run = start_import(house.db, project_id, "label-studio-api", call.now)
    command = ImportTasks(run.id, rows, call.actor.person_id)
    done = import_tasks(house.db, house.blobs, command, call.now)
    prints = [row.fingerprint for row in rows if isinstance(row, NewTask)]
    ids = task_ids_of(house.db, project_id, prints)
    return done, [ids.get(one) for one in prints]


def _rows(items: list[Any], options: ReadOptions) -> Iterator[Row | Issue]:
    for number, item in enumerate(items):
        yield from row_of(item, f"task {number + 1}", options)


@door("POST", "/api/tasks/", "project.import", 201)
def create(call: Call) -> Any:  # noqa: ANN401  # JSON
    """Add one task."""
    given = call.body()
    project_id = number_in(given, "project")
    if not isinstance(given.get("data"), dict):
        raise invalid("data", "This field is required.")
    call.need("project.import", project_id)
    kept = {name: given[name] for name in ("data", "meta") if given.get(name) is not None}
    run, ids = _import(call, project_id, [kept])
    if not ids or ids[0] is None:
        wrong = run.issues[0]["message"] if run.issues else "cannot be read"
        raise invalid("data", f"The task {wrong}.")
    task, project = task_of(call, ids[0], "project.import")
    return task_json(task, project.config, host=call.host)


@door("GET", "/api/tasks/", "task.read")
def list_tasks(call: Call) -> Any:  # noqa: ANN401  # JSON
    """List a page of a project's tasks; 404 on the page after the last, as clients expect."""
    project_id = call.number("project", 0) or call.number("view", 0)
    if not project_id:
        raise invalid("project", "This field is required.")
    call.need("task.read", project_id)
    found = read_studio_project(call.house.db, project_id)
    number, size = call.page()
    tasks = read_studio_page(call.house.db, project_id, offset=(number - 1) * size, limit=size)
    if not tasks and number > 1:
        raise NotFoundError(_NO_PAGE)
    counts = count_studio_project(call.house.db, project_id)
    return {
        "total": counts.tasks,
        "total_annotations": counts.annotations,
        "total_predictions": counts.predictions,
        "tasks": [task_json(one, found.config, host=call.host) for one in tasks],
    }


@door("GET", "/api/tasks/{task_id:int}/", "task.read")
def show(call: Call, task_id: int) -> Any:  # noqa: ANN401  # JSON
    """Show one task with all that is said of it."""
    task, project = task_of(call, task_id, "task.read")
    return task_json(task, project.config, host=call.host)


@door("PATCH", "/api/tasks/{task_id:int}/", "project.import")
def update(call: Call, task_id: int) -> Any:  # noqa: ANN401  # JSON
    """Refuse to change data that people may have judged; saying the same again is fine."""
    task, project = task_of(call, task_id, "project.import")
    before = task_json(task, project.config, host=call.host)
    given = call.body()
    if any(before.get(name) != given[name] for name in ("data", "meta") if name in given):
        raise ConflictError(
            "A task's data never change: people judge what they saw. Set it aside (DELETE) and "
            "add another.",
            code="kept",
        )
    return before


@door("DELETE", "/api/tasks/{task_id:int}/", "project.edit", 204)
def delete(call: Call, task_id: int) -> Any:  # noqa: ANN401  # JSON
    """Set a task aside: nobody is asked, no release has it; what was answered is kept and paid."""
    task, _ = task_of(call, task_id, "project.edit")
    command = SetAsideTasks(call.actor.person_id, task.project_id, [task.id])
    set_aside_tasks(call.house.db, command, call.now)
    return None


@door("GET", "/api/projects/{project_id:int}/export/formats", "export.make")
def formats(call: Call, project_id: int) -> Any:  # noqa: ANN401  # JSON
    """List what can be exported over this API; `fairhand export` has the other formats."""
    read_studio_project(call.house.db, project_id)
    return [
        {"name": name, "title": title, "description": "", "link": "", "tags": [], "disabled": False}
        for name, title in _FORMATS
    ]


@door("GET", "/api/projects/{project_id:int}/export", "export.make")
def export(call: Call, project_id: int) -> Response:
    """Export the project as it stands."""
    read_studio_project(call.house.db, project_id)
    wanted = call.query.get("exportType", call.query.get("export_type", "JSON"))
    if wanted not in dict(_FORMATS):
        known = ", ".join(dict(_FORMATS))
        raise invalid("exportType", f"{wanted[:40]!r} is not one of {known}.")
    tasks = iter_studio_tasks(call.house.db, project_id, host=call.host)
    name = f"project-{project_id}.json"
    answer = streamed(task if wanted == "JSON" else _least(task) for task in tasks)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["filename"] = name
    return answer


def _least(task: dict[str, Any]) -> dict[str, Any]:
    """Write a task as JSON_MIN has it: its data, and each control's answers of one annotation."""
    answers = [one for one in task["annotations"] if not one["was_cancelled"]]
    least = {**task["data"], "id": task["id"]}
    for one in answers[-1:]:
        least |= {"annotator": one["completed_by"], "annotation_id": one["id"]}
        for part in one["result"]:
            if isinstance(part, dict) and "from_name" in part:
                least.setdefault(part["from_name"], []).append(part.get("value"))
    return least

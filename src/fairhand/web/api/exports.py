"""The API of exports: ask for one, look how far it is, fetch its file."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.ask_export import AskExport, ask_export
from fairhand.use_cases.house import House
from fairhand.use_cases.read_exports import Export, find_export_blob, list_exports, read_export
from fairhand.web.api.bodies import ExportBody
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.files import send_blob
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["exports"], route_class=StrictRoute)


@router.post("/projects/{project_id}/exports", status_code=202)
@guard("export.make")
def create(house: House, actor: Actor, project_id: int, body: ExportBody) -> Response:
    """Ask for a file in another tool's format; answers 202 with the export to look at."""
    command = AskExport(
        actor.person_id,
        project_id,
        body.format,
        body.release,
        body.question,
        body.answers,
        body.elsewhere,
    )
    export_id = ask_export(house.db, command, house.clock(), days=house.settings.export_days)
    href = f"/api/v1/projects/{project_id}/exports/{export_id}"
    return reply({"export_id": export_id, "job_id": export_id, "href": href}, 202)


@router.get("/projects/{project_id}/exports")
@guard("export.make")
def list_all(house: House, actor: Actor, project_id: int) -> Response:
    """List a project's exports, the newest first."""
    found = list_exports(house.db, project_id, house.clock())
    return reply({"exports": [export_json(one) for one in found]})


@router.get("/projects/{project_id}/exports/{export_id}")
@guard("export.make")
def show(house: House, actor: Actor, project_id: int, export_id: str) -> Response:
    """Show an export: how far it is, what its format could not hold, until when it lies ready."""
    return reply(export_json(read_export(house.db, project_id, export_id, house.clock())))


@router.get("/projects/{project_id}/exports/{export_id}/file", response_class=StreamingResponse)
@guard("export.make")
def file(house: House, actor: Actor, project_id: int, export_id: str) -> Response:
    """Fetch the file of an export that lies ready."""
    found = find_export_blob(house.db, project_id, export_id, house.clock())
    return send_blob(house.blobs, found.blob_sha256 or "", found.name, found.size_bytes)


def export_json(one: Export) -> dict[str, Any]:
    """Write an export as the API shows it."""
    found = one.file
    return {
        "id": found.id,
        "project_id": found.project_id,
        "release": one.version,
        "is_release": found.release_id is not None,
        "format": found.format,
        "question": found.options.get("question"),
        "answers": bool(found.options.get("answers")),
        "elsewhere": bool(found.options.get("elsewhere")),
        "state": one.state,
        "stale": one.is_stale,
        "done": one.done,
        "total": one.total,
        "error": one.error or None,
        "name": found.name,
        "bytes": found.size_bytes,
        "written": found.rows,
        "left_out": [{"reason": reason, "count": count} for reason, count in found.left_out],
        "notes": list(found.options.get("notes", ())),
        "made_at": iso(found.made_at),
        "expires_at": iso(found.expires_at),
    }

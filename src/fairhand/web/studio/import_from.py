"""The Import page: files from a bucket, a folder of the server, or a list of addresses."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, NotFoundError
from fairhand.model.job import Job
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.ask_import import ImportOptions, Upload
from fairhand.use_cases.ask_import_from import (
    IMPORT_SOURCE,
    AskImportFrom,
    UrlList,
    ask_import_from,
    asked_of,
)
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_urls import keep_urls
from fairhand.use_cases.preview_import_from import Preview, preview_import_from
from fairhand.use_cases.read_import_sources import sources_for
from fairhand.use_cases.read_jobs import list_jobs, read_job
from fairhand.use_cases.read_project import read_project
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.uploads import called

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=1_000)]
Long = Annotated[str, Field(max_length=200_000)]
_JOBS = 5


@router.get("/projects/{project_id:int}/import")
@guard("project.import")
def page(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the sources, the form for addresses, and how the last imports went."""
    return _show(house, actor, request, project_id)


@router.post("/projects/{project_id:int}/import/from")
@guard("project.import", form=True)
def bring(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    do: Text = "preview",
    source: Text = "",
    prefix: Text = "",
    pattern: Text = "",
    text_column: Text = "",
    take_changed: Text = "",
    synthetic_model: Text = "",
) -> Response:
    """Preview an import from a source, or ask for it."""
    values = {
        "source": source,
        "prefix": prefix,
        "pattern": pattern,
        "text_column": text_column,
        "take_changed": take_changed,
        "synthetic_model": synthetic_model,
    }
    options = ImportOptions(
        text_column=text_column.strip() or None, synthetic_model=synthetic_model.strip() or None
    )
    command = AskImportFrom(
        actor.person_id,
        project_id,
        source.strip(),
        prefix.strip(),
        pattern.strip(),
        takes_changed=take_changed == "yes",
        options=options,
    )
    return _do(house, actor, request, command, values, do)


@router.post("/projects/{project_id:int}/import/addresses")
@guard("project.import", form=True)
def bring_addresses(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    urls: Long = "",
    list_: Annotated[UploadFile | None, File(alias="list")] = None,
    url_column: Text = "",
    web_source: Text = "",
) -> Response:
    """Ask for what lies behind addresses, pasted or in a file."""
    values = {"urls": urls, "list": "", "url_column": url_column, "web_source": web_source}
    try:
        listed = keep_urls(house.blobs, urls.splitlines())
        if list_ is not None and (list_.filename or list_.size):
            stored = Upload(called(list_), house.blobs.put(list_.file))
            listed = UrlList(stored, url_column.strip())
        command = AskImportFrom(actor.person_id, project_id, web_source.strip(), urls=listed)
        ask_import_from(house.db, house.settings.sources, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, web=failed(error, values))
    return _back(project_id)


@router.post("/projects/{project_id:int}/import/again")
@guard("project.import", form=True)
def again(
    house: House, actor: Actor, request: Request, project_id: int, job: Text = ""
) -> Response:
    """Ask for the same again: what is new, and what failed."""
    try:
        before = read_job(house.db, actor, job)
        if before.project_id != project_id or before.kind != IMPORT_SOURCE:
            raise NotFoundError("There is no such import.")
        asked = asked_of({**before.command, "person_id": actor.person_id})
        ask_import_from(house.db, house.settings.sources, asked, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, form=failed(error, {}))
    return _back(project_id)


def _do(
    house: House,
    actor: Actor,
    request: Request,
    command: AskImportFrom,
    values: dict[str, str],
    do: str,
) -> Response:
    project_id = command.project_id
    try:
        if do != "import":
            found = preview_import_from(house, command)
            return _show(house, actor, request, project_id, form=Form(values), preview=found)
        ask_import_from(house.db, house.settings.sources, command, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, form=failed(error, values))
    return _back(project_id)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    *,
    form: Form | None = None,
    web: Form | None = None,
    preview: Preview | None = None,
) -> Response:
    found = sources_for(house.db, house.settings.sources, project_id, actor.person_id)
    context: dict[str, Any] = {
        "project": read_project(house.db, project_id),
        "sources": [(one.name, f"{one.name} ({one.kind})") for one in found if one.is_listed],
        "web_sources": [("", "Anywhere public")]
        + [(one.name, f"{one.name} ({one.url})") for one in found if not one.is_listed],
        "form": form or Form(),
        "web": web or Form(),
        "preview": preview,
        "jobs": _jobs(house, project_id),
        "request_path": f"/projects/{project_id}/import",
    }
    status = max((form or Form()).status, (web or Form()).status)
    return render(request, "import_from.html", context, actor=actor, status=status)


def _jobs(house: House, project_id: int) -> list[Job]:
    return list_jobs(house.db, project_id, _JOBS, IMPORT_SOURCE)


def _back(project_id: int) -> Response:
    return RedirectResponse(f"/projects/{project_id}/import", status_code=303)

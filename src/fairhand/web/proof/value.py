"""Which data helped: what each part of a release was worth to a model that learns from it."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue, NotFoundError
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.ask_value import AskValue, ask_value
from fairhand.use_cases.house import House
from fairhand.use_cases.open_value_test import OpenValueTest, open_value_test
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_releases import list_releases
from fairhand.use_cases.read_value import read_opened, read_study
from fairhand.use_cases.seal_value_test import SealValueTest, seal_value_test
from fairhand.web.proof.value_view import context_of, newest_job
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=300)]


@router.get("/projects/{project_id:int}/value")
@guard("release.view")
def value(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the newest study: by class, over people, and the labels to look at again."""
    return _page(house, actor, request, project_id, Form())


@router.get("/projects/{project_id:int}/value/progress")
@guard("release.view")
def progress(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show how far the measuring is, for the page that stays open."""
    context = {
        "project": read_project(house.db, project_id),
        "job": newest_job(house, actor, project_id),
    }
    return render(request, "value_progress.html", context, actor=actor)


@router.post("/projects/{project_id:int}/value")
@guard("release.create", form=True)
def seal(
    house: House, actor: Actor, request: Request, project_id: int, what: Text = ""
) -> Response:
    """Draw a test set of a release for a choice (`release:question`), and seal it."""
    number, _, question = what.partition(":")
    try:
        release_id = _release_of(house, project_id, number)
        command = SealValueTest(release_id, question, actor.person_id)
        seal_value_test(house.db, command, house.clock())
    except FairhandError as error:
        return _page(house, actor, request, project_id, failed(error, {"what": what}))
    return _to(project_id, "studies")


@router.post("/projects/{project_id:int}/value/{study_id:int}/measure")
@guard("release.create", form=True)
def measure(
    house: House, actor: Actor, request: Request, project_id: int, study_id: int
) -> Response:
    """Ask for a sealed study to be measured; the job looks at every task."""
    try:
        ask_value(house.db, AskValue(actor.person_id, project_id, study_id), house.clock())
    except FairhandError as error:
        return _page(house, actor, request, project_id, failed(error, {}))
    return _to(project_id, "panel")


@router.post("/projects/{project_id:int}/value/{study_id:int}/open")
@guard("release.create", form=True)
def open_(house: House, actor: Actor, request: Request, project_id: int, study_id: int) -> Response:
    """Open a measured test set for everybody who may have the release."""
    try:
        _check_place(house, project_id, study_id)
        open_value_test(house.db, OpenValueTest(study_id, actor.person_id), house.clock())
    except FairhandError as error:
        return _page(house, actor, request, project_id, failed(error, {}))
    return _to(project_id, "studies")


@router.get("/projects/{project_id:int}/value/{study_id:int}/opened")
@guard("release.view")
def opened(house: House, actor: Actor, project_id: int, study_id: int) -> Response:
    """Fetch the file that `fairhand value check` reads."""
    _check_place(house, project_id, study_id)
    content = orjson.dumps(read_opened(house.db, study_id), option=orjson.OPT_SORT_KEYS)
    headers = {
        "Content-Disposition": f'attachment; filename="study-{study_id}.value.json"',
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type="application/json", headers=headers)


def _release_of(house: House, project_id: int, number: str) -> int:
    """Find a release of this project by what the form sent; raises InvalidError for another."""
    for one in list_releases(house.db, project_id):
        if str(one.id) == number:
            return one.id
    issue = Issue("what", "Choose a release and one of its questions.")
    raise InvalidError(issue.message, issues=[issue])


def _check_place(house: House, project_id: int, study_id: int) -> None:
    if read_study(house.db, study_id)[0].project_id != project_id:
        raise NotFoundError(f"There is no value study {study_id} in this project.")


def _page(house: House, actor: Actor, request: Request, project_id: int, form: Form) -> Response:
    context = context_of(house, actor, project_id, form)
    return render(request, "value.html", context, actor=actor, status=form.status)


def _to(project_id: int, place: str) -> Response:
    return RedirectResponse(f"/projects/{project_id}/value#{place}", status_code=303)

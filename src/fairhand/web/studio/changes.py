"""The forms of the project page: import, fund, mode, guidelines, invite."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.archive_project import ArchiveProject, archive_project, restore_project
from fairhand.use_cases.ask_import import AskImport, ImportOptions, ask_import
from fairhand.use_cases.change_guidelines import ChangeGuidelines, change_guidelines
from fairhand.use_cases.fund_project import FundProject, fund_project
from fairhand.use_cases.house import House
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.open_project import OpenProject, open_project
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.versions import current_version
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import failed, money_of
from fairhand.web.shared.pages import render
from fairhand.web.shared.uploads import store_upload
from fairhand.web.studio.project import show_project
from fairhand.web.studio.project_view import MODES

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=200)]


@router.post("/projects/{project_id:int}/import")
@guard("project.import", form=True)
def import_files(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    file: Annotated[list[UploadFile] | None, File()] = None,
    format: Text = "",  # the field's name
    text_column: Text = "",
    image_column: Text = "",
    prediction_column: Text = "",
    prediction_question: Text = "",
    prediction_model: Text = "",
    gold_column: Text = "",
    gold_question: Text = "",
    synthetic_model: Text = "",
    synthetic_depth: Text = "",
    synthetic_verifier: Text = "",
    synthetic_precision: Text = "",
    label_map: Annotated[str, Field(max_length=100_000)] = "",
    known_answers: Text = "",
) -> Response:
    """Store what was sent and ask for its import."""
    values = {
        "file": "",
        "format": format,
        "text_column": text_column,
        "image_column": image_column,
        "prediction_column": prediction_column,
        "prediction_question": prediction_question,
        "prediction_model": prediction_model,
        "gold_column": gold_column,
        "gold_question": gold_question,
        "synthetic_model": synthetic_model,
        "synthetic_depth": synthetic_depth,
        "synthetic_verifier": synthetic_verifier,
        "synthetic_precision": synthetic_precision,
        "label_map": label_map.replace("\r\n", "\n"),
        "known_answers": known_answers,
    }
    try:
        only = _only_question(house, project_id)
        proposed, known = prediction_question or only, gold_question or only
        options = ImportOptions(
            format=format or None,
            text_column=text_column.strip() or None,
            image_column=image_column.strip() or None,
            prediction_columns={prediction_column.strip(): proposed} if prediction_column else {},
            prediction_model=prediction_model.strip() or "imported",
            gold_columns={gold_column.strip(): known} if gold_column.strip() else {},
            synthetic_model=synthetic_model.strip() or None,
            synthetic_depth=_depth(synthetic_depth),
            synthetic_verifier=synthetic_verifier.strip(),
            synthetic_precision=synthetic_precision.strip(),
            label_map=_renamed(label_map),
            known_answers=known_answers == "gold",
        )
        upload = store_upload(house, file or [])
        ask_import(house.db, AskImport(actor.person_id, project_id, upload, options), house.clock())
    except FairhandError as error:
        return show_project(house, actor, request, project_id, {"import": failed(error, values)})
    return _back(project_id)


@router.post("/projects/{project_id:int}/fund")
@guard("project.fund", form=True)
def fund(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    amount: Text = "",
    client_key: Annotated[str, Field(min_length=8, max_length=64)] = "no key given",
) -> Response:
    """Set money aside, once per form that was shown."""
    try:
        currency = read_project(house.db, project_id).currency
        money = money_of(amount, currency, "amount")
        fund_project(
            house.db,
            FundProject(project_id, actor.person_id, money, client_key),
            house.clock(),
        )
    except FairhandError as error:
        form = failed(error, {"amount": amount})
        return show_project(house, actor, request, project_id, {"fund": form})
    return _back(project_id)


@router.post("/projects/{project_id:int}/archive")
@guard("project.edit", form=True)
def archive(
    house: House, actor: Actor, request: Request, project_id: int, archived: Text = "yes"
) -> Response:
    """Put a project out of the way, or bring it back as it was."""
    command = ArchiveProject(actor.person_id, project_id)
    try:
        if archived == "no":
            restore_project(house.db, command, house.clock())
        else:
            archive_project(house.db, command, house.clock())
    except FairhandError as error:
        return show_project(house, actor, request, project_id, {"archive": failed(error, {})})
    return RedirectResponse(f"/projects/{project_id}", status_code=303)


@router.post("/projects/{project_id:int}/mode")
@guard("project.open", form=True)
def change_mode(
    house: House, actor: Actor, request: Request, project_id: int, mode: Text = ""
) -> Response:
    """Open, pause or close; opening asks the gate."""
    try:
        if mode not in MODES:
            raise InvalidError("Choose a mode.", issues=[Issue("mode", "Choose a mode.")])
        chosen: Any = mode
        open_project(house.db, OpenProject(actor.person_id, project_id, chosen), house.clock())
    except FairhandError as error:
        form = failed(error, {"mode": mode})
        return show_project(house, actor, request, project_id, {"mode": form})
    return _back(project_id)


@router.post("/projects/{project_id:int}/guidelines")
@guard("project.edit", form=True)
def edit_guidelines(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    guidelines: Annotated[str, Field()] = "",
) -> Response:
    """Write the next version of the guidelines; the old ones are kept."""
    text = guidelines.replace("\r\n", "\n")
    try:
        command = ChangeGuidelines(actor.person_id, project_id, text)
        change_guidelines(house.db, command, house.clock())
    except FairhandError as error:
        form = failed(error, {"guidelines": text})
        return show_project(house, actor, request, project_id, {"guidelines": form})
    return _back(project_id)


@router.post("/projects/{project_id:int}/invite")
@guard("people.invite", form=True)
def invite(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    display_name: Text = "",
    country: Text = "",
    role: Text = "contributor",
) -> Response:
    """Ask somebody in and show their link, once."""
    values = {"display_name": display_name, "country": country, "role": role}
    try:
        project = read_project(house.db, project_id)
        command = InvitePerson(
            None, display_name, (role,), project_id, country=country.strip().upper()
        )
        invited = invite_person(
            house.db, command, house.clock(), link_hours=house.settings.link_hours, by=actor
        )
    except FairhandError as error:
        return show_project(house, actor, request, project_id, {"invite": failed(error, values)})
    context = {
        "name": display_name.strip(),
        "link": f"{house.settings.base_url}/sign-in/{invited.token}",
        "hours": house.settings.link_hours,
        "back": {"href": f"/projects/{project_id}", "title": project.title},
    }
    return render(request, "invited.html", context, actor=actor)


def _depth(text: str) -> int:
    """Read how deep generated data are; what is no whole number is none that can be meant."""
    word = text.strip()
    return int(word) if word.isdecimal() and len(word) < 4 else int(not word)


def _renamed(text: str) -> dict[str, str]:
    """Read lines of THEIRS=OURS."""
    found = {}
    for line in filter(str.strip, text.splitlines()):
        theirs, equals, ours = (part.strip() for part in line.rpartition("="))
        if not equals or not theirs or not ours:
            message = "Write a line a name: theirs, an equals sign, ours."
            raise InvalidError(message, issues=[Issue("label_map", message)])
        found[theirs] = ours
    return found


def _only_question(house: House, project_id: int) -> str:
    project = read_project(house.db, project_id)
    return current_version(house.db, project_id, project.version).questions[0].name


def _back(project_id: int) -> Response:
    return RedirectResponse(f"/projects/{project_id}", status_code=303)

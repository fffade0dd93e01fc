"""The releases of a project: what there is, how it grew, and the form that makes the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue, MalformedError
from fairhand.model.licence import PURPOSES
from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.licensing.words import MAY
from fairhand.proof.release.notes import NOTES
from fairhand.proof.release.store import StoredRelease
from fairhand.use_cases.ask_release import RELEASE, AskRelease, ask_release
from fairhand.use_cases.hide_release import HideRelease, hide_release
from fairhand.use_cases.house import House
from fairhand.use_cases.read_campaign import read_campaign
from fairhand.use_cases.read_jobs import list_jobs
from fairhand.use_cases.read_project import read_project, read_status
from fairhand.use_cases.read_release_page import read_pages
from fairhand.use_cases.read_releases import list_releases, read_version
from fairhand.use_cases.release_permits import USUAL_DAYS
from fairhand.use_cases.show_release import ShowRelease, show_release
from fairhand.use_cases.versions import current_version
from fairhand.web.proof.release_pictures import versions_picture
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=200)]

_PICTURED: Final = 12
_MOST_FIELDS: Final = 60
_LONGEST: Final = 4_000
_USUAL: Final = {
    **dict.fromkeys(NOTES, ""),
    "licence": "",
    "media": "",
    "shares": "",
    "split_by": "task",
    "stratify": "",
    "seed": "0",
    "purposes": "",
    "territory": "",
    "days": str(USUAL_DAYS),
    "learns": "everything",
    "why": "",
    "accept_warnings": "",
}
"""The fields of the form, as they are before anybody fills them in."""
_SPLIT_BY: Final = (
    ("task", "task: near-duplicates on one side"),
    ("person", "person: nobody’s answers on two sides"),
    ("time", "time: what is evaluated on is the newest"),
)
_LEARNS: Final = (
    ("everything", "what is judged and the answers"),
    ("answers", "the answers alone: people judged what models wrote"),
)


@router.get("/projects/{project_id:int}/releases")
@guard("release.view")
def releases(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show every version, and the form for the next."""
    return _page(house, actor, request, project_id, Form(_USUAL))


@router.get("/projects/{project_id:int}/releases/progress")
@guard("release.view")
def progress(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show how far the release is that is being made, for the page that stays open."""
    context = {
        "project": read_project(house.db, project_id),
        "jobs": _jobs(house, actor, project_id),
    }
    return render(request, "release_progress.html", context, actor=actor)


async def _sent(request: Request) -> dict[str, str]:
    """Gather the fields of the form by name; several of one name are joined by commas."""
    form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    found: dict[str, str] = {}
    for name, value in form.multi_items():
        if not isinstance(value, str) or "\x00" in value or len(value) > _LONGEST:
            raise MalformedError("A field holds a character that is none, or far too many.")
        found[name] = f"{found[name]},{value}" if name in found else value
    return {**_USUAL, **found}


@router.post("/projects/{project_id:int}/releases")
@guard("release.create", form=True)
def make(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    sent: Annotated[dict[str, str], Depends(_sent)],
) -> Response:
    """Ask for the next version of the dataset."""
    try:
        ask_release(house.db, _asked(actor.person_id, project_id, sent), house.clock())
    except FairhandError as error:
        return _page(house, actor, request, project_id, failed(error, sent))
    return RedirectResponse(f"/projects/{project_id}/releases", status_code=303)


def _asked(person_id: int, project_id: int, sent: Mapping[str, str]) -> AskRelease:
    """Read what the form asks for; InvalidError for a number that is none."""
    return AskRelease(
        person_id,
        project_id,
        sent["licence"],
        "copy" if sent["media"] == "copy" else "hashes",
        guard=_bounds(sent["learns"], sent["why"]),
        accept_warnings=bool(sent["accept_warnings"]),
        purposes=tuple(_parts(sent["purposes"])),
        territory=_places(sent["territory"]),
        days=_number(sent["days"], "days"),
        splits=_splits(sent["shares"], sent["split_by"], sent["stratify"], sent["seed"]),
        notes={name: sent[name] for name in NOTES},
    )


@router.post("/projects/{project_id:int}/releases/{version:int}/page")
@guard("release.create", form=True)
def share(house: House, actor: Actor, project_id: int, version: int, shown: Text = "") -> Response:
    """Show a release to anybody, or to members alone again."""
    number, now = read_version(house.db, project_id, version).release.id, house.clock()
    if shown == "yes":
        show_release(house.db, ShowRelease(number, actor.person_id), now)
    else:
        hide_release(house.db, HideRelease(number, actor.person_id), now)
    return RedirectResponse(f"/projects/{project_id}/releases/{version}#share", status_code=303)


def _page(house: House, actor: Actor, request: Request, project_id: int, form: Form) -> Response:
    found = list_releases(house.db, project_id)
    project = read_project(house.db, project_id)
    version = current_version(house.db, project_id, project.version)
    context: dict[str, Any] = {
        "project": project,
        "releases": found,
        "pages": read_pages(house.db, project_id),
        "picture": _growth(found),
        "jobs": _jobs(house, actor, project_id),
        "form": form,
        "may_create": may(actor, "release.create", project_id),
        "answers": read_status(house.db, project_id, house.clock()).progress.answers,
        "questions": version.questions,
        "is_campaign": read_campaign(house.db, project_id).campaign is not None,
        "purposes": [(one, MAY[one]) for one in PURPOSES],
        "notes": tuple(NOTES.items()),
        "noted": any(form.value(name) or form.wrong(name) for name in NOTES),
        "learns": _LEARNS,
        "split_by": _SPLIT_BY,
    }
    return render(request, "releases.html", context, actor=actor, status=form.status)


def _growth(found: Sequence[StoredRelease]) -> object:
    shown = [one for one in reversed(found[:_PICTURED]) if one.stats]
    return versions_picture(
        [one.version for one in shown], [int((one.stats or {}).get("rows", 0)) for one in shown]
    )


def _jobs(house: House, actor: Actor, project_id: int) -> list[Any]:
    """The releases under way, and the last one that failed while nothing followed it."""
    if not may(actor, "job.view", project_id):
        return []
    return list_jobs(house.db, project_id, 1, RELEASE)


def _bounds(learns: str, why: str) -> Mapping[str, Any]:
    """Bounds of the guard that differ from its own, with the reason for everybody to read."""
    found: dict[str, Any] = {}
    if learns != "everything":
        found["learns"] = learns
    if why.strip():
        found["why"] = why.strip()
    return found


def _places(text: str) -> tuple[str, ...]:
    places = _parts(text)
    return tuple(one if one.casefold() == "worldwide" else one.upper() for one in places)


def _parts(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _splits(shares: str, by: str, stratify: str, seed: str) -> dict[str, Any]:
    """How rows are to be parted; nothing where no shares are named."""
    if not shares.strip():
        return {}
    names = _parts(stratify)
    return {
        "shares": shares.strip(),
        "by": by,
        "seed": _number(seed, "seed"),
        **({"stratify": names} if names else {}),
    }


def _number(text: str, place: str) -> int:
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    issue = Issue(place, "Say it in figures.")
    raise InvalidError(issue.message, issues=[issue])

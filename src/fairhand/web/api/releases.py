"""The API of releases: ask for one, list them, read one, fetch its files."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.proof.release.store import StoredRelease
from fairhand.use_cases.ask_release import AskRelease, ask_release
from fairhand.use_cases.house import House
from fairhand.use_cases.read_origin import MOST_TASKS, origin_json, read_origin
from fairhand.use_cases.read_release_card import read_release_card
from fairhand.use_cases.read_release_diff import diff_json, read_release_diff
from fairhand.use_cases.read_releases import find_file, list_releases, names_of, read_release
from fairhand.web.api.bodies import ReleaseBody
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.files import send_archive, send_file
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["releases"], route_class=StrictRoute)


@router.post("/projects/{project_id}/releases", status_code=202)
@guard("release.create")
def create(house: House, actor: Actor, project_id: int, body: ReleaseBody) -> Response:
    """Ask for the next version of a project's dataset; answers 202 with the job to look at."""
    media: Any = "copy" if body.with_media else "hashes"
    command = AskRelease(
        actor.person_id,
        project_id,
        body.licence,
        media,
        guard=body.guard,
        accept_warnings=body.accept_warnings,
        splits=body.splits,
        notes=body.notes,
    )
    job_id = ask_release(house.db, command, house.clock())
    return reply({"job_id": job_id, "href": f"/api/v1/jobs/{job_id}"}, 202)


@router.get("/projects/{project_id}/releases")
@guard("release.view")
def list_all(house: House, actor: Actor, project_id: int) -> Response:
    """List a project's releases, newest first."""
    found = list_releases(house.db, project_id)
    return reply({"releases": [release_json(release) for release in found]})


@router.get("/projects/{project_id}/origin")
@guard("release.view")
def origin(house: House, actor: Actor, project_id: int) -> Response:
    """Say who stands behind a project's items now, and how its next release would be judged.

    Of projects with more than 5,000 tasks it tells what their newest release says; `version` names
    it then.
    """
    return reply(origin_json(read_origin(house, project_id, house.clock(), MOST_TASKS)))


@router.get("/releases/{release_id}")
@guard("release.view")
def show(house: House, actor: Actor, release_id: int) -> Response:
    """Show a release with its card and its files."""
    folder = read_release(house.db, actor, release_id)
    files = names_of(folder.manifest) if folder.manifest else ()
    return reply(release_json(folder.release) | {"card": folder.card, "files": list(files)})


@router.get("/releases/{release_id}/diff/{later_id}")
@guard("release.view")
def diff(house: House, actor: Actor, release_id: int, later_id: int) -> Response:
    """Say what became of a release in a later one: rows, answers, people, pay, splits, facts."""
    for one in (release_id, later_id):
        read_release(house.db, actor, one)
    return reply(diff_json(read_release_diff(house, release_id, later_id)))


@router.get("/releases/{release_id}/cards/{kind}", response_class=Response)
@guard("release.view")
def card(house: House, actor: Actor, release_id: int, kind: str) -> Response:
    """Fetch a card: `card`, `croissant`, `datasheet`, `summary`, or `who` made it at what pay."""
    found = read_release_card(read_release(house.db, actor, release_id), kind)
    return Response(found.text, media_type=found.media_type)


@router.get("/releases/{release_id}/files/{name:path}", response_class=Response)
@guard("release.view")
def file(house: House, actor: Actor, release_id: int, name: str) -> Response:
    """Fetch one file of a release, by its name in the manifest."""
    return send_file(find_file(read_release(house.db, actor, release_id), name))


@router.get("/releases/{release_id}/archive", response_class=Response)
@guard("release.view")
def archive(house: House, actor: Actor, release_id: int) -> Response:
    """Fetch a whole release as a ZIP archive; unpacked, `fairhand verify release` checks it."""
    return send_archive(read_release(house.db, actor, release_id))


def release_json(release: StoredRelease) -> dict[str, Any]:
    """Write a release as lists show it."""
    return {
        "id": release.id,
        "project_id": release.project_id,
        "version": release.version,
        "made_at": iso(release.created_at),
        "manifest_sha256": release.manifest_sha256,
        "event_id": release.event_id,
        "stats": release.stats,
    }

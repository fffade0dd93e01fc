"""A release as people read it: card, counts, pay, files with their hashes, and how to check it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.release.public import FEWEST
from fairhand.use_cases.house import House
from fairhand.use_cases.read_fitness import read_gate_runs
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_release_page import read_consent, read_pages
from fairhand.use_cases.read_releases import (
    ReleaseFolder,
    find_file,
    list_releases,
    read_release,
    read_version,
)
from fairhand.use_cases.show_release import page_address
from fairhand.web.proof import release_pictures as pictures
from fairhand.web.shared.doors import guard
from fairhand.web.shared.files import send_archive, send_file
from fairhand.web.shared.pages import markdown, render

router = APIRouter(include_in_schema=False)


@router.get("/projects/{project_id:int}/releases/{version:int}")
@guard("release.view")
def release(
    house: House, actor: Actor, request: Request, project_id: int, version: int
) -> Response:
    """Show a release with its card and its proof."""
    folder = read_version(house.db, project_id, version)
    project, manifest = read_project(house.db, project_id), folder.manifest
    number = folder.release.id
    page = read_pages(house.db, project_id).get(number)
    versions = [one.version for one in list_releases(house.db, project_id)]
    context: dict[str, Any] = {
        "project": project,
        "folder": folder,
        "release": folder.release,
        "manifest": manifest,
        "simulated": bool((folder.release.stats or {}).get("simulated_annotations")),
        "card_html": _card(folder),
        "pictures": pictures,
        "pay": manifest.facts.pay if manifest else None,
        "few_paid": False,
        "fewest": FEWEST,
        "is_public": False,
        "consent": read_consent(house.db, folder.release),
        "gate_runs": read_gate_runs(house.db, number)[:5],
        "is_shown": page is not None and page.is_shown,
        "page": page,
        "address": page_address(project.slug, version),
        "base_url": house.settings.base_url,
        "before": max((one for one in versions if one < version), default=None),
        "others": [one for one in versions if one != version],
        "may_share": may(actor, "release.create", project_id),
        "vkey": house.signer.verifier.vkey,
    }
    return render(request, "release.html", context, actor=actor)


@router.get("/releases/{release_id:int}/files/{name:path}")
@guard("release.view")
def file(house: House, actor: Actor, release_id: int, name: str) -> Response:
    """Fetch one file, by its name in the manifest."""
    return send_file(find_file(read_release(house.db, actor, release_id), name))


@router.get("/releases/{release_id:int}/archive")
@guard("release.view")
def archive(house: House, actor: Actor, release_id: int) -> Response:
    """Fetch the whole release as a ZIP archive."""
    return send_archive(read_release(house.db, actor, release_id))


def _card(folder: ReleaseFolder) -> Markup:
    """Render the card without the front matter that is for machines."""
    text = folder.card or ""
    if text.startswith("---\n"):
        text = text.partition("\n---\n")[2]
    return markdown(text)

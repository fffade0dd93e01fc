"""A release as people read it: card, counts, pay, files with their hashes, and how to check it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor
from fairhand.proof.release.manifest import CARD, LOG, MANIFEST, Manifest
from fairhand.use_cases.house import House
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_releases import (
    ReleaseFolder,
    find_file,
    read_release,
    read_version,
)
from fairhand.web.shared import charts
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
    context: dict[str, Any] = {
        "project": read_project(house.db, project_id),
        "folder": folder,
        "release": folder.release,
        "manifest": folder.manifest,
        "simulated": bool((folder.release.stats or {}).get("simulated_annotations")),
        "card_html": _card(folder),
        "pictures": _pictures(folder.manifest),
        "unlisted": (MANIFEST, LOG),
        "card_name": CARD,
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


def _pictures(manifest: Manifest | None) -> list[Markup]:
    """Draw the labels of each choice, so that an odd balance is seen at once."""
    if manifest is None:
        return []
    return [
        charts.bars(
            f"Answers to {one.name}",
            [label[:13] for label in list(one.labels)[:20]],
            list(one.labels.values())[:20],
        )
        for one in manifest.stats.questions
        if one.labels
    ]

"""A release as anybody may read it: what it is made of, whether it may be used; never its data."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from fairhand.core.errors import NotFoundError
from fairhand.proof.release.manifest import (
    CARD,
    CROISSANT,
    DATASHEET,
    LOG,
    STATEMENT,
    SUMMARY,
    Manifest,
)
from fairhand.proof.release.public import FEWEST, public_card, public_pay
from fairhand.proof.release.rules import is_simulated
from fairhand.use_cases.read_release_page import ShownRelease, find_document, read_release_page
from fairhand.web.proof import release_pictures as pictures
from fairhand.web.shared.doors import LARGEST_ID, house_of, public
from fairhand.web.shared.pages import markdown, render

router = APIRouter(include_in_schema=False)

_TITLES: Final = {
    CARD: ("Card", "For people: what it is, what is missing, how to check it."),
    CROISSANT: ("Croissant", "For machines: what dataset hubs and loaders read."),
    DATASHEET: ("Datasheet", "The questions of Datasheets for Datasets, answered from facts."),
    SUMMARY: ("Training summary", "The paragraph that a provider needs for the EU’s template."),
    STATEMENT: ("Signed statement", "Every file with its SHA-256, signed (in-toto)."),
    LOG: ("Proof", "That the release is an event of the log, to be checked offline."),
}
_TYPES: Final = {
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
}
_JSON_LD: Final = "application/ld+json"
_FRESH: Final = {"Cache-Control": "public, max-age=60"}


@router.get("/r/{slug}/v{version:int}")
@public
def page(request: Request, slug: str, version: int) -> Response:
    """Show a release that its owner shows; 404 for all others alike."""
    shown = _shown(request, slug, version)
    answer = render(request, "public_release.html", _context(request, shown))
    if CROISSANT in shown.documents:
        link = f'<{_address(shown)}/{CROISSANT}>; rel="alternate"; type="{_JSON_LD}"'
        answer.headers["Link"] = link
    return answer


@router.get("/r/{slug}/v{version:int}/{name}")
@public
def document(request: Request, slug: str, version: int, name: str) -> Response:
    """Give one document of a release; none of them is data, and data are not to be had here."""
    shown = _shown(request, slug, version)
    path = find_document(shown, name)
    text = path.read_text("utf-8")
    if name == CARD and shown.manifest is not None:
        text = public_card(text, shown.manifest)
    kind = _JSON_LD if name == CROISSANT else _TYPES[path.suffix]
    saved = f"{slug}-v{version}-{name}"
    headers = _FRESH | {
        "Content-Disposition": f'attachment; filename="{saved}"',
        "Content-Security-Policy": "sandbox",
    }
    return PlainTextResponse(text, media_type=kind, headers=headers)


def _shown(request: Request, slug: str, version: int) -> ShownRelease:
    if version > LARGEST_ID or "\x00" in slug:
        raise NotFoundError("There is no public page of such a release.")
    return read_release_page(house_of(request).db, slug, version)


def _context(request: Request, shown: ShownRelease) -> dict[str, Any]:
    house, manifest = house_of(request), shown.manifest
    title = manifest.facts.title if manifest else shown.project.title
    mode = manifest.facts.mode if manifest else shown.project.mode
    return {
        "project": {"title": title, "mode": mode},
        "slug": shown.project.slug,
        "title": title,
        "shown": shown,
        "release": shown.release,
        "manifest": manifest,
        "simulated": manifest is not None and is_simulated(manifest.stats),
        "description": _description(manifest, title),
        "address": _address(shown),
        "base_url": house.settings.base_url,
        "documents": [(name, *_TITLES[name]) for name in shown.documents],
        "croissant": CROISSANT if CROISSANT in shown.documents else "",
        "card_html": _card(shown),
        "vkey": house.signer.verifier.vkey,
        "fewest": FEWEST,
        "is_public": True,
        "pay": public_pay(manifest) if manifest else None,
        "pictures": pictures,
    }


def _address(shown: ShownRelease) -> str:
    return f"/r/{shown.project.slug}/v{shown.release.version}"


def _description(manifest: Manifest | None, title: str) -> str:
    """One sentence for whoever is shown a link to the page."""
    if manifest is None:
        return f"A release of {title}."
    stats = manifest.stats
    counted = ((stats.rows, "answer"), (stats.tasks, "task"))
    rows, tasks = (f"{number:,} {word}{'' if number == 1 else 's'}" for number, word in counted)
    people = "1 person" if len(stats.people) == 1 else f"{len(stats.people):,} people"
    return (
        f"{rows} about {tasks} by {people}, "
        f"version {manifest.facts.version} of {title}, with its card and its proof."
    )


def _card(shown: ShownRelease) -> Markup | None:
    if shown.manifest is None or shown.folder.card is None:
        return None
    text = public_card(shown.folder.card, shown.manifest)
    return markdown(text.partition("\n---\n")[2] if text.startswith("---\n") else text)

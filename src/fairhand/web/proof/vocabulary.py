"""The fair-work vocabulary, for whoever reads a card: each word with what it says."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.proof.release.fair_work_words import namespace
from fairhand.proof.release.manifest import dump_json
from fairhand.web.shared.doors import public

router = APIRouter(include_in_schema=False)


@router.get("/ns/fair-work", response_class=Response)
@public
def fair_work() -> Response:
    """Send the vocabulary as a JSON-LD context with its words."""
    return Response(
        dump_json(namespace()),
        media_type="application/ld+json",
        headers={"Cache-Control": "public, max-age=86400"},
    )

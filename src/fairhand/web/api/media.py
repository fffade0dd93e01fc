"""Files of tasks, for those who may see the task."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.errors import NotFoundError
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_media import read_media
from fairhand.web.shared.doors import guard

router = APIRouter(prefix="/media", tags=["media"], include_in_schema=False)

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Named by content, so it never changes; private, since who may see it can.
_CACHE = "private, max-age=86400, immutable"


@router.get("/{sha256}")
@guard("own")
def original(house: House, actor: Actor, sha256: str) -> Response:
    """Show a task's file."""
    return _show(house, actor, sha256, preview=False)


@router.get("/{sha256}/preview")
@guard("own")
def preview(house: House, actor: Actor, sha256: str) -> Response:
    """Show a task's file small enough for a slow phone."""
    return _show(house, actor, sha256, preview=True)


def _show(house: House, actor: Actor, sha256: str, *, preview: bool) -> Response:
    if not _SHA256.fullmatch(sha256):
        raise NotFoundError("There is no such file for you to see.")
    shown = read_media(house.db, house.blobs, actor, sha256, preview=preview)
    headers = {"Cache-Control": _CACHE, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(shown.content, media_type=shown.content_type, headers=headers)

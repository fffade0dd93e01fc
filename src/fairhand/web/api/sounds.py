"""Sounds, in the stretches that a player asks for, and their drawings."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.errors import NotFoundError
from fairhand.formats.sounds import PEAKS_TYPE
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.hear_sound import read_peaks, read_sound
from fairhand.use_cases.house import House
from fairhand.web.shared.doors import guard
from fairhand.web.shared.stretches import send_stretch, wanted

__all__ = ["router", "wanted"]

router = APIRouter(prefix="/media", tags=["media"], include_in_schema=False)

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Named by content, so it never changes; private, since who may hear it can.
_HEADERS = {
    "Cache-Control": "private, max-age=86400, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@router.get("/{sha256}/sound")
@guard("own")
def sound(house: House, actor: Actor, request: Request, sha256: str) -> Response:
    """Send a sound, or the stretch that is asked for (RFC 9110, section 14)."""
    heard = read_sound(house.db, house.blobs, actor, _checked(sha256))
    return send_stretch(request, house.blobs, heard, _HEADERS)


@router.get("/{sha256}/peaks")
@guard("own")
def peaks(house: House, actor: Actor, sha256: str) -> Response:
    """Send a sound's drawing: pairs of signed bytes, lowest and highest."""
    drawn = read_peaks(house.db, house.blobs, actor, _checked(sha256), house.clock())
    return Response(drawn, media_type=PEAKS_TYPE, headers=_HEADERS)


def _checked(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise NotFoundError("There is no such sound for you to hear.")
    return sha256

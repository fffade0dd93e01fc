"""Revocation lists for whoever has a copy of a release: to be polled, by anybody, signed."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from fairhand.core.errors import NotFoundError
from fairhand.use_cases.read_revocations import Feed, read_revocations
from fairhand.web.shared.doors import LARGEST_ID, house_of, public

router = APIRouter(include_in_schema=False)

_FRESH: Final = "public, max-age=30"


@router.get("/releases/{release_id:int}/revocations")
@public
def revocations(
    request: Request, release_id: int, since: int | None = None, number: int | None = None
) -> Response:
    """Give the list as it was signed; 304 by its ETag, 204 where nothing came since a number.

    Its signature is at the address in the `Link` header.
    """
    feed = _feed(request, release_id, number)
    headers = _headers(feed)
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if since is not None and since >= feed.number:
        return Response(status_code=204, headers=headers)
    return StreamingResponse(feed.pieces, media_type="application/json", headers=headers)


@router.get("/releases/{release_id:int}/revocations.note")
@public
def note(request: Request, release_id: int, number: int | None = None) -> Response:
    """Give the signature of a list: a C2SP signed note under the log's key."""
    feed = _feed(request, release_id, number)
    return PlainTextResponse(feed.note, headers=_headers(feed))


def _feed(request: Request, release_id: int, number: int | None) -> Feed:
    if max(release_id, number or 0) > LARGEST_ID or (number or 0) < 0:
        raise NotFoundError("There is nothing of this number.")
    house = house_of(request)
    return read_revocations(house.db, house.blobs, house.signer, release_id, number)


def _headers(feed: Feed) -> dict[str, str]:
    signed = f"/releases/{feed.release_id}/revocations.note?number={feed.number}"
    return {
        "ETag": f'"{feed.number}-{feed.sha256[:32]}"',
        "Link": f'<{signed}>; rel="describedby"',
        "Cache-Control": _FRESH,
        "Fairhand-List-Number": str(feed.number),
    }

"""Files in the stretches that a player asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from fairhand.storage.blobs import BlobStore
from fairhand.use_cases.hear_sound import Heard

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def send_stretch(
    request: Request, blobs: BlobStore, heard: Heard, headers: Mapping[str, str]
) -> Response:
    """Send a file, or the stretch of it that is asked for; nobody's browser runs it."""
    size = heard.size_bytes
    sent = {
        "Content-Security-Policy": "default-src 'none'; sandbox",
        **headers,
        "Accept-Ranges": "bytes",
        "Content-Type": heard.content_type,
    }
    asked = wanted(request.headers.get("range"), size)
    if asked is None:
        return Response(status_code=416, headers={**sent, "Content-Range": f"bytes */{size}"})
    start, end = asked
    sent["Content-Length"] = str(end - start)
    status = 200
    if request.headers.get("range"):
        status = 206
        sent["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    body = heard.bytes_of(blobs, start, end)
    return StreamingResponse(body, status_code=status, headers=sent)


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """Read a Range of bytes as start and end (not included); None when it cannot be met.

    What is no single range of bytes is ignored, as the standard allows: then all is sent.
    """
    found = _RANGE.fullmatch(header or "")
    if found is None or not any(found.groups()):
        return 0, size
    first, last = found.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) else None
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None

"""Long texts on their way out, in chunks, as they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from starlette.responses import Response, StreamingResponse

_CHUNK = 256 * 1024


def send_text(lines: Iterable[str], file_name: str) -> Response:
    """Send lines as a file to be saved; only one chunk of it is in memory."""
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "sandbox",
    }
    return StreamingResponse(_chunks(lines), media_type="text/plain", headers=headers)


def _chunks(lines: Iterable[str]) -> Iterator[bytes]:
    waiting: list[str] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= _CHUNK:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting).encode()

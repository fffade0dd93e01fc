"""A cap on addresses and request bodies, counted as they stream in; headers on every answer."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fairhand.web.shared.assets import CONTENT_SECURITY_POLICY
from fairhand.web.shared.problems import problem_response

UPLOAD_SUFFIX = "/import"
_WHOLE = "/api/projects/"  # Label Studio's own door: its bodies are held in memory
# A part of an address that is a number of many digits, and no hash of 64: no database has its row,
# and from some thousand digits on, Python does not even read it.
_NUMBER = re.compile(r"/-?(?:([0-9]{19,63})|[0-9]{65,})(?=/|$)")
_LARGEST = 2**63 - 1

_HEADERS = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), camera=(), microphone=(self)"),
    (b"cross-origin-opener-policy", b"same-origin"),
]


_HSTS = (b"strict-transport-security", b"max-age=31536000")
_END: Message = {"type": "http.request", "body": b"", "more_body": False}


class Limits:
    """ASGI middleware: refuses bodies over the limit and adds the security headers."""

    def __init__(
        self, app: ASGIApp, *, body_bytes: int, upload_bytes: int, hsts: bool = False
    ) -> None:
        self.app = app
        self.body_bytes = body_bytes
        self.upload_bytes = upload_bytes
        self.headers = [*_HEADERS, _HSTS] if hsts else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body counted and its answer's headers completed."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if any(_is_beyond(found) for found in _NUMBER.finditer(scope["path"])):
            nothing = problem_response(404, "not_found", "There is nothing of this number.")
            await nothing(scope, receive, self._completed(send))
            return
        limit = self._limit(scope)
        declared = _content_length(scope)
        completed = self._completed(send)
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            # Cut the body short; whatever the app makes of that, the answer below is ours.
            return _END if seen > limit else message

        async def with_headers(message: Message) -> None:
            if seen > limit:
                return
            await completed(message)

        if declared is None or declared <= limit:
            await self.app(scope, counted, with_headers)
        if (declared or 0) > limit or seen > limit:
            await self._refuse(limit, scope)(scope, receive, completed)

    def _completed(self, send: Send) -> Send:
        """Send on with the headers that every answer has."""

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(header for header in self.headers if header[0] not in present),
                ]
            await send(message)

        return completed

    def _limit(self, scope: Scope) -> int:
        is_upload = scope["method"] == "POST" and scope["path"].endswith(UPLOAD_SUFFIX)
        is_whole = scope["path"].startswith(_WHOLE)
        return self.upload_bytes if is_upload and not is_whole else self.body_bytes

    def _refuse(self, limit: int, scope: Scope) -> ASGIApp:
        words = f"The request is larger than the {limit:,} bytes allowed here."
        if scope["path"].startswith(_WHOLE):
            words += " Send the tasks in several parts, or the file with `fairhand import`."
        return problem_response(413, "too_large", words)


def _is_beyond(found: re.Match[str]) -> bool:
    return found[1] is None or int(found[1]) > _LARGEST


def _content_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None

"""A cap on request bodies, counted as they stream in, and headers on every answer."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fairhand.web.shared.assets import CONTENT_SECURITY_POLICY
from fairhand.web.shared.problems import problem_response

UPLOAD_SUFFIX = "/import"
_WHOLE = "/api/projects/"  # Label Studio's own door: its bodies are held in memory
_WHOLE_BODIES = 8

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
        limit = self._limit(scope)
        declared = _content_length(scope)
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
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(header for header in self.headers if header[0] not in present),
                ]
            await send(message)

        if declared is None or declared <= limit:
            await self.app(scope, counted, with_headers)
        if (declared or 0) > limit or seen > limit:
            await self._refuse(limit)(scope, receive, send)

    def _limit(self, scope: Scope) -> int:
        is_upload = scope["method"] == "POST" and scope["path"].endswith(UPLOAD_SUFFIX)
        if is_upload and scope["path"].startswith(_WHOLE):
            return min(self.upload_bytes, _WHOLE_BODIES * self.body_bytes)
        return self.upload_bytes if is_upload else self.body_bytes

    def _refuse(self, limit: int) -> ASGIApp:
        return problem_response(
            413, "too_large", f"The request is larger than the {limit:,} bytes allowed here."
        )


def _content_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None

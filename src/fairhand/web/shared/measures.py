"""Counts and times of requests, a request's own number, and a line in the log where wanted.

The outermost ASGI layer. Routes are named by their template (`/api/v1/tasks/{task_id}/submit`), so
there are as many labels as routes, whatever people ask for. With several processes behind one port
(`--workers`) prometheus-client's multiprocess files gather them; `PROMETHEUS_MULTIPROC_DIR` is set
by `fairhand serve` before this is imported.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_OWN_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_log = structlog.get_logger("fairhand.web")


@lru_cache(maxsize=1)
def _instruments() -> tuple[Counter, Histogram]:
    """Make the two instruments, once a process: the import takes a while."""
    from prometheus_client import Counter, Histogram

    return (
        Counter(
            "fairhand_requests",
            "Requests answered, by route, method and status.",
            ("route", "method", "status"),
        ),
        Histogram(
            "fairhand_request_seconds",
            "Time from the first byte in to the last byte out, by route and method.",
            ("route", "method"),
            buckets=_BUCKETS,
        ),
    )


@lru_cache(maxsize=4096)
def _children(route: str, method: str, status: int) -> tuple[Any, Any]:
    """Look both label sets up once: they are bounded by the routes there are."""
    counter, histogram = _instruments()
    return counter.labels(route, method, str(status)), histogram.labels(route, method)


class Measures:
    """ASGI middleware: measures every request, and gives each a number that errors can quote."""

    def __init__(self, app: ASGIApp, *, log_requests: bool = False) -> None:
        self.app = app
        self.log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number = _number(scope)
        scope["request_id"] = number.decode()
        status, began = 500, perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", number)]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            self._note(scope, status, perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("fast_route") or getattr(scope.get("route"), "path", None) or "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        counted, timed = _children(route, method, status)
        counted.inc()
        timed.observe(seconds)
        if self.log_requests:
            _log.info(
                "request",
                request=scope["request_id"],
                route=route,
                method=method,
                status=status,
                ms=round(seconds * 1_000, 2),
            )


def _number(scope: Scope) -> bytes:
    """Take the number that a proxy gave, if it looks like one, or make one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _OWN_ID.fullmatch(value):
            return bytes(value)
    return os.urandom(8).hex().encode()

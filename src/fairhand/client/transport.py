"""HTTP with retries where a retry is safe, and problem documents turned into errors."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import httpx

from fairhand.client.errors import FairhandError, Issue

_TRY_AGAIN = frozenset((429, 502, 503, 504))
_LONGEST_WAIT_S = 10.0
_SAFE_METHODS = frozenset(("GET", "HEAD", "PUT", "DELETE"))


class Transport:
    """One connection pool to one server."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float,
        retries: int,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.base_url = base_url.rstrip("/")
        self._retries = retries
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=self.base_url, headers=headers, timeout=timeout, transport=transport
        )
        # Nobody closes what they opened in a notebook: with the last mention of it, it is closed.
        weakref.finalize(self, self._http.close)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Transport:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def json(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        idempotent: bool | None = None,
    ) -> Any:  # noqa: ANN401  # any JSON value; the client names its shape
        """Send JSON and read JSON; `idempotent` says that sending it twice does it once."""
        safe = method in _SAFE_METHODS if idempotent is None else idempotent
        answer = self._send(lambda: self._http.request(method, path, json=body), safe=safe)
        try:
            return answer.json()
        except ValueError:
            raise FairhandError(
                answer.status_code, "not_fairhand", f"{self._http.base_url} does not speak JSON."
            ) from None

    def text(self, path: str) -> str:
        """Read a text."""
        return self._send(lambda: self._http.get(path), safe=True).text

    def upload(self, path: str, make: Callable[[], dict[str, Any]]) -> Any:  # noqa: ANN401
        """Send a form with files; only a connection that never was is tried again."""
        return self._send(lambda: self._http.post(path, **make()), safe=False).json()

    def put(self, path: str, content: bytes) -> Any:  # noqa: ANN401
        """Send bytes to where they belong; sent twice they are there once."""
        headers = {"Content-Type": "application/octet-stream"}
        return self._send(
            lambda: self._http.put(path, content=content, headers=headers), safe=True
        ).json()

    def download(self, path: str, write: Callable[[bytes], object]) -> None:
        """Stream a body to `write`."""
        try:
            with self._http.stream("GET", path) as answer:
                if answer.is_error:
                    answer.read()
                    raise _error_of(answer)
                for chunk in answer.iter_bytes():
                    write(chunk)
        except httpx.HTTPError as error:
            raise _unreachable(self._http.base_url, error) from error

    def _send(self, request: Callable[[], httpx.Response], *, safe: bool) -> httpx.Response:
        attempt = 0
        while True:
            answer: httpx.Response | None = None
            try:
                answer = request()
                if not answer.is_error:
                    return answer
                failed, may_retry = _error_of(answer), safe and answer.status_code in _TRY_AGAIN
            except httpx.HTTPError as error:
                # Where no connection came about, the server has seen nothing.
                never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                failed, may_retry = _unreachable(self._http.base_url, error), safe or never_sent
            if not may_retry or attempt >= self._retries:
                raise failed
            self._sleep(_wait_s(attempt, answer))
            attempt += 1


def _wait_s(attempt: int, answer: httpx.Response | None) -> float:
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    wait = float(asked) if asked.isdigit() else 0.25 * 2.0**attempt
    return min(wait, _LONGEST_WAIT_S)


def _unreachable(base_url: httpx.URL, error: Exception) -> FairhandError:
    reason = str(error) or type(error).__name__
    return FairhandError(
        0, "unreachable", f"{base_url} does not answer ({reason}). Is the server running?"
    )


def _error_of(answer: httpx.Response) -> FairhandError:
    """Read an RFC 9457 problem document; anything else is told by its status."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    issues = [
        Issue(str(one.get("place", "")), str(one.get("message", "")), str(one.get("severity", "")))
        for one in problem.get("issues") or []
        if isinstance(one, dict)
    ]
    detail = str(problem.get("detail") or f"The server answered {answer.status_code}.")
    return FairhandError(answer.status_code, str(problem.get("code", "http")), detail, issues)

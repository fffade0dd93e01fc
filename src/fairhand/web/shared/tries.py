"""Bounds on signing in, in memory alone: neither addresses nor passwords are kept."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Final

from starlette.requests import Request

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.core.errors import TooManyError
from fairhand.core.ids import sha256_hex

MOST: Final = 10
WINDOW_MS: Final = 15 * MINUTE_MS
MOST_BEGINNINGS: Final = 600
BEGINNINGS_MS: Final = 10 * MINUTE_MS
_MOST_KEYS: Final = 20_000


class Tries:
    """Counts what was tried under a name, within a time; a restart forgets it.

    Passwords are counted for an account and a network address together, so that nobody can shut
    somebody else out from elsewhere.
    """

    def __init__(self, most: int = MOST, window_ms: int = WINDOW_MS) -> None:
        self._most, self._window_ms = most, window_ms
        self._wrong: dict[str, deque[Instant]] = {}
        self._lock = Lock()

    def check(self, key: str, now: Instant) -> None:
        """Raise TooManyError while it was tried too often."""
        with self._lock:
            self._forget(now)
            if len(self._wrong.get(key, ())) >= self._most:
                raise TooManyError(
                    f"This was tried {self._most} times from here. Try again in "
                    f"{self._window_ms // MINUTE_MS} minutes, or ask for a one-time link."
                )

    def wrong(self, key: str, now: Instant) -> None:
        """Count a try that failed, or one at all."""
        with self._lock:
            self._wrong.setdefault(key, deque()).append(now)
            if len(self._wrong) > _MOST_KEYS:  # the oldest goes: nobody is shut out by a flood
                del self._wrong[next(iter(self._wrong))]

    def right(self, key: str) -> None:
        """Forget what was wrong: the password is known."""
        with self._lock:
            self._wrong.pop(key, None)

    def _forget(self, now: Instant) -> None:
        for key, times in list(self._wrong.items()):
            while times and times[0] <= now - self._window_ms:
                times.popleft()
            if not times:
                del self._wrong[key]


def key_of(request: Request, email: str) -> str:
    """Name who tries which account, so that it says neither."""
    host = request.client.host if request.client else ""
    return sha256_hex(f"{host}\n{email.strip().lower()}".encode())


def count_beginning(request: Request, now: Instant) -> None:
    """Count a sign-in that is begun at a provider; raises TooManyError beyond a busy morning's."""
    beginnings: Tries = request.app.state.beginnings
    key = key_of(request, "")
    beginnings.check(key, now)
    beginnings.wrong(key, now)


def tries_of(request: Request) -> Tries:
    """The count of this server process."""
    found: Tries = request.app.state.tries
    return found

"""A bound on guessing passwords, in memory alone: neither addresses nor passwords are kept."""

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
_MOST_KEYS: Final = 20_000


class Tries:
    """Counts wrong passwords for one account from one network address; a restart forgets them.

    Only the two together are counted, so that nobody can shut somebody else out from elsewhere.
    """

    def __init__(self) -> None:
        self._wrong: dict[str, deque[Instant]] = {}
        self._lock = Lock()

    def check(self, key: str, now: Instant) -> None:
        """Raise TooManyError while too many were wrong."""
        with self._lock:
            self._forget(now)
            if len(self._wrong.get(key, ())) >= MOST:
                raise TooManyError(
                    f"{MOST} wrong passwords were given from here. Try again in "
                    f"{WINDOW_MS // MINUTE_MS} minutes, or ask for a one-time link."
                )

    def wrong(self, key: str, now: Instant) -> None:
        """Count a wrong password."""
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
            while times and times[0] <= now - WINDOW_MS:
                times.popleft()
            if not times:
                del self._wrong[key]


def key_of(request: Request, email: str) -> str:
    """Name who tries which account, so that it says neither."""
    host = request.client.host if request.client else ""
    return sha256_hex(f"{host}\n{email.strip().lower()}".encode())


def tries_of(request: Request) -> Tries:
    """The count of this server process."""
    found: Tries = request.app.state.tries
    return found

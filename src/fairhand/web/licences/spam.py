"""A simple bound on how often one address may ask: no e-mail is sent, and no address is kept."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Final

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.core.errors import TooManyError

AN_HOUR: Final = 10
_MOST_ADDRESSES: Final = 10_000


class Doorkeeper:
    """Counts requests by address for an hour, in memory alone; a restart forgets them."""

    def __init__(self, an_hour: int = AN_HOUR) -> None:
        self._an_hour = an_hour
        self._seen: dict[str, deque[Instant]] = {}
        self._lock = Lock()

    def let_in(self, address: str, now: Instant) -> None:
        """Count a request; raises TooManyError over the bound, and where the memory is full."""
        with self._lock:
            self._forget(now)
            times = self._seen.setdefault(address, deque())
            if len(times) >= self._an_hour or len(self._seen) > _MOST_ADDRESSES:
                raise TooManyError(
                    f"From here {self._an_hour} requests were sent within an hour. "
                    "Nothing is lost: send this one again later."
                )
            times.append(now)

    def _forget(self, now: Instant) -> None:
        for address, times in list(self._seen.items()):
            while times and times[0] <= now - HOUR_MS:
                times.popleft()
            if not times:
                del self._seen[address]

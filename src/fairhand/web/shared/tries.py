"""Bounds on signing in, in memory alone: neither addresses nor passwords are kept."""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from starlette.requests import Request

from fairhand.core.clock import MINUTE_MS, Instant
from fairhand.core.errors import TooManyError
from fairhand.core.ids import sha256_hex
from fairhand.people.accounts.rules import address_of
from fairhand.use_cases.sign_in import account_at

MOST: Final = 10
MOST_OF_A_PLACE: Final = 200
WINDOW_MS: Final = 15 * MINUTE_MS
MOST_BEGINNINGS: Final = 600
BEGINNINGS_MS: Final = 10 * MINUTE_MS
_MOST_KEYS: Final = 20_000


class Tries:
    """Counts what was tried under a name, within a time; a restart forgets it.

    Passwords are counted for an account and a network address together, so that nobody can shut
    somebody else out from elsewhere. A try counts while it is made: many at once are no more.
    """

    def __init__(self, most: int = MOST, window_ms: int = WINDOW_MS) -> None:
        self._most, self._window_ms = most, window_ms
        self._taken: dict[str, deque[Instant]] = {}
        self._lock = Lock()

    def take(self, key: str, now: Instant) -> None:
        """Count a try; raises TooManyError while it was tried too often."""
        with self._lock:
            self._forget(now)
            taken = self._within(key, now)
            if len(taken) >= self._most:
                raise TooManyError(
                    f"This was tried {self._most} times from here. Try again in "
                    f"{self._window_ms // MINUTE_MS} minutes, or ask for a one-time link."
                )
            taken.append(now)
            self._taken.pop(key, None)
            self._taken[key] = taken  # the order is that of the last tries
            if len(self._taken) > _MOST_KEYS:  # the oldest goes: nobody is shut out by a flood
                del self._taken[next(iter(self._taken))]

    def give_back(self, key: str) -> None:
        """Take back the last try: it was no guess."""
        with self._lock:
            if taken := self._taken.get(key):
                taken.pop()

    def right(self, key: str) -> None:
        """Forget what was wrong: the password is known."""
        with self._lock:
            self._taken.pop(key, None)

    def _forget(self, now: Instant) -> None:
        over = now - self._window_ms
        while self._taken:
            key = next(iter(self._taken))
            times = self._taken[key]
            if times and times[-1] > over:
                break
            del self._taken[key]

    def _within(self, key: str, now: Instant) -> deque[Instant]:
        times = self._taken.get(key, deque())
        while times and times[0] <= now - self._window_ms:
            times.popleft()
        return times


@contextmanager
def guessing(
    request: Request, *, email: str = "", person_id: int | None = None, forgives: bool = True
) -> Iterator[None]:
    """Let a password be tried, of an account that is known or of whoever has an address.

    What counts is the account and not how its address was typed, from one network address, and
    all accounts from there together. Whoever knows the password has guessed nothing (`forgives`);
    a door that asks for it only at times shows nothing of the sort.
    """
    house, tries, everybody = request.app.state.house, tries_of(request), places_of(request)
    whose = person_id if person_id is not None else account_at(house.db, email)
    what = f"account {whose}" if whose is not None else f"address {address_of(email)}"
    key, place, now = key_of(request, what), key_of(request, "passwords"), house.clock()
    everybody.take(place, now)
    try:
        tries.take(key, now)
        yield
    except TooManyError:
        everybody.give_back(place)
        raise
    except Exception as error:
        if getattr(error, "code", "") != "wrong_password":  # a fault of ours was no guess
            everybody.give_back(place)
            tries.give_back(key)
        raise
    everybody.give_back(place)
    if forgives:
        tries.right(key)
    else:
        tries.give_back(key)


@contextmanager
def looking_about(request: Request, person_id: int) -> Iterator[None]:
    """Let somebody write an address: that others have it is heard a few times, not of a list."""
    now = request.app.state.house.clock()
    key = sha256_hex(f"addresses of {person_id}".encode())
    tries_of(request).take(key, now)
    try:
        yield
    except Exception as error:
        if getattr(error, "code", "") != "email_taken":
            tries_of(request).give_back(key)
        raise
    tries_of(request).give_back(key)


def key_of(request: Request, what: str) -> str:
    """Name who tries what, so that it says neither."""
    return sha256_hex(f"{_network(request)}\n{what}".encode())


def _network(request: Request) -> str:
    """Say where a request comes from: whoever has one IPv6 address has all of its /64."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))


def count_beginning(request: Request, now: Instant) -> None:
    """Count a sign-in that is begun at a provider; raises TooManyError beyond a busy morning's."""
    beginnings: Tries = request.app.state.beginnings
    beginnings.take(key_of(request, ""), now)


def tries_of(request: Request) -> Tries:
    """The count of this server process, of one account from one place."""
    found: Tries = request.app.state.tries
    return found


def places_of(request: Request) -> Tries:
    """The count of this server process, of all accounts from one place."""
    found: Tries = request.app.state.places
    return found
